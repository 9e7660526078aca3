"""The page of what changed in an idea, and the signs of a new version elsewhere."""

import re
from dataclasses import replace

import pytest

from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.models import Activity, Anonymity
from ideas.services import queue
from ideas.services.ballots import cast_ballot
from ideas.services.ideas import IdeaForm, edit_idea
from tests import factories
from tests.views.test_challenges import parse_form
from tests.views.test_statements import Statements


def text_of(response):
    return response.get_data(as_text=True)


@pytest.fixture
def room(app):
    return factories.room(phases=factories.STEPS, language="de", anonymity=Anonymity.UNTIL_RESULT)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def reader(room, browser_of):
    return browser_of(factories.participant(room))


@pytest.fixture
def idea(room, author):
    idea = factories.idea(room, author, "Fahrradwege <bauen>", "Für alle.")
    factories.step(room, "debate")
    return idea


def revise(author, idea, title="Fahrradstraßen <bauen>", text="Für alle, sofort."):
    edit_idea(author.actor, idea, IdeaForm(title, text))


def test_the_page_shows_what_was_removed_and_what_was_added(room, author, reader, idea):
    before = text_of(reader.get(f"/ideas/{idea}"))
    assert "See what changed" not in before
    revise(author, idea)

    page = text_of(reader.get(f"/ideas/{idea}"))

    assert "Version 2" in page
    [address] = set(re.findall(r'href="([^"]*/versions)"', page))
    shown = text_of(reader.get(address))
    assert "Version 2, compared with version 1" in shown
    assert re.search(r"<del><bdi[^>]*>Removed: </bdi>Fahrrad<b>wege</b><bdi", shown)
    assert re.search(r"<ins><bdi[^>]*>Added: </bdi>Fahrrad<b>straßen</b><bdi", shown)
    assert "&lt;bauen&gt;" in shown
    assert "<time" not in shown, "a time beside the list of people tells who wrote it"


def test_the_words_have_their_own_direction(room, author, reader, idea):
    revise(author, idea, "مسارات للدراجات", "")
    revise(author, idea, "شوارع للدراجات", "")

    page = text_of(reader.get(f"{factories.idea_path(idea)}/versions"))

    assert 'dir="rtl" lang="de"' in page, re.findall('<div class="changes.*', page)
    assert 'href="' in page
    assert "since=1" in page


def test_an_idea_with_one_version_says_so(reader, idea):
    assert "This idea has one version." in text_of(reader.get(f"{factories.idea_path(idea)}/versions"))
    assert "This idea has one version." in text_of(reader.get(f"{factories.idea_path(idea)}/versions?since=7"))


def test_words_before_a_correction_are_shown_to_the_author_alone(room, author, reader, idea, browser_of):
    queue.correct_idea(room.owner, idea, IdeaForm("Fahrradwege", "Für alle."))

    page = text_of(reader.get(f"{factories.idea_path(idea)}/versions"))

    assert "The words of version 1 are not shown here." in page
    assert "bauen" not in page
    assert "bauen" in text_of(browser_of(author).get(f"{factories.idea_path(idea)}/versions"))
    assert "bauen" in text_of(browser_of(room.owner).get(f"{factories.idea_path(idea)}/versions"))


def test_an_idea_that_the_reader_may_not_see_has_no_such_page(room, author, reader, browser_of):
    hidden = factories.room(phases=factories.ALONE_FIRST)
    writer, other = factories.participant(hidden), factories.participant(hidden)
    sealed = factories.idea(hidden, writer, "A sealed secret")
    edit_idea(writer.actor, sealed, IdeaForm("A better secret"))

    assert browser_of(other).get(f"{factories.idea_path(sealed)}/versions").status_code == 404
    own = text_of(browser_of(writer).get(f"{factories.idea_path(sealed)}/versions"))
    assert "This idea has one version." in own
    assert "A sealed secret" not in own


def test_an_argument_says_on_which_version_it_was_made(room, author, reader, idea):
    factories.argument(idea, factories.participant(room), "Too narrow")
    assert "on version" not in text_of(reader.get(f"/ideas/{idea}"))
    revise(author, idea)
    factories.argument(idea, factories.participant(room), "Much better")

    page = text_of(reader.get(f"/ideas/{idea}"))

    [said] = re.findall(r'<li class="argument.*?on version \d', page, re.DOTALL)
    assert "Too narrow" in said.rpartition('<li class="argument')[2]


def test_the_author_publishes_a_version_in_the_debate_and_not_in_the_vote(room, author, idea, browser_of):
    browser = browser_of(author)
    assert "/edit" in text_of(browser.get(f"/ideas/{idea}"))
    form = {"title": "Fahrradstraßen", "text": "", "op": factories.op(), "version": "1"}

    saved = browser.post(f"/ideas/{idea}/edit", data=form)

    assert saved.status_code == 303
    assert "Version 2" in text_of(browser.get(f"/ideas/{idea}"))
    factories.step(room, "vote")
    assert "/edit" not in text_of(browser.get(f"/ideas/{idea}"))
    late = {"title": "Typed in vain", "text": "", "version": "2"}
    refused = browser.post(f"/ideas/{idea}/edit", data=late)
    assert refused.status_code == 409
    assert "Typed in vain" in text_of(refused)


