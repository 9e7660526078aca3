"""Joining, the return link, and a participant's own page."""

import hashlib
import itertools
import re

import pytest
from flask import Flask

from app.platform import limits
from app.viewers import join_codes, names
from ideas.database import db, write
from ideas.models import Anonymity, Challenge, Participant, Person
from ideas.services import participants
from tests import factories


def typed(name="Biene 12", **fields):
    return {"name": name, **fields}


def text_of(response):
    return response.get_data(as_text=True)


def main_of(response):
    """The main part of a page, without values that differ by request."""
    found = re.search(r"<main.*?</main>", text_of(response), re.S).group(0)
    return re.sub(r'value="[^"]*"', "", found)


def test_the_join_page_shows_the_terms_and_one_button(app, client):
    room = factories.room(title="A name for the bread", anonymity=Anonymity.UNTIL_RESULT)

    page = text_of(client.get(f"/join/{room.code}"))

    for words in (
        "A name for the bread",
        "Mill &amp; Oven",
        "<em>dark</em>",
        "One idea per entry.",
        "A basket of bread",
    ):
        assert words in page
    assert "Anonymous until the result" in page
    assert "Privacy note" in page
    assert page.count("button--go") == 1


def test_a_stranger_joins_with_one_post(app, client):
    room = factories.room()

    answer = client.post(f"/join/{room.code}", data=typed())

    assert answer.status_code == 303
    assert answer.location == room.path
    assert client.get(answer.location).status_code == 200
    [joined] = db.session.query(Participant).filter_by(challenge_id=room.id)
    assert joined.name == "Biene 12"


def test_the_suggested_name_is_an_animal_that_is_free(app, client, monkeypatch):
    room = factories.room()
    monkeypatch.setattr(names, "ANIMALS", {"en": ["Bee"], "de": ["Biene"]})
    monkeypatch.setattr(names, "NUMBERS", 2)
    monkeypatch.setattr(names, "TRIES", 200)
    factories.participant(room, "bee 1")

    page = text_of(client.get(f"/join/{room.code}", headers={"Accept-Language": "en"}))
    german = text_of(client.get(f"/join/{room.code}", headers={"Accept-Language": "de"}))

    assert 'value="Bee 2"' in page
    assert re.search(r'value="Biene [12]"', german)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_list_of_animals_is_long_and_without_duplicates(language):
    animals = names.ANIMALS[language]

    assert len(set(animals)) == len(animals) > 50
    assert all(word.isalpha() for word in animals)


def test_a_code_is_read_despite_case_and_look_alikes(app, client):
    room = factories.room()
    with write() as transaction:
        transaction.session.get_one(Challenge, room.id).code = "1B0CDE"

    assert client.get("/join/lbo%20cde").status_code == 200
    assert client.post("/join/ibocde", data=typed()).status_code == 303


def test_the_same_browser_is_the_same_participant(app, client):
    room = factories.room()
    client.post(f"/join/{room.code}", data=typed())

    again = client.get(f"/join/{room.code}")
    posted = client.post(f"/join/{room.code}", data=typed("Another organisation"))

    assert again.location == posted.location == room.path
    assert db.session.query(Participant).filter_by(challenge_id=room.id).count() == 1


def test_a_participant_is_redirected_to_the_result_after_the_close(app, client, browser_of):
    room = factories.room()
    known = browser_of(factories.participant(room))
    factories.close(room)

    assert known.get(f"/join/{room.code}").location == f"{room.path}/result"
    assert client.get(f"/join/{room.code}").status_code == 404


def test_wrong_closed_full_and_draft_codes_get_the_same_answer(app, client):
    closed, full, draft = factories.room(), factories.room(capacity=2), factories.draft()
    factories.close(closed)
    factories.participant(full)
    factories.participant(full)

    answers = [client.get(f"/join/{code}") for code in ("ZZZZZZ", closed.code, full.code, draft.code)]

    assert [a.status_code for a in answers] == [404] * 4
    assert len({main_of(a) for a in answers}) == 1
    assert f'value="{full.code}"' in text_of(answers[2])  # the typed code is kept
    posted = client.post(f"/join/{full.code}", data=typed())
    assert (posted.status_code, main_of(posted)) == (404, main_of(answers[0]))


