"""Passwords: hashing, matching, strength."""

from __future__ import annotations

import pytest

from brokerbook.access import passwords

SENTENCE = (
    "Password must be of minimum 8 characters, with one special, one Upper, one lower case character, and one Digit."
)


def test_the_right_password_matches_and_another_does_not():
    stored = passwords.hashed("Correct-horse-1")
    assert passwords.matches("Correct-horse-1", stored)
    assert not passwords.matches("correct-horse-1", stored)
    assert not passwords.matches("", stored)


def test_a_hash_is_argon2id_and_holds_neither_the_password_nor_the_same_salt_twice():
    one, other = passwords.hashed("Correct-horse-1"), passwords.hashed("Correct-horse-1")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert "Correct" not in one


def test_nothing_stored_matches_nothing():
    assert not passwords.matches("", None)
    assert not passwords.matches("Correct-horse-1", None)


def test_one_password_typed_on_two_keyboards_is_one_password():
    composed, decomposed = "Caf\u00e9-12345", "Cafe\u0301-12345"
    assert passwords.matches(decomposed, passwords.hashed(composed))


@pytest.mark.parametrize("password", ["Aa1!aaaa", "Gr\u00fc\u00dfe-123", "Abcdefg1 ", "x" * 1000 + "X-1"])
def test_a_strong_password_has_no_weakness(password: str):
    assert passwords.weakness(password) is None


@pytest.mark.parametrize("password", ["", "Aa1!aaa", "aa1!aaaa", "AA1!AAAA", "Aab!aaaa", "Aa1aaaaa"])
def test_a_weak_password_is_told_the_contracts_sentence(password: str):
    assert passwords.weakness(password) == SENTENCE


def test_an_absurdly_long_password_is_refused():
    assert passwords.weakness("Aa1!" * 257) == "Password must be of maximum 1024 characters."


def test_random_passwords_are_strong_different_and_readable():
    made = {passwords.random_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert passwords.weakness(password) is None
        assert len(password) == 23
        assert not set(password) & set("0O1lI\"'\\$`! ")
