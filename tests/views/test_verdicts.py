"""The result of a round with a jury: who decided, both sides, and where they disagree."""

import re

import pytest

from app.views import results
from ideas import journal
from ideas.actor import Actor
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.forgetting import forget_ballots
from ideas.models import Anonymity, Decision, Idea, Participant, Round
from ideas.queries.ideas import idea_rows
from ideas.queries.rankings import first_places
from ideas.queries.verdicts import juror_scores
from ideas.services import grouping
from ideas.services.outcomes import set_outcomes
from ideas.services.steering import show_places
from tests import crowds, factories, verdicts
from tests.views.test_challenges import text

BOX, BIN, PLATES, SHELF = verdicts.TITLES


@pytest.fixture
def result_of(browser_of):
    """The result of a round as its owner sees it."""

    def shown(room, more=""):
        return text(browser_of(room.owner).get(f"{room.path}/result{more}"))

    return shown


def part(page):
    """The part of the page about crowd and jury, without tags."""
    found = page.partition('<section class="verdict"')[2].partition('<h2 class="result__question"')[0]
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def heading(page):
    return re.sub(r"<[^>]*>", "", re.search(r"<h1.*?</h1>", page, re.S)[0]).strip()


def test_the_page_opens_with_the_winner_and_who_decided(app, result_of):
    page = result_of(verdicts.closed(verdicts.DISAGREEING, 60))

    assert heading(page) == BIN
    said = part(page)
    assert "The votes decided with 40%, the jury with 60%." in said
    assert "Votes: place 2 · Jury: place 2 (score 3 of 4)" in said
    assert f"The votes put “\u2068{BOX}\u2069” first, the jury “\u2068{SHELF}\u2069”." in said
    assert "3 jurors scored." in said
    assert f"“\u2068{BIN}\u2069”: votes 66.7, jury 66.7, together 66.7 of 100." in said
    assert page.count("<h1") == 1


@pytest.mark.parametrize(
    ("percent", "winner", "said"),
    [
        (0, BOX, "The votes decided. The scores of the jury stand beside them."),
        (100, SHELF, "The jury decided. The votes stand beside its scores."),
    ],
)
def test_one_side_alone_decides_and_the_other_stands_beside_it(app, result_of, percent, winner, said):
    page = result_of(verdicts.closed(verdicts.DISAGREEING, percent))

    assert heading(page) == winner
    assert said in part(page)


def test_ideas_on_which_both_are_far_apart_are_named(app, result_of):
    said = part(result_of(verdicts.closed(verdicts.DISAGREEING, 60))).partition("Where votes and jury disagree")[2]

    assert f"{BOX} Votes: place 1 · Jury: place 4 (score 0.33 of 4)" in said
    assert f"{SHELF} Votes: place 4 · Jury: place 1 (score 4 of 4)" in said
    assert "far apart on no idea" not in said


def test_votes_and_jury_that_agree_are_far_apart_on_no_idea(app, result_of):
    said = part(result_of(verdicts.closed(verdicts.AGREEING, 60)))

    assert "Votes and jury agree on the first place." in said
    assert "They are far apart on no idea." in said


def test_with_too_few_jurors_nothing_is_decided_and_the_votes_stand_below(app, result_of):
    page = result_of(verdicts.closed(verdicts.TOO_FEW, 60))

    assert heading(page) == "Nothing is decided"
    assert "4 ideas have no score of the jury" in part(page)
    assert "Votes: place 1 · no score of the jury: fewer than two jurors" in part(page)
    assert BOX in page.partition('id="votes"')[2]


def test_a_jury_that_scored_nothing_draws_no_scores(app, result_of):
    said = part(result_of(verdicts.closed((((), ()), ((), ())), 60)))

    assert "0 jurors scored." in said
    assert "by criterion" not in said


def test_ideas_that_share_the_first_place_are_named(app, result_of):
    room = verdicts.closed((((0, 0), (0, 0)), ((4, 4), (4, 4))), 50)  # each is first on one side

    page = result_of(room)

    assert heading(page) == "2 ideas share the first place"
    assert "Place 1, shared" in part(page)


def test_a_round_with_a_jury_and_without_ideas_says_so(app, result_of):
    room = factories.room(criteria=verdicts.CRITERIA, jury_percent=50)
    factories.close(room)

    page = result_of(room)

    assert ('<section class="verdict"' in page, heading(page)) == (False, "No ideas, no ranking")


def test_a_round_without_a_jury_has_nothing_of_it(app, result_of):
    page = result_of(crowds.closed("approval"))

    assert [word in page for word in ("verdict", "jury", "Jury", 'id="votes"')] == [False] * 4


