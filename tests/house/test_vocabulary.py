"""One word per thing: names are unique, and none carries a word that the vocabulary replaced."""

import ast
import functools
import re
from collections import defaultdict
from pathlib import Path

import pytest

import config

ROOT = config.ROOT
LAYERS = ("app", "ideas", "realtime")

# Words of the former vocabulary; decision 78 (docs/decisions.md) lists the terms that replaced them.
REPLACED = {
    *("desk", "booth", "pile", "heap", "sketch", "letter", "leaf", "leaves", "told", "tending", "tend", "asking"),
    *("beside", "gauge", "meter", "standing", "standings", "countings", "stand_in", "directing", "weighing"),
}


def words_of(name: str) -> set[str]:
    """The words of an identifier, a file name or a CSS class, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def modules() -> list[Path]:
    return sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


@functools.cache
def definitions() -> list[tuple[Path, ast.ClassDef | ast.FunctionDef]]:
    """The classes and functions of all modules, read once for all tests."""
    return [
        (path, node)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    ]


def test_a_class_name_is_unique_in_the_tree():
    found = defaultdict(list)
    for path, node in definitions():
        if isinstance(node, ast.ClassDef):
            found[node.name].append(str(path.relative_to(ROOT)))

    assert {name: places for name, places in found.items() if len(places) > 1} == {}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_module_name_is_unique_within_a_folder_and_its_package(layer):
    """`app/rules.py` beside `app/rules/` would be two modules of one name."""
    found = defaultdict(list)
    for path in (ROOT / layer).rglob("*.py"):
        name = path.parent if path.name == "__init__.py" else path.with_suffix("")
        found[name].append(path.name)

    assert {str(name): places for name, places in found.items() if len(places) > 1} == {}


def test_no_module_carries_a_replaced_word():
    assert [str(path.relative_to(ROOT)) for path in modules() if words_of(path.stem) & REPLACED] == []


def test_no_class_and_no_public_function_carries_a_replaced_word():
    found = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path, node in definitions()
        if not node.name.startswith("_") and words_of(node.name) & REPLACED
    ]

    assert found == []


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [("templates", "*"), ("static/css", "*.css"), ("static/js", "*.js")],
    ids=["templates", "css", "js"],
)
def test_no_template_style_or_script_is_named_by_a_replaced_word(folder, pattern):
    paths = [path for path in (ROOT / folder).rglob(pattern) if "vendor" not in path.parts]

    assert paths
    assert [str(path.relative_to(ROOT)) for path in paths if words_of(path.stem) & REPLACED] == []


def test_no_css_class_carries_a_replaced_word():
    sheets = "".join(path.read_text() for path in (ROOT / "static" / "css").rglob("*.css"))
    classes = set(re.findall(r"\.([a-z][a-z0-9_-]*)", sheets))

    assert len(classes) > 100
    assert {name for name in classes if words_of(name) & REPLACED} == set()


def test_no_address_carries_a_replaced_word(app):
    assert [rule.rule for rule in app.url_map.iter_rules() if words_of(rule.rule) & REPLACED] == []


def test_a_replaced_word_is_noticed():
    assert words_of("BoothPage") & REPLACED == {"booth"}
    assert words_of("desk_of") & REPLACED == {"desk"}
    assert words_of("console__meter-dot") & REPLACED == {"meter"}
    assert not words_of("parameter_of") & REPLACED
