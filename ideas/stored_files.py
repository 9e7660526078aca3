"""Mechanics of uploaded files: their rows, who may read them, and the quota of an owner.

A service keeps a file in two steps. `file_store.arriving` writes it to the disk before the transaction, and `keep`
gives it its place and its row inside the transaction of the act. So a crash leaves at most a file without a row, which
a loop removes after a time of grace, and never a row without a file.

The row goes with its owner (`drop_files`); the content goes when no row names it any more.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock, file_store
from ideas.actor import Actor
from ideas.database import Transaction, alias_of
from ideas.errors import FileRefused, NotFound
from ideas.file_store import ArrivedFile
from ideas.models import StoredFile
from ideas.statements import one_of

FILES_OF_OWNER_MAX = 100

Ids = Select[tuple[int]]


@dataclass(frozen=True)
class FileOwnerKind:
    """A kind of record that files belong to, by its word in `StoredFile.owner_kind`.

    `may_read(session, actor, file)` says who may download; a file whose kind is not registered is for nobody. The
    others are queries for the ids of owners: all that exist, those whose files go with a challenge or an organisation,
    and those whose files go when a person or participants erase what they wrote.
    """

    word: str
    may_read: Callable[[Session, Actor, StoredFile], bool]
    existing: Ids
    in_challenge: Callable[[int], Ids] | None = None
    in_organisation: Callable[[int], Ids] | None = None
    of_person: Callable[[int], Ids] | None = None
    of_participants: Callable[[Sequence[int]], Ids] | None = None


@dataclass(frozen=True)
class FileOwner:
    """What a file belongs to, and whose quota it takes: a job's order, for example."""

    kind: str
    id: int


FILE_OWNER_KINDS: dict[str, FileOwnerKind] = {}

PREVIEW = "preview"


def register_file_owners(kind: FileOwnerKind) -> None:
    """Let files belong to records of this kind."""
    FILE_OWNER_KINDS[kind.word] = kind


