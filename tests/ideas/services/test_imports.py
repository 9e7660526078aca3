"""An imported conversation: the stored rows, the journal entries, and no trace of a broken import."""

import io
import json

import pytest
from sqlalchemy import func, select

from ideas import audit
from ideas.actor import OPERATOR
from ideas.clock import from_ms, to_ms
from ideas.database import db
from ideas.errors import Forbidden, Invalid
from ideas.exports import write_csv
from ideas.journal import chain_of
from ideas.models import (
    Challenge,
    EntryStatus,
    Idea,
    JournalEntry,
    Mark,
    Organisation,
    Origin,
    Participant,
    Person,
    Round,
    Tally,
    Visibility,
)
from ideas.polis import read_conversation
from ideas.queries.ideas import idea_rows
from ideas.queries.rooms import figures_of
from ideas.services.imports import import_conversation
from ideas.services.rounds import close_round
from tests import factories
from tests.conversations import FULL, LONDON, RAW, full, needs_full_data, ranking, recount
from tests.doubles import partly_here


def imported(folder, organisation="Canteen", title=""):
    return import_conversation(OPERATOR, read_conversation(folder), organisation, title)


def round_of(stored):
    return db.session.get_one(Round, stored.round)


def exported(stored, *, among_all):
    out = io.BytesIO()
    write_csv(db.session(), round_of(stored), out, among_all=among_all)
    return out.getvalue()


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_the_reported_numbers_are_the_stored_numbers(app, noise):
    before = {table: count(table) for table in (Idea, Mark, Participant)}

    stored = imported(RAW)

    assert (stored.ideas, stored.marks, stored.participants) == (7, 7, 6)
    assert count(Idea) - before[Idea] == 7
    assert count(Mark) - before[Mark] == 7
    assert count(Participant) - before[Participant] == 6


def test_an_imported_round_is_in_its_voting_phase(app):
    stored = imported(RAW)

    round, challenge = round_of(stored), db.session.get_one(Challenge, stored.challenge)
    assert round.origin == Origin.IMPORT
    assert [p.name for p in round.phases] == ["vote", "closed"]
    assert (round.position, round.is_closed) == (0, False)
    assert (challenge.visibility, challenge.blueprint) == (Visibility.LINK, "import")
    assert challenge.published_at is not None
    assert (challenge.title, challenge.brief) == ("Less packaging, more lunch?", "What should the canteen try?")
    assert challenge.organisation.name == "Canteen"


def test_an_import_can_set_a_title_and_reuse_an_organisation(app):
    first = imported(RAW, title="Another title")
    second = imported(LONDON)

    assert db.session.get_one(Challenge, first.challenge).title == "Another title"
    assert count(Organisation) == 1
    assert db.session.get_one(Challenge, second.challenge).organisation.name == "Canteen"


def test_moderation_of_the_source_becomes_the_entry_status(app):
    stored = imported(RAW)

    statuses = {row.source_id: row.status for row in idea_rows(db.session(), round_of(stored))}

    assert statuses["0"] == EntryStatus.VISIBLE
    assert statuses["1"] == EntryStatus.PENDING
    assert statuses["2"] == EntryStatus.HIDDEN


def test_texts_and_times_are_kept(app):
    stored = imported(RAW)

    rows = {row.source_id: row for row in idea_rows(db.session(), round_of(stored))}

    assert rows["0"].title == "Mehrweg statt Einweg: für alle, überall."
    assert (rows["1"].title, rows["1"].text) == ("…", "")
    assert rows["2"].text == 'First line\nsecond line, with a comma\n\nand "quotes"'
    assert rows["3"].title.startswith("<b>Bold</b> & <script>")
    assert rows["5"].title == rows["6"].title == "自用車載客應該納保險。"
    assert to_ms(rows["4"].written_at) == 1_700_000_400_000
    assert rows["0"].author == "Person 1"
    marked = set(db.session.scalars(select(Mark.at)))
    assert from_ms(1_700_001_005_000) in marked
    assert from_ms(1_700_001_001_000) not in marked


