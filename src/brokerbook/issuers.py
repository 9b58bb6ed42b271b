"""Issuers: the OpenID Connect providers with which people sign in and whose API tokens are taken, as settings name them.

An `Issuer` that exists is whole: everything that can be told without asking the provider is checked here, and what is
wrong is a StartupError that names the place and never repeats a value.
"""

# ruff: noqa: PLC0415  what takes addresses apart is loaded when there are some

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from brokerbook.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that only the holder of a private key can make; a secret that both sides know proves nothing here."""
ClientAuthentication = Literal["client_secret_basic", "client_secret_post", "none"]

_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Names = tuple[_Text, ...]
_ENDING = "/.well-known/openid-configuration"


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider. With `client_id` people sign in with it, with `api_audiences` its API tokens are taken."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    """What stands in the address of the sign-in."""
    issuer: _Text
    """The address that its tokens name; its discovery document lies below it."""
    client_id: _Text | None = None
    client_secret: _Text | None = None
    client_secret_file: _Text | None = None
    client_secret_env: _Text | None = None
    client_authentication: ClientAuthentication = "client_secret_basic"
    scopes: _Names = ("openid", "profile", "email")
    algorithms: tuple[Algorithm, ...] = ("RS256", "ES256")
    clock_skew_seconds: Annotated[int, Meta(ge=0, le=300)] = 60
    principal_claims: _Names = ("email", "preferred_username", "sub")
    """The first of these that a token has is the user's name; of an address its local part."""
    email_claim: _Text = "email"
    default_domain: _Text | None = None
    """Users whose tokens have no address get one in this domain."""
    domains: _Names = ()
    """The only domains whose addresses are let in, if any are named."""
    create_users: bool = True
    teams_claim: _Text | None = None
    teams: dict[str, _Text] | None = None
    """Value of the claim → name of the team; without it, values are names."""
    roles_claim: _Text | None = None
    roles: dict[str, _Text] | None = None
    update_at_sign_in: bool = False
    """Whether teams and roles follow the claims at each sign-in, and not at the first only."""
    administrators: _Names = ()
    """Verified addresses, or subjects (`sub`), of those who administer."""
    api_audiences: _Names = ()
    api_clients: _Names = ()
    """The only clients (`azp`) whose API tokens are taken, if any are named."""
    hosts: _Names = ()
    """Other hosts of the provider's that may have private addresses."""

    @property
    def signs_in(self) -> bool:
        """Whether people can sign in with it."""
        return self.client_id is not None

    def __repr__(self) -> str:
        # The secret is in no text about the settings.
        return f"Issuer(name={self.name!r}, issuer={self.issuer!r})"


def parsed(place: str, value: object, *, folder: Path | None) -> tuple[Issuer, ...]:
    """The issuers that the setting called `place` holds; a file that one names is relative to `folder`."""
    if not isinstance(value, list):
        raise StartupError(f"{place} must be a list of tables, each an issuer.")
    found: list[Issuer] = []
    for number, table in enumerate(value, start=1):  # type: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        here = f"Issuer {number} of {place}"
        issuer = _converted(here, table)
        _check(here, issuer)
        if issuer.client_secret_file is not None:
            path = (folder or Path()) / Path(issuer.client_secret_file).expanduser()
            issuer = msgspec.structs.replace(issuer, client_secret_file=str(path))
        found.append(issuer)
    for what in ("name", "issuer"):
        values = [getattr(issuer, what) for issuer in found]
        if len(set(values)) < len(values):
            raise StartupError(f"Two issuers of {place} have the same {what}.")
    return tuple(found)


