"""The audit finds every row that was changed beside the journal, and a history that was cut with its head."""

import hashlib
import json
from dataclasses import replace

import pytest

from ideas import audit, journal
from ideas.database import db
from ideas.models import Challenge, EntryStatus, Job, JournalEntry, KeptHead, Moment, Stance
from ideas.services import finishing, guests, ideas, jobs, moderation
from ideas.services.arguments import withdraw_argument
from tests import factories, orders


def found():
    db.session.rollback()
    return [b.problem for b in audit.check(db.session())]


def run(statement, **values):
    assert db.session.execute(db.text(statement), values).rowcount > 0, statement
    db.session.commit()


@pytest.fixture
def room(app):
    """A closed room with ideas and arguments in every status, a guest who signed in, and erased words; and others."""
    return factories.stocked(_full, "audited")


def _full():
    factories.noise()
    of = factories.room()
    ann, ben, cy = (factories.participant(of, name) for name in ("Ann 1", "Ben 2", "Cy 3"))
    good, bad = factories.idea(of, ann, "Good idea", "With a text"), factories.idea(of, ben, "Bad idea")
    hidden, back = factories.idea(of, ben, "Hidden idea"), factories.idea(of, cy, "Back idea")
    erased = factories.idea(of, ann, "Erased idea")
    ideas.edit_idea(ben.actor, bad, ideas.IdeaForm("Better idea", ""))
    factories.argument(good, ben, "Stays", Stance.FOR)
    withdraw_argument(cy.actor, factories.argument(good, cy, "Goes", Stance.AGAINST))
    moderation.hide_argument(of.owner, factories.argument(good, cy, "Hidden"), "")
    account = factories.account()
    holder = factories.participant(of, "Account 4", account)
    factories.mark(of, ben, {good: 1})
    factories.mark(of, cy, {good: 1, bad: -1})
    factories.mark(of, holder, {good: -1})
    finishing.finish_ballot(ben.actor, of.question_id)
    guests.adopt_guest(cy.actor.person_id, account.account_id)
    moderation.hide_idea(of.owner, hidden, "Off topic")
    ideas.withdraw_idea(holder.actor, back)
    factories.close(of)
    moderation.redact_idea(of.owner, erased, "Unlawful")
    return of


def test_a_full_room_holds(room):
    assert found() == []


def test_sealed_and_waiting_ideas_hold(app):
    of = factories.room(phases=factories.ALONE_FIRST, approval=True)
    author = factories.participant(of)
    first, second = (factories.idea(of, author) for _ in range(2))
    ideas.withdraw_idea(author.actor, second)
    assert found() == []
    factories.step(of, "build")
    assert found() == []
    moderation.approve_idea(of.owner, first)
    ideas.reinstate_idea(author.actor, second)
    assert found() == []
    factories.close(of)
    assert found() == []


