"""Uploaded files at the edge: their settings, the size of an upload, the answer with a file, and their loop."""

import re
import shlex
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, current_app, request
from werkzeug.wrappers import Response

import config
from app.viewers.identity import actor
from ideas.errors import FileMissing, Refusal
from ideas.file_store import MEGABYTE, TYPES, FilePieces, FileRules, file_rules, is_there, use_rules
from ideas.loops import Loop
from ideas.models import StoredFile
from ideas.offload import run_blocking
from ideas.services.stored_files import remove_unnamed

SECONDS = 3600
# What a form has beside its file.
FORM_BYTES = MEGABYTE

_TAKES = "takes_files"

View = TypeVar("View", bound=Callable[..., object])


def init_app(app: Flask) -> None:
    """Before `csrf`, which reads the body."""
    use_rules(rules_of(app))
    app.before_request(_widen)
    app.jinja_env.globals["file_rules"] = file_rules
    app.extensions.setdefault("schwarm-loops", []).append(Loop("stored files", SECONDS, remove_unnamed))


def rules_of(app: Flask) -> FileRules:
    """What the settings say. :raise WrongSetting:"""
    values = app.config
    file_max, order_max = values["FILE_MEGABYTES_MAX"], values["ORDER_MEGABYTES_MAX"]
    if not 0 < file_max <= order_max:
        raise config.WrongSetting("FILE_MEGABYTES_MAX must be at least 1, and ORDER_MEGABYTES_MAX not less than it.")
    types = frozenset(word.strip(".") for word in values["FILE_TYPES"]) or TYPES
    if wrong := sorted(word for word in types if not re.fullmatch("[a-z0-9]{1,10}", word)):
        raise config.WrongSetting(f"FILE_TYPES can't contain {wrong[0]!r}: it takes ends of names, such as pdf.")
    try:
        scan_command = tuple(shlex.split(values["SCAN_COMMAND"]))
    except ValueError:
        raise config.WrongSetting("SCAN_COMMAND can't be read: a quotation mark is missing.") from None
    return FileRules(
        folder=Path(values["FILES_PATH"] or Path(values["INSTANCE"]) / "files").resolve(),
        file_bytes_max=file_max * MEGABYTE,
        owner_bytes_max=order_max * MEGABYTE,
        types=types,
        scan_command=scan_command,
    )


def takes_files(require: Callable[..., object]) -> Callable[[View], View]:
    """Let the posts of a view be as large as a file may be.

    Only for those whom `require(actor, **values of the address)` does not refuse: it is asked before anything of the
    body is read. The address ends in "/files", so that a proxy knows it too (deploy/nginx/schwarm.conf).
    """

    def attach(view: View) -> View:
        view.__dict__[_TAKES] = require
        return view

    return attach


def _widen() -> None:
    require = _requirement()
    if require is None:
        return
    with suppress(Refusal):  # the view will refuse them again, after a form of the usual size
        require(actor(), **(request.view_args or {}))
        request.max_content_length = file_rules().file_bytes_max + FORM_BYTES


def is_upload() -> bool:
    """Whether this request is a post to a view that takes files."""
    return _requirement() is not None


def _requirement() -> Callable[..., object] | None:
    if request.method != "POST" or request.endpoint is None:
        return None
    found: Callable[..., object] | None = current_app.view_functions[request.endpoint].__dict__.get(_TAKES)
    return found


def file_answer(file: StoredFile) -> Response:
    """The answer with a stored file: to be saved and never shown, whatever it is. The caller has asked for permission.

    :raise FileMissing: if the folder does not have it.
    """
    response = _answer(file, "application/octet-stream")
    response.headers["Content-Disposition"] = disposition(file.name, f"file-{file.id}.{file.type}")
    return response.make_conditional(request.environ, accept_ranges=True, complete_length=file.size)


def preview_answer(preview: StoredFile) -> Response:
    """The answer with a preview, which the server encoded itself and a page may show. The caller has asked for
    permission.

    :raise FileMissing:
    """
    response = _answer(preview, "image/webp")
    return response.make_conditional(request.environ)


def _answer(file: StoredFile, media_type: str) -> Response:
    if not run_blocking(is_there, file.digest, file.size):
        current_app.logger.error("the file of row %s is missing in FILES_PATH", file.id)
        raise FileMissing
    pieces: Any = FilePieces(file.digest, file.size)
    response = Response(pieces, mimetype=media_type, direct_passthrough=True)
    response.content_length = file.size
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.set_etag(file.digest)
    return response


# Characters with a meaning in paths, in shells or on Windows.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*%;`$&]')
# At the beginning: an option of a command, a formula of a spreadsheet, a hidden file.
_LEADING = re.compile(r"[-=+@.~\s]+")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def disposition(name: str, otherwise: str) -> str:
    """The header that saves a file under its name (RFC 6266); `otherwise` is an ASCII name, if that says nothing."""
    safe = _LEADING.sub("", _UNSAFE.sub("_", name), count=1) if _LEADING.match(name) else _UNSAFE.sub("_", name)
    safe = f"_{safe}" if _DEVICES.match(safe) else safe
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode().strip()
    if not plain.rpartition(".")[0].strip(" ._"):
        plain = otherwise
    if not safe:
        safe = otherwise
    extended = f"; filename*=UTF-8''{quote(safe, safe='!#+-.^_|~')}" if safe != plain else ""
    return f'attachment; filename="{plain}"{extended}'
