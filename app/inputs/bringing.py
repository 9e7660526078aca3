"""Inputs of ideas as a file: the upload or the pasted list, and how it is to be read."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MultiDict

from ideas.errors import TableRefused
from ideas.polis import STATEMENTS, VOTES, role_of
from ideas.tables import BYTES_MAX, LINES, TableChoice
from ideas.text_files import ENCODINGS, SEPARATORS

# A pasted list stays below the limit of a form (512 KB), also in Chinese.
PASTED_MAX = 150_000  # characters

# The separators by the names that an address carries.
SEPARATOR_NAMES = dict(zip(("comma", "semicolon", "tab", "bar"), SEPARATORS, strict=True)) | {"lines": LINES}


def sent_file() -> tuple[str, bytes]:
    """The name and the bytes of the file, or of the list that was pasted. :raise TableRefused: if there is neither."""
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        return sent.filename, sent.stream.read(BYTES_MAX + 1)
    pasted = request.form.get("pasted", "")
    if not pasted.strip():
        raise TableRefused("nothing_sent")
    return "", pasted.encode(errors="replace")


def sent_files() -> dict[str, bytes]:
    """The files of a challenge, `{name: bytes}`: those of a conversation, or one other.

    :raise TableRefused: for none, and for several that belong to no conversation.
    """
    sent = [file for file in request.files.getlist("files") if file.filename]
    files = {str(file.filename): file.stream.read() for file in sent}
    if not files:
        raise TableRefused("nothing_chosen")
    if len(files) > 1 and not is_polis(files):
        raise TableRefused("several_files")
    return files


def is_polis(files: Mapping[str, bytes]) -> bool:
    """Whether the names are those of a conversation of Polis."""
    return any(role_of(name) in (STATEMENTS, VOTES) for name in files)


CHOICES = ("encoding", "separator", "heading", "title", "text", "author")


def chosen_in(form: MultiDict[str, str]) -> dict[str, str]:
    """The choice of a form as an address carries it."""
    return {name: form[name] for name in CHOICES if form.get(name)}


def choice_in(fields: MultiDict[str, str]) -> TableChoice:
    """The choice that an address or a form carries; what it does not say is found by the reader."""
    encoding = fields.get("encoding")
    return TableChoice(
        encoding=encoding if encoding in ENCODINGS else None,
        separator=SEPARATOR_NAMES.get(fields.get("separator", "")),
        has_heading={"yes": True, "no": False}.get(fields.get("heading", "")),
        title=_column(fields.get("title")),
        text=_column(fields.get("text")),
        author=_column(fields.get("author")),
    )


def is_as_read(form: MultiDict[str, str]) -> bool:
    """Whether the choice of a form is the one with which its page showed the file."""
    read = dict(parse_qsl(form.get("read", ""), keep_blank_values=True))
    return bool(read) and all(form.get(name) == value for name, value in read.items())


def _column(typed: str | None) -> int | None:
    """The index of a column; the address counts from 1, and 0 leaves one out."""
    return int(typed) - 1 if typed and typed.isascii() and typed.isdecimal() and len(typed) < 4 else None
