"""The ideas of a closed round for another server: texts, arguments with their replies, groups, the rights that were
given with them, and the rules; no counts, places, ids or pictures.

Two servers with the same ideas write the same bytes. Withdrawn and erased texts are not carried; hidden ones
and those that wait for approval are, with their status.
"""

import json
from collections import defaultdict
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.exports.contents import Contents, ExportedArgument, ExportedEntry, contents_of, instant
from ideas.models import EntryStatus, Round

FORMAT = 2
CHALLENGE = ("title", "brief", "rules", "prize", "language", "anonymity")

Replies = dict[int | None, list[ExportedArgument]]  # by the argument that they answer; None: arguments themselves


def write_ideas(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the ideas, oldest first. :raise NotClosed: while the round is open."""
    document = _document(contents_of(session, round))
    out.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


def _document(contents: Contents) -> dict[str, object]:
    said: dict[int, Replies] = defaultdict(lambda: defaultdict(list))
    for argument in sorted(contents.arguments, key=lambda argument: argument.id):
        if _is_carried(argument):
            said[argument.entry][argument.reply_to].append(argument)
    entries = [entry for entry in sorted(contents.entries, key=lambda entry: entry.idea) if _is_carried(entry)]
    groups = _groups(entries)
    return {
        "schwarm_ideas": FORMAT,
        "challenge": {name: contents.challenge[name] for name in CHALLENGE},
        "questions": [
            {"rule": q.rule, "options": q.ranking.rule.options(), "prompt": q.ranking.question.prompt}
            for q in contents.questions
        ],
        # An idea names its version of the words on rights, and its group by the place in this list, the first is 1.
        "rights": [{"version": row.n, "rights": row.rights, "words": row.words} for row in contents.rights],
        "groups": [name for _, name in groups.values()],
        "ideas": [_idea(entry, groups, said[entry.id]) for entry in entries],
    }


def _groups(entries: list[ExportedEntry]) -> dict[int | None, tuple[int, str]]:
    """`{group: (its place in the list, its name)}` of the ideas that are carried."""
    names = {entry.group: entry.group_name for entry in entries if entry.group is not None}
    return {group: (place, name) for place, (group, name) in enumerate(names.items(), 1)}


def _is_carried(row: ExportedEntry | ExportedArgument) -> bool:
    return row.status != EntryStatus.WITHDRAWN and not row.is_redacted


def _idea(entry: ExportedEntry, groups: dict[int | None, tuple[int, str]], said: Replies) -> dict[str, object]:
    return {
        "source_id": entry.source_id or None,
        # Another server has merged nothing yet: there the idea stands by itself.
        "status": EntryStatus.VISIBLE if entry.status == EntryStatus.MERGED else entry.status,
        "title": entry.title,
        "text": entry.text,
        "author": entry.author or None,
        "written_at": instant(entry.written_at),
        "rights": entry.rights.n if entry.rights else None,
        "group": groups[entry.group][0] if entry.group in groups else None,
        "arguments": [_argument(argument, said[argument.id]) for argument in said[None]],
    }


def _argument(argument: ExportedArgument, replies: list[ExportedArgument]) -> dict[str, object]:
    return {
        "stance": argument.stance,
        **_remark(argument),
        "for_idea": argument.for_idea,
        "replies": [_remark(reply) for reply in replies],
    }


def _remark(argument: ExportedArgument) -> dict[str, object]:
    return {
        "status": argument.status,
        "text": argument.text,
        "author": argument.author or None,
        "written_at": instant(argument.written_at),
    }