def keep(transaction: Transaction, arrived: ArrivedFile, owner: FileOwner, person_id: int | None) -> StoredFile:
    """Store an arrived file for its owner, in the transaction of the act. The caller has asked for permission.

    :raise FileRefused: `too_many_files`, `quota`. :raise NoSpace:
    """
    assert owner.kind in FILE_OWNER_KINDS, "register_file_owners first"
    session = transaction.session
    _lock(session, f"{owner.kind}-{owner.id}")  # two uploads at once must not exceed the quota together
    number, size = use_of(session, owner)
    if number >= FILES_OF_OWNER_MAX:
        raise FileRefused("too_many_files")
    if size + arrived.size > file_store.file_rules().owner_bytes_max:
        raise FileRefused("quota")
    lock_content(session, arrived.digest)
    file_store.place(arrived)
    row = StoredFile(
        digest=arrived.digest,
        size=arrived.size,
        name=arrived.name,
        type=arrived.type,
        owner_kind=owner.kind,
        owner_id=owner.id,
        person_id=person_id,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def lock_content(session: Session, digest: str) -> None:
    """Hold the content with this digest until the transaction ends: nobody removes it while its row is written."""
    _lock(session, digest)


def _lock(session: Session, word: str) -> None:
    """On SQLite there is one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))


def use_of(session: Session, owner: FileOwner) -> tuple[int, int]:
    """How many files an owner has, and their bytes together."""
    query = select(func.count(), func.coalesce(func.sum(StoredFile.size), 0))
    number, size = session.execute(query.where(_is_of(owner.kind, [owner.id]))).one()
    return number, int(size)


def files_of(session: Session, kind: str, owner_ids: Sequence[int]) -> list[StoredFile]:
    """The files of these owners, in the order in which they came."""
    return list(session.scalars(select(StoredFile).where(_is_of(kind, owner_ids)).order_by(StoredFile.id)))


def readable_file(session: Session, actor: Actor, file_id: int) -> StoredFile:
    """A file that the actor may download. :raise NotFound: for everybody else."""
    row = session.get(StoredFile, file_id)
    kind = FILE_OWNER_KINDS.get(row.owner_kind) if row else None
    if row is None or kind is None or not kind.may_read(session, actor, row):
        raise NotFound
    return row


def drop_files(session: Session, kind: str, owner_ids: Ids | Sequence[int]) -> None:
    """Delete the files of these owners, with their previews."""
    _drop_previews(session, select(StoredFile.id).where(_is_of(kind, owner_ids)))
    session.execute(delete(StoredFile).where(_is_of(kind, owner_ids)).execution_options(synchronize_session=False))


def drop_file(session: Session, file: StoredFile) -> None:
    """Delete one file of an owner that stays, with its preview."""
    _drop_previews(session, [file.id])
    session.delete(file)
    session.flush()


def _drop_previews(session: Session, files: Ids | Sequence[int]) -> None:
    """They go with the file at once: its number may be given again."""
    ids = list(session.scalars(files)) if isinstance(files, Select) else files
    session.execute(delete(StoredFile).where(_is_of(PREVIEW, ids)).execution_options(synchronize_session=False))


# Previews: a smaller picture that the server made of a file. It belongs to the row of the file, so it has the same
# readers, and its name says its size in pixels.


@dataclass(frozen=True)
class Preview:
    """A smaller picture of a stored file, with its size in pixels."""

    file: StoredFile
    width: int
    height: int


def keep_preview(transaction: Transaction, arrived: ArrivedFile, of: StoredFile) -> None:
    """Store the preview of a file; its name is `preview_name`. :raise NoSpace:"""
    keep(transaction, arrived, FileOwner(PREVIEW, of.id), None)


def preview_name(width: int, height: int) -> str:
    """The name of a preview of so many pixels."""
    return f"{width}x{height}.webp"


def previews_of(session: Session, file_ids: Sequence[int]) -> dict[int, Preview]:
    """`{file: its preview}`, for those of these files that have one."""
    if not file_ids:
        return {}
    return {row.owner_id: _preview(row) for row in files_of(session, PREVIEW, file_ids)}


def _preview(row: StoredFile) -> Preview:
    width, height = row.name.partition(".")[0].split("x")
    return Preview(row, int(width), int(height))


def readable_preview(session: Session, actor: Actor, file_id: int) -> StoredFile:
    """The preview of a file that the actor may download. :raise NotFound: for others, and if there is none."""
    found = previews_of(session, [readable_file(session, actor, file_id).id]).get(file_id)
    if found is None:
        raise NotFound
    return found.file


def _is_of(kind: str, owner_ids: Ids | Sequence[int]) -> ColumnElement[bool]:
    return and_(StoredFile.owner_kind == kind, StoredFile.owner_id.in_(owner_ids))


def drop_files_of_challenge(session: Session, challenge_id: int) -> None:
    """Delete the files that go with a challenge. Called before its records are deleted."""
    for kind in FILE_OWNER_KINDS.values():
        if kind.in_challenge:
            drop_files(session, kind.word, kind.in_challenge(challenge_id))


def drop_files_of_organisation(session: Session, organisation_id: int) -> None:
    """Delete the files that go with an organisation. Called before its records are deleted."""
    for kind in FILE_OWNER_KINDS.values():
        if kind.in_organisation:
            drop_files(session, kind.word, kind.in_organisation(organisation_id))


def erase_files_of_participants(session: Session, participant_ids: Sequence[int]) -> None:
    """Delete the files that go with the texts of these participants."""
    for kind in FILE_OWNER_KINDS.values():
        if kind.of_participants:
            drop_files(session, kind.word, kind.of_participants(participant_ids))


def forget_sender(session: Session, person_id: int) -> None:
    """Delete the files that go with a person, and forget who sent those that stay, with the names that they typed."""
    for kind in FILE_OWNER_KINDS.values():
        if kind.of_person:
            drop_files(session, kind.word, kind.of_person(person_id))
    sent = update(StoredFile).where(StoredFile.person_id == person_id)
    session.execute(sent.values(person_id=None, name=_nameless()).execution_options(synchronize_session="fetch"))


def _nameless() -> ColumnElement[str]:
    """A name may tell who it is; the end of it says what the file is."""
    return "file." + StoredFile.type


def ownerless() -> ColumnElement[bool]:
    """The SQL of whether the owner of a file is gone. A kind that is not registered now may come back."""
    gone = [
        and_(StoredFile.owner_kind == kind.word, StoredFile.owner_id.not_in(kind.existing))
        for kind in FILE_OWNER_KINDS.values()
    ]
    return or_(*gone) if gone else StoredFile.id.is_(None)


def named_among(session: Session, digests: Sequence[str]) -> set[str]:
    """Those of these digests that a row names."""
    return set(session.scalars(select(StoredFile.digest).where(one_of(session, StoredFile.digest, digests)).distinct()))


@dataclass(frozen=True)
class FileProblem:
    """A file on the disk that is not as its row says. `problem` is English, for operators."""

    file: StoredFile
    problem: str


def check_files(session: Session) -> Iterator[FileProblem]:
    """Read every file that rows name, and compare it with its digest."""
    digest, found = "", None
    for row in session.scalars(select(StoredFile).order_by(StoredFile.digest, StoredFile.id)):
        if row.digest != digest:
            digest, found = row.digest, file_store.digest_on_disk(row.digest)
        if found is None:
            yield FileProblem(row, "it is missing in FILES_PATH")
        elif found != row.digest:
            yield FileProblem(row, "its content was changed")


# Nobody downloads a preview by its own number (`readable_preview`).
register_file_owners(
    FileOwnerKind(PREVIEW, lambda _session, _actor, _file: False, select(alias_of(StoredFile, "previewed").id))
)
