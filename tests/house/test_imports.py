"""Permitted imports: the domain imports no edge, nothing imports the socket layer, and the domain's steps import one
way.
"""

import ast
import functools
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import config

ROOT = config.ROOT

# Inside ideas/: a module may import its own step and those before it.
STEPS = (
    {"errors", "clock", "voting", "actor", "loops", "locales", "codes", "slugs", "images", "offload", "polis", "texts"}
    | {"seed_lists", "passwords", "worker", "worker_child", "permissions", "activities", "prose", "graphemes"}
    | {"availability", "hosts", "signing", "encryption", "names", "counters", "log_context", "uploads", "file_store"}
    | {
        "text_files",
        "workbooks",
        "tables",
        "typesetting",
        "html_text",
        "statements",
        "similarity",
        "finding",
        "unread",
        "drawing",
        "tags",
        "pay",
        "contrast",
        "orders",
        "dues",
        "words",
        "reading_order",
        "text_changes",
        "dealing",
        "mailboxes",
        "paragraphs",
        "contact_hints",
    },
    {"events"},
    {"changes", "database", "snapshot"},
    {"models"},
    {
        "journal",
        "policy",
        "blueprints",
        "leases",
        "mail_queue",
        "notifications",
        "receivers",
        "promises",
        "reasons",
        "prizes",
        "conditions",
        "rights",
        "installation",
        "work_kinds",
        "job_terms",
        "job_access",
    },
    {"queries"},
    # The mechanics that services share; each may use those before it.
    {
        "operations",
        "addresses",
        "pictures",
        "round_lock",
        "job_lock",
        "order_files",
        "order_steps",
        "order_keeping",
        "devices",
        "exposures",
        "entries",
        "people",
        "proxies",
    }
    | {
        "anonymising",
        "arguing",
        "erasing",
        "forgetting",
        "marks",
        "merging",
        "moderating",
        "removal",
        "tokens",
        "brought",
    }
    | {
        "waves",
        "audit",
        "job_audit",
        "ideas_documents",
        "freezing",
        "ballot_facts",
        "attempts",
        "family",
        "flagging",
        "jurors",
        "invitations",
    }
    | {"hand_counts", "operator_log", "turns", "stored_files"},
    {"exports", "services"},
)
STEP_OF = {name: step for step, names in enumerate(STEPS) for name in names}

FOREIGN_TO_IDEAS = {"app", "realtime", "config", "wsgi", "tests", "socketio", "engineio", "werkzeug", "jinja2"} | {
    *("flask", "flask_login", "flask_babel", "flask_socketio", "flask_wtf", "markupsafe", "eventlet", "gevent")
}


