"""Where the events of a subscription go: destinations, what each type of them needs, and what of them is secret. Pure.

What can be known of an address without looking it up is checked here and in the engine; what a name leads to is checked
by the outbound gate whenever something is sent.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar, cast

import msgspec
from msgspec import Meta

from brokerbook import addresses
from brokerbook.connectors import secrecy
from brokerbook.errors import BadRequest
from brokerbook.model.decoding import converted
from brokerbook.model.wire import Timestamp, Uuid, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from brokerbook.addresses import Address
    from brokerbook.kinds.kind import Document

Category = Literal["Users", "Teams", "Admins", "Assignees", "Owners", "Mentions", "Followers", "External"]
DestinationType = Literal[
    "Webhook", "Slack", "MsTeams", "GChat", "Email", "ActivityFeed", "GovernanceWorkflowChangeEvent"
]
Path = tuple[str | int, ...]
T = TypeVar("T")

_WEB = frozenset({"Webhook", "Slack", "MsTeams", "GChat"})
_NAMESPACE = uuid.UUID("5f8f2a5e-3f0b-4f57-9a55-6f2c7f0d9b1e")
_EMAIL = re.compile(r"[^\s@\"<>(),;:\\]+@[^\s@.]+(?:\.[^\s@.]+)+\Z")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Whoever sends says these himself: another value would make another request of what follows.
_OWN_HEADERS = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_KEYS = frozenset({"key", "sig", "signature", "code", "auth"})
_DEFAULTS: Document = {"timeout": 10, "readTimeout": 12, "enabled": True, "notifyDownstream": False}
_Seconds = Annotated[int, Meta(ge=1)]
_Plain = str | int | float | bool


class SubscriptionStatus(Wire, frozen=True, kw_only=True):
    """How delivery to a destination goes."""

    status: Literal["disabled", "failed", "retryLimitReached", "awaitingRetry", "active"] | None = None
    lastSuccessfulAt: Timestamp | None = None
    lastFailedAt: Timestamp | None = None
    lastFailedStatusCode: int | None = None
    lastFailedReason: str | None = None
    nextAttempt: Timestamp | None = None
    timestamp: Timestamp | None = None


class Destination(Wire, frozen=True, kw_only=True):
    """One receiver, or one group of them; which properties `config` has depends on `type`."""

    id: Uuid | None = None
    category: Category
    type: DestinationType
    statusDetails: Annotated[SubscriptionStatus | None, Meta(description="Read only.")] = None
    timeout: Annotated[_Seconds | None, Meta(description="For a connection, in seconds; 10 unless said.")] = None
    readTimeout: Annotated[_Seconds | None, Meta(description="For an answer, in seconds; 12 unless said.")] = None
    enabled: bool | None = None
    config: dict[str, Any] | None = None
    notifyDownstream: bool | None = None
    downstreamDepth: Annotated[int, Meta(ge=1)] | None = None


class NoAuth(Wire, tag_field="type", tag="none", frozen=True, kw_only=True):
    """Nothing."""


class BearerAuth(Wire, tag_field="type", tag="bearer", frozen=True, kw_only=True):
    """The key with which requests are signed."""

    secretKey: str | None = None


class OAuth2(Wire, tag_field="type", tag="oauth2", frozen=True, kw_only=True):
    """Client credentials."""

    tokenUrl: str | None = None
    clientId: str | None = None
    clientSecret: str | None = None
    scope: str | None = None


class Webhook(Wire, frozen=True, kw_only=True):
    """The `config` of what is sent over HTTP."""

    receivers: list[str] | None = None
    endpoint: str | None = None
    headers: dict[str, _Plain] | None = None
    queryParams: dict[str, _Plain] | None = None
    httpMethod: Literal["POST", "PUT"] | None = None
    sendToAdmins: bool | None = None
    sendToOwners: bool | None = None
    sendToFollowers: bool | None = None
    authType: NoAuth | BearerAuth | OAuth2 | None = None


class Mail(Wire, frozen=True, kw_only=True):
    """The `config` of e-mail."""

    receivers: list[str] | None = None
    sendToAdmins: bool | None = None
    sendToOwners: bool | None = None
    sendToFollowers: bool | None = None


def normalised(subscription: str, given: Sequence[Destination]) -> list[Document]:
    """Destinations as they are stored, each checked and with an id; a BadRequest for what cannot be one.

    One without an id gets one that hangs on where it leads, so that asking again for the same changes nothing.
    """
    found: list[Document] = []
    alike: Counter[tuple[str, ...]] = Counter()
    for number, one in enumerate(given):
        config = _config(one, f"destinations[{number}].config")
        leads = (subscription, one.category, one.type, str((config or {}).get("endpoint", "")))
        document = {"id": (one.id or _id(leads, alike[leads])).lower(), "category": one.category, "type": one.type}
        alike[leads] += one.id is None
        more = msgspec.structs.asdict(one)
        document |= {key: _DEFAULTS.get(key) if more[key] is None else more[key] for key in _DEFAULTS}
        if config is not None:
            document["config"] = config
        if one.downstreamDepth is not None:
            document["downstreamDepth"] = one.downstreamDepth
        found.append(document)
    counted = Counter(one["id"] for one in found)
    if twice := [known for known, count in counted.items() if count > 1]:
        raise BadRequest(f"Two destinations have the id {twice[0]}. Give each its own, or none.")
    return found


def _id(leads: tuple[str, ...], number: int) -> str:
    return str(uuid.uuid5(_NAMESPACE, msgspec.json.encode([*leads, number]).decode()))


# what a config has to be


def _config(given: Destination, place: str) -> Document | None:
    config = given.config
    if not config and given.category == "External" and (given.type in _WEB or given.type == "Email"):
        word = "required" if config is None else "empty"
        raise BadRequest(f"Destination configuration is {word} for {given.type} type")
    if config is None:
        return None
    if given.type in _WEB:
        return _webhook(config, place, external=given.category == "External")
    if given.type == "Email":
        return _mail(config, place, external=given.category == "External")
    if (fault := secrecy.unsealable(config, ())) is not None:
        raise _not_text(place, fault)
    return config


def _webhook(config: Document, place: str, *, external: bool) -> Document:
    auth = config.get("authType")
    if isinstance(auth, dict) and cast("Document", auth).get("type") not in ("none", "bearer", "oauth2"):
        raise BadRequest(f"{place}.authType.type must be one of none, bearer, oauth2.")
    webhook = _converted(config, Webhook, place)
    if webhook.endpoint:
        _address("endpoint", webhook.endpoint)
    elif external:
        raise BadRequest("Webhook destination requires an 'endpoint' URL")
    match webhook.authType:
        case BearerAuth(secretKey=key) if not key:
            raise BadRequest("Bearer authentication requires a secretKey")
        case OAuth2() as oauth if not (oauth.tokenUrl and oauth.clientId and oauth.clientSecret):
            raise BadRequest("OAuth2 configuration requires tokenUrl, clientId, and clientSecret")
        case OAuth2(tokenUrl=str(url)):
            _address("tokenUrl", url)
        case _:
            pass
    for field, values in (("headers", webhook.headers or {}), ("queryParams", webhook.queryParams or {})):
        for name, value in values.items():
            _check_value(f"{place}.{field}", name, value, header=field == "headers")
    return {key: value for key, value in config.items() if value is not None}


def _mail(config: Document, place: str, *, external: bool) -> Document:
    mail = _converted(config, Mail, place)
    if external:
        if not mail.receivers:
            raise BadRequest("Email destination requires at least one email address in 'receivers'")
        for receiver in mail.receivers:
            if not _EMAIL.match(receiver):
                raise BadRequest(f"Invalid email format: '{receiver}'")
    return {key: value for key, value in config.items() if value is not None}


def _converted(config: Document, struct: type[T], place: str) -> T:
    try:
        return converted(config, struct)
    except BadRequest as fault:
        raise BadRequest(f"{place}: {fault.message}") from None


def _check_value(place: str, name: str, value: _Plain, *, header: bool) -> None:
    if header and (not _HEADER.match(name) or name.lower() in _OWN_HEADERS):
        raise BadRequest(f"{place} has a name that no header of one's own can have: {name[:80]}")
    if isinstance(value, str):
        if header and _CONTROL.search(value):
            raise BadRequest(f"{place}.{name[:80]} holds a line end or another control character.")
    elif _is_secret(name, ""):
        raise _not_text(place, (name,))


def _not_text(place: str, path: Path) -> BadRequest:
    shown = ".".join(str(step)[:80] for step in path)
    return BadRequest(f"{place}.{shown} must be a string, because its name says that it is a secret")


# addresses


class Called(NamedTuple):
    """An address that would be called for a destination: which field says it, and its parts."""

    field: str
    address: Address

    def refused(self, why: object) -> BadRequest:
        """The refusal of the address; `why` goes on after "it"."""
        return _refused(self.field, why)


def called(destinations: Sequence[Document]) -> Iterator[Called]:
    """Every address that destinations have."""
    for one in destinations:
        config: Document = one.get("config") or {}
        if one["type"] in _WEB:
            if endpoint := config.get("endpoint"):
                yield Called("endpoint", _address("endpoint", endpoint))
            auth: Document = config.get("authType") or {}
            if url := auth.get("tokenUrl"):
                yield Called("tokenUrl", _address("tokenUrl", url))


def _address(field: str, url: str) -> Address:
    try:
        # what goes to the token's address is a secret
        return addresses.parsed_secure(url) if field == "tokenUrl" else addresses.parsed(url)
    except ValueError as error:
        raise _refused(field, error) from None


def _refused(field: str, why: object) -> BadRequest:
    name = "webhook endpoint URL" if field == "endpoint" else "OAuth2 tokenUrl"
    return BadRequest(f"Invalid {name}: it {why}")


# secrets


def secret_paths(document: Document) -> list[Path]:
    """Where the secrets lie in a subscription's document."""
    found: list[Path] = []
    for number, one in enumerate(document.get("destinations") or ()):
        config: Document = one.get("config") or {}
        place: Path = ("destinations", number, "config")
        if one["type"] in _WEB:
            found += [(*place, *path) for path in _of_webhook(config)]
        elif one["type"] != "Email":
            found += secrecy.free_paths(config, place)
    return found