def from_json(place: str, text: str) -> Any:
    """The list that an environment variable holds as JSON text."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise StartupError(f"{place} is not JSON. It holds a list of objects, each an issuer.") from None


def _converted(here: str, table: Any) -> Issuer:
    try:
        return msgspec.convert(table, Issuer)
    except msgspec.ValidationError as error:
        # msgspec repeats a value that is none of those allowed.
        words = re.sub(
            r"^Invalid enum value .*(?= - at)", "Not one of the values that there are", str(error), flags=re.DOTALL
        )
        raise StartupError(f"{here} is wrong: {words.replace('`$.', '`')}.") from None


def with_secret(issuer: Issuer, environ: Mapping[str, str]) -> Issuer:
    """The issuer with its client's secret, read from where the settings say; a StartupError if nothing is there.

    A command that only reads the settings needs no secret, and may not be able to read it.
    """
    if issuer.client_secret_file is not None:
        source = f"client_secret_file, {issuer.client_secret_file},"
        try:
            secret = Path(issuer.client_secret_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise StartupError(f"The issuer {issuer.name}: its {source} cannot be read as text.") from None
    elif issuer.client_secret_env is not None:
        source = f"client_secret_env, {issuer.client_secret_env},"
        secret = environ.get(issuer.client_secret_env, "")
    else:
        return issuer
    if not secret:
        raise StartupError(f"The issuer {issuer.name}: its {source} is not there or is empty.")
    return msgspec.structs.replace(issuer, client_secret=secret)


def _check(here: str, issuer: Issuer) -> None:
    """Refuses what each value for itself could not show."""
    _check_address(here, issuer)
    _check_client(here, issuer)
    _check_mapping(here, issuer)
    if not issuer.signs_in and not issuer.api_audiences:
        raise StartupError(
            f"{here} is good for nothing: give it a client_id, so that people can sign in with it, or api_audiences, "
            "so that its API tokens are taken."
        )
    if issuer.api_clients and not issuer.api_audiences:
        raise StartupError(f"{here}: api_clients limit API tokens, which are taken only with api_audiences.")
    if not issuer.algorithms:
        raise StartupError(f"{here}: algorithms names none, so that no token could be checked.")


def _check_address(here: str, issuer: Issuer) -> None:
    from brokerbook import addresses

    try:
        address = addresses.parsed_secure(issuer.issuer)
    except ValueError as error:
        raise StartupError(f"{here}: issuer {error}.") from None
    if address.query or issuer.issuer.endswith("?"):
        raise StartupError(f"{here}: issuer must not have a query.")
    if address.path.endswith(_ENDING):
        raise StartupError(f"{here}: issuer is the address without {_ENDING}, as the provider's tokens name it.")


def _check_client(here: str, issuer: Issuer) -> None:
    ways = [way for way in ("client_secret", "client_secret_file", "client_secret_env") if getattr(issuer, way)]
    if len(ways) > 1:
        raise StartupError(f"{here}: {' and '.join(ways)} exclude each other. Keep one of them.")
    if not issuer.signs_in:
        if ways:
            raise StartupError(f"{here}: there is a client secret, but no client_id.")
        return
    if "openid" not in issuer.scopes:
        raise StartupError(f"{here}: scopes must hold openid.")
    if issuer.client_authentication == "none":
        if ways:
            raise StartupError(f"{here}: client_authentication is none, but there is a client secret.")
    elif not ways:
        raise StartupError(
            f"{here} has no client secret. Give it client_secret_file, client_secret_env or client_secret; a client "
            'that has none at the provider either needs client_authentication = "none".'
        )


def _check_mapping(here: str, issuer: Issuer) -> None:
    if not issuer.principal_claims:
        raise StartupError(f"{here}: principal_claims names none, so that nobody would have a name.")
    for what in ("teams", "roles"):
        if getattr(issuer, what) is not None and getattr(issuer, f"{what}_claim") is None:
            raise StartupError(f"{here}: {what} maps the values of {what}_claim, which is not given.")
    if issuer.update_at_sign_in and issuer.teams_claim is None and issuer.roles_claim is None:
        raise StartupError(f"{here}: update_at_sign_in needs a teams_claim or a roles_claim.")
    if not all(map(_is_domain, (*issuer.domains, *([issuer.default_domain] if issuer.default_domain else ())))):
        raise StartupError(f"{here}: domains and default_domain are names such as example.com.")
    if issuer.domains and issuer.default_domain not in (None, *issuer.domains):
        raise StartupError(f"{here}: default_domain is none of the domains that are let in.")


def _is_domain(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text) is not None


def private_hosts(known: Iterable[Issuer]) -> frozenset[str]:
    """The hosts that the operator allows to have addresses of this machine or of a private network."""
    from brokerbook import addresses

    return frozenset(host.lower() for issuer in known for host in (addresses.parsed(issuer.issuer).host, *issuer.hosts))
