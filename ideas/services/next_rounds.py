"""The next round: ideas of a closed round go on into a new one with its own phases, questions and marks.

The closed round and its result stay as they are. The new round waits in its lobby; people who joined stay inside.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.blueprints import (
    CriterionPlan,
    PhasePlan,
    QuestionPlan,
    check_decision,
    check_first_look,
    criteria_of,
    first_look_of,
    phases_of,
    questions_of,
)
from ideas.database import db, require, write
from ideas.entries import entry_body, touch_groups
from ideas.errors import Changed, Conflict, Invalid, NotClosed, PeopleForgotten
from ideas.events import NextRoundBegun
from ideas.models import SHORTLIST, Entry, EntryStatus, Idea, IdeaGroup, IdeaVersion, Moment, Origin, Round
from ideas.promises import opening_of
from ideas.queries.outcomes import outcomes_of
from ideas.queries.rankings import deciding_order
from ideas.queries.rounds import current_round
from ideas.round_lock import SHARED_LANES, locked_round
from ideas.services.phases import checked_plans
from ideas.statements import one_of
from ideas.texts import REASON_MAX, cleaned

# The act, for the log of acts; its reason is why ideas of a tie at the cut were left out.
ACT = "next"


class How(StrEnum):
    """How the ideas that go on are chosen."""

    TOP = "top"
    SHORTLIST = "shortlist"
    CHOSEN = "chosen"


@dataclass(frozen=True)
class Selection:
    """The ideas that go on. `top`: so many of the order that decides; `entries`: the chosen ones.

    `tie`: which ideas of a tie at the cut go on; None takes the whole tie along. `reason` says why.
    """

    how: How
    top: int = 0
    entries: frozenset[int] = frozenset()
    tie: frozenset[int] | None = None
    reason: str = ""


@dataclass(frozen=True)
class NextRound:
    selection: Selection
    plans: tuple[PhasePlan, ...]
    questions: tuple[QuestionPlan, ...]
    live_ranking: bool = False
    auto_close: bool = False
    criteria: tuple[CriterionPlan, ...] = ()  # of the jury; without any there is none
    jury_percent: int = 0  # the weight of the jury in the decision; the rest is the crowd's


@dataclass(frozen=True)
class Candidate:
    """An idea that can go on, with its place in the order that decides; None if that leaves it out."""

    entry_id: int
    place: int | None


def candidates_of(session: Session, round: Round) -> list[Candidate]:
    """The ideas of a closed round that can go on, best first: ranked ones whose words stand. Those without a place in
    the order that decides are last; they can be chosen, but are not among the first ones.

    :raise NotClosed: while the round is open.
    """
    order = deciding_order(session, round)
    return [Candidate(row.idea.entry_id, row.place) for row in order if not row.idea.is_redacted]


@dataclass(frozen=True)
class Cut:
    """The `above` ideas are sure to go on; of the `tied` ones, which share a place, only `free` have room."""

    above: list[int]
    tied: list[int]
    free: int


def cut_at(candidates: Sequence[Candidate], top: int) -> Cut:
    """The cut after the first `top` ideas, which all have a place. Without a tie across it, nothing is tied."""
    first = candidates[:top]
    if top >= len(candidates) or candidates[top].place != candidates[top - 1].place:
        return Cut([each.entry_id for each in first], [], 0)
    place = candidates[top].place
    above = [each.entry_id for each in first if each.place != place]
    return Cut(above, [each.entry_id for each in candidates if each.place == place], top - len(above))


def begin_next_round(actor: Actor, round_id: int, wanted: NextRound) -> int:
    """Begin a round with ideas of the latest one, which is closed. It waits in its lobby.

    :return: the id of the new round.

    :raise Invalid: with a problem for each field: `ideas`, `top`, `tie`, `reason`, and those of phases and questions.
    :raise NotClosed: from an open round. :raise Conflict: if the next round was begun already.
    :raise Changed: if an idea can't go on any more. :raise PeopleForgotten: if nobody knows who took part.
    :raise Forbidden: :raise NotFound:
    """
    plans = checked_plans(wanted.plans)
    check_first_look(plans, wanted.questions[0].rule if wanted.questions else None)
    check_decision(wanted.criteria, wanted.jury_percent, auto_close=wanted.auto_close)
    reason = cleaned("reason", wanted.selection.reason, REASON_MAX)
    candidates = _ranked_before(actor, round_id)
    with write() as transaction:
        session = transaction.session
        chain, before = locked_round(transaction, round_id)
        policy.require_facilitator(session, actor, before.challenge_id)
        if not before.is_closed:
            raise NotClosed
        if current_round(session, before.challenge_id).id != before.id:
            raise Conflict
        if before.is_forgotten or chain.challenge.anonymised_at is not None:
            raise PeopleForgotten
        chosen, left = _selected(session, before, candidates, wanted.selection, reason)
        entries = _entries(session, before, chosen)
        round = _add_round(session, before, plans, wanted)
        chain.challenge.announced_act = None  # its end is counted from the close of the last round
        _open(chain, round, before, wanted.selection, entries, left)
        chain.act(ACT, round.handle, actor, reason, chain.challenge.seq)
        _take_along(chain, round, before, entries)
        transaction.record(NextRoundBegun(round.challenge_id, round.id, actor))
        return round.id


def _ranked_before(actor: Actor, round_id: int) -> list[Candidate]:
    """The candidates, read before the lock: ranking takes a while, and the result of a closed round never changes."""
    session = db.session()
    before = require(session, Round, round_id)
    policy.require_facilitator(session, actor, before.challenge_id)
    candidates = candidates_of(session, before)
    session.rollback()
    return candidates


def _selected(
    session: Session, before: Round, candidates: Sequence[Candidate], of: Selection, reason: str
) -> tuple[list[int], list[int]]:
    """The entries that go on, best first, and those of a tie at the cut that do not."""
    known = [each.entry_id for each in candidates]
    if of.how == How.TOP:
        placed = [each for each in candidates if each.place is not None]
        if not 1 <= of.top <= len(placed):
            raise Invalid(top="out_of_range")
        return _at_cut(cut_at(placed, of.top), of, reason)
    if of.how == How.SHORTLIST:
        listed = {entry for entry, row in outcomes_of(session, before.id).items() if row.decision in SHORTLIST}
        found = [entry for entry in known if entry in listed]
    else:
        if not of.entries <= set(known):
            raise Changed
        found = [entry for entry in known if entry in of.entries]
    if not found:
        raise Invalid(ideas="no_idea")
    return found, []


def _at_cut(cut: Cut, of: Selection, reason: str) -> tuple[list[int], list[int]]:
    if of.tie is None or not cut.tied:
        return cut.above + cut.tied, []
    if not of.tie <= set(cut.tied) or len(of.tie) != cut.free:
        raise Invalid(tie="tie")
    if not reason:
        raise Invalid(reason="missing")
    return (
        cut.above + [entry for entry in cut.tied if entry in of.tie],
        [entry for entry in cut.tied if entry not in of.tie],
    )


def _entries(session: Session, before: Round, chosen: Collection[int]) -> list[Entry]:
    """The entries of the closed round, as the writer sees them now, and those that are merged into them.

    :raise Changed: if one was erased meanwhile.
    """
    merged = and_(one_of(session, Entry.counted_as, chosen), Entry.status == EntryStatus.MERGED)
    query = select(Entry).join(IdeaVersion, IdeaVersion.id == Entry.version_id)
    query = query.where(Entry.round_id == before.id, IdeaVersion.redacted_at.is_(None))
    query = query.where(or_(and_(one_of(session, Entry.id, chosen), Entry.shown), merged)).order_by(Entry.idea_id)
    options = (joinedload(Entry.idea).joinedload(Idea.author), joinedload(Entry.version))
    found = list(session.scalars(query.options(*options)))
    if not set(chosen) <= {entry.id for entry in found}:
        raise Changed
    return found


def _add_round(session: Session, before: Round, plans: tuple[PhasePlan, ...], wanted: NextRound) -> Round:
    origin = Origin.LIVE if before.origin == Origin.IMPORT else before.origin
    round = Round(challenge_id=before.challenge_id, n=before.n + 1, origin=origin, key=secrets.token_bytes(32))
    round.phases = phases_of(plans)
    asked = (questions_of(wanted.questions), criteria_of(wanted.criteria), first_look_of(plans, wanted.questions))
    round.asked = [question for part in asked for question in part]
    round.live_ranking, round.auto_close = wanted.live_ranking, wanted.auto_close
    round.jury_percent = wanted.jury_percent
    session.add(round)
    session.flush()
    return round


def _open(
    chain: journal.Chain, round: Round, before: Round, of: Selection, entries: list[Entry], left: list[int]
) -> None:
    """Begin the round in the journal: its promises, and where its ideas come from."""
    source: dict[str, object] = {
        "round": before.id,
        "how": str(of.how),
        "entries": [e.id for e in entries if e.counted_as is None],
    }
    source |= {"top": of.top} if of.how == How.TOP else {}
    source |= {"left": left} if left else {}
    chain.append("open", opening_of(chain.challenge, round) | {"before": source, "at": clock.to_ms(clock.now())}, round)
    chain.keep_head(Moment.PUBLICATION)


def _take_along(chain: journal.Chain, round: Round, before: Round, entries: list[Entry]) -> None:
    """Enter the ideas with the version that was latest at the close. They were revealed, so they are never sealed.

    Merged ideas are merged again into the one that stays, and ideas of a group that go on are a group again.
    """
    session = chain.transaction.session
    new = [
        Entry(round_id=round.id, idea_id=old.idea_id, version_id=old.version_id, status=EntryStatus.VISIBLE)
        for old in entries
    ]
    session.add_all(new)
    session.flush()
    bodies = [entry_body(entry, old.version) for entry, old in zip(new, entries, strict=True)]
    seq = chain.append_all("entry", bodies, round.id)[-1][0]
    stays = {old.id: entry for old, entry in zip(entries, new, strict=True) if old.counted_as is None}
    for old, entry in zip(entries, new, strict=True):
        if old.counted_as is not None:
            into = stays[old.counted_as]
            seq = chain.append("merge", {"entry": entry.id, "into": into.id}, round)
            entry.status, entry.merged_into, entry.merged_seq = EntryStatus.MERGED, into.id, seq
            entry.counted_as = into.id
    _group_again(chain, round, before, entries, new)
    session.flush()
    # Every screen shows another round: what does not go on leaves the list.
    of_before = select(Idea).join(Entry, Entry.idea_id == Idea.id).where(Entry.round_id == before.id)
    shown = [idea.handle for idea in session.scalars(of_before.where(Entry.shown).order_by(Idea.id))]
    chain.touch(seq, [round.handle, "figures", *shown], SHARED_LANES)
    touch_groups(chain, seq, before)


def _group_again(
    chain: journal.Chain, round: Round, before: Round, entries: Sequence[Entry], new: Sequence[Entry]
) -> None:
    """Group the ideas that go on as they were grouped, where two or more of a group go on."""
    session = chain.transaction.session
    members = defaultdict[int, list[Entry]](list)
    for old, entry in zip(entries, new, strict=True):
        if old.group_id is not None and old.shown:
            members[old.group_id].append(entry)
    names = dict(session.execute(select(IdeaGroup.id, IdeaGroup.name).filter_by(round_id=before.id)).tuples().all())
    for group_id, found in members.items():
        if len(found) < 2:
            continue
        group = IdeaGroup(round_id=round.id, name=names[group_id], seq=0)
        session.add(group)
        session.flush()
        for entry in found:
            entry.group_id = group.id
        body = {"group": group.id, "entries": sorted(entry.id for entry in found), "named": int(bool(group.name))}
        group.seq = chain.append("group", body, round)
