"""The first look: planned with the phases, open in its phase alone, without effect on the vote, frozen at the close."""

import csv
import io
import json
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import select

from ideas import audit
from ideas.blueprints import PhasePlan, QuestionPlan, plan_of
from ideas.database import db
from ideas.errors import Invalid, NotClosed, PhaseForbids
from ideas.exports import FORMATS, own_data
from ideas.exports.ballots import write_ballots
from ideas.exports.cells import MINDS
from ideas.exports.pack import write_pack
from ideas.exports.pack.verifying import verify
from ideas.forgetting import forget_ballots
from ideas.models import Ballot, JournalEntry, Mark, Result
from ideas.queries.counts import counted
from ideas.queries.minds import minds_in_result
from ideas.queries.rooms import figures_of
from ideas.services import challenges, duplicating, feeds, finishing, guests, merging, moderation, phases, waves
from ideas.services.ballots import CLOSED, INVALID, CastRefused
from ideas.voting.minds import Minds
from tests import factories
from tests.minds import BUILD, DISCUSS, NO, PLANS, VOTE, YES, looked


def body_of(room):
    db.session.rollback()
    return json.loads(db.session.get_one(Result, room.round_id).body)


def closed(played):
    factories.close(played.room)
    return body_of(played.room)


def figures(played):
    return minds_in_result(closed(played))


# Planning


@pytest.mark.parametrize(
    ("plans", "problem"),
    [
        ((BUILD, VOTE), {"phase-0-activities": "look_first"}),  # no discussion
        ((DISCUSS, BUILD, VOTE), {"phase-1-activities": "look_first"}),  # the discussion is over
        ((BUILD, replace(VOTE, activities=("debate", "vote"))), {"phase-0-activities": "look_first"}),
        ((replace(BUILD, activities=("look", "debate")), DISCUSS, VOTE), {"phase-0-activities": "look_alone"}),
        ((replace(BUILD, activities=("look", "vote")), DISCUSS, VOTE), {"phase-0-activities": "look_alone"}),
        ((BUILD, replace(BUILD, name="Again"), DISCUSS, VOTE), {"phase-1-activities": "look_alone"}),
        ((replace(BUILD, others_visible=False), DISCUSS, VOTE), {"phase-0-activities": "hidden_permits_writing_only"}),
    ],
)
def test_a_first_look_needs_a_phase_before_the_discussion_before_the_vote(app, plans, problem):
    with pytest.raises(Invalid) as refused:
        factories.draft(phases=plans)

    assert refused.value.problems == problem


def test_a_rule_that_compares_two_ideas_offers_no_first_look(app):
    with pytest.raises(Invalid) as refused:
        factories.draft(phases=PLANS, questions=(QuestionPlan("pairs"),))

    assert refused.value.problems == {"phase-0-activities": "look_rule"}


def test_the_first_look_asks_the_first_question_by_its_rule(app):
    questions = (QuestionPlan("grades", "How good?", {"steps": 4}), QuestionPlan("points"))

    round = factories.draft(phases=PLANS, questions=questions).round

    look = round.first_look
    assert (look.rule, look.options, look.prompt) == ("grades", round.questions[0].options, "How good?")
    assert [q.rule for q in round.questions] == ["grades", "points"]
    assert round.criteria == []


def test_a_draft_loses_its_first_look_with_the_phase(app):
    room = factories.draft(phases=PLANS)

    challenges.revise_challenge(room.owner, room.id, factories.form(phases=(DISCUSS, VOTE)))

    db.session.rollback()
    assert room.round.first_look is None
    assert len(room.round.asked) == 1


def test_a_copy_has_the_first_look_too(app):
    room = factories.room(phases=PLANS)

    copy = duplicating.duplicate_challenge(room.owner, room.id, "(copy)")

    assert challenges.current_round(db.session(), copy).first_look.rule == "approval"


def test_the_journal_opens_with_the_first_look(app):
    room = factories.room(phases=PLANS)

    body = db.session.scalars(select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind="open")).one()

    look = room.round.first_look
    assert json.loads(body)["look"] == [look.id, "approval", look.options]
    assert [q for q, *_ in json.loads(body)["questions"]] == [room.round.questions[0].id]


def test_a_running_round_without_a_first_look_gets_none(app):
    room = factories.room(phases=(PhasePlan("Build", ("write",)), DISCUSS, VOTE))

    plans = (replace(BUILD, name="Look"), DISCUSS, VOTE)

    with pytest.raises(Invalid) as refused:
        phases.plan_phases(room.owner, room.round_id, plans, places=(None, 1, 2))

    assert refused.value.problems == {"phase-0-activities": "look_late"}


def test_a_running_round_keeps_its_first_look_before_the_discussion(app):
    room = factories.room(phases=(PhasePlan("Write", ("write",)), *PLANS))
    plans = tuple(plan_of(phase) for phase in room.round.phases[1:-1])

    phases.plan_phases(room.owner, room.round_id, plans, places=(1, 2, 3))
    with pytest.raises(Invalid):
        phases.plan_phases(room.owner, room.round_id, plans[::-1], places=(3, 2, 1))


