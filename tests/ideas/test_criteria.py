"""A criterion is a question that only jurors answer: the crowd's pages, counts and turnout never hold it."""

import json

import pytest
from sqlalchemy import select

from ideas.blueprints import CriterionPlan
from ideas.database import db, write
from ideas.errors import Invalid, NotFound
from ideas.exports.ballots import write_ballots
from ideas.marks import Cast
from ideas.models import Audience, Question, Result, Tier
from ideas.people import new_participant, new_person
from ideas.queries.ballots import own_votes_of, turnout_of
from ideas.queries.counts import published, tallied
from ideas.queries.electorate import electorate_of
from ideas.queries.rankings import rankings_of
from ideas.services import hands
from ideas.services.ballots import CastRefused, cast_ballot
from ideas.services.challenges import revise_challenge
from ideas.services.feeds import deal
from ideas.services.finishing import finish_ballot
from tests import factories

CRITERIA = (CriterionPlan("Useful?", 2), CriterionPlan("Doable?"))


@pytest.fixture
def room(app):
    return factories.room(criteria=CRITERIA)


@pytest.fixture
def written(room):
    author = factories.participant(room)
    return [factories.entry_id(factories.idea(room, author)) for _ in range(3)]


def seat(room):
    """The seat of a juror: a participant that is no person in the room. :return: its id."""
    with write() as transaction:
        made = new_participant(room.id, new_person(transaction.session).id, factories.op()[:30], Tier.JURY)
        transaction.session.add(made)
        transaction.session.flush()
        return made.id


def grade(room, seat_id, question, marks):
    return cast_ballot(Cast(seat_id, room.round_id, factories.op(), "tab", 1, marks, question.id))


def test_a_round_asks_the_room_its_questions_and_the_jury_its_criteria(room):
    assert [(q.rule, q.audience) for q in room.round.questions] == [("approval", Audience.EVERYBODY)]
    assert [(q.prompt, q.weight, q.audience) for q in room.round.criteria] == [
        ("Useful?", 2, Audience.JURY),
        ("Doable?", 1, Audience.JURY),
    ]


def test_only_jurors_mark_criteria_and_they_mark_nothing_else(room, written):
    voter, juror = factories.participant(room), seat(room)
    [asked], [useful, _] = room.round.questions, room.round.criteria

    assert grade(room, juror, useful, {written[0]: 3}).ok
    for who, question in ((voter.id, useful), (juror, asked)):
        with pytest.raises(CastRefused, match="invalid"):
            grade(room, who, question, {written[0]: 1})
    # a cast that names no question means the only one of the vote
    assert cast_ballot(Cast(voter.id, room.round_id, factories.op(), "tab", 1, {written[0]: 1})).ok


def test_nothing_about_a_ballot_of_the_room_takes_a_criterion(room, written):
    voter, [useful, _] = factories.participant(room), room.round.criteria

    assert deal(voter.actor, room.question_id, 1)
    with pytest.raises(NotFound):
        deal(voter.actor, useful.id, 1)
    with pytest.raises(NotFound):
        finish_ballot(voter.actor, useful.id)
    with pytest.raises(NotFound):
        hands.count_hands(room.owner, useful.id, written[0], 1, 5)


def test_marks_of_jurors_are_no_turnout_and_jurors_are_no_electors(room, written):
    voter = factories.participant(room)
    grade(room, seat(room), room.round.criteria[0], {written[0]: 3})

    assert room.round.turnout == 0
    assert [turnout.voted for turnout in turnout_of(db.session(), room.round)] == [0]
    assert electorate_of(db.session(), room.round).people == 2
    assert list(own_votes_of(db.session(), room.round, voter.row).marks) == [room.question_id]


def test_a_first_mark_of_a_juror_moves_no_figure_of_the_room(room, written, recorded):
    juror = seat(room)
    recorded.clear()

    grade(room, juror, room.round.criteria[0], {written[0]: 3})

    assert factories.lane_updates(recorded) == []


def test_the_close_counts_the_criteria_apart(room, written):
    [asked], [useful, doable] = room.round.questions, room.round.criteria
    voter = factories.participant(room)
    cast_ballot(Cast(voter.id, room.round_id, factories.op(), "tab", 1, {written[0]: 1}, asked.id))
    jurors = [seat(room) for _ in range(3)]
    for n, juror in enumerate(jurors):
        grade(room, juror, useful, {written[0]: n, written[1]: 4} if n else {written[0]: n})
    grade(room, jurors[0], doable, {written[2]: -1, written[1]: 2})
    factories.close(room)

    session = db.session()
    body = json.loads(session.get_one(Result, room.round_id).body)
    of = tallied(body, room.round)

    assert [ranking.question.id for ranking in rankings_of(session, room.round)] == [asked.id]
    assert (of.turnout, [q.id for q in of.questions]) == (1, [asked.id])
    assert [(c.id, c.weight, c.jurors) for c in of.criteria] == [(useful.id, 2, 3), (doable.id, 1, 1)]
    shown = published(body, room.round)["criteria"]
    assert shown[0]["counts"] == [[written[0], 0, 1], [written[0], 1, 1], [written[0], 2, 1]]
    assert shown[0]["few"] == [[written[1], 2, 8]], "of two grades only the median is told"
    assert (shown[1]["counts"], shown[1]["few"]) == ([], [[written[1], 1, None]]), "of one grade nothing is"
    assert factories.journal_holds() == []


def test_a_ballot_file_holds_no_grade_of_a_juror(room, written, tmp_path):
    voter = factories.participant(room)
    cast_ballot(Cast(voter.id, room.round_id, factories.op(), "tab", 1, {written[0]: 1}, room.question_id))
    grade(room, seat(room), room.round.criteria[0], {written[0]: 3})
    factories.close(room)
    file = tmp_path / "ballots.json"

    with file.open("wb") as out:
        write_ballots(db.session(), room.round, out)

    marks = [json.loads(body) for _, body in json.loads(file.read_bytes())["journal"]]
    assert [body["q"] for body in marks if body["kind"] == "mark"] == [room.question_id]


@pytest.mark.parametrize(
    ("criteria", "problems"),
    [
        ((CriterionPlan(" "),), {"c1_name": "missing"}),
        ((CriterionPlan("Useful"), CriterionPlan("useful")), {"c2_name": "criterion_twice"}),
        ((CriterionPlan("Useful", 0),), {"c1_weight": "out_of_range"}),
        ((CriterionPlan("Useful", steps=9),), {"criteria_steps": "unknown"}),
        ((CriterionPlan("Useful", steps=4), CriterionPlan("Doable", steps=5)), {"criteria_steps": "unknown"}),
        (tuple(CriterionPlan(str(n)) for n in range(7)), {"criteria": "out_of_range"}),
    ],
    ids=["no name", "twice", "no weight", "no scale", "two scales", "too many"],
)
def test_bad_criteria_are_refused_by_field(app, criteria, problems):
    with pytest.raises(Invalid) as refused:
        factories.draft(criteria=criteria)

    assert refused.value.problems == problems
    assert db.session.scalars(select(Question)).all() == []


def test_a_draft_is_revised_with_other_criteria(app):
    draft = factories.draft(criteria=CRITERIA)

    revise_challenge(draft.owner, draft.id, factories.form(criteria=(CriterionPlan("New?"),)))

    assert [q.prompt for q in draft.round.criteria] == ["New?"]
    assert [q.rule for q in draft.round.questions] == ["approval"]
