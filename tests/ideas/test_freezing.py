"""What is counted and written in a worker: it is what the server's own process would count, and no death of the worker
loses anything.
"""

import io
import json
import threading
import zipfile

import pytest

from ideas import clock, freezing, offload
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.exports import FORMATS, making
from ideas.freezing import Freezer, counts_at_close, counts_of
from ideas.models import Assessment, Person, Readiness, Result
from ideas.queries.counts import counted
from ideas.services import assessing, hands, ideas, moderation, readiness, rounds
from ideas.services.ballots import CLOSED, cast_ballots
from ideas.services.feeds import deal
from ideas.worker import Workers
from tests import crowds, factories
from tests.doubles import partly_here
from tests.ideas import chores


@pytest.fixture(scope="module")
def started():
    workers = Workers()
    yield workers
    workers.stop()


@pytest.fixture
def workers(started):
    offload.use_workers(started)
    yield started
    offload.use_workers(None)


def not_here(*_args, **_kwargs):
    raise AssertionError("this was computed in the process of the server")


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "pairs", "grades"))
def test_a_close_freezes_in_a_worker_what_the_closed_round_gives_byte_for_byte(app, workers, monkeypatch, rule):
    room = crowds.voted(rule, QuestionPlan("ranked" if rule != "ranked" else "pairs"))
    left_out = factories.idea(room, factories.participant(room), "Out of place")
    moderation.hide_idea(room.owner, left_out, "Off topic")
    hands.count_hands(room.owner, room.question_id, factories.entry_id(left_out) - 1, 1, 7)
    with monkeypatch.context() as patch:
        patch.setattr(freezing, "counted", not_here)
        patch.setattr(freezing, "published", not_here)
        patch.setattr(assessing, "marks_of_people", not_here)
        patch.setattr(assessing, "assess", not_here)
        factories.close(room)

    result = db.session.get_one(Result, room.round_id)
    assert (result.body, True) == (counts_of(db.session(), room.round)[0], b"hands" in result.body)
    [kept] = db.session.scalars(db.select(Assessment).filter_by(round_id=room.round_id)).all()
    assert kept.body == assessing.assessment_of(making.source_of(db.session()), room.round_id)
    assert factories.journal_holds() == []


def counts_now(room):
    return counts_at_close(making.source_of(db.session()), room.round_id, clock.to_ms(clock.now()))


def test_a_second_count_takes_the_first_one_if_nothing_happened(app, monkeypatch):
    room = crowds.voted("ranked")
    db.session.rollback()
    first = counts_now(room)
    monkeypatch.setattr(freezing, "counted", not_here)

    assert counts_now(room) == first


# What may happen between two counts, in a room with an idea.
BETWEEN = {
    "mark": lambda room, idea: factories.mark(room, factories.participant(room), {idea: 1}),
    "deal": lambda room, idea: deal(factories.participant(room).actor, room.question_id, 2),
    "idea": lambda room, idea: factories.idea(room, factories.participant(room)),
    "hiding": lambda room, idea: moderation.hide_idea(room.owner, idea, "Off topic"),
    "hands": lambda room, idea: hands.count_hands(room.owner, room.question_id, factories.entry_id(idea), 1, 7),
    "join": lambda room, idea: factories.participant(room),
}


@pytest.mark.parametrize("what", BETWEEN)
def test_whatever_happens_between_two_counts_is_counted(app, what):
    room = crowds.voted("approval")
    idea = factories.idea(room, factories.participant(room))
    db.session.rollback()
    before = counts_now(room)

    BETWEEN[what](room, idea)

    db.session.rollback()
    found = counts_now(room)
    freezing._counted.clear()
    assert found == counts_now(room) != before


def test_a_new_member_of_the_organisation_is_no_elector_any_more(app):
    """The journal does not tell of it."""
    room = crowds.voted("approval")
    guest = factories.participant(room)
    db.session.rollback()
    before, seq = counts_now(room), room.round.challenge.seq

    member = factories.member(room.organisation_id, room.owner)
    with write() as transaction:
        transaction.session.get_one(Person, member.person_id).account_id = None
        transaction.session.flush()
        transaction.session.get_one(Person, guest.actor.person_id).account_id = member.account_id

    db.session.rollback()
    assert room.round.challenge.seq == seq
    assert json.loads(counts_now(room)[0])["electorate"]["people"] == json.loads(before[0])["electorate"]["people"] - 1


def test_equal_orders_are_counted_once_and_stand_in_the_order_of_their_places(app):
    room = factories.room(questions=(QuestionPlan("ranked"),))
    first, second, third = [
        factories.entry_id(factories.idea(room, factories.participant(room), f"Idea {n}")) for n in range(3)
    ]
    ballots = [{second: 1}, {first: 1}, {first: 1, second: 2}, {second: 1, first: 1}, {first: 1}, {third: 2, first: 1}]
    voters = [factories.participant(room) for _ in ballots]
    for voter, ballot in zip(voters, ballots, strict=True):
        crowds.cast(room, voter, room.question_id, ballot)
    crowds.cast(room, voters[0], room.question_id, {second: 0, third: 1})

    [question] = counted(db.session(), room.round)["questions"]

    assert question["orders"] == [
        [2, [[first, 1]]],
        [1, [[first, 1], [second, 1]]],
        [1, [[first, 1], [second, 2]]],
        [1, [[first, 1], [third, 2]]],
        [1, [[third, 1]]],
    ]


