"""What a loop does with the folder of files: it removes what no row names, after a time of grace."""

import time

from sqlalchemy import delete, select

from ideas import file_store
from ideas.database import db, write
from ideas.file_store import FoundFile
from ideas.models import StoredFile
from ideas.stored_files import lock_content, named_among, ownerless

# The grace: a backup that was begun before a row went still finds its file, and so does whoever puts the database of
# yesterday back.
GRACE_SECONDS = 24 * 3600.0


def remove_unnamed(grace_seconds: float = GRACE_SECONDS) -> int:
    """Remove the files that no row has named for so many seconds, and what is left of uploads that died.

    The time begins when a run first sees that no row names a file. Runs at once, of other processes too, do no harm.

    :return: the number of files that were removed.
    """
    removed = file_store.remove_left_uploads(GRACE_SECONDS)
    _drop_ownerless()
    for found in file_store.found_files():
        named = named_among(db.session(), [file.digest for file in found])
        db.session.rollback()
        for file in found:
            removed += _judge(file, file.digest in named, grace_seconds)
    return removed


def _judge(file: FoundFile, is_named: bool, grace_seconds: float) -> bool:
    """:return: whether the file was removed"""
    if is_named:
        if file.unnamed_since is not None:
            file_store.note_named(file.digest)
        return False
    if file.unnamed_since is None:
        file_store.note_unnamed(file.digest)
        return False
    return time.time() - file.unnamed_since >= grace_seconds and _remove(file.digest)


def _remove(digest: str) -> bool:
    """Remove a file unless a row names it by now: an upload with the same content may be on its way."""
    with write() as transaction:
        lock_content(transaction.session, digest)
        if named_among(transaction.session, [digest]):
            return False
        file_store.remove(digest)
        return True


def _drop_ownerless() -> None:
    """Delete the rows whose owner is gone: whoever deleted it should have, but content must not stay for ever."""
    left = db.session.scalar(select(StoredFile.id).where(ownerless()).limit(1))
    db.session.rollback()
    if left is not None:
        with write() as transaction:
            transaction.session.execute(delete(StoredFile).where(ownerless()))