def test_text_that_cannot_be_a_code_is_shown_again(app, client):
    answer = client.get("/join/%3Cb%3Enope")

    assert answer.status_code == 404
    assert 'value="&lt;b&gt;nope"' in text_of(answer)


def test_a_removed_participant_learns_of_the_removal(app, browser_of):
    room = factories.room()
    somebody = factories.participant(room)
    participants.bar_participant(room.owner, room.id, somebody.id, "spam")

    browser = browser_of(somebody)

    for answer in (browser.get(f"/join/{room.code}"), browser.post(f"/join/{room.code}", data=typed())):
        assert answer.status_code == 403
        assert "removed you" in text_of(answer)


def test_a_taken_name_comes_back_with_a_free_suggestion(app, client):
    room = factories.room()
    factories.participant(room, "Biene 12")

    answer = client.post(f"/join/{room.code}", data=typed("BIENE 12"))

    assert answer.status_code == 409
    assert 'value="BIENE 12"' in text_of(answer)
    assert "already has this name" in text_of(answer)
    assert "This name is free" in text_of(answer)


def test_an_empty_or_overlong_name_comes_back_with_the_reason(app, client):
    room = factories.room()

    assert "Please fill this in" in text_of(client.post(f"/join/{room.code}", data=typed(" ")))
    long = client.post(f"/join/{room.code}", data=typed("Bee" * 20))
    assert long.status_code == 400
    assert "Bee" * 20 in text_of(long)


def test_an_account_holder_joins_with_their_account(app, browser_of):
    room, holder = factories.room(), factories.account("bee@example.org")

    browser = browser_of(holder)
    page = text_of(browser.get(f"/join/{room.code}"))
    browser.post(f"/join/{room.code}", data=typed())

    assert "bee@example.org" in page
    [joined] = db.session.query(Participant).filter_by(challenge_id=room.id)
    assert joined.person_id == holder.person_id


# Guessing codes


def try_wrong(client, times, address="198.51.100.1"):
    return [client.get("/join/ZZZZZZ", environ_base={"REMOTE_ADDR": address}) for _ in range(times)]


def test_an_address_is_limited_to_sixty_wrong_codes_a_minute(app, client):
    room = factories.room()

    answers = try_wrong(client, 61)

    assert [a.status_code for a in answers] == [404] * 60 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    refused = client.get(f"/join/{room.code}", environ_base={"REMOTE_ADDR": "198.51.100.1"})
    assert refused.status_code == 429  # the answer does not distinguish right and wrong codes
    assert client.get(f"/join/{room.code}", environ_base={"REMOTE_ADDR": "198.51.100.2"}).status_code == 200


def test_right_codes_are_not_counted(app, client):
    room = factories.room()

    assert all(client.get(f"/join/{room.code}").status_code == 200 for _ in range(25))


def test_an_ipv6_network_counts_as_one_address(app, client):
    for n in range(60):
        try_wrong(client, 1, f"2001:db8:0:1::{n:x}")

    assert try_wrong(client, 1, "2001:db8:0:1:ffff::1")[0].status_code == 429
    assert try_wrong(client, 1, "2001:db8:0:2::1")[0].status_code == 404


def test_a_participant_is_never_limited(app, browser_of):
    room = factories.room()
    browser = browser_of(factories.participant(room))
    try_wrong(browser, 21, "127.0.0.1")

    assert browser.get(f"/join/{room.code}").status_code == 303


