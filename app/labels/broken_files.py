"""Why a file of another tool or server can't be imported."""

from flask_babel import format_number
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ideas.errors import BrokenFile

PROBLEMS = {
    # of a conversation of Polis
    "cells": _l("This row has %(n)s cells, but the header names %(wanted)s."),
    "column_missing": _l("The column %(names)s is missing."),
    "damaged": _l("The compressed file is damaged. Download it again."),
    "file_missing": _l("A file with the name %(names)s is missing (.gz is fine, too)."),
    "instant": _l("“%(found)s” is not a time in seconds or milliseconds since 1970."),
    "not_text": _l("This is not text."),
    "not_utf_8": _l("This is not UTF-8. Save it as “CSV UTF-8” in a spreadsheet."),
    "person_id": _l("“%(found)s” is not the number of a participant."),
    "quotes": _l("A quotation mark is missing or one too many."),
    "same_role": _l("Choose only one of these files: %(first)s, %(second)s."),
    "sign": _l("“%(found)s” in the column %(column)s is not 1, 0 or -1."),
    "statement_id": _l("“%(found)s” is not the number of a statement."),
    "statement_twice": _l("Statement %(found)s stands here twice, with different words."),
    "statement_unknown": _l("This is a vote on statement “%(found)s”, which does not exist."),
    "votes_too_many": _l("There are more than %(n)s votes. The operator of this server can import them."),
    # of a document
    "date": _l("“%(found)s” is not a time."),
    "format": _l("This server does not know format %(found)s. Update it first."),
    "missing": _l("Words are missing here."),
    "not_json": _l("This is not JSON."),
    "not_ours": _l("This file is not an export of Schwarm."),
    "too_large": _l("It is larger than %(n)s MB."),
    "too_long": _l("This is too long."),
    "too_many": _l("There are more than %(n)s."),
    "type_list": _l("This is not a list."),
    "type_number": _l("This is not a number."),
    "type_object": _l("This is not an object."),
    "type_text": _l("This is not text."),
    "unknown": _l("This server does not know “%(found)s”."),
    "whole_numbers": _l("These are not whole numbers."),
}


def broken_file(error: BrokenFile) -> str:
    """The file, the place in it, and what is wrong there."""
    values = {key: format_number(value) if isinstance(value, int) else value for key, value in error.values.items()}
    line = _("line %(n)s", n=format_number(error.line)) if error.line else ""
    place = ", ".join(part for part in (error.file, line, error.place) if part)
    said = str(PROBLEMS[error.reason]) % values
    return _("%(place)s: %(problem)s", place=place, problem=said) if place else said
