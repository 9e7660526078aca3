"""Repeated posts: joining, drafting, founding, inviting, handing over. Each takes effect once."""

import re
import threading

import pytest

from app.platform import commands
from ideas import clock, operations
from ideas.database import db
from ideas.models import Challenge, Invitation, Operation, Organisation, Participant, Person
from tests import factories
from tests.factories import op
from tests.views.test_challenges import FORM

OWN = {"Origin": "http://localhost", "Referer": "http://localhost/join/x"}


@pytest.fixture
def room(app):
    return factories.room()


def count(kind, **of):
    db.session.rollback()
    return db.session.query(kind).filter_by(**of).count()


def text(response):
    return response.get_data(as_text=True)


def cookies_of(browser):
    return browser.get_cookie("schwarm")


def without_answer(browser, *arguments, **more):
    """Send a post whose answer, and so its cookie, gets lost on the way."""
    before = browser.get_cookie("schwarm")
    answer = browser.post(*arguments, **more)
    browser.delete_cookie("schwarm")
    if before:
        browser.set_cookie("schwarm", before.value)
    return answer


class TestJoining:
    def test_joining_twice_on_a_slow_line_makes_one_participant(self, room, client):
        client.get(f"/join/{room.code}")
        fields = {"name": "Otter 7", "op": op()}

        without_answer(client, f"/join/{room.code}", data=fields)
        again = client.post(f"/join/{room.code}", data=fields)

        assert again.status_code == 303
        assert again.location == room.path
        assert count(Participant, challenge_id=room.id) == 1
        assert "Otter 7" in text(client.get(f"/challenges/{room.id}/me"))

    def test_two_joins_at_the_same_moment_make_one_participant(self, room, app):
        first = app.test_client()
        first.get(f"/join/{room.code}")
        cookie, answers = first.get_cookie("schwarm"), []
        fields = {"name": "Otter 7", "op": op()}
        start = threading.Barrier(2)

        def join():
            browser = app.test_client()
            browser.set_cookie("schwarm", cookie.value)
            start.wait()
            response = browser.post(f"/join/{room.code}", data=dict(fields))
            answers.append((response.status_code, browser.get(f"/challenges/{room.id}/me").status_code))

        threads = [threading.Thread(target=join) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert answers == [(303, 200), (303, 200)]
        assert count(Participant, challenge_id=room.id) == 1

    def test_without_a_cookie_the_number_alone_is_enough_for_ten_minutes(self, room, app, monkeypatch):
        fields = {"name": "Otter 7", "op": op()}
        app.test_client().post(f"/join/{room.code}", data=fields)

        other = app.test_client()
        assert other.post(f"/join/{room.code}", data=fields).status_code == 303
        assert "Otter 7" in text(other.get(f"/challenges/{room.id}/me"))

        later = clock.now() + operations.FRESH
        monkeypatch.setattr(clock, "now", lambda: later)
        late = app.test_client().post(f"/join/{room.code}", data=fields)
        assert late.status_code == 409  # the name is taken, as for anybody
        assert count(Participant, challenge_id=room.id) == 1

    def test_the_number_with_another_name_is_refused_and_the_name_kept(self, room, client):
        client.get(f"/join/{room.code}")
        number = op()
        without_answer(client, f"/join/{room.code}", data={"name": "Otter 7", "op": number})

        refused = client.post(f"/join/{room.code}", data={"name": "Badger 8", "op": number}, headers=OWN)

        assert refused.status_code == 409
        page = text(refused)
        assert "Badger 8" in page
        assert number not in page  # the button sends a new command
        assert count(Participant, challenge_id=room.id) == 1

    def test_a_repeated_join_does_not_bring_back_a_person_who_handed_the_device_over(self, room, client):
        client.get(f"/join/{room.code}")
        fields = {"name": "Otter 7", "op": op()}
        client.post(f"/join/{room.code}", data=fields)
        client.post(f"/challenges/{room.id}/handover", data={"name": "Badger 8"})

        client.post(f"/join/{room.code}", data=fields)

        assert "Badger 8" in text(client.get(f"/challenges/{room.id}/me"))

    def test_a_refused_name_may_be_sent_again_under_its_number(self, room, client):
        number = op()

        assert client.post(f"/join/{room.code}", data={"name": " ", "op": number}).status_code == 400
        assert client.post(f"/join/{room.code}", data={"name": "Otter 7", "op": number}).status_code == 303


class TestHandingOver:
    def test_a_repeated_hand_over_makes_one_person_and_keeps_the_way_back(self, room, browser_of):
        author = factories.participant(room, "First")
        browser = browser_of(author)
        browser.get(f"/challenges/{room.id}/handover")
        fields = {"name": "Second", "op": op()}

        without_answer(browser, f"/challenges/{room.id}/handover", data=fields)
        again = browser.post(f"/challenges/{room.id}/handover", data=fields)

        assert again.status_code == 303
        assert count(Participant, challenge_id=room.id) == 2
        assert "Second" in text(browser.get(f"/challenges/{room.id}/me"))
        assert "First" in text(browser.get(f"/challenges/{room.id}/handover"))


class TestCompanies:
    def test_saving_a_draft_twice_makes_one_challenge(self, browser_of):
        company = factories.company()
        owner, fields = browser_of(company.owner), {**FORM, "op": op()}
        address = f"/organisations/{company.id}/challenges/new"

        first = owner.post(address, data=fields)
        again = owner.post(address, data=fields)

        assert again.location == first.location
        assert count(Challenge, organisation_id=company.id) == 1

    def test_founding_twice_makes_one_organisation(self, browser_of):
        founder, fields = browser_of(factories.account()), {"name": "Mill", "op": op()}

        assert founder.post("/organisations/new", data=fields).location == (
            founder.post("/organisations/new", data=fields).location
        )
        assert count(Organisation) == 1

    def test_inviting_twice_makes_one_invitation_and_shows_it(self, browser_of):
        company = factories.company()
        owner, fields = browser_of(company.owner), {"role": "moderator", "op": op()}
        page, address = f"/organisations/{company.id}", f"/organisations/{company.id}/invitations"

        owner.post(address, data=fields)
        first = re.search(r"/invitations/([\w-]{20,})", text(owner.get(page)))[1]
        owner.post(address, data=fields)
        again = re.search(r"/invitations/([\w-]{20,})", text(owner.get(page)))[1]

        assert first == again
        assert count(Invitation) == 1

    def test_signing_up_twice_makes_one_account_and_signs_in(self, client):
        client.get("/sign-up")
        fields = {"email": "lea@example.org", "password": "long enough password", "op": op()}

        without_answer(client, "/sign-up", data=fields)
        again = client.post("/sign-up", data=fields)

        assert again.status_code == 303
        assert client.get("/account").status_code == 200
        assert count(Person) == 1

    def test_a_message_is_said_again_to_the_one_who_missed_it(self, browser_of):
        company = factories.company()
        owner, fields = browser_of(company.owner), {"name": "Bakery", "op": op()}
        without_answer(owner, f"/organisations/{company.id}", data=fields)

        assert "The new name is saved." in text(
            owner.post(f"/organisations/{company.id}", data=fields, follow_redirects=True)
        )


class TestOwners:
    def test_the_owner_is_the_participant_else_the_account_else_the_browser(self, room, app, browser_of):
        author = factories.participant(room)

        browser_of(author).post(f"/challenges/{room.id}/me", data={"name": "New"})
        browser_of(room.owner).post("/organisations/new", data={"name": "Mill"})
        app.test_client().post(f"/join/{room.code}", data={"name": "Otter 7"})

        owners = sorted(db.session.scalars(db.select(Operation.owner)))
        assert owners[0] == f"account-{room.owner.account_id}"
        assert re.fullmatch(r"browser-[0-9a-f]{32}", owners[1])
        assert owners[2] == f"participant-{author.id}"

    def test_the_same_number_of_two_people_is_two_commands(self, room, browser_of):
        number = op()
        for name in ("Otter", "Badger"):
            browser = browser_of(factories.participant(room))
            assert browser.post(f"/challenges/{room.id}/me", data={"name": name, "op": number}).status_code == 303

        assert set(db.session.scalars(db.select(Participant.name))) >= {"Otter", "Badger"}

    def test_the_digest_tells_nothing_without_the_key_of_the_server(self, room, client):
        client.post(f"/join/{room.code}", data={"name": "Otter 7"})

        stored = db.session.scalars(db.select(Operation)).one()
        assert re.fullmatch(r"[0-9a-f]{32}", stored.digest)
        assert "Otter" not in str(stored.answer)


class TestPruning:
    def test_old_operations_are_forgotten_and_younger_ones_kept(self, room, app, monkeypatch):
        app.test_client().post(f"/join/{room.code}", data={"name": "Old"})
        soon = clock.now() + operations.KEPT
        monkeypatch.setattr(clock, "now", lambda: soon)
        app.test_client().post(f"/join/{room.code}", data={"name": "Young"})
        monkeypatch.undo()

        [loop] = [loop for loop in app.extensions["schwarm-loops"] if loop.name == "commands"]
        assert count(Operation) == 2
        moment = clock.now() + operations.KEPT
        monkeypatch.setattr(clock, "now", lambda: moment)
        assert loop.run() == 1
        assert count(Operation) == 1

    def test_without_the_claim_a_repeated_draft_makes_two(self, browser_of, monkeypatch):
        """Show that the tests above could fail."""
        monkeypatch.setattr(operations, "begin", lambda _command: None)
        company = factories.company()
        owner, fields = browser_of(company.owner), {**FORM, "op": op()}
        for _ in range(2):
            owner.post(f"/organisations/{company.id}/challenges/new", data=fields)

        assert count(Challenge, organisation_id=company.id) == 2


def test_a_page_from_before_an_update_keeps_the_text(room, browser_of):
    browser = browser_of(factories.participant(room))
    browser.numbers = False

    page = browser.post(f"/challenges/{room.id}/me", data={"name": "Otter 7"}, headers=OWN)

    assert page.status_code == 400
    assert "Otter 7" in text(page)
    number = re.search(r'id="kept".*?name="op" value="([^"]+)"', text(page), re.DOTALL)[1]
    sent = browser.post(f"/challenges/{room.id}/me", data={"name": "Otter 7", "op": number})
    assert sent.status_code == 303
    assert commands.new_number() != number
