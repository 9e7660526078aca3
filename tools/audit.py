"""Run three scanners and fail on every finding that docs/security.md does not explain.

    make audit

- bandit reads the code;
- wapiti visits and attacks the pages of a running server, as a stranger, as a participant and as an owner;
- sqlmap tries the parameters of the forms that search and open a room.

The server is private, with the pages of `tests/journeys/places.py`. A finding has an id, `tool kind place`; the section
*Scanners* of docs/security.md explains it by its id, or all of a kind by `tool kind`. What the scanners wrote stays in
the folder `acceptance/audit`. `ONLY=bandit` runs one of them. All three take about 25 minutes on two idle cores.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.journeys.places import Places, lay_out  # noqa: E402
from tests.servers import Server  # noqa: E402

TOOLS = ROOT / ".tools" / "audit" / "bin"
FOLDER = ROOT / "acceptance" / "audit"
CODE = ("app", "ideas", "realtime", "config.py", "wsgi.py")
# Attacks that need no server on the internet; brute force of names and passwords says nothing of this code.
ATTACKS = "cookieflags,crlf,csp,exec,file,htaccess,http_headers,methods,permanentxss,redirect,sql,upload,xss"
SECONDS_OF_A_SCAN = 300
SECONDS_OF_AN_ATTACK = 60
# Who looks at what: `{who: (the place where the scan starts, …)}`; the cookies of a place are its visitor's.
WALKS = {"stranger": ("home", "join", "sign-in"), "participant": ("room", "ballot"), "owner": ("console", "result")}
# Places whose pages read parameters, and the parameters that are tried.
PARAMETERS = {
    "room": "q=bread&order=new&filter=mine",
    "console": "q=bread&page=1",
    "door": "code=ABC234&next=/challenges/our-bread",
    "live ranking": "question=1",
    "result": "question=1&all=1",
}
NOT_CRAWLED = ("/sign-out", "/static/")


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    scans = {"bandit": _bandit, "wapiti": _wapiti, "sqlmap": _sqlmap}
    asked = os.environ.get("ONLY", "")
    found: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        places = lay_out(server)
        try:
            for name, scan in scans.items():
                if asked in ("", name):
                    found |= set(scan(server, places))
        finally:
            server.stop()
        log = server.log()
    (FOLDER / "server.log").write_text(log)
    faults = log.count("Traceback")
    explained = _explained()
    new = sorted(finding for finding in found if not _is_explained(finding, explained))
    print(f"{len(found)} kinds of findings, {len(found) - len(new)} explained in docs/security.md")
    for finding in new:
        print(f"not explained: {finding}")
    if faults:
        print(f"the server wrote {faults} tracebacks")
    return int(bool(new or faults))


def _explained() -> set[str]:
    """The ids in the first column of the table below *Scanners*."""
    section = (ROOT / "docs" / "security.md").read_text().partition("\n## Scanners\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def _is_explained(finding: str, explained: set[str]) -> bool:
    return finding in explained or " ".join(finding.split(" ")[:2]) in explained


def _bandit(_server: Server, _places: Places) -> Iterator[str]:
    report = FOLDER / "bandit.json"
    command = [TOOLS / "bandit", "--quiet", "--recursive", *CODE, "--format", "json", "--output", report]
    _run(command, "bandit", may_fail=True)
    for result in json.loads(report.read_text())["results"]:
        yield f"bandit {result['test_id']} {result['filename'].removeprefix('./')}"


def _wapiti(server: Server, places: Places) -> Iterator[str]:
    for who, starts in WALKS.items():
        report = FOLDER / f"wapiti-{who}.json"
        first, *others = (server.url + places[start][0] for start in starts)
        command = [TOOLS / "wapiti", "--url", first, "--scope", "domain", "--module", ATTACKS, "--flush-session"]
        for other in others:
            command += ["--start", other]
        for address in NOT_CRAWLED:
            command += ["--exclude", f"{server.url}{address}*"]
        if cookie := _cookie(places, starts[0]):
            command += ["--header", f"Cookie: {cookie}"]
        limits = ["--max-scan-time", str(SECONDS_OF_A_SCAN), "--max-attack-time", str(SECONDS_OF_AN_ATTACK)]
        limits += ["--max-links-per-page", "40", "--depth", "3"]
        store = ["--store-session", str(FOLDER / f"session-{who}"), "--format", "json", "--output", str(report)]
        _run([*command, *limits, *store, "--no-bugreport"], f"wapiti-{who}")
        told = json.loads(report.read_text())
        print(f"wapiti as {who}: {told['infos']['crawled_pages_nbr']} pages", flush=True)
        for group in ("vulnerabilities", "anomalies"):
            for kind, results in told[group].items():
                for result in results:
                    yield f"wapiti {kind.replace(' ', '-').lower()} {_pattern(result['path'])}"


def _sqlmap(server: Server, places: Places) -> Iterator[str]:
    for place, query in PARAMETERS.items():
        path, _storage = places[place]
        url = f"{server.url}{path.partition('?')[0]}?{query}"
        command = [TOOLS / "sqlmap", "--url", url, "--batch", "--technique", "BEU", "--level", "2", "--flush-session"]
        command += ["--output-dir", str(FOLDER / "sqlmap"), "--ignore-code", "*", "--answers", "follow=N"]
        if cookie := _cookie(places, place):
            command += ["--cookie", cookie, "--drop-set-cookie"]
        said = _run(command, f"sqlmap-{place.replace(' ', '-')}", may_fail=True)
        if "injectable" not in said:
            yield f"sqlmap tried-nothing {place}"
        for parameter in re.findall(r"^Parameter: (\S+)", said, re.MULTILINE):
            yield f"sqlmap {parameter} {place}"


def _cookie(places: Places, place: str) -> str:
    """The header of the visitor of a place; empty for a stranger."""
    cookies = places[place][1]["cookies"]
    assert isinstance(cookies, list)
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)


def _pattern(path: str) -> str:
    """A path without what differs from run to run."""
    return re.sub(r"/(\d+|[A-Za-z0-9_-]{20,})(?=/|$)", "/…", path.partition("?")[0])


def _run(command: list[object], name: str, *, may_fail: bool = False) -> str:
    """Run a scanner, keep what it said, and return it. :raise SystemExit: if it could not run."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    (FOLDER / f"{name}.log").write_text(said)
    if done.returncode and not may_fail:
        raise SystemExit(f"{name} ended with {done.returncode}: {said[-2000:]}")
    return said


if __name__ == "__main__":
    sys.exit(main())
