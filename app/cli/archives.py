"""The archive of a backup: a tar file with the database, and after it each uploaded file that its rows name.

`tar -xf` reads it too: the files lie in it as they do in FILES_PATH, below `files/`.
"""

import contextlib
import hashlib
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import IO

from ideas import file_store, stored_files
from ideas.database import db

DATABASE = "schwarm.db"
END = "complete"  # an empty last member, since an archive that was cut off between two others looks whole
_FILE = re.compile(r"files/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")

# How often a snapshot is taken again because a file went meanwhile with its last row.
SNAPSHOTS_MAX = 3


class _Hashing:
    """A file that is read once, and its digest."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.found = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.found.update(data)
        return data


def write_archive(part: Path, snapshot: Path, database: str) -> list[str]:
    """Write the archive of a live SQLite database to `part`; `snapshot` is the path of a file for the time between.

    The snapshot of the database comes first, then the files that it names: what is uploaded later has no row in it, and
    what is deleted later stays in the folder for a day.

    :return: what is missing or was changed on the disk, by digest.
    :raise OSError: :raise sqlite3.Error: if it can't be written.
    """
    for _ in range(SNAPSHOTS_MAX):
        snapshot.unlink(missing_ok=True)
        # Not `cp`: a copy of a live file lacks what still stands in the log beside it.
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(snapshot),))
        snapshot.chmod(0o600)
        missing = missing_files(snapshot)
        if not missing or stored_files.named_among(db.session(), missing) == set(missing):
            break
        db.session.rollback()
    faults = list[str]()
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.add(snapshot, DATABASE, filter=_plain)
            for digest, size in _named_in(snapshot):
                if not _add_file(archive, digest, size):
                    faults.append(digest)
            archive.addfile(_plain(tarfile.TarInfo(END)))
        out.flush()
        os.fsync(out.fileno())
    return faults


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names of this machine's users."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _add_file(archive: tarfile.TarFile, digest: str, size: int) -> bool:
    """:return: whether the whole file with this digest was added"""
    try:
        file = file_store.path_of(digest).open("rb")
    except OSError:
        return False
    with file:
        if os.fstat(file.fileno()).st_size != size:
            return False
        member = _plain(tarfile.TarInfo(f"files/{digest[:2]}/{digest[2:4]}/{digest}"))
        member.size, member.mtime = size, int(os.fstat(file.fileno()).st_mtime)
        hashing = _Hashing(file)
        archive.addfile(member, hashing)  # type: ignore[arg-type]
        return hashing.found.hexdigest() == digest


def _named_in(database: Path) -> list[tuple[str, int]]:
    """The digests and sizes of the uploaded files that a database names; none in one of an older version."""
    with closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stored_file'").fetchall():
            return []
        return connection.execute(
            "SELECT digest, max(size) FROM stored_file GROUP BY digest ORDER BY digest"
        ).fetchall()


def missing_files(database: Path) -> list[str]:
    """The digests of files that a database names and that do not lie in FILES_PATH."""
    return [digest for digest, size in _named_in(database) if not file_store.is_there(digest, size)]


def is_archive(file: Path) -> bool:
    with file.open("rb") as read:
        return read.read(16) != b"SQLite format 3\0" and tarfile.is_tarfile(file)


def take_database(file: Path, target: Path) -> None:
    """Write the database of an archive to a file. :raise KeyError: if there is none. :raise TarError: if it is cut."""
    with tarfile.open(file) as archive, target.open("wb") as out:
        names = archive.getnames()
        if DATABASE in names and names[-1] != END:
            raise tarfile.ReadError("it ends too early")
        os.fchmod(out.fileno(), 0o600)
        found = archive.extractfile(DATABASE)
        assert found is not None
        shutil.copyfileobj(found, out)


def put_files(file: Path, database: Path) -> list[str]:
    """Put the uploaded files of an archive into FILES_PATH, unless they lie there whole. `database` is where the
    database will lie: its owner gets them.

    :return: the digests of damaged ones, which are left out. :raise TarError: if the archive ends too early.
    """
    damaged = list[str]()
    incoming = file_store.file_rules().folder / file_store.INCOMING
    incoming.mkdir(parents=True, mode=0o700, exist_ok=True)
    with tarfile.open(file) as archive:
        for member in archive:
            name = _FILE.fullmatch(member.name)
            if name is None or not member.isfile() or file_store.digest_on_disk(name[1]) == name[1]:
                continue
            source = archive.extractfile(member)
            assert source is not None
            descriptor, path = tempfile.mkstemp(dir=incoming)
            hashing = _Hashing(source)
            try:
                with os.fdopen(descriptor, "wb") as out:
                    shutil.copyfileobj(hashing, out)
                    out.flush()
                    os.fsync(out.fileno())
                if hashing.found.hexdigest() != name[1]:
                    damaged.append(name[1])
                    continue
                file_store.put(Path(path), name[1])
                give_to_server(file_store.path_of(name[1]), database)
            finally:
                Path(path).unlink(missing_ok=True)
    for folder in [incoming.parent, *incoming.parent.rglob("*")]:
        if folder.is_dir():
            give_to_server(folder, database)
    return damaged


def give_to_server(path: Path, database: Path) -> None:
    """Give what root made the owner of the database: the server runs as another user, which could not write it."""
    if os.geteuid() == 0:
        of = database if database.exists() else database.parent
        with contextlib.suppress(PermissionError):  # a network file system may refuse it
            os.chown(path, of.stat().st_uid, of.stat().st_gid)
