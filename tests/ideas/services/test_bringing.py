"""Bringing ideas as a file: into a draft, a lobby and a running round; once, and in the right names."""

import json
from datetime import timedelta

import pytest

from ideas import clock, offload
from ideas.actor import Actor
from ideas.blueprints import PhasePlan
from ideas.brought import BroughtArgument, BroughtFile, BroughtIdea, keep_waiting, waiting_files
from ideas.database import db, write
from ideas.errors import Forbidden, NotFound, RoundIsClosed, TableRefused
from ideas.models import Activity, Anonymity, Challenge, Entry, EntryStatus, IdeaFile, JournalEntry, WaitingIdeas
from ideas.queries.ideas import argument_rows, idea_rows
from ideas.queries.rooms import figures_of, participant_rows
from ideas.services import bringing, challenges
from ideas.services.bringing import BroughtIdeas
from ideas.tables import TableChoice
from tests import factories

TABLE = "Titel;Text;Autorin\nRye;dark;Kim\nSpelt;;\nOat;soft;Mill & Oven\nRye;light;Kim\n"
FOUND = TableChoice()
ALONE = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False),
    PhasePlan("vote", (Activity.VOTE,)),
)


@pytest.fixture
def company(app, noise):
    return factories.company(name="Mill & Oven")


def brought(room, table=TABLE, choice=FOUND, actor=None):
    actor = actor or room.owner
    file = bringing.keep_file(actor, room.id, "Ideen.csv", table.encode())
    return bringing.bring_file(actor, room.id, file, choice)


def rows_of(room):
    db.session.rollback()
    return [(row.title, row.text, row.author) for row in idea_rows(db.session(), room.round)]


ROWS = [("Rye", "dark", "Kim"), ("Spelt", "", "Mill & Oven"), ("Oat", "soft", "Mill & Oven"), ("Rye", "light", "Kim")]


def kinds_of(room) -> list[str]:
    rows = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq))
    return [row.kind for row in rows]


def test_a_file_for_a_running_round_is_there_at_once_with_the_first_line_on_top(company):
    room = factories.room(company)

    assert brought(room) == BroughtIdeas(4, 0, is_waiting=False)

    assert rows_of(room) == ROWS
    assert factories.journal_holds() == []


def test_the_journal_holds_the_digest_of_the_file_and_no_name_of_it(company):
    room = factories.room(company)
    brought(room)

    entry = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=room.chain_id, kind="import")).one()
    body = json.loads(entry.body)
    assert [*body["files"]] == ["ideas.csv"]
    assert len(body["files"]["ideas.csv"]) == 64
    assert kinds_of(room)[-5:] == ["import", *["entry"] * 4]


@pytest.mark.parametrize("make", [factories.draft, factories.lobby])
def test_the_ideas_of_a_draft_and_of_a_lobby_wait_for_the_start(company, make):
    room = make(company, starts_at_once=False)
    before = kinds_of(room)

    assert brought(room) == BroughtIdeas(4, 0, is_waiting=True)
    assert rows_of(room) == []
    assert kinds_of(room) == before, "nothing of them is in the journal"

    if make is factories.draft:
        challenges.publish_challenge(room.owner, room.id)
    factories.start(room)

    assert rows_of(room) == ROWS
    assert db.session.scalars(db.select(WaitingIdeas)).all() == [], "an erased idea leaves no copy"
    assert factories.journal_holds() == []


def test_waiting_ideas_can_be_dropped_and_go_with_their_draft(company):
    draft = factories.draft(company, starts_at_once=False)
    brought(draft)
    [waiting] = waiting_files(db.session(), draft.id)
    assert (waiting.name, waiting.count) == ("Ideen.csv", 4)

    bringing.drop_waiting_ideas(draft.owner, draft.id, waiting.id)

    assert waiting_files(db.session(), draft.id) == []
    brought(draft)
    challenges.delete_draft(draft.owner, draft.id)
    assert db.session.scalars(db.select(WaitingIdeas)).all() == []


def test_a_file_is_brought_once(company):
    room = factories.room(company)
    file = bringing.keep_file(room.owner, room.id, "Ideen.csv", TABLE.encode())
    bringing.bring_file(room.owner, room.id, file, FOUND)

    with pytest.raises(NotFound):
        bringing.bring_file(room.owner, room.id, file, FOUND)
    with pytest.raises(TableRefused, match="no_ideas"):
        brought(room)

    assert brought(room, TABLE + "Barley;;\n") == BroughtIdeas(1, 4, is_waiting=False)
    assert len(rows_of(room)) == 5


def test_a_file_is_not_compared_with_what_participants_wrote(company):
    """Else a facilitator could find a sealed idea by trying its words."""
    room = factories.room(company, phases=ALONE, starts_at_once=True)
    factories.idea(room, factories.participant(room), "Rye", "dark")

    assert brought(room) == BroughtIdeas(4, 0, is_waiting=False)


def test_ideas_of_a_silent_phase_are_sealed_until_the_reveal(company):
    room = factories.room(company, phases=ALONE, starts_at_once=True)
    brought(room)
    assert all(entry.sealed for entry in _entries(room))

    factories.step(room, "vote")

    assert [title for title, *_ in rows_of(room)] == ["Rye", "Spelt", "Oat", "Rye"]


def _entries(room):
    return db.session.scalars(db.select(Entry).filter_by(round_id=room.round_id)).all()


