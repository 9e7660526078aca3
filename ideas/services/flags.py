"""Flags: tell the moderators of a text that may break the rules, take that back; and keep a flagged text.

Nothing is hidden by flags alone. Whoever hides or erases a text upholds its flags (`ideas.services.moderation`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.entries import entry_of
from ideas.errors import Changed, Conflict, Invalid, NotFound, OwnText
from ideas.events import FlagTakenBack, TextFlagged
from ideas.flagging import KEEP, RECONSIDER, reject_flags, reopen_flags
from ideas.models import Argument, Entry, EntryStatus, Flag, FlagKind, FlagState, Idea, Participant, Round
from ideas.queries.rounds import current_round
from ideas.texts import REASON_MAX, cleaned


@dataclass(frozen=True)
class FlagForm:
    """The reason for a flag, and words that moderators read without a name."""

    kind: FlagKind
    words: str = ""


def flag_idea(actor: Actor, idea_id: int, form: FlagForm) -> None:
    """Flag an idea that the room sees.

    :raise Conflict: if the actor flagged it already. :raise OwnText: :raise RoundIsClosed: :raise Barred:
    :raise Forbidden: :raise Invalid: :raise NotFound: also for an idea that the room does not see.
    """
    _flag(actor, Idea, idea_id, form)


def flag_argument(actor: Actor, argument_id: int, form: FlagForm) -> None:
    """Flag an argument that the room sees. Errors as of `flag_idea`."""
    _flag(actor, Argument, argument_id, form)


def _flag(actor: Actor, noun: type[Idea] | type[Argument], key: int, form: FlagForm) -> None:
    words = cleaned("words", form.words, REASON_MAX)
    if form.kind == FlagKind.OTHER and not words:
        raise Invalid(words="missing")
    with write() as transaction:
        session = transaction.session
        text = require(session, noun, key)
        chain, participant, round = _locked(transaction, actor, text)
        policy.require_open(round)
        entry = _seen_entry(session, round, text)
        if text.author_id == participant.id:
            raise OwnText
        version = entry.version.n if isinstance(text, Idea) else 0
        if any(
            flag.state == FlagState.OPEN or flag.version == version for flag in _own_flags(session, text, participant)
        ):
            raise Conflict
        flag = Flag(round_id=round.id, participant_id=participant.id, version=version, kind=form.kind, words=words)
        flag.idea_id, flag.argument_id = (text.id, None) if isinstance(text, Idea) else (None, text.id)
        flag.flagged_at = _hour(clock.now())
        session.add(flag)
        chain.challenge.flags += 1
        _tell(chain, "flag", round, text, participant)
        transaction.record(TextFlagged(round.challenge_id, round.id, *_ids(text)))


def take_back_idea_flag(actor: Actor, idea_id: int) -> None:
    """Take one's flag of an idea back, while nobody decided about it.

    :raise Conflict: if the actor has no open flag of it. :raise RoundIsClosed: :raise Forbidden: :raise NotFound:
    """
    _take_back(actor, Idea, idea_id)


def take_back_argument_flag(actor: Actor, argument_id: int) -> None:
    """Take one's flag of an argument back. Errors as of `take_back_idea_flag`."""
    _take_back(actor, Argument, argument_id)


def _take_back(actor: Actor, noun: type[Idea] | type[Argument], key: int) -> None:
    with write() as transaction:
        session = transaction.session
        text = require(session, noun, key)
        chain, participant, round = _locked(transaction, actor, text)
        policy.require_open(round)
        flags = [flag for flag in _own_flags(session, text, participant) if flag.state == FlagState.OPEN]
        if not flags:
            raise Conflict
        for flag in flags:
            session.delete(flag)
        _tell(chain, "unflag", round, text, participant)
        transaction.record(FlagTakenBack(round.challenge_id, round.id, *_ids(text)))


def keep_idea(actor: Actor, idea_id: int, *, seen: int | None = None, until: int | None = None) -> None:
    """Keep a flagged idea as a facilitator: its flags are rejected. `seen` is the version that the facilitator read,
    `until` the highest id of its flags there (`FlaggedText.until`); later flags stay open.

    :raise Conflict: if no such flag is open. :raise Changed: if the idea has other words by now.
    :raise RoundIsClosed: :raise Forbidden: :raise NotFound:
    """
    _keep(actor, Idea, idea_id, seen, until)


