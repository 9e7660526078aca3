"""What a full room costs the server, beside Node's socket.io and Flask-SocketIO as it comes.

All servers are up at once and measured in turn, several times; a figure is the median. It prints one JSON line a
figure: CPU time of the server process, its memory, or milliseconds. Peers are installed by tools/peers.sh.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from shutil import which
from statistics import median

from benchmarks import stops
from benchmarks.load import HERE, PEERS, Browser, Crowd, Probe, ServerProcess, built_load

MESSAGES = 40
IDLE_SECONDS = 20.5  # a round of pings, and of beats to silent sockets
CALLS = 40
SETTLE_SECONDS = 5.0
# People who post, so that nobody reaches a limit.
POSTERS = 200

# What a figure must not exceed: `ratio` to Node in the same run, or `value`. Sizes without an entry have no target.
TARGETS: dict[tuple[str, int], tuple[str, float]] = {
    ("further receiver", 1000): ("ratio", 0.8),
    ("further receiver", 5000): ("ratio", 1.0),
    ("connect and join", 1000): ("value", 1.0),
    ("connect and join", 5000): ("value", 1.0),
    ("disconnect", 1000): ("value", 0.2),
    ("disconnect", 5000): ("value", 0.2),
    ("longest wait in a mass disconnect", 1000): ("value", 50),
    ("longest wait in a mass disconnect", 5000): ("value", 50),
    ("longest run in a mass disconnect", 1000): ("value", 50),
    ("longest run in a mass disconnect", 5000): ("value", 50),
    ("idle", 1000): ("value", 2.0),
    ("idle", 5000): ("value", 4.0),
    ("memory of a connection", 1000): ("value", 40),
    ("memory of a connection", 5000): ("value", 40),
    ("round trip", 1000): ("value", 2.0),
    ("round trip", 5000): ("value", 2.0),
}

UNITS = {
    "further receiver": "us",
    "connect and join": "ms",
    "disconnect": "ms",
    "longest wait in a mass disconnect": "ms",
    "longest run in a mass disconnect": "ms",
    "idle": "% of a core",
    "memory of a connection": "KB",
    "round trip": "ms",
}


class Peer:
    """A server and how a message is sent to its room."""

    health = "/"

    def __init__(self, name: str, load: Path, command: list[str | Path], **environment: str) -> None:
        self.name, self.load = name, load
        self.server = ServerProcess(command, self.health, **environment)

    def crowd(self, people: int) -> Crowd:
        return Crowd(self.load, self.server.port, people)

    def send_all(self, crowd: Crowd, size: int) -> None:
        """Send the room MESSAGES messages of `size` bytes, each after everybody has heard the one before."""
        go = json.dumps({"count": 1, "bytes": size})
        for n in range(MESSAGES):
            _heard(crowd.ask(f'expect fragments {n + 1} 60 42["go",{go}]'))

    def further_receiver(self, crowd: Crowd, people: int, size: int, idle: float) -> float:
        """Microseconds for one more receiver of a message. `idle` is the share of a core that the room costs anyway."""
        crowd.ask("forget")
        begin, cpu = time.monotonic(), self.server.cpu_seconds()
        self.send_all(crowd, size)
        cpu = self.server.cpu_seconds() - cpu - idle * (time.monotonic() - begin)
        return 1e6 * cpu / MESSAGES / people


class Schwarm(Peer):
    """The product. A message is a new argument; posting and rendering it is measured in a room with one listener."""

    health = "/healthz"

    def __init__(self, load: Path, folder: Path, people: int, mode: str) -> None:
        self._cookies = [line.split("\t") for line in (folder / "cookies").read_text().splitlines()]
        self.folder, self._people, self._posts = folder, people, count()
        self.rooms = json.loads((folder / "hall.json").read_text())["rooms"]
        super().__init__("schwarm", load, [sys.executable, "wsgi.py"], INSTANCE_PATH=str(folder), ASYNC_MODE=mode)

    def crowd(self, people: int, room: int = 0) -> Crowd:
        challenge = self.rooms[room]["challenge"]
        return Crowd(self.load, self.server.port, people, f"cookies={self.folder}/cookies", f"room={challenge}")

    def further_receiver(self, crowd: Crowd, people: int, size: int, idle: float) -> float:
        alone = self.crowd(1, room=1)
        cost = {}
        for room, listeners in enumerate((crowd, alone)):
            listeners.ask("forget")
            begin, cpu = time.monotonic(), self.server.cpu_seconds()
            for n in range(MESSAGES):
                listeners.send(f"expect fragments {n + 1} 60")
                self._argue(self.rooms[room]["idea"])
                self.message_bytes = _heard(listeners.read()) // (n + 1)
            cost[room] = self.server.cpu_seconds() - cpu - idle * (time.monotonic() - begin)
        alone.close()
        return 1e6 * (cost[0] - cost[1]) / MESSAGES / (people - 1)

    message_bytes = 1000

    def _argue(self, idea_id: int) -> None:
        cookie, csrf = self._cookies[self._people + next(self._posts) % POSTERS]
        fields = {"stance": "for", "text": "A remark with some words in it, as people write them."}
        status = Browser(self.server.port, cookie, csrf).post(
            f"/ideas/{idea_id}/arguments", **fields, op=str(uuid.uuid4())
        )
        assert status == 303, status


def _heard(told: dict[str, object]) -> int:
    """The bytes of the room's messages to one client. :raise AssertionError: if somebody missed one."""
    got = told["got"]["fragments"]  # type: ignore[index]
    assert (told["gaps"], told["disorder"], told["dead"]) == (0, 0, 0), told
    return int(got[1]) // int(told["up"])  # type: ignore[call-overload]


