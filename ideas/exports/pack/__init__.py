"""The pack: a closed round as a ZIP that may be published, and from which anybody can recount the ranking.

It holds no ballot: counts per value or pair, and of journal entries about people only the digests. Equal rounds give
equal bytes. `recount.py` inside it recounts with the standard library alone; `verifying` checks it on the server.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ideas import journal, policy, signing
from ideas.errors import NotClosed
from ideas.exports.contents import Contents, ExportedQuestion, contents_of, instant, open_versions
from ideas.models import Argument, Entry, EntryStatus, IdeaVersion, Image, JournalEntry, Question, Result, Round
from ideas.queries.counts import published
from ideas.queries.versions import VersionRow

FORMAT = 1

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
COUNTS, RANKING, JOURNAL = "counts.json", "ranking.json", "journal.jsonl"
IDEAS, ARGUMENTS, SETTINGS = "ideas.json", "arguments.json", "settings.json"
OUTCOMES = "outcomes.json"
SCRIPT, README = "recount.py", "README.txt"
FIRST_LOOK = "first-look.txt"  # a part of the README that rounds with a first look have

HERE = Path(__file__).parent

# The kinds of journal entries whose bodies a pack shows: acts on the round and on texts. Every other entry is shown as
# its digest, so that a new kind is published only if somebody decides it.
ACTS_ON_ROUNDS = frozenset(
    {"open", "import", "plan", "phase", "time", "reveal", "revise", "hands", "close", "counts", "forget", "anonymise"}
    | {"group", "hide", "show", "redact", "release", "merge", "unmerge", "outcome"}
    | {"decisive", "undecisive", "award", "unaward"}
)
# Acts of authors. Between entries of joining people they would tell who wrote a text, so a round that is hidden for
# good shows their digests, too.
ACTS_OF_AUTHORS = frozenset({"entry", "edit", "withdraw", "argument", "reargue", "unargue"})

# A ZIP knows no earlier time.
TIME = (1980, 1, 1, 0, 0, 0)

Files = dict[str, bytes]


def write_pack(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the pack. :raise NotClosed: while the round is open."""
    _zip(_sealed(_files(session, round), round), out)


@cache
def script_digest() -> str:
    """The SHA-256 (hex) of `recount.py`, for a page outside the pack."""
    return hashlib.sha256(_shipped(SCRIPT)).hexdigest()


def _shipped(name: str) -> bytes:
    return (HERE / name).read_bytes()


def _files(session: Session, round: Round) -> Files:
    """Every file that the manifest names, in the order of the ZIP."""
    result = session.get(Result, round.id)
    if result is None or not round.is_closed:
        raise NotClosed
    named = policy.sees_authors(round.challenge.anonymity, is_closed=True)
    contents = contents_of(session, round)
    ideas, pictures = _ideas(session, round, contents, named=named)
    return {
        README: _shipped(README) + (_shipped(FIRST_LOOK) if round.first_look else b""),
        COUNTS: journal.canonical(published(json.loads(result.body), round)),
        RANKING: _json([_ranking(question) for question in contents.questions]),
        IDEAS: _json(ideas),
        ARGUMENTS: _json(_arguments(session, round, contents, named=named)),
        OUTCOMES: _json(_outcomes(contents)),
        SETTINGS: _json(_settings(round, contents)),
        JOURNAL: b"".join(_journal(session, round, ACTS_ON_ROUNDS | (ACTS_OF_AUTHORS if named else frozenset()))),
        **pictures,
        SCRIPT: _shipped(SCRIPT),
    }


def _sealed(files: Files, round: Round) -> Files:
    """The files with their manifest and its signature."""
    challenge = round.challenge
    manifest = {
        "pack": FORMAT,
        "challenge": challenge.id,
        "round": round.id,
        "head": [challenge.seq, challenge.head.hex()],
        "key": signing.public_key().hex(),
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
        },
    }
    data = _json(manifest)
    return {MANIFEST: data, SIGNATURE: signing.sign(data).hex().encode() + b"\n", **files}


def _zip(files: Files, out: BinaryIO) -> None:
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_STORED if name.startswith("pictures/") else zipfile.ZIP_DEFLATED
            packed.writestr(entry, data)


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _journal(session: Session, round: Round, kinds: frozenset[str]) -> Iterator[bytes]:
    """A line for each entry: its number, its link, and its body or the digest of it.

    `body` is a text, because its exact bytes are linked. Entries of other rounds are shown as digests.
    """
    rows = session.execute(
        select(JournalEntry.seq, JournalEntry.round_id, JournalEntry.kind, JournalEntry.body, JournalEntry.h)
        .filter_by(chain_id=round.challenge.chain_id)
        .order_by(JournalEntry.seq)
        .execution_options(yield_per=5000)
    )
    for seq, round_id, kind, body, h in rows:
        is_shown = kind in kinds and round_id in (None, round.id)
        what = {"body": body.decode("ascii")} if is_shown else {"digest": hashlib.sha256(body).hexdigest()}
        yield journal.canonical({"seq": seq, "h": h.hex(), **what}) + b"\n"


