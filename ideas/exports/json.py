"""JSON: everything of a closed round in one document. `schwarm` is the number of the format."""

import json
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.exports.contents import (
    Contents,
    ExportedArgument,
    ExportedEntry,
    ExportedMark,
    contents_of,
    instant,
)
from ideas.models import Round

FORMAT = 1


def write_json(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the whole round. :raise NotClosed: while it is open."""
    document = _document(contents_of(session, round))
    out.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


def _document(contents: Contents) -> dict[str, object]:
    return {
        "schwarm": FORMAT,
        "challenge": contents.challenge,
        "round": contents.round,
        "question": contents.question,
        "entries": [_entry(entry) for entry in contents.entries],
        "arguments": [_argument(argument) for argument in contents.arguments],
        "marks": [_mark(mark) for mark in contents.marks],
        "hands": [{"entry": h.entry, "value": h.value, "n": h.n} for h in contents.hands],
        "result": {"digest": contents.digest, "turnout": contents.turnout},
    }


def _entry(entry: ExportedEntry) -> dict[str, object]:
    figures = entry.figures
    return {
        "entry": entry.id,
        "idea": entry.idea,
        "source_id": entry.source_id or None,
        "status": entry.status,
        "place": entry.place,
        "tied": entry.is_tied,
        "title": entry.title,
        "text": entry.text,
        "author": entry.author or None,
        "written_at": instant(entry.written_at),
        "edited": entry.is_edited,
        "redacted": entry.is_redacted,
        "yes": figures.yes if figures else None,
        "no": figures.no if figures else None,
        "skip": figures.skip if figures else None,
        "judged": figures.judged if figures else None,
        "score": round(figures.score, 9) if figures else None,
        "low": round(figures.low, 9) if figures else None,
        "high": round(figures.high, 9) if figures else None,
    }


def _argument(argument: ExportedArgument) -> dict[str, object]:
    return {
        "argument": argument.id,
        "entry": argument.entry,
        "stance": argument.stance,
        "status": argument.status,
        "text": argument.text,
        "author": argument.author or None,
        "written_at": instant(argument.written_at),
        "redacted": argument.is_redacted,
    }


def _mark(mark: ExportedMark) -> dict[str, object]:
    return {"pseudonym": mark.pseudonym, "entry": mark.entry, "value": mark.value, "seq": mark.seq}