def measure(peer: Peer, people: int, size: int) -> Iterator[tuple[str, float]]:
    """All figures of one server, once."""
    server, memory, cpu = peer.server, peer.server.memory_kb(), peer.server.cpu_seconds()
    crowd = peer.crowd(people)
    assert crowd.up == people, (peer.name, crowd.up, server.log()[-2000:])
    yield "connect and join", 1e3 * (server.cpu_seconds() - cpu) / people
    crowd.ask("idle 3")
    yield "memory of a connection", (server.memory_kb() - memory) / people
    cpu = server.cpu_seconds()
    crowd.ask(f"idle {IDLE_SECONDS}")
    idle = (server.cpu_seconds() - cpu) / IDLE_SECONDS
    yield "idle", 100 * idle
    yield "further receiver", peer.further_receiver(crowd, people, size, idle)
    room = peer.rooms[0]["challenge"] if isinstance(peer, Schwarm) else 1
    yield "round trip", crowd.ask(f'calls {CALLS} 427["typing",{{"room":"challenge-{room}"}}]')["p50_ms"]
    probe, cpu = Probe(server.port, peer.health), server.cpu_seconds()
    crowd.ask("drop")
    settled = server.cpu_seconds()
    while True:
        time.sleep(0.5)
        before, settled = settled, server.cpu_seconds()
        if settled - before < 0.05:
            break
    yield "longest wait in a mass disconnect", probe.done()
    yield "disconnect", 1e3 * (settled - cpu) / people
    crowd.close()


def longest_run(product: Schwarm, people: int, mode: str) -> float:
    """How long the hub works without a pause while everybody leaves at once, in ms of its CPU time.

    The wait of a visitor holds the work of the load generator as well, which closes thousands of sockets on the same
    cores. The clock around each run costs time itself, so this server is measured for nothing else.
    """
    folder, figures = product.folder, product.folder / "hub"
    clocked = [sys.executable, "-c", "from benchmarks.stops import serve; serve()"]
    told = {stops.HUB: str(figures), "ASYNC_MODE": mode}
    server = ServerProcess(clocked, product.health, INSTANCE_PATH=str(folder), **told)
    try:
        challenge = product.rooms[0]["challenge"]
        crowd = Crowd(product.load, server.port, people, f"cookies={folder}/cookies", f"room={challenge}")
        assert crowd.up == people, server.log()[-2000:]
        _longest(server, figures)
        crowd.ask("drop")
        time.sleep(SETTLE_SECONDS)
        found = _longest(server, figures)
        crowd.close()
        return found
    finally:
        server.stop()