def _ideas(session: Session, round: Round, contents: Contents, *, named: bool) -> tuple[list[dict[str, object]], Files]:
    """The ideas of the round, and the pictures by their names in the pack.

    Only ideas that the room sees have words and a picture. `salt` belongs to the digest of the words in the journal.
    """
    exported = {entry.id: entry for entry in contents.entries}
    rows = session.execute(
        select(Entry, IdeaVersion, Image)
        .options(joinedload(Entry.idea))
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .outerjoin(Image, Image.id == IdeaVersion.image_id)
        .where(Entry.round_id == round.id)
        .order_by(Entry.id)
    )
    ideas: list[dict[str, object]] = []
    pictures: Files = {}
    versions = open_versions(session, round)
    for entry, version, image in rows:
        row: dict[str, object] = {
            "entry": entry.id,
            "idea": entry.idea_id,
            "status": str(entry.status),
            "source_id": exported[entry.id].source_id or None,
            "version": version.n,
            "redacted": version.redacted_at is not None,
            "builds_on": list(exported[entry.id].builds_on),
            **({"merged_into": entry.merged_into} if entry.merged_into else {}),
        }
        if entry.shown:
            row |= {"title": version.title, "text": version.text}
            if named:
                row |= {"author": exported[entry.id].author or None, "written_at": instant(entry.idea.created_at)}
                row |= {} if version.redacted_at else {"salt": version.salt.hex()}
            if earlier := versions.get(entry.idea_id, [])[:-1]:
                row["earlier"] = [_earlier(one, named=named) for one in earlier]
            if image is not None:
                row["picture"] = f"pictures/idea-{entry.idea_id}.{image.media_type.partition('/')[2]}"
                pictures[str(row["picture"])] = image.data
        ideas.append(row)
    return ideas, pictures


def _earlier(version: VersionRow, *, named: bool) -> dict[str, object]:
    """A version that was replaced; `version` counts all versions, as the journal does."""
    row: dict[str, object] = {"version": version.n, "title": version.title, "text": version.text}
    return row | ({"written_at": instant(version.written_at), "salt": version.salt.hex()} if named else {})


def _arguments(session: Session, round: Round, contents: Contents, *, named: bool) -> list[dict[str, object]]:
    exported = {argument.id: argument for argument in contents.arguments}
    rows = session.execute(
        select(Argument, Entry)
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(Entry.round_id == round.id, Argument.written_at <= round.closed_at)
        .order_by(Argument.id)
    )
    found: list[dict[str, object]] = []
    shown: set[int | None] = {None}  # a reply is seen with the argument to which it replies
    for argument, entry in rows:
        row: dict[str, object] = {
            "argument": argument.id,
            "entry": entry.id,
            "stance": str(argument.stance),
            "status": str(argument.status),
            "redacted": argument.redacted_at is not None,
            **({"reply_to": argument.reply_to_id} if argument.reply_to_id else {}),
        }
        if entry.shown and argument.status == EntryStatus.VISIBLE and argument.reply_to_id in shown:
            shown.add(argument.id)
            row["text"] = argument.text
            if named:
                row |= {"author": exported[argument.id].author or None, "written_at": instant(argument.written_at)}
                row |= {} if argument.redacted_at else {"salt": argument.salt.hex()}
        found.append(row)
    return found


def _ranking(question: ExportedQuestion) -> dict[str, object]:
    """The places that the round claims, and the scores as far as they follow from the counts."""
    of = question.ranking
    return {
        "question": question.id,
        "rule": question.rule,
        "prompt": of.question.prompt,
        "everybody": of.is_everybody,
        "ranking": [
            {"entry": row.figures.entry, "place": row.place, "score": _number(row.figures.score)} for row in of.places
        ],
    }


def _outcomes(contents: Contents) -> list[dict[str, object]]:
    """What the organisation decided after the close for the ideas that the room saw: later records beside the result.

    The journal holds the decisions, too, but not their reasons.
    """
    return [
        {"entry": e.id, "outcome": e.outcome, "reason": e.outcome_reason or None}
        for e in contents.entries
        if e.outcome and e.status == EntryStatus.VISIBLE
    ]


def _number(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.9f}")


def _settings(round: Round, contents: Contents) -> dict[str, object]:
    return {
        "challenge": contents.challenge | {"approval": round.challenge.approval},
        "round": contents.round | {"live_ranking": round.live_ranking, "auto_close": round.auto_close},
        "phases": [
            {
                "name": phase.name,
                "activities": phase.activities,
                "others_visible": phase.others_visible,
                "seconds": phase.seconds,
                "started_at": instant(phase.started_at),
            }
            for phase in round.phases
        ],
        "questions": [_question(question) for question in round.questions],
        **({"criteria": [_criterion(q) for q in round.criteria]} if round.criteria else {}),
        **({"first_look": _question(round.first_look)} if round.first_look else {}),
    }


def _question(question: Question) -> dict[str, object]:
    options = question.ballot_rule.options()
    return {"id": question.id, "rule": question.rule, "options": options, "prompt": question.prompt}


def _criterion(question: Question) -> dict[str, object]:
    """A question that the jury answered, with its weight among the criteria."""
    return _question(question) | {"weight": question.weight}