def flood(app: Flask, tries: int):
    """Record so many wrong codes within one minute, from all addresses."""
    with app.test_request_context():
        for limit, name in (
            (join_codes.WRONG_WITHOUT_WORK, "wrong-code-soft"),
            (join_codes.WRONG_AT_ALL, "wrong-code-hard"),
        ):
            for _ in range(tries):
                limits.note(limit, name)


def solved(page):
    puzzle = re.search(r'data-puzzle="([^"]+)"', page).group(1)
    bits = int(re.search(r'data-bits="(\d+)"', page).group(1))
    for counter in itertools.count():
        digest = hashlib.sha256(f"{puzzle}:{counter}".encode()).hexdigest()
        if int(digest, 16) >> (256 - bits) == 0:
            return {"puzzle": puzzle, "counter": str(counter)}
    raise AssertionError


def test_each_try_beyond_a_hundred_wrong_codes_requires_a_new_puzzle(app, client):
    room = factories.room()
    flood(app, 100)

    asked = client.get(f"/join/{room.code}")
    answer = solved(text_of(asked))
    door = client.get(f"/join/{room.code}", query_string=answer)
    again = client.get(f"/join/{room.code}", query_string=answer)

    assert asked.status_code == 429
    assert "One moment" in text_of(asked)
    assert door.status_code == 200
    assert again.status_code == 429
    entry_pass = re.search(r'name="pass" value="([^"]+)"', text_of(door)).group(1)
    assert client.post(f"/join/{room.code}", data=typed()).status_code == 429
    assert client.post(f"/join/{room.code}", data=typed(**{"pass": entry_pass})).status_code == 303


def test_a_solution_must_be_recent_correct_and_for_an_own_puzzle(app, client, monkeypatch):
    room = factories.room()
    flood(app, 100)
    answer = solved(text_of(client.get(f"/join/{room.code}")))

    forged = {"puzzle": "mine", "counter": solved('data-puzzle="mine" data-bits="16"')["counter"]}
    wrong = {**answer, "counter": "1" if answer["counter"] != "1" else "2"}
    assert client.get(f"/join/{room.code}", query_string=forged).status_code == 429
    assert client.get(f"/join/{room.code}", query_string=wrong).status_code == 429
    monkeypatch.setattr(join_codes, "WORK_SECONDS", -1)
    assert client.get(f"/join/{room.code}", query_string=answer).status_code == 429
    monkeypatch.undo()
    assert client.get(f"/join/{room.code}", query_string=answer).status_code == 200


def test_a_pass_is_valid_only_for_its_code(app, client):
    room, other = factories.room(), factories.room()
    page = text_of(client.get(f"/join/{other.code}"))
    foreign = re.search(r'name="pass" value="([^"]+)"', page).group(1)
    flood(app, 100)

    assert client.post(f"/join/{room.code}", data=typed(**{"pass": foreign})).status_code == 429


def test_no_puzzle_is_offered_beyond_six_hundred_wrong_codes(app, client):
    room = factories.room()
    flood(app, 100)
    answer = solved(text_of(client.get(f"/join/{room.code}")))
    flood(app, 600)

    refused = client.get(f"/join/{room.code}", query_string=answer)

    assert refused.status_code == 429
    assert "data-puzzle" not in text_of(refused)


# Joining


def test_a_hall_can_join_from_one_address_up_to_the_rate_limit(app, client):
    room, most = factories.room(), int(limits.JOINING.split()[0])
    with app.test_request_context():
        for _ in range(most - 1):
            limits.note(limits.JOINING, "joining", "127.0.0.1")

    last = client.post(f"/join/{room.code}", data=typed("Bee 1"))
    refused = app.test_client().post(f"/join/{room.code}", data=typed("Bee 2"))
    elsewhere = {"REMOTE_ADDR": "198.51.100.2"}
    far = app.test_client().post(f"/join/{room.code}", data=typed("Bee 3"), environ_base=elsewhere)

    assert most >= 2 * 500
    assert (last.status_code, refused.status_code, far.status_code) == (303, 429, 303)
    assert "from your network" in text_of(refused)
    assert 'value="Bee 2"' in text_of(refused)
    assert client.post(f"/join/{room.code}", data=typed()).status_code == 303  # a participant is not counted


