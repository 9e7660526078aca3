"""Measure how long a server stops for others: `.venv/bin/python -m benchmarks.stops [ROW …]`.

Print one JSON line for each figure: `{"row", "value", "unit", "peer", "ratio", "target"}`, with what else was seen, and
exit with 1 if a target is missed. The server is a real one with eventlet and SQLite in a folder of its own, and holds a
room with 100,000 marks: of 1,000 people on 1,000 ideas, or, by the rule of ranked ballots, of 10,000 people on 60.

- `close`, `json`, `csv`, `xlsx`, `pack`: the longest uninterrupted run of the hub during the act.
- `hold`: how long the close holds the writer.
- `vote`: the longest run of the hub during a vote with four marks a second, for two measurements of readiness.
- `file`: the longest piece of the transaction that adds 10,000 ideas of 3,000 authors, in CPU time, in a new process
  with the collector of a server.
- `readiness`: the CPU seconds of one such measurement, in a process of its own.
- `memory`: the resident memory of an idle server, and of each worker once it was used.
- `start`: the CPU seconds of a second `make run`.

A run of the hub lasts from one greenlet's switch to the next. It is measured inside the server by the clock of its
thread, which other programs on the machine do not change. `healthz_ms` is the slowest answer that a visitor from
outside saw meanwhile, who asks every 20 ms; it includes waits for the disk, and for the processor on a busy machine.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import config
from ideas.voting.rules import Subject
from ideas.worker import ONE_CORE

MARKS = 100_000
# People and ideas, by rule.
SIZES = {"approval": (1_000, 1_000), "grades": (1_000, 1_000), "pairs": (1_000, 1_000), "ranked": (10_000, 60)}
STOP_MS, HOLD_MS, SERVER_MB, WORKER_MB, START_SECONDS, READINESS_SECONDS = 50, 300, 90, 120, 2.0, 0.5
VOTE_SECONDS = 25
MARKS_A_SECOND = 4
ROWS = ("memory", "file", "readiness", "vote", "close", "json", "csv", "xlsx", "pack", "start")

HUB = "SCHWARM_HUB_CLOCK"


# --- inside the server ------------------------------------------------------------------------------------------------


def serve() -> None:
    """Serve as `wsgi.py` does, with a clock around each run of the hub and around the writer's lock.

    The parent asks for the figures by SIGUSR1, which writes them to a file and begins anew.
    """
    sys.argv = ["wsgi.py"]
    import runpy

    import greenlet

    longest = {"thread_ms": 0.0, "hold_ms": 0.0}
    began = [time.thread_time()]
    ident = threading.get_ident  # eventlet replaces it by that of green threads
    main = ident()

    def switched(_event: str, _of: object) -> None:
        if ident() != main:
            return
        now = time.thread_time()
        longest["thread_ms"] = max(longest["thread_ms"], (now - began[0]) * 1000)
        began[0] = now

    def tell(*_signal: object) -> None:
        Path(os.environ[HUB]).write_text(json.dumps(longest))
        longest.update(dict.fromkeys(longest, 0.0))
        began[0] = time.thread_time()

    signal.signal(signal.SIGUSR1, tell)
    greenlet.settrace(switched)
    _watch_writer(longest)
    runpy.run_path(str(config.ROOT / "wsgi.py"), run_name="__main__")


def _watch_writer(longest: dict[str, float]) -> None:
    """Note for how long a thread holds the writer's lock, once the module that has it is imported."""
    import importlib.abc

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name == "ideas.services.rounds":  # it is imported after `ideas.database`
                sys.meta_path.remove(self)
                from ideas import database

                lock = database._writer
                database._writer = Timed(lock)  # type: ignore[assignment]

    class Timed:
        def __init__(self, lock: threading.Lock) -> None:
            self._lock = lock

        def __enter__(self) -> None:
            self._lock.__enter__()
            self._began = time.perf_counter()

        def __exit__(self, *error: object) -> None:
            longest["hold_ms"] = max(longest["hold_ms"], (time.perf_counter() - self._began) * 1000)
            self._lock.__exit__(*error)

    sys.meta_path.insert(0, Finder())


# --- the room ---------------------------------------------------------------------------------------------------------


