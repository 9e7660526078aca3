"""A small group gets a decision: what its pages and exports say where everybody voted."""

import csv
import io
import json
import re

import pytest

from ideas.database import db
from ideas.queries.counts import counted
from ideas.queries.rankings import ranking_of
from ideas.services.participants import bar_participant
from ideas.services.readiness import measure_readiness
from tests import crowds, factories
from tests.doubles import partly_here

RULES = crowds.RULES


def words_of(page):
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


@pytest.fixture
def pages(browser_of):
    """Read a page of a room as somebody, in words."""
    return lambda who, path: words_of(browser_of(who).get(path).get_data(as_text=True))


@pytest.mark.parametrize("rule", partly_here(RULES, "approval", "pairs"))
def test_the_result_of_six_says_what_they_decided_and_nothing_of_chance(app, browser_of, rule):
    room, people = crowds.group(rule)
    factories.close(room)

    page = browser_of(people[0]).get(f"{room.path}/result").get_data(as_text=True)
    words = words_of(page)

    assert "All six of you have voted. Favourite" in words
    assert "Idea of person 1" in words[words.index("Favourite") :]
    assert re.search(r"\b6 of 6 who joined voted", words)
    assert [said for said in crowds.UNCERTAINTY if said in words] == []
    assert "interval__bar" not in page
    assert "interval__dot" in page
    assert ranking_of(db.session(), room.round).is_everybody


def test_the_favourite_of_six_has_five_of_five(app, pages):
    room, people = crowds.group("approval")
    factories.close(room)

    words = pages(people[0], f"{room.path}/result")

    assert "5 of 5 say yes." in words
    assert "100%" in words
    assert "0%" in words[words.index("Idea of person 6") :]
    assert "86%" not in words


def test_others_are_not_addressed_as_voters(app, pages):
    room, _ = crowds.group("approval")
    factories.close(room)

    words = pages(room.owner, f"{room.path}/result")

    assert "All six who joined have voted." in words
    assert "of you" not in words


@pytest.mark.parametrize("rule", partly_here(RULES, "grades"))
def test_the_statistics_of_a_decision_are_one_tap_away(app, pages, rule):
    room, people = crowds.group(rule)
    factories.close(room)

    words = pages(people[0], f"{room.path}/result/explanation")

    assert "All six who joined have voted. So the order is what the group decided" in words
    assert "if you take the group as a sample of more people" in words
    assert "we counted again 500 times" in words
    assert "Too few votes" not in words


@pytest.mark.parametrize("rule", partly_here(RULES, "points", "ranked"))
def test_a_person_who_joined_during_the_vote_and_did_not_vote_makes_a_sample(app, browser_of, rule):
    room, people = crowds.group(rule, voters=5)
    factories.close(room)

    page = browser_of(people[0]).get(f"{room.path}/result").get_data(as_text=True)
    words = words_of(page)

    assert "5 of 6 who joined voted." in words
    assert "Favourite" not in words
    assert "Too few votes" not in words
    assert not ranking_of(db.session(), room.round).is_few


def test_two_of_six_are_too_few(app, pages):
    room, people = crowds.group("approval", voters=2)
    factories.close(room)

    words = pages(people[0], f"{room.path}/result")

    assert "Only 2 people voted: with fewer than 4, there are too few votes" in words


def test_ten_people_with_an_idea_each_have_enough_votes(app, pages):
    room, people = crowds.group("approval", people=10)
    factories.close(room)

    words = pages(people[0], f"{room.path}/result")

    assert "All ten of you have voted." in words
    assert "9 of 9 say yes." in words
    assert "too few votes" not in words


def test_the_votes_of_a_removed_person_are_named(app, pages):
    room, people = crowds.group("approval")
    bar_participant(room.owner, room.id, people[5].id, "")
    factories.close(room)

    words = pages(people[0], f"{room.path}/result")

    assert re.search(r"\b5 of 5 who joined voted", words)
    assert "1 person voted and is no longer here. Their votes count." in words


def test_the_turnout_counts_those_who_could_vote(app, pages):
    room, people = crowds.group("approval", voters=5)

    ballot = pages(people[5], f"{room.path}/ballot")
    console = pages(room.owner, f"{room.path}/console")
    confirm = pages(room.owner, f"/rounds/{room.round_id}/closure")
    screen = pages(room.owner, f"{room.path}/screen")

    assert "5 of 6 who joined have voted." in ballot
    assert re.search(r"5 of 6 who joined have voted", console)
    assert "1 has not voted yet." in console
    assert "5 of 6 who joined have voted. Later votes do not count." in confirm
    assert "5 of 6 who joined have voted" in screen


