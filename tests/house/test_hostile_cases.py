"""`docs/security.md` tells the truth: every test that it names exists, and every hostile case stands there once."""

import ast
import re
from functools import cache

import pytest

import config

DOCUMENT = config.ROOT / "docs" / "security.md"
CASES = 78

# A test file, or one test in it.
NAMED = re.compile(r"(tests/[\w/]+\.py)(?:::(\w+))?")
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|([^|]*)\| ([^|]+) \|$", re.MULTILINE)
STATE = re.compile(r"holds|partly: [^.]+|not built: [^.]+|measured in `(benchmarks/\w+\.py)`")


@cache
def names_in(file: str) -> set[str]:
    """The names of all test functions of a file, those in classes included. Empty if there is no such file."""
    path = config.ROOT / file
    if not path.exists():
        return set()
    found = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))
    return {node.name for node in found if node.name.startswith("test_")}


def wrong_names(document: str) -> list[str]:
    """The tests that a document names and that do not exist."""
    return [
        f"{file}::{test}"
        for file, test in NAMED.findall(document)
        if not (test in names_in(file) if test else (config.ROOT / file).exists())
    ]


def rows() -> list[tuple[str, ...]]:
    _, _, section = DOCUMENT.read_text().partition("\n## Hostile cases\n")
    return ROW.findall(section)


def test_every_named_test_exists():
    assert wrong_names(DOCUMENT.read_text()) == []


def test_every_case_stands_there_once():
    assert [int(number) for number, *_ in rows()] == list(range(1, CASES + 1))


@pytest.mark.parametrize(("number", "tests", "state"), [(row[0], row[3], row[4]) for row in rows()])
def test_a_case_has_a_state_and_tests(number, tests, state):
    found = STATE.fullmatch(state)

    assert found, f"case {number}: {state}"
    assert bool(NAMED.search(tests)) == state.startswith(("holds", "partly")), f"case {number}"
    if found[1]:
        assert (config.ROOT / found[1]).exists(), found[1]


def test_a_wrong_name_is_noticed():
    known = "tests/house/test_hostile_cases.py"

    assert wrong_names(f"`{known}` `{known}::test_a_wrong_name_is_noticed`") == []
    assert wrong_names(f"`{known}::test_that_was_renamed` `tests/gone.py`") == [
        f"{known}::test_that_was_renamed",
        "tests/gone.py::",
    ]
