"""A round with a jury recounts after any course of grades, conflicts, merges and ended seats."""

import io
import random
import subprocess
import sys

import pytest

from ideas.database import db
from ideas.errors import Conflict, Invalid, NotFound
from ideas.exports import pack
from ideas.exports.ballots import write_ballots
from ideas.exports.pack import write_pack
from ideas.exports.pack.verifying import verify
from ideas.journal import pseudonym
from ideas.models import JournalEntry, Participant
from ideas.services import jurors, moderation, scoring
from ideas.services.merging import merge_ideas, unmerge_idea
from tests import factories, juries
from tests.doubles import partly_here


@pytest.fixture
def room(app):
    return juries.room(jury_percent=60)


def course(room, seed):
    """A vote and a jury with random acts. :return: the jurors who are left."""
    draw = random.Random(seed)
    people = [factories.participant(room) for _ in range(4)]
    ideas = [factories.idea(room, person) for person in people for _ in range(2)]
    judges = [juries.juror(room, people[0].actor), *(juries.juror(room) for _ in range(4))]
    for n in range(40):
        entry = factories.entry_id(draw.choice(ideas))
        judge = draw.choice(judges)
        act = draw.choice(["score"] * 8 + ["conflict", "back", "merge", "unmerge", "vote", "vote", "hide", "end"])
        try:
            match act:
                case "score":
                    juries.score(room, judge, entry, draw.randrange(-1, 5), draw.randrange(-1, 5), note="x" * (n % 2))
                case "conflict":
                    scoring.declare_conflict(judge.actor, room.round_id, entry)
                case "back":
                    scoring.take_back_conflict(judge.actor, room.round_id, entry)
                case "merge":
                    merge_ideas(room.owner, *draw.sample(ideas, 2))
                case "unmerge":
                    unmerge_idea(room.owner, draw.choice(ideas))
                case "vote":
                    factories.mark(room, draw.choice(people), {draw.choice(ideas): draw.choice((1, -1))})
                case "hide" if n == 20:
                    moderation.hide_idea(room.owner, ideas[-1], "")
                case "end" if len(judges) > 3:
                    jurors.remove_juror(room.owner, room.round_id, judges.pop(draw.randrange(1, len(judges))).id)
        except (Conflict, Invalid, NotFound, factories.ballots.CastRefused):
            db.session.rollback()
        if n % 8 == 0:
            assert factories.journal_holds() == []
    return judges


@pytest.mark.parametrize("seed", partly_here(range(4), 0))
def test_a_round_with_a_jury_recounts_after_any_course(room, tmp_path, seed):
    course(room, seed)
    factories.close(room)
    db.session.rollback()
    assert factories.journal_holds() == []
    packed, ballots, script = (tmp_path / name for name in ("pack.zip", "ballots.json", "recount.py"))
    with packed.open("wb") as out:
        write_pack(db.session(), room.round, out)
    with ballots.open("wb") as out:
        write_ballots(db.session(), room.round, out)
    script.write_bytes((pack.HERE / pack.SCRIPT).read_bytes())

    command = [sys.executable, "-I", str(script), str(packed), "--ballots", str(ballots)]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    assert said.returncode == 0, said.stdout
    findings = verify(db.session(), packed.read_bytes())
    assert [finding.text for finding in findings if not finding.holds] == []


def test_a_pack_and_a_ballot_file_hold_no_pseudonym_of_a_juror(room):
    judges = course(room, 9)
    factories.close(room)
    db.session.rollback()
    key = room.round.key
    hidden = [pseudonym(key, judge.row.seat.secret) for judge in judges]
    outs = [io.BytesIO(), io.BytesIO()]
    write_pack(db.session(), room.round, outs[0])
    write_ballots(db.session(), room.round, outs[1])

    journal = [body for (body,) in db.session.execute(db.select(JournalEntry.body).filter_by(kind="mark"))]
    assert any(name in body.decode() for name in hidden for body in journal), "the journal itself holds them"
    for out in outs:
        assert all(name.encode() not in out.getvalue() for name in hidden)
    author = db.session.scalars(db.select(Participant).filter_by(person_id=judges[0].actor.person_id)).one()
    assert pseudonym(key, author.secret) != hidden[0]


def test_a_live_ranking_shows_no_score_of_the_jury(app, browser_of):
    room = juries.room(jury_percent=60, live_ranking=True)
    author = factories.participant(room)
    one, other = (factories.entry_id(factories.idea(room, author, title)) for title in ("Rye", "Oats"))
    voter = factories.participant(room)
    before = browser_of(voter.actor).get(f"{room.path}/live-ranking").get_data(as_text=True)
    for judge in [juries.juror(room) for _ in range(3)]:
        juries.score(room, judge, one, 0, 0)
        juries.score(room, judge, other, 4, 4)

    after = browser_of(voter.actor).get(f"{room.path}/live-ranking").get_data(as_text=True)

    def places(page):
        return [word for word in ("Rye", "Oats", "jury", "Jury") if word in page]

    assert places(after) == places(before)