def _of_webhook(config: Document) -> Iterator[Path]:
    auth: Document = config.get("authType") or {}
    yield from (("authType", name) for name in ("secretKey", "clientSecret") if auth.get(name))
    for field in ("headers", "queryParams"):
        values: Document = config.get(field) or {}
        yield from (
            (field, name)
            for name, value in values.items()
            if value and isinstance(value, str) and _is_secret(name, value)
        )


def _is_secret(name: str, value: str) -> bool:
    return secrecy.names_a_secret(name) or name.lower() in _KEYS or secrecy.looks_secret(value)


def kept(stored: Document, after: Document, secrets: Mapping[Path, str]) -> dict[Path, str]:
    """The stored secrets that a mask may stand for: of the destinations with the same id that still lead where they did.

    So nobody learns a secret by having it sent elsewhere; they are under the places that the next document has for them.
    """
    before = {one["id"]: (number, one) for number, one in enumerate(stored.get("destinations") or ())}
    found: dict[Path, str] = {}
    for number, one in enumerate(after.get("destinations") or ()):
        place, old = before.get(one["id"], (0, None))
        if old is not None and _leads(old) == _leads(one):
            mine = {path[2:]: value for path, value in secrets.items() if path[1] == place}
            found |= {("destinations", number, *path): value for path, value in mine.items()}
    return found


def _leads(destination: Document) -> tuple[Any, ...]:
    config: Document = destination.get("config") or {}
    auth: Document = config.get("authType") or {}
    return destination["type"], config.get("endpoint"), auth.get("tokenUrl")