def keep_argument(actor: Actor, argument_id: int, *, until: int | None = None) -> None:
    """Keep a flagged argument. Parameters and errors as of `keep_idea`."""
    _keep(actor, Argument, argument_id, None, until)


def _keep(actor: Actor, noun: type[Idea] | type[Argument], key: int, seen: int | None, until: int | None) -> None:
    with write() as transaction:
        chain, text, round = _facilitated(transaction, actor, noun, key)
        entry = _seen_entry(transaction.session, round, text)
        version = entry.version.n if isinstance(text, Idea) else 0
        if seen is not None and seen != version:
            raise Changed
        seq = reject_flags(chain, round, text, actor, until, version)
        if seq is None:
            raise Conflict
        chain.act(KEEP, text.handle, actor, "", seq, before=str(FlagState.OPEN))
        chain.touch(seq, [text.handle], [journal.FACILITATORS])


def reconsider_idea(actor: Actor, idea_id: int) -> None:
    """Take back that an idea was kept: the flags that this rejected wait again.

    :raise Conflict: if none was rejected. :raise RoundIsClosed: :raise Forbidden: :raise NotFound:
    """
    _reconsider(actor, Idea, idea_id)


def reconsider_argument(actor: Actor, argument_id: int) -> None:
    """Take back that an argument was kept. Errors as of `reconsider_idea`."""
    _reconsider(actor, Argument, argument_id)


def _reconsider(actor: Actor, noun: type[Idea] | type[Argument], key: int) -> None:
    with write() as transaction:
        chain, text, round = _facilitated(transaction, actor, noun, key)
        if not reopen_flags(chain, round, text, actor, (FlagState.REJECTED, FlagState.OUTDATED)):
            raise Conflict
        seq = chain.challenge.seq
        chain.act(RECONSIDER, text.handle, actor, "", seq)
        chain.touch(seq, [text.handle], [journal.FACILITATORS])


def _locked(transaction: Transaction, actor: Actor, text: Idea | Argument) -> tuple[journal.Chain, Participant, Round]:
    challenge_id = _idea_of(text).challenge_id
    chain = journal.locked(transaction, challenge_id)
    participant = policy.require_participant(transaction.session, actor, challenge_id)
    return chain, participant, current_round(transaction.session, challenge_id)


def _facilitated(
    transaction: Transaction, actor: Actor, noun: type[Idea] | type[Argument], key: int
) -> tuple[journal.Chain, Idea | Argument, Round]:
    session = transaction.session
    text = require(session, noun, key)
    challenge_id = _idea_of(text).challenge_id
    chain = journal.locked(transaction, challenge_id)
    policy.require_facilitator(session, actor, challenge_id)
    round = current_round(session, challenge_id)
    policy.require_open(round)
    return chain, text, round


def _idea_of(text: Idea | Argument) -> Idea:
    return text if isinstance(text, Idea) else text.idea


def _seen_entry(session: Session, round: Round, text: Idea | Argument) -> Entry:
    """The entry of a text that the room sees: on a card of its own, or on that of the idea that stands for it.

    :raise NotFound: for any other.
    """
    entry = entry_of(session, round, _idea_of(text))
    stands = session.get_one(Entry, entry.counted_as) if entry.status == EntryStatus.MERGED else entry
    is_gone = text.versions[-1].redacted_at if isinstance(text, Idea) else text.redacted_at
    if not stands.shown or is_gone or (isinstance(text, Argument) and text.status != EntryStatus.VISIBLE):
        raise NotFound
    return entry


def _own_flags(session: Session, text: Idea | Argument, participant: Participant) -> list[Flag]:
    of = {"idea_id": text.id} if isinstance(text, Idea) else {"argument_id": text.id}
    return list(session.scalars(select(Flag).filter_by(participant_id=participant.id, **of)))


def _tell(chain: journal.Chain, kind: str, round: Round, text: Idea | Argument, participant: Participant) -> None:
    """Tell the facilitators that a text has another number of flags, and the flag's author's other tabs."""
    noun = "idea" if isinstance(text, Idea) else "argument"
    seq = chain.append(kind, {noun: text.id}, round)
    chain.touch(seq, [text.handle], [journal.FACILITATORS, participant.lane])


def _ids(text: Idea | Argument) -> tuple[int, int | None]:
    return (text.id, None) if isinstance(text, Idea) else (text.idea_id, text.id)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