@pytest.mark.parametrize("rule", partly_here(RULES, "stars"))
def test_the_console_of_a_small_room_asks_for_nobody_who_is_not_there(app, pages, rule):
    room, people = crowds.group(rule, voters=5)
    measure_readiness(room.round_id)

    before = pages(room.owner, f"{room.path}/console")
    crowds.cast(room, people[5], room.question_id, crowds.whole_ballot(rule, entries_but_last(room)))
    measure_readiness(room.round_id)
    after = pages(room.owner, f"{room.path}/console")

    assert "Enough to decide. 1 person who joined has not voted." in before
    assert "Enough. All six who joined have voted." in after
    for words in (before, after):
        assert "more people must vote" not in words
        assert "certainty" not in words
        assert "would decide it" not in words


def entries_but_last(room):
    return sorted(entry for entry, *_ in counted(db.session(), room.round)["entries"])[:-1]


def test_the_console_asks_for_those_who_are_there(app, pages):
    room, _ = crowds.group("approval", voters=2)
    measure_readiness(room.round_id)

    words = pages(room.owner, f"{room.path}/console")

    assert "2 more people must vote before we can tell." in words
    assert "until every idea has 3." in words


def test_people_who_join_raise_the_floor_of_the_console(app, pages):
    room, _ = crowds.group("approval", voters=4)
    measure_readiness(room.round_id)
    assert "Enough to decide." in pages(room.owner, f"{room.path}/console")

    for _n in range(6):
        factories.participant(room)
    measure_readiness(room.round_id)

    assert "3 more people must vote before we can tell." in pages(room.owner, f"{room.path}/console")


def test_the_big_screen_ends_with_the_decision(app, browser_of, pages):
    room, _ = crowds.group("approval")
    factories.close(room)
    opening = pages(room.owner, f"{room.path}/screen")
    browser = browser_of(room.owner)

    browser.post(f"/rounds/{room.round_id}/places", data={"places": "6"})
    words = pages(room.owner, f"{room.path}/screen")

    assert "6 of 6 who joined voted" in opening
    assert "Favourite All six of you have voted." in words
    assert "All six of you have voted." not in opening
    assert [said for said in crowds.UNCERTAINTY if said in words] == []


def test_exports_tell_given_shares_from_smoothed_ones_and_who_could_vote(app, browser_of):
    room, _ = crowds.group("approval")
    factories.close(room)
    browser = browser_of(room.owner)

    rows = list(csv.DictReader(io.StringIO(browser.get(f"{room.path}/result.csv").get_data(as_text=True))))
    document = json.loads(browser.get(f"{room.path}/result.json").data)

    first, last = rows[0], rows[-1]
    assert (first["yes"], first["no"], first["score"], first["few"]) == ("5", "0", "1.000000000", "0")
    assert first["smoothed"] == "0.857142857"
    assert (last["yes"], last["no"], last["score"]) == ("0", "5", "0.000000000")
    assert document["schwarm"] == 4
    assert document["result"]["electorate"] == {"people": 6, "voted": 6, "late": 6}
    [question] = document["questions"]
    assert question["everybody"] is True
    assert (question["ranking"][0]["score"], question["ranking"][0]["smoothed"]) == (1, 0.857142857)
    assert (document["entries"][0]["score"], document["entries"][0]["smoothed"]) == (1, 0.857142857)


def test_points_have_no_smoothed_score(app, browser_of):
    room, _ = crowds.group("points")
    factories.close(room)

    rows = csv.DictReader(io.StringIO(browser_of(room.owner).get(f"{room.path}/result.csv").get_data(True)))

    assert [row["smoothed"] for row in rows] == [""] * 6


def test_a_live_ranking_says_how_many_of_those_who_joined_voted(app, pages):
    room, people = crowds.group("approval", voters=5, live_ranking=True)

    words = pages(people[0], f"{room.path}/live-ranking")

    assert "5 of 6 who joined voted. The order may still change." in words
    assert "oo few votes" not in words
    assert "100%" in words


def test_one_yes_is_said_in_the_singular_in_german(app, browser_of):
    room = factories.room(language="de")
    author, voter = factories.participant(room), factories.participant(room)
    factories.mark(room, voter, {factories.idea(room, author, "Eigene Dose"): 1})
    factories.close(room)

    words = words_of(browser_of(voter).get(f"{room.path}/result", headers={"Accept-Language": "de"}).get_data(True))

    assert "1 von 1 sagt Ja." in words
    assert "1 von 1 sagen" not in words


def test_a_decision_is_said_in_german(app, browser_of):
    room, people = crowds.group("approval", language="de")
    factories.close(room)
    browser = browser_of(people[0])

    words = words_of(browser.get(f"{room.path}/result", headers={"Accept-Language": "de"}).get_data(True))

    assert "Alle sechs haben abgestimmt. Favorit" in words
    assert "5 von 5 sagen Ja." in words
    assert "zu wenige" not in words
