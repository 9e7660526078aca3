"""What is erased or deleted after a time: once, whatever crashes."""

import io
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from ideas import clock, journal, leases, operations, removal
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.errors import Invalid, RetentionPromised
from ideas.exports import FORMATS
from ideas.models import (
    Account,
    Anonymity,
    Argument,
    Ballot,
    Challenge,
    Exposure,
    Idea,
    JournalEntry,
    Mail,
    MailKind,
    Mark,
    Operation,
    Participant,
    Person,
    Retention,
    RetentionAct,
    Round,
    StreamItem,
    Tally,
)
from ideas.queries.rankings import rankings_of
from ideas.services import accounts, challenges, finishing, moderation, retention
from ideas.services.assessing import assess_round
from tests import factories

DAY = timedelta(days=1)


@pytest.fixture
def later(monkeypatch):
    """Move the clock on."""

    def move(by: timedelta) -> None:
        now = clock.now() + by
        monkeypatch.setattr(clock, "now", lambda: now)

    return move


def content() -> list[str]:
    """The whole content of the database, as statements, without leases."""
    db.session.rollback()
    with closing(sqlite3.connect(db.engine.url.database)) as connection:
        return [line for line in connection.iterdump() if 'INTO "lease"' not in line]


def closed_room(**fields: object) -> factories.Room:
    """A closed room in which everybody voted, some changed a vote, and one person is done."""
    room = factories.room(**fields)
    people = [factories.participant(room) for _ in range(4)]
    found = [factories.idea(room, person) for person in people[:2]]
    factories.argument(found[0], people[1])
    questions = [question.id for question in room.round.questions]
    for voter in people[2:]:
        factories.mark(room, voter, dict.fromkeys(found, 1), question_id=questions[0])
        factories.mark(room, voter, {found[0]: -1}, question_id=questions[0])
        finishing.finish_ballot(voter.actor, questions[0])
    factories.close(room)
    assess_round(room.round_id)
    return room


@pytest.fixture
def room(app, noise):
    return closed_room(anonymity=Anonymity.FOR_GOOD, questions=(QuestionPlan("approval"), QuestionPlan("pairs")))


# Hidden for good


def test_ballots_are_forgotten_thirty_days_after_the_close(room, later):
    later(29 * DAY)
    retention.run_due()
    assert not room.round.is_forgotten
    assert db.session.query(Mark).filter_by(question_id=room.question_id).count() == 4

    later(DAY + timedelta(seconds=1))
    retention.run_due()

    db.session.rollback()
    assert room.round.key == b""
    assert set(db.session.scalars(select(Participant.secret).filter_by(challenge_id=room.id))) == {b""}
    assert db.session.query(Mark).filter_by(question_id=room.question_id).count() == 0
    assert db.session.scalars(select(JournalEntry.kind).filter_by(chain_id=room.chain_id)).all()[-1] == "forget"
    assert factories.journal_holds() == []


def test_counts_result_and_exports_stay(room, later):
    def figures() -> object:
        db.session.rollback()
        return [
            (r.turnout, r.done, [(p.place, p.figures) for p in r.places]) for r in rankings_of(db.session(), room.round)
        ]

    before, turnout = figures(), room.round.turnout
    later(31 * DAY)
    retention.run_due()

    assert figures() == before
    assert room.round.turnout == turnout
    for one in (one for one in FORMATS.values() if not one.shows_ballots):
        out = io.BytesIO()
        one.write(db.session(), room.round, out)
        assert out.getvalue()


def test_nothing_that_stays_joins_a_participant_to_a_mark(room, later):
    """The attacker holds the database and looks for a participant beside a number or a time of voting."""
    assert db.session.query(StreamItem).filter(StreamItem.lane.like("participant-%")).count()
    later(31 * DAY)
    retention.run_due()

    db.session.rollback()
    of_room = [p.handle for p in db.session.scalars(select(Participant).filter_by(challenge_id=room.id))]
    lanes = select(StreamItem.lane).filter_by(chain_id=room.chain_id).where(StreamItem.lane.in_(of_room))
    assert db.session.scalars(lanes).all() == []
    assert db.session.query(Operation).filter(Operation.owner.in_(of_room)).count() == 0
    assert db.session.query(Exposure).filter_by(question_id=room.question_id).count() == 0
    ended = set(db.session.scalars(select(Ballot.done_at).filter_by(question_id=room.question_id)))
    assert len(ended) == 1, "no order of those who are done"


def test_a_second_run_changes_nothing(room, later):
    later(31 * DAY)
    retention.run_due()
    before = content()

    retention.run_due()
    later(DAY)
    retention.run_due()

    assert content() == before


