"""The private key files of a data directory as backups carry them: those that seal secrets, and the one that signs."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from brokerbook.settings import TOKEN_KEY_FILE
from brokerbook.store import keyring
from brokerbook.store.keyring import FILE_NAME as SECRETS_KEY_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from brokerbook.settings import Settings

__all__ = ["NAMES", "SECRETS_KEY_FILE", "TOKEN_KEY_FILE"]

NAMES = (SECRETS_KEY_FILE, TOKEN_KEY_FILE)
"""What they are called in a backup, wherever they lie."""


def secrets_path(settings: Settings) -> Path | None:
    """Where the keys that seal secrets lie; None if they come from a setting or a command."""
    if settings.secrets_key is not None or settings.secrets_key_command is not None:
        return None
    return settings.secrets_key_file or settings.data / SECRETS_KEY_FILE


def read(settings: Settings) -> dict[str, bytes]:
    """The key files that are there, and that lie in the data directory itself, by name."""
    here = settings.data.resolve()
    paths = {SECRETS_KEY_FILE: secrets_path(settings), TOKEN_KEY_FILE: settings.token_key_file}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if path is not None and path.is_file() and path.resolve().parent == here
    }


def united(first: bytes, second: bytes) -> bytes:
    """The text of a file with the secrets keys of one file, and then those that only the other has."""
    return b"\n".join(dict.fromkeys([*_texts(first), *_texts(second)])) + b"\n"


def ids(content: bytes) -> set[str]:
    """The ids of the secrets keys in a file; what is no key is passed over."""
    found: set[str] = set()
    for text in _texts(content):
        try:
            found.add(keyring.key_id(base64.b64decode(text, validate=True)))
        except binascii.Error:
            continue
    return found


def _texts(content: bytes) -> list[bytes]:
    return content.replace(b",", b"\n").split()
