"""Mechanics of erasing: texts and pictures are emptied; their digests stay in the journal, and marks and places stand.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from ideas import clock, journal
from ideas.entries import card_of
from ideas.events import TextsErased
from ideas.flagging import empty_words
from ideas.models import (
    Act,
    Argument,
    AwardClaim,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    Image,
    Outcome,
    Participant,
    RightsConsent,
    TimeReport,
)
from ideas.stored_files import erase_files_of_participants


def empty_idea(session: Session, idea: Idea) -> None:
    """Empty the words and the picture of an idea in all its versions, and the reasons of its outcomes, which may quote
    them.
    """
    images = {version.image_id for version in idea.versions if version.image_id}
    for version in idea.versions:
        version.title = version.text = ""
        version.image_id, version.redacted_at = None, clock.now()
    session.flush()
    session.execute(delete(Image).where(Image.id.in_(images)).execution_options(synchronize_session="fetch"))
    entries = select(Entry.id).where(Entry.idea_id == idea.id)
    session.execute(update(Outcome).where(Outcome.entry_id.in_(entries)).values(reason=""))


def empty_argument(argument: Argument) -> None:
    """Empty the words of an argument, and the reason why it was decisive, which may quote them."""
    argument.text, argument.redacted_at, argument.decisive_reason = "", clock.now(), ""


def forget_name(participant: Participant) -> None:
    """Take the display name away, and the link they came by. No typed name has a key that begins with a space."""
    participant.name, participant.link_id = "", None
    participant.name_key = participant.look_key = f" {participant.id}"


def forget_former_names(session: Session, participants: Sequence[Participant]) -> None:
    """Erase the names that facilitators replaced, which the log of acts keeps for an undo."""
    handles = [participant.handle for participant in participants]
    session.execute(update(Act).where(Act.handle.in_(handles)).values(before=""))


def forget_claims(session: Session, participants: Sequence[Participant]) -> None:
    """Delete the names that these participants put under awards."""
    ids = [participant.id for participant in participants]
    session.execute(delete(AwardClaim).where(AwardClaim.participant_id.in_(ids)))


def forget_consents(session: Session, participants: Sequence[Participant]) -> None:
    """Delete what these participants consented to and how long they say it took them. An idea that stays keeps the
    version of the words under which it was given.
    """
    ids = [participant.id for participant in participants]
    session.execute(delete(RightsConsent).where(RightsConsent.participant_id.in_(ids)))
    reports = TimeReport.participant_id.in_(ids)
    changed = update(Challenge).where(Challenge.id.in_(select(TimeReport.challenge_id).where(reports)))
    session.execute(changed.values(time_reports=Challenge.time_reports + 1))
    session.execute(delete(TimeReport).where(reports))


@dataclass
class _Erased:
    """The handles of erased texts, by audience."""

    room: list[str] = field(default_factory=list)
    facilitators: list[str] = field(default_factory=list)


def erase_texts(chain: journal.Chain, authors: Sequence[Participant]) -> int:
    """Empty everything that each of these participants wrote until they asked for it (`erasing_since`), and the words
    of their flags.

    All texts go in one step and in the order in which they were written, whoever wrote them, so that neither the
    journal nor a frame tells which texts are one person's.

    :return: the number of texts.
    """
    session, erased, seq = chain.transaction.session, _Erased(), chain.challenge.seq
    entries, arguments = _entries_of(session, authors), _arguments_of(session, authors)
    for entry in entries:
        if entry.sealed and entry.status != EntryStatus.WITHDRAWN:
            entry.status = EntryStatus.WITHDRAWN  # nobody else has seen it: it must not appear at the reveal
            seq = chain.append("withdraw", {"entry": entry.id}, entry.round)
        empty_idea(session, entry.idea)
        seq = chain.append("redact", {"entry": entry.id}, entry.round)
        if not entry.sealed:
            erased.facilitators.append(entry.idea.handle)
        if entry.shown:
            erased.room += [entry.idea.handle, *([f"group-{entry.group_id}"] if entry.group_id else [])]
        elif entry.status == EntryStatus.MERGED:
            erased.room.append(card_of(session, entry.idea))
    for argument, entry in arguments:
        empty_argument(argument)
        seq = chain.append("redact", {"argument": argument.id}, entry.round)
        if not entry.sealed:
            erased.facilitators.append(argument.handle)
        if (entry.shown or entry.status == EntryStatus.MERGED) and argument.status == EntryStatus.VISIBLE:
            erased.room.append(argument.handle)
    if entries or arguments:
        session.flush()
        chain.touch(seq, [*erased.room, "figures"], [journal.ROOM])
        chain.touch(seq, [*erased.facilitators, "figures"], [journal.FACILITATORS])
        chain.touch(seq, ["figures"], [author.lane for author in authors])
        chain.transaction.record(TextsErased(chain.challenge.id))
    empty_words(session, [author.id for author in authors])
    erase_files_of_participants(session, [author.id for author in authors])
    forget_consents(session, authors)
    for author in authors:
        author.erasing_since = None
    return len(entries) + len(arguments)


def _entries_of(session: Session, authors: Sequence[Participant]) -> Sequence[Entry]:
    asked = or_(*((Idea.author_id == a.id) & (Idea.created_at <= a.erasing_since) for a in authors))
    query = select(Entry).join(Idea, Idea.id == Entry.idea_id).where(asked).order_by(Entry.id)
    query = query.options(joinedload(Entry.idea).selectinload(Idea.versions), selectinload(Entry.round))
    return [e for e in session.scalars(query) if not all(v.redacted_at for v in e.idea.versions)]


def _arguments_of(session: Session, authors: Sequence[Participant]) -> list[tuple[Argument, Entry]]:
    """Each argument with the entry of its idea in the latest round."""
    asked = or_(*((Argument.author_id == a.id) & (Argument.written_at <= a.erasing_since) for a in authors))
    query = select(Argument, Entry).join(Entry, Entry.idea_id == Argument.idea_id)
    query = query.where(asked, Argument.redacted_at.is_(None)).order_by(Argument.id, Entry.id)
    return list({argument.id: (argument, entry) for argument, entry in session.execute(query)}.values())
