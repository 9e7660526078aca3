"""The moderation queue: one text large, its acts by plain forms and by a script, and who looks at what."""

import re

import pytest

from app.platform.looks import looks
from ideas.database import db
from ideas.models import Act, Anonymity, Entry, EntryStatus, FlagKind, Organisation
from ideas.queries.queue import queue_of
from ideas.services import facilitations, flags, ideas, moderation, participants, queue
from ideas.services.flags import FlagForm
from ideas.services.ideas import IdeaForm
from ideas.services.queue import ChosenText
from tests import factories
from tests.views.test_statements import Statements

SCRIPT = {"Accept": "text/html"}


@pytest.fixture
def room(app):
    return factories.room(approval=True)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def pending(room, author):
    return [factories.idea(room, author, title) for title in ("Alpha", "Beta", "Gamma")]


@pytest.fixture
def moderator(room, browser_of):
    """The browser of a facilitator. Nobody looks at anything yet: the application of all tests remembers who did."""
    for people in looks().looks(room.id).values():
        for person in people:
            looks().look(room.id, person, "")
    return browser_of(room.owner)


def opened(page: str) -> str:
    """The title of the open text; "" if none is open."""
    found = re.search(r'id="open-title"[^>]*><span[^>]*>([^<]*)<', page)
    return found[1] if found else ""


def rows(page: str) -> list[str]:
    return re.findall(r'id="row-([a-z]+-\d+)"', page)


def post(browser, address, *, script=False, **fields):
    token = re.search(r'name="csrf" content="([^"]+)"', browser.get("/").text)[1]
    headers = {"X-CSRFToken": token} if script else {}
    fields |= {} if script else {"csrf_token": token}
    return browser.post(address, data={"op": factories.op(), **fields}, headers=headers)


def status(idea_id: int) -> EntryStatus:
    db.session.rollback()
    return db.session.scalars(db.select(Entry).filter_by(idea_id=idea_id)).one().status


def latest_act(room) -> int:
    db.session.rollback()
    return db.session.scalar(db.select(db.func.max(Act.seq)).filter_by(chain_id=room.chain_id))


class TestPage:
    def test_the_oldest_text_is_open_and_all_stand_in_the_list(self, room, pending, author, moderator):
        page = moderator.get(f"{room.path}/queue").text

        assert opened(page) == "Alpha"
        assert rows(page) == [f"idea-{idea}" for idea in pending]
        assert author.name in page
        assert "1 of 3" in page

    def test_next_and_back_go_around(self, room, pending, moderator):
        address = f"{room.path}/queue"

        assert opened(moderator.get(f"{address}?after=idea-{pending[0]}").text) == "Beta"
        assert opened(moderator.get(f"{address}?after=idea-{pending[2]}").text) == "Alpha"
        assert opened(moderator.get(f"{address}?before=idea-{pending[0]}").text) == "Gamma"
        assert opened(moderator.get(f"{address}?item=idea-{pending[1]}").text) == "Beta"

    def test_next_after_a_text_that_is_gone_is_the_one_behind_it(self, room, pending, moderator):
        place = queue_of(db.session(), room.round)[1].place
        moderation.approve_idea(room.owner, pending[1])

        assert opened(moderator.get(f"{room.path}/queue?after=idea-{pending[1]}&place={place}").text) == "Gamma"

    def test_nothing_waits(self, room, moderator):
        page = moderator.get(f"{room.path}/queue").text

        assert "Nothing waits" in page
        assert opened(page) == ""

    @pytest.mark.parametrize(
        "query",
        [
            "item=idea-0",
            "item=x",
            "after=idea-x",
            "before=",
            "after=idea-1&place=1.x.idea.1",
            f"of=idea-{9**30}",
            "done=x",
        ],
    )
    def test_a_mistyped_address_shows_the_queue(self, room, pending, moderator, query):
        assert moderator.get(f"{room.path}/queue?{query}").status_code == 200

    def test_hidden_authors_are_named_nowhere_and_neither_is_the_time(self, app, browser_of):
        room = factories.room(approval=True, anonymity=Anonymity.FOR_GOOD)
        author = factories.participant(room)
        factories.idea(room, author, "Alpha")
        page = browser_of(room.owner).get(f"{room.path}/queue").text

        assert opened(page) == "Alpha"
        assert author.name not in page
        assert "<time" not in page.partition('id="queue-item"')[2]

    def test_words_with_markup_stay_words(self, room, author, moderator):
        factories.idea(room, author, "<b>Bold</b>", "<script>alert(1)</script>")

        page = moderator.get(f"{room.path}/queue").text

        assert "<b>Bold" not in page
        assert "<script>alert" not in page

    @pytest.mark.parametrize("many", [2, 200])
    def test_it_costs_few_statements_and_shows_a_part_of_many(self, room, author, moderator, many):
        factories.many_pending(room, author, many)
        address = f"{room.path}/queue"
        moderator.get(address)

        with Statements() as statements:
            page = moderator.get(address).text

        assert len(statements.all) <= 20, statements.all
        assert len(rows(page)) == min(many, 50)
        assert f"1 of {many:,}" in page


