"""What 100,000 and 1,000,000 people cost who take part in one contest of two weeks, and which part gives way first.

It plays the contest minute by minute: people come by the hour of the day, more on the first and the last day, and in a
wave after each mail to all. The load of the worst minute is then held against what one process, one room and one
database carry. What a thing costs is a measured figure of `FIGURES`, with the program that measures it: after a better
measurement change the number, or give it (`--set page_ms=3`), and write the document anew (`--write`).

It prints one JSON line for each number of people.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import flask_migrate
import numpy as np
from sqlalchemy import text

from app import create_app
from ideas import passwords
from ideas.database import db
from ideas.services import ballots
from tests import factories
from tests.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "scale.md"

SIZES = (100_000, 1_000_000)
DAYS = 14
MINUTES = DAYS * 24 * 60


@dataclass(frozen=True)
class Figure:
    """A measured cost, and where it comes from."""

    value: float
    unit: str
    source: str


FIGURES = {
    "page_ms": Figure(
        20, "ms CPU", "a whole request of the room of 50 to 1,000 ideas (17 to 23 ms) before pages were kept"
    ),
    "receiver_us": Figure(7.3, "µs CPU", "`benchmarks.room 5000`, further receiver, 2026-11-30"),
    "join_ms": Figure(0.9, "ms CPU", "`benchmarks.room 5000`, connect and join"),
    "socket_kb": Figure(9.5, "KB", "`benchmarks.room 5000`, memory of a connection"),
    "idle_us": Figure(7.9, "µs CPU a second", "`benchmarks.room 5000`, idle: 3.93 % of a core for 5,000"),
    "group_ms": Figure(10.3, "ms CPU", "`--measure`: what a group of casts costs whatever it holds"),
    "cast_us": Figure(510, "µs CPU", "`--measure`: each cast of a group, through its service"),
    "write_ms": Figure(13.8, "ms CPU", "`--measure`: an idea through its service"),
    "mark_bytes": Figure(965, "bytes", "`--measure`: a cast of one mark, with journal, stream, command and indexes"),
    "text_bytes": Figure(2458, "bytes", "`--measure`: an idea of 200 letters"),
    "person_bytes": Figure(1092, "bytes", "`--measure`: a participant"),
}

# What people do: assumptions of this page, each stated in it.
VISITS = 5  # of a person in the two weeks
VISIT_MINUTES = 6
PAGES = 8  # in a visit
MARKS = 40  # of a person
IDEAS = 0.08  # of a person
ARGUMENTS = 0.3  # of a person
DAY_WEIGHTS = (3, 1.5, 1, 1, 1, 0.6, 0.6, 1, 1, 1, 1, 0.6, 1, 3)
HOUR_WEIGHTS = (1, 1, 1, 1, 1, 2, 5, 9, 12, 12, 11, 11, 13, 11, 9, 9, 9, 10, 11, 12, 13, 11, 7, 3)
MAILS = ((0, 9), (7, 9), (13, 9))  # day and hour of a mail to all
MAIL_SHARE = 0.04  # of all people come after it, half of them within
MAIL_HALF_MINUTES = 10

# What one part carries.
CORE_SHARE = 0.6  # of a core that a process may use in the worst minute
SOCKETS_OF_A_PROCESS = 9_000  # CONNECTIONS_MAX 10,000, a tenth kept for pages
FRAMES_PER_SECOND = 20
FIGURES_PER_SECOND = 5  # how often at most a room hears its figures
GROUPS_PER_SECOND = 100  # a busy queue gathers for ten milliseconds
CASTS_OF_A_GROUP = 500


@dataclass(frozen=True)
class Peak:
    """The worst minute, a second of it; and the whole contest."""

    people: int
    visitors: float  # at once
    arrivals: float
    pages: float
    marks: float
    writes: float  # ideas and arguments


def play(people: int, seed: int = 7) -> Peak:
    """Play the contest. Each number is the worst minute's of its kind."""
    chance = np.random.default_rng(seed)
    arrivals = chance.poisson(_expected_visits(people))
    visitors = np.zeros(MINUTES)
    present = 0
    for minute, coming in enumerate(arrivals):
        present += int(coming) - chance.binomial(present, 1 / VISIT_MINUTES)
        visitors[minute] = present
    # Whoever is there loads pages, marks and writes evenly over a visit.
    per_second = visitors.max() / (60 * VISIT_MINUTES)
    return Peak(
        people,
        float(visitors.max()),
        float(arrivals.max()) / 60,
        per_second * PAGES,
        per_second * MARKS / VISITS,
        per_second * (IDEAS + ARGUMENTS) / VISITS,
    )


