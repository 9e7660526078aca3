"""Mechanics of flags, shared by the services that flag texts, keep them, hide them and show them again.

A decision is about all open flags of a text: whoever hides or erases the text upholds them, whoever keeps it rejects
them. The journal's entry `flags` counts `{upheld, rejected, outdated}`; the counts are negative where a decision was
taken back. It names nobody, and the author of the text does not learn of it.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from collections.abc import Sequence

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from ideas import journal
from ideas.actor import Actor
from ideas.database import alias_of
from ideas.events import FlagsDecided, FlagsReopened
from ideas.models import Argument, Flag, FlagState, Idea, Participant, Round

# The kind of a facilitator's act that kept a flagged text.
KEEP = "keep"

DECIDED = (FlagState.UPHELD, FlagState.REJECTED, FlagState.OUTDATED)


def uphold_flags(chain: journal.Chain, round: Round, text: Idea | Argument, actor: Actor) -> None:
    """Uphold the open flags of a text that was hidden or erased."""
    if chain.challenge.flags:
        _decide(chain, round, text, actor, dict.fromkeys(_open_flags(chain, text), FlagState.UPHELD))


def reject_flags(
    chain: journal.Chain, round: Round, text: Idea | Argument, actor: Actor, until: int | None, version: int
) -> int | None:
    """Reject the open flags of a text that stays. Those of an earlier version are outdated: its author changed it.

    :param until: the highest id of a flag that the facilitator saw; later flags stay open.
    :return: the number of the decision; None if no flag was open.
    """
    found = {
        flag: FlagState.REJECTED if flag.version == version else FlagState.OUTDATED
        for flag in _open_flags(chain, text)
        if until is None or flag.id <= until
    }
    return _decide(chain, round, text, actor, found)


def reopen_flags(
    chain: journal.Chain,
    round: Round,
    text: Idea | Argument,
    actor: Actor,
    states: Sequence[FlagState],
    decided_seq: int | None = None,
) -> bool:
    """Let the flags of a text wait again that were decided in one of these ways.

    :param decided_seq: the decision that is taken back; None for all of them.
    :return: whether there are any.
    """
    if not chain.challenge.flags:
        return False
    session, query = chain.transaction.session, _flags_of(text).where(Flag.state.in_(states))
    flags = session.scalars(query if decided_seq is None else query.filter_by(decided_seq=decided_seq)).all()
    if not flags:
        return False
    counts = _counts(flags)
    for flag in flags:
        flag.state, flag.decided_seq = FlagState.OPEN, None
    _append(chain, round, text, {state: -n for state, n in counts.items()}, flags)
    chain.transaction.record(FlagsReopened(*_ids(round, text), actor))
    return True


def move_flags(session: Session, guest: Participant, staying: Participant) -> None:
    """Give the flags of a guest to their account. Of two flags of one text the account's stays; open flags of what are
    one's own texts now are dropped.
    """
    theirs = alias_of(Flag, "theirs")
    for of in ("idea_id", "argument_id"):
        same = select(theirs.id).where(
            theirs.participant_id == staying.id,
            getattr(theirs, of) == getattr(Flag, of),
            theirs.version == Flag.version,
        )
        both = delete(Flag).where(Flag.participant_id == guest.id, same.exists())
        session.execute(both.execution_options(synchronize_session=False))
    moved = update(Flag).where(Flag.participant_id == guest.id).values(participant_id=staying.id)
    session.execute(moved.execution_options(synchronize_session=False))
    ideas = select(Idea.id).where(Idea.author_id == staying.id)
    arguments = select(Argument.id).where(Argument.author_id == staying.id)
    own = delete(Flag).where(Flag.participant_id == staying.id, Flag.state == FlagState.OPEN)
    for column, texts in ((Flag.idea_id, ideas), (Flag.argument_id, arguments)):
        session.execute(own.where(column.in_(texts)).execution_options(synchronize_session=False))


def empty_words(session: Session, participant_ids: Sequence[int]) -> None:
    """Erase the words of people's flags; the flags stay."""
    query = update(Flag).where(Flag.participant_id.in_(participant_ids)).values(words="")
    session.execute(query.execution_options(synchronize_session=False))


def _open_flags(chain: journal.Chain, text: Idea | Argument) -> Sequence[Flag]:
    return chain.transaction.session.scalars(_flags_of(text).where(Flag.state == FlagState.OPEN)).all()


def _flags_of(text: Idea | Argument) -> Select[tuple[Flag]]:
    of = {"idea_id": text.id} if isinstance(text, Idea) else {"argument_id": text.id}
    return select(Flag).filter_by(**of).order_by(Flag.id)


def _decide(
    chain: journal.Chain, round: Round, text: Idea | Argument, actor: Actor, states: dict[Flag, FlagState]
) -> int | None:
    if not states:
        return None
    for flag, state in states.items():
        flag.state = state
    seq = _append(chain, round, text, _counts([*states]), [*states])
    for flag in states:
        flag.decided_seq = seq
    chain.transaction.session.flush()
    chain.transaction.record(FlagsDecided(*_ids(round, text), seq, actor))
    return seq


def _append(
    chain: journal.Chain, round: Round, text: Idea | Argument, counts: dict[FlagState, int], flags: Sequence[Flag]
) -> int:
    """Append the decision, and let the pages of the flags' authors show it. :return: its number."""
    noun = "idea" if isinstance(text, Idea) else "argument"
    seq = chain.append("flags", {noun: text.id, **{str(state): n for state, n in counts.items()}}, round)
    chain.touch(seq, [text.handle], dict.fromkeys(f"participant-{flag.participant_id}" for flag in flags))
    return seq


def _counts(flags: Sequence[Flag]) -> dict[FlagState, int]:
    found = {state: sum(flag.state == state for flag in flags) for state in DECIDED}
    return {state: n for state, n in found.items() if n}


def _ids(round: Round, text: Idea | Argument) -> tuple[int, int, int, int | None]:
    """The first fields of an event of flags."""
    idea_id, argument_id = (text.id, None) if isinstance(text, Idea) else (text.idea_id, text.id)
    return round.challenge_id, round.id, idea_id, argument_id
