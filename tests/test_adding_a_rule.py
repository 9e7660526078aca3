"""A ballot rule that this suite adds (`tests.plurality`): pages, exports and commands take it from the registries."""

import csv
import io
import json
import re
from html import unescape
from types import SimpleNamespace

import openpyxl
import pytest
from jinja2 import ChoiceLoader, FileSystemLoader

from app.platform.rendering import isolated
from app.rules import PRESENTERS, NotPresented, presenter_named, presenter_of
from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.queries.ballots import own_ballot
from ideas.queries.hands import hands_of
from ideas.voting.rules import RULES, WrongOptions, rule_of
from tests import factories
from tests.plurality import TEMPLATES, Plurality, PluralityPresenter

OTHER_WORDS = r"say yes|grade|star\b|lemon|points|in your order|compared"


@pytest.fixture
def plurality(one_app, monkeypatch):
    """The rule, as an installation would register it: the class, the presenter and the folder of templates."""
    monkeypatch.setitem(RULES, Plurality.name, Plurality)
    monkeypatch.setitem(PRESENTERS, Plurality.name, PluralityPresenter())
    loader = one_app.jinja_env.loader
    monkeypatch.setattr(one_app.jinja_env, "loader", ChoiceLoader([loader, FileSystemLoader(TEMPLATES)]))
    return Plurality


@pytest.fixture
def vote(plurality, app, browser_of):
    """A room with three ideas, ten voters and their browsers; nobody voted yet."""
    room = factories.room(questions=(QuestionPlan("plurality"),))
    author = factories.participant(room)
    ideas = [factories.idea(room, author, title) for title in ("First idea", "Second idea", "Third idea")]
    people = [factories.participant(room) for _ in range(10)]
    return SimpleNamespace(
        room=room,
        ideas=ideas,
        entries=[factories.entry_id(idea) for idea in ideas],
        people=people,
        owner=browser_of(room.owner),
        voter=browser_of(people[0]),
        path=f"/challenges/{room.id}",
    )


@pytest.fixture
def closed(vote):
    """Six voters chose the second idea, four the first; 30 hands went up for the third."""
    first, second, _ = vote.ideas
    for n, person in enumerate(vote.people):
        factories.mark(vote.room, person, {second if n < 6 else first: 1})
    form = {"question": vote.room.round.questions[0].id, "entry": vote.entries[2], "n1": "30"}
    vote.owner.post(f"/rounds/{vote.room.round_id}/hands", data=form)
    factories.close(vote.room)
    return vote


def page_of(browser, address: str) -> str:
    response = browser.get(address, follow_redirects=True)
    assert response.status_code == 200
    return unescape(response.get_data(as_text=True))


def test_a_voter_votes_and_moves_the_vote(vote):
    page = page_of(vote.voter, f"{vote.path}/ballot")
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.split('id="ballot"')[1]))
    first, second, third = (f"mark-{entry}" for entry in vote.entries)

    voted = vote.voter.post(f"{vote.path}/ballot", data=form | {first: "1", second: "0", third: "0"})
    again = page_of(vote.voter, f"{vote.path}/ballot")
    more = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', again.split('id="ballot"')[1]))
    refused = vote.voter.post(f"{vote.path}/ballot", data=more | {first: "1", second: "1", third: "0"})

    assert "Which one do you choose?" in page
    assert "You have one vote." in page
    assert "1 of 1 vote left" in page
    assert not re.search(OTHER_WORDS, page)
    assert voted.status_code == 303
    assert "0 of 1 vote left" in again
    assert refused.status_code == 409
    question = vote.room.round.questions[0].id
    assert own_ballot(db.session(), question, vote.people[0].id) == {vote.entries[0]: 1}
    assert "Chosen" in page_of(vote.voter, f"{vote.path}/ballot/marks")


def test_the_room_and_the_idea_show_the_vote(vote, browser_of):
    room = factories.room(phases=factories.STEPS, questions=(QuestionPlan("plurality"),))
    factories.idea(room, factories.participant(room))
    factories.step(room, "vote")

    assert "Your vote is not given yet." in page_of(browser_of(factories.participant(room)), f"/challenges/{room.id}")
    assert "Which one do you choose?" in page_of(vote.voter, f"/ideas/{vote.ideas[0]}")


def test_the_form_offers_the_rule_and_stores_it(plurality, app, browser_of):
    company = factories.company()
    owner, new = browser_of(company.owner), f"/organisations/{company.id}/challenges/new"
    draft = factories.draft(company, questions=(QuestionPlan("plurality"),))

    offered, stored = page_of(owner, new), page_of(owner, f"/challenges/{draft.id}/edit")

    assert 'name="q1_rule" value="plurality"' in offered
    assert "Everyone chooses one idea." in offered
    assert offered.count('cx="32" cy="20" r="12"') == 2
    assert 'name="q1_rule" value="plurality" checked' in stored
    assert [question.rule for question in draft.round.questions] == ["plurality"]


def test_the_form_describes_the_rule_of_a_published_question(vote):
    page = page_of(vote.owner, f"{vote.path}/edit")

    assert f"{isolated('Which one do you choose?')} · One vote, one for each person, winners: 3" in page