def test_two_votes_and_a_jury_stand_below_each_other(app, result_of):
    page = result_of(verdicts.closed(verdicts.AGREEING, 60, questions=(QuestionPlan(), QuestionPlan("grades"))))

    assert (heading(page), page.count("<h1")) == (BOX, 1)
    assert page.index('class="verdict"') < page.index('id="both"') < page.index('id="question-1"')


def test_medians_stand_beside_the_score(app, result_of):
    said = part(result_of(verdicts.closed(verdicts.TWO, 60)))

    assert f"{BOX} 2.5 4 3 2" in said  # medians 2.5 and 4, twice the first counts
    assert f"{PLATES} 1.5 – – 1" in said


# --- the scores of each juror ---


def test_only_members_see_the_scores_of_each_juror(app, browser_of, client):
    room = verdicts.closed(verdicts.DISAGREEING, 60)
    stranger = browser_of(factories.account())
    path = f"{room.path}/result/jurors"

    page = text(browser_of(room.owner).get(path))

    assert "Juror 1" in page
    assert stranger.get(path).status_code == 404
    assert client.get(path).location.startswith("/sign-in")
    assert "result/jurors" in text(browser_of(room.owner).get(f"{room.path}/result"))


def test_a_participant_is_led_to_no_scores_of_jurors(app, browser_of):
    room = verdicts.voted(verdicts.DISAGREEING, 60)
    inside = browser_of(factories.participant(room).actor)
    factories.close(room)

    assert "result/jurors" not in text(inside.get(f"{room.path}/result"))
    assert inside.get(f"{room.path}/result/jurors").location.startswith("/sign-in")


def test_an_idea_that_fewer_than_three_scored_says_too_few(app, browser_of):
    room = verdicts.closed((((4, 3, 2), (1, 1, 1)), ((2, 2), (3, 3))), 60)

    page = text(browser_of(room.owner).get(f"{room.path}/result/jurors"))

    first, second = page.split("<h2")[1:3]
    assert sorted(re.findall(r'<td class="num">(\d)</td>', first)) == sorted("432" + "3" + "111" + "1"), "with medians"
    assert ("too few" in first, "too few" in second) == (False, True)
    assert "<td" not in second


def test_numbers_of_jurors_are_the_same_for_every_idea(app):
    room = verdicts.closed((((4, 3, 2), (4, 3, 2)), ((4, 3, 2), (4, 3, 2))), 60)

    scores = juror_scores(db.session(), room.round)

    [one, other] = scores.given.values()
    assert one == other
    assert sorted(one) == [1, 2, 3]
    assert scores.few == set()


def test_where_authors_stay_hidden_numbers_of_jurors_tell_no_idea_that_one_left_out(app, browser_of):
    grades = ((4, 3, 2, 1), (4, 3, 2, 1))
    ideas = (grades, grades, ((4, 3, 2, -1), (4, 3, 2, -1)), grades)
    named = verdicts.closed(ideas, 60)
    hidden = verdicts.closed(ideas, 60, anonymity=Anonymity.FOR_GOOD)

    [known, scores] = (juror_scores(db.session(), room.round) for room in (named, hidden))

    assert len({*map(str, known.given.values())}) == 2, "one order, in which a juror is missing once"
    assert sorted(len(of) for of in scores.given.values()) == [3, 4, 4, 4]
    for of in scores.given.values():
        assert sorted(of) == [*range(1, len(of) + 1)], "no number is missing"
        assert sorted(of.values(), reverse=True) == [[n, n] for n in (4, 3, 2, 1)[: len(of)]]
    assert "numbers differ from idea to idea" in text(browser_of(hidden.owner).get(f"{hidden.path}/result/jurors"))


def test_a_round_without_a_jury_has_no_page_of_jurors(app, browser_of):
    room = crowds.closed("approval")

    assert browser_of(room.owner).get(f"{room.path}/result/jurors").status_code == 404


def test_an_open_round_shows_no_scores(app, browser_of):
    room = verdicts.voted(verdicts.DISAGREEING, 60)

    assert browser_of(room.owner).get(f"{room.path}/result/jurors").status_code == 409


def test_where_authors_are_hidden_for_good_the_verdict_names_none(app, result_of):
    room = verdicts.closed(verdicts.DISAGREEING, 60, anonymity=Anonymity.FOR_GOOD)

    assert {row.author for row in idea_rows(db.session(), room.round)} == {None}
    assert heading(result_of(room)) == BIN


# --- other places that name what came first ---


