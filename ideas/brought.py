"""Ideas from files: they enter a round in the name of the company, or in those of the authors that the file names.

An author of a file is a proxy: a participant that counts as no person. Ideas for a draft, or for a round in its lobby,
wait for the start.
"""

import json
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from ideas import clock, journal, policy
from ideas.entries import entry_body, first_version
from ideas.models import (
    BROUGHT,
    Argument,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaVersion,
    Participant,
    Person,
    Round,
    Stance,
    Tier,
    WaitingIdeas,
)
from ideas.names import keys_of
from ideas.people import new_nonce, new_participant
from ideas.proxies import company_proxy, free_name, taken_keys
from ideas.texts import name_key


@dataclass(frozen=True)
class BroughtArgument:
    """An argument of a file; without an author it is the company's."""

    stance: str
    text: str
    author: str = ""
    at_ms: int = 0
    status: str = EntryStatus.VISIBLE


@dataclass(frozen=True)
class BroughtIdea:
    """An idea of a file; without an author it is the company's, and without a time it was written now."""

    title: str
    text: str = ""
    author: str = ""
    at_ms: int = 0
    source_id: str = ""
    status: str = EntryStatus.VISIBLE
    arguments: tuple[BroughtArgument, ...] = ()


@dataclass(frozen=True)
class BroughtFile:
    """The ideas of one file, in the order in which they enter the round. `name` is what people called it, `kind` its
    name in the journal, `digest` the SHA-256 (hex) of its bytes.
    """

    name: str
    kind: str
    digest: str
    ideas: Sequence[BroughtIdea]


def add_brought_ideas(chain: journal.Chain, round: Round, file: BroughtFile) -> int:
    """Add the ideas of a file to the round, without approval, sealed if the phase hides ideas.

    :return: the number of the last entry in the journal.
    """
    chain.append("import", {"files": {file.kind: file.digest}}, round)
    session, is_sealed = chain.transaction.session, policy.writes_sealed(round)
    authors = _authors(session, chain.challenge, _names_in(file.ideas))
    ideas = _add_ideas(session, chain.challenge, file.ideas, authors)
    entries = _add_entries(session, round, file.ideas, ideas, is_sealed=is_sealed)
    bodies = [entry_body(entry, version) for entry, version in entries]
    chain.append_all("entry", bodies, round.id)
    arguments = _add_arguments(chain, round, file.ideas, [entry for entry, _ in entries], authors)
    shown = [entry.idea_id for entry, _ in entries if entry.shown]
    seq = chain.challenge.seq
    seen = [] if is_sealed else [*(idea.handle for idea in ideas), *(argument.handle for argument in arguments)]
    chain.touch(seq, [*(f"idea-{idea_id}" for idea_id in shown), "figures"], [journal.ROOM])
    chain.touch(seq, [*seen, "figures"], [journal.FACILITATORS])
    return seq


def _names_in(ideas: Iterable[BroughtIdea]) -> Iterator[str]:
    for idea in ideas:
        yield idea.author
        yield from (argument.author for argument in idea.arguments)


def _authors(session: Session, challenge: Challenge, names: Iterable[str]) -> dict[str, Participant]:
    """`{name: proxy}` for these names; an empty one, and that of the organisation, is the company's."""
    present = session.scalars(select(Participant).filter_by(challenge_id=challenge.id, tier=Tier.CREDITED))
    found = {proxy.name: proxy for proxy in present}
    its_key = name_key(challenge.organisation.name)
    unknown = []
    for name in dict.fromkeys(names):
        if not name or name_key(name) == its_key:
            found[name] = company_proxy(session, challenge)
        elif name not in found:
            unknown.append(name)
    persons = [Person(return_nonce=new_nonce(), created_at=clock.now()) for _ in unknown]
    session.add_all(persons)
    session.flush()
    taken = taken_keys(session, challenge.id)
    for name, person in zip(unknown, persons, strict=True):
        free = free_name(name, taken)
        taken |= keys_of(free)
        found[name] = new_participant(challenge.id, person.id, free, Tier.CREDITED)
    session.add_all(found.values())
    session.flush()
    return found