def _expected_visits(people: int) -> np.ndarray:
    """How many visits begin in each minute, by expectation."""
    days = np.repeat(np.array(DAY_WEIGHTS) / sum(DAY_WEIGHTS), 24 * 60)
    hours = np.tile(np.repeat(np.array(HOUR_WEIGHTS) / sum(HOUR_WEIGHTS), 60), DAYS)
    waves = np.zeros(MINUTES)
    for day, hour in MAILS:
        begin = (24 * day + hour) * 60
        after = np.arange(MINUTES - begin)
        waves[begin:] += people * MAIL_SHARE * np.diff(1 - 0.5 ** (np.append(after, len(after)) / MAIL_HALF_MINUTES))
    usual = people * VISITS - waves.sum()
    shape = days * hours
    return waves + usual * shape / shape.sum()


def cost(peak: Peak, figures: dict[str, float]) -> dict[str, float]:
    """What the worst minute and the two weeks need."""
    # Changes within 50 ms are one frame, and turnouts are told a few times a second.
    heard = min(peak.writes, FRAMES_PER_SECOND) + min(peak.marks + peak.writes, FIGURES_PER_SECOND)
    deliveries = peak.visitors * heard
    # All casts of a challenge wait for its lock, one group after the other: while one is written, the next gathers.
    seconds = peak.marks * figures["cast_us"] / 1e6
    groups = max(1.0, min(peak.marks, GROUPS_PER_SECOND, (1 - seconds) / (figures["group_ms"] / 1e3)))
    most = 1e3 * CASTS_OF_A_GROUP / (figures["group_ms"] + CASTS_OF_A_GROUP * figures["cast_us"] / 1e3)
    cores = {
        "cores_pages": peak.pages * figures["page_ms"] / 1e3,
        "cores_fan_out": deliveries * figures["receiver_us"] / 1e6,
        "cores_idle": peak.visitors * figures["idle_us"] / 1e6,
        "cores_joins": peak.pages * figures["join_ms"] / 1e3,  # each page opens a socket of its own
        "cores_marks": groups * figures["group_ms"] / 1e3 + seconds,
        "cores_writes": peak.writes * figures["write_ms"] / 1e3,
    }
    by_cores = sum(cores.values()) / CORE_SHARE
    by_sockets = peak.visitors / SOCKETS_OF_A_PROCESS
    processes = max(1, ceil(max(by_cores, by_sockets)))
    return {
        "people": peak.people,
        "visitors_at_once": round(peak.visitors),
        "pages_per_second": round(peak.pages, 1),
        "marks_per_second": round(peak.marks, 1),
        "writes_per_second": round(peak.writes, 1),
        "deliveries_per_second": round(deliveries),
        **{name: round(value, 2) for name, value in cores.items()},
        "processes": processes,
        "connections_per_process": round(peak.visitors / processes),
        "megabytes_of_sockets": round(peak.visitors * figures["socket_kb"] / 1e3),
        "transactions_per_second": round(groups + peak.writes, 1),
        "lock_share": round(peak.marks / most, 3),
        "marks_per_second_at_most": round(most),
        "marks_in_all": round(peak.people * MARKS),
        "gigabytes": round(
            peak.people
            * (MARKS * figures["mark_bytes"] + (IDEAS + ARGUMENTS) * figures["text_bytes"] + figures["person_bytes"])
            / 1e9,
            1,
        ),
        "ideas_in_the_room": round(peak.people * IDEAS),
    }


PARTS = {
    "cores_pages": "pages",
    "cores_fan_out": "messages to the room",
    "cores_joins": "opening sockets",
    "cores_idle": "open sockets",
    "cores_marks": "marks",
    "cores_writes": "ideas and arguments",
}


