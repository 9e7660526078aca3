"""Moderation: approve, hide, restore, redact. The journal publishes each act, but not its reason.

`with_others` names the handles of the author's other texts that the facilitator saw and wants to hide or to show again
in the same act (`ideas.queries.floods`). What is no longer among them is left alone.

A text that is hidden or erased had its flags upheld (`ideas.flagging`).
"""

from collections.abc import Collection

from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.entries import entries_of, touch_idea
from ideas.erasing import empty_argument, empty_idea
from ideas.errors import Conflict, NotFound
from ideas.events import ArgumentRedacted, IdeaRedacted
from ideas.flagging import uphold_flags
from ideas.models import Argument, EntryStatus, Idea, Round
from ideas.moderating import APPROVAL, HIDING, LANES, SHOWING, Move, TextAct, require_seen, revealed_entry
from ideas.queries.floods import HIDE_FLOOD, OtherText, others_to_hide, others_to_show
from ideas.queries.rounds import current_round
from ideas.texts import REASON_MAX, cleaned

# The kinds of acts on the earlier versions of an idea.
WITHHOLD, UNWITHHOLD = "withhold", "unwithhold"


def approve_idea(actor: Actor, idea_id: int, *, seen: int | None = None) -> None:
    """Show a pending idea to the room. `seen` is the version that the facilitator read, here and below.

    :raise Conflict: if it is not pending (any more). :raise Changed: if it has other words by now.
    """
    _move_idea(actor, idea_id, APPROVAL, "", seen)


def hide_idea(
    actor: Actor, idea_id: int, reason: str, *, seen: int | None = None, with_others: Collection[str] = ()
) -> None:
    """Take a visible idea out of the room, or reject a pending one. Its author reads the reason.

    :raise Conflict: if it is hidden or withdrawn already. :raise Changed:
    """
    _move_idea(actor, idea_id, HIDING, reason, seen, with_others)


def restore_idea(
    actor: Actor, idea_id: int, reason: str = "", *, seen: int | None = None, with_others: Collection[str] = ()
) -> None:
    """Show a hidden idea again.

    :raise Conflict: if it is not hidden. :raise Changed:
    """
    _move_idea(actor, idea_id, SHOWING, reason, seen, with_others)


def _move_idea(
    actor: Actor, idea_id: int, move: Move, reason: str, seen: int | None, with_others: Collection[str] = ()
) -> None:
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        session = transaction.session
        idea = _idea(session, idea_id)
        chain = _facilitated(transaction, actor, idea)
        round = current_round(session, idea.challenge_id)
        policy.require_open(round)
        entry = revealed_entry(session, round, idea)
        if entry.status not in move.before:
            raise Conflict
        require_seen(entry, seen)
        others = _others(session, round, idea, with_others, hides=move is HIDING)
        act = _act(chain, round, actor, reason, others)
        act.on_idea(entry, move)
        for other in others:
            act.on(other, hides=move is HIDING)


def hide_argument(actor: Actor, argument_id: int, reason: str, *, with_others: Collection[str] = ()) -> None:
    """:raise Conflict: if it is not visible."""
    _move_argument(actor, argument_id, reason, with_others, hides=True)


def restore_argument(actor: Actor, argument_id: int, reason: str = "", *, with_others: Collection[str] = ()) -> None:
    """:raise Conflict: if it is not hidden."""
    _move_argument(actor, argument_id, reason, with_others, hides=False)


def _move_argument(actor: Actor, argument_id: int, reason: str, with_others: Collection[str], *, hides: bool) -> None:
    """Hide a visible argument, or show a hidden one."""
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        session = transaction.session
        argument = require(session, Argument, argument_id)
        chain = _facilitated(transaction, actor, argument.idea)
        round = current_round(session, argument.idea.challenge_id)
        policy.require_open(round)
        if argument.status != (EntryStatus.VISIBLE if hides else EntryStatus.HIDDEN):
            raise Conflict
        others = _others(session, round, argument, with_others, hides=hides)
        act = _act(chain, round, actor, reason, others)
        act.on_argument(argument, hides=hides)
        for other in others:
            act.on(other, hides=hides)


