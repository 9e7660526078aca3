"""Joining, the return link, and a participant's own page."""

import re

import pytest
from flask import Flask

from app.platform import limits, puzzles
from app.viewers import join_codes, names
from ideas.database import db, write
from ideas.models import Anonymity, Challenge, Participant, Person, ResultShare
from ideas.services import participants, sharing
from tests import factories
from tests.puzzles import solved


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
    assert client.get(f"/join/{room.code}").status_code == 409


def test_wrong_codes_and_those_of_drafts_get_the_same_answer(app, client):
    draft = factories.draft()

    answers = [client.get(f"/join/{code}") for code in ("ZZZZZZ", draft.code)]

    assert [a.status_code for a in answers] == [404] * 2
    assert len({main_of(a) for a in answers}) == 1
    assert f'value="{draft.code}"' in text_of(answers[1])  # the typed code is kept


def test_the_right_code_of_a_full_room_says_full(app, client):
    full = factories.room(capacity=2)
    factories.participant(full)
    factories.participant(full)

    for answer in (client.get(f"/join/{full.code}"), client.post(f"/join/{full.code}", data=typed())):
        assert answer.status_code == 409
        assert "<h1>The room is full</h1>" in text_of(answer)


def test_the_right_code_of_a_closed_round_says_closed_and_leads_to_a_public_result(app, client):
    room = factories.room()
    factories.close(room)
    closed = text_of(client.get(f"/join/{room.code}"))
    sharing.share_result(room.owner, room.id, ResultShare.PUBLIC, "off")

    public = text_of(client.get(f"/join/{room.code}"))

    assert "<h1>The round is closed</h1>" in closed
    assert "See the result" not in closed
    assert f'href="{room.path}/result"' in public


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


def strangers(app, times, address="198.51.100.1"):
    """Try so many wrong codes, each with a browser that keeps no cookie."""
    return [try_wrong(app.test_client(use_cookies=False), 1, address)[0] for _ in range(times)]


def flood(app: Flask, tries: int):
    """Record so many wrong codes within one minute, from all addresses."""
    with app.test_request_context():
        for _ in range(tries):
            limits.note(join_codes.WRONG, "wrong-code", "all")


def at(address):
    return {"environ_base": {"REMOTE_ADDR": address}}


def test_wrong_codes_cost_the_browser_work_that_errs_first(app, client):
    room = factories.room()

    answers = try_wrong(client, 7)

    assert [a.status_code for a in answers] == [404] * 6 + [429]  # the first brings the cookie
    assert client.get(f"/join/{room.code}", **at("198.51.100.1")).status_code == 429
    assert app.test_client().get(f"/join/{room.code}", **at("198.51.100.1")).status_code == 200


def test_wrong_codes_of_many_browsers_cost_their_address_work_and_no_refusal(app, client):
    room = factories.room()

    answers = strangers(app, 61)
    asked = client.get(f"/join/{room.code}", **at("198.51.100.1"))

    assert [a.status_code for a in answers] == [404] * 60 + [429]
    assert asked.status_code == 429  # the answer does not distinguish right and wrong codes
    assert (
        client.get(f"/join/{room.code}", query_string=solved(text_of(asked)), **at("198.51.100.1")).status_code == 200
    )
    assert client.get(f"/join/{room.code}", **at("198.51.100.2")).status_code == 200


def test_the_right_link_and_qr_code_open_without_work_behind_a_guesser(app, client, browser_of):
    room = factories.room(title="Our bread")
    page = text_of(browser_of(room.owner).get(f"{room.path}/share"))
    links = re.findall(r"http://localhost(/(?:join|challenges)/[^\"<]*key=[a-z2-7]{10})", page.replace("&amp;", "&"))
    strangers(app, 61)

    assert len({*links}) == 2
    for link in {*links}:
        browser = app.test_client()
        browser.follows_numbers = False
        door = browser.get(link, follow_redirects=True, **at("198.51.100.1"))
        assert (door.status_code, "Our bread" in text_of(door)) == (200, True)
        key = re.search(r'name="key" value="([^"]+)"', text_of(door))[1]
        joined = browser.post(f"/join/{room.code}", data=typed(f"Bee {len(link)}", key=key), **at("198.51.100.1"))
        assert joined.status_code == 303
    pasted = client.post("/join", data={"code": f"http://localhost{links[0]}"})
    assert client.get(pasted.location, **at("198.51.100.1")).status_code == 200


def test_a_key_is_valid_only_for_its_code(app, client):
    room, other = factories.room(), factories.room()
    foreign = re.search(r'name="key" value="([^"]+)"', text_of(client.get(f"/join/{other.code}")))[1]
    flood(app, 100)

    assert client.get(f"/join/{room.code}?key={foreign}").status_code == 429
    assert client.post(f"/join/{room.code}", data=typed(key=foreign)).status_code == 429
    assert client.post(f"/join/{other.code}", data=typed(key=foreign)).status_code == 303


