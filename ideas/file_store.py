"""The folder of uploaded files: each content lies there once, named by its SHA-256 digest. No database here.

`ab/cd/<digest>` is a whole file, `incoming/` holds uploads while they are written, and the age of an empty
`ab/cd/<digest>.unnamed` says since when no row names a file. Several processes and machines may share the folder: a
file gets its place by one rename in the same file system, so nobody ever sees a part of it.

The name that a person typed is for showing only. It is never a path.
"""

import errno
import hashlib
import io
import logging
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ideas.errors import FileRefused, NoSpace
from ideas.graphemes import head
from ideas.offload import run_blocking
from ideas.texts import one_line

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
PIECE_BYTES = 256 * 1024
NAME_BYTES_MAX = 200  # a file name has at most 255 bytes, and browsers add to it

# What people deliver, by the end of the name. No programs and no scripts: a double click would run them.
TYPES = frozenset(
    {"csv", "doc", "docx", "epub", "json", "key", "md", "numbers", "odp", "ods", "odt", "pages", "pdf", "po", "ppt"}
    | {"pptx", "rtf", "srt", "tsv", "txt", "xliff", "xls", "xlsx", "xml", "yaml"}
    | {"zip", "7z", "gz", "fig"}
    | {"css", "htm", "html", "otf", "ttf", "woff", "woff2"}
    | {"ai", "avif", "bmp", "eps", "gif", "heic", "indd", "jpeg", "jpg", "odg", "png", "psd", "sketch", "svg", "tif"}
    | {"tiff", "webp", "xcf", "avi", "flac", "m4a", "mkv", "mov", "mp3", "mp4", "ogg", "wav", "webm"}
)

INCOMING, UNNAMED = "incoming", ".unnamed"

SCAN_SECONDS = 120.0
CLEAN, INFECTED = 0, 1  # what scanners answer: clamdscan, and others like it

# The disk is full, or a limit of this user or process is reached.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileRules:
    """Where files lie and what is taken. `owner_bytes_max` is for all files of one owner together; the words of
    `scan_command` are followed by the path of the file.
    """

    folder: Path
    file_bytes_max: int = 50 * MEGABYTE
    owner_bytes_max: int = 200 * MEGABYTE
    types: frozenset[str] = TYPES
    scan_command: tuple[str, ...] = ()


_rules: FileRules | None = None


def use_rules(found: FileRules) -> None:
    """Keep files by these rules from now on."""
    global _rules
    _rules = found


def file_rules() -> FileRules:
    """The rules of this installation."""
    assert _rules is not None, "call use_rules first"
    return _rules


@dataclass(frozen=True)
class ArrivedFile:
    """An upload that is whole on the disk and has no row yet. `name` is as it may be shown."""

    path: Path
    name: str
    type: str
    digest: str
    size: int


@contextmanager
def arriving(upload: BinaryIO, typed_name: str) -> Iterator[ArrivedFile]:
    """Write an upload to the disk, off the hub, and let the operator's scanner look at it.

    At the end of the context it is gone, unless `place` was called for it.

    :raise FileRefused: `file_type`, `file_empty`, `too_large`, `infected`, `not_scanned`. :raise NoSpace:
    """
    rules = file_rules()
    name = shown_name(typed_name)
    type_ = type_of(name)
    if type_ not in rules.types:
        raise FileRefused("file_type")
    path, digest, size = run_blocking(_received, upload, rules)
    try:
        _require_clean(path, rules.scan_command)
        yield ArrivedFile(path, name, type_, digest, size)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def produced(data: bytes, name: str) -> Iterator[ArrivedFile]:
    """Write a file that the server made itself to the disk, as `arriving` does with one that came from outside. It
    needs no list of kinds and no scanner.

    :raise NoSpace: :raise FileRefused: `too_large`.
    """
    path, digest, size = run_blocking(_received, io.BytesIO(data), file_rules())
    try:
        yield ArrivedFile(path, name, type_of(name), digest, size)
    finally:
        path.unlink(missing_ok=True)


def shown_name(typed: str) -> str:
    """The last part of a typed name without invisible characters, at most 200 bytes long; its end stays."""
    name = one_line("name", re.split(r"[/\\]", typed)[-1], len(typed)).strip(". ")
    stem, dot, end = name.rpartition(".")
    if not dot or len(end.encode()) > 10:
        stem, dot, end = name, "", ""
    while len((stem + dot + end).encode()) > NAME_BYTES_MAX:
        stem = head(stem, len(stem) - 1)
    return stem + dot + end


