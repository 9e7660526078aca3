"""What a second process brings: one on SQLite, one on PostgreSQL, two on PostgreSQL and Redis, measured in turn.

The capacity of an installation is what it does in a second of CPU time of its busiest process: messages delivered to
people, or marks. It prints one JSON line a figure, the median of several repetitions; `ratio` is two processes to one
on SQLite, `to_postgresql` two to one on the same PostgreSQL.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.load import HERE, Browser, Crowd, ServerProcess, built_load
from tests.postgres import Postgres
from tests.redis import Redis

IDEAS = 60
# People who post, so that nobody reaches a limit.
POSTERS = 200
SECONDS = 5
POSTING_THREADS = 3
IN_FLIGHT = 96

ON_SQLITE, ON_POSTGRESQL, TWO = "sqlite", "postgresql", "two processes"

# The least capacity of two processes: against one on SQLite, against one on PostgreSQL.
TARGETS = {"deliveries": (1.7, 1.8), "marks": (1.3, 1.8)}


class Installation:
    """So many processes on one database, each with its share of the people."""

    def __init__(self, name: str, load: Path, people: int, processes: int, settings: dict[str, str]) -> None:
        self.name, self._people, self._posts = name, people, count()
        folder = load.parent / name.replace(" ", "-")
        folder.mkdir()
        environment = {**os.environ, "INSTANCE_PATH": str(folder), **settings}
        hall = [sys.executable, "-m", "benchmarks.hall", folder, str(people + POSTERS), "1", str(IDEAS)]
        for command in ([sys.executable, "-m", "flask", "--app", "wsgi", "prepare"], hall):
            subprocess.run(command, env=environment, check=True, cwd=HERE.parent, stdout=subprocess.DEVNULL)
        [self._room] = json.loads((folder / "hall.json").read_text())["rooms"]
        self._cookies = (folder / "cookies").read_text().splitlines()
        serve = [sys.executable, "wsgi.py"]
        self.servers = [
            ServerProcess(serve, "/healthz", INSTANCE_PATH=str(folder), **settings) for _ in range(processes)
        ]
        self._crowds = [self._crowd(load, folder, n) for n in range(processes)]

    def _crowd(self, load: Path, folder: Path, n: int) -> Crowd:
        mine = self._cookies[n : self._people : len(self.servers)]
        file = folder / f"cookies{n}"
        file.write_text("".join(f"{line}\n" for line in mine))
        crowd = Crowd(load, self.servers[n].port, len(mine), f"cookies={file}", f"room={self._room['challenge']}")
        assert crowd.up == len(mine), (self.name, crowd.up, self.servers[n].log()[-2000:])
        return crowd

    def stop(self) -> None:
        for crowd in self._crowds:
            crowd.close()
        for server in self.servers:
            server.stop()

    def deliveries(self) -> float:
        """Several people post as fast as they are answered. :return: messages that people received, for a CPU second"""
        for crowd in self._crowds:
            crowd.ask("forget")
        before = self._used()
        for crowd in self._crowds:
            crowd.send(f"idle {SECONDS + 1}")
        until = time.monotonic() + SECONDS
        threads = [threading.Thread(target=self._post_on, args=(until,)) for _ in range(POSTING_THREADS)]
        for thread in threads:
            thread.start()
        told = [crowd.read() for crowd in self._crowds]
        for thread in threads:
            thread.join()
        assert all((t["gaps"], t["disorder"], t["dead"]) == (0, 0, 0) for t in told), told
        heard = sum(t["got"].get(name, (0, 0))[0] for t in told for name in ("fragments", "figures"))
        return heard / self._busiest(before)

    def _post_on(self, until: float) -> None:
        while time.monotonic() < until:
            n = next(self._posts)
            cookie, csrf = self._cookies[self._people + n % POSTERS].split("\t")
            browser = Browser(self.servers[n % len(self.servers)].port, cookie, csrf)
            path = f"/ideas/{self._room['idea']}/arguments"
            status = browser.post(path, stance="for", text="A remark with some words in it.", op=str(uuid.uuid4()))
            assert status == 303, status

    def marks(self) -> float:
        """Everybody votes, so many at once. :return: marks on disk, for a CPU second"""
        before = self._used()
        at_once = IN_FLIGHT // len(self._crowds)
        for crowd in self._crowds:
            crowd.send(f"casts 0 {SECONDS} {at_once} {self._room['round']} {','.join(map(str, self._room['entries']))}")
        told = [crowd.read() for crowd in self._crowds]
        return sum(t["ok"] for t in told) / self._busiest(before)

    def _used(self) -> list[float]:
        return [server.cpu_seconds() for server in self.servers]

    def _busiest(self, before: list[float]) -> float:
        return max(now - then for now, then in zip(self._used(), before, strict=True))


@contextmanager
def installations(people: int) -> Iterator[list[Installation]]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        load = built_load(Path(name))
        postgres = Postgres().start()
        stack.callback(postgres.stop)
        redis = Redis(Path(name)).start()
        stack.callback(redis.kill)
        settings = {
            ON_SQLITE: (1, {}),
            ON_POSTGRESQL: (1, {"DATABASE_URL": postgres.new_database()}),
            TWO: (2, {"DATABASE_URL": postgres.new_database(), "REDIS_URL": redis.url}),
        }
        found = []
        for kind, (processes, environment) in settings.items():
            found.append(Installation(kind, load, people, processes, environment))
            stack.callback(found[-1].stop)
        yield found


def run(people: int, repetitions: int) -> bool:
    """:return: whether the targets were met"""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    with installations(people) as all_of_them:
        for one in all_of_them:
            one.marks()  # the first mark of everybody costs more
        for _ in range(repetitions):
            for one in all_of_them:
                found["deliveries", one.name].append(one.deliveries())
                found["marks", one.name].append(one.marks())
    is_met = True
    for row, (to_sqlite, to_postgresql) in TARGETS.items():
        of = {name: median(found[row, name]) for name in (ON_SQLITE, ON_POSTGRESQL, TWO)}
        ratios = of[TWO] / of[ON_SQLITE], of[TWO] / of[ON_POSTGRESQL]
        is_met &= ratios[0] >= to_sqlite and ratios[1] >= to_postgresql
        figure = {
            "row": f"{row} of two processes",
            "people": people,
            "value": round(of.pop(TWO)),
            "unit": "1/s",
            "peer": {name: round(value) for name, value in of.items()},
            "ratio": round(ratios[0], 2),
            "to_postgresql": round(ratios[1], 2),
            "target": f"{to_sqlite} x sqlite, {to_postgresql} x postgresql",
        }
        print(json.dumps(figure), flush=True)
    return is_met


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processes", description=__doc__)
    parser.add_argument("people", nargs="?", type=int, default=300)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    return int(not run(arguments.people, arguments.repetitions))


if __name__ == "__main__":
    sys.exit(main())