def first_to_break(row: dict[str, float]) -> list[tuple[str, float]]:
    """The parts by how often the limit of one process they need, the worst first."""
    need = {words: row[name] / CORE_SHARE for name, words in PARTS.items()}
    need["connections"] = row["visitors_at_once"] / SOCKETS_OF_A_PROCESS
    need["the lock of the challenge (all processes share it)"] = row["lock_share"]
    return sorted(need.items(), key=lambda item: -item[1])


def measure() -> dict[str, float]:
    """Measure what a cast, a text and a participant cost in a private PostgreSQL: CPU of this process, and bytes."""
    postgres = Postgres().start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            address = postgres.new_database()
            settings = {"SECRET_KEY": "measured", "SQLALCHEMY_DATABASE_URI": address, "INSTANCE": Path(folder)}
            app = create_app({**settings, "REDIS_URL": ""})
            with app.app_context():
                flask_migrate.upgrade(directory=str(ROOT / "migrations"))
                found = _measure()
                db.session.remove()
                db.engine.dispose()
    finally:
        postgres.stop()
    return found


def _measure() -> dict[str, float]:
    passwords.HASHER = factories.CHEAP_HASHER
    room = factories.room(factories.company())
    author = factories.participant(room)
    begun, size = time.process_time(), _size()
    ideas = [
        factories.idea(room, author, f"Idea {n} with a title", "Some words that say why. " * 8) for n in range(300)
    ]
    write_ms, text_bytes = 1e3 * (time.process_time() - begun) / len(ideas), (_size() - size) / len(ideas)
    size = _size()
    voters = [factories.participant(room) for _ in range(300)]
    person_bytes = (_size() - size) / len(voters)
    size, count, seconds = _size(), 0, {1: 1.0, 100: 1.0}
    for group, idea in zip((1, 100, 1, 100, 1, 100), ideas, strict=False):
        casts = [factories.cast(room, voter, {idea: 1}) for voter in voters]
        begun = time.process_time()
        for first in range(0, len(casts), group):
            assert all(answer.ok for answer in ballots.cast_ballots(casts[first : first + group]))
        seconds[group] = min(seconds[group], (time.process_time() - begun) / len(casts))
        count += len(casts)
    # A group of n costs a + b n, and n is 1 and 100.
    cast = (100 * seconds[100] - seconds[1]) / 99
    return {
        "group_ms": round(1e3 * (seconds[1] - cast), 2),
        "cast_us": round(1e6 * cast),
        "write_ms": round(write_ms, 1),
        "mark_bytes": round((_size() - size) / count),
        "text_bytes": round(text_bytes),
        "person_bytes": round(person_bytes),
    }


def _size() -> int:
    size = db.session.scalar(text("SELECT pg_database_size(current_database())"))
    db.session.rollback()
    return int(size)


def main() -> int:
    parser = argparse.ArgumentParser(description="What a contest of two weeks costs.")
    parser.add_argument("--set", action="append", default=[], metavar="FIGURE=VALUE", help="use another figure")
    parser.add_argument(
        "--measure", action="store_true", help="measure casts, texts and people on a private PostgreSQL"
    )
    parser.add_argument("--write", action="store_true", help="write docs/scale.md")
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure()))
        return 0
    figures = {name: figure.value for name, figure in FIGURES.items()}
    for setting in arguments.set:
        name, _, value = setting.partition("=")
        if name not in figures:
            parser.error(f"there is no figure {name}; there are {', '.join(figures)}")
        figures[name] = float(value)
    rows = [cost(play(people), figures) for people in SIZES]
    for row in rows:
        print(json.dumps(row), flush=True)
    if arguments.write:
        DOCUMENT.write_text(document(rows, figures))
    return 0


