"""Mechanics of moderation: the acts of facilitators on ideas and arguments, and what each act needs to be undone.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from collections.abc import Collection, Set
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.actor import Actor
from ideas.arguing import change_status, touched_with
from ideas.entries import card_of, entry_body, entry_of, touch_idea
from ideas.errors import Changed, NotFound
from ideas.events import (
    ArgumentHidden,
    ArgumentRestored,
    IdeaApproved,
    IdeaEdited,
    IdeaEvent,
    IdeaHidden,
    IdeaRestored,
    IdeaReturned,
)
from ideas.flagging import reopen_flags, uphold_flags
from ideas.models import Argument, Entry, EntryStatus, FlagState, Idea, Round
from ideas.queries.floods import HIDE_FLOOD, OtherText

LANES = (journal.ROOM, journal.FACILITATORS)

# The kinds of acts in the log, beside `HIDE_FLOOD`.
APPROVE, HIDE, SHOW, CORRECT, UNDO = "approve", "hide", "show", "correct", "undo"


@dataclass(frozen=True)
class Move:
    """A change of an idea's status: its word in the log of acts, from which statuses to which, and its event."""

    kind: str
    before: Set[EntryStatus]
    after: EntryStatus
    event: type[IdeaApproved] | type[IdeaHidden] | type[IdeaRestored] | type[IdeaReturned]


APPROVAL = Move(APPROVE, {EntryStatus.PENDING}, EntryStatus.VISIBLE, IdeaApproved)
HIDING = Move(HIDE, policy.EDITABLE, EntryStatus.HIDDEN, IdeaHidden)
SHOWING = Move(SHOW, {EntryStatus.HIDDEN}, EntryStatus.VISIBLE, IdeaRestored)
RETURN = Move(UNDO, {EntryStatus.VISIBLE, EntryStatus.HIDDEN}, EntryStatus.PENDING, IdeaReturned)


@dataclass
class TextAct:
    """One act of a facilitator on one text or on several. Each text has its own journal entry.

    `kind` is the word for all texts in the log of acts; "" takes the word of each change. `undoes` is the number of the
    act that this one undoes. `first` is the number of the first entry, None before it. `parentless` are ideas of which
    it is known that they grew from no other one.
    """

    chain: journal.Chain
    round: Round
    actor: Actor
    reason: str = ""
    kind: str = ""
    is_batch: bool = False
    undoes: int | None = None
    first: int | None = None
    parentless: Collection[int] = ()

    def on(self, text: OtherText, *, hides: bool) -> None:
        if isinstance(text.record, Argument):
            self.on_argument(text.record, hides=hides)
        else:
            self.on_idea(text.record, HIDING if hides else SHOWING)

    def on_idea(self, entry: Entry, move: Move) -> None:
        idea, was_shown, before = entry.idea, entry.shown, state_of(entry)
        entry.status = move.after
        if entry.merged_into and move.after == EntryStatus.VISIBLE:
            entry.status = EntryStatus.MERGED  # hidden with its author while it was merged: it goes back to its card
        seq = self.chain.append(*_entry_of(entry, move), self.round)
        self.keep(move.kind, idea.handle, seq, before)
        parents = () if idea.id in self.parentless else None
        touch_idea(self.chain, seq, idea, entry, was_shown=was_shown, parents=parents)
        ids = (self.round.challenge_id, self.round.id, idea.id, idea.author_id)
        self.record(move.event(*ids, self.actor))
        if move.kind == APPROVE and entry.version.n > 1:
            self.record(IdeaEdited(*ids))
        if move.after == EntryStatus.HIDDEN or before.startswith(EntryStatus.HIDDEN):
            self._settle_flags(idea, hides=move.after == EntryStatus.HIDDEN)

    def on_argument(self, argument: Argument, *, hides: bool) -> None:
        before = str(argument.status)
        session = self.chain.transaction.session
        change_status(session, argument, EntryStatus.HIDDEN if hides else EntryStatus.VISIBLE)
        kind = HIDE if hides else SHOW
        seq = self.chain.append(kind, {"argument": argument.id}, self.round)
        self.keep(kind, argument.handle, seq, before)
        card = card_of(self.chain.transaction.session, argument.idea)
        self.chain.touch(seq, [*touched_with(argument), card, "figures"], LANES)
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

    def keep(self, kind: str, handle: str, seq: int, before: str) -> None:
        """Store who did it, why, and what an undo restores."""
        if self.first is None:
            self.first = seq
        word = self.kind if self.kind != HIDE_FLOOD or kind == HIDE else kind
        batch = self.first if self.is_batch else None
        of = {"before": "" if self.undoes else before, "batch": batch, "undoes": self.undoes}
        self.chain.act(word or kind, handle, self.actor, self.reason, seq, **of)  # type: ignore[arg-type]

    def record(self, event: IdeaEvent) -> None:
        self.chain.transaction.record(event)


def _entry_of(entry: Entry, move: Move) -> tuple[str, journal.Body]:
    """The kind and the body of the journal's entry for a change of status."""
    if move.after == EntryStatus.PENDING:
        return "entry", entry_body(entry, entry.version)
    return (HIDE if move.after == EntryStatus.HIDDEN else SHOW), {"entry": entry.id}


def state_of(entry: Entry) -> str:
    """What an undo has to know of an entry: its status and the version of its words, such as "pending 2"."""
    return f"{entry.status} {entry.version.n}"


def require_seen(entry: Entry, seen: int | None) -> None:
    """:raise Changed: if the entry does not show the version that the facilitator read."""
    if seen is not None and entry.version.n != seen:
        raise Changed


def revealed_entry(session: Session, round: Round, idea: Idea) -> Entry:
    """:raise NotFound: if the idea is not in the round, or is still sealed."""
    entry = entry_of(session, round, idea)
    if entry.sealed:
        raise NotFound
    return entry
