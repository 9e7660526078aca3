"""Making a file of a round in a worker, which reads the database itself. No row of it passes through the server."""

from collections.abc import Collection
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.database import require
from ideas.exports import FORMATS, INTERIM
from ideas.models import Round
from ideas.offload import DATABASE, run_to_file, task
from ideas.snapshot import Source, snapshot, source_of

# Of a file that a task writes, in one step: pictures of a whole room do not fit into memory.
SECONDS, MEGABYTES = 300, 2000


def file_of(session: Session, round: Round, form: str, options: Collection[str] = ()) -> BinaryIO:
    """The file of a closed round in a format of `FORMATS`, or of an open one in a format of `INTERIM`.

    `options` choose a variant of the format. The caller checks the permission and closes the file.

    :raise NotClosed: if the round is open and the format is one of closed rounds.
    :raise TaskFailed: if the worker died or exceeded a limit. Nothing was changed.
    """
    source, round_id, is_closed = source_of(session), round.id, round.is_closed
    session.rollback()  # hold no read transaction during the task
    return run_to_file(written, source, round_id, is_closed, form, sorted(options))


@task(seconds=SECONDS, megabytes=MEGABYTES, worker=DATABASE)
def written(out: BinaryIO, source: Source, round_id: int, is_closed: bool, form: str, options: list[str]) -> None:
    """Write the file of a round to `out`."""
    found = (FORMATS if is_closed else INTERIM)[form]
    with snapshot(source) as session:
        (found.variant(set(options)) or found).write(session, require(session, Round, round_id), out)
