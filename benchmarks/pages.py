"""Measure what pages cost: `.venv/bin/python -m benchmarks.pages [pages] [jobs] [visits]`, by default all.

Print one JSON line for each figure: `{"row", "value", "unit", "peer", "ratio", "target"}`; `peer` is null, because no
peer has these pages. Exit with 1 if a target is missed.

A page is asked for again and again by the same viewer, a participant with own ideas. `ms` is CPU time of this process
for one whole request (routing, viewer, statements, template, compression), the least of several turns; `first` is the
first request. `bytes` is the compressed body. For `visits`, Chromium visits a server with an empty cache: `bytes`
are then all bytes on the wire, headers included; `gzip` is a visit without brotli, as over plain HTTP. The main thread
of a phone is the sum of `TaskDuration` at four times the throttle, in CPU time of the thread: median of five visits.
"""

import argparse
import gzip
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, run_wsgi_app

import config
from ideas import journal
from ideas.database import Model, require, write
from ideas.models import Job, Terms
from tests import factories
from tests.orders import delivered, published
from tests.servers import Server, cookie_of

TURNS = 15
PEOPLE = 30
JOBS, ORGANISATIONS, AVERAGES = 5_000, 50, 20

# Row → the most that it may be.
TARGETS = {
    "room of 50, ms": 3,
    "room of 50, bytes": 15_000,
    "room of 1000, ms": 3,
    "room of 1000, bytes": 40_000,
    "room of 1000, nodes": 3_000,
    "idea in a room of 1000, ms": 5,
    "idea in a room of 1000, bytes": 15_000,
    "result of 1000, ms": 2,
    "result of 1000, bytes": 60_000,
    "first visit, home, bytes": 90_000,
    "first visit, home, requests": 15,
    "first visit, room of 200, bytes": 120_000,
    "first visit, room of 200, requests": 15,
    "room of 1000 on a phone, nodes": 3_000,
    "room of 1000 on a phone, main thread, ms": 500,
}

ELEMENT = re.compile(rb"<[a-z]")

missed: list[str] = []


def tell(row: str, value: float, unit: str) -> None:
    target = TARGETS.get(row)
    if target is not None and value > target:
        missed.append(row)
    print(
        json.dumps({"row": row, "value": value, "unit": unit, "peer": None, "ratio": None, "target": target}),
        flush=True,
    )


@dataclass(frozen=True, eq=False)
class Hall:
    """A room: the address of its page and of its first idea, and one of its authors."""

    room: factories.Room
    ideas: list[int]
    author: factories.Somebody

    @property
    def idea(self) -> str:
        return factories.idea_path(self.ideas[0])


