"""The journal: exact bytes, an unbroken chain, and every change of it is found."""

import json

import pytest
from sqlalchemy import text

from ideas import audit, journal
from ideas.database import db, write
from ideas.errors import NotFound
from ideas.events import StreamAdvanced
from ideas.journal import Recount
from ideas.models import Act, ChainEnd, Challenge, JournalEntry, KeptHead, Moment
from ideas.services import guests, moderation, participants, rounds
from ideas.services.hands import count_hands
from tests import factories
from tests.conftest import copy_database, replace_database

# Made by hand with printf and openssl, not with the code under test.
BODY = {"round": 7, "m": [[12, 1], [13, -1]], "a": "ü", "kind": "mark"}
BYTES = b'{"a":"\\u00fc","kind":"mark","m":[[12,1],[13,-1]],"round":7}'
FIRST = "1ce10b7695f0bdb99e129a6b9f14f83e58a53649475553b55078f07786905fcb"
SECOND = "763ad0641eb66b6d8b6785db80aebd29e4ece03337ed4b2f33f99c82a0e60265"


def test_a_body_has_exactly_one_serialisation():
    assert journal.canonical(BODY) == BYTES
    assert journal.canonical(dict(reversed(BODY.items()))) == BYTES


def test_a_value_without_a_unique_serialisation_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        journal.canonical({"n": float("nan")})


def test_the_chain_follows_the_protocol():
    first = journal.link(journal.GENESIS, BYTES)

    assert first.hex() == FIRST
    assert journal.link(first, b"{}").hex() == SECOND


def test_a_pseudonym_is_a_keyed_digest():
    assert journal.pseudonym(b"k" * 32, b"0123456789abcdef") == "d285b29ff0e254dc46ad94be13e0c560"


def test_a_receipt_names_the_entry_and_cannot_be_made_without_the_key():
    h = bytes(range(32))

    receipt = journal.receipt(b"k" * 32, 12, h)

    stub, keyed = receipt.rsplit("-", 1)
    assert stub == "12-0001020304050607"
    assert len(keyed) == 8
    assert journal.receipt(b"x" * 32, 12, h) != receipt


def test_equal_texts_have_unequal_digests():
    assert journal.text_digest(b"a" * 16, "Yes") != journal.text_digest(b"b" * 16, "Yes")
    assert journal.text_digest(b"a" * 16, "a", "b") != journal.text_digest(b"a" * 16, "ab")


@pytest.mark.usefixtures("app")
class TestChain:
    def test_every_challenge_has_its_own_numbers(self):
        one, other = factories.lobby(), factories.lobby()
        factories.participant(one)
        factories.participant(one)
        factories.participant(other)

        assert _numbers(one) == [1, 2, 3]
        assert _numbers(other) == [1, 2]

    def test_the_head_of_a_challenge_is_its_last_link(self):
        room = factories.room()
        factories.participant(room)

        rows = _rows(room)
        challenge = db.session.get_one(Challenge, room.id)

        head = journal.GENESIS
        for row in rows:
            head = journal.link(head, row.body)
            assert row.h == head
            assert journal.canonical(json.loads(row.body)) == row.body
            assert json.loads(row.body)["kind"] == row.kind
            assert json.loads(row.body)["round"] == row.round_id
        assert (challenge.seq, challenge.head) == (rows[-1].seq, head)

    def test_a_rolled_back_entry_leaves_no_hole(self):
        room = factories.lobby()

        def undone() -> None:
            with write() as transaction:
                journal.locked(transaction, room.id).append("test", {})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            undone()

        factories.participant(room)

        assert _numbers(room) == [1, 2]
        assert factories.journal_holds() == []

    def test_an_unknown_challenge_has_no_chain(self):
        with pytest.raises(NotFound), write() as transaction:
            journal.locked(transaction, 99)

    def test_a_touch_names_the_previous_and_the_new_number_of_a_lane(self, recorded):
        room = factories.lobby()
        recorded.clear()

        with write() as transaction:
            chain = journal.locked(transaction, room.id)
            first = chain.append("test", {})
            chain.touch(first, ["idea-1"], ["room"])
            second = chain.append("test", {})
            chain.touch(second, ["idea-2"], ["facilitators"])
            third = chain.append("test", {})
            chain.touch(third, ["idea-1", "idea-3"], ["room", "participant-9"])

        assert recorded == [
            StreamAdvanced(room.chain_id, room.id, "room", 1, 2, ("idea-1",)),
            StreamAdvanced(room.chain_id, room.id, "facilitators", 1, 3, ("idea-2",)),
            StreamAdvanced(room.chain_id, room.id, "room", 2, 4, ("idea-1", "idea-3")),
            StreamAdvanced(room.chain_id, room.id, "participant-9", 0, 4, ("idea-1", "idea-3")),
        ]

    def test_frames_of_a_lane_join_without_a_gap(self, recorded):
        room = _busy_room()

        for lane in ("room", "facilitators"):
            frames = [
                e for e in recorded if isinstance(e, StreamAdvanced) and (e.challenge_id, e.lane) == (room.id, lane)
            ]
            assert len(frames) > 5
            assert frames[0].after == 0
            assert [f.after for f in frames[1:]] == [f.seq for f in frames[:-1]]