def seed(folder: Path, rule: str) -> dict[str, object]:
    """Fill a new installation. :return: what the visitors need."""
    os.environ["INSTANCE_PATH"] = str(folder)
    import flask_migrate
    from sqlalchemy import insert, select

    from app import create_app
    from ideas import clock
    from ideas.actor import Actor
    from ideas.blueprints import PhasePlan, QuestionPlan
    from ideas.database import db, write
    from ideas.marks import Cast
    from ideas.models import Activity, Entry, EntryStatus, Idea, IdeaVersion, Participant, Person, Tier
    from ideas.people import add_account
    from ideas.queries.rounds import current_round
    from ideas.services import accounts, challenges, organisations, rounds
    from ideas.services.ballots import cast_ballots
    from tests.servers import cookie_of

    app, at = create_app(), clock.now()
    people_n, ideas_n = SIZES[rule]
    with app.app_context():
        flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
        with write() as transaction:
            account = add_account(transaction, "owner@example.org", "no password").id
        owner = Actor(accounts.person_of_account(account), account)
        plans = (PhasePlan("write", (Activity.WRITE,)), PhasePlan("vote", (Activity.WRITE, Activity.VOTE)))
        form = challenges.ChallengeForm(
            "A full hall", blueprint="open_contest", capacity=20_000, phases=plans, questions=(QuestionPlan(rule),)
        )
        challenge = challenges.draft_challenge(owner, organisations.create_organisation(owner, "Benchmark"), form)
        challenges.publish_challenge(owner, challenge)
        round_id = current_round(db.session(), challenge).id
        rounds.step_to_phase(owner, round_id, 1)
        with write() as transaction:
            session = transaction.session
            first = (session.scalar(select(Person.id).order_by(Person.id.desc()).limit(1)) or 0) + 1
            people = range(first, first + people_n)
            session.execute(
                insert(Person), [{"id": n, "return_nonce": uuid.uuid4().hex[:22], "created_at": at} for n in people]
            )
            session.execute(
                insert(Participant),
                [
                    {
                        "challenge_id": challenge,
                        "person_id": n,
                        "name": f"Person {n}",
                        "name_key": f"p{n}",
                        "look_key": f"p{n}",
                        "tier": Tier.OPEN,
                        "secret": uuid.uuid4().bytes,
                        "joined_at": at,
                    }
                    for n in people
                ],
            )
            ids = list(session.scalars(select(Participant.id).filter_by(challenge_id=challenge)))
            ideas = [Idea(challenge_id=challenge, author_id=ids[-1 - n % 100], created_at=at) for n in range(ideas_n)]
            session.add_all(ideas)
            session.flush()
            versions = [
                IdeaVersion(idea_id=i.id, n=1, title=f"Idea {i.id}: bread", text="", salt=bytes(16), written_at=at)
                for i in ideas
            ]
            session.add_all(versions)
            session.flush()
            entries = [
                Entry(round_id=round_id, idea_id=v.idea_id, version_id=v.id, status=EntryStatus.VISIBLE, sealed=False)
                for v in versions
            ]
            session.add_all(entries)
            session.flush()
            numbers, authors = [e.id for e in entries], {e.id: i.author_id for e, i in zip(entries, ideas, strict=True)}
        draw, casts = random.Random(1), []
        for person in ids:
            marks = _ballot(
                rule, draw, [e for e in draw.sample(numbers, min(len(numbers), 120)) if authors[e] != person]
            )
            casts.append(Cast(person, round_id, str(uuid.uuid4()), str(uuid.uuid4()), 1, marks))
        for begin in range(0, len(casts), 100):
            assert all(answer.ok for answer in cast_ballots(casts[begin : begin + 100]))
            db.session.remove()
        voter = session.scalar(select(Participant.person_id).where(Participant.id == ids[0]))
        return {
            "challenge": challenge,
            "round": round_id,
            "owner": cookie_of(app, owner.person_id or 0),
            "participant": ids[0],
            "voter": voter,
            "marks": [*casts[0].marks.items()],
            "secret": app.config["SECRET_KEY"],
        }


def _ballot(rule: str, draw: random.Random, entries: list[int]) -> dict[Subject, int]:
    """The marks of a person, in any order of `entries`."""
    if rule == "ranked":
        return {entry: n + 1 for n, entry in enumerate(entries[:10])}
    if rule == "pairs":
        met = {tuple(sorted(draw.sample(entries, 2))) for _ in range(120)}
        return {(one, other): draw.choice((1, -1)) for one, other in sorted(met)[:100]}
    liked = {entry: draw.random() < 0.3 + 0.5 * (entry * 7 % 13) / 13 for entry in entries[:100]}
    return {
        entry: (1 if yes else -1) if rule == "approval" else draw.randrange(3) + 3 * yes for entry, yes in liked.items()
    }


