"""Bringing ideas as a file: keep the upload, read it as somebody chooses, and add its ideas once.

In a draft and in the lobby the ideas wait for the start, and nothing of them is written to the journal.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.brought import BroughtFile, BroughtIdea, add_brought_ideas, brought_before, keep_waiting, waiting_count
from ideas.database import Transaction, db, write
from ideas.errors import NotFound, TableRefused, TaskDied, TaskOutOfMemory, TaskTimedOut
from ideas.models import Challenge, IdeaFile, Round, WaitingIdeas
from ideas.offload import run_task
from ideas.queries.rounds import current_round
from ideas.tables import IDEAS_MAX, LeftOut, TableChoice, TableReading, kind_of, read_ideas
from ideas.texts import one_line, shortened

# An upload waits so long for a choice of columns. A challenge has so many at most; the oldest gives way.
KEPT = timedelta(days=1)
FILES_MAX = 5
NAME_MAX = 200


@dataclass(frozen=True)
class ReadFile:
    """An upload as it is read. `reading` contains only the ideas that are not in the round yet."""

    id: int
    name: str
    reading: TableReading
    is_in_lobby: bool
    with_text: bool


@dataclass(frozen=True)
class BroughtIdeas:
    """`ideas`: how many were added. `is_waiting`: they enter the round at its start."""

    ideas: int
    left_out: int
    is_waiting: bool


def keep_file(actor: Actor, challenge_id: int, name: str, data: bytes) -> int:
    """Keep an upload until its columns are chosen. It is read once, so that no unreadable file is kept.

    :return: the file's id.
    :raise TableRefused: :raise RoundIsClosed: :raise Forbidden: :raise NotFound:
    """
    challenge, _round = _facilitated(db.session(), actor, challenge_id)
    _read(data, TableChoice(), challenge)
    name = shortened(one_line("name", name, len(name)), NAME_MAX)
    with write() as transaction:
        session = transaction.session
        _facilitated(session, actor, challenge_id)
        mine = select(IdeaFile.id).filter_by(challenge_id=challenge_id).order_by(IdeaFile.id.desc())
        old = session.scalars(mine.offset(FILES_MAX - 1)).all()
        session.execute(delete(IdeaFile).where(IdeaFile.id.in_(old)))
        file = IdeaFile(challenge_id=challenge_id, name=name, data=data, uploaded_at=clock.now())
        session.add(file)
        session.flush()
        return file.id


def read_file(actor: Actor, challenge_id: int, file_id: int, choice: TableChoice) -> ReadFile:
    """Read an upload as chosen.

    :raise TableRefused: :raise NotFound: if it was brought, discarded, or has expired. :raise RoundIsClosed: :raise
        Forbidden:
    """
    session = db.session()
    challenge, round = _facilitated(session, actor, challenge_id)
    file = _file(session, challenge_id, file_id)
    name, data, with_text, is_in_lobby = file.name, file.data, challenge.idea_text, round.is_in_lobby
    reading = _read(data, choice, challenge)
    reading = _without(reading, brought_before(session, current_round(session, challenge_id)))
    return ReadFile(file_id, name, reading, is_in_lobby, with_text)


def bring_file(actor: Actor, challenge_id: int, file_id: int, choice: TableChoice) -> BroughtIdeas:
    """Add the ideas of an upload, and delete it, so that it is brought once.

    :raise TableRefused: also `no_ideas` and `rows_too_many`. :raise NotFound: :raise RoundIsClosed: :raise Forbidden:
    """
    challenge, _round = _facilitated(db.session(), actor, challenge_id)
    file = _file(db.session(), challenge_id, file_id)
    name, data = file.name, file.data
    reading = _read(data, choice, challenge)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        _challenge, round = _facilitated(session, actor, challenge_id)
        session.delete(_file(session, challenge_id, file_id))
        new = _without(reading, brought_before(session, round))
        if not new.ideas:
            raise TableRefused("no_ideas")
        # lists show the latest idea on top, which must be the first line
        ideas = [BroughtIdea(idea.title, idea.text, idea.author) for idea in reversed(new.ideas)]
        _bring(transaction, chain, round, actor, BroughtFile(name, kind_of(data), reading.digest, ideas))
        return BroughtIdeas(len(ideas), len(new.left_out), round.is_in_lobby)


def _bring(transaction: Transaction, chain: journal.Chain, round: Round, actor: Actor, file: BroughtFile) -> None:
    if not round.is_in_lobby:
        seq = add_brought_ideas(chain, round, file)
        chain.act("bring", round.handle, actor, "", seq)
        return
    if waiting_count(transaction.session, round.challenge_id) + len(file.ideas) > IDEAS_MAX:
        raise TableRefused("rows_too_many")
    keep_waiting(transaction.session, chain.challenge, file)


def discard_file(actor: Actor, challenge_id: int, file_id: int) -> None:
    """Delete an upload without bringing it. :raise NotFound: :raise RoundIsClosed: :raise Forbidden:"""
    with write() as transaction:
        _facilitated(transaction.session, actor, challenge_id)
        transaction.session.delete(_file(transaction.session, challenge_id, file_id))


def drop_waiting_ideas(actor: Actor, challenge_id: int, waiting_id: int) -> None:
    """Delete the ideas of a file before they enter the round.

    :raise NotFound: :raise RoundIsClosed: :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        journal.locked(transaction, challenge_id)
        _facilitated(session, actor, challenge_id)
        waiting = session.get(WaitingIdeas, waiting_id)
        if waiting is None or waiting.challenge_id != challenge_id:
            raise NotFound
        session.delete(waiting)


def prune_files() -> int:
    """Delete the uploads that nobody brought in time. :return: their number."""
    old = IdeaFile.uploaded_at < clock.now() - KEPT
    if not db.session.scalar(select(func.count()).select_from(IdeaFile).where(old)):
        return 0
    db.session.rollback()
    with write() as transaction:
        result = transaction.session.execute(delete(IdeaFile).where(old))
        return int(result.rowcount)  # type: ignore[attr-defined]


def _facilitated(session: Session, actor: Actor, challenge_id: int) -> tuple[Challenge, Round]:
    challenge = policy.require_facilitator(session, actor, challenge_id)
    round = current_round(session, challenge_id)
    policy.require_open(round)
    return challenge, round


def _file(session: Session, challenge_id: int, file_id: int) -> IdeaFile:
    file = session.get(IdeaFile, file_id)
    if file is None or file.challenge_id != challenge_id:
        raise NotFound
    return file


def _read(data: bytes, choice: TableChoice, challenge: Challenge) -> TableReading:
    title_max, with_text = challenge.idea_title_max, challenge.idea_text
    db.session.rollback()  # hold no read transaction during the task
    try:
        return run_task(read_ideas, data, choice, title_max, with_text)
    except (TaskTimedOut, TaskOutOfMemory, TaskDied) as error:
        raise TableRefused("too_much_work") from error


def _without(reading: TableReading, known: set[tuple[str, str]]) -> TableReading:
    """The reading without the ideas that the company brought before."""
    new = [idea for idea in reading.ideas if (idea.title, idea.text) not in known]
    old = [LeftOut(idea.line, "known") for idea in reading.ideas if (idea.title, idea.text) in known]
    left_out = sorted([*reading.left_out, *old], key=lambda line: line.line)
    return replace(reading, ideas=new, left_out=left_out)
