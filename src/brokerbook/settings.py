"""The settings: one frozen dataclass, and the only reader of the environment and of the settings file.

Every field is a setting: `BROKERBOOK_<NAME>` in the environment, `<name>` in a TOML file, with the environment above
the file and a command's options above both. An unknown setting is an error, so that a misspelt one cannot go unnoticed.
No message repeats a value: it could be a key.
"""

# ruff: noqa: PLC0415  what reads files and explains mistakes is loaded when there are some

from __future__ import annotations

import os
import typing
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from brokerbook import addresses
from brokerbook import issuers as issuer_tables
from brokerbook.addresses import Reach
from brokerbook.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIX = "BROKERBOOK_"
CONFIG = "BROKERBOOK_CONFIG"
"""Names the TOML file; the one variable that is no setting."""
FILE_NAME = "brokerbook.toml"
"""The settings file that is read if it lies in the data directory and no other is named."""
TOKEN_KEY_FILE = "token.key"  # noqa: S105  a file's name
DATA = Path("data")
"""The data directory, unless told otherwise: beside where the command is given."""

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["json", "text"]
MetricsAccess = Literal["token", "open"]


class About(NamedTuple):
    """What the reference says of a setting, and the bounds of a number."""

    sentence: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How one process runs; the defaults are those of `make serve`."""

    data: Annotated[Path, About("The data directory; everything that is to last lies in it.")] = DATA
    host: Annotated[
        str, About("The address that the server listens on; `0.0.0.0` is every address of the machine.")
    ] = "127.0.0.1"
    port: Annotated[
        int, About("The port that the server listens on; with 0 the system chooses one.", least=0, most=65535)
    ] = 8585
    public_url: Annotated[
        str | None, About("The address that clients use, if a proxy stands before the server; links begin with it.")
    ] = None
    max_body_bytes: Annotated[
        int, About("The longest body of a request, in bytes; a longer one is refused before it is read.", least=1)
    ] = 32 * 1024 * 1024
    secrets_key: Annotated[
        str | None,
        About("The key that seals secrets, 32 bytes in base64; several with commas between them, the newest first."),
    ] = field(default=None, repr=False)
    secrets_key_command: Annotated[
        str | None, About("A shell command that prints the key that seals secrets, or several, the newest first.")
    ] = field(default=None, repr=False)
    secrets_key_file: Annotated[
        Path | None,
        About("The file with the key that seals secrets; without this setting, `secrets.key` in the data directory."),
    ] = None
    token_issuer: Annotated[
        str, About("The issuer that tokens name; changing it voids every token that was given out.")
    ] = "open-metadata.org"  # noqa: S105  a name
    issuers: Annotated[
        tuple[issuer_tables.Issuer, ...],
        About(
            "The OpenID Connect issuers with which people sign in, or whose API tokens are taken: a table `[[issuers]]` "
            "for each in the file, a list of objects as JSON in the environment."
        ),
    ] = ()
    private_webhook_hosts: Annotated[
        str | None,
        About(
            "Hosts with addresses of this machine or of a private network to which event subscriptions may send, with "
            "commas between them; without it none."
        ),
    ] = None
    log_level: Annotated[LogLevel, About("The least severe kind of message that is logged.")] = "info"
    log_format: Annotated[LogFormat, About("How log lines are written: a JSON object each, or text for people.")] = (
        "json"
    )
    metrics_access: Annotated[MetricsAccess, About("Who may read `/metrics`: callers with a token, or anybody.")] = (
        "token"
    )
    shutdown_seconds: Annotated[
        int, About("How long a stopping server waits for requests that are being answered, in seconds.", least=0)
    ] = 30

    @property
    def token_key_file(self) -> Path:
        """The file with the private key that signs tokens."""
        return self.data / TOKEN_KEY_FILE

    @property
    def webhook_reach(self) -> Reach:
        """Which addresses event subscriptions may have."""
        hosts = (self.private_webhook_hosts or "").split(",")
        return Reach(frozenset(host for host in hosts if host), self.port)

    def issuers_to_serve(self) -> tuple[issuer_tables.Issuer, ...]:
        """The issuers with their secrets, for a server; a StartupError if one cannot be served.

        Other commands need neither the secrets nor the server's address, and may not know them.
        """
        _check_issuers(self)
        return tuple(issuer_tables.with_secret(issuer, os.environ) for issuer in self.issuers)


class Setting(NamedTuple):
    """One line of the reference; `type` and `default` are words for people."""

    name: str
    variable: str
    type: str
    default: str
    sentence: str


def described() -> list[Setting]:
    """Every setting, in the order of the dataclass, for the reference page."""
    found: list[Setting] = []
    for f in fields(Settings):
        hint, about = _field(f.name)
        default = "" if f.default in (None, ()) else str(f.default)
        found.append(Setting(f.name, PREFIX + f.name.upper(), _words(hint), default, about.sentence))
    return found


def load(
    options: Mapping[str, Any], *, config: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of this process; a StartupError names what is unknown or wrong.

    `options` are a command's own (None: not given); `config` is the settings file that the command names. Paths in the
    file are relative to its folder, all others to the current one.
    """
    environ = os.environ if environ is None else environ
    above = _from_environment(environ) | _from_options(options)
    if config is None and CONFIG in environ:
        config = Path(_filled(CONFIG, environ[CONFIG]))
    merged = (_from_file(config) if config is not None else _beside(above.get("data", DATA))) | above
    sources = [name for name in ("secrets_key", "secrets_key_command", "secrets_key_file") if name in merged]
    if len(sources) > 1:
        raise StartupError(f"The settings {' and '.join(sources)} exclude each other. Keep one of them.")
    return Settings(**merged)