def files(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, folder
    return found


@functools.cache
def imports_of(file: Path) -> list[str]:
    """Every module that a file imports, with its full name (`ideas.models.round`), at any place in the file."""
    return list(imports_in(file.read_text(), file.relative_to(ROOT).with_suffix("").parts))


def imports_in(source: str, parts: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                module = ".".join([*parts[: len(parts) - node.level], module]).rstrip(".")
            # `from ideas import clock` imports ideas.clock; for `from ideas.clock import now` the module is enough.
            yield from (f"{module}.{alias.name}" for alias in node.names)


def top(module: str) -> str:
    return module.split(".")[0]


def test_the_import_reader_finds_every_kind_of_import():
    source = "import a.b\ndef f():\n    from c import d\nfrom . import e\nfrom ..g import h\nif TYPE_CHECKING: import i"

    assert set(imports_in(source, ("x", "y", "z"))) == {"a.b", "c.d", "x.y.e", "x.g.h", "i"}


@pytest.mark.parametrize("file", files("ideas"), ids=lambda f: str(f.relative_to(ROOT)))
def test_the_domain_imports_no_edge(file):
    foreign = {module for module in imports_of(file) if top(module) in FOREIGN_TO_IDEAS}
    if file.name != "database.py":
        foreign |= {module for module in imports_of(file) if top(module).startswith("flask")}

    assert foreign == set()


@pytest.mark.parametrize("file", files("ideas"), ids=lambda f: str(f.relative_to(ROOT)))
def test_a_domain_module_imports_only_its_own_step_and_earlier_ones(file):
    own = file.relative_to(ROOT / "ideas").with_suffix("").parts[0]
    if own == "__init__":
        return
    assert own in STEP_OF, f"say in STEPS where ideas.{own} stands"
    known = {module.split(".")[1] for module in imports_of(file) if top(module) == "ideas" and "." in module}

    assert {name for name in known if STEP_OF.get(name, 99) > STEP_OF[own]} == set()


# Services do not call each other, with these exceptions: an import, a copy, a template and the steps of posting build a
# whole challenge, a challenge starts its first round, a round is assessed after its close, a juror's grades go through
# the ballot box, a vote that is settled is closed, and what is due after a time is done by the service of the act.
SERVICES_MAY_IMPORT = {
    "challenges": {"phases", "rounds"},
    "duplicating": {"challenges"},
    "next_rounds": {"phases"},
    "own_account": {"leaving"},
    "posting": {"challenges", "phases"},
    "imports": {"challenges", "organisations", "rounds"},
    "readiness": {"assessing", "rounds"},
    "retention": {"assessing", "bringing", "leaving"},
    "rounds": {"assessing"},
    "scoring": {"ballots"},
    "templates": {"challenges", "duplicating", "phases"},
}


def services_imported_by(file: Path) -> set[str]:
    parts = [module.split(".") for module in imports_of(file)]
    return {part[2] for part in parts if part[:2] == ["ideas", "services"] and len(part) > 2}


def test_a_service_imports_no_other_service_but_the_listed_ones():
    found = {f.stem: names for f in files("ideas/services") if (names := services_imported_by(f))}

    assert found == SERVICES_MAY_IMPORT


def test_the_listed_imports_between_services_form_no_circle():
    left = dict(SERVICES_MAY_IMPORT)
    while free := [name for name, wanted in left.items() if not wanted & left.keys()]:
        for name in free:
            del left[name]

    assert left == {}


@pytest.mark.parametrize("file", files("ideas/voting"), ids=lambda f: f.name)
def test_voting_imports_no_database(file):
    allowed = {"abc", "bisect", "collections", "dataclasses", "enum", "fractions", "functools", "itertools"}
    allowed |= {"math", "typing"}

    assert {top(m) for m in imports_of(file)} <= allowed | {"numpy", "ideas"}
    assert all(m.startswith("ideas.voting") for m in imports_of(file) if top(m) == "ideas")


def test_only_the_factory_imports_the_socket_layer():
    knowing = {
        str(file.relative_to(ROOT))
        for folder in ("app", "ideas", "migrations")
        for file in files(folder)
        if any(top(module) in ("realtime", "flask_socketio") for module in imports_of(file))
    }

    assert knowing == {"app/__init__.py"}


def test_the_socket_layer_imports_no_page():
    knowing = {str(f.relative_to(ROOT)) for f in files("realtime") if any(top(m) == "app" for m in imports_of(f))}

    assert knowing == set()


def test_only_three_modules_import_the_async_server():
    naming = {
        str(file.relative_to(ROOT))
        for file in [*itertools.chain(*map(files, ("app", "ideas", "realtime"))), ROOT / "wsgi.py", ROOT / "config.py"]
        if any(top(module) in ("eventlet", "gevent") for module in imports_of(file))
    }

    assert naming == {"wsgi.py", "realtime/wsgi.py", "realtime/hubs.py"}


# Each is imported by the process that uses it, when it does: together they take 60 MB and half a second.
NOT_AT_THE_START = {
    *("numpy", "PIL", "pillow_heif", "xlsxwriter", "cryptography"),  # counting, pictures, workbooks, signatures
    *("alembic", "flask_migrate", "app.cli"),  # commands
    *("aiohttp", "requests", "redis", "ideas.worker_child"),
}


def test_a_server_imports_at_its_start_only_what_it_uses(tmp_path):
    start = "import json, runpy, sys; runpy.run_path('wsgi.py', run_name='imported'); print(json.dumps([*sys.modules]))"
    environment = os.environ | {"INSTANCE_PATH": str(tmp_path), "SECRET_KEY": "only for tests", "REDIS_URL": ""}
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", start], cwd=ROOT, env=environment, capture_output=True, check=True
    ).stdout

    imported = set(json.loads(said))

    assert "realtime.server" in imported
    assert imported & NOT_AT_THE_START == set()
