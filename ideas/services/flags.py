"""Flags: tell the moderators of a text that may break the rules, and take that back.

Nothing is hidden by flags alone. Moderators keep or hide a flagged text in the queue (`ideas.services.queue`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.entries import seen_entry
from ideas.errors import Conflict, Invalid, OwnText
from ideas.events import FlagTakenBack, TextFlagged
from ideas.models import Argument, Flag, FlagKind, FlagState, Idea, Participant, Round
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
        entry = seen_entry(session, round, text)
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


def _locked(transaction: Transaction, actor: Actor, text: Idea | Argument) -> tuple[journal.Chain, Participant, Round]:
    challenge_id = _idea_of(text).challenge_id
    chain = journal.locked(transaction, challenge_id)
    participant = policy.require_participant(transaction.session, actor, challenge_id)
    return chain, participant, current_round(transaction.session, challenge_id)


def _idea_of(text: Idea | Argument) -> Idea:
    return text if isinstance(text, Idea) else text.idea


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