def hall(ideas: int) -> Hall:
    """A room in which people write, discuss and vote at once. Each idea has two arguments, each person ten marks."""
    room = factories.room()
    people = [factories.participant(room) for _ in range(PEOPLE)]
    words = "Bread from yesterday goes into a box by the door, half the price. *Nobody* has to ask.\n\nThen it is soup."
    written = [
        factories.idea(room, people[n % PEOPLE], f"A box for yesterday's bread, number {n}", f"{words} ({n})")
        for n in range(ideas)
    ]
    for n, idea in enumerate(written):
        for k, stance in enumerate(("for", "against")):
            person = people[(n + k + 1) % PEOPLE]
            factories.argument(idea, person, f"Remark {n}: what if nobody comes before noon?", factories.Stance(stance))
    for n, person in enumerate(people):
        marks = {written[(n * 13 + k * 7 + 1) % ideas]: 1 if (n + k) % 3 else -1 for k in range(10)}
        own = {written[i] for i in range(n, ideas, PEOPLE)}
        factories.mark(room, person, {idea: value for idea, value in marks.items() if idea not in own})
    return Hall(room, written, people[0])


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count statements inside the block."""
    found = [0]

    def note(*_: object) -> None:
        found[0] += 1

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def measure(app: Flask, name: str, cookie: str, path: str) -> None:
    """Ask for a page again and again, and print what it costs."""
    headers = {"Accept": "text/html", "Accept-Language": "de", "Accept-Encoding": "gzip", "Cookie": cookie}
    times, statements = [], 0
    body = b""
    for _ in range(TURNS):
        environ = EnvironBuilder(path, headers=headers).get_environ()
        with counted() as count:
            begin = process_time()
            chunks, status, sent = Context().run(run_wsgi_app, app.wsgi_app, environ, buffered=True)
            times.append(1_000 * (process_time() - begin))
        assert status.startswith("200"), (path, status)
        statements, body = count[0], b"".join(chunks)
    tell(f"{name}, ms", round(min(times[1:]), 2), "ms")
    tell(f"{name}, first, ms", round(times[0], 1), "ms")
    tell(f"{name}, statements", statements, "statements")
    tell(f"{name}, bytes", len(body), "bytes")
    plain = gzip.decompress(body) if sent.get("Content-Encoding") == "gzip" else body
    tell(f"{name}, plain, bytes", len(plain), "bytes")
    tell(f"{name}, nodes", len(ELEMENT.findall(plain)), "elements")


def of_pages(app: Flask) -> None:
    with app.app_context():
        for ideas in (50, 1_000):
            of = hall(ideas)
            cookie = cookie_of(app, of.author.actor.person_id)
            measure(app, f"room of {ideas}", cookie, of.room.path)
            measure(app, f"idea in a room of {ideas}", cookie, of.idea)
            factories.close(of.room)
            measure(app, f"result of {ideas}", cookie, f"{of.room.path}/result")
            measure(app, f"closed room of {ideas}", cookie, of.room.path)
        measure(app, "home", "", "/")


def of_jobs(app: Flask) -> None:
    """The list of 5,000 open jobs of 50 organisations; 20 of the jobs have an average of six reports."""
    with app.app_context():
        for n in range(ORGANISATIONS):
            of = published(factories.company(), title=f"A text of 300 words, number {n}", places=9)
            if n < AVERAGES:
                for _ in range(6):
                    delivered(of)
            with write() as transaction:
                _copy_job(transaction.session, of.id, JOBS // ORGANISATIONS - 1)
        for name, query in {"plain": "", "by pay": "order=pay", "fair": "fair=1", "search": "find_jobs=TEXT"}.items():
            measure(app, f"{JOBS} open jobs, {name}", "", f"/jobs?{query}&jobs=3")


def _copy_job(session: Session, job_id: int, times: int) -> None:
    """Store a job so many times more, without its journal."""
    job, terms = require(session, Job, job_id), session.scalars(select(Terms).filter_by(job_id=job_id)).one()
    for n in range(times):
        copy = Job(code=f"{job_id}-{n}", chain=journal.begin(), **_columns_of(job, "id", "chain_id", "code"))
        session.add(copy)
        session.flush()
        session.add(Terms(job_id=copy.id, **_columns_of(terms, "id", "job_id")))


def _columns_of(row: Model, *but: str) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in but}


def of_visits(server: Server) -> None:
    from playwright.sync_api import sync_playwright

    with server.app.app_context():
        small, large = hall(200), hall(1_000)
        signed = {of: cookie_of(server.app, of.author.actor.person_id) for of in (small, large)}
        places = {"home": ("/", ""), "room of 200": (small.room.path, signed[small])}
        phone = large.room.path, signed[large]
    server.start()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        for name, (path, cookie) in places.items():
            requests = visit(chromium, server, path, cookie)
            tell(f"first visit, {name}, bytes", sum(requests.values()), "bytes")
            tell(f"first visit, {name}, requests", len(requests), "requests")
            gzipped = visit(chromium, server, path, cookie, codings="gzip")
            tell(f"first visit, {name}, gzip, bytes", sum(gzipped.values()), "bytes")
            if os.environ.get("DETAILS"):
                for url, size in requests.items():
                    print(size, url, file=sys.stderr)
        found = [on_phone(chromium, server, *phone) for _ in range(5)]
        tell("room of 1000 on a phone, nodes", max(nodes for nodes, _ in found), "nodes")
        tell("room of 1000 on a phone, main thread, ms", round(median(ms for _, ms in found)), "ms")
        chromium.close()
    server.stop()


def browser() -> str:
    """The Chromium that `make test` found, or the one that CHROMIUM names."""
    noted = config.ROOT / ".venv" / "browser-path"
    return os.environ.get("CHROMIUM") or noted.read_text().strip()


def visit(
    chromium: Any, server: Server, path: str, cookie: str, wait: float = 2, codings: str = "gzip, br"
) -> dict[str, int]:
    """A first visit: `{address: bytes on the wire}`, until nothing comes any more."""
    context = context_with(chromium, server, cookie, extra_http_headers={"Accept-Encoding": codings})
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    names, sizes = {}, {}
    wire.on("Network.requestWillBeSent", lambda said: names.update({said["requestId"]: said["request"]["url"]}))
    wire.on("Network.loadingFinished", lambda said: sizes.update({said["requestId"]: int(said["encodedDataLength"])}))
    page.goto(server.url + path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_000 * wait)
    context.close()
    return {f"{names[key]}": size for key, size in sizes.items() if names[key].startswith("http")}


def context_with(chromium: Any, server: Server, cookie: str, **options: Any) -> Any:
    context = chromium.new_context(locale="de-DE", **options)
    if cookie:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": server.url}])
    return context


def on_phone(chromium: Any, server: Server, path: str, cookie: str) -> tuple[int, float]:
    """The nodes of the document, and the time of the main thread in ms."""
    context = context_with(chromium, server, cookie, viewport={"width": 390, "height": 844}, device_scale_factor=3)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    wire.send("Performance.enable", {"timeDomain": "threadTicks"})  # without the waits for a busy machine
    page.goto(server.url + path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_500)
    found = {each["name"]: each["value"] for each in wire.send("Performance.getMetrics")["metrics"]}
    nodes = page.evaluate("document.querySelectorAll('*').length")
    context.close()
    return nodes, 1_000 * found["TaskDuration"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", choices=["pages", "jobs", "visits", []])
    parts = parser.parse_args().part or ["pages", "jobs", "visits"]
    with tempfile.TemporaryDirectory(prefix="schwarm-bench-") as folder:
        server = Server(Path(folder))
        with server.app.app_context():
            flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
        if "pages" in parts:
            of_pages(server.app)
        if "jobs" in parts:
            of_jobs(server.app)
        if "visits" in parts:
            of_visits(server)
        server.detach()
    for row in missed:
        print(f"missed: {row}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