def test_a_hall_is_asked_in_the_words_of_the_rule(vote):
    question = vote.room.round.questions[0]
    form = {"question": question.id, "entry": vote.entries[0], "n1": "7", "n-1": "3"}

    page = page_of(vote.owner, f"{vote.path}/console")
    vote.owner.post(f"/rounds/{vote.room.round_id}/hands", data=form)

    assert "Hands that choose it" in page
    assert hands_of(db.session(), vote.room.round) == {question.id: {vote.entries[0]: {1: 7}}}


def test_the_result_shows_the_order_in_the_words_of_the_rule(closed):
    page = page_of(closed.owner, f"{closed.path}/result")

    assert "6 of 10 chose it." in page
    assert [page.index(f"chosen by {n} of 10") for n in (6, 4)] == sorted(
        page.index(f"chosen by {n} of 10") for n in (6, 4)
    )
    assert "The dot is the share of the voters who chose it." in page
    assert "Each dot is a voter; those on the disc chose this idea." in page
    assert "60%" in page
    assert not re.search(OTHER_WORDS, page)


def test_hands_are_added_to_the_votes_if_the_rule_says_so(closed):
    page = page_of(closed.owner, f"{closed.path}/result?hands=1")

    assert "Hands that choose it" in page
    assert "chosen by 30 of 10" in page
    assert page.index("Third idea") < page.index("Second idea")


def test_the_explanation_has_the_formula_of_the_rule(closed):
    page = page_of(closed.owner, f"{closed.path}/result/explanation")

    assert "Everyone had one vote for one idea." in page
    assert "votes / voters = 6 / 10" in page
    assert not re.search(OTHER_WORDS, page)


def test_the_big_screen_reveals_the_places(closed):
    for shown in (1, 2, 3):
        closed.owner.post(f"/rounds/{closed.room.round_id}/places", data={"places": shown})

    page = page_of(closed.owner, f"{closed.path}/screen")

    assert "6 of 10 chose it." in page
    assert "current-place--first" in page


def test_a_live_ranking_shows_the_score(plurality, app, browser_of):
    room = factories.room(questions=(QuestionPlan("plurality"),), live_ranking=True)
    idea = factories.idea(room, factories.participant(room), "First idea")
    factories.mark(room, factories.participant(room), {idea: 1})

    assert "100%" in page_of(browser_of(room.owner), f"/challenges/{room.id}/live-ranking")


def test_every_export_holds_the_figures_of_the_rule(closed):
    files = {form: closed.owner.get(f"{closed.path}/result.{form}").data for form in ("csv", "json", "xlsx")}

    rows = list(csv.DictReader(io.StringIO(files["csv"].decode(), newline="")))
    assert [(row["title"], row["rule"], row["counts"], row["yes"]) for row in rows] == [
        ("Second idea", "plurality", "1=6", ""),
        ("First idea", "plurality", "1=4", ""),
        ("Third idea", "plurality", "", ""),
    ]
    assert float(rows[0]["score"]) == 0.6
    [question] = json.loads(files["json"])["questions"]
    assert (question["rule"], question["options"], question["voters"]) == ("plurality", {"top": 3}, 10)
    assert [row["values"] for row in question["ranking"]] == [{"1": 6}, {"1": 4}, {}]
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    heads, *ranking = book["Ranking"].values
    assert [row[heads.index("score")] for row in ranking] == [0.6, 0.4, 0]
    assert "score is the share of the voters who chose it." in str(list(book["About"].values))


def test_the_command_counts_a_file_of_the_rule(plurality, app, tmp_path):
    file, run = tmp_path / "ballots.csv", app.test_cli_runner().invoke
    file.write_text("participant,idea,value\n" + "".join(f"p{n},{'a' if n < 3 else 'b'},1\n" for n in range(5)))

    counted = run(args=["count", "plurality", str(file)])
    file.write_text("participant,idea,value\np,a,2\n")
    refused = run(args=["count", "plurality", str(file)])

    first, second, last = map(json.loads, counted.stdout.splitlines())
    assert [(line["idea"], line["place"], line["score"]) for line in (first, second)] == [("a", 1, 0.6), ("b", 2, 0.4)]
    assert (last["noticed"]["rule"], last["noticed"]["voters"]) == ("plurality", 5)
    assert "line 2: value: '2' is not one of 1" in refused.output
    assert "plurality  participant,idea,value" in run(args=["count", "--help"]).output


def test_an_unknown_rule_is_refused(app, tmp_path):
    with pytest.raises(WrongOptions):
        rule_of("plurality", {})
    with pytest.raises(NotPresented):
        presenter_named("plurality")
    with pytest.raises(NotPresented):
        presenter_of(Plurality())

    counted = app.test_cli_runner().invoke(args=["count", "plurality", str(tmp_path)])
    assert counted.exit_code == 2
    assert "'plurality' is not one of" in counted.output


@pytest.mark.parametrize("address", ["ballot", "console", "edit"])
def test_a_vote_without_presenter_is_never_described_as_another(vote, address, monkeypatch):
    monkeypatch.delitem(PRESENTERS, "plurality")

    refused(vote.voter if address == "ballot" else vote.owner, f"{vote.path}/{address}")


@pytest.mark.parametrize("address", ["result", "result/explanation", "screen"])
def test_a_result_without_presenter_is_never_described_as_another(closed, address, monkeypatch):
    monkeypatch.delitem(PRESENTERS, "plurality")

    refused(closed.owner, f"{closed.path}/{address}")


def refused(browser, address: str) -> None:
    response = browser.get(address)

    assert response.status_code == 500
    assert not re.search(OTHER_WORDS, response.get_data(as_text=True))
