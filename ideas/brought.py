"""Ideas from files: they enter a round in the name of the company, or in those of the authors that the file names.

An author of a file is a proxy: a participant that counts as no person. Ideas for a draft, or for a round in its lobby,
wait for the start.
"""

import json
import secrets
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session, undefer

from ideas import clock, journal, policy
from ideas.entries import body_of
from ideas.models import (
    BROUGHT,
    Argument,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaGroup,
    IdeaVersion,
    Participant,
    Person,
    RightsText,
    Round,
    Stance,
    Tier,
    WaitingIdeas,
)
from ideas.names import keys_of
from ideas.offload import in_pieces, pieces_of, run_blocking
from ideas.people import new_nonce, new_participant
from ideas.proxies import company_proxy, free_name, taken_keys
from ideas.texts import name_key

# No typed name has this key.
NAMELESS_KEY = " nameless"

# The columns of a row that statements for many rows add.
Row = dict[str, Any]


@dataclass(frozen=True)
class BroughtArgument:
    """An argument of a file. An empty author is the company; None is somebody whose name is not known."""

    stance: str
    text: str
    author: str | None = ""
    at_ms: int = 0
    status: str = EntryStatus.VISIBLE
    for_idea: bool = False
    replies: "tuple[BroughtArgument, ...]" = ()


@dataclass(frozen=True)
class BroughtIdea:
    """An idea of a file; without a time it was written now. Its author is as for `BroughtArgument`.

    `rights` is the version of the words on rights under which it was given, 0 for none; `group` is the number of its
    group in the file, 0 for none.
    """

    title: str
    text: str = ""
    author: str | None = ""
    at_ms: int = 0
    source_id: str = ""
    status: str = EntryStatus.VISIBLE
    arguments: tuple[BroughtArgument, ...] = ()
    rights: int = 0
    group: int = 0


@dataclass(frozen=True)
class BroughtFile:
    """The ideas of one file, in the order in which they enter the round. `name` is what people called it, `kind` its
    name in the journal, `digest` the SHA-256 (hex) of its bytes. `groups` are the names of its groups, in order.
    """

    name: str
    kind: str
    digest: str
    ideas: Sequence[BroughtIdea]
    groups: Sequence[str] = ()


def add_brought_ideas(chain: journal.Chain, round: Round, file: BroughtFile) -> int:
    """Add the ideas of a file to the round, without approval, sealed if the phase hides ideas.

    It takes seconds for ten thousand, in one transaction but in pieces: others read meanwhile, and writers wait.

    :return: the number of the last entry in the journal.
    """
    chain.append("import", {"files": {file.kind: file.digest}}, round)
    session, is_sealed = chain.transaction.session, policy.writes_sealed(round)
    authors = _authors(session, chain.challenge, _names_in(file.ideas))
    ideas = _add_ideas(session, chain.challenge, file.ideas, authors)
    entries = _add_entries(session, round, file.ideas, ideas, authors, is_sealed=is_sealed)
    for piece in pieces_of([body for _, body in entries]):
        chain.append_all("entry", piece, round.id)
    arguments = _add_arguments(chain, round, file.ideas, ideas, [entry_id for entry_id, _ in entries], authors)
    if not is_sealed:
        _add_groups(chain, round, file, [entry_id for entry_id, _ in entries])
    seq, handles = chain.challenge.seq, [f"idea-{idea_id}" for idea_id in ideas]
    shown = [handle for handle, idea in zip(handles, file.ideas, strict=True) if idea.status == EntryStatus.VISIBLE]
    said = [f"argument-{argument_id}" for argument_id in arguments]
    chain.touch(seq, ["figures"] if is_sealed else [*shown, "figures"], [journal.ROOM])
    chain.touch(seq, ["figures"] if is_sealed else [*handles, *said, "figures"], [journal.FACILITATORS])
    return seq


def _names_in(ideas: Iterable[BroughtIdea]) -> Iterator[str | None]:
    for idea in ideas:
        yield idea.author
        for argument in idea.arguments:
            yield argument.author
            yield from (reply.author for reply in argument.replies)


def _authors(session: Session, challenge: Challenge, names: Iterable[str | None]) -> dict[str | None, Participant]:
    """`{name: proxy}` for these names; an empty one, and that of the organisation, is the company's."""
    present = session.scalars(select(Participant).filter_by(challenge_id=challenge.id, tier=Tier.CREDITED))
    found: dict[str | None, Participant] = {proxy.name or None: proxy for proxy in present}
    its_key = name_key(challenge.organisation.name)
    unknown = []
    for name in in_pieces(dict.fromkeys(names)):
        if name is not None and (not name or name_key(name) == its_key):
            found[name] = company_proxy(session, challenge)
        elif name not in found:
            unknown.append(name)
    persons = [Person(return_nonce=new_nonce(), created_at=clock.now()) for _ in in_pieces(unknown)]
    _flush_in_pieces(session, persons)
    taken = taken_keys(session, challenge.id)
    for name, person in in_pieces(zip(unknown, persons, strict=True)):
        free = free_name(name, taken) if name else ""
        taken |= keys_of(free)
        found[name] = proxy = new_participant(challenge.id, person.id, free, Tier.CREDITED)
        if not name:
            proxy.name_key = proxy.look_key = NAMELESS_KEY
    _flush_in_pieces(session, list(found.values()))
    return found