def test_the_journal_records_the_import_and_the_marks_in_time_order(app):
    stored = imported(RAW)

    rows = db.session.scalars(
        select(JournalEntry).filter_by(chain_id=chain_of(stored.challenge)).order_by(JournalEntry.seq)
    )
    entries = list(rows)
    bodies = [json.loads(entry.body) for entry in entries]
    assert [entry.kind for entry in entries] == ["open", "phase", "import"] + ["mark"] * 7
    assert bodies[2]["files"] == read_conversation(RAW).digests
    assert [body["n"] for body in bodies[3:]] == [1, 2, 3, 4, 5, 6, 7]
    assert {body["c"] for body in bodies[3:]} == {"import"}
    assert list(audit.check(db.session())) == []


def test_the_check_finds_a_changed_mark_in_the_journal(app):
    stored = imported(RAW)
    assert factories.journal_holds() == []
    entry = db.session.get_one(JournalEntry, (db.session.get_one(Challenge, stored.challenge).chain_id, 6))

    entry.body = entry.body.replace(b'"n":3', b'"n":4')
    db.session.commit()

    assert factories.journal_holds() == [f"{stored.challenge}/6: the entry or one before it was changed"]


def test_tallies_and_turnout_follow_from_the_marks(app):
    stored = imported(LONDON)

    question = round_of(stored).questions[0].id
    marks = db.session.execute(
        select(Mark.subject, Mark.value, func.count())
        .filter_by(question_id=question)
        .group_by(Mark.subject, Mark.value)
    )
    tallies = db.session.execute(select(Tally.subject, Tally.value, Tally.n).filter_by(question_id=question))
    assert sorted(map(tuple, marks)) == sorted(map(tuple, tallies))
    assert round_of(stored).turnout == 26
    assert figures_of(db.session(), round_of(stored)).voted == 26


@pytest.mark.parametrize("among_all", [False, True])
def test_the_result_equals_the_independent_recount(app, among_all):
    stored = imported(LONDON)
    close_round(OPERATOR, stored.round)

    found = ranking(exported(stored, among_all=among_all))

    assert found == recount(LONDON, among_all=among_all)


def test_votes_on_pending_and_hidden_ideas_are_kept_apart(app):
    stored = imported(RAW)
    close_round(OPERATOR, stored.round)

    assert set(ranking(exported(stored, among_all=False))) == {"0", "3", "4", "5", "6"}
    everything = ranking(exported(stored, among_all=True))
    assert everything["2"][:3] == ("0", "1", "0")
    assert everything["1"][:3] == ("0", "0", "1")


def test_an_imported_challenge_can_be_voted_on(app):
    stored = imported(RAW)
    room = factories._room(stored.challenge, OPERATOR)
    newcomer = factories.participant(room)
    [first] = [row for row in idea_rows(db.session(), room.round) if row.source_id == "0"]

    assert factories.mark(room, newcomer, {first.id: 1}).ok

    assert factories.journal_holds() == []
    assert room.round.turnout == 5


def test_only_the_operator_imports_and_a_bad_title_stores_nothing(app):
    with pytest.raises(Forbidden):
        import_conversation(factories.account(), read_conversation(RAW), "Canteen")
    with pytest.raises(Invalid):
        imported(RAW, title="x" * 201)

    assert count(Challenge) == count(Organisation) == 0


def test_a_failed_import_stores_nothing(app, monkeypatch):
    def fail(*_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("ideas.services.imports.store_tallies", fail)
    with pytest.raises(RuntimeError):
        imported(RAW)

    db.session.rollback()
    assert [count(t) for t in (Organisation, Challenge, Person, Idea, Mark, JournalEntry)] == [0] * 6


def test_two_imports_of_one_conversation_make_two_challenges(app):
    first, second = imported(RAW), imported(RAW)

    assert first.challenge != second.challenge
    assert factories.journal_holds() == []


@needs_full_data
@pytest.mark.parametrize("name", partly_here(FULL, "polis-en-15-per-hour-seattle"))
def test_every_full_conversation_equals_its_recount(app, name):
    stored = imported(full(name))
    close_round(OPERATOR, stored.round)

    assert ranking(exported(stored, among_all=False)) == recount(full(name), among_all=False)
    assert ranking(exported(stored, among_all=True)) == recount(full(name), among_all=True)
    assert factories.journal_holds() == []