class TestActs:
    def test_approving_leads_to_the_next_text_and_offers_an_undo(self, room, pending, moderator):
        answer = post(moderator, f"/challenges/{room.id}/queue/approvals", item=f"idea-{pending[0]}.1")

        assert answer.status_code == 303
        page = moderator.get(answer.location).text
        assert (opened(page), status(pending[0])) == ("Beta", EntryStatus.VISIBLE)
        assert "Approved." in page
        assert f"/acts/{latest_act(room)}/undo" in page

    def test_a_script_gets_the_next_text_as_the_answer(self, room, pending, moderator):
        place = queue_of(db.session(), room.round)[1].place
        address = f"/challenges/{room.id}/queue/approvals"

        answer = post(moderator, address, script=True, item=f"idea-{pending[1]}.1", place=place)

        assert answer.status_code == 200
        assert opened(answer.text) == "Gamma"
        assert f'data-open="idea-{pending[2]}"' in answer.text

    def test_rejecting_takes_a_suggestion_or_own_words(self, room, pending, moderator):
        address = f"/challenges/{room.id}/queue/rejections"

        post(moderator, address, item=f"idea-{pending[0]}.1", suggestion="Advertising")
        post(moderator, address, item=f"idea-{pending[1]}.1", suggestion="Advertising", words="Twice")

        reasons = db.session.scalars(db.select(Act.reason).filter_by(kind="hide").order_by(Act.seq)).all()
        assert reasons == ["Advertising", "Twice"]

    def test_without_a_reason_the_form_comes_back(self, room, pending, moderator):
        answer = post(moderator, f"/challenges/{room.id}/queue/rejections", script=True, item=f"idea-{pending[0]}.1")

        assert answer.status_code == 400
        assert opened(answer.text) == "Alpha"
        assert "Please choose a reason, or write one." in answer.text
        assert re.search(r'<details class="triage__more triage__reject"[^>]* open>', answer.text)

    def test_an_undo_opens_the_text_again(self, room, pending, moderator):
        post(moderator, f"/challenges/{room.id}/queue/approvals", item=f"idea-{pending[0]}.1")

        answer = post(moderator, f"/challenges/{room.id}/acts/{latest_act(room)}/undo", script=True, back="queue")

        assert (opened(answer.text), status(pending[0])) == ("Alpha", EntryStatus.PENDING)

    def test_an_undo_after_somebody_else_decided_says_so(self, room, pending, moderator):
        post(moderator, f"/challenges/{room.id}/queue/approvals", item=f"idea-{pending[0]}.1")
        seq = latest_act(room)
        moderation.hide_idea(room.owner, pending[0], "Advertising")

        answer = post(moderator, f"/challenges/{room.id}/acts/{seq}/undo", script=True, back="queue")

        assert answer.status_code == 409
        assert "it was changed since" in answer.text

    def test_what_another_moderator_decided_stands_on_the_open_text(self, room, pending, moderator, browser_of):
        colleague = factories.member(room.organisation_id, room.owner)
        queue.approve_texts(colleague, room.id, [ChosenText(f"idea-{pending[0]}", 1)])

        answer = post(moderator, f"/challenges/{room.id}/queue/approvals", script=True, item=f"idea-{pending[0]}.1")

        assert answer.status_code == 409
        assert re.search(r"Approved by \S+@", answer.text)

    def test_new_words_of_the_author_are_read_before_they_are_decided(self, room, pending, author, moderator):
        ideas.edit_idea(author.actor, pending[0], IdeaForm("Alpha, better"))

        answer = post(
            moderator,
            f"/challenges/{room.id}/queue/rejections",
            script=True,
            item=f"idea-{pending[0]}.1",
            words="Too short",
        )

        assert answer.status_code == 409
        assert opened(answer.text) == "Alpha, better"
        assert 'value="Too short"' in answer.text
        assert f'value="idea-{pending[0]}.2.0"' in answer.text

    def test_many_are_decided_at_once(self, room, pending, moderator):
        answer = post(
            moderator, f"/challenges/{room.id}/queue/approvals", item=[f"idea-{idea}.1" for idea in pending], list="1"
        )

        page = moderator.get(answer.location).text
        assert [status(idea) for idea in pending] == [EntryStatus.VISIBLE] * 3
        assert "3 approved." in page
        post(moderator, f"/challenges/{room.id}/acts/{latest_act(room)}/undo")
        assert [status(idea) for idea in pending] == [EntryStatus.PENDING] * 3

    def test_all_texts_of_an_author_are_chosen(self, room, pending, moderator):
        other = factories.idea(room, factories.participant(room), "Of somebody else")

        page = moderator.get(f"{room.path}/queue?of=idea-{pending[1]}").text

        assert rows(page) == [f"idea-{idea}" for idea in pending]
        assert len(re.findall(r'name="item" value="[^"]+" checked', page)) == 3
        assert f"idea-{other}" not in rows(page)

    def test_a_correction_stays_at_the_text(self, room, pending, moderator):
        answer = post(moderator, f"/ideas/{pending[0]}/correction", script=True, title="Alfa", text="", version="1")

        assert (answer.status_code, opened(answer.text)) == (200, "Alfa")
        assert "The author’s version is kept." in answer.text

    def test_a_correction_of_words_that_changed_keeps_what_was_typed(self, room, pending, author, moderator):
        ideas.edit_idea(author.actor, pending[0], IdeaForm("Alpha, better"))

        answer = post(moderator, f"/ideas/{pending[0]}/correction", script=True, title="Alfa", text="", version="1")

        assert answer.status_code == 409
        assert 'value="Alfa"' in answer.text
        assert "The author has changed these words" in answer.text

    def test_reasons_are_kept_for_the_organisation(self, room, pending, moderator):
        post(moderator, f"/challenges/{room.id}/queue/reasons", reasons="Too long\nNot ours", was="")

        page = moderator.get(f"{room.path}/queue").text

        assert re.findall(r'name="suggestion" value="([^"]+)" data-key', page) == ["Too long", "Not ours"]
        assert db.session.get_one(Organisation, room.organisation_id).reasons == ""
        stale = post(moderator, f"/challenges/{room.id}/queue/reasons", reasons="Mine", was="")
        assert stale.status_code == 409