def _check_issuers(settings: Settings) -> None:
    """Refuses issuers that do not go together with the other settings."""
    for issuer in settings.issuers:
        if issuer.issuer == settings.token_issuer:
            raise StartupError(
                f"The issuer {issuer.name} is the token_issuer of this catalog itself. Remove one of them."
            )
        if issuer.signs_in and settings.public_url is None:
            raise StartupError(
                f"People are to sign in with the issuer {issuer.name}, whose provider sends their browsers back to this "
                "catalog. Say with public_url which address that is."
            )


def _from_options(options: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
    return {
        name: _checked(name, f"--{name.replace('_', '-')}", value) for name, value in given.items() if value is not None
    }


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {PREFIX + f.name.upper(): f.name for f in fields(Settings)}
    found: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable == CONFIG:
            continue
        name = known.get(variable)
        if name is None:
            raise StartupError(f"There is no setting {variable}{_nearest(variable, [*known, CONFIG])}.")
        value = _parsed(name, variable, _filled(variable, text))
        found[name] = _checked(name, variable, value)
    return found


def _filled(variable: str, text: str) -> str:
    # An empty variable is a forgotten value more often than a wish for the default, and a key must not be forgotten.
    if not text:
        raise StartupError(f"{variable} is empty. Give it a value or remove it.")
    return text


def _parsed(name: str, variable: str, text: str) -> Any:
    if name == "issuers":
        return issuer_tables.from_json(variable, text)
    if _field(name)[0] is int and text.removeprefix("-").isdecimal():
        return int(text)
    return text


def _beside(data: Path) -> dict[str, Any]:
    """What the settings file in the data directory says, if there is one."""
    path = data / FILE_NAME
    if not path.is_file():
        return {}
    found = _from_file(path)
    if "data" in found:
        raise StartupError(f"The setting data cannot stand in {path}, which is found by it. Remove it there.")
    return found


def _from_file(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise StartupError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise StartupError(f"The settings file {path} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise StartupError(f"The settings file {path} is not TOML: {error}.") from None
    known = [f.name for f in fields(Settings)]
    found: dict[str, Any] = {}
    for name, value in content.items():
        if name not in known:
            raise StartupError(f"There is no setting {name}, which stands in {path}{_nearest(name, known)}.")
        found[name] = _checked(name, f"{name} in {path}", value, folder=path.parent)
    return found


def _checked(name: str, place: str, value: object, *, folder: Path | None = None) -> Any:
    """The value as its field has it; `place` is how messages call it."""
    hint, about = _field(name)
    if name == "issuers":
        return issuer_tables.parsed(place, value, folder=folder)
    if hint is int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise StartupError(f"{place} must be a whole number.")
        if about.least is not None and value < about.least:
            raise StartupError(f"{place} must be at least {about.least}.")
        if about.most is not None and value > about.most:
            raise StartupError(f"{place} must be at most {about.most}.")
        return value
    if not isinstance(value, str) or not value:
        raise StartupError(f"{place} must be text, and not empty.")
    allowed = typing.get_args(hint)
    if allowed and value not in allowed:
        raise StartupError(f"{place} must be {' or '.join(allowed)}.")
    if hint is Path:
        return (folder or Path()) / Path(value).expanduser()
    if name == "private_webhook_hosts":
        return _hosts(place, value)
    return _address(place, value) if name == "public_url" else value


def _hosts(place: str, value: str) -> str:
    """The hosts as addresses have them, so that none is named in vain."""
    hosts = [host.strip().lower() for host in value.split(",")]
    for host in hosts:
        try:
            known = addresses.parsed(f"https://[{host}]/" if ":" in host else f"https://{host}/")
        except ValueError:
            known = None
        if known is None or known.host != host:
            raise StartupError(f"{place} must be hosts with commas between them, such as hooks.internal,10.0.0.7.")
    return ",".join(hosts)


def _address(place: str, value: str) -> str:
    scheme, _, rest = value.partition("://")
    if scheme not in {"http", "https"} or not rest.strip("/") or any(c in rest for c in "?#@ "):
        raise StartupError(f"{place} must be an address such as https://catalog.example.com.")
    return value.rstrip("/")


def _field(name: str) -> tuple[Any, About]:
    """The type of a setting, without its None, and what is said about it."""
    hint, about = typing.get_args(typing.get_type_hints(Settings, include_extras=True)[name])
    arguments = typing.get_args(hint)
    return (next(kind for kind in arguments if kind is not NoneType) if NoneType in arguments else hint), about


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib

    # Without the prefix, which would make any two names alike.
    bare = {known_name.removeprefix(PREFIX): known_name for known_name in known}
    near = difflib.get_close_matches(name.removeprefix(PREFIX), bare, 1)
    return f" (did you mean {bare[near[0]]}?)" if near else ""


def _words(hint: Any) -> str:
    if typing.get_origin(hint) is tuple:
        return "tables"
    if allowed := typing.get_args(hint):
        return " or ".join(f"`{value}`" for value in allowed)
    return {Path: "path", int: "whole number"}.get(hint, "text")
