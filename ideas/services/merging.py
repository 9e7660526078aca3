"""Merging two ideas into one entry, and ending a merge: before, during and after the vote, until the close.

A merge keeps people, not sums: who marked both counts once, by the ballot rule (`ideas.voting.combining`). The journal
says which entry stands for which; the marks in it never change.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.entries import entry_of, touch_idea
from ideas.errors import Changed, Conflict, Invalid, NotFound
from ideas.events import IdeaMerged, IdeaUnmerged
from ideas.exposures import deal_in_place, take_back_deals
from ideas.merging import fit_again, merges_of, settle
from ideas.models import Argument, Entry, EntryStatus, Idea, Round
from ideas.queries.rounds import current_round
from ideas.texts import REASON_MAX, cleaned
from ideas.voting.combining import Merges, kin_of, stays


@dataclass(frozen=True)
class Seen:
    """The versions of the two ideas that the facilitator read: of the merged one, and of the one that stays."""

    idea: int
    into: int


def merge_ideas(actor: Actor, idea_id: int, into_id: int, reason: str = "", *, seen: Seen | None = None) -> None:
    """Merge an idea into another one, which stays and stands for both.

    Ideas that were merged into it come along. Both must be visible to the room.

    :raise Invalid: if both are the same idea. :raise NotFound: if one is not in the current round, or sealed.
    :raise Conflict: if one is hidden, withdrawn, pending or merged by now. :raise Changed: if one has other words by
        now. :raise RoundIsClosed: :raise Forbidden:
    """
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        act = _MergeAct.on(transaction, actor, idea_id)
        session, gone = transaction.session, act.entry
        into = _entry(session, act.round, into_id)
        if gone is into:
            raise Invalid(into="same")
        if not gone.shown or not into.shown:
            raise Conflict
        if seen and (gone.version.n, into.version.n) != (seen.idea, seen.into):
            raise Changed
        seq = act.chain.append("merge", {"entry": gone.id, "into": into.id}, act.round)
        gone.status, gone.merged_into, gone.merged_seq = EntryStatus.MERGED, into.id, seq
        act.note_kin()
        for question in act.round.questions:
            settle(session, question, act.kin(), act.merges())
            deal_in_place(session, question.id, gone.id, into.id)
        act.tell("merge", seq, reason, gone, into, was_shown=True)
        author_id = gone.idea.author_id
        transaction.record(IdeaMerged(act.round.challenge_id, act.round.id, idea_id, author_id, into_id, seq, actor))


def unmerge_idea(actor: Actor, idea_id: int, reason: str = "", *, into: int | None = None) -> None:
    """End the merge of an idea: it stands alone again, with exactly the marks that were given to it.

    An idea that its author withdrew meanwhile stays withdrawn; the marks of both are as they were cast all the same.

    :param into: the idea into which it was merged when the facilitator saw it.
    :raise Conflict: if it is not merged (any more), or into another idea by now. :raise NotFound: :raise RoundIsClosed:
    :raise Forbidden:
    """
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        act = _MergeAct.on(transaction, actor, idea_id)
        session, back = transaction.session, act.entry
        if back.merged_into is None:
            raise Conflict
        stood_for = session.get_one(Entry, back.merged_into)
        if into is not None and stood_for.idea_id != into:
            raise Conflict
        kin, above = act.kin(), _above(back.id, act.merges())
        seq = act.chain.append("unmerge", {"entry": back.id}, act.round)
        back.merged_into = back.merged_seq = None
        if back.status == EntryStatus.MERGED:
            back.status = EntryStatus.VISIBLE
        act.note_kin(kin)
        for question in act.round.questions:
            changed = settle(session, question, kin, act.merges())
            fit_again(act.chain, act.round, question, changed)
            take_back_deals(session, question.id, back.id, above)
        act.tell("unmerge", seq, reason, back, stood_for, was_shown=False)
        ids = (act.round.challenge_id, act.round.id, idea_id, back.idea.author_id, stood_for.idea_id)
        transaction.record(IdeaUnmerged(*ids, seq, actor))


@dataclass(frozen=True)
class _MergeAct:
    """An act of a facilitator on an entry, under the lock of its challenge."""

    chain: journal.Chain
    round: Round
    actor: Actor
    entry: Entry

    @classmethod
    def on(cls, transaction: Transaction, actor: Actor, idea_id: int) -> "_MergeAct":
        session = transaction.session
        challenge_id = require(session, Idea, idea_id).challenge_id
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        round = current_round(session, challenge_id)
        policy.require_open(round)
        return cls(chain, round, actor, _entry(session, round, idea_id))

    def merges(self) -> Merges:
        return merges_of(self.chain.transaction.session, self.round.id)

    def kin(self) -> list[int]:
        """The entries that are merged with this one, directly or not."""
        return kin_of(self.entry.id, self.merges())

    def note_kin(self, entries: Iterable[int] = ()) -> None:
        """Store which entry stands for each of these, by default for each that is merged with this one."""
        session = self.chain.transaction.session
        session.flush()
        merges = self.merges()
        for key in entries or self.kin():
            entry, root = session.get_one(Entry, key), stays(key, merges)
            entry.counted_as = None if root == key else root
        session.flush()

    def tell(self, kind: str, seq: int, reason: str, entry: Entry, other: Entry, *, was_shown: bool) -> None:
        """Store who did it, and touch everything that looks different now."""
        session = self.chain.transaction.session
        self.chain.act(kind, entry.idea.handle, self.actor, reason, seq)
        touch_idea(self.chain, seq, entry.idea, entry, was_shown=was_shown)
        root = session.get_one(Entry, stays(other.id, self.merges()))
        for stands in {other.id: other, root.id: root}.values():
            touch_idea(self.chain, seq, stands.idea, stands, was_shown=stands.shown)
        # Their arguments stand beside those of another idea now.
        ideas = select(Entry.idea_id).where(Entry.id.in_(_below(entry.id, self.merges())))
        arguments = select(Argument).where(Argument.idea_id.in_(ideas), Argument.status == EntryStatus.VISIBLE)
        handles = [argument.handle for argument in session.scalars(arguments.order_by(Argument.id))]
        self.chain.touch(seq, handles, [*([journal.ROOM] if root.shown else []), journal.FACILITATORS])


def _entry(session: Session, round: Round, idea_id: int) -> Entry:
    """:raise NotFound: if the idea is not in the round, or is still sealed."""
    entry = entry_of(session, round, require(session, Idea, idea_id))
    if entry.sealed:
        raise NotFound
    return entry


def _below(entry: int, merges: Merges) -> set[int]:
    """An entry and those for which it stands."""
    return {one for one in kin_of(entry, merges) if one == entry or entry in _above(one, merges)}


def _above(entry: int, merges: Merges) -> list[int]:
    """The entries that stand for an entry, the nearest first."""
    found = []
    while entry in merges:
        entry = merges[entry].into
        found.append(entry)
    return found
