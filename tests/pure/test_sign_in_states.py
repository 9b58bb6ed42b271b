"""States of sign-ins: what was begun is known once, in time, in its browser."""

from __future__ import annotations

import base64
import hashlib

import pytest

from brokerbook.access import sign_in_states
from brokerbook.access.sign_in_states import States, new_browser
from brokerbook.errors import NotAuthenticated

NOW = 1_700_000_000_000
LAST = NOW + 599_999


def test_what_was_begun_comes_back_the_same():
    states, browser = States(), new_browser()
    begun = states.begin("corp", browser, NOW)
    assert states.take(begun.state, browser, LAST) == begun
    assert begun.issuer == "corp"


def test_the_challenge_is_the_hash_of_a_verifier_of_the_right_length():
    begun = States().begin("corp", new_browser(), NOW)
    assert 43 <= len(begun.verifier) <= 128
    hashed = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest())
    assert begun.challenge == hashed.rstrip(b"=").decode()


def test_neither_nonce_nor_verifier_is_told_by_the_state():
    begun = States().begin("corp", new_browser(), NOW)
    assert len({begun.nonce, begun.verifier, begun.state.rpartition(".")[2]}) == 3
    assert begun.nonce not in begun.state
    assert begun.verifier not in begun.state


def test_a_state_of_another_process_is_refused():
    browser = new_browser()
    state = States().begin("corp", browser, NOW).state
    with pytest.raises(NotAuthenticated):
        States().take(state, browser, NOW)


def test_a_state_of_another_browser_is_refused_and_not_used_up():
    states, browser = States(), new_browser()
    state = states.begin("corp", browser, NOW).state
    with pytest.raises(NotAuthenticated):
        states.take(state, new_browser(), NOW)
    assert states.take(state, browser, NOW)


def test_a_state_ends():
    states, browser = States(), new_browser()
    state = states.begin("corp", browser, NOW).state
    with pytest.raises(NotAuthenticated):
        states.take(state, browser, NOW + 600_000)


def test_used_states_are_remembered_until_they_would_have_ended(monkeypatch: pytest.MonkeyPatch):
    states, browser = States(), new_browser()
    state = states.begin("corp", browser, NOW).state
    states.take(state, browser, NOW)
    for later in (NOW, LAST):
        with pytest.raises(NotAuthenticated):
            states.take(state, browser, later)
    monkeypatch.setattr(sign_in_states, "MOST_USED", 5)
    for _ in range(20):
        states.take(states.begin("corp", browser, NOW).state, browser, NOW)
    assert len(states._used) == 5
    states.take(states.begin("corp", browser, NOW + 10**6).state, browser, NOW + 10**6)
    assert len(states._used) == 1
