"""Every view that draws a page has a place in tests/journeys/places.py, so that axe and the contact sheets see it.

Neither the views nor the places are run: the names of templates are read from the source of the views, and the
addresses from the source of the places.
"""

import ast
import inspect
import re
import sys
from contextlib import suppress
from functools import cache
from types import FunctionType

from flask import Flask
from werkzeug.exceptions import HTTPException

import config
from tests.journeys.places import PLACES

TEMPLATES = config.ROOT / "templates"

TEMPLATE = re.compile(r"[\w/]+\.html")
EXTENDS = re.compile(r"\{%-? extends '([^']+)'")

# An address in places.py: it begins with "/" or with the path of a room.
ADDRESS = re.compile(r'"((?:\{\w+\.path\})?/[^"\s]*)"')
VALUE = re.compile(r"\{+[^{}]*\}+")

# Pages whose address places.py puts together from pieces: `{endpoint: place}`.
IN_PIECES = {
    "console.bar": "remove",
    "console.hand_over": "hand over moderation",
    "console.readmit": "readmit",
    "console.rename": "rename",
    "console.share": "share moderation",
    "console.take_back": "take back",
    "inviting.stop": "no more invitations",
    "jury.show": "jury",
}


def is_page(name: str) -> bool:
    """Whether a template builds on a layout."""
    extended = EXTENDS.search((TEMPLATES / name).read_text(encoding="utf-8"))
    return bool(extended) and (extended[1].startswith("layouts/") or is_page(extended[1]))


def templates_of(view: FunctionType) -> set[str]:
    """The templates that a function names, and those of the functions of the app that it calls by their names."""
    found, seen = set[str](), set[FunctionType]()
    waiting = [view]
    while waiting:
        function = inspect.unwrap(waiting.pop())
        if function in seen:
            continue
        seen.add(function)
        names, texts = _words_of(function)
        found |= {text for text in texts if TEMPLATE.fullmatch(text)}
        module = sys.modules[function.__module__]
        called = (getattr(module, name, None) for name in names)
        waiting += [one for one in called if inspect.isfunction(one) and one.__module__.startswith("app.")]
    return found


@cache
def _words_of(function: FunctionType) -> tuple[set[str], set[str]]:
    """The names and the texts in the source of a function."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return names, texts


def addresses_of(written: str) -> set[str]:
    """The addresses that an expression in places.py can stand for; a challenge is named by its number or its slug."""
    path = re.sub(r"^\{\w+\.path\}", "/challenges/{}", written.partition("?")[0].partition("#")[0])
    path = path.replace("{step}", "way")
    by_slug = re.sub(r"^/challenges/\{[^{}]*\}", "/challenges/our-bread", path)
    of_idea = f"/challenges/our-bread{path}" if path.startswith("/ideas/") else path
    return {VALUE.sub("1", one) for one in (path, by_slug, of_idea)}


def endpoints_with_a_place(app: Flask) -> set[str]:
    """The views at the addresses in places.py."""
    adapter, found = app.url_map.bind("localhost"), set[str]()
    source = (config.ROOT / "tests" / "journeys" / "places.py").read_text(encoding="utf-8")
    for address in {address for written in ADDRESS.findall(source) for address in addresses_of(written)}:
        with suppress(HTTPException):  # no view has this form of it
            found.add(adapter.match(address)[0])
    return found


def pages_of(app: Flask) -> set[str]:
    """The views that draw a page. Parts of pages are views of their own, drawn by the function of the page."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and not rule.rule.endswith("/parts")
        and any(map(is_page, templates_of(app.view_functions[rule.endpoint])))
    }


def test_every_view_that_draws_a_page_has_a_place(one_app):
    pages, placed = pages_of(one_app), endpoints_with_a_place(one_app)

    assert len(pages & placed) > 90
    assert pages - placed - set(IN_PIECES) == set(), "add a place to tests/journeys/places.py"
    assert set(IN_PIECES) <= pages
    assert set(IN_PIECES) & placed == set(), "its address is read from places.py"
    assert set(IN_PIECES.values()) <= set(PLACES)
