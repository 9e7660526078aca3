"""Commands that take effect once. Their number is stored with their answer, in the same transaction.

There are two ways. A service that gives the id of a new record takes the number itself (`answer_before`, `remember`):
its command belongs to a participant, whoever sends it. For all other acts the edge opens a command around the act
(`begin`): the first write transaction claims its number, and a repetition ends with `Repeated` before it changes
anything.
"""

import hashlib
import hmac
import io
import json
import uuid
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO, cast

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from ideas import clock
from ideas.database import Transaction, add_opener, db, insertion, write
from ideas.errors import Conflict, Invalid, NumberReused
from ideas.models import Operation, Participant

# A browser's queue may send a command again after weeks. Later than this it is a new command.
KEPT = timedelta(days=90)

# Within this time a repetition whose answer got lost signs the browser in, and the number alone is enough for a join.
FRESH = timedelta(minutes=10)

OWNERS_PER_STATEMENT = 500


class Repeated(Exception):
    """This command was done before. No refusal: the edge answers as it did the first time."""

    def __init__(self, done: Operation) -> None:
        super().__init__(done.op)
        self.done = done


def checked_op(op: str) -> str:
    """:raise Invalid: if `op` is no UUID."""
    try:
        return str(uuid.UUID(op))
    except ValueError as error:
        raise Invalid(op="characters") from error


def digest_of(key: bytes, *content: object) -> str:
    """The digest (32 hex digits) that stands for the content of a command. Without the key nobody can guess texts from
    it.
    """
    return hmac.digest(key, _encode(content).encode(), "sha256").hex()[:32]


def _told(value: object) -> object:
    if isinstance(value, io.IOBase):
        return digest_of_file(cast(BinaryIO, value)).hex()
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else str(value)


# One encoder for all: `json.dumps` makes a new one for each text.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=_told).encode


def digest_of_file(file: BinaryIO) -> bytes:
    """SHA-256 of a whole file, which is read piece by piece and then stands at its beginning again."""
    file.seek(0)
    digest = hashlib.file_digest(cast(io.BufferedIOBase, file), "sha256").digest()
    file.seek(0)
    return digest


# Services that take the number themselves


def answer_before(session: Session, participant: Participant, op: str, key: str, digest: str) -> int | None:
    """The answer of the command's first run, or None if there was none.

    :raise Conflict: if the number belongs to another kind of command. :raise NumberReused: if to other content.
    """
    done = session.get(Operation, (op, participant.handle))
    if done is None:
        return None
    if key not in done.answer:
        raise Conflict
    answer = int(str(done.answer[key]))
    if not is_same(done.digest, digest):
        raise NumberReused(answer)
    return answer


def remember(session: Session, participant: Participant, op: str, key: str, answer: int, digest: str) -> None:
    """Store the answer for a repetition."""
    session.add(
        Operation(op=op, owner=participant.handle, digest=digest, answer={key: answer}, at=clock.now()),
    )


def is_same(done: str | None, digest: str) -> bool:
    """Whether a command has the content of its first run, by the digests of both. Of old commands none is known."""
    return done is None or hmac.compare_digest(done, digest)


# Commands that the edge opens


@dataclass
class Command:
    """One command while its act runs. `answer` is stored when a transaction claims the number."""

    op: str
    owner: str
    browser: str
    digest: str
    answer: dict[str, object] = field(default_factory=dict)
    is_claimed: bool = False


_current: ContextVar[Command | None] = ContextVar("command", default=None)


def begin(command: Command | None) -> None:
    """Let the next write transaction of this context claim the number; None ends that."""
    _current.set(command)


def current_op() -> str:
    """The number of the current command, "" if there is none."""
    command = _current.get()
    return command.op if command else ""


def note(**answer: object) -> None:
    """Add to the answer of the current command, if there is one. Before the commit it becomes durable with the act."""
    if command := _current.get():
        command.answer.update(answer)


def _claim(transaction: Transaction) -> None:
    command = _current.get()
    if command is None or command.is_claimed:
        return
    row = {"op": command.op, "owner": command.owner, "digest": command.digest, "browser": command.browser}
    # Inserting detects a repetition, also one that runs at this moment in another process.
    rest = dict.fromkeys(("client", "n", "subjects"))
    inserted = transaction.session.execute(
        insertion(Operation, ignoring=True), {**row, **rest, "answer": {}, "at": clock.now()}
    )
    if inserted.rowcount == 0:  # type: ignore[attr-defined]
        done = transaction.session.get_one(Operation, (command.op, command.owner))
        transaction.session.expunge(done)
        raise Repeated(done)
    command.is_claimed = True
    transaction.before_commit.append(lambda: _store(transaction.session, command))
    transaction.on_rollback.append(lambda: _release(command))


def _release(command: Command) -> None:
    command.is_claimed = False


def _store(session: Session, command: Command) -> None:
    """Store the answer as far as it is known inside the act."""
    if command.answer:
        session.execute(update(Operation).where(_row(command)).values(answer=command.answer))


def _row(command: Command) -> ColumnElement[bool]:
    return (Operation.op == command.op) & (Operation.owner == command.owner)


add_opener(_claim)


def close(command: Command, *, is_done: bool) -> None:
    """End a claimed command: store its whole answer, or free its number because the act was refused."""
    begin(None)
    if not command.is_claimed:
        return
    with write() as transaction:
        if is_done:
            _store(transaction.session, command)
        else:
            transaction.session.execute(delete(Operation).where(_row(command)))


def done_before(op: str, owners: list[str], browser: str, *, by_number: bool) -> Operation | None:
    """The command that was done under this number: by one of these owners, or from this browser.

    `by_number`: for `FRESH` the number alone is enough. It is as random as a secret link.
    """
    known = [browser, *owners]
    for done in db.session.scalars(select(Operation).filter_by(op=op)):
        if done.owner in known or done.browser == browser or (by_number and is_fresh(done)):
            db.session.expunge(done)
            return done
    return None


def is_fresh(done: Operation) -> bool:
    return clock.now() - done.at < FRESH


def forget_commands(session: Session, participant_ids: Sequence[int], until: datetime | None = None) -> None:
    """Delete the commands of participants, all or those until an instant, but for the current one, whose repetition is
    still answered.
    """
    owners = [f"participant-{participant_id}" for participant_id in participant_ids]
    others = Operation.op != current_op()
    if until is not None:
        others = and_(others, Operation.at <= until)
    for start in range(0, len(owners), OWNERS_PER_STATEMENT):
        some = owners[start : start + OWNERS_PER_STATEMENT]
        session.execute(delete(Operation).where(Operation.owner.in_(some), others))


def prune_operations() -> int:
    """Forget the commands that are older than `KEPT`. :return: their number."""
    with write() as transaction:
        result = transaction.session.execute(delete(Operation).where(Operation.at < clock.now() - KEPT))
        return int(result.rowcount)  # type: ignore[attr-defined]