def document(rows: list[dict[str, float]], figures: dict[str, float]) -> str:
    """The page for operators, from these rows."""
    return TEMPLATE.format(
        sizes=" | ".join(f"{row['people']:,.0f} people" for row in rows),
        rules="|---" * len(rows),
        rows="\n".join(
            f"| {words} | " + " | ".join(_shown(row[name]) for row in rows) + " |" for name, words in ROWS.items()
        ),
        order="\n".join(
            f"- **{row['people']:,.0f} people**: "
            + ", ".join(f"{part} {need:.2g}" for part, need in first_to_break(row)[:5])
            + "."
            for row in rows
        ),
        figures="\n".join(f"| `{name}` | {figures[name]:g} {f.unit} | {f.source} |" for name, f in FIGURES.items()),
        visits=VISITS,
        minutes=VISIT_MINUTES,
        pages=PAGES,
        marks=MARKS,
        ideas=round(100 * IDEAS),
        arguments=round(100 * ARGUMENTS),
        mails=len(MAILS),
        share=round(100 * MAIL_SHARE),
        half=MAIL_HALF_MINUTES,
        core=round(100 * CORE_SHARE),
        sockets=SOCKETS_OF_A_PROCESS,
    )


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.2g}"


ROWS = {
    "visitors_at_once": "people there at once",
    "pages_per_second": "pages a second",
    "marks_per_second": "marks a second",
    "writes_per_second": "ideas and arguments a second",
    "deliveries_per_second": "messages to sockets a second",
    "cores_pages": "cores for pages",
    "cores_fan_out": "cores for messages to the room",
    "cores_joins": "cores for opening sockets",
    "cores_idle": "cores for open sockets (beats, pings)",
    "cores_marks": "cores for marks",
    "cores_writes": "cores for ideas and arguments",
    "processes": "**processes**",
    "connections_per_process": "sockets of a process",
    "megabytes_of_sockets": "memory of all sockets, MB",
    "transactions_per_second": "write transactions a second, at most",
    "marks_per_second_at_most": "marks a second that one challenge takes at most, in groups of 500",
    "lock_share": "share of that in the worst minute",
    "marks_in_all": "marks in the two weeks",
    "gigabytes": "**database after two weeks, GB**",
    "ideas_in_the_room": "ideas in the room",
}

TEMPLATE = """# Scale

What one contest of two weeks costs with many people, on paper: `.venv/bin/python -m benchmarks.scale --write` plays
it minute by minute and writes this page. Everybody is in **one** challenge, which is the hardest case: one room hears
everything, and one journal orders all votes. Several challenges share the processes and nothing else.

## The worst minute

| | {sizes} |
|---{rules}|
{rows}

Assumed: each person comes {visits} times for {minutes} minutes, loads {pages} pages a visit, gives {marks} marks in
all; of 100 people come {ideas} ideas and {arguments} arguments. The first and the last day are three times as busy as
a usual one; {mails} mails to all bring {share} % of all people each, half of them within {half} minutes. A process
may use {core} % of a core in the worst minute and holds {sockets:,} sockets.

## What breaks first

By how many processes each part alone would fill:

{order}

What to add, in this order:

1. **Processes**, one for each core, on as many machines as needed (`WORKERS`, `schwarm@PORT`). Pages, sockets and
   marks divide among them. Messages to the room divide as well: each process sends to its own sockets only.
2. **A machine of its own for PostgreSQL**, with a fast disk: all casts of a challenge are written one group after the
   other, under the lock of the challenge, so one challenge takes so many marks a second however many processes there
   are. The time of the disk comes on top of the figure above: `schwarm_commit_seconds` shows yours. Each process
   holds up to 21 connections: lower `DATABASE_CONNECTIONS`, raise `max_connections`, or put a pooler between.
3. **A second nginx or Caddy**, when the first one's core or its open files are used up: it holds two for each socket.
   What one carries was not measured.
4. **Fewer people in one room.** The messages to the room grow with the square of the people, since more people cause
   more messages and each goes to more. Where this is the largest part, divide the contest: one challenge for each
   region or question, and a final round from their shortlists.

What does not divide: the close counts all marks in one worker; the list of ideas of a room with tens of thousands of
ideas is long for everybody. A contest that expects more than 10,000 ideas needs moderators and groups more than
processes.

## The figures

| Figure | Value | From |
|---|---|---|
{figures}

CPU is that of the server process on one core of a shared machine with two; yours differs. After a new measurement
change the figure in `benchmarks/scale.py`, or try it: `--set page_ms=3`.
"""


if __name__ == "__main__":
    sys.exit(main())