def test_a_run_that_dies_in_the_middle_leaves_everything_and_the_next_one_does_it(room, later, monkeypatch):
    later(31 * DAY)
    before = content()
    with monkeypatch.context() as patch:
        patch.setattr(operations, "forget_commands", lambda *_: 1 / 0)
        retention.run_due()
    assert content() == before

    retention.run_due()
    assert room.round.is_forgotten
    assert factories.journal_holds() == []


def test_only_one_process_works_at_a_time(room, later):
    later(31 * DAY)
    with leases.held(retention.LEASE, 60):
        retention.run_due()
    assert not room.round.is_forgotten

    retention.run_due()
    assert room.round.is_forgotten


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.UNTIL_RESULT])
def test_other_rounds_are_not_forgotten(app, later, anonymity):
    room = closed_room(anonymity=anonymity)
    later(400 * DAY)

    retention.run_due()

    assert not room.round.is_forgotten


def test_an_open_round_is_not_forgotten(app, later):
    room = factories.sealed_room()
    later(400 * DAY)

    retention.run_due()

    assert not room.round.is_forgotten


def test_a_result_that_was_not_assessed_yet_is_assessed_first(app, later):
    room = factories.sealed_room()
    people = [factories.participant(room) for _ in range(2)]
    factories.mark(room, people[1], {factories.idea(room, people[0]): 1})
    factories.close(room)
    later(31 * DAY)

    retention.run_due()

    [ranking] = rankings_of(db.session(), room.round)
    assert ranking.assessed is not None
    assert not assess_round(room.round_id)
    assert factories.journal_holds() == []


def test_the_check_still_finds_a_changed_count(room, later):
    later(31 * DAY)
    retention.run_due()
    with write() as transaction:
        transaction.session.execute(update(Tally).where(Tally.question_id == room.question_id).values(n=Tally.n + 1))

    [problem] = factories.journal_holds()
    assert "the counters are not the sums of the marks" in problem


def test_the_check_finds_ballots_that_were_forgotten_without_an_entry(room):
    with write() as transaction:
        transaction.session.execute(update(Round).where(Round.id == room.round_id).values(key=b""))

    [problem] = factories.journal_holds()
    assert "the forgotten rounds are not those of the journal" in problem


def test_the_check_finds_a_mark_that_came_back(room, later):
    kept = db.session.scalars(select(Mark).filter_by(question_id=room.question_id)).first()
    row = {column.name: getattr(kept, column.name) for column in Mark.__table__.columns}
    later(31 * DAY)
    retention.run_due()
    with write() as transaction:
        transaction.session.add(Mark(**row))

    assert factories.journal_holds()


def test_the_recount_of_a_journal_gives_the_counts(app):
    marks = journal.Recount()
    for seq, (person, value) in enumerate([("a", 1), ("b", 1), ("a", -1)], 1):
        marks.read(seq, {"kind": "mark", "p": person, "q": 7, "m": [[3, value]], "c": str(seq), "n": 1})

    assert marks.sums({7}) == {(7, 3, 0, 1): 1, (7, 3, 0, -1): 1}
    assert marks.sums({8}) == {}


# The rule of a challenge and that of the installation


def rule(act: RetentionAct, days: int) -> Retention:
    return Retention(act, days)


ANONYMISE_30, DELETE_90 = Retention(RetentionAct.ANONYMISE, 30), Retention(RetentionAct.DELETE, 90)


@pytest.mark.parametrize(
    ("own", "installation", "expected"),
    [
        (None, None, []),
        (ANONYMISE_30, None, [ANONYMISE_30]),
        (None, DELETE_90, [DELETE_90]),
        (ANONYMISE_30, DELETE_90, [ANONYMISE_30, DELETE_90]),
        (DELETE_90, ANONYMISE_30, [ANONYMISE_30, DELETE_90]),
        (rule(RetentionAct.DELETE, 10), ANONYMISE_30, [rule(RetentionAct.DELETE, 10)]),
        (rule(RetentionAct.ANONYMISE, 60), ANONYMISE_30, [ANONYMISE_30]),
    ],
)
def test_both_rules_hold(own, installation, expected):
    challenge = Challenge(retention_act=own.act if own else None, retention_days=own.days if own else None)

    assert challenge.retentions(installation) == expected