def _add_ideas(
    session: Session, challenge: Challenge, ideas: Sequence[BroughtIdea], authors: dict[str, Participant]
) -> list[Idea]:
    known = set(session.scalars(select(Idea.source_id).filter_by(challenge_id=challenge.id)))
    added = []
    for idea in ideas:
        source = idea.source_id if idea.source_id and idea.source_id not in known else None
        known.add(source)
        row = Idea(challenge_id=challenge.id, author_id=authors[idea.author].id, source_id=source)
        row.created_at = _instant(idea.at_ms)
        added.append(row)
    session.add_all(added)
    session.flush()
    return added


def _add_entries(
    session: Session, round: Round, ideas: Sequence[BroughtIdea], rows: Sequence[Idea], *, is_sealed: bool
) -> list[tuple[Entry, IdeaVersion]]:
    versions = [
        first_version(row, idea.title, idea.text, row.created_at) for idea, row in zip(ideas, rows, strict=True)
    ]
    session.add_all(versions)
    session.flush()
    entries = []
    for idea, version in zip(ideas, versions, strict=True):
        entry = Entry(round_id=round.id, idea_id=version.idea_id, version_id=version.id)
        entry.status, entry.sealed = EntryStatus(idea.status), is_sealed
        entries.append(entry)
    session.add_all(entries)
    session.flush()
    return list(zip(entries, versions, strict=True))


def _add_arguments(
    chain: journal.Chain,
    round: Round,
    ideas: Sequence[BroughtIdea],
    entries: Sequence[Entry],
    authors: dict[str, Participant],
) -> list[Argument]:
    pairs = [(entry, argument) for entry, idea in zip(entries, ideas, strict=True) for argument in idea.arguments]
    rows = [
        Argument(
            idea_id=entry.idea_id,
            author_id=authors[argument.author].id,
            stance=Stance(argument.stance),
            text=argument.text,
            salt=secrets.token_bytes(16),
            status=EntryStatus(argument.status),
            written_at=_instant(argument.at_ms),
        )
        for entry, argument in pairs
    ]
    chain.transaction.session.add_all(rows)
    chain.transaction.session.flush()
    bodies = [
        {
            "argument": row.id,
            "entry": entry.id,
            "stance": str(row.stance),
            "text": journal.text_digest(row.salt, row.text),
        }
        for row, (entry, _) in zip(rows, pairs, strict=True)
    ]
    chain.append_all("argument", bodies, round.id)
    return rows


def _instant(at_ms: int) -> datetime:
    return clock.from_ms(at_ms) if at_ms else clock.now()


# Ideas that wait for the start


def keep_waiting(session: Session, challenge: Challenge, file: BroughtFile) -> None:
    """Keep the ideas of a file until the start of the round."""
    body = zlib.compress(json.dumps([asdict(idea) for idea in file.ideas]).encode())
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
    for row, ideas in _waiting(chain.transaction.session, round.challenge_id):
        add_brought_ideas(chain, round, BroughtFile(row.name, row.kind, row.digest, ideas))
        chain.transaction.session.delete(row)


def _waiting(session: Session, challenge_id: int) -> Iterator[tuple[WaitingIdeas, list[BroughtIdea]]]:
    query = select(WaitingIdeas).filter_by(challenge_id=challenge_id).order_by(WaitingIdeas.id)
    for row in session.scalars(query.options(undefer(WaitingIdeas.body))).all():
        yield row, [_idea_from(content) for content in json.loads(zlib.decompress(row.body))]


def _idea_from(content: dict[str, object]) -> BroughtIdea:
    arguments = tuple(BroughtArgument(**argument) for argument in content.pop("arguments"))  # type: ignore[attr-defined]
    return BroughtIdea(**content, arguments=arguments)  # type: ignore[arg-type]


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
    waiting = [idea for _, ideas in _waiting(session, round.challenge_id) for idea in ideas]
    return {*rows.tuples(), *((idea.title, idea.text) for idea in waiting)}
