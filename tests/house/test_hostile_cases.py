"""`docs/security.md` tells the truth: every test that it names exists, and every hostile case stands there once."""

import re
from functools import cache

import config

DOCUMENT = config.ROOT / "docs" / "security.md"
CASES = 78

# A test file, or one test in it.
NAMED = re.compile(r"(tests/[\w/]+\.py)(?:::(\w+))?")
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|([^|]*)\| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"^ *def (test_\w+)\(", re.MULTILINE)
STATE = re.compile(r"holds|partly: [^.]+|not built: [^.]+|measured in `(benchmarks/\w+\.py)`")


@cache
def names_in(file: str) -> set[str]:
    """The names of all tests of a file, those in classes included. Empty if there is no such file."""
    path = config.ROOT / file
    return set(TEST.findall(path.read_text())) if path.exists() else set()


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


def test_every_case_has_a_state_and_tests():
    assert [row for row in rows() if wrong_state(*row[3:])] == []


def wrong_state(tests: str, state: str) -> bool:
    """Whether a state is none of those that the document explains, or has no test although it needs one."""
    found = STATE.fullmatch(state)
    if found is None or (found[1] and not (config.ROOT / found[1]).exists()):
        return True
    return bool(NAMED.search(tests)) != state.startswith(("holds", "partly"))


def test_a_wrong_name_is_noticed():
    known = "tests/house/test_hostile_cases.py"

    assert wrong_names(f"`{known}` `{known}::test_a_wrong_name_is_noticed`") == []
    assert wrong_names(f"`{known}::test_that_was_renamed` `tests/gone.py`") == [
        f"{known}::test_that_was_renamed",
        "tests/gone.py::",
    ]


def test_a_wrong_state_is_noticed():
    some = "`tests/house/test_hostile_cases.py`"

    assert not wrong_state(some, "holds")
    assert not wrong_state(some, "partly: a sentence")
    assert not wrong_state(" ", "not built: a part")
    assert not wrong_state(" ", "measured in `benchmarks/console.py`")
    for tests, state in (
        (" ", "holds"),
        (some, "not built: a part"),
        (some, "works"),
        (" ", "measured in `benchmarks/no.py`"),
    ):
        assert wrong_state(tests, state)
