"""Principals: from the claims of a provider's token to the person that the catalog knows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from brokerbook.access import tokens
from brokerbook.errors import NotAuthenticated

if TYPE_CHECKING:
    from brokerbook.access.openid import Claims
    from brokerbook.issuers import Issuer

MOST_VALUES = 1000
"""How many teams, or roles, of one claim are looked at."""


class Person(NamedTuple):
    """Somebody as a provider describes him; name and address are in lower case."""

    subject: str
    """Who he is at the provider, for good; name and address may come to be another person's."""
    name: str
    email: str
    is_verified: bool
    """Whether the provider says that the address is his."""
    is_disowned: bool
    """Whether it says that it does not know."""
    display_name: str | None
    teams: tuple[str, ...] | None
    """Names of teams; None: the settings map none."""
    roles: tuple[str, ...] | None
    is_admin: bool


def person(issuer: Issuer, claims: Claims) -> Person:
    """Whom a token stands for; NotAuthenticated if its claims do not tell, or if its address is not let in."""
    said = claims.said
    principal = next(filter(None, (_text(said, claim) for claim in issuer.principal_claims)), None)
    if principal is None:
        raise NotAuthenticated(
            f"{tokens.INVALID} It has none of the claims {', '.join(issuer.principal_claims)} that name a user."
        )
    name = principal.partition("@")[0].lower()
    email = (_text(said, issuer.email_claim) or "").lower()
    # What a provider says of `email` it does not say of the claim that is taken in its place.
    about = said.get("email_verified") if email and email == (_text(said, "email") or "").lower() else None
    is_verified, is_disowned = about is True or about == "true", about is False or about == "false"
    if "@" not in email:
        if issuer.default_domain is None:
            raise NotAuthenticated(f"{tokens.INVALID} It has no claim {issuer.email_claim} with an address.")
        email = f"{name}@{issuer.default_domain}"
    if issuer.domains and (is_disowned or email.rpartition("@")[2] not in issuer.domains):
        raise NotAuthenticated(f"{tokens.INVALID} Its address is in none of the domains that are let in.")
    listed = {administrator.lower() for administrator in issuer.administrators}
    return Person(
        subject=claims.subject,
        name=name,
        email=email,
        is_verified=is_verified,
        is_disowned=is_disowned,
        display_name=_text(said, "name"),
        teams=_mapped(said, issuer.teams_claim, issuer.teams),
        roles=_mapped(said, issuer.roles_claim, issuer.roles),
        is_admin=claims.subject in issuer.administrators or (is_verified and email in listed),
    )


def _text(said: dict[str, Any], claim: str) -> str | None:
    value = said.get(claim)
    return value if isinstance(value, str) and value else None


def _mapped(said: dict[str, Any], claim: str | None, names: dict[str, str] | None) -> tuple[str, ...] | None:
    """The names that a claim's values stand for, each once; a value that is mapped to nothing stands for nothing."""
    if claim is None:
        return None
    found = _value(said, claim)
    values = cast("list[Any]", found) if isinstance(found, list) else [found]
    texts = [value for value in values[:MOST_VALUES] if isinstance(value, str) and value]
    mapped = texts if names is None else [names[text] for text in texts if text in names]
    return tuple(dict.fromkeys(mapped))


def _value(said: dict[str, Any], claim: str) -> Any:
    """A claim by its name, or by a path with dots into objects: `realm_access.roles`."""
    if claim in said:
        return said[claim]
    found: Any = said
    for part in claim.split("."):
        found = cast("dict[str, Any]", found).get(part) if isinstance(found, dict) else None
    return found
