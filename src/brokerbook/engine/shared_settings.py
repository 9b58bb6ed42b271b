"""Settings that clients share through the catalog; what the server itself follows is in `brokerbook.settings`.

Only those are kept that somebody reads. Each is a single value of the catalog; one that was never set has its default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access import policy
from brokerbook.engine import json_patch
from brokerbook.errors import BadRequest, EntityNotFound, NotAuthorized
from brokerbook.model.decoding import converted
from brokerbook.model.system import ProfilerConfiguration, Setting, UiThemePreference
from brokerbook.store import secrets as store

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx

PROFILER = "profilerConfiguration"
THEME = "customUiThemePreference"

_KEPT: dict[str, type[msgspec.Struct]] = {THEME: UiThemePreference, PROFILER: ProfilerConfiguration}
"""The type of a setting → what its value is made of; every field has a default."""

_OF_SIGNING_IN = frozenset(
    {
        "authenticationConfiguration",
        "authorizerConfiguration",
        "fernetConfiguration",
        "jwtTokenConfiguration",
        "loginConfiguration",
        "scimConfiguration",
        "secretsManagerConfiguration",
        "securityConfiguration",
    }
)
_STORED_AS = "setting:{}"


def every(tx: Tx, actor: Actor) -> list[Setting]:
    """All settings, for administrators."""
    policy.check_admin(actor)
    return [found(tx, config_type) for config_type in _KEPT]


def one(tx: Tx, actor: Actor, config_type: str) -> Setting:
    """One setting, for administrators; EntityNotFound if it is none that is kept."""
    policy.check_admin(actor)
    _refuse(config_type)
    if config_type not in _KEPT:
        raise EntityNotFound.of("settings", config_type)
    return found(tx, config_type)


def profiler(tx: Tx, actor: Actor) -> Setting:
    """The profiler's setting, for whoever may view it."""
    policy.check_in_general(actor, "ViewProfilerGlobalConfiguration", PROFILER)
    return found(tx, PROFILER)


def found(tx: Tx, config_type: str) -> Setting:
    """One of those that are kept, as it is now; who asks is not looked at."""
    text = store.meta(tx, _STORED_AS.format(config_type))
    return _setting(config_type, msgspec.json.decode(text) if text is not None else {})


def put(tx: Tx, actor: Actor, asked: Setting) -> Setting:
    """Sets one; fields of its value that are left out get their defaults."""
    policy.check_admin(actor)
    _refuse(asked.config_type)
    if asked.config_type not in _KEPT:
        raise BadRequest(
            f"The setting {asked.config_type[:80]} is not one that is kept here. "
            f"Allowed values of config_type are: {', '.join(_KEPT)}"
        )
    setting = _setting(asked.config_type, asked.config_value)
    store.set_meta(tx, _STORED_AS.format(setting.config_type), msgspec.json.encode(setting.config_value).decode())
    return setting


def patch(tx: Tx, actor: Actor, config_type: str, operations: list[Document]) -> Setting:
    """Changes the value of one by a JSON Patch."""
    stored = one(tx, actor, config_type)
    value = converted(json_patch.applied(operations, stored.config_value), dict[str, Any])
    return put(tx, actor, Setting(config_type=config_type, config_value=value))


def _setting(config_type: str, value: Document) -> Setting:
    # an explicit null means the same as leaving the key out
    given = {key: inner for key, inner in value.items() if inner is not None}
    whole = msgspec.to_builtins(converted(given, _KEPT[config_type]))
    return Setting(config_type=config_type, config_value=whole)


def _refuse(config_type: str) -> None:
    if config_type in _OF_SIGNING_IN:
        raise NotAuthorized(
            f"The setting {config_type} is neither shown nor changed over the API. "
            "How callers are known and secrets are kept is said in the server's own settings."
        )
