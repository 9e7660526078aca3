"""Nobody's ballot follows from what may be published: an attacker who knows every author holds each file."""

import io
import json
import re
import zipfile

import pytest

from ideas import journal
from ideas.database import db
from ideas.errors import BallotsStayHidden, NotClosed
from ideas.exports import FORMATS
from ideas.exports.ballots import write_ballots
from ideas.models import Anonymity, Entry, Idea, JournalEntry, Participant
from ideas.services import participants
from tests import crowds, factories
from tests.conftest import replace_database
from tests.doubles import partly_here

PUBLISHED = [form for form in FORMATS.values() if not form.shows_ballots]


def written(room, form):
    db.session.rollback()
    out = io.BytesIO()
    form.write(db.session(), room.round, out)
    return out.getvalue()


def contents(data):
    """The bytes of a file, and those of the files in it."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return b"\n".join(name.encode() + b"\n" + packed.read(name) for name in packed.namelist())


def ballots_of(room):
    return json.loads(written(room, FORMATS["ballots"]))


def marks_in(ballots):
    recount = journal.Recount()
    for seq, body in ballots["journal"]:
        recount.read(seq, json.loads(body))
    return recount.latest


def authors_found(ballots, room):
    """The attack of before: whoever judged every idea but one is the author of that one. `{author: pseudonym}`"""
    rows = db.session.execute(db.select(Entry.id, Idea.author_id).join(Idea).where(Entry.round_id == room.round_id))
    entries = dict(rows.tuples().all())
    judged = {}
    for who, _, subject in marks_in(ballots):
        judged.setdefault(who, set()).update(subject if isinstance(subject, tuple) else [subject])
    missing = {who: entries.keys() - seen for who, seen in judged.items()}
    return {entries[min(left)]: who for who, left in missing.items() if len(left) == 1}


@pytest.mark.parametrize("rule", ["approval", "grades", "pairs", "ranked"])
def test_the_ballot_file_gives_every_author_away(app, rule):
    """Show that the attack works, so that the ballot file needs its warning."""
    room, people = crowds.group(rule)
    factories.close(room)

    found = authors_found(ballots_of(room), room)

    key = room.round.key
    assert found == {person.id: journal.pseudonym(key, person.row.secret) for person in people}


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "pairs", "ranked"))
@pytest.mark.parametrize("form", PUBLISHED, ids=lambda form: form.name)
def test_no_other_file_holds_a_pseudonym_or_a_receipt(app, form, rule):
    room, people = crowds.group(rule)
    factories.close(room)

    found = contents(written(room, form))

    assert found or form.shows, "a ZIP of pictures may be empty"
    for person in people:
        assert journal.pseudonym(room.round.key, person.row.secret).encode() not in found


# Everything that a random salt, a key or the clock makes different on each evening.
RANDOM = re.compile(rb"[0-9a-f]{16,}|\d{4}-\d\d-\d\d[T ][\d:]+Z?|\"(published|starts|ends|now|at)\\?\":\s*\[?\d+")


def evening(rule, swapped):
    """Two of six authors judge the ideas of the other four; on the second evening each gives the other's ballot."""
    room, people = crowds.group(rule, voters=0)
    entries = list(db.session.scalars(db.select(Entry.id).filter_by(round_id=room.round_id).order_by(Entry.id)))
    shared = entries[2:]
    ballots = [crowds.whole_ballot(rule, shared), crowds.whole_ballot(rule, shared[::-1])]
    if rule == "pairs":
        ballots[1] = dict.fromkeys(ballots[0], -1)
    for person, marks in zip(people[:2], ballots[::-1] if swapped else ballots, strict=True):
        crowds.cast(room, person, room.question_id, marks)
    for n, person in enumerate(people[2:], start=2):
        crowds.cast(room, person, room.question_id, crowds.whole_ballot(rule, entries[:n] + entries[n + 1 :]))
    factories.close(room)
    return room, people, ballots


def fresh(empty_database, database):
    db.session.remove()
    db.engine.dispose()
    replace_database(empty_database, database)


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "approval", "pairs"))
def test_the_pack_is_the_same_whoever_of_two_authors_gave_which_ballot(app, empty_database, database, rule):
    evenings = []
    for swapped in (False, True):
        fresh(empty_database, database)
        room, people, ballots = evening(rule, swapped)
        seen = RANDOM.sub(b"?", contents(written(room, FORMATS["pack"])))
        own = {
            k[2]: v
            for k, (v, _) in marks_in(ballots_of(room)).items()
            if k[0] == journal.pseudonym(room.round.key, people[0].row.secret)
        }
        assert own == ballots[swapped]
        evenings.append(seen)

    assert ballots[0] != ballots[1]
    assert evenings[0] == evenings[1]