def test_a_challenge_is_anonymised_when_its_time_has_come(app, noise, later):
    room = closed_room(retention=ANONYMISE_30)
    guest = room.round.challenge
    named = [p.name for p in db.session.scalars(select(Participant).filter_by(challenge_id=room.id))]
    people = set(db.session.scalars(select(Participant.person_id).filter_by(challenge_id=room.id)))
    [ranking] = rankings_of(db.session(), room.round)
    before = [(p.idea.title, p.place, p.figures) for p in ranking.places]
    moderation.redact_argument(room.owner, _argument(room), "A private reason")
    assert guest.anonymised_at is None

    later(29 * DAY)
    retention.run_due()
    assert named[0] in "\n".join(content())

    later(2 * DAY)
    retention.run_due()

    left = "\n".join(content())
    assert [name for name in [*named, "A private reason"] if name in left] == []
    assert db.session.query(Person).where(Person.id.in_(people)).count() == 0
    assert room.round.is_forgotten
    [ranking] = rankings_of(db.session(), room.round)
    assert [(p.idea.title, p.place, p.figures) for p in ranking.places] == before
    assert {p.idea.author for p in ranking.places} == {""}
    assert factories.journal_holds() == []


def _argument(room: factories.Room) -> int:
    return db.session.scalars(select(Argument.id).join(Idea).where(Idea.challenge_id == room.id)).first()


def test_a_challenge_is_deleted_by_the_rule_of_the_installation(app, noise, later):
    room, other = closed_room(), factories.room()
    assert noise
    later(89 * DAY)
    retention.run_due(DELETE_90)
    assert db.session.get(Challenge, room.id)

    later(2 * DAY)
    retention.run_due(DELETE_90)
    assert db.session.get(Challenge, room.id) is None
    assert db.session.get(Challenge, other.id), "an open round is never due"
    assert factories.journal_holds() == []


@pytest.mark.parametrize("due", [ANONYMISE_30, DELETE_90], ids=["anonymise", "delete"])
def test_a_rule_that_dies_in_the_middle_is_done_whole_by_the_next_run(app, later, monkeypatch, due):
    room = closed_room(retention=due)
    later(100 * DAY)
    before = content()
    with monkeypatch.context() as patch:
        patch.setattr(removal, "end_devices", lambda *_: 1 / 0)
        accounts_of_guests(room)
        before = content()
        retention.run_due()
    assert content() == before

    retention.run_due()
    after = content()
    assert after != before
    retention.run_due()
    later(DAY)
    retention.run_due()
    assert content() == after
    assert factories.journal_holds() == []


def accounts_of_guests(room: factories.Room) -> None:
    """Give each person of the room a browser, which ends at last."""
    for person_id in db.session.scalars(select(Participant.person_id).filter_by(challenge_id=room.id)).all():
        accounts.new_device(person_id)


def announced() -> list[tuple[int | None, object, object]]:
    """The mails before an end: account, act and day."""
    db.session.rollback()
    rows = db.session.scalars(select(Mail).filter_by(kind=MailKind.RETENTION).order_by(Mail.id))
    return [(mail.account_id, mail.ids["challenge"], mail.ids["act"]) for mail in rows]


def test_owners_are_told_once_a_week_before_each_act(app, noise, later):
    room = closed_room(retention=ANONYMISE_30)
    for account_id in (room.owner.account_id, factories.member(room.organisation_id, room.owner).account_id):
        db.session.get_one(Account, account_id).confirmed_at = clock.now()
    db.session.commit()
    later(23 * DAY - timedelta(hours=1))
    retention.run_due(DELETE_90)
    assert announced() == []

    later(timedelta(hours=2))
    for _ in range(2):
        retention.run_due(DELETE_90)
    assert announced() == [(room.owner.account_id, room.id, "anonymise")]

    later(60 * DAY)
    for _ in range(2):
        retention.run_due(DELETE_90)
    assert [act for _, _, act in announced()] == ["anonymise", "delete"]
    assert db.session.get(Challenge, room.id) is not None


def test_nobody_is_told_of_an_end_without_a_rule_or_of_an_open_round(app, later):
    closed_room()
    factories.room(retention=ANONYMISE_30)
    later(25 * DAY)

    retention.run_due()

    assert announced() == []


def test_two_runs_at_once_do_the_work_once(app, later):
    room = closed_room(retention=ANONYMISE_30)
    later(31 * DAY)
    retention._apply(room.id, None)
    before = content()

    retention._apply(room.id, None)  # another process had looked it up before

    assert content() == before


def test_a_published_rule_can_only_become_stricter(app):
    room = factories.room(retention=Retention(RetentionAct.ANONYMISE, 60))

    def revise(kept: Retention | None) -> None:
        challenges.revise_challenge(room.owner, room.id, factories.form(retention=kept))

    for weaker in (None, Retention(RetentionAct.ANONYMISE, 61), Retention(RetentionAct.DELETE, 90)):
        with pytest.raises(RetentionPromised):
            revise(weaker)
    revise(ANONYMISE_30)
    revise(Retention(RetentionAct.DELETE, 30))
    assert room.round.challenge.retention == Retention(RetentionAct.DELETE, 30)


def test_a_rule_needs_a_number_of_days(app):
    with pytest.raises(Invalid):
        factories.draft(retention=Retention(RetentionAct.DELETE, 0))