# The return link


def link_on(page):
    return re.search(r'value="http://localhost(/return/[^"]+)"', page).group(1)


def test_the_return_link_makes_another_browser_the_same_participant(app, client, browser_of):
    room = factories.room()
    guest = factories.participant(room, "Igel 4")
    link = link_on(text_of(browser_of(guest).get(f"/challenges/{room.id}/me")))

    page = client.get(link)
    before = client.get(f"/challenges/{room.id}")
    answer = client.post(link)

    assert "Igel 4" in text_of(page)
    assert before.status_code == 404  # following the link changes nothing yet
    assert answer.location == room.path
    assert "Igel 4" in text_of(client.get(f"{room.path}/me"))


def test_the_return_link_warns_a_browser_of_another_person(app, browser_of):
    room = factories.room()
    link = link_on(text_of(browser_of(factories.participant(room)).get(f"/challenges/{room.id}/me")))

    assert "Someone else is using this browser" in text_of(browser_of(factories.participant(room)).get(link))


def test_a_forged_or_outdated_return_link_is_not_found(app, client, browser_of):
    room = factories.room()
    guest = factories.participant(room)
    link = link_on(text_of(browser_of(guest).get(f"/challenges/{room.id}/me")))
    assert client.get(link).status_code == 200

    assert client.get(link + "x").status_code == 404
    assert client.post("/return/nonsense").status_code == 404
    holder = factories.account()
    with write() as transaction:
        transaction.session.get_one(Person, holder.person_id).account_id = None
        transaction.session.flush()
        transaction.session.get_one(Person, guest.actor.person_id).account_id = holder.account_id
    assert client.get(link).status_code == 404
    with write() as transaction:
        person = transaction.session.get_one(Person, guest.actor.person_id)
        person.account_id, person.return_nonce = None, "another"
    assert client.post(link).status_code == 404


def test_an_account_holder_gets_no_return_link(app, browser_of):
    room = factories.room()
    holder = factories.participant(room, actor=factories.account())

    page = text_of(browser_of(holder).get(f"/challenges/{room.id}/me"))

    assert "/return/" not in page
    assert "Sign in there" in page


# The participant's own page


def test_a_participant_changes_their_name(app, browser_of):
    room = factories.room()
    browser = browser_of(factories.participant(room, "Igel 4"))

    answer = browser.post(f"/challenges/{room.id}/me", data=typed("Dachs 3"))

    assert answer.location == f"{room.path}/me"
    assert 'value="Dachs 3"' in text_of(browser.get(answer.location))


def test_a_name_that_is_refused_stays_in_the_field(app, browser_of):
    room = factories.room()
    factories.participant(room, "Dachs 3")
    browser = browser_of(factories.participant(room, "Igel 4"))

    taken = browser.post(f"/challenges/{room.id}/me", data=typed("Dachs 3"))
    empty = browser.post(f"/challenges/{room.id}/me", data=typed(""))

    assert (taken.status_code, empty.status_code) == (409, 400)
    assert 'value="Dachs 3"' in text_of(taken)


def test_only_participants_have_a_page_of_their_own(app, client, browser_of):
    room = factories.listed_room()

    assert client.get(f"{room.path}/me").location == f"/join/{room.code}?next={room.path}/me"
    assert browser_of(room.owner).get(f"{room.path}/me").status_code == 403
    assert client.get("/challenges/999/me").status_code == 404


def test_may_join_agrees_with_joining(app):
    room = factories.room(capacity=2)
    challenge = db.session.get_one(Challenge, room.id)
    assert participants.may_join(db.session(), challenge)

    factories.participant(room)
    factories.participant(room)

    assert not participants.may_join(db.session(), challenge)
    assert not participants.may_join(db.session(), db.session.get_one(Challenge, factories.draft().id))