@pytest.mark.parametrize("anonymity", Anonymity)
def test_no_hidden_body_can_be_guessed(app, anonymity):
    """A body with a pseudonym, a salt or a salted digest has too many possibilities to be tried."""
    room = factories.room(anonymity=anonymity)
    ann, ben = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, ann)
    factories.mark(room, ben, {idea: 1})
    participants.bar_participant(room.owner, room.id, ben.id, "")
    participants.readmit_participant(room.owner, room.id, ben.id)
    factories.close(room)

    with zipfile.ZipFile(io.BytesIO(written(room, FORMATS["pack"]))) as packed:
        lines = [json.loads(line) for line in packed.read("journal.jsonl").splitlines()]
    hidden = [line["seq"] for line in lines if "body" not in line]
    bodies = db.session.scalars(
        db.select(JournalEntry.body).filter_by(chain_id=room.chain_id).where(JournalEntry.seq.in_(hidden))
    )
    found = [json.loads(body) for body in bodies]
    assert {body["kind"] for body in found} >= {"join", "mark", "bar", "readmit", "result", "assess"}
    assert [body for body in found if not body.keys() & {"p", "salt", "text"}] == []


def test_the_ballot_file_holds_the_marks_and_reads_of_everybody(app):
    room = crowds.closed("approval")

    ballots = ballots_of(room)

    rows = db.session.execute(
        db.text("SELECT secret, subject, value, seq FROM mark JOIN participant ON participant.id = participant_id")
    )
    stored = {
        (journal.pseudonym(room.round.key, bytes(secret)), room.question_id, subject): (value, seq)
        for secret, subject, value, seq in rows
    }
    assert marks_in(ballots) == stored
    assert len(stored) == 24 * 5


def test_the_reads_in_the_ballot_file_are_those_of_the_feed(app):
    from ideas.services.feeds import deal

    room, people = crowds.group("approval", voters=3)
    dealt = deal(people[3].actor, room.question_id, 2)
    factories.close(room)

    reads = ballots_of(room)["reads"]

    assert len(dealt) == 2
    pseudonym = journal.pseudonym(room.round.key, db.session.get_one(Participant, people[3].id).secret)
    assert {who for who, *_ in reads} == {pseudonym}
    assert len(reads) == 2
    assert all(question == room.question_id and versus == 0 for _, question, _, versus in reads)


def test_a_round_hidden_for_good_and_an_open_round_have_no_ballot_file(app):
    hidden, still_open = factories.sealed_room(), factories.room()
    factories.close(hidden)

    for room, refusal in ((hidden, BallotsStayHidden), (still_open, NotClosed)):
        with pytest.raises(refusal):
            write_ballots(db.session(), room.round, io.BytesIO())


class TestRecount:
    @pytest.fixture
    def recount(self, tmp_path):
        import subprocess
        import sys

        from ideas.exports import pack

        def run(room, ballots=None):
            (tmp_path / "pack.zip").write_bytes(written(room, FORMATS["pack"]))
            (tmp_path / "ballots.json").write_text(json.dumps(ballots or ballots_of(room)))
            (tmp_path / "recount.py").write_bytes((pack.HERE / pack.SCRIPT).read_bytes())
            command = [sys.executable, "-I", "recount.py", "pack.zip", "--ballots", "ballots.json"]
            return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

        return run

    @pytest.mark.parametrize("rule", partly_here(crowds.RULES, "points", "ranked"))
    def test_the_marks_give_the_counts_by_every_rule(self, app, recount, rule):
        said = recount(crowds.closed(rule))

        assert said.returncode == 0, said.stdout + said.stderr
        assert "the marks of 24 people give the counts" in said.stdout

    def test_other_marks_are_found(self, app, recount):
        room = crowds.closed("approval")
        ballots = ballots_of(room)
        seq, body = next(row for row in ballots["journal"] if '"kind":"mark"' in row[1])
        changed = [[n, text.replace(",1]", ",-1]") if n == seq else text] for n, text in ballots["journal"]]
        dropped = [row for row in ballots["journal"] if row[0] != seq]

        assert ",1]" in body
        assert (
            f"entry {seq} of the ballot file is not that of the journal"
            in recount(room, {**ballots, "journal": changed}).stdout
        )
        assert "the marks give other counts" in recount(room, {**ballots, "journal": dropped}).stdout