def test_a_close_counts_the_ideas_that_it_reveals(app, workers):
    room = factories.room(phases=factories.ALONE_FIRST)
    author = factories.participant(room)
    sealed, withdrawn = factories.idea(room, author, "Sealed"), factories.idea(room, author, "Withdrawn")
    ideas.withdraw_idea(author.actor, withdrawn)

    factories.close(room)

    body = db.session.get_one(Result, room.round_id).body
    assert body == counts_of(db.session(), room.round)[0]
    assert json.loads(body)["entries"] == [[factories.entry_id(sealed), "visible", 1]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rule", crowds.RULES)
def test_a_round_without_ideas_is_closed_without_a_warning(app, rule):
    room = factories.room(questions=(QuestionPlan(rule),))

    readiness.measure_readiness(room.round_id)
    factories.close(room)

    assert db.session.scalars(db.select(Assessment).filter_by(round_id=room.round_id)).one()


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_written_in_a_worker_as_the_server_would_write_it(app, workers, monkeypatch, form):
    room = crowds.closed("approval", anonymity="named")
    here = io.BytesIO()
    FORMATS[form].write(db.session(), room.round, here)
    monkeypatch.setitem(FORMATS, form, not_here)

    with making.file_of(db.session(), room.round, form) as file:
        there = file.read()

    if form == "xlsx":  # it holds the time at which it was made
        assert sheets_of(there) == sheets_of(here.getvalue())
    else:
        assert there == here.getvalue()


def sheets_of(book):
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        return {name: packed.read(name) for name in packed.namelist() if name != "docProps/core.xml"}


def test_readiness_is_measured_in_a_worker(app, workers, monkeypatch):
    room = crowds.voted("approval")
    monkeypatch.setattr(readiness, "estimate_readiness", not_here)
    monkeypatch.setattr(readiness, "crowd_of", not_here)

    readiness.measure_readiness(room.round_id)

    assert db.session.get_one(Readiness, room.question_id).stability > 0


def test_a_worker_that_dies_during_a_close_leaves_the_round_open_and_the_close_can_be_repeated(
    app, workers, monkeypatch, browser_of
):
    room = crowds.voted("approval")
    owner = browser_of(room.owner)
    with monkeypatch.context() as patch:
        patch.setattr(freezing, "counts_at_close", chores.die_at_once)
        answer = owner.post(f"/rounds/{room.round_id}/closure", data={"since": room.round.position})
        assert answer.status_code == 503
        assert "could not finish" in answer.get_data(as_text=True)
        assert not room.round.is_closed
        assert factories.journal_holds() == []
        voter = factories.participant(room)
        factories.mark(room, voter, dict.fromkeys(ideas_of(room)[:1], 1))

    factories.close(room)

    body = db.session.get_one(Result, room.round_id).body
    assert body == counts_of(db.session(), room.round)[0]
    assert b'"turnout":25' in body
    assert factories.journal_holds() == []


def ideas_of(room):
    return list(db.session.scalars(db.text(f"select idea_id from entry where round_id = {room.round_id}")))


def test_a_worker_that_dies_during_an_export_is_answered_and_the_export_can_be_repeated(
    app, workers, monkeypatch, browser_of
):
    room = crowds.closed("approval")
    owner, address = browser_of(room.owner), f"{room.path}/result.json"
    with monkeypatch.context() as patch:
        patch.setattr(making, "written", chores.die_at_once)
        assert owner.get(address).status_code == 503

    answer = owner.get(address)

    assert (answer.status_code, answer.json["result"]["turnout"]) == (200, 24)
    assert answer.content_length == len(answer.data)


def test_a_mark_that_arrives_during_a_close_waits_and_hears_that_the_round_is_closed(app, monkeypatch):
    room = crowds.voted("approval")
    voter = factories.participant(room)
    [entry, *_] = db.session.scalars(db.text(f"select id from entry where round_id = {room.round_id}"))
    counting, go_on = threading.Event(), threading.Event()
    freeze, answers = Freezer.freeze, []

    def slow(self, round, at):
        counting.set()
        assert go_on.wait(20)
        return freeze(self, round, at)

    def in_thread(act):
        def run():
            with app.app_context():
                answers.append(act())

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    monkeypatch.setattr(Freezer, "freeze", slow)
    db.session.rollback()
    closing = in_thread(lambda: rounds.close_round(room.owner, room.round_id))
    assert counting.wait(20)
    cast = crowds._cast(room, voter, room.question_id, {entry: 1})
    casting = in_thread(lambda: cast_ballots([cast]))
    casting.join(0.2)
    assert casting.is_alive(), "the mark waits for the writer"
    go_on.set()
    closing.join(20)
    casting.join(20)

    assert [answer.error for [answer] in filter(None, answers)] == [CLOSED]
    db.session.rollback()
    assert b'"turnout":24' in db.session.get_one(Result, room.round_id).body
