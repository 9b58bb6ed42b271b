"""Passwords: hashed with argon2id, checked, judged, made up. Pure, but slow on purpose.

`hashed` and `matches` take tens of milliseconds and 19 MiB of memory: a server calls them on a thread of their own,
a few at a time, and never where others wait. The library is imported at first use: a start does without it.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import functools
import secrets
import string
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 8
LONGEST = 1024
"""Characters; a longer text is nobody's password but somebody's attempt to keep us busy."""

WEAK = "Password must be of minimum 8 characters, with one special, one Upper, one lower case character, and one Digit."

_GROUPS, _GROUP_LENGTH = 4, 5
_LETTERS = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")


@functools.cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    # OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@functools.cache
def _nobody() -> str:
    return _hasher().hash(random_password())


def _normal(password: str) -> str:
    # One spelling for what looks the same, whichever keyboard it was typed on (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """The text to store for a password: argon2id with its parameters and a salt of its own."""
    return _hasher().hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the one that was hashed. With nothing stored: False, after as much work."""
    from argon2.exceptions import VerificationError

    try:
        _hasher().verify(stored or _nobody(), _normal(password))
    except VerificationError:
        return False
    return stored is not None


def weakness(password: str) -> str | None:
    """The contract's sentence if the password is too weak (or absurdly long), else None."""
    if len(password) > LONGEST:
        return f"Password must be of maximum {LONGEST} characters."
    strong = (
        len(password) >= SHORTEST
        and any(c.isupper() for c in password)
        and any(c.islower() for c in password)
        and any(c.isdigit() for c in password)
        and any(not c.isalnum() for c in password)
    )
    return None if strong else WEAK


def random_password() -> str:
    """A new strong password of over a hundred bits that can be read aloud and pasted into a shell."""
    while True:
        groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
        password = "-".join(groups)
        if weakness(password) is None:
            return password