class TestLooks:
    def test_the_next_text_is_one_that_nobody_else_looks_at(self, room, pending, moderator, browser_of):
        colleague = factories.member(room.organisation_id, room.owner)
        browser_of(colleague).get(f"{room.path}/queue")

        page = moderator.get(f"{room.path}/queue").text

        assert opened(page) == "Beta"
        assert page.count("is looking at it") == 1
        assert sorted(looks().looks(room.id)) == [f"idea-{pending[0]}", f"idea-{pending[1]}"]

    def test_a_look_informs_and_never_blocks(self, room, pending, moderator, browser_of):
        browser_of(factories.member(room.organisation_id, room.owner)).get(f"{room.path}/queue")

        page = moderator.get(f"{room.path}/queue?item=idea-{pending[0]}").text

        assert opened(page) == "Alpha"
        assert "is looking at it" in page.partition('id="queue-item"')[2]
        post(moderator, f"/challenges/{room.id}/queue/approvals", item=f"idea-{pending[0]}.1")
        assert status(pending[0]) == EntryStatus.VISIBLE

    def test_parts_that_are_renewed_are_no_look(self, room, pending, moderator):
        moderator.get(f"{room.path}/queue/parts?only=queue-list")

        assert looks().looks(room.id) == {}

    def test_the_address_of_a_member_is_for_members(self, room, pending, moderator, browser_of):
        moderator.get(f"{room.path}/queue")
        guide = factories.participant(room)
        facilitations.share_facilitation(room.owner, room.id, guide.id)

        page = browser_of(guide.actor).get(f"{room.path}/queue").text

        assert "another moderator" in page
        assert "@example.org" not in page


def test_only_facilitators_see_and_use_it(room, pending, author, browser_of):
    browser = browser_of(author.actor)

    assert browser.get(f"{room.path}/queue").status_code == 302
    assert post(browser, f"/challenges/{room.id}/queue/approvals", item=f"idea-{pending[0]}.1").status_code == 403
    assert status(pending[0]) == EntryStatus.PENDING


