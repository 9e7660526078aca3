"""The ideas of a closed round for another server: texts, arguments and rules; no counts, places, ids or pictures.

Two servers with the same ideas write the same bytes. Withdrawn and erased texts are not carried; hidden ones
and those that wait for approval are, with their status.
"""

import json
from collections import defaultdict
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.exports.contents import Contents, ExportedArgument, ExportedEntry, contents_of, instant
from ideas.models import EntryStatus, Round

FORMAT = 1
CHALLENGE = ("title", "brief", "rules", "prize", "language", "anonymity")


def write_ideas(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the ideas, oldest first. :raise NotClosed: while the round is open."""
    document = _document(contents_of(session, round))
    out.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


def _document(contents: Contents) -> dict[str, object]:
    said: dict[int, list[ExportedArgument]] = defaultdict(list)
    for argument in sorted(contents.arguments, key=lambda argument: argument.id):
        if argument.reply_to is None and _is_carried(argument):
            said[argument.entry].append(argument)
    entries = sorted(contents.entries, key=lambda entry: entry.idea)
    return {
        "schwarm_ideas": FORMAT,
        "challenge": {name: contents.challenge[name] for name in CHALLENGE},
        "questions": [
            {"rule": q.rule, "options": q.ranking.rule.options(), "prompt": q.ranking.question.prompt}
            for q in contents.questions
        ],
        "ideas": [_idea(entry, said[entry.id]) for entry in entries if _is_carried(entry)],
    }


def _is_carried(row: ExportedEntry | ExportedArgument) -> bool:
    return row.status != EntryStatus.WITHDRAWN and not row.is_redacted


def _idea(entry: ExportedEntry, arguments: list[ExportedArgument]) -> dict[str, object]:
    return {
        "source_id": entry.source_id or None,
        "status": entry.status,
        "title": entry.title,
        "text": entry.text,
        "author": entry.author or None,
        "written_at": instant(entry.written_at),
        "arguments": [_argument(argument) for argument in arguments],
    }


def _argument(argument: ExportedArgument) -> dict[str, object]:
    return {
        "stance": argument.stance,
        "status": argument.status,
        "text": argument.text,
        "author": argument.author or None,
        "written_at": instant(argument.written_at),
    }