CHANGES = {
    "the time of the close": "UPDATE round SET closed_at = closed_at + 1000 WHERE challenge_id = :c",
    "closed, and the journal": "UPDATE round SET closed_at = 1000 WHERE challenge_id <> :c",
    "is open, and the journal": "UPDATE round SET closed_at = NULL WHERE challenge_id = :c",
    "the words of the challenge": "UPDATE challenge SET title = 'Other' WHERE id = :c",
    "the words of the idea": "UPDATE idea_version SET title = 'Evil idea' WHERE title = 'Good idea'",
    "the words of argument": "UPDATE argument SET text = 'Evil' WHERE text = 'Stays'",
    "without an act": "UPDATE idea_version SET title = 'Back again' WHERE title = '' AND redacted_at IS NOT NULL",
    "erased or restored": "UPDATE idea_version SET title = '', text = '', redacted_at = 1 WHERE title = 'Good idea'",
    "another version": (
        "UPDATE entry SET version_id = (SELECT id FROM idea_version WHERE title = 'Bad idea') "
        "WHERE version_id = (SELECT id FROM idea_version WHERE title = 'Better idea')"
    ),
    "the author of the idea": (
        "UPDATE idea SET author_id = (SELECT id FROM participant WHERE name = 'Ben 2') "
        "WHERE id = (SELECT idea_id FROM idea_version WHERE title = 'Good idea')"
    ),
    "the author of argument": (
        "UPDATE argument SET author_id = (SELECT id FROM participant WHERE name = 'Ann 1') WHERE text = 'Stays'"
    ),
    "the status of the idea": "UPDATE entry SET status = 'visible' WHERE status = 'hidden' AND round_id = :r",
    "the status of argument": "UPDATE argument SET status = 'visible' WHERE text = 'Hidden'",
    "of a receipt that was given": (
        "UPDATE operation SET answer = replace(answer, '\"seq\": ', '\"seq\": 1') WHERE answer LIKE '%receipt%'"
    ),
    "ballots are stored": "DELETE FROM ballot WHERE question_id = :q AND done_at IS NULL",
    "stored as open": "UPDATE ballot SET done_at = NULL WHERE question_id = :q",
    "the counts of round": "UPDATE result SET counts_digest = 'x' WHERE round_id = :r",
    "head that was shown": "UPDATE kept_head SET h = zeroblob(32) WHERE chain_id = :chain",
}


@pytest.mark.parametrize("problem", CHANGES)
def test_a_row_that_was_changed_beside_the_journal_is_found(room, problem):
    statement = CHANGES[problem]
    values = {"c": room.id, "chain": room.chain_id, "r": room.round_id, "q": room.question_id}
    run(statement, **{name: value for name, value in values.items() if f":{name}" in statement})

    assert problem in " ".join(found())


def test_heads_are_kept_at_publication_start_phases_and_close(app):
    of = factories.lobby(phases=factories.STEPS)
    factories.start(of)
    factories.step(of, "vote")
    factories.close(of)

    heads = db.session.scalars(db.select(KeptHead).filter_by(chain_id=of.chain_id).order_by(KeptHead.seq)).all()

    assert [head.moment for head in heads] == [Moment.PUBLICATION, Moment.START, Moment.PHASE, Moment.CLOSE]
    for head in heads:
        assert head.h == db.session.get_one(JournalEntry, (of.chain_id, head.seq)).h


class TestCutTail:
    """Somebody with the database drops the end of the journal and moves the head back, so that the chain holds."""

    def cut(self, room, to):
        chain_id = room.chain_id
        head = db.session.get_one(JournalEntry, (chain_id, to)).h
        run("DELETE FROM journal WHERE chain_id = :c AND seq > :n", c=chain_id, n=to)
        run("UPDATE chain SET seq = :n, head = :h WHERE id = :c", c=chain_id, n=to, h=head)

    def test_the_cut_close_is_found_by_the_head_that_was_shown(self, app):
        of = factories.room()
        last = of.round.challenge.seq
        factories.close(of)
        self.cut(of, last)
        run("UPDATE round SET closed_at = NULL, position = 0 WHERE id = :r", r=of.round_id)
        for table in ("result", "assessment"):
            db.session.execute(db.text(f"DELETE FROM {table}"))
        for table in ("act", "stream"):
            db.session.execute(db.text(f"DELETE FROM {table} WHERE seq > {last}"))
        db.session.commit()

        assert [problem for problem in found() if "does not contain the head that was shown on" in problem]
        db.session.execute(db.text(f"DELETE FROM kept_head WHERE seq > {last}"))
        db.session.commit()
        assert found() == []  # nothing on the server is left to tell; mails, browsers and packs are

    def test_a_cut_vote_is_found_by_its_receipt(self, app):
        of = factories.room()
        idea, voter = factories.idea(of, factories.participant(of)), factories.participant(of)
        last = db.session.get_one(Challenge, of.id).seq
        factories.mark(of, voter, {idea: 1})
        self.cut(of, last)
        for table in ("mark", "tally", "ballot"):
            db.session.execute(db.text(f"DELETE FROM {table}"))
        db.session.execute(db.text(f"DELETE FROM stream WHERE seq > {last}"))
        db.session.commit()

        assert found() == ["the journal does not contain the entry of a receipt that was given"]

    def test_rows_beyond_the_end_are_found(self, app):
        of = factories.room()
        idea = factories.idea(of, factories.participant(of))
        last = db.session.get_one(Challenge, of.id).seq
        moderation.hide_idea(of.owner, idea, "")
        self.cut(of, last)
        run("UPDATE entry SET status = 'visible'")

        assert "beyond the end of the journal" in " ".join(found())