class TestAuthorsOfAFile:
    def test_they_count_as_no_people(self, company):
        room = factories.room(company)
        before = figures_of(db.session(), room.round)
        brought(room)

        after = figures_of(db.session(), room.round)
        assert (after.people, after.ideas) == (before.people, 4)
        assert participant_rows(db.session(), room.id) == []

    def test_the_same_name_in_two_files_is_one_author(self, company):
        room = factories.room(company)
        brought(room)
        brought(room, "Titel;Autor\nWheat;Kim\n")

        assert rows_of(room)[0] == ("Wheat", "", "Kim")

    def test_a_person_of_this_name_in_the_room_is_somebody_else(self, company):
        room = factories.room(company)
        factories.participant(room, "Kim")
        brought(room)

        assert rows_of(room)[0] == ("Rye", "dark", "Kim 2")

    def test_they_stay_hidden_where_authors_are(self, company):
        room = factories.room(company, anonymity=Anonymity.UNTIL_RESULT)
        brought(room)

        assert {author for *_, author in rows_of(room)} == {None}

    def test_brought_ideas_do_not_bind_the_promise_of_anonymity(self, company):
        draft = factories.room(company, anonymity=Anonymity.UNTIL_RESULT)
        brought(draft)

        challenges.revise_challenge(draft.owner, draft.id, factories.form(anonymity=Anonymity.NAMED))

        assert db.session.get_one(Challenge, draft.id).anonymity == Anonymity.NAMED


def test_arguments_and_hidden_ideas_of_another_server_come_along(company):
    draft = factories.draft(company, starts_at_once=False)
    arguments = (BroughtArgument("for", "Tasty", "Lea", 1_700_000_000_000), BroughtArgument("against", "Dear"))
    file = BroughtFile(
        "x.json",
        "schwarm.json",
        "0" * 64,
        [
            BroughtIdea("Rye", "dark", "Kim", 1_600_000_000_000, "7", "visible", arguments),
            BroughtIdea("Bad", status="hidden", source_id="7"),
        ],
    )
    with write() as transaction:
        keep_waiting(transaction.session, transaction.session.get_one(Challenge, draft.id), file)

    challenges.publish_challenge(draft.owner, draft.id)
    factories.start(draft)

    [shown] = idea_rows(db.session(), draft.round, statuses=(EntryStatus.VISIBLE,))
    assert (shown.title, shown.author, shown.source_id) == ("Rye", "Kim", "7")
    assert clock.to_ms(shown.written_at) == 1_600_000_000_000
    said = [(row.stance, row.text, row.author) for row in argument_rows(db.session(), draft.round)]
    assert said == [("for", "Tasty", "Lea"), ("against", "Dear", "Mill & Oven")]
    assert len(rows_of(draft)) == 2
    assert factories.journal_holds() == []


class TestPermissions:
    def test_only_facilitators_bring_files(self, company):
        room, other = factories.room(company), factories.company()
        somebody = factories.participant(room)
        file = bringing.keep_file(room.owner, room.id, "x", TABLE.encode())

        for actor, error in ((somebody.actor, Forbidden), (other.owner, NotFound), (Actor(), NotFound)):
            with pytest.raises(error):
                brought(room, actor=actor)
            with pytest.raises(error):
                bringing.read_file(actor, room.id, file, FOUND)
            with pytest.raises(error):
                bringing.bring_file(actor, room.id, file, FOUND)
            with pytest.raises(error):
                bringing.discard_file(actor, room.id, file)
        assert rows_of(room) == []

    def test_a_file_belongs_to_its_challenge(self, company):
        room, other = factories.room(company), factories.room(company)
        file = bringing.keep_file(room.owner, room.id, "x", TABLE.encode())

        with pytest.raises(NotFound):
            bringing.bring_file(other.owner, other.id, file, FOUND)

    def test_a_closed_round_takes_no_file(self, company):
        room = factories.room(company)
        file = bringing.keep_file(room.owner, room.id, "x", TABLE.encode())
        factories.close(room)

        with pytest.raises(RoundIsClosed):
            brought(room)
        with pytest.raises(RoundIsClosed):
            bringing.bring_file(room.owner, room.id, file, FOUND)


def test_uploads_are_few_and_expire(company, app):
    room = factories.room(company)
    kept = [bringing.keep_file(room.owner, room.id, f"{n}.csv", TABLE.encode()) for n in range(7)]
    assert [f.id for f in db.session.scalars(db.select(IdeaFile).order_by(IdeaFile.id))] == kept[-5:]
    assert bringing.prune_files() == 0

    with write() as transaction:
        file = transaction.session.get_one(IdeaFile, kept[-1])
        file.uploaded_at = clock.now() - bringing.KEPT - timedelta(seconds=1)

    assert bringing.prune_files() == 1
    with pytest.raises(NotFound):
        bringing.read_file(room.owner, room.id, kept[-1], FOUND)


def test_an_unreadable_file_is_not_kept(company):
    room = factories.room(company)

    with pytest.raises(TableRefused):
        bringing.keep_file(room.owner, room.id, "x", b"\x00\x01")

    assert db.session.scalars(db.select(IdeaFile)).all() == []


def test_ideas_are_added_in_pieces_and_an_interruption_between_two_leaves_none(company, monkeypatch):
    room = factories.room(company)
    pauses = []

    def pause():
        pauses.append(db.session.scalar(db.select(db.func.count()).select_from(Entry)))
        if len(pauses) == 12:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(offload, "PIECE", 1)
        patch.setattr(offload, "pause", pause)
        with pytest.raises(KeyboardInterrupt):
            brought(room)
    db.session.rollback()
    assert idea_rows(db.session(), room.round) == []
    assert factories.journal_holds() == []

    assert brought(room).ideas == 4
    assert factories.journal_holds() == []