# Marks


@pytest.fixture
def room(app):
    return factories.room(phases=PLANS)


@pytest.fixture
def people(room):
    return [factories.participant(room) for _ in range(2)]


@pytest.fixture
def written(room, people):
    return factories.idea(room, people[0])


def test_each_phase_takes_marks_on_its_own_question(room, people, written):
    look, vote = room.round.first_look.id, room.round.questions[0].id
    with pytest.raises(CastRefused) as early:
        factories.mark(room, people[1], {written: YES}, question_id=vote)
    factories.mark(room, people[1], {written: NO}, question_id=look)
    factories.step(room, "Discuss")
    with pytest.raises(CastRefused) as between:
        factories.mark(room, people[1], {written: YES}, question_id=look)
    factories.step(room, "Vote")
    with pytest.raises(CastRefused) as late:
        factories.mark(room, people[1], {written: YES}, question_id=look)
    factories.mark(room, people[1], {written: YES}, question_id=vote)

    assert {refused.value.error for refused in (early, between, late)} == {CLOSED}
    db.session.rollback()
    marks = select(Mark.question_id, Mark.value).order_by(Mark.seq)
    assert db.session.execute(marks).all() == [(look, NO), (vote, YES)]


def test_a_cast_without_a_question_belongs_to_that_of_the_phase(room, people, written):
    factories.mark(room, people[1], {written: NO})
    factories.step(room, "Vote")
    factories.mark(room, people[1], {written: YES})

    db.session.rollback()
    round = room.round
    assert factories.own_marks(db.session(), round, people[1].row) == {factories.entry_id(written): YES}
    assert db.session.scalars(select(Mark.value).filter_by(question_id=round.first_look.id)).all() == [NO]


def test_nobody_marks_an_own_idea_at_the_first_look(room, people, written):
    with pytest.raises(CastRefused) as refused:
        factories.mark(room, people[0], {written: YES})

    assert refused.value.error == INVALID


def test_the_feed_deals_for_the_question_of_the_phase_alone(room, people, written):
    look, vote = room.round.first_look.id, room.round.questions[0].id

    assert feeds.deal(people[1].actor, look, 5) == [factories.entry_id(written)]
    with pytest.raises(PhaseForbids):
        feeds.deal(people[1].actor, vote, 5)


def test_a_first_look_can_be_ended_and_reopened(room, people, written):
    look = room.round.first_look.id
    factories.mark(room, people[1], {written: YES})

    finishing.finish_ballot(people[1].actor, look)
    finishing.reopen_ballot(people[1].actor, look)
    factories.step(room, "Vote")

    with pytest.raises(PhaseForbids):
        finishing.finish_ballot(people[1].actor, look)


def test_a_first_look_is_no_turnout_and_no_count(room, people, written):
    factories.mark(room, people[1], {written: YES})
    db.session.rollback()

    round = room.round
    assert (round.turnout, figures_of(db.session(), round).voted) == (0, 0)
    assert counted(db.session(), round)["questions"][0]["counts"] == []
    assert round.first_look.id not in {q["question"] for q in counted(db.session(), round)["questions"]}
    assert "minds" not in counted(db.session(), round)


# The close


def test_the_close_freezes_the_minds_that_changed(app):
    played = looked()

    assert figures(played) == {factories.entry_id(played.moved): Minds(5, 1, 2, (played.argument,))}


def test_the_result_is_that_of_the_vote(app):
    played = looked()

    body = closed(played)

    [question] = body["questions"]
    assert (body["turnout"], question["voters"]) == (8, 8)
    moved = factories.entry_id(played.moved)
    assert [row for row in question["counts"] if row[0] == moved] == [[moved, 0, NO, 2], [moved, 0, YES, 6]]


def test_a_round_without_a_first_look_has_no_part_about_it(app):
    room = factories.used_room()
    factories.close(room)

    assert "minds" not in body_of(room)


def test_nobody_sees_the_figures_before_the_close(app):
    played = looked()
    db.session.rollback()

    with pytest.raises(NotClosed):
        write_pack(db.session(), played.room.round, io.BytesIO())


def test_marks_of_a_wave_that_is_left_out_do_not_count(app):
    played = looked()
    wave = factories.wave(played.room, *played.voters[:4])
    waves.exclude_wave(played.room.owner, wave)

    assert figures(played) == {}
    assert list(audit.check(db.session())) == []


def test_a_merged_idea_counts_for_the_one_that_stays(app):
    played = looked()
    factories.step(played.room, "Build")
    merging.merge_ideas(played.room.owner, played.moved, played.firm)

    found = figures(played)

    assert set(found) <= {factories.entry_id(played.firm)}
    assert list(audit.check(db.session())) == []


