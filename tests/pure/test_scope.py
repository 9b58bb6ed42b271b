"""What a token's scope leaves: kinds, services, reading."""

from __future__ import annotations

import itertools

import pytest

from brokerbook.access.actor import Actor
from brokerbook.access.predicates import InService
from brokerbook.access.scope import Scope, check_route, parsed, service_of
from brokerbook.errors import NotAuthorized

ANN = Actor("1", "ann", is_admin=True, is_bot=False)


def refusal(scope: Scope, method: str, kind: str) -> str | None:
    try:
        check_route(ANN, scope, method, kind)
    except NotAuthorized as error:
        return error.message
    return None


def test_a_scope_that_only_reads_refuses_every_other_method():
    scope = Scope(read_only=True)
    assert refusal(scope, "GET", "user") is None
    assert refusal(scope, "GET", "") is None
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert refusal(scope, method, "user") == (
            "Principal: CatalogPrincipal{name='ann'} uses a token that may only read"
        )


def test_a_scope_of_kinds_refuses_other_kinds_and_routes_of_none():
    scope = Scope(kinds=frozenset({"user", "team"}))
    assert refusal(scope, "PUT", "user") is None
    for kind in ("domain", ""):
        assert refusal(scope, "GET", kind) == (
            "Principal: CatalogPrincipal{name='ann'} uses a token that is only for the kinds team, user"
        )


def test_a_scope_of_services_leaves_services_and_what_lies_in_them():
    scope = Scope(services=frozenset({"orders", '"a.b"'}))
    assert [refusal(scope, "PUT", kind) for kind in ("messagingService", "topic")] == [None, None]
    for kind in ("domain", "user", ""):
        assert refusal(scope, "GET", kind) == (
            """Principal: CatalogPrincipal{name='ann'} uses a token that is only for the services "a.b", orders"""
        )
    for fqn in ("orders", '"a.b"'):
        assert scope.permits("messagingService", fqn)
    for fqn in ("orders.created", '"a.b".created', 'orders."x.y"'):
        assert scope.permits("topic", fqn)
    for fqn in ("order", "orders2", "ordersX.created", "a", "a.b", "", '"orders', '"orders".x"', "Orders", "x.orders"):
        assert not scope.permits("messagingService", fqn)
    assert not scope.permits("user", "orders")


def test_all_limits_hold_together():
    scope = Scope(read_only=True, kinds=frozenset({"topic"}), services=frozenset({"orders"}))
    assert refusal(scope, "GET", "topic") is None
    assert "may only read" in (refusal(scope, "PUT", "topic") or "")
    assert refusal(scope, "GET", "messagingService") == (
        "Principal: CatalogPrincipal{name='ann'} uses a token that is only for the kinds topic and the services orders"
    )
    assert not scope.permits("messagingService", "orders")
    assert scope.permits("topic", "orders.created")
    assert not scope.permits("topic", "payments.created")


def test_a_list_shows_what_is_permitted():
    kinds, services = frozenset({"messagingService"}), frozenset({"orders"})
    assert Scope(read_only=True).predicate("user") is True
    assert Scope(kinds=kinds).predicate("messagingService") is True
    assert Scope(kinds=kinds).predicate("user") is False
    assert Scope(services=services).predicate("user") is False
    assert Scope(services=services).predicate("topic") == InService("fqn", services)


@pytest.mark.parametrize(
    ("read_only", "kinds", "services"),
    list(itertools.product((True, False), (None, frozenset({"topic", "user"})), (None, frozenset({"b", '"a.b"'})))),
)
def test_what_is_stored_is_read_back(*, read_only: bool, kinds: frozenset[str] | None, services: frozenset[str] | None):
    scope = Scope(read_only, kinds, services)
    assert parsed(scope.text()) == scope


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"readOnly": 1}', '{"kinds": "user"}', '{"more": true}'])
def test_a_stored_scope_that_cannot_be_read_is_no_scope_without_limits(text: str):
    with pytest.raises(ValueError, match=r"."):
        parsed(text)


def test_the_service_of_a_name_is_its_first_part_as_it_is_quoted():
    assert service_of("orders.created") == "orders"
    assert service_of('"a.b".c') == '"a.b"'
    assert service_of('"orders".c') == "orders"
    assert service_of('"a') == ""
