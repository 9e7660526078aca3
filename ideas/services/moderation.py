"""Moderation: approve, hide, restore, redact. The journal publishes each act, but not its reason.

`with_others` names the handles of the author's other texts that the facilitator saw and wants to hide or to show again
in the same act (`ideas.queries.floods`). What is no longer among them is left alone.

A text that is hidden or erased had its flags upheld (`ideas.flagging`).
"""

from collections.abc import Collection, Set
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.entries import card_of, entries_of, entry_of, touch_idea
from ideas.erasing import empty_argument, empty_idea
from ideas.errors import Changed, Conflict, NotFound
from ideas.events import (
    ArgumentHidden,
    ArgumentRedacted,
    ArgumentRestored,
    IdeaApproved,
    IdeaHidden,
    IdeaRedacted,
    IdeaRestored,
)
from ideas.flagging import reopen_flags, uphold_flags
from ideas.models import Argument, Entry, EntryStatus, FlagState, Idea, Round
from ideas.queries.floods import HIDE_FLOOD, OtherText, others_to_hide, others_to_show
from ideas.queries.rounds import current_round
from ideas.texts import REASON_MAX, cleaned

LANES = (journal.ROOM, journal.FACILITATORS)


def approve_idea(actor: Actor, idea_id: int, *, seen: int | None = None) -> None:
    """Show a pending idea to the room. `seen` is the version that the facilitator read, here and below.

    :raise Conflict: if it is not pending (any more). :raise Changed: if it has other words by now.
    """
    _move_idea(actor, idea_id, _APPROVE, "", seen)


def hide_idea(
    actor: Actor, idea_id: int, reason: str, *, seen: int | None = None, with_others: Collection[str] = ()
) -> None:
    """Take a visible idea out of the room, or reject a pending one. Its author reads the reason.

    :raise Conflict: if it is hidden or withdrawn already. :raise Changed:
    """
    _move_idea(actor, idea_id, _HIDE, reason, seen, with_others)


def restore_idea(
    actor: Actor, idea_id: int, reason: str = "", *, seen: int | None = None, with_others: Collection[str] = ()
) -> None:
    """Show a hidden idea again.

    :raise Conflict: if it is not hidden. :raise Changed:
    """
    _move_idea(actor, idea_id, _RESTORE, reason, seen, with_others)


@dataclass(frozen=True)
class _Move:
    """A change of an idea's status: its word in the log of acts, from which statuses to which, and its event."""

    kind: str
    before: Set[EntryStatus]
    after: EntryStatus
    event: type[IdeaApproved] | type[IdeaHidden] | type[IdeaRestored]


_APPROVE = _Move("approve", {EntryStatus.PENDING}, EntryStatus.VISIBLE, IdeaApproved)
_HIDE = _Move("hide", policy.EDITABLE, EntryStatus.HIDDEN, IdeaHidden)
_RESTORE = _Move("show", {EntryStatus.HIDDEN}, EntryStatus.VISIBLE, IdeaRestored)


def _move_idea(
    actor: Actor, idea_id: int, move: _Move, reason: str, seen: int | None, with_others: Collection[str] = ()
) -> None:
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        session = transaction.session
        idea = _idea(session, idea_id)
        chain = _facilitated(transaction, actor, idea)
        round = current_round(session, idea.challenge_id)
        policy.require_open(round)
        entry = _revealed(session, round, idea)
        if entry.status not in move.before:
            raise Conflict
        _require_seen(entry, seen)
        others = _others(session, round, idea, with_others, hides=move is _HIDE)
        act = _Act(chain, round, actor, reason, in_flood=bool(others))
        act.on_idea(entry, move)
        for other in others:
            act.on(other, hides=move is _HIDE)


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
        act = _Act(chain, round, actor, reason, in_flood=bool(others))
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


@dataclass(frozen=True)
class _Act:
    """One act of a facilitator on one text, or on several of one author. Each text has its own journal entry."""

    chain: journal.Chain
    round: Round
    actor: Actor
    reason: str
    in_flood: bool  # it concerns several texts

    def on(self, text: OtherText, *, hides: bool) -> None:
        if isinstance(text.record, Argument):
            self.on_argument(text.record, hides=hides)
        else:
            self.on_idea(text.record, _HIDE if hides else _RESTORE)

    def on_idea(self, entry: Entry, move: _Move) -> None:
        idea, was_shown = entry.idea, entry.shown
        entry.status = move.after
        if entry.merged_into and move.after == EntryStatus.VISIBLE:
            entry.status = EntryStatus.MERGED  # hidden with its author while it was merged: it goes back to its card
        seq = self.chain.append("show" if move.kind == "approve" else move.kind, {"entry": entry.id}, self.round)
        self._keep(move.kind, idea.handle, seq)
        touch_idea(self.chain, seq, idea, entry, was_shown=was_shown)
        ids = (self.round.challenge_id, self.round.id, idea.id, idea.author_id)
        self.chain.transaction.record(move.event(*ids, self.actor))
        if move is not _APPROVE:
            self._settle_flags(idea, hides=move is _HIDE)

    def on_argument(self, argument: Argument, *, hides: bool) -> None:
        argument.status = EntryStatus.HIDDEN if hides else EntryStatus.VISIBLE
        kind = "hide" if hides else "show"
        seq = self.chain.append(kind, {"argument": argument.id}, self.round)
        self._keep(kind, argument.handle, seq)
        card = card_of(self.chain.transaction.session, argument.idea)
        self.chain.touch(seq, [argument.handle, card, "figures"], LANES)
        self.chain.touch(seq, [argument.handle], [f"participant-{argument.author_id}"])
        event = ArgumentHidden if hides else ArgumentRestored
        ids = (self.round.challenge_id, self.round.id, argument.idea_id, argument.id, argument.author_id)
        self.chain.transaction.record(event(*ids, self.actor))
        self._settle_flags(argument, hides=hides)

    def _settle_flags(self, text: Idea | Argument, *, hides: bool) -> None:
        """Uphold the flags of a text that is hidden; those of one that is shown again wait again."""
        if hides:
            uphold_flags(self.chain, self.round, text, self.actor)
        else:
            reopen_flags(self.chain, self.round, text, self.actor, (FlagState.UPHELD,))

    def _keep(self, kind: str, handle: str, seq: int) -> None:
        self.chain.act(HIDE_FLOOD if self.in_flood and kind == "hide" else kind, handle, self.actor, self.reason, seq)


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
        _require_seen(entry, seen)
        empty_idea(session, idea)
        for each in earlier:
            chain.append("redact", {"entry": each.id}, each.round)
        seq = chain.append("redact", {"entry": entry.id}, round)
        chain.act("redact", idea.handle, actor, reason, seq)
        touch_idea(chain, seq, idea, entry, was_shown=entry.shown)
        transaction.record(IdeaRedacted(round.challenge_id, round.id, idea.id, idea.author_id, actor))
        uphold_flags(chain, round, idea, actor)


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


def _require_seen(entry: Entry, seen: int | None) -> None:
    """:raise Changed: if the entry does not show the version that the facilitator read."""
    if seen is not None and entry.version.n != seen:
        raise Changed


def _revealed(session: Session, round: Round, idea: Idea) -> Entry:
    """:raise NotFound: if the idea is not in the round, or is still sealed."""
    entry = entry_of(session, round, idea)
    if entry.sealed:
        raise NotFound
    return entry


def _facilitated(transaction: Transaction, actor: Actor, idea: Idea) -> journal.Chain:
    chain = journal.locked(transaction, idea.challenge_id)
    policy.require_facilitator(transaction.session, actor, idea.challenge_id)
    return chain