def _flush_in_pieces(session: Session, rows: Sequence[Person | Participant]) -> None:
    for piece in pieces_of(rows):
        session.add_all(piece)
        session.flush()


def _add_ideas(
    session: Session, challenge: Challenge, ideas: Sequence[BroughtIdea], authors: dict[str | None, Participant]
) -> list[int]:
    """Add the ideas by statements for many rows: ten thousand objects would hold the lock for seconds.

    :return: their ids, in order.
    """
    known = {*session.scalars(select(Idea.source_id).filter_by(challenge_id=challenge.id))} - {None}
    texts = select(RightsText.n, RightsText.id).filter_by(challenge_id=challenge.id)
    rights = dict(session.execute(texts).tuples().all()) if any(idea.rights for idea in ideas) else {}
    rows = []
    for idea in in_pieces(ideas):
        source = idea.source_id if idea.source_id and idea.source_id not in known else None
        known |= {source} if source else set()
        author_id, at = authors[idea.author].id, _instant(idea.at_ms)
        row = {"challenge_id": challenge.id, "author_id": author_id, "source_id": source, "created_at": at}
        rows.append({**row, "rights_text_id": rights.get(idea.rights)})
    return _inserted(session, Idea, rows)


def _inserted(session: Session, table: type[Idea | IdeaVersion | Entry | Argument], rows: list[Row]) -> list[int]:
    """Add rows by few statements. :return: their ids; both databases number the rows of a statement in order."""
    found: list[int] = []
    for piece in pieces_of(rows):
        found += session.scalars(insert(table).returning(table.id), piece)
    return sorted(found)


def _add_entries(
    session: Session,
    round: Round,
    ideas: Sequence[BroughtIdea],
    ids: Sequence[int],
    authors: dict[str | None, Participant],
    *,
    is_sealed: bool,
) -> list[tuple[int, journal.Body]]:
    """Add the first versions and the entries. :return: the id of each entry, and its body in the journal."""
    versions: list[Row] = [
        {
            "idea_id": idea_id,
            "n": 1,
            "title": idea.title,
            "text": idea.text,
            "salt": secrets.token_bytes(16),
            "written_at": _instant(idea.at_ms),
        }
        for idea, idea_id in in_pieces(zip(ideas, ids, strict=True))
    ]
    entries: list[Row] = [
        {
            "round_id": round.id,
            "idea_id": version["idea_id"],
            "version_id": version_id,
            "status": EntryStatus(idea.status),
            "sealed": is_sealed,
        }
        for idea, version, version_id in zip(ideas, versions, _inserted(session, IdeaVersion, versions), strict=True)
    ]
    found = []
    entry_ids = _inserted(session, Entry, entries)
    for idea, entry_id, entry, version in in_pieces(zip(ideas, entry_ids, entries, versions, strict=True)):
        text = journal.text_digest(version["salt"], version["title"], version["text"])
        author = journal.author_digest(version["salt"], authors[idea.author].secret)
        found.append((entry_id, body_of(entry_id, 1, (text, author), entry["status"], is_sealed=is_sealed)))
    return found


def _add_groups(chain: journal.Chain, round: Round, file: BroughtFile, entry_ids: Sequence[int]) -> None:
    """Group the ideas as the file does; a group of one is none."""
    session = chain.transaction.session
    members: dict[int, list[int]] = defaultdict(list)
    for idea, entry_id in zip(file.ideas, entry_ids, strict=True):
        if idea.group:
            members[idea.group].append(entry_id)
    for number, entries in members.items():
        if len(entries) < 2:
            continue
        group = IdeaGroup(round_id=round.id, name=file.groups[number - 1], seq=0)
        session.add(group)
        session.flush()
        session.execute(update(Entry).where(Entry.id.in_(entries)).values(group_id=group.id))
        group.seq = chain.append(
            "group", {"group": group.id, "entries": entries, "named": int(bool(group.name))}, round
        )
        chain.touch(group.seq, [group.handle], [journal.ROOM, journal.FACILITATORS])


# An argument or a reply with the ids of its idea, of its entry, and of the argument that it answers.
Said = tuple[int, int, BroughtArgument, int | None]


def _add_arguments(
    chain: journal.Chain,
    round: Round,
    ideas: Sequence[BroughtIdea],
    ids: Sequence[int],
    entry_ids: Sequence[int],
    authors: dict[str | None, Participant],
) -> list[int]:
    """Add the arguments and then the replies to them. :return: their ids."""
    found = zip(ids, entry_ids, ideas, strict=True)
    said: list[Said] = [
        (idea_id, entry_id, argument, None) for idea_id, entry_id, idea in found for argument in idea.arguments
    ]
    added = _add_said(chain, round, said, authors)
    replies: list[Said] = [
        (idea_id, entry_id, reply, argument_id)
        for argument_id, (idea_id, entry_id, argument, _) in zip(added, said, strict=True)
        for reply in argument.replies
    ]
    return [*added, *(_add_said(chain, round, replies, authors) if replies else [])]


