"""No file names a ballot rule except the counting, the presenters, their templates and the tests."""

import ast
import re
from pathlib import Path

import pytest

import config
from app.rules import PRESENTERS
from ideas.voting.rules import RULES

ROOT = config.ROOT
OWN = ("ideas/voting/", "app/rules/", "templates/rules/")
NAMES = set(RULES)
CLASSES = {kind.__name__ for kind in RULES.values()} | {type(presenter).__name__ for presenter in PRESENTERS.values()}

# Files that name a rule or use the same word for something else, each with the reason.
ALLOWED = {
    "ideas/blueprints.py": {
        "approval",
        "pairs",
        "points",
        "stars",
        "grades",
    },  # a blueprint chooses a rule, a criterion has one
    "app/pages/differences.py": {"approval"},  # the setting that ideas wait for approval, when two people changed it
    "ideas/services/challenges.py": {"approval"},  # the fields of a challenge that two people may have changed
    "ideas/promises.py": {"approval"},  # the same setting, in the digest
    "ideas/exports/pack/__init__.py": {"approval"},  # the same setting, in the pack
    "ideas/exports/pack/recount.py": NAMES,  # it shares no code with the product, so it has its own counting
    "templates/challenges/keeping.html": {"approval"},  # the field of the same setting
    "app/inputs/posting.py": {"approval"},  # the step on which it stands
    "ideas/services/posting.py": {"approval"},  # the same step
    "app/platform/drawing.py": {"points"},  # the points of a line
}

CODE = [path for folder in ("app", "ideas", "realtime") for path in sorted((ROOT / folder).rglob("*.py"))]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FILES = [path for path in CODE + TEMPLATES if not str(path.relative_to(ROOT)).startswith(OWN)]


def named_in_code(source: str) -> set[str]:
    """The names of rules that stand as strings, and the class names of rules, in Python."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= NAMES & {node.value}
        elif isinstance(node, ast.Name):
            found |= CLASSES & {node.id}
        elif isinstance(node, ast.Attribute):
            found |= CLASSES & {node.attr}
        elif isinstance(node, ast.ImportFrom):
            found |= CLASSES & {alias.name for alias in node.names}
    return found


def named_in_template(source: str) -> set[str]:
    """The names of rules that stand as strings in the tags of a template."""
    tags = re.findall(r"\{\{.*?\}\}|\{%.*?%\}", source, re.S)
    return NAMES & {word for tag in tags for word in re.findall(r"'(\w+)'|\"(\w+)\"", tag) for word in word}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_names_no_rule(path: Path):
    source = path.read_text()
    found = named_in_code(source) if path.suffix == ".py" else named_in_template(source)

    assert found - ALLOWED.get(str(path.relative_to(ROOT)), set()) == set()


def test_each_exception_is_needed():
    for name, words in ALLOWED.items():
        path = ROOT / name
        found = named_in_code(path.read_text()) if path.suffix == ".py" else named_in_template(path.read_text())

        assert found == words, name


def test_the_search_finds_names_and_classes():
    assert named_in_code('x = rule.name == "grades"') == {"grades"}
    assert named_in_code("from ideas.voting.rules import Grades\n") == {"Grades"}
    assert named_in_code("isinstance(rule, rules.Pairwise)") == {"Pairwise"}
    assert named_in_code('"""Ask for grades."""') == set()
    assert named_in_template("{% if rule == 'stars' %}grades{% endif %}") == {"stars"}


def test_every_rule_has_a_presenter_with_its_templates():
    assert list(PRESENTERS) == list(RULES)
    for name, presenter in PRESENTERS.items():
        kind = RULES[name]
        parts = {"ballot", "picture", "legend", "words", "formula"}
        parts |= set() if kind.is_limited else {"card"}
        parts |= {"choice"} if kind.is_one_by_one and not kind.is_paired else set()

        assert {path.stem for path in (ROOT / "templates" / "rules" / name).iterdir()} == parts
        assert set(presenter.hand_labels) == set(kind.hand_values)
        assert (presenter.hands_note is None) == kind.adds_hands
        assert set(presenter.options) == set(kind().options()) - {"top"}