def test_the_number_of_statements_does_not_depend_on_the_number_of_versions(room, author, reader, idea):
    revise(author, idea)
    reader.get(f"{factories.idea_path(idea)}/versions")
    with Statements() as few:
        reader.get(f"{factories.idea_path(idea)}/versions")
    for n in range(4):
        revise(author, idea, f"Fahrradstraßen {n}")

    with Statements() as many:
        assert reader.get(f"{factories.idea_path(idea)}/versions").status_code == 200

    assert len(many.all) == len(few.all)
    assert len(many.all) <= 15


class TestVoters:
    """Signs on the pages of somebody who voted on an earlier version, a guest without an account."""

    @pytest.fixture(params=["approval", "points", "pairs"])
    def at(self, app, browser_of, request):
        plan = (PhasePlan("both", (Activity.WRITE, Activity.VOTE)),)
        room = factories.room(phases=plan, questions=(QuestionPlan(request.param),))
        author, voter = factories.participant(room), factories.participant(room)
        idea, other = factories.idea(room, author, "Bread"), factories.idea(room, author, "Rolls")
        entries = factories.entry_id(idea), factories.entry_id(other)
        marks = {entries: 1} if request.param == "pairs" else {entries[0]: 1}
        cast_ballot(replace(factories.cast(room, voter, {}), marks=marks, question_id=room.round.questions[0].id))
        return room, author, idea, browser_of(voter)

    def test_each_page_says_that_the_idea_has_changed_and_keeping_the_vote_ends_it(self, at):
        room, author, idea, browser = at
        marks = f"/challenges/{room.id}/ballot/marks"
        assert "Changed since you voted" not in text_of(browser.get(marks))
        revise(author, idea, "Rye bread")

        shown = text_of(browser.get(marks))
        assert "Changed since you voted" in shown
        form = parse_form(shown[: shown.index("Keep my vote")].rpartition("<form")[2])
        kept = browser.post(f"/challenges/{room.id}/ballot/keep", data={k: v[0] for k, v in form.items()})

        assert kept.status_code == 303
        after = text_of(browser.get(marks))
        assert "Your vote is kept." in after
        assert "Changed since you voted" not in after
        assert factories.journal_holds() == []

    def test_a_vote_is_not_kept_for_words_that_nobody_read(self, at):
        room, author, idea, browser = at
        revise(author, idea, "Rye bread")
        shown = text_of(browser.get(f"/challenges/{room.id}/ballot/marks"))
        form = parse_form(shown[: shown.index("Keep my vote")].rpartition("<form")[2])
        revise(author, idea, "White bread")

        browser.post(f"/challenges/{room.id}/ballot/keep", data={k: v[0] for k, v in form.items()})

        after = text_of(browser.get(f"/challenges/{room.id}/ballot/marks"))
        assert "This idea has changed again." in after
        assert "Changed since you voted" in after


def test_the_page_of_an_idea_lets_its_voter_keep_the_vote(app, browser_of):
    room = factories.room(phases=(PhasePlan("both", (Activity.WRITE, Activity.VOTE)),))
    author, voter, other = (factories.participant(room) for _ in range(3))
    idea = factories.idea(room, author)
    factories.mark(room, voter, {idea: 1})
    revise(author, idea)

    page = text_of(browser_of(voter).get(f"/ideas/{idea}"))

    assert "Keep my vote" in page
    assert "Keep my vote" not in text_of(browser_of(other).get(f"/ideas/{idea}"))
    compared = text_of(browser_of(voter).get(f"{factories.idea_path(idea)}/versions"))
    assert "You voted on version 1." in compared


def test_after_a_step_back_and_on_the_room_and_the_ballot_say_that_an_idea_has_changed(room, author, idea, browser_of):
    voter = factories.participant(room)
    browser, more = browser_of(voter), factories.participant(room)
    factories.step(room, "write")
    factories.idea(room, more, "Another one")
    factories.step(room, "vote")
    factories.mark(room, voter, {idea: 1})
    factories.step(room, "debate")
    revise(author, idea)
    factories.step(room, "vote")

    pages = [text_of(browser.get(f"/challenges/{room.id}{path}")) for path in ("", "/ballot")]

    said = "One of your votes is on an idea that has changed since."
    assert [said in page for page in pages] == [True, True]


def test_a_moderator_takes_earlier_versions_away(room, author, reader, idea, browser_of):
    revise(author, idea)
    moderator, path = browser_of(room.owner), f"{factories.idea_path(idea)}/versions"
    assert "Hide the earlier versions" not in text_of(reader.get(path))

    answer = moderator.post(f"/ideas/{idea}/versions/hiding", data={"version": "2"})

    assert answer.status_code in (302, 303)
    assert "wege" not in text_of(reader.get(path))
    assert "Show the earlier versions again" in text_of(moderator.get(path))
    moderator.post(f"/ideas/{idea}/versions/showing", data={"version": "2"})
    assert "wege" in text_of(reader.get(path))