def _add_said(
    chain: journal.Chain, round: Round, said: Sequence[Said], authors: dict[str | None, Participant]
) -> list[int]:
    rows: list[Row] = [
        {
            "idea_id": idea_id,
            "author_id": authors[argument.author].id,
            "stance": Stance(argument.stance),
            "text": argument.text,
            "salt": secrets.token_bytes(16),
            "status": EntryStatus(argument.status),
            "written_at": _instant(argument.at_ms),
            "reply_to_id": to,
            "for_idea": argument.for_idea,
        }
        for idea_id, _, argument, to in in_pieces(said)
    ]
    added = _inserted(chain.transaction.session, Argument, rows)
    bodies: list[journal.Body] = [
        {
            "argument": argument_id,
            "entry": entry_id,
            "stance": argument.stance,
            "text": journal.text_digest(row["salt"], argument.text),
            "author": journal.author_digest(row["salt"], authors[argument.author].secret),
            **({"to": to} if to else {}),
        }
        for argument_id, row, (_, entry_id, argument, to) in in_pieces(zip(added, rows, said, strict=True))
    ]
    for piece in pieces_of(bodies):
        chain.append_all("argument", piece, round.id)
    hidden = [argument_id for argument_id, row in zip(added, rows, strict=True) if row["status"] == EntryStatus.HIDDEN]
    chain.append_all("hide", [{"argument": argument_id} for argument_id in hidden], round.id)
    return added


def _instant(at_ms: int) -> datetime:
    return clock.from_ms(at_ms) if at_ms else clock.now()


# Ideas that wait for the start


def keep_waiting(session: Session, challenge: Challenge, file: BroughtFile) -> None:
    """Keep the ideas of a file until the start of the round."""
    content = {"groups": list(file.groups), "ideas": [asdict(idea) for idea in in_pieces(file.ideas)]}
    body = run_blocking(zlib.compress, json.dumps(content).encode())
    row = WaitingIdeas(challenge_id=challenge.id, name=file.name, kind=file.kind, digest=file.digest)
    row.count, row.body = len(file.ideas), body
    session.add(row)
    session.flush()


def waiting_files(session: Session, challenge_id: int) -> list[WaitingIdeas]:
    """The files whose ideas wait for the start, without these."""
    return list(session.scalars(select(WaitingIdeas).filter_by(challenge_id=challenge_id).order_by(WaitingIdeas.id)))


def waiting_count(session: Session, challenge_id: int) -> int:
    """How many ideas of files wait for the start."""
    return session.scalar(select(func.sum(WaitingIdeas.count)).filter_by(challenge_id=challenge_id)) or 0


def bring_waiting_ideas(chain: journal.Chain, round: Round) -> None:
    """Add the ideas of files that waited for the start, and delete these copies."""
    for row, ideas, groups in _waiting(chain.transaction.session, round.challenge_id):
        add_brought_ideas(chain, round, BroughtFile(row.name, row.kind, row.digest, ideas, groups))
        chain.transaction.session.delete(row)


def _waiting(session: Session, challenge_id: int) -> Iterator[tuple[WaitingIdeas, list[BroughtIdea], list[str]]]:
    """The files that wait, with their ideas and the names of their groups."""
    query = select(WaitingIdeas).filter_by(challenge_id=challenge_id).order_by(WaitingIdeas.id)
    for row in session.scalars(query.options(undefer(WaitingIdeas.body))).all():
        found = json.loads(zlib.decompress(row.body))
        # Files that waited before there were groups are a list of ideas.
        content = found if isinstance(found, dict) else {"groups": [], "ideas": found}
        yield row, [_idea_from(idea) for idea in in_pieces(content["ideas"])], content["groups"]


def _idea_from(content: dict[str, Any]) -> BroughtIdea:
    return BroughtIdea(**content | {"arguments": tuple(map(_argument_from, content["arguments"]))})


def _argument_from(content: dict[str, Any]) -> BroughtArgument:
    return BroughtArgument(**content | {"replies": tuple(map(_argument_from, content.get("replies", ())))})


def brought_before(session: Session, round: Round) -> set[tuple[str, str]]:
    """`(title, text)` of the ideas that the company brought to a round, and of those that wait. Nobody else's: a sealed
    idea must not be found by trying its words.
    """
    rows = session.execute(
        select(IdeaVersion.title, IdeaVersion.text)
        .join(Entry, Entry.version_id == IdeaVersion.id)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(Participant, Participant.id == Idea.author_id)
        .where(Entry.round_id == round.id, Participant.tier.in_(BROUGHT))
    )
    waiting = [idea for _, ideas, _groups in _waiting(session, round.challenge_id) for idea in ideas]
    return {*rows.tuples(), *((idea.title, idea.text) for idea in waiting)}
