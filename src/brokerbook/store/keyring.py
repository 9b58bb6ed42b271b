"""Where the keys that seal secrets come from: a file, an environment variable or a command.

Keys are 32 bytes in base64, the newest first. A key's id is a digest of it, so a wrong key is told from a right one
without trying. A file is made at the first start; a key that was given and is lost stops the start.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import subprocess
from typing import TYPE_CHECKING

from brokerbook.errors import StartupError

if TYPE_CHECKING:
    from pathlib import Path

    from brokerbook.settings import Settings

FILE_NAME = "secrets.key"
_KEY_BYTES = 32
_COMMAND_SECONDS = 30


def key_id(key: bytes) -> str:
    """The public name of a key."""
    return hashlib.blake2b(key, digest_size=8, person=b"secrets-key").hexdigest()


def new_key() -> str:
    """A fresh key as text."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


class Keyring:
    """The keys by id, the one that came first being the one to seal with; reads its source anew on `reload`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.keys: dict[str, bytes] = {}
        self.reload()

    @property
    def source(self) -> str:
        """Where the keys come from, for messages."""
        if self._settings.secrets_key is not None:
            return "the setting secrets_key"
        if self._settings.secrets_key_command is not None:
            return "the command in the setting secrets_key_command"
        return f"the file {self.path}"

    @property
    def path(self) -> Path:
        """The key file."""
        return self._settings.secrets_key_file or self._settings.data / FILE_NAME

    @property
    def in_file(self) -> bool:
        """Whether the keys lie in a file of ours, to which a new one can be added."""
        return self._settings.secrets_key is None and self._settings.secrets_key_command is None

    def reload(self) -> None:
        """Reads the keys; a StartupError says what is wrong with them, never what they are."""
        texts = self._texts()
        keys: dict[str, bytes] = {}
        for text in texts:
            try:
                key = base64.b64decode(text, validate=True)
            except ValueError:
                key = b""
            if len(key) != _KEY_BYTES:
                raise StartupError(
                    f"A secrets key from {self.source} is not {_KEY_BYTES} bytes in base64. "
                    "Make one with `openssl rand -base64 32`, or correct it."
                )
            keys[key_id(key)] = key
        self.keys = keys

    def _texts(self) -> list[str]:
        if self._settings.secrets_key is not None:
            return _split(self._settings.secrets_key)
        if (command := self._settings.secrets_key_command) is not None:
            try:
                done = subprocess.run(  # noqa: S602  the operator's own command, from his settings
                    command, shell=True, check=True, capture_output=True, timeout=_COMMAND_SECONDS
                )
            except (subprocess.SubprocessError, OSError) as error:
                reason = "took too long" if isinstance(error, subprocess.TimeoutExpired) else "failed"
                raise StartupError(f"The command in the setting secrets_key_command {reason}.") from None
            return _split(_text(done.stdout))
        try:
            return _split(_text(self.path.read_bytes()))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StartupError(
                f"The key file {self.path} cannot be read: {error.strerror}. Mend that, and start again."
            ) from error

    def create(self) -> None:
        """At the first start: makes a key file, readable by its owner only."""
        write_private(self.path, new_key() + "\n")
        self.reload()

    def add(self) -> str:
        """Puts a new key in front of the file's keys; returns its id."""
        write_private(self.path, "\n".join([new_key(), *self._texts()]) + "\n")
        self.reload()
        return next(iter(self.keys))

    def keep(self, ids: set[str]) -> None:
        """Drops from the file every key but these."""
        kept = [base64.b64encode(key).decode() for known, key in self.keys.items() if known in ids]
        write_private(self.path, "\n".join(kept) + "\n")
        self.reload()


def _text(content: bytes) -> str:
    # A key is ASCII; what is not is no key, and is told of as such.
    return content.decode("ascii", "replace")


def _split(text: str) -> list[str]:
    return [part for part in text.replace(",", "\n").split() if part]


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all, and durably."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
