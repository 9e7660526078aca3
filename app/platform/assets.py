"""Static files: their address changes with their content, so browsers keep them forever; each is compressed once.

The style sheets are joined, each with its imports: one request instead of forty. Both have plain colours for browsers
without `light-dark()`. This function is from 2024, and older phones lack it. The scripts are joined, too (`scripts`).

At set-up, tools/pack.py minifies the joined scripts and compresses all of it with brotli. The packed files are found by
the hash of their sources. So a changed file is served as it is, with gzip, until the next set-up.
"""

import gzip
import hashlib
import mimetypes
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, abort
from werkzeug.utils import safe_join
from werkzeug.wrappers import Response

import config
from app.platform import scripts
from app.platform.compression import COMPRESSIBLE, send_packed, takes
from ideas.permissions import For, declared

FOLDER = config.ROOT / "static"
PACKED = FOLDER / "packed"
SHEETS = {"css/joined-main.css": "main.css", "css/joined-more.css": "more.css"}
YEAR_SECONDS = 365 * 24 * 3600

_IMPORT = re.compile(r'@import url\("([^"]+)"\)(?: layer\((\w+)\))?(?: (\w+))?;')
_LIGHT_DARK = re.compile(r"^\s*(--[\w-]+): light-dark\((.+)\);$", re.MULTILINE)
_BETWEEN = re.compile(r", (?![^()]*\))")  # a comma outside of parentheses
_SCRIPTS = re.compile(rf"js/joined/({'|'.join(scripts.GROUPS)})(\.js|\.js\.map)")
# Strings stay; comments go, and spaces where they part nothing.
_SPACES = re.compile(r'("[^"\n]*")|(?:/\*.*?\*/|\s+)+', re.DOTALL)
_AROUND = re.compile(r'("[^"\n]*")| ?([{};,]) ?')


def init_app(app: Flask) -> None:
    version = version_of(FOLDER)
    app.add_url_rule("/static/<version>/<path:filename>", endpoint="static", view_func=serve)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("version", version)


def version_of(folder: Path) -> str:
    """Ten hex digits that change whenever a file in `folder` does."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:10]


@declared(For.ANYONE)
def serve(version: str, filename: str) -> Response:
    body = content(filename)
    media_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    response = Response(body, mimetype=media_type)
    if media_type.startswith(COMPRESSIBLE):
        response.vary.add("Accept-Encoding")
        if takes("br") and (packed := brotli(filename)):
            send_packed(response, packed, "br")
        elif takes():
            send_packed(response, compressed(filename))
    response.cache_control.public = True
    response.cache_control.max_age = YEAR_SECONDS
    response.cache_control.immutable = True
    return response


@lru_cache(maxsize=200)
def content(filename: str) -> bytes:
    """A static file's bytes; read once, since its address changes with its content."""
    if filename in SHEETS:
        sheet = joined(FOLDER / "css" / SHEETS[filename])
        return without_spaces(sheet + plain_colours(sheet)).encode()
    if found := _SCRIPTS.fullmatch(filename):
        return _script(*found.groups())
    path = safe_join(str(FOLDER), filename)
    if path is None or not Path(path).is_file():
        abort(404)
    return Path(path).read_bytes()


def _script(group: str, ending: str) -> bytes:
    """A joined script or its source map, as set-up packed it; without that the script as it is, and no map."""
    source = scripts.joined(group).encode()
    packed = PACKED / f"{group}.{digest(source)}{ending}"
    if packed.is_file():
        return packed.read_bytes()
    if ending != ".js":
        abort(404)
    return source


def digest(body: bytes) -> str:
    """The hash by which set-up names what it made of `body`."""
    return hashlib.sha256(body).hexdigest()[:16]


@lru_cache(maxsize=200)
def brotli(filename: str) -> bytes | None:
    """A static file as set-up compressed it, or None."""
    packed = PACKED / f"{digest(content(filename))}.br"
    return packed.read_bytes() if packed.is_file() else None


@lru_cache(maxsize=200)
def compressed(filename: str) -> bytes:
    return gzip.compress(content(filename), mtime=0)


def joined(sheet: Path) -> str:
    """A style sheet with each import replaced by the imported file, inside its layer and medium."""

    def inline(match: re.Match[str]) -> str:
        name, layer, medium = match.groups()
        text = (sheet.parent / name).read_text()
        text = f"@layer {layer} {{\n{text}}}" if layer else text
        return f"@media {medium} {{\n{text}}}" if medium else text

    return _IMPORT.sub(inline, sheet.read_text())


def without_spaces(sheet: str) -> str:
    """A style sheet without comments and without spaces that part nothing."""
    packed = _SPACES.sub(lambda found: found[1] or " ", sheet)
    return _AROUND.sub(lambda found: found[1] or found[2], packed)


def plain_colours(sheet: str) -> str:
    """The light and dark colour pairs of `sheet`, in a form for browsers without `light-dark()`."""
    pairs = [(name, _BETWEEN.split(pair)) for name, pair in _LIGHT_DARK.findall(sheet)]
    if not pairs:
        return ""
    light, dark = (" ".join(f"{name}: {pair[n]};" for name, pair in pairs) for n in (0, 1))
    by_medium = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    return f"\n@supports not (color: light-dark(red, red)) {{\n{by_medium}\n}}\n"
