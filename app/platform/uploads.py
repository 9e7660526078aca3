"""Files of uploads while they arrive: small ones in memory, the others on disk, and on disk only so many at once.

Anybody can begin uploads, send them slowly, and divide one into many files. Each file on disk takes a descriptor and up
to `MAX_CONTENT_LENGTH` bytes. If all places are taken, the upload that has been arriving for the longest time ends: a
flood of slow uploads then ends its own, and an ordinary one takes seconds.
"""

import logging
import tempfile
import threading
from typing import Any

from ideas.errors import Busy

# Bytes of a file that may stand in memory. Hundreds may arrive at once, on slow lines.
MEMORY_BYTES = 32 * 1024
# Files on disk at once: within the descriptors that the server keeps back (`realtime.admission.RESERVE`).
FILES_MAX = 64
# When to send again what found no space.
FULL_SECONDS = 60

log = logging.getLogger(__name__)


class UploadedFile(tempfile.SpooledTemporaryFile[bytes]):
    """A file of an upload. :raise Busy: from `write` if there is no place on disk for it, or no longer."""

    def __init__(self, places: "UploadPlaces") -> None:
        super().__init__(MEMORY_BYTES, "rb+")
        self._places = places
        self.is_ended = False

    def write(self, data: Any) -> int:
        if self.is_ended:
            raise Busy
        try:
            return super().write(data)
        except OSError as error:  # TMPDIR is full
            log.error("an upload can't be written to TMPDIR: %s", error.strerror)
            raise Busy(FULL_SECONDS) from error

    def rollover(self) -> None:
        self._places.take(self)
        super().rollover()

    def close(self) -> None:
        super().close()
        self._places.give(self)


class UploadPlaces:
    """The places on disk. Green threads and threads may use them at once."""

    def __init__(self, most: int = FILES_MAX) -> None:
        self._most = most
        self._lock = threading.RLock()  # a file may be collected, and so closed, at any step
        self._arriving: dict[UploadedFile, None] = {}  # the oldest first
        self._received: set[UploadedFile] = set()

    @property
    def taken(self) -> int:
        return len(self._arriving) + len(self._received)

    def take(self, file: UploadedFile) -> None:
        """Give a place to a file that outgrows the memory. :raise Busy: if all belong to files that have arrived."""
        with self._lock:
            if file in self._arriving:
                return
            oldest = next(iter(self._arriving), None) if self.taken >= self._most else None
            if oldest is None and self.taken >= self._most:
                raise Busy
            if oldest is not None:
                self._arriving.pop(oldest, None)
                oldest.is_ended = True
            self._arriving[file] = None
        if oldest is not None:
            oldest.close()

    def keep(self, files: list[UploadedFile]) -> None:
        """Let files that have arrived in full be read without being ended. :raise Busy: if one was ended before."""
        with self._lock:
            if any(file.is_ended for file in files):
                raise Busy
            for file in files:
                if file in self._arriving:
                    del self._arriving[file]
                    self._received.add(file)

    def give(self, file: UploadedFile) -> None:
        """Free the place of a file, if it has one."""
        with self._lock:
            self._arriving.pop(file, None)
            self._received.discard(file)