def type_of(name: str) -> str:
    """The end of a name in lower case, without its dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def _received(upload: BinaryIO, rules: FileRules) -> tuple[Path, str, int]:
    """:return: the path of a temporary file that is on the disk, its digest and its size."""
    found, size = hashlib.sha256(), 0
    path: Path | None = None
    try:
        folder = _made(rules.folder / INCOMING)
        descriptor, name = tempfile.mkstemp(dir=folder)  # mode 0600
        path = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            upload.seek(0)
            while piece := upload.read(PIECE_BYTES):
                size += len(piece)
                if size > rules.file_bytes_max:
                    raise FileRefused("too_large")
                found.update(piece)
                file.write(piece)
            if not size:
                raise FileRefused("file_empty")
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        if path is not None:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _no_space(error) from error
        raise
    return path, found.hexdigest(), size


def _no_space(error: OSError) -> Exception:
    """The refusal after the folder could not be written; the operator reads the reason in the log."""
    log.error("FILES_PATH can't be written: %s", error.strerror)
    return NoSpace()


def _require_clean(path: Path, command: tuple[str, ...]) -> None:
    """:raise FileRefused: if the operator's scanner says so, or gives no answer."""
    if not command:
        return
    # A process of its own; on a green server the wait for it lets others run. It needs nothing that we know.
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "HOME", "TMPDIR")}
    try:
        code = subprocess.run(
            [*command, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=SCAN_SECONDS,
            check=False,
        ).returncode
    except (OSError, subprocess.SubprocessError) as error:
        log.error("SCAN_COMMAND failed: %s", type(error).__name__)
        raise FileRefused("not_scanned") from error
    if code == INFECTED:
        log.warning("SCAN_COMMAND refused a file")
        raise FileRefused("infected")
    if code != CLEAN:
        log.error("SCAN_COMMAND ended with code %s", code)
        raise FileRefused("not_scanned")


def path_of(digest: str) -> Path:
    """Where the content with this digest lies."""
    assert _DIGEST.fullmatch(digest), "no digest"
    return file_rules().folder / digest[:2] / digest[2:4] / digest


def place(arrived: ArrivedFile) -> None:
    """Give an arrived file its place for good, off the hub. The caller writes its row and holds `lock_content`.

    :raise NoSpace:
    """
    run_blocking(_place, arrived)


def _place(arrived: ArrivedFile) -> None:
    try:
        put(arrived.path, arrived.digest)
    except OSError as error:
        raise _no_space(error) from error


def put(path: Path, digest: str) -> None:
    """Move a whole file, which is on the disk already, to the place of its digest; the move is on the disk then, too.

    It replaces a file with the same content, so that one that was damaged meanwhile is whole again.
    """
    target = path_of(digest)
    _made(target.parent)
    path.replace(target)
    _sync(target.parent)
    _marker_of(digest).unlink(missing_ok=True)


def _made(folder: Path) -> Path:
    """Create a folder and those above it, for this user alone, and wait until the disk knows it."""
    if not folder.is_dir():
        _made(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)
    return folder


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass
class FilePieces:
    """The bytes of a file, piece by piece, each read off the hub. It can be sought, as an answer to a range needs.

    It is open only while a piece is read: people on slow lines would else hold a descriptor each.
    """

    digest: str
    size: int
    _at: int = field(default=0, init=False)

    def seekable(self) -> bool:
        return True

    def seek(self, at: int) -> None:
        self._at = at

    def tell(self) -> int:
        return self._at

    def __iter__(self) -> "FilePieces":
        return self

    def __next__(self) -> bytes:
        """:raise OSError: if the file is gone; the answer then breaks off, which its receiver notices."""
        if self._at >= self.size:
            raise StopIteration
        piece = run_blocking(_piece, path_of(self.digest), self._at)
        if not piece:
            raise OSError("a stored file is shorter than its row says")
        self._at += len(piece)
        return piece


def _piece(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(PIECE_BYTES)


def is_there(digest: str, size: int) -> bool:
    """Whether a whole file lies at the place of a digest, by its size."""
    path = path_of(digest)
    return path.is_file() and path.stat().st_size == size


def digest_on_disk(digest: str) -> str | None:
    """The digest of what lies at the place of a digest: another one if it was changed; None if nothing is there."""
    try:
        with path_of(digest).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


# Files that no row names


@dataclass(frozen=True)
class FoundFile:
    """A file in the folder. `unnamed_since` is when the loop first saw that no row names it, in seconds since 1970."""

    digest: str
    unnamed_since: float | None


def found_files() -> Iterator[list[FoundFile]]:
    """All files, a part of the folder at a time; each part is read off the hub."""
    folder = file_rules().folder
    for part in run_blocking(_folders_in, folder):
        yield run_blocking(_found_in, folder / part)


def _folders_in(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in os.scandir(folder) if len(entry.name) == 2 and entry.is_dir())


def _found_in(part: Path) -> list[FoundFile]:
    names = [entry.path for below in os.scandir(part) if below.is_dir() for entry in os.scandir(below.path)]
    since = {name.removesuffix(UNNAMED): os.stat(name).st_mtime for name in names if name.endswith(UNNAMED)}
    digests = [name for name in names if _DIGEST.fullmatch(os.path.basename(name))]
    return [FoundFile(os.path.basename(name), since.get(name)) for name in sorted(digests)]


def note_unnamed(digest: str) -> None:
    """Begin the time of grace of a file that no row names."""
    _marker_of(digest).touch(mode=0o600)


def note_named(digest: str) -> None:
    """End the time of grace of a file that a row names again."""
    _marker_of(digest).unlink(missing_ok=True)


def remove(digest: str) -> None:
    """Remove a file. The caller holds `lock_content` and has seen that no row names it."""
    path_of(digest).unlink(missing_ok=True)
    _marker_of(digest).unlink(missing_ok=True)


def _marker_of(digest: str) -> Path:
    path = path_of(digest)
    return path.with_name(path.name + UNNAMED)


def remove_left_uploads(older_than: float) -> int:
    """Remove uploads that nobody has written to for so many seconds: their process died. :return: their number."""
    return run_blocking(_remove_left, file_rules().folder / INCOMING, older_than)


def _remove_left(folder: Path, older_than: float) -> int:
    removed = 0
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if time.time() - entry.stat().st_mtime > older_than:
            Path(entry.path).unlink(missing_ok=True)
            removed += 1
    return removed