def test_the_big_screen_shows_places_in_the_order_that_decides(app, browser_of):
    room = verdicts.closed(verdicts.DISAGREEING, 60)
    owner = browser_of(room.owner)

    opening = text(owner.get(f"{room.path}/screen"))
    seen = []
    for shown in range(1, 5):
        show_places(room.owner, room.round_id, shown)
        page = text(owner.get(f"{room.path}/screen"))
        seen.append(re.search(r'<h2 class="current-place__title"[^>]*><span[^>]*>(.*?)</span></h2>', page)[1])

    assert "The votes decided with 40%, the jury with 60%." in opening
    assert not any(title in opening for title in verdicts.TITLES)
    assert seen == [PLATES, BOX, SHELF, BIN]
    assert "Votes: place 2 · Jury: place 2 (score 3 of 4)" in page
    assert "Favourite" not in page


def test_the_big_screen_says_that_nothing_is_decided(app, browser_of):
    room = verdicts.closed(verdicts.TOO_FEW, 60)

    page = text(browser_of(room.owner).get(f"{room.path}/screen"))

    assert "Nothing is decided: too few jurors scored the ideas." in page
    assert re.search(r"<b>4</b>\s*ideas", page)
    assert not any(title in page for title in verdicts.TITLES)


def test_the_first_place_of_the_start_page_is_that_of_the_order_that_decides(app):
    decided, undecided = verdicts.closed(verdicts.DISAGREEING, 60), verdicts.closed(verdicts.TOO_FEW, 60)

    found = first_places(db.session(), [decided.round_id, undecided.round_id])

    bread = next(row.entry_id for row in idea_rows(db.session(), decided.round) if row.title == BIN)
    assert {round_id: first.figures.entry for round_id, first in found.items()} == {decided.round_id: bread}


def test_a_result_card_tells_the_place_by_votes_and_jury(app, browser_of):
    room = verdicts.closed(verdicts.DISAGREEING, 60)
    author = db.session.scalars(db.select(Participant).join(Idea, Idea.author_id == Participant.id)).first()

    card = text(browser_of(Actor(author.person_id)).get(f"{room.path}/my-result"))

    assert "The votes decided with 40%, the jury with 60%." in card
    assert f"In first place: “\u2068{BIN}\u2069”." in card
    assert "Place 1 of 4" in card.partition(BIN)[2].partition("</article>")[0]
    assert "Votes: place 4 · Jury: place 1 (score 4 of 4)" in card


def test_the_report_begins_with_who_decided(app, browser_of):
    room = verdicts.closed(verdicts.DISAGREEING, 60)

    page = text(browser_of(room.owner).get(f"{room.path}/result/report"))

    assert page.index("The votes decided with 40%, the jury with 60%.") < page.index("In first place: ")
    assert "The votes put" in page


def test_what_the_organisation_takes_further_is_named_in_the_order_that_decides(app, result_of):
    room = verdicts.closed(verdicts.DISAGREEING, 60)
    ideas = {row.title: row.entry_id for row in idea_rows(db.session(), room.round)}
    set_outcomes(
        room.owner, room.round_id, [ideas[BOX], ideas[BIN]], Decision.TAKEN_FURTHER, "Both are good.", seen=10**6
    )

    assert f"takes further: “\u2068{BIN}\u2069”, “\u2068{BOX}\u2069”." in result_of(room)


def test_a_long_result_leads_to_the_page_with_all_its_rows(app, result_of, monkeypatch):
    monkeypatch.setattr(results, "INLINE_MAX", 3)
    monkeypatch.setattr(results, "PLACES_SHOWN", 2)
    room = verdicts.closed(verdicts.DISAGREEING, 60)

    assert [title in part(result_of(room)).partition("behind")[2].partition("Where")[0] for title in (BIN, PLATES)] == [
        True,
        False,
    ]
    assert PLATES in part(result_of(room, "?all=1")).partition("behind")[2].partition("Where")[0]


def test_a_group_has_its_best_place_in_the_order_that_decides(app, result_of):
    room = verdicts.voted(verdicts.DISAGREEING, 60)
    ideas = {row.title: row.id for row in idea_rows(db.session(), room.round)}
    grouping.group_ideas(room.owner, room.round_id, [ideas[BOX], ideas[PLATES]])
    factories.close(room)

    assert "Best place: 3" in result_of(room)


def test_a_forgotten_round_keeps_its_verdict_and_loses_the_scores_of_jurors(app, browser_of, result_of):
    room = verdicts.closed(verdicts.DISAGREEING, 60)
    with write() as transaction:
        forget_ballots(journal.locked(transaction, room.id), transaction.session.get_one(Round, room.round_id))
    db.session.rollback()

    assert heading(result_of(room)) == BIN
    page = text(browser_of(room.owner).get(f"{room.path}/result/jurors"))
    assert ("was deleted for good" in page, "Juror 1" in page) == (True, False)