def test_the_digests_of_authors_differ_by_text_and_name_nobody(app):
    of = factories.room()
    author = factories.participant(of)
    for _ in range(2):
        factories.idea(of, author)

    bodies = [
        json.loads(b)
        for b in db.session.scalars(db.select(JournalEntry.body).filter_by(chain_id=of.chain_id, kind="entry"))
    ]

    assert bodies[0]["author"] != bodies[1]["author"]
    assert journal.author_digest(b"", author.row.secret) not in {body["author"] for body in bodies}
    assert hashlib.sha256(author.row.secret).hexdigest()[:32] not in {body["author"] for body in bodies}
    assert EntryStatus.VISIBLE in {body["status"] for body in bodies}


# What somebody may do to a job and its orders beside the journal: `{a part of the problem: statement}`.
CHANGES_OF_JOBS = {
    "the entry or one before it was changed": "UPDATE journal SET h = zeroblob(32) WHERE chain_id = :chain AND seq = 2",
    "the entry is missing": "DELETE FROM journal WHERE chain_id = :chain AND seq = 2",
    "does not end where its chain says": "UPDATE chain SET head = zeroblob(32) WHERE id = :chain",
    "stands beyond the end of the journal": "UPDATE act SET seq = 99 WHERE chain_id = :chain AND seq = 1",
    "terms 1: not as in the journal": "UPDATE terms SET cents = cents - 1 WHERE n = 1",
    "terms 1: not as": "UPDATE terms SET brief = 'Do more' WHERE n = 1",
    "terms 2: gone": "UPDATE terms SET frozen_at = NULL WHERE n = 2",
    "not the latest ones": "UPDATE job SET terms_n = 1",
    "the job is closed, and the journal says open": "UPDATE job SET state = 'closed'",
    "the job is hidden, and the journal says otherwise": "UPDATE job SET hidden_at = 1",
    "the state of order 1: not as": "UPDATE job_order SET state = 'delivered'",
    "bound to other terms": "UPDATE job_order SET terms_id = (SELECT max(id) FROM terms)",
    "the delivery 1 of order 1: not as": "UPDATE delivery SET digest = 'x'",
    "what order 1 delivered was changed": "UPDATE delivery SET text = 'Nothing'",
    "entry 1 of the ledger: not as": "UPDATE due_entry SET cents = cents - 1, change = change - 1",
    "entry 1 of the ledger: gone": "DELETE FROM due_entry",
    "counts as other cents": "UPDATE due_entry SET change = 0",
}


def test_what_was_changed_beside_the_journal_of_a_job_is_found(app):
    job = orders.published()
    orders.accepted(job)
    jobs.pause_job(job.owner, job.id)
    jobs.save_terms(job.owner, job.id, replace(orders.FORM, cents=1500), seen="2.0")
    jobs.publish_job(job.owner, job.id, seen="2.1")
    jobs.resume_job(job.owner, job.id)
    assert found() == []
    chain_id = db.session.get_one(Job, job.id).chain_id

    for problem, statement in CHANGES_OF_JOBS.items():
        values = {"chain": chain_id} if ":chain" in statement else {}
        assert db.session.execute(db.text(statement), values).rowcount > 0, statement
        [broken] = audit.check(db.session())
        db.session.rollback()
        assert broken.owner == f"job {job.id}"
        assert problem in broken.problem
    assert found() == []