def _others(
    session: Session, round: Round, of: Idea | Argument, wanted: Collection[str], *, hides: bool
) -> list[OtherText]:
    if not wanted:
        return []
    offered = (others_to_hide if hides else others_to_show)(session, round, of)
    return [text for text in offered if text.handle in wanted]


def _act(chain: journal.Chain, round: Round, actor: Actor, reason: str, others: list[OtherText]) -> TextAct:
    return TextAct(chain, round, actor, reason, HIDE_FLOOD if others else "", is_batch=bool(others))


def redact_idea(actor: Actor, idea_id: int, reason: str, *, seen: int | None = None) -> None:
    """Erase the words and the picture of an idea in all its versions, also after the close; figures stay.

    :raise Conflict: if it was erased already. :raise Changed:
    """
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        session = transaction.session
        idea = _idea(session, idea_id)
        chain = _facilitated(transaction, actor, idea)
        *earlier, entry = entries_of(session, idea)
        if entry.sealed:
            raise NotFound
        round = entry.round
        if all(v.redacted_at for v in idea.versions):
            raise Conflict
        require_seen(entry, seen)
        empty_idea(session, idea)
        for each in earlier:
            chain.append("redact", {"entry": each.id}, each.round)
        seq = chain.append("redact", {"entry": entry.id}, round)
        chain.act("redact", idea.handle, actor, reason, seq)
        touch_idea(chain, seq, idea, entry, was_shown=entry.shown)
        transaction.record(IdeaRedacted(round.challenge_id, round.id, idea.id, idea.author_id, actor))
        uphold_flags(chain, round, idea, actor)


def withhold_versions(actor: Actor, idea_id: int, *, seen: int | None = None) -> None:
    """Take the earlier versions of an idea away from the room; the present one stays, and so do all that were counted.

    :raise NotFound: also while it is sealed. :raise Conflict: if there is nothing to take away. :raise Changed: if it
        has another version by now. :raise Forbidden:
    """
    _withhold(actor, idea_id, seen, withheld=True)


def release_versions(actor: Actor, idea_id: int, *, seen: int | None = None) -> None:
    """Let the room read the earlier versions again. Errors as of `withhold_versions`."""
    _withhold(actor, idea_id, seen, withheld=False)


def _withhold(actor: Actor, idea_id: int, seen: int | None, *, withheld: bool) -> None:
    with write() as transaction:
        session = transaction.session
        idea = _idea(session, idea_id)
        chain = _facilitated(transaction, actor, idea)
        entry = entries_of(session, idea)[-1]
        if entry.sealed:
            raise NotFound
        require_seen(entry, seen)
        concerned = [v for v in idea.versions if v.was_shown and v.is_withheld != withheld and not v.redacted_at]
        if not concerned:
            raise Conflict
        for version in concerned:
            version.is_withheld = withheld
        kind = WITHHOLD if withheld else UNWITHHOLD
        seq = chain.append(kind, {"entry": entry.id, "versions": [v.n for v in concerned]}, entry.round)
        chain.act(kind, idea.handle, actor, "", seq)
        touch_idea(chain, seq, idea, entry, was_shown=entry.shown)


def redact_argument(actor: Actor, argument_id: int, reason: str) -> None:
    """Erase the words of an argument, also after the close.

    :raise Conflict: if it was erased already.
    """
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        session = transaction.session
        argument = require(session, Argument, argument_id)
        chain = _facilitated(transaction, actor, argument.idea)
        if argument.redacted_at:
            raise Conflict
        empty_argument(argument)
        seq = chain.append("redact", {"argument": argument.id})
        chain.act("redact", argument.handle, actor, reason, seq)
        chain.touch(seq, [argument.handle], LANES)
        round = current_round(session, chain.challenge.id)
        ids = (chain.challenge.id, round.id, argument.idea_id, argument.id, argument.author_id)
        transaction.record(ArgumentRedacted(*ids, actor))
        uphold_flags(chain, round, argument, actor)


def _idea(session: Session, idea_id: int) -> Idea:
    return require(session, Idea, idea_id)


def _facilitated(transaction: Transaction, actor: Actor, idea: Idea) -> journal.Chain:
    chain = journal.locked(transaction, idea.challenge_id)
    policy.require_facilitator(transaction.session, actor, idea.challenge_id)
    return chain