class TestReported:
    @pytest.fixture
    def reported(self, room, author, pending):
        moderation.approve_idea(room.owner, pending[1])
        reader = factories.participant(room)
        flags.flag_idea(reader.actor, pending[1], FlagForm(FlagKind.INSULTING, "Look at the last words"))
        return pending[1], reader

    def test_a_reported_text_comes_first_and_names_nobody_who_reported_it(self, room, reported, moderator):
        _, reader = reported

        page = moderator.get(f"{room.path}/queue").text

        assert opened(page) == "Beta"
        item = page.partition('id="queue-item"')[2]
        assert "1 report" in item
        assert "Look at the last words" in item
        assert reader.name not in page

    def test_the_same_word_opens_the_reasons_and_sends_them(self, room, pending, reported, moderator):
        idea, _ = reported

        for handle, word, other in ((idea, "Hide", "Reject"), (pending[0], "Reject", "Hide")):
            page = moderator.get(f"{room.path}/queue?item=idea-{handle}").text
            sheet = page.partition('id="queue-item"')[2].partition("triage__reject")[2].partition('id="approve"')[0]
            assert (sheet.count(f"<span>{word}</span>"), sheet.count(f"<span>{other}</span>")) == (2, 0)

    def test_it_is_kept_and_the_undo_lets_the_report_wait_again(self, room, reported, moderator):
        idea, _ = reported
        page = moderator.get(f"{room.path}/queue").text
        value = re.search(rf'name="item" value="(idea-{idea}\.1\.\d+)"', page)[1]

        answer = post(moderator, f"/challenges/{room.id}/queue/approvals", script=True, item=value)
        assert (opened(answer.text), status(idea)) == ("Alpha", EntryStatus.VISIBLE)
        assert "Kept." in answer.text
        answer = post(moderator, f"/challenges/{room.id}/acts/{latest_act(room)}/undo", script=True, back="queue")

        assert opened(answer.text) == "Beta"


class TestLog:
    def test_each_act_has_its_undo(self, room, pending, moderator):
        queue.approve_texts(room.owner, room.id, [ChosenText(f"idea-{idea}", 1) for idea in pending])
        moderation.hide_idea(room.owner, pending[0], "It names somebody")
        page = moderator.get(f"{room.path}/acts").text
        assert f"/acts/{latest_act(room)}/undo" in page
        assert "Undo all 3" in page

        answer = post(moderator, f"/challenges/{room.id}/acts/{latest_act(room)}/undo", back="acts")

        assert answer.location.endswith("/acts")
        assert status(pending[0]) == EntryStatus.VISIBLE
        assert " · undone" in moderator.get(f"{room.path}/acts").text

    def test_an_undo_that_comes_too_late_says_so(self, room, pending, moderator):
        queue.approve_texts(room.owner, room.id, [ChosenText(f"idea-{pending[0]}", 1)])
        seq = latest_act(room)
        queue.undo_act(room.owner, room.id, seq)

        answer = post(moderator, f"/challenges/{room.id}/acts/{seq}/undo", back="acts")

        assert "it was changed since" in moderator.get(answer.location).text

    def test_other_acts_lead_to_their_opposite_or_say_that_they_are_final(self, room, author, pending, moderator):
        participants.bar_participant(room.owner, room.id, author.id, "Spam")
        moderation.redact_idea(room.owner, pending[0], "A name")

        page = moderator.get(f"{room.path}/acts").text

        assert f"/participants/{author.id}/readmission" in page
        assert "Final: the words are gone." in page

    def test_after_the_close_nothing_is_undone(self, room, pending, moderator):
        queue.approve_texts(room.owner, room.id, [ChosenText(f"idea-{pending[0]}", 1)])
        factories.close(room)

        page = moderator.get(f"{room.path}/acts").text

        assert "Approved an idea" in page
        assert "/undo" not in page


class TestCorrected:
    """What the author and the moderators read of a corrected idea."""

    @pytest.fixture
    def corrected(self, room, pending):
        queue.correct_idea(room.owner, pending[0], IdeaForm("Alfa", "With words", seen=1))
        moderation.approve_idea(room.owner, pending[0])
        return pending[0]

    def test_the_author_reads_both_versions_and_hears_of_it(self, room, author, corrected, browser_of):
        browser = browser_of(author.actor)

        page = browser.get(factories.idea_path(corrected)).text
        news = browser.get("/news").text

        assert "Alfa" in page
        assert "A moderator corrected your words. Your version:" in page
        assert "Alpha" in page
        assert "A moderator corrected the words of your idea" in news

    def test_moderators_read_both_versions_and_others_only_the_present_one(
        self, room, corrected, moderator, browser_of
    ):
        reader = browser_of(factories.participant(room).actor).get(factories.idea_path(corrected)).text

        assert "Alpha" in moderator.get(factories.idea_path(corrected)).text
        assert "Alpha" not in reader
        assert "corrected by a moderator" in reader

    def test_after_the_undo_there_is_nothing_to_compare(self, room, author, pending, browser_of):
        seq = queue.correct_idea(room.owner, pending[0], IdeaForm("Alfa", seen=1))
        queue.undo_act(room.owner, room.id, seq)
        browser = browser_of(author.actor)

        assert "Your version" not in browser.get(factories.idea_path(pending[0])).text
        assert "corrected the words" not in browser.get("/news").text

    def test_erased_words_are_gone_from_all_versions(self, room, author, corrected, browser_of):
        moderation.redact_idea(room.owner, corrected, "A name")

        page = browser_of(author.actor).get(factories.idea_path(corrected)).text

        assert "Alpha" not in page
        assert "Alfa" not in page