def test_a_hidden_idea_has_no_figures(app):
    played = looked()
    moderation.hide_idea(played.room.owner, played.moved, "off topic")

    assert figures(played) == {}


def test_the_audit_covers_the_marks_of_the_first_look(app):
    played = looked()
    closed(played)
    assert list(audit.check(db.session())) == []

    look = played.room.round.first_look.id
    mark = db.session.scalars(select(Mark).filter_by(question_id=look)).first()
    mark.value = -mark.value
    db.session.commit()

    assert [found.problem for found in audit.check(db.session())] == ["the stored marks are not those of the journal"]


# Files


def packed(room):
    db.session.rollback()
    out = io.BytesIO()
    write_pack(db.session(), room.round, out)
    return out.getvalue()


def test_verify_counts_the_figures_of_a_pack_again(app):
    played = looked()
    closed(played)
    data = packed(played.room)

    found = {finding.text: finding.holds for finding in verify(db.session(), data)}

    assert all(found.values())
    assert "first look: the figures are those of a count" in found

    db.session.scalars(select(Mark).filter_by(question_id=played.room.round.first_look.id)).first().value = YES
    db.session.flush()
    assert "first look: the figures are not those of a count" in {f.text for f in verify(db.session(), data)}


def test_the_ballot_file_holds_no_first_look(app):
    played = looked()
    finishing.finish_ballot(played.voters[0].actor, played.room.round.questions[0].id)
    closed(played)
    look = played.room.round.first_look.id

    out = io.BytesIO()
    write_ballots(db.session(), played.room.round, out)

    document = json.loads(out.getvalue())
    questions = {json.loads(body).get("q") for _, body in document["journal"]}
    assert questions == {played.room.round.questions[0].id, None}
    assert look not in {question for _, question, *_ in document["reads"]}


def test_no_file_counts_the_first_look(app):
    """What the floors hide of `firm` would follow from its counts: nobody moved there."""
    played = looked()
    body = closed(played)
    look, firm = played.room.round.first_look.id, factories.entry_id(played.firm)
    with zipfile.ZipFile(io.BytesIO(packed(played.room))) as pack:
        counts = json.loads(pack.read("counts.json"))
        entries = [json.loads(line) for line in pack.read("journal.jsonl").splitlines()]

    assert counts["minds"] == body["minds"]
    assert set(counts["minds"]) == {"question", "rule", "options", "entries"}
    assert firm not in {entry for entry, *_ in counts["minds"]["entries"]}
    assert look not in {question["question"] for question in counts["questions"]}
    assert "mark" not in {json.loads(entry["body"])["kind"] for entry in entries if "body" in entry}


def test_own_data_holds_ones_first_look(app):
    played = looked()
    voter = played.voters[0].row

    votes = own_data._votes(db.session(), played.room.round, played.room.round.first_look, voter)

    assert votes["first_look"] is True
    assert [mark["value"] for mark in votes["marks"]] == [NO, YES]


def test_the_figures_outlive_the_ballots(app):
    played = looked()
    before = closed(played)["minds"]
    with factories.write() as transaction:
        round = transaction.session.get_one(type(played.room.round), played.room.round_id)
        forget_ballots(factories.journal.locked(transaction, played.room.id), round)

    assert db.session.scalars(select(Mark)).all() == []
    assert body_of(played.room)["minds"] == before
    assert all(found.holds for found in verify(db.session(), packed(played.room)))


def test_exports_have_the_figures(app):
    played = looked()
    moved = factories.entry_id(played.moved)
    closed(played)
    files = {}
    for name in ("csv", "json", "xlsx"):
        out = io.BytesIO()
        FORMATS[name].write(db.session(), played.room.round, out)
        files[name] = out.getvalue()

    assert json.loads(files["json"])["minds"] == [
        {"entry": moved, "higher": 5, "same": 2, "lower": 1, "arguments": [played.argument]}
    ]
    rows = {row["title"]: row for row in csv.DictReader(io.StringIO(files["csv"].decode()))}
    told = [[row[name] for name in MINDS] for row in (rows["Late bread"], rows["Bread by bike"])]
    assert told == [["5", "2", "1", str(played.argument)], ["", "", "", ""]]
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))["Ranking"]
    assert [cell.value for cell in sheet[1]][-4:] == list(MINDS)


def test_a_guests_first_look_passes_to_their_account(room, people, written):
    guest, account = factories.participant(room), factories.account()
    holder = factories.participant(room, actor=account)
    factories.mark(room, guest, {written: NO})
    factories.step(room, "Vote")
    factories.mark(room, holder, {written: YES})

    guests.adopt_guest(guest.actor.person_id, account.account_id)

    db.session.rollback()
    assert {*db.session.scalars(select(Mark.participant_id))} == {holder.id}
    assert {*db.session.scalars(select(Ballot.participant_id))} == {holder.id}
    assert list(audit.check(db.session())) == []