@pytest.mark.usefixtures("app")
class TestOwners:
    """A chain works without a challenge; whoever owns it refers to it."""

    def test_a_chain_of_its_own_has_entries_acts_kept_heads_and_lanes(self, recorded):
        room = factories.room()
        recorded.clear()

        with write() as transaction:
            end = journal.begin()
            transaction.session.add(end)
            transaction.session.flush()
            chain = journal.LockedChain(transaction, end)
            first, second = (chain.append("terms", {"job": 1, "terms": n}) for n in (1, 2))
            chain.act("hide", "job-1", room.owner, "A reason", second)
            chain.keep_head(Moment.PUBLICATION)
            chain.touch(second, ["job-1"], ["room"])
            chain_id = end.id

        session = db.session()
        end = session.get_one(ChainEnd, chain_id)
        assert (first, second, end.seq) == (1, 2, 2)
        assert [body["terms"] for _, _, body in journal.verified(session, end)] == [1, 2]
        assert session.get_one(KeptHead, (chain_id, 2)).h == end.head == session.get_one(JournalEntry, (chain_id, 2)).h
        assert session.get_one(Act, (chain_id, 2)).reason == "A reason"
        assert recorded == [StreamAdvanced(chain_id, None, "room", 0, 2, ("job-1",))]
        assert journal.lane_numbers(session, chain_id, ["room", "facilitators"]) == {"room": 2, "facilitators": 0}
        assert journal.touched_since(session, chain_id, ["room"], 1) == {"room": ["job-1"]}
        assert journal.touched_since(session, chain_id, ["room"], 2) == {}

    def test_the_chain_and_its_owner_are_locked_together_and_read_anew(self):
        room = factories.room()
        with write() as transaction:
            stale = transaction.session.get_one(Challenge, room.id).chain
            transaction.session.execute(text("UPDATE chain SET seq = 41"))

            chain, owner = journal.locked_with_owner(transaction, Challenge, room.id)

            assert (chain.end, owner.chain, owner.seq) == (stale, stale, 41)
            transaction.session.rollback()

    def test_a_journal_without_an_owner_is_found(self):
        with write() as transaction:
            transaction.session.add(journal.begin())

        [found] = audit.check(db.session())
        assert (found.owner.split()[0], found.problem) == ("chain", "nothing owns the journal any more")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The stored busy room: its database file and the room."""
    return {"file": tmp_path_factory.mktemp("busy") / "busy.db", "room": None}


@pytest.fixture
def busy_room(app, database, kept):
    """A room with entries of every kind, beside another room; it is made once and copied for each test."""
    if kept["room"] is None:
        factories.noise()
        kept["room"] = _busy_room()
        copy_database(database, kept["file"])
    db.session.remove()
    db.engine.dispose()
    replace_database(kept["file"], database)
    return kept["room"]


class TestCheck:
    def test_a_journal_with_entries_of_every_kind_holds(self, busy_room):
        kinds = {"open", "join", "entry", "mark", "exclude", "hands", "close", "result"}
        assert {row.kind for row in _rows(busy_room)} >= kinds
        assert factories.journal_holds() == []

    @pytest.mark.usefixtures("busy_room")
    def test_the_journal_contains_no_typed_text(self):
        everything = b"".join(db.session.scalars(db.select(JournalEntry.body))).lower()

        for word in (b"secret", b"noise", b"biene", b"bread", b"mill", b"example.org"):
            assert word not in everything
        assert b"." not in everything.replace(b"e.g.", b""), "a float or an address"

    def test_marks_in_the_journal_carry_no_time_and_no_participant(self, busy_room):
        marks = [json.loads(row.body) for row in _rows(busy_room) if row.kind == "mark"]

        assert marks
        assert all(set(body) == {"kind", "round", "p", "q", "m", "c", "n", "t"} for body in marks)

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ("UPDATE journal SET body = body || ' ' WHERE {at}", "changed"),
            ("UPDATE journal SET body = CAST(replace(body, '[[', '[ [') AS BLOB) WHERE {at}", "changed"),
            ("UPDATE journal SET body = x'7b7d' WHERE {at}", "changed"),
            ("UPDATE journal SET h = zeroblob(32) WHERE {at}", "changed"),
            ("UPDATE journal SET kind = 'hide' WHERE {at}", "kind or round"),
            ("UPDATE journal SET round_id = NULL WHERE {at}", "kind or round"),
            ("UPDATE journal SET round_id = (SELECT min(id) FROM round) WHERE {at}", "kind or round"),
            ("DELETE FROM journal WHERE {at}", "missing"),
            (
                "INSERT INTO journal SELECT chain_id, (SELECT max(seq) + 1 FROM journal WHERE chain_id = {c}), "
                "round_id, kind, body, h FROM journal WHERE {at}",
                "changed",
            ),
            ("UPDATE journal SET seq = seq + 1000 WHERE {at}", "missing"),
            ("UPDATE chain SET head = zeroblob(32) WHERE id = {c}", "does not end"),
            ("UPDATE chain SET seq = seq + 1 WHERE id = {c}", "does not end"),
            ("DELETE FROM journal WHERE chain_id = {c} AND seq = (SELECT max(seq) FROM journal j WHERE "
             "j.chain_id = {c})", "does not end"),
            ("UPDATE mark SET value = -value WHERE rowid = (SELECT max(rowid) FROM mark WHERE question_id = {q})",
             "stored marks"),
            ("DELETE FROM mark WHERE rowid = (SELECT max(rowid) FROM mark WHERE question_id = {q})", "stored marks"),
            ("INSERT INTO mark SELECT question_id, participant_id, subject + 1000, versus, value, seq, client, n, at "
             "FROM mark WHERE question_id = {q} LIMIT 1", "stored marks"),
            ("UPDATE mark SET seq = seq + 1 WHERE rowid = (SELECT max(rowid) FROM mark WHERE question_id = {q})",
             "stored marks"),
            ("UPDATE participant SET secret = zeroblob(16) WHERE id = (SELECT max(participant_id) FROM mark "
             "WHERE question_id = {q})", "stored marks"),
            ("UPDATE tally SET n = n + 1 WHERE rowid = (SELECT max(rowid) FROM tally WHERE question_id = {q})",
             "counters"),
            ("UPDATE hand_count SET n = n + 1 WHERE question_id = {q}", "shows of hands"),
            ("DELETE FROM hand_count WHERE question_id = {q}", "shows of hands"),
            ("INSERT INTO hand_count SELECT question_id, entry_id, -value, n, account_id, at FROM hand_count "
             "WHERE question_id = {q}", "shows of hands"),
            ("UPDATE result SET body = CAST(replace(body, 'visible', 'hidden') AS BLOB) WHERE round_id = {r}",
             "stored result"),
            ("UPDATE result SET body = CAST(body AS TEXT) WHERE round_id = {r}", "stored result"),
            ("UPDATE result SET digest = replace(digest, substr(digest, 1, 1), 'x') WHERE round_id = {r}",
             "stored result"),
            ("DELETE FROM result WHERE round_id = {r}", "stored result"),
        ],
    )  # fmt: skip
    def test_every_change_is_found_and_named(self, busy_room, change, problem):
        room = busy_room
        middle = next(row.seq for row in _rows(room) if row.kind == "mark")
        question = room.question_id
        assert factories.journal_holds() == []

        at = f"chain_id = {room.chain_id} AND seq = {middle}"
        with write() as transaction:
            done = transaction.session.execute(text(change.format(at=at, c=room.chain_id, q=question, r=room.round_id)))
            assert done.rowcount == 1, "nothing was changed: this test shows nothing"

        [found] = factories.journal_holds()
        assert problem in found
        assert found.startswith(f"{room.id}/")

    def test_two_swapped_entries_are_found(self, busy_room):
        room = busy_room
        with write() as transaction:
            for old, new in ((2, 9001), (3, 2), (9001, 3)):
                statement = text("UPDATE journal SET seq = :new WHERE chain_id = :c AND seq = :old")
                transaction.session.execute(statement, {"c": room.chain_id, "old": old, "new": new})

        [found] = factories.journal_holds()

        assert found == f"{room.id}/2: the entry or one before it was changed"


class TestRecount:
    def recount(self, *bodies: dict[str, object]) -> dict[tuple[str, int, int], tuple[int, int]]:
        marks = Recount()
        for seq, body in enumerate(bodies, start=1):
            marks.read(seq, {"kind": "mark", "p": "p", "q": 1, "c": "tab", "n": seq, "m": [], **body})
        return marks.latest

    def test_the_latest_mark_counts(self):
        assert self.recount({"m": [[5, 1], [6, 1]]}, {"m": [[5, -1]]}) == {("p", 1, 5): (-1, 2), ("p", 1, 6): (1, 1)}

    def test_the_higher_number_of_one_page_wins_in_any_order(self):
        assert self.recount({"m": [[5, 1]], "n": 9}, {"m": [[5, -1]], "n": 3}) == {("p", 1, 5): (1, 1)}

    def test_the_later_entry_wins_between_two_pages(self):
        assert self.recount({"m": [[5, 1]], "n": 9}, {"m": [[5, -1]], "c": "phone", "n": 1}) == {("p", 1, 5): (-1, 2)}

    def test_a_late_mark_does_not_undo_the_mark_of_another_page(self):
        bodies = ({"m": [[5, 1]], "n": 9}, {"m": [[5, -1]], "c": "phone", "n": 1}, {"m": [[5, 0]], "n": 4})

        assert self.recount(*bodies) == {("p", 1, 5): (-1, 2)}

    def test_each_subject_decides_by_itself_whether_a_mark_is_late(self):
        assert self.recount({"m": [[5, 1]], "n": 9}, {"m": [[5, 0], [6, 0]], "n": 4}) == {
            ("p", 1, 5): (1, 1),
            ("p", 1, 6): (0, 2),
        }

    def test_an_exclusion_removes_one_ballot_only(self):
        bodies = ({"m": [[5, 1]]}, {"m": [[5, 1]], "p": "other"}, {"m": [[5, 1]], "q": 2}, {"kind": "exclude"})

        assert self.recount(*bodies) == {("other", 1, 5): (1, 2), ("p", 2, 5): (1, 3)}


def _rows(room: factories.Room) -> list[JournalEntry]:
    query = db.select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq)
    return list(db.session.scalars(query))


def _numbers(room: factories.Room) -> list[int]:
    return [row.seq for row in _rows(room)]


def _busy_room() -> factories.Room:
    """Make every kind of journal entry at least once."""
    room = factories.room(brief="The secret brief")
    anna, ben = factories.participant(room, "Secret Anna"), factories.participant(room, "Secret Ben")
    first = factories.idea(room, anna, "Secret title", "Secret text")
    second = factories.idea(room, ben, "Another secret")
    remark = factories.argument(first, ben, "Secret argument")
    for value in (1, -1, 0):
        factories.mark(room, ben, {first: value})
    factories.mark(room, anna, {second: 1})
    participants.rename_myself(ben.actor, room.id, "Secret Benno")
    moderation.hide_argument(room.owner, remark, "Secret reason")
    moderation.restore_argument(room.owner, remark)
    moderation.hide_idea(room.owner, second, "Secret reason")
    moderation.restore_idea(room.owner, second)
    holder = factories.account()
    factories.mark(room, factories.participant(room, "Secret holder", holder), {first: 1})
    guest = factories.participant(room, "Secret guest")
    factories.mark(room, guest, {first: -1, second: 1})
    guests.adopt_guest(guest.actor.person_id, holder.account_id)
    participants.bar_participant(room.owner, room.id, anna.id, "Secret reason")
    participants.readmit_participant(room.owner, room.id, anna.id)
    for value, n in ((1, 7), (1, 9), (-1, 2), (-1, 0)):
        count_hands(room.owner, room.question_id, factories.entry_id(second), value, n)
    rounds.close_round(room.owner, room.round_id)
    moderation.redact_idea(room.owner, second, "Secret reason")
    return room
