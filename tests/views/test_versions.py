"""Forms and acts carry the version that they were made on. A conflict shows both, and keeps what was typed."""

import threading

import pytest

from ideas.database import db
from ideas.models import Challenge, Entry, EntryStatus, Idea
from ideas.services import ideas as idea_services
from ideas.services import moderation
from ideas.services.ideas import IdeaForm
from tests import factories
from tests.factories import op
from tests.views.test_challenges import parse_form


def text(response):
    return response.get_data(as_text=True)


def status_of(idea_id):
    db.session.rollback()
    return db.session.scalars(db.select(Entry.status).filter_by(idea_id=idea_id)).one()


class TestModeration:
    @pytest.fixture
    def pending(self, app):
        room = factories.room(approval=True)
        author = factories.participant(room)
        return room, author, factories.idea(room, author, "Rye bread", "With seeds")

    def edit(self, pending):
        _room, author, idea = pending
        idea_services.edit_idea(author.actor, idea, IdeaForm("An insult", "Other words"))

    @pytest.mark.parametrize("act", ["approval", "hiding", "redaction"])
    def test_an_act_on_words_that_were_changed_meanwhile_is_asked_again_with_both(self, pending, browser_of, act):
        room, _, idea = pending
        moderator = browser_of(room.owner)
        console = text(moderator.get(f"/challenges/{room.id}/console"))
        assert 'name="version" value="1"' in console
        self.edit(pending)

        refused = moderator.post(f"/ideas/{idea}/{act}", data={"version": "1", "words": "My reason"})

        page = text(refused)
        assert refused.status_code == 409
        assert "Rye bread" in page
        assert "An insult" in page
        assert act == "approval" or "My reason" in page
        assert status_of(idea) == EntryStatus.PENDING
        version = parse_form(page)["version"]
        assert version == ["2"]
        sent = moderator.post(f"/ideas/{idea}/{act}", data={"version": "2", "words": "My reason"})
        assert sent.status_code == 302
        assert status_of(idea) == {"approval": EntryStatus.VISIBLE}.get(act, status_of(idea))

    def test_the_question_tells_what_has_changed_since_the_console_was_shown(self, pending, browser_of):
        room, _, idea = pending
        self.edit(pending)

        page = text(browser_of(room.owner).get(f"/ideas/{idea}/hiding?version=1"))

        assert "Rye bread" in page
        assert "An insult" in page
        assert parse_form(page)["version"] == ["2"]

    def test_an_approval_and_an_edit_at_the_same_moment_never_show_unread_words(self, pending, app):
        room, author, idea = pending
        start = threading.Barrier(2)

        def run(act):
            with app.app_context():
                start.wait()
                try:
                    act()
                except Exception as error:  # either may lose
                    lost.append(error)
                db.session.remove()

        lost = []
        threads = [
            threading.Thread(target=run, args=(lambda: moderation.approve_idea(room.owner, idea, seen=1),)),
            threading.Thread(
                target=run, args=(lambda: idea_services.edit_idea(author.actor, idea, IdeaForm("Unread")),)
            ),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        # An edit after the approval waits for a new one; an approval after the edit is refused.
        assert status_of(idea) == EntryStatus.PENDING


class TestNames:
    def test_two_new_names_for_one_person_do_not_overwrite_each_other(self, app, browser_of):
        room = factories.room()
        guest = factories.participant(room, "Otter")
        moderator = browser_of(room.owner)
        address = f"/challenges/{room.id}/participants/{guest.id}/name"
        assert parse_form(text(moderator.get(address)))["was"] == ["Otter"]
        browser_of(guest).post(f"/challenges/{room.id}/me", data={"name": "Badger"})

        refused = moderator.post(address, data={"name": "Heron", "was": "Otter"})

        page = text(refused)
        assert refused.status_code == 409
        assert "Badger" in page
        assert parse_form(page)["name"] == ["Heron"]
        assert parse_form(page)["was"] == ["Badger"]
        assert moderator.post(address, data={"name": "Heron", "was": "Badger"}).status_code == 302


class TestOwnIdea:
    def test_an_edit_on_two_devices_shows_both_and_saves_the_second_on_request(self, app, browser_of):
        room = factories.room()
        author = factories.participant(room)
        idea = factories.idea(room, author, "Rye bread", "With seeds")
        phone, laptop = browser_of(author), browser_of(author)
        form = parse_form(text(phone.get(f"/ideas/{idea}/edit")))
        assert form["version"] == ["1"]
        laptop.post(f"/ideas/{idea}/edit", data={"title": "Spelt bread", "text": "Soft", "version": "1"})

        refused = phone.post(f"/ideas/{idea}/edit", data={"title": "Oat bread", "text": "Crusty", "version": "1"})

        page = text(refused)
        assert refused.status_code == 409
        assert "Spelt bread" in page
        assert "Oat bread" in page
        assert title_of(idea) == "Spelt bread"
        again = parse_form(page)
        assert again["version"] == ["2"]
        mine = {"title": "Oat bread", "text": "Crusty", "version": "2"}
        assert phone.post(f"/ideas/{idea}/edit", data=mine).status_code == 303
        assert title_of(idea) == "Oat bread"

    def test_another_mistake_keeps_the_version_that_the_edit_began_with(self, app, browser_of):
        room = factories.room()
        author = factories.participant(room)
        idea = factories.idea(room, author, "Rye bread")
        browser = browser_of(author)
        browser.post(f"/ideas/{idea}/edit", data={"title": "Spelt bread", "version": "1"})

        refused = browser.post(f"/ideas/{idea}/edit", data={"title": " ", "version": "1"})

        assert refused.status_code == 400
        assert parse_form(text(refused))["version"] == ["1"]


class TestChallenge:
    @pytest.mark.parametrize("is_published", [False, True])
    def test_the_edits_of_two_colleagues_do_not_overwrite_each_other(self, browser_of, is_published):
        company = factories.company()
        room = factories.room(company) if is_published else factories.draft(company)
        lea, tom = browser_of(company.owner), browser_of(factories.member(company.id, company.owner))
        address = f"/challenges/{room.id}/edit"
        of_lea, of_tom = (parse_form(text(browser.get(address))) for browser in (lea, tom))
        assert of_lea["version"] == of_tom["version"]

        tom.post(address, data={**of_tom, "title": "The words of Tom", "op": op()})
        refused = lea.post(address, data={**of_lea, "brief": "The words of Lea", "op": op()})

        page = text(refused)
        assert refused.status_code == 409
        assert "The words of Tom" in page
        assert "The words of Lea" in page
        assert db.session.get_one(Challenge, room.id).title == "The words of Tom"
        again = parse_form(page)
        assert again["version"] != of_lea["version"]
        assert lea.post(address, data={**again, "brief": "The words of Lea", "op": op()}).status_code == 302
        db.session.rollback()
        assert db.session.get_one(Challenge, room.id).brief == "The words of Lea"

    def test_the_own_second_edit_is_no_conflict(self, browser_of):
        room = factories.room()
        owner, address = browser_of(room.owner), f"/challenges/{room.id}/edit"
        for brief in ("First", "Second"):
            form = parse_form(text(owner.get(address)))
            assert owner.post(address, data={**form, "brief": brief, "op": op()}).status_code == 302


class TestPhases:
    def test_the_plans_of_two_colleagues_do_not_overwrite_each_other(self, browser_of):
        company = factories.company()
        room = factories.room(company, phases=factories.STEPS)
        lea, tom = browser_of(company.owner), browser_of(factories.member(company.id, company.owner))
        address = f"/challenges/{room.id}/phases"
        of_lea, of_tom = (parse_form(text(browser.get(address))) for browser in (lea, tom))

        assert tom.post(address, data={**of_tom, "phase-0-name": "Talk of Tom", "op": op()}).status_code == 302
        refused = lea.post(address, data={**of_lea, "phase-0-name": "Talk of Lea", "op": op()})

        page = text(refused)
        assert refused.status_code == 409
        assert "Talk of Tom" in page
        assert "Talk of Lea" in page
        assert room.round.phases[1].name == "Talk of Tom"
        assert lea.post(address, data={**parse_form(page), "op": op()}).status_code == 302
        db.session.rollback()
        assert room.round.phases[1].name == "Talk of Lea"

    def test_a_round_that_goes_on_is_no_conflict(self, browser_of):
        room = factories.room(phases=factories.STEPS)
        owner, address = browser_of(room.owner), f"/challenges/{room.id}/phases"
        form = parse_form(text(owner.get(address)))

        factories.step(room, "debate")

        assert owner.post(address, data={**form, "op": op()}).status_code == 302


def title_of(idea_id):
    db.session.rollback()
    return db.session.get_one(Idea, idea_id).versions[-1].title
