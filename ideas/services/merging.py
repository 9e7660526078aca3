"""Merging two ideas into one entry, and ending a merge: before, during and after the vote, until the close.

A merge keeps people, not sums: who marked both counts once, by the ballot rule (`ideas.voting.combining`). The journal
says which entry stands for which; the marks in it never change.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ideas import journal
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.entries import entry_of
from ideas.errors import Changed, Conflict, Invalid, NotFound
from ideas.events import IdeaMerged
from ideas.exposures import deal_in_place, lock_ledger
from ideas.jurors import keep_conflicts
from ideas.merging import MERGE, merges_of, note_kin, separate, settle, touch_kin
from ideas.models import Entry, EntryStatus, Idea, Round
from ideas.round_lock import facilitated_current_round
from ideas.texts import REASON_MAX, cleaned
from ideas.voting.combining import kin_of


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
        merges, changed = merges_of(session, act.round.id), set[int]()
        keep_conflicts(act.chain, act.round, (gone.id, into.id))
        kin = [*kin_of(into.id, merges), *kin_of(gone.id, merges)]
        seq = act.chain.append("merge", {"entry": gone.id, "into": into.id}, act.round)
        gone.status, gone.merged_into, gone.merged_seq = EntryStatus.MERGED, into.id, seq
        lock_ledger(session, [question.id for question in act.round.asked])
        merges = note_kin(session, act.round.id, kin)
        for question in act.round.asked:
            changed |= settle(session, question, kin, merges)
            deal_in_place(session, question.id, gone.id, into.id)
        act.keep(MERGE, seq, reason)
        touch_kin(act.chain, seq, (gone, into), changed, was_shown=True)
        author_id = gone.idea.author_id
        transaction.record(IdeaMerged(act.round.challenge_id, act.round.id, idea_id, author_id, into_id, seq, actor))


def unmerge_idea(actor: Actor, idea_id: int, reason: str = "", *, into: int | None = None) -> None:
    """End the merge of an idea: it stands alone again, with exactly the marks that were given to it.

    An idea that was withdrawn or hidden meanwhile stays so; the marks of both are as they were cast all the same.

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
        act.keep("unmerge", separate(act.chain, act.round, back, actor), reason)


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
        chain, round = facilitated_current_round(transaction, actor, challenge_id)
        return cls(chain, round, actor, _entry(session, round, idea_id))

    def keep(self, kind: str, seq: int, reason: str) -> None:
        """Store who did it, and why."""
        before = str(EntryStatus.VISIBLE) if kind == MERGE else ""
        self.chain.act(kind, self.entry.idea.handle, self.actor, reason, seq, before=before)


def _entry(session: Session, round: Round, idea_id: int) -> Entry:
    """:raise NotFound: if the idea is not in the round, or is still sealed."""
    entry = entry_of(session, round, require(session, Idea, idea_id))
    if entry.sealed:
        raise NotFound
    return entry
