"""The scripts of pages, joined into few files when they are first asked for, as the style sheet is (`assets`).

A file per group: `js/joined/base.js` is on every page and has all helpers, `site.js` has the elements that need nothing
else, `entry.js` and `desk.js` those of them that stand before an open room or beside it, `room.js`, `idea.js` and
`ballot.js` those of a room, of the page of an idea and of a vote, and `more.js` the rest. Each module stands in one
file as a function and runs when it is first needed, so that it has its state once, as a module of the browser. The
scripts of `vendor/` stay files of their own.

The scripts import in five ways, and all else is an error: a name list, `* as name`, a default from `vendor/`, one of
`vendor/` when it is needed, and the elements by their names in `application.js`.
"""

import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import config

FOLDER = config.ROOT / "static" / "js"

START = "application.js"

# The elements of some pages. Those that a page lacks cost less than a request for each that it has.
ELEMENTS = {
    "room": (
        *("chime-switch", "draft-keeper", "image-field", "journal-seal", "key-shortcuts", "list-count", "live-form"),
        *("live-part", "live-room", "out-box", "paged-list", "parent-ideas", "phase-clock", "ready-button"),
        *("room-notice", "room-presence", "similar-ideas"),
    ),
    "idea": ("inline-reply", "linked-argument", "more-room", "open-idea"),
    "ballot": (
        *("ballot-approval", "ballot-grades", "ballot-pairs", "ballot-points", "ballot-ranked", "ballot-stars"),
        "mark-choice",
    ),
}

# Elements of the start page, the door, the lobby and rooms in which everybody writes alone.
ENTRY = {"code-field", "own-time-zone", "room-swarm", "scan-code", "work-puzzle"}

# Elements of moderators, organisations, results and screens that need nothing but the helpers.
DESK = {
    *("confirm-dialog", "current-tab", "fetched-part", "file-drop", "group-board", "hand-counts", "live-preview"),
    *("people-dots", "phase-editor", "saved-form", "waiting-page", "zoned-time"),
}

GROUPS = ("base", "site", "entry", "desk", *ELEMENTS, "more")

_IMPORT = re.compile(r'^import ([^"]+) from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_DYNAMIC = "import(`./elements/${localName}.js`)"
_DYNAMIC_VENDOR = re.compile(r'\bimport\("(\.[^"]+)"\)')

# `need` runs a module once; `element` fetches the file of an element's module first, if that is not here yet.
_REGISTRY = """const makers = new Map();
const made = new Map();
export const add = (name, maker) => makers.set(name, maker);
export function need(name) {
  if (!made.has(name)) made.set(name, makers.get(name)());
  return made.get(name);
}
async function element(name) {
  const group = Object.keys(ELEMENTS).find((of) => ELEMENTS[of].split(" ").includes(name));
  await import(`./${group}.js`);
  need(`elements/${name}.js`);
}
"""


@lru_cache(maxsize=len(GROUPS))
def joined(group: str) -> str:
    """The file of a group of scripts."""
    modules = _groups()[group]
    if group == "base":
        elements = {of: " ".join(Path(n).stem for n in all if _is_element(n)) for of, all in _groups().items()}
        head = f"const ELEMENTS = {json.dumps({of: names for of, names in elements.items() if names})};\n{_REGISTRY}"
        return head + "".join(map(_as_function, modules)) + f'need("{START}");\n'
    before = "".join(f'import "./{other}.js";\n' for other in GROUPS[1 : GROUPS.index(group)] if _needs(group, other))
    vendor = sorted({line for name in modules for line in _vendor_imports(name)})
    return 'import { add, need } from "./base.js";\n' + before + "".join(vendor) + "".join(map(_as_function, modules))


@lru_cache(maxsize=1)
def _groups() -> dict[str, list[str]]:
    """The modules of each group, without those of groups before it; what a module needs comes before it."""
    helpers, elements = (
        [f"{of}/{path.name}" for path in sorted((FOLDER / of).glob("*.js"))] for of in ("helpers", "elements")
    )
    base = {START, *helpers}
    alone = [name for name in elements if {*_with_imports([name], set())} <= {name, *base}]
    roots = {
        "base": [START, *helpers],
        "site": [name for name in alone if Path(name).stem not in ENTRY | DESK | {*ELEMENTS["idea"]}],
        "entry": [name for name in alone if Path(name).stem in ENTRY],
        "desk": [name for name in alone if Path(name).stem in DESK],
        **{group: [f"elements/{name}.js" for name in names] for group, names in ELEMENTS.items()},
        "more": elements,
    }
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for group, names in roots.items():
        found[group] = list(_with_imports(names, seen))
    return found


def _needs(group: str, other: str) -> bool:
    """Whether a module of a group imports one of the other group."""
    imported = {_resolved(name, address) for name in _groups()[group] for _, address in _IMPORT.findall(_source(name))}
    return not imported.isdisjoint(_groups()[other])


def _with_imports(names: Iterable[str], seen: set[str]) -> Iterator[str]:
    for name in names:
        if name in seen:
            continue
        seen.add(name)
        imported = (_resolved(name, address) for _, address in _IMPORT.findall(_source(name)))
        yield from _with_imports((module for module in imported if not _is_vendor(module)), seen)
        yield name


def _is_element(name: str) -> bool:
    return name.startswith("elements/")


def _source(name: str) -> str:
    return Path(FOLDER / name).read_text()


def _resolved(name: str, address: str) -> str:
    """The module that an address in the script `name` means; those of `vendor/` begin with `../`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def _is_vendor(module: str) -> bool:
    return module.startswith("../")


def _vendor_imports(name: str) -> Iterator[str]:
    for names, address in _IMPORT.findall(_source(name)):
        if _is_vendor(_resolved(name, address)):
            yield f'import {names} from "../{_resolved(name, address)}";\n'


def _as_function(name: str) -> str:
    """A module as a function that gives its exports. :raise ValueError: for a form that no script has so far."""
    text = _COMMENT.sub("", _source(name))
    exports = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _binding(name, *found.groups()), text))
    if name == START:
        body = body.replace(_DYNAMIC, "element(localName)")
    body = _DYNAMIC_VENDOR.sub(lambda found: _fetched(name, found[1]), body)
    if rest := re.findall(r"^(?:import|export)\b.*|\bimport\((?!\"\.\./\.\./vendor/).*", body, re.MULTILINE):
        raise ValueError(f"{name}: {rest[0]}")
    return f'add("{name}", () => {{\n{body}return {{ {", ".join(exports)} }};\n}});\n'


def _fetched(name: str, address: str) -> str:
    """The import of a script of `vendor/` when it is needed, from a joined file; others stay what they are."""
    module = _resolved(name, address)
    return f'import("../{module}")' if _is_vendor(module) else f'import("{address}")'


def _binding(name: str, names: str, address: str) -> str:
    module = _resolved(name, address)
    if _is_vendor(module):
        return ""
    if names.startswith("* as "):
        return f'const {names.removeprefix("* as ")} = need("{module}");\n'
    return f'const {names.replace(" as ", ": ")} = need("{module}");\n'
