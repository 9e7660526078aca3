"""The memory of a real server while many people upload large pictures at once.

Each case sends the same picture from `PEOPLE` people at the same moment. The figure is the peak of the resident memory
of server and worker together above their idle memory. One case is a file that is refused, one a slow line: the uploads
stand still before their last byte while the memory is measured.
"""

import argparse
import io
import json
import re
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import flask_migrate
import numpy as np
import pillow_heif
from PIL import Image as Pillow

from ideas.actor import Actor
from tests import factories
from tests.servers import Server, cookie_of

MEGABYTES_MAX = 300
PEOPLE = 12
TRIES = 20


def photo(width: int, height: int) -> Pillow.Image:
    """Soft blobs: as large as a photo, and quick to make."""
    noise = np.random.default_rng(1).integers(0, 255, (max(1, height // 64), max(1, width // 64), 3), dtype=np.uint8)
    return Pillow.fromarray(noise).resize((width, height), Pillow.Resampling.BICUBIC)


def _saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _heic(image: Pillow.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=50, tile_size=512)
    return out.getvalue()


CASES: dict[str, Callable[[], bytes]] = {
    "jpeg-24mp": lambda: _saved(photo(5712, 4284), "JPEG"),
    "jpeg-24mp-97kb": lambda: _saved(Pillow.new("L", (5712, 4284)), "JPEG", quality=20),
    "jpeg-50mp-12mb": lambda: _saved(photo(8160, 6120), "JPEG", quality=98, subsampling=0),
    "jpeg-50mp-progressive": lambda: _saved(photo(8160, 6120), "JPEG", progressive=True),
    "jpeg-200mp": lambda: _saved(photo(16320, 12240), "JPEG", quality=70),
    "png-24mp-flat": lambda: _saved(Pillow.new("RGB", (6000, 4000), "teal"), "PNG"),
    "png-a2-300dpi": lambda: _saved(photo(4961, 7016).quantize(200).convert("RGB"), "PNG", compress_level=6),
    "png-rgba-20mp": lambda: _saved(Pillow.new("RGBA", (5000, 4000), (200, 0, 0, 90)), "PNG"),
    "heic-12mp": lambda: _heic(photo(4032, 3024)),
    "heic-48mp": lambda: _heic(photo(8064, 6048)),
    "webp-12mp": lambda: _saved(photo(4000, 3000), "WEBP", method=0),
    "avif-20mp": lambda: _saved(photo(5000, 3990), "AVIF", speed=10),
    "too-many-pixels": lambda: _saved(Pillow.new("1", (20_000, 20_000)), "PNG"),
    "20mib-of-nothing": lambda: bytes(20 * 1024 * 1024),
}


@dataclass
class Process:
    pid: int

    def megabytes(self, field: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
        raise KeyError(field)

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


class Room:
    """A real server with a room of people, each with a browser."""

    def __init__(self, folder: Path) -> None:
        self.server = Server(folder)
        with self.server.app.app_context():
            flask_migrate.upgrade()
            made = factories.room()
            self.path, self.id = made.path, made.id
            people = [factories.participant(made).actor for _ in range(PEOPLE)]
            self.cookies = [self._cookie(actor) for actor in people]
        self.server.start()
        assert self.server.process
        self.processes = [Process(self.server.process.pid), Process(self._worker())]
        self.pages = [self._page(cookie) for cookie in self.cookies]

    def _cookie(self, actor: Actor) -> str:
        assert actor.person_id
        return cookie_of(self.server.app, actor.person_id)

    def _worker(self) -> int:
        assert self.server.process
        children = Path(f"/proc/{self.server.process.pid}/task/{self.server.process.pid}/children")
        while True:
            for pid in children.read_text().split():
                if b"ideas.worker_child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return int(pid)
            time.sleep(0.1)

    def _page(self, cookie: str) -> tuple[str, str]:
        """A page's token, and the cookies with which it counts."""
        request = urllib.request.Request(self.server.url + self.path, headers={"Cookie": cookie})
        with urllib.request.urlopen(request, timeout=60) as answer:
            given = answer.headers.get_all("Set-Cookie") or []
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
        assert token
        renewed = next((c.split(";")[0] for c in given if c.startswith("schwarm=")), cookie)
        return token.group(1), renewed

    def upload(self, number: int, picture: bytes) -> int:
        """Submit an idea with a picture, again while the server is busy. :return: the last status."""
        token, cookie = self.pages[number]
        command = str(uuid.uuid4())
        fields = {"csrf_token": token, "op": command, "title": f"Idea {command}", "text": ""}
        body, kind = multipart(fields, picture)
        headers = {"Cookie": cookie, "Content-Type": kind, "Origin": self.server.url, "X-CSRFToken": token}
        for _ in range(TRIES):
            request = urllib.request.Request(f"{self.server.url}/challenges/{self.id}/ideas", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=300) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as refused:
                if refused.code != 503:
                    return refused.code
            time.sleep(1)
        return 503

    def hold_back(self, picture: bytes) -> "list[socket.socket]":
        """Send uploads without their last byte."""
        held = []
        for token, cookie in self.pages:
            body, kind = multipart({"csrf_token": token, "op": str(uuid.uuid4()), "title": "Slow"}, picture)
            head = (
                f"POST /challenges/{self.id}/ideas HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n"
                f"Cookie: {cookie}\r\nOrigin: {self.server.url}\r\n"
                f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            line = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
            line.sendall(head.encode() + body[:-1])
            held.append(line)
        return held

    def megabytes(self, field: str) -> float:
        return sum(process.megabytes(field) for process in self.processes)


def multipart(fields: dict[str, str], picture: bytes) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="image"; filename="picture"\r\n\r\n')
    return "".join(parts).encode() + picture + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def measured(room: Room, name: str) -> dict[str, object]:
    picture = CASES[name]()
    idle = room.megabytes("VmRSS")
    for process in room.processes:
        process.forget_peak()
    begun = time.monotonic()
    with ThreadPoolExecutor(PEOPLE) as pool:
        statuses = Counter(pool.map(lambda n: room.upload(n, picture), range(PEOPLE)))
    return {
        "case": name,
        "bytes": len(picture),
        "uploads": PEOPLE,
        "statuses": dict(statuses),
        "idle_mb": round(idle),
        "server_mb": round(room.processes[0].megabytes("VmHWM")),
        "worker_mb": round(room.processes[1].megabytes("VmHWM")),
        "above_idle_mb": round(room.megabytes("VmHWM") - idle),
        "seconds": round(time.monotonic() - begun, 1),
    }


def slow_lines(room: Room) -> dict[str, object]:
    idle = room.megabytes("VmRSS")
    for process in room.processes:
        process.forget_peak()
    held = room.hold_back(bytes(12 * 1024 * 1024))
    time.sleep(3)
    above = round(room.megabytes("VmHWM") - idle)
    for line in held:
        line.close()
    return {"case": "12mib-on-slow-lines", "uploads": len(held), "idle_mb": round(idle), "above_idle_mb": above}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    chosen = [name for name in parser.parse_args().cases or CASES if name in CASES]
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        try:
            room.upload(0, _saved(photo(640, 480), "JPEG"))
            for measure in [*(partial(measured, room, name) for name in chosen), partial(slow_lines, room)]:
                row = measure()
                kept &= int(str(row["above_idle_mb"])) <= MEGABYTES_MAX
                print(json.dumps(row), flush=True)
        finally:
            room.server.stop()
            room.server.detach()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
