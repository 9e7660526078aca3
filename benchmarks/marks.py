"""What a durable mark costs the server, beside votes on Node's socket.io with better-sqlite3, and on PostgreSQL.

All servers are up at once and measured in turn, several times; a figure is the median. Everybody has voted before, but
for the row `first mark`. It prints one JSON line a figure: CPU time of the server process alone, or acknowledged marks
a second; a machine that does other work makes the latter small. Peers are installed by tools/peers.sh.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from statistics import median
from typing import Any

from benchmarks.load import HERE, PEERS, Crowd, ServerProcess, built_load
from tests.postgres import Postgres

IDEAS = 100
# People who write the ideas and do not vote.
AUTHORS = 10
IN_FLIGHT = 64
SECONDS = 4
RATES = (200, 1000, 2000)
UNLOADED = 20  # marks a second, each alone

# The product on SQLite against Node with one commit a vote, and against itself on PostgreSQL (marks a second and CPU).
RATIO_MAX, POSTGRESQL_MIN = 1.0, 0.7

TARGETS = {
    f"mark, {IN_FLIGHT} in flight": f"{RATIO_MAX} x Node",
    "acknowledgement, unloaded, p50": "2 ms",
    "acknowledgement at 2000/s, p99": "50 ms",
    "core at 2000/s": "0.6",
}
UNITS = {"marks": "1/s", "mark": "us", "first": "us", "refused": "%", "core": "cores", "acknowledgement": "ms"}


class Votes:
    """A server and a crowd that votes on it."""

    def __init__(
        self, name: str, load: Path, server: ServerProcess, people: int, options: list[str], words: str
    ) -> None:
        self.name, self.server, self._words = name, server, words
        self.crowd = Crowd(load, server.port, people, *options)
        assert self.crowd.up == people, (name, self.crowd.up, server.log()[-2000:])

    def cast(self, rate: float, seconds: float) -> dict[str, Any]:
        """Let the crowd vote. :return: what the load generator says, `us`, CPU time for each mark on disk, and
        `core`, the share of a core."""
        begin = self.server.cpu_seconds()
        told = self.crowd.ask(f"casts {rate:g} {seconds:g} {IN_FLIGHT} {self._words}")
        assert told["answered"] == told["sent"], (self.name, told, self.server.log()[-2000:])
        used = self.server.cpu_seconds() - begin
        return told | {"us": 1e6 * used / max(1, told["ok"]), "core": used / told["wall"]}


def product(name: str, load: Path, people: int, database: dict[str, str]) -> tuple[ServerProcess, Votes]:
    folder = load.parent / name
    folder.mkdir()
    settings = {**os.environ, "INSTANCE_PATH": str(folder), **database}
    hall = [sys.executable, "-m", "benchmarks.hall", folder, str(people + AUTHORS), "1", str(IDEAS)]
    for command in ([sys.executable, "-m", "flask", "--app", "wsgi", "prepare"], hall):
        subprocess.run(command, env=settings, check=True, cwd=HERE.parent, stdout=subprocess.DEVNULL)
    [room] = json.loads((folder / "hall.json").read_text())["rooms"]
    server = ServerProcess([sys.executable, "wsgi.py"], "/healthz", INSTANCE_PATH=str(folder), **database)
    words = f"{room['round']} {','.join(map(str, room['entries']))}"
    options = [f"cookies={folder}/cookies", f"room={room['challenge']}"]
    return server, Votes(name, load, server, people, options, words)


def node(how: str, load: Path, people: int) -> tuple[ServerProcess, Votes]:
    command = ["node", HERE / "peers" / "votes.js", how, load.parent / f"{how}.db"]
    server = ServerProcess(command, NODE_PATH=str(PEERS / "node_modules"))
    words = f"0 {','.join(map(str, range(1, IDEAS + 1)))}"
    return server, Votes(f"node, {how}", load, server, people, [], words)


@contextmanager
def servers(people: int, *, on_postgresql: bool) -> Iterator[list[Votes]]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        load = built_load(Path(name))
        starts = [product("sqlite", load, people, {})]
        stack.callback(starts[0][0].stop)
        if on_postgresql:
            postgres = Postgres().start()
            stack.callback(postgres.stop)
            starts.append(product("postgresql", load, people, {"DATABASE_URL": postgres.new_database()}))
            stack.callback(starts[-1][0].stop)
        if which("node") and (PEERS / "node_modules" / "better-sqlite3").exists():
            for how in ("each", "groups"):
                starts.append(node(how, load, people))
                stack.callback(starts[-1][0].stop)
        yield [votes for _, votes in starts]


def run(people: int, repetitions: int, *, on_postgresql: bool) -> bool:
    """:return: whether the targets were met"""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    with servers(people, on_postgresql=on_postgresql) as all_votes:
        for votes in all_votes:
            found["first mark at 200/s", votes.name].append(votes.cast(200, people / 200 + 0.1)["us"])
        for _ in range(repetitions):
            for votes in all_votes:
                told = votes.cast(UNLOADED, SECONDS)
                found["acknowledgement, unloaded, p50", votes.name].append(told["p50_ms"])
                told = votes.cast(0, SECONDS)
                found[f"mark, {IN_FLIGHT} in flight", votes.name].append(told["us"])
                found["marks a second", votes.name].append(told["ok"] / told["wall"])
                for rate in RATES:
                    told = votes.cast(rate, SECONDS)
                    found[f"mark at {rate}/s", votes.name].append(told["us"])
                    found[f"refused as busy at {rate}/s", votes.name].append(100 * told["busy"] / told["sent"])
                    found[f"core at {rate}/s", votes.name].append(told["core"])
                    found[f"acknowledgement at {rate}/s, p50", votes.name].append(told["p50_ms"])
                    found[f"acknowledgement at {rate}/s, p99", votes.name].append(told["p99_ms"])
    for row in dict.fromkeys(row for row, _ in found):
        of = {name: round(median(values), 2) for (other, name), values in found.items() if other == row}
        ratio = round(of["sqlite"] / of["node, each"], 2) if of.get("node, each") else None
        unit = next(unit for begin, unit in UNITS.items() if row.startswith(begin))
        figure = {"row": row, "value": of.pop("sqlite"), "unit": unit, "peer": of, "ratio": ratio}
        print(json.dumps(figure | {"target": TARGETS.get(row)}))
    row = f"mark, {IN_FLIGHT} in flight"
    ours = median(found[row, "sqlite"])
    met = not found[row, "node, each"] or ours <= RATIO_MAX * median(found[row, "node, each"])
    if on_postgresql:
        met &= ours >= POSTGRESQL_MIN * median(found[row, "postgresql"])
    return bool(met)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.marks", description=__doc__)
    parser.add_argument("people", nargs="?", type=int, default=1000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--postgresql", action="store_true", help="also on a PostgreSQL of its own")
    arguments = parser.parse_args()
    return int(not run(arguments.people, arguments.repetitions, on_postgresql=arguments.postgresql))


if __name__ == "__main__":
    sys.exit(main())
