"""Signing in while others guess: guessers work, and those who know the password get in."""

import re

import pytest

from app.viewers import sign_ins
from ideas import passwords
from tests import factories
from tests.puzzles import solved
from tests.views.test_accounts import is_signed_in, seen, text

LEA = "lea@example.org"
NEAR, SAME_STREET, FAR = "198.51.100.1", "198.51.100.77", "203.0.113.5"


@pytest.fixture
def lea(app):
    return factories.account(LEA)


@pytest.fixture
def try_to(app):
    """Try to sign in, as a new browser unless one is given."""

    def try_it(email=LEA, password=factories.PASSWORD, address=NEAR, browser=None, **fields):
        data = {"email": email, "password": password, **fields}
        return (browser or app.test_client()).post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address})

    return try_it


def guess(try_to, times, **where):
    """Guess so many different passwords, each with a solved puzzle where one is wanted."""
    for n in range(times):
        answer = try_to(password=f"guess {n}", **where)
        if answer.status_code == 429 and "data-puzzle" in text(answer):
            answer = try_to(password=f"guess {n}", **where, **solved(text(answer)))
    return answer


def test_beyond_five_failures_each_try_costs_work_before_anything_is_hashed(lea, try_to, monkeypatch):
    hashed = []
    verify = passwords.is_right
    monkeypatch.setattr("ideas.services.accounts.is_right", lambda *of: hashed.append(of) or verify(*of))
    answers = [try_to(password=f"guess {n}") for n in range(5)]

    asked = try_to()
    wrong = try_to(**{**solved(text(asked)), "counter": "no"})
    right = try_to(**solved(text(asked)))

    assert [a.status_code for a in answers] == [401] * 5
    assert "data-puzzle" in text(answers[-1])  # the browser works while the next password is typed
    assert (asked.status_code, wrong.status_code, right.status_code) == (429, 429, 302)
    assert LEA in text(asked)
    assert len(hashed) == 6


def test_a_network_is_a_street_of_addresses(lea, try_to):
    guess(try_to, 5)

    assert try_to(address=SAME_STREET).status_code == 429
    assert try_to(address=FAR).status_code == 302


def test_the_work_grows_with_the_failures(lea, try_to, monkeypatch):
    monkeypatch.setattr(sign_ins, "FREE_PAIR", 1)
    bits = []
    for _ in range(4):
        bits.append(int(re.search(r'data-bits="(\d+)"', text(guess(try_to, 1)))[1]))

    assert bits == [16, 17, 17, 18]


@pytest.mark.parametrize("where", [NEAR, FAR])
def test_a_browser_that_signed_in_before_is_never_slowed_by_others(lea, app, try_to, monkeypatch, where):
    monkeypatch.setattr(sign_ins, "STRANGERS_MOST", 8)
    own = app.test_client()
    assert try_to(browser=own, address=where).status_code == 302
    own.post("/sign-out")
    guess(try_to, 9)

    assert try_to(browser=own, address=where).status_code == 302
    assert is_signed_in(own)


def test_a_network_that_signed_in_before_never_waits(lea, try_to, monkeypatch):
    monkeypatch.setattr(sign_ins, "STRANGERS_MOST", 8)
    assert try_to(address=FAR).status_code == 302
    guess(try_to, 8)

    strange = try_to(address="192.0.2.1")
    near = try_to(address=FAR)

    assert (strange.status_code, strange.headers["Retry-After"]) == (429, "900")
    assert "data-puzzle" not in text(strange)
    assert near.status_code == 302 or try_to(address=FAR, **solved(text(near))).status_code == 302


def test_a_known_browser_that_guesses_loses_its_advantage(lea, app, try_to):
    own = app.test_client()
    try_to(browser=own)
    own.post("/sign-out")

    answers = [try_to(browser=own, password=f"guess {n}").status_code for n in range(16)]

    assert answers == [401] * 15 + [429]


def test_a_right_password_takes_its_try_back(lea, try_to):
    guess(try_to, 4)
    assert [try_to().status_code for _ in range(5)] == [302] * 5
    assert guess(try_to, 1).status_code == 401
    assert try_to().status_code == 429


def test_the_owner_of_another_account_does_not_pay(lea, try_to):
    factories.account("tom@example.org")
    guess(try_to, 10)

    assert try_to("tom@example.org").status_code == 302


def test_one_password_tried_on_many_addresses_costs_work_from_everywhere(lea, app, try_to):
    for n in range(10):
        assert try_to(f"person{n}@example.org", "Summer2026!", f"192.0.{n}.1").status_code == 401

    assert try_to("person11@example.org", "Summer2026!", FAR).status_code == 429
    assert try_to("person11@example.org", "Winter2026!", FAR).status_code == 401


def test_many_addresses_tried_from_one_network_cost_work(lea, try_to):
    for n in range(sign_ins.FREE_NETWORK):
        assert try_to(f"person{n}@example.org", f"guess {n}").status_code == 401

    assert try_to().status_code == 429
    assert try_to(address=FAR).status_code == 302


def test_known_and_unknown_addresses_get_the_same_answers(lea, try_to, monkeypatch):
    monkeypatch.setattr(sign_ins, "STRANGERS_MOST", 8)

    def answers(email):
        found = [try_to(email, f"guess {email} {n}", FAR) for n in range(6)]
        found += [guess(try_to, 8, email=email), try_to(email, "guess", "192.0.2.1")]
        return [(a.status_code, re.sub(r'(puzzle=?"?( value=)?")[^"]*', r"\1", seen(a))) for a in found]

    assert [(s, page.replace(LEA, "tom@example.org")) for s, page in answers(LEA)] == answers("tom@example.org")


def test_the_session_changes_when_somebody_signs_in(lea, app, try_to):
    room = factories.room()
    planted = app.test_client()
    planted.post(f"/join/{room.code}", data={"name": "Biene 12"})
    before = planted.get_cookie("schwarm").value

    assert try_to(browser=planted).status_code == 302

    thief = app.test_client()
    thief.set_cookie("schwarm", before)
    assert is_signed_in(planted)
    assert not is_signed_in(thief)
    assert thief.get(room.path).status_code == 302  # the guest of the old session is nobody any more