# --- outside ----------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server with a clock in its hub."""

    def __init__(self, folder: Path) -> None:
        self.port, self.figures = free_port(), folder / "hub.json"
        environment = os.environ | {
            "INSTANCE_PATH": str(folder),
            "PORT": str(self.port),
            HUB: str(self.figures),
        }
        with (folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from benchmarks.stops import serve; serve()"],
                cwd=config.ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        while not self.is_up():
            assert self.process.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)

    def is_up(self) -> bool:
        with contextlib.suppress(OSError):
            return self.ask("GET", "/healthz")[0] == 200
        return False

    def ask(self, method: str, path: str, cookie: str = "", **fields: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{self.port}"}
        if fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urllib.parse.urlencode(fields) or None, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        if answer.status == 302 and method == "GET":  # to the address with the title
            return self.ask(method, str(answer.getheader("Location")), cookie)
        self.cookie = (answer.getheader("Set-Cookie") or cookie).partition(";")[0]
        connection.close()
        return found

    def post(self, path: str, cookie: str, **fields: str) -> tuple[int, bytes]:
        """Post a form with the hidden fields of its page."""
        page = self.ask("GET", path, cookie)[1].decode()
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        return self.ask("POST", path, self.cookie, **hidden | fields)

    def seen(self, act: Callable[[], object]) -> dict[str, float]:
        """The longest runs during an act."""
        self._tell()
        late, over = [0.0], threading.Event()

        def probe() -> None:
            while not over.is_set():
                began = time.perf_counter()
                self.ask("GET", "/healthz")
                late.append((time.perf_counter() - began) * 1000)
                time.sleep(0.02)

        visitor = threading.Thread(target=probe)
        visitor.start()
        began = time.perf_counter()
        act()
        seconds = time.perf_counter() - began
        over.set()
        visitor.join()
        return self._tell() | {"healthz_ms": max(late), "seconds": seconds}

    def _tell(self) -> dict[str, float]:
        self.figures.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        while not (self.figures.exists() and self.figures.read_text().endswith("}")):
            self.is_up()
            time.sleep(0.01)
        found: dict[str, float] = json.loads(self.figures.read_text())
        return found

    def megabytes(self) -> dict[str, float]:
        """The resident memory of the server and of its workers."""
        found = {"server": _megabytes(self.process.pid)}
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                if f"\nPPid:\t{self.process.pid}\n" in status.read_text():
                    kind = (status.parent / "cmdline").read_bytes().split(b"\0")[-2].decode()
                    found[kind] = _megabytes(int(status.parent.name))
        return found

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def _megabytes(pid: int) -> float:
    [line] = [of for of in Path(f"/proc/{pid}/status").read_text().splitlines() if of.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def measured(folder: Path, of: dict[str, object], rows: list[str]) -> Iterator[dict[str, object]]:
    if "readiness" in rows:  # a server would measure it as well, and then there is nothing to do
        yield line("readiness, one measurement", readiness_seconds(of), "s", READINESS_SECONDS)
    server = Server(folder)
    try:
        yield from _of_server(server, of, rows)
    finally:
        server.stop()


def _of_server(server: Server, of: dict[str, object], rows: list[str]) -> Iterator[dict[str, object]]:
    cookie, challenge = str(of["owner"]), of["challenge"]
    if "memory" in rows:
        time.sleep(1)
        yield line("memory, idle server", server.megabytes()["server"], "MB", SERVER_MB)
    if "vote" in rows:
        yield from stopped("vote", server.seen(lambda: vote(of)))
    if "close" in rows:
        # The first close pays for the start of the worker, so the worker is asked for something before.
        server.ask("GET", f"/challenges/{challenge}/ideas.csv", cookie)
        path = f"/rounds/{of['round']}/closure"
        server.ask("GET", path, cookie)  # and the first page for its template
        status = []
        found = server.seen(lambda: status.append(server.post(path, cookie)[0]))
        assert status == [302], status
        yield from stopped("close", found)
        yield line("close, the writer is held", found["hold_ms"], "ms", HOLD_MS)
    for form in ("json", "csv", "xlsx", "pack"):
        if form in rows:
            got: list[tuple[int, bytes]] = []
            found = server.seen(partial(_download, server, f"/challenges/{challenge}/result.{form}", cookie, got))
            assert got[0][0] == 200
            yield from stopped(form, found, bytes=len(got[0][1]))
    if "memory" in rows:
        memory = server.megabytes()
        yield line("memory, worker of the database", memory.get("database"), "MB", WORKER_MB)
        yield line("memory, server afterwards", memory["server"], "MB", None)


def _download(server: Server, path: str, cookie: str, got: list[tuple[int, bytes]]) -> None:
    got.append(server.ask("GET", path, cookie))


def vote(of: dict[str, object]) -> None:
    """Mark for a while, from another process as the server sees it."""
    from app import create_app
    from ideas.marks import Cast
    from ideas.services.ballots import cast_ballots

    app, until, n = create_app(), time.monotonic() + VOTE_SECONDS, 0
    marks: list[tuple[Subject, int]] = of["marks"]  # type: ignore[assignment]
    while time.monotonic() < until:
        with app.app_context():
            cast = Cast(int(str(of["participant"])), int(str(of["round"])), str(uuid.uuid4()), str(uuid.uuid4()), 1,
                        dict([marks[n % len(marks)]]))  # fmt: skip
            assert all(answer.ok for answer in cast_ballots([cast]))
        n += 1
        time.sleep(1 / MARKS_A_SECOND)


def readiness_seconds(of: dict[str, object]) -> float:
    """The CPU seconds of a measurement, after one that compiled the statements."""
    from app import create_app
    from ideas.database import db
    from ideas.services.readiness import measured as measured_readiness
    from ideas.snapshot import source_of

    with create_app().app_context():
        source, seconds = source_of(db.session()), 0.0
        db.session.rollback()
        for _ in range(2):
            began = time.process_time()
            assert measured_readiness(source, int(str(of["round"])))
            seconds = time.process_time() - began
    return seconds


def stopped(row: str, found: dict[str, float], **more: object) -> Iterator[dict[str, object]]:
    rest = {"healthz_ms": round(found["healthz_ms"], 1), "seconds": round(found["seconds"], 2)}
    yield line(f"{row}, the hub stops", found["thread_ms"], "ms", STOP_MS) | rest | more


def line(row: str, value: float | None, unit: str, target: float | None) -> dict[str, object]:
    rounded = None if value is None else round(value, 1 if unit != "s" else 2)
    return {"row": row, "value": rounded, "unit": unit, "peer": None, "ratio": None, "target": target}


def second_start(folder: Path) -> float:
    """The CPU seconds of `make run` on an installation that is prepared, until it answers."""
    port = free_port()
    environment = os.environ | {"INSTANCE_PATH": str(folder), "PORT": str(port)}
    began = os.times()
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run"], cwd=config.ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                break
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        for child in _family(process.pid):
            os.kill(child, signal.SIGTERM)
        process.wait()
    ended = os.times()
    return ended.children_user + ended.children_system - began.children_user - began.children_system


def longest_piece() -> float:
    """In milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-c", "from benchmarks.stops import add_a_file; add_a_file()"]
        environment = os.environ | {"INSTANCE_PATH": name}
        done = subprocess.run(command, cwd=config.ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return float(done.stdout.split()[-1])


def add_a_file() -> None:
    """Add the ideas of a file in this process, and print the milliseconds of the longest piece."""
    import flask_migrate

    from app import create_app
    from ideas import journal, offload
    from ideas.brought import BroughtFile, BroughtIdea, add_brought_ideas
    from ideas.database import db, write
    from ideas.models import Round
    from realtime.garbage import LongLived
    from tests import factories

    pieces, began = [0.0], [0.0]

    def pause() -> None:
        pieces.append((time.thread_time() - began[0]) * 1000)
        began[0] = time.thread_time()

    with create_app().app_context():
        flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
        round_id = factories.room().round_id
        ideas = [BroughtIdea(f"Idea {n} of bread", "Some words. " * 8, f"Author {n % 3_000}") for n in range(10_000)]
        db.session.rollback()
        LongLived().begin()
        offload.pause = pause
        with write() as transaction:
            round = transaction.session.get_one(Round, round_id)
            chain = journal.locked(transaction, round.challenge_id)
            began[0] = time.thread_time()
            add_brought_ideas(chain, round, BroughtFile("ideas.csv", "csv", "0" * 64, ideas))
            pause()
        pause()
    print(max(pieces))


def _family(pid: int) -> list[int]:
    """A process and all below it, the lowest first."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [*(one for child in children for one in _family(int(child))), pid]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []])
    parser.add_argument("--rule", default="approval", choices=[*SIZES])
    given = parser.parse_args()
    os.environ |= ONE_CORE  # numpy is imported later, and a worker has it, too
    rows, kept = given.rows or list(ROWS), True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"],
            cwd=config.ROOT,
            env=os.environ | {"INSTANCE_PATH": name},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        for found in figures(folder, rows, given.rule):
            print(json.dumps(found), flush=True)
            value, target = found["value"], found["target"]
            kept = kept and (target is None or float(str(value)) <= float(str(target)))
    sys.exit(not kept)


def figures(folder: Path, rows: list[str], rule: str) -> Iterator[dict[str, object]]:
    if "start" in rows:
        second_start(folder)  # compile the templates
        yield line("second make run", second_start(folder), "s", START_SECONDS)
    if "file" in rows:
        yield line("ideas of a file, the longest piece", longest_piece(), "ms", STOP_MS)
    if set(rows) - {"start", "file"}:
        yield from measured(folder, seed(folder, rule), rows)


if __name__ == "__main__":
    main()