def _longest(server: ServerProcess, figures: Path) -> float:
    """The longest run since the last question."""
    figures.unlink(missing_ok=True)
    server.send_signal(signal.SIGUSR1)
    while not figures.exists() or not (text := figures.read_text()):
        time.sleep(0.05)
    return float(json.loads(text)["thread_ms"])


@contextmanager
def servers(people: int, mode: str) -> Iterator[list[Peer]]:
    """The product and the installed peers, on new databases."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        load = built_load(folder)
        settings = {**os.environ, "INSTANCE_PATH": name}
        hall = [sys.executable, "-m", "benchmarks.hall", name, str(people + POSTERS), "2"]
        prepare = [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"]
        for command in (prepare, hall):
            subprocess.run(command, env=settings, check=True, cwd=HERE.parent, stdout=subprocess.DEVNULL)
        starts: list[Callable[[], Peer]] = [lambda: Schwarm(load, folder, people, mode)]
        if which("node") and (PEERS / "node_modules" / "socket.io").exists():
            modules = str(PEERS / "node_modules")
            starts.append(lambda: Peer("node", load, ["node", HERE / "peers" / "room.js"], NODE_PATH=modules))
        stock = HERE / "peers" / "room_stock.py"
        starts.append(lambda: Peer("stock", load, [sys.executable, "-W", "ignore", stock]))
        peers = []
        for start in starts:
            peers.append(start())
            stack.callback(peers[-1].server.stop)
        yield peers


def run(people: int, repetitions: int, mode: str, only: list[str]) -> bool:
    """Measure a room of one size. :return: whether every target was met"""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    with servers(people, mode) as peers:
        product = peers[0]
        assert isinstance(product, Schwarm)
        for _ in range(repetitions):
            for peer in peers:
                if only and peer.name not in only:
                    continue
                for row, value in measure(peer, people, product.message_bytes):
                    found[row, peer.name].append(value)
        if not only or product.name in only:
            product.server.stop()  # two servers do not share a database of SQLite
            for _ in range(repetitions):
                longest = longest_run(product, people, mode)
                found["longest run in a mass disconnect", product.name].append(longest)
    is_met = True
    for row, unit in UNITS.items():
        # Later crowds live in memory that the first one left.
        middle = (lambda values: values[0]) if row == "memory of a connection" else median
        value = middle(found[row, "schwarm"])
        others = {name: round(middle(found[row, name]), 2) for name in ("node", "stock") if found[row, name]}
        ratio = round(value / others["node"], 2) if others.get("node") else None
        kind, most = TARGETS.get((row, people), ("", None))
        reached = ratio if kind == "ratio" else value
        is_met &= most is None or reached is None or reached <= most
        line = {"row": row, "people": people, "value": round(value, 2), "unit": unit, "peer": others, "ratio": ratio}
        target = {"target": f"{most} x Node" if kind == "ratio" else most}
        print(json.dumps(line | target | {"all": [round(v, 2) for v in found[row, "schwarm"]]}), flush=True)
    return is_met


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.room", description=__doc__)
    parser.add_argument("people", nargs="*", type=int, default=[1000, 5000])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--mode", default="eventlet", help="eventlet or gevent")
    parser.add_argument("--only", action="append", default=[], help="schwarm, node or stock; all if it is omitted")
    arguments = parser.parse_args()
    met = [run(people, arguments.repetitions, arguments.mode, arguments.only) for people in arguments.people]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
