"""Texts of the operator in place of ours: files in the folder `mails` of the instance.

`digest.subject.txt`, `digest.txt` and `digest.html` replace the parts of the mail `digest` in every language,
`digest.de.txt` the text in German alone. They are Jinja templates in a sandbox with the variables of our template and
nothing else. One that can't be used is logged once, and our text is sent.
"""

import logging
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

log = logging.getLogger(__name__)

PARTS = ("subject.txt", "txt", "html")

# A text of a mail is no book: a loop without end in a template is cut here.
LENGTH_MAX = 200_000


class BrokenText(Exception):
    """A template of the operator can't be used; the message names the file and the failure, and no value."""


def folder() -> Path:
    return Path(current_app.config["INSTANCE"]) / "mails"


def texts_of(template: str, language: str, values: dict[str, Any]) -> dict[str, str]:
    """`{part: the operator's text}` of a mail, "" where ours stands."""
    return {part: _text_of(template, part, language, values) for part in PARTS}


def _text_of(template: str, part: str, language: str, values: dict[str, Any]) -> str:
    path = file_of(template, part, language)
    if path is None:
        return ""
    try:
        return rendered(path, values)
    except BrokenText as error:
        _complain(str(error), path.stat().st_mtime_ns if path.exists() else 0)
        return ""


def file_of(template: str, part: str, language: str) -> Path | None:
    """The operator's file for a part: the one of the language comes first."""
    paths = (folder() / f"{template}.{language}.{part}", folder() / f"{template}.{part}")
    return next((path for path in paths if path.is_file()), None)


def state_of(path: Path, values: dict[str, Any]) -> str:
    """Whether a file can be used, in words for the operator."""
    try:
        rendered(path, values)
    except BrokenText as error:
        return f"can't be used, so the standard text is sent ({error})"
    return "used in place of the standard text"


def rendered(path: Path, values: dict[str, Any]) -> str:
    """The text of a file. :raise BrokenText:"""
    try:
        source = path.read_text(encoding="utf-8")
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=path.suffix == ".html", trim_blocks=True, lstrip_blocks=True
        )
        pieces, length = [], 0
        for piece in environment.from_string(source).generate(**values):
            pieces.append(piece)
            length += len(piece)
            if length > LENGTH_MAX:
                raise BrokenText(f"{path.name}: its text is longer than {LENGTH_MAX} characters")
    except (TemplateError, OSError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        line = getattr(error, "lineno", None)
        raise BrokenText(f"{path.name}{f', line {line}' if line else ''}: {type(error).__name__}") from error
    text = "".join(pieces)
    if not text.strip():
        raise BrokenText(f"{path.name}: it is empty")
    return text


@cache
def _complain(message: str, _changed_at: int) -> None:
    """Log a failure once for each version of its file."""
    log.warning("a text of a mail can't be used, so the standard one is sent: %s", message)