def test_right_codes_are_not_counted(app, client):
    room = factories.room()

    assert all(client.get(f"/join/{room.code}").status_code == 200 for _ in range(25))


def test_an_ipv6_network_counts_as_one_address(app):
    for n in range(60):
        strangers(app, 1, f"2001:db8:0:1::{n:x}")

    assert strangers(app, 1, "2001:db8:0:1:ffff::1")[0].status_code == 429
    assert strangers(app, 1, "2001:db8:0:2::1")[0].status_code == 404


def test_a_participant_never_solves_a_puzzle(app, browser_of):
    room = factories.room()
    browser = browser_of(factories.participant(room))
    try_wrong(browser, 21, "127.0.0.1")

    assert browser.get(f"/join/{room.code}").status_code == 303


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


def test_the_work_grows_with_the_wrong_codes_and_has_a_limit(app, client):
    room = factories.room()
    bits = []
    for tries in (100, 100, 200, 4600):
        flood(app, tries)
        bits.append(int(re.search(r'data-bits="(\d+)"', text_of(client.get(f"/join/{room.code}")))[1]))

    assert bits == [16, 17, 18, 21]
    assert puzzles.bits_after(10**9, 1) == puzzles.BITS_MOST


def test_a_solution_must_be_recent_correct_and_for_an_own_puzzle(app, client, monkeypatch):
    room = factories.room()
    flood(app, 100)
    answer = solved(text_of(client.get(f"/join/{room.code}")))

    forged = {"puzzle": "mine", "counter": solved('data-puzzle="mine" data-bits="16"')["counter"]}
    wrong = {**answer, "counter": "1" if answer["counter"] != "1" else "2"}
    assert client.get(f"/join/{room.code}", query_string=forged).status_code == 429
    assert client.get(f"/join/{room.code}", query_string=wrong).status_code == 429
    assert client.get(f"/join/{room.code}", query_string=answer, **at("198.51.100.9")).status_code == 429
    monkeypatch.setattr(puzzles, "SECONDS", -1)
    assert client.get(f"/join/{room.code}", query_string=answer).status_code == 429
    monkeypatch.undo()
    assert client.get(f"/join/{room.code}", query_string=answer).status_code == 200


# Joining


def crowd(app: Flask, people: int, address="127.0.0.1"):
    """Record so many people who joined from one address within one minute."""
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        for _ in range(people):
            limits.note(join_codes.JOINS, "joining", address)


def test_a_loop_that_joins_solves_puzzles_that_grow_and_others_do_not(app):
    room = factories.room()
    crowd(app, join_codes.FREE_JOINS)
    loop = app.test_client()

    refused = loop.post(f"/join/{room.code}", data=typed("Bee 1"))
    joined = loop.post(f"/join/{room.code}", data=typed("Bee 1", **solved(text_of(refused))))
    elsewhere = app.test_client().post(f"/join/{room.code}", data=typed("Bee 2"), **at("198.51.100.2"))

    assert (refused.status_code, joined.status_code, elsewhere.status_code) == (429, 303, 303)
    assert "from your network" in text_of(refused)
    assert 'value="Bee 1"' in text_of(refused)  # the form is complete: the browser sends it again by itself
    assert "data-sends" in text_of(refused)
    assert loop.post(f"/join/{room.code}", data=typed()).status_code == 303  # a participant is not counted
    crowd(app, join_codes.FREE_JOINS * 3)
    assert 'data-bits="20"' in text_of(app.test_client().get(f"/join/{room.code}"))


def test_a_hall_of_five_hundred_behind_one_address_joins_with_work_that_a_phone_does(app):
    room = factories.room()
    crowd(app, 499)

    door = text_of(app.test_client().get(f"/join/{room.code}"))

    assert int(re.search(r'data-bits="(\d+)"', door)[1]) <= 20
    assert "data-sends" not in door  # the browser works while a name is typed


def test_a_device_that_is_handed_over_again_and_again_solves_puzzles_too(app, browser_of):
    room = factories.room()
    browser = browser_of(factories.participant(room))
    crowd(app, join_codes.FREE_JOINS)

    refused = browser.post(f"/challenges/{room.id}/handover", data=typed("Bee 7"))
    handed = browser.post(f"/challenges/{room.id}/handover", data=typed("Bee 7", **solved(text_of(refused))))

    assert (refused.status_code, handed.status_code) == (429, 303)
    assert 'value="Bee 7"' in text_of(refused)


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

    assert (
        client.get(f"{room.path}/me").location
        == f"/join/{room.code}?key={join_codes.key_of(room.code)}&next={room.path}/me"
    )
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
