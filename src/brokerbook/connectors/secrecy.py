"""Which values of a config are secrets: those whose property is marked, and in free-form objects those that look so.

In a free-form object a string is a secret if its key says so, or the key of an object or list around it does; or if the
string itself is a private key, an address with a password in it, or text with `password=…` in it. Erring towards
secrecy costs a person the sight of a harmless value; erring the other way shows a password.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from brokerbook.connectors.shapes import Shape, variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brokerbook.connectors.base import Json

Path = tuple[str | int, ...]

MASK = "*********"
"""What stands in the place of a secret; in a free-form object it marks a secret itself, whatever its key is."""

# Keys are compared in lower case and without separators: `sasl.jaas.config` and `saslJaasConfig` are the same.
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_NAMES_A_SECRET = re.compile(
    r"passw(?:or)?d|passphrase|passcode|(?<!by)pass$|pwd|secret|token|credential|authorization|userinfo|jaasconfig"
    r"|(?:private|api|access|account|shared|signing|encryption|master)key|keypem|(?:ssl|tls|client|keystore)key$"
    r"|connectionstring|seed$|jwt|cookie"
)
# `token.endpoint.url`, `credentials.source`, `accessKeyId`, `password.file` speak about a secret and hold none.
_SPEAKS_ABOUT_IT = re.compile(
    r"(?:ur[il]s?|endpoint|location|path|file|source|type|id|name|arn|class|provider|manager|method|mechanism|algorithm"
    r"|audience|issuer|scopes?|field|format|version|enabled|required|ms|seconds|minutes|days|ttl|expiry|expiration"
    r"|timeout|interval|count|size|length|policy)$"
)
_NUMBER_IS_A_SECRET = re.compile(r"(?:passw(?:or)?d|passphrase|passcode|(?<!by)pass|pwd|secret)$")
_LONGEST_CACHED_KEY = 128

# The user part may hold no `/`, and what follows the colon is no port: `http://host:8081/a@b` is a path with an `@`.
_USERINFO = r"[^/?#@:,\s\[]*:(?!//)(?!\d+(?:[/?#,]|$))[^@]*@"
_URL_WITH_PASSWORD = re.compile(rf"//{_USERINFO}")
_ADDRESS_WITH_PASSWORD = re.compile(rf"(?:^|//|,)\s*{_USERINFO}")
_ADDRESS_WITH_USER = re.compile(r"(?:^|//|,)\s*[^/?#@:,\s]+@")
_ASSIGNED = re.compile(
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|(?:access|account|api)[_-]?key)[ \t]*=[ \t]*[^\s;&]",
    re.IGNORECASE,
)


def secret_paths_of(shape: Shape, config: Mapping[str, Any]) -> list[Path]:
    """The paths of all secrets in a config, those of marked properties first."""
    found: list[Path] = []
    _collect(shape, config, (), found)
    if shape.extras:
        for name, value in config.items():
            if name not in shape.properties:
                _collect_free(value, (name,), found, secret=names_a_secret(name))
    return found


def free_secret_paths(value: Json, path: Path) -> list[Path]:
    """The paths of all secrets in a free-form value that lies at `path`."""
    found: list[Path] = []
    _collect_free(value, path, found, secret=False)
    return found


def differing(one: Json, other: Json, secrets: set[Path], path: Path = ()) -> Path | None:
    """The path of the first value, other than these secrets, that is not the same in two objects; None if all are."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in (*one, *(key for key in other if key not in one)):
            place = (*path, key)
            if place in secrets:
                continue
            if key not in one or key not in other:
                return place
            if (found := differing(one[key], other[key], secrets, place)) is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        places = (
            differing(first, second, secrets, (*path, index))
            for index, (first, second) in pairs
            if (*path, index) not in secrets
        )
        return next((place for place in places if place is not None), None)
    return None if one == other and type(one) is type(other) else path


def names_a_secret(key: str, *, inside_a_secret: bool = False) -> bool:
    """Whether a key of a free-form object says that its value is a secret, or does not deny it inside of one."""
    decide = _cached if len(key) <= _LONGEST_CACHED_KEY else _decided
    return decide(key, inside_a_secret)


def looks_secret(text: str) -> bool:
    """Whether a string of a free-form object is a secret by itself, or hides one."""
    return (
        ("@" in text and _holds(_URL_WITH_PASSWORD, text))
        or ("=" in text and _ASSIGNED.search(text) is not None)
        or "PRIVATE KEY-----" in text
        or text == MASK
    )


def holds_credentials(text: str, *, bare_user_is_secret: bool) -> bool:
    """Whether an address with an `@`, or one in a list, holds a password, or a user where that is a token."""
    return _holds(_ADDRESS_WITH_PASSWORD, text) or (bare_user_is_secret and _holds(_ADDRESS_WITH_USER, text))


def free_paths(value: Json, path: Path) -> list[Path]:
    """The paths of all secrets in a free-form object that lies at a path."""
    found: list[Path] = []
    _collect_free(value, path, found, secret=False)
    return found


def unsealable(value: Json, path: Path) -> Path | None:
    """The path of the first number that a free-form object gives as a password: only text can be masked."""
    fault: Path | None = None
    if isinstance(value, dict):
        for key, inside in value.items():
            if isinstance(inside, dict | list):
                fault = fault or unsealable(inside, (*path, key))
            elif type(inside) in (int, float) and _NUMBER_IS_A_SECRET.search(_plain(key)):
                fault = fault or (*path, key)
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            fault = fault or unsealable(inside, (*path, index))
    return fault


def _collect(shape: Shape, config: Mapping[str, Any], path: Path, found: list[Path]) -> None:
    for name in shape.secrets:
        value = config.get(name)
        if value and isinstance(value, str):
            found.append((*path, name))
    for known in shape.objects:
        value: Json = config.get(known.name)
        if value and isinstance(value, dict):
            inner = variant(known.inner, value)
            if inner is None:
                _collect_free(value, (*path, known.name), found, secret=False)
            else:
                _collect(inner, value, (*path, known.name), found)
    for name in shape.free:
        value = config.get(name)
        if value:
            _collect_free(value, (*path, name), found, secret=False)


def _collect_free(value: Json, path: Path, found: list[Path], *, secret: bool) -> None:
    if isinstance(value, str):
        if value and (secret or looks_secret(value)):
            found.append(path)
    elif isinstance(value, dict):
        for key, inside in value.items():
            _collect_free(inside, (*path, key), found, secret=names_a_secret(key, inside_a_secret=secret))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            _collect_free(inside, (*path, index), found, secret=secret)


def _holds(pattern: re.Pattern[str], text: str) -> bool:
    # What follows the last `@` cannot match; leaving it out keeps the search linear.
    return pattern.search(text, 0, text.rindex("@") + 1) is not None


def _plain(key: str) -> str:
    return _SEPARATORS.sub("", key.lower())


def _decided(key: str, inside_a_secret: bool) -> bool:  # noqa: FBT001  # the cache is quicker by position
    plain = _plain(key)
    return (inside_a_secret or _NAMES_A_SECRET.search(plain) is not None) and not _SPEAKS_ABOUT_IT.search(plain)


_cached = lru_cache(maxsize=4096)(_decided)
