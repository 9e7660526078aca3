"""Every activity has one record and one presenter, and no other code compares with its name."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound

import config
from app.activities import PRESENTERS
from app.activities.presenter import Part
from ideas.activities import ACTIVITIES
from ideas.models import Activity

ROOT = config.ROOT
EXEMPT = ("ideas/activities.py", "ideas/models/round.py", "ideas/blueprints.py", "app/activities/", "app/cli/demo.py")

NAMES = "|".join(ACTIVITIES)
_COMPARED = re.compile(
    rf"(?:[=!]=|\bin|\bpermits\(|\bhalt_of\()\s*['\"](?:{NAMES})['\"]|['\"](?:{NAMES})['\"]\s*(?:[=!]=|in\b|not in\b)"
)


def comparisons_in(source: str) -> list[int]:
    """The lines of Python in which something is compared with the name of an activity."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(map(_names_one, (part for side in (node.left, *node.comparators) for part in _parts(side))))
    ]


def _parts(side: ast.expr) -> list[ast.expr]:
    return list(side.elts) if isinstance(side, ast.List | ast.Tuple | ast.Set) else [side]


def _names_one(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "Activity"
    return isinstance(node, ast.Constant) and node.value in ACTIVITIES


def is_exempt(file: Path) -> bool:
    return str(file.relative_to(ROOT)).startswith(EXEMPT)


def test_the_search_finds_comparisons():
    assert comparisons_in("a == 'vote'\nActivity.WRITE in b\nc == [Activity.VOTE]\npermits(Activity.VOTE)") == [1, 2, 3]
    assert _COMPARED.search("{% if 'vote' in now.activities %}")
    assert _COMPARED.search('{% if state == "debate" %}')
    assert not _COMPARED.search("{{ icon('vote') }} {{ link(icon='vote') }}")


def test_no_code_compares_with_the_name_of_an_activity():
    files = [file for folder in ("app", "ideas", "realtime") for file in (ROOT / folder).rglob("*.py")]
    found = {
        str(file.relative_to(ROOT)): lines
        for file in files
        if not is_exempt(file) and (lines := comparisons_in(file.read_text()))
    }

    assert files
    assert found == {}


def test_no_template_compares_with_the_name_of_an_activity():
    files = [file for file in (ROOT / "templates").rglob("*.html") if file.parent.parent.name != "activities"]
    found = {str(file.relative_to(ROOT)): m[0] for file in files if (m := _COMPARED.search(file.read_text()))}

    assert files
    assert found == {}


def test_every_activity_has_a_presenter_and_a_name_in_the_services():
    assert list(PRESENTERS) == list(ACTIVITIES) == list(Activity)


@pytest.mark.parametrize("name", ACTIVITIES)
def test_a_presenter_names_the_templates_that_exist(app, name):
    def exists(part):
        try:
            return bool(app.jinja_env.get_template(PRESENTERS[name].template(part)))
        except TemplateNotFound:
            return False

    assert {part for part in Part if exists(part)} == PRESENTERS[name].parts
