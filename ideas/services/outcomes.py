"""Outcomes: what the organisation decides for the ideas of a closed round.

They are later records beside the result, which never changes: the latest outcome of an idea counts, and earlier ones
stay as its history. The journal holds the decision; the reason can be erased and is outside.
"""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import require, write
from ideas.errors import Changed, Invalid, NotClosed, NotFound
from ideas.events import OutcomesSet
from ideas.models import STEERING, Decision, Entry, EntryStatus, IdeaVersion, Organisation, Outcome, Round
from ideas.queries.outcomes import ANSWERED, outcomes_of, waits_for_outcome
from ideas.round_lock import locked_round
from ideas.statements import one_of
from ideas.texts import REASON_MAX, REASONS_MAX, cleaned

# The acts in which an outcome was set, for the log of acts.
ACT = "outcome"


def set_outcomes(
    actor: Actor,
    round_id: int,
    entry_ids: Collection[int] | None,
    decision: Decision,
    reason: str,
    *,
    seen: int,
    groups: Collection[int] = (),
) -> int:
    """Decide for one idea of a closed round or for several at once, as a member of the organisation.

    An idea that has this outcome already, with this reason, keeps it.

    :param entry_ids: None for all ideas whose authors still wait.
    :param seen: the latest act on outcomes of the round that the actor saw.
    :param groups: groups of the round; their ideas whose authors still wait are answered, too.
    :return: the number of ideas that got an outcome.

    :raise Invalid: without a reason or an idea. :raise NotClosed: :raise NotFound: for others, and for an idea that is
        hidden, withdrawn or of another round. :raise Changed: if one of the ideas got another outcome meanwhile, or if
        nobody waits in the only groups; nothing is stored then.
    """
    reason = cleaned("reason", reason, REASON_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        chain, round = locked_round(transaction, round_id)
        policy.role_access(session, actor, round.challenge_id, STEERING)
        if not round.is_closed:
            raise NotClosed
        before = outcomes_of(session, round.id)
        entries = _waiting(session, round) if entry_ids is None else _chosen(session, round, entry_ids, groups)
        if any(entry.id in before and before[entry.id].seq > seen for entry in entries):
            raise Changed
        same = {key for key, row in before.items() if (row.decision, row.reason) == (decision, reason)}
        entries = [entry for entry in entries if entry.id not in same]
        if entries:
            _store(chain, round, actor, entries, decision, reason)
        return len(entries)


def _chosen(session: Session, round: Round, entry_ids: Collection[int], groups: Collection[int]) -> list[Entry]:
    if not (entry_ids or groups):
        raise Invalid(ideas="no_idea")
    chosen = one_of(session, Entry.id, entry_ids)
    entries = _entries(session, Entry.round_id == round.id, Entry.status.in_(ANSWERED), chosen)
    if len(entries) != len(set(entry_ids)):
        raise NotFound
    grouped = _waiting(session, round, Entry.group_id.in_(groups)) if groups else []
    if not (entries or grouped):
        raise Changed
    return list(dict.fromkeys((*entries, *grouped)))


def _waiting(session: Session, round: Round, *conditions: object) -> list[Entry]:
    return _entries(session, Entry.round_id == round.id, waits_for_outcome(), *conditions)


def _entries(session: Session, *conditions: object) -> list[Entry]:
    query = select(Entry).join(IdeaVersion, IdeaVersion.id == Entry.version_id).options(joinedload(Entry.idea))
    return list(session.scalars(query.where(*conditions).order_by(Entry.id)))  # type: ignore[arg-type]


def _store(
    chain: journal.Chain, round: Round, actor: Actor, entries: list[Entry], decision: Decision, reason: str
) -> None:
    session = chain.transaction.session
    seq = chain.append(ACT, {"entries": [entry.id for entry in entries], "outcome": str(decision)}, round)
    chain.act(ACT, round.handle, actor, "", seq)
    for entry in entries:
        session.add(
            Outcome(entry_id=entry.id, seq=seq, round_id=round.id, decision=decision, reason=reason),
        )
    session.flush()
    shown = [entry.idea.handle for entry in entries if entry.shown]
    others = [entry.idea.handle for entry in entries if not entry.shown]
    chain.touch(seq, [round.handle, *shown], [journal.ROOM])
    chain.touch(seq, [round.handle, *shown, *others], [journal.FACILITATORS])
    stays = (Outcome.entry_id == Entry.counted_as) & (Outcome.round_id == round.id) & (Outcome.seq == seq)
    kin = select(Entry).join(Outcome, stays).where(Entry.status == EntryStatus.MERGED)
    entries = [*entries, *session.scalars(kin.options(joinedload(Entry.idea)).order_by(Entry.id))]
    authors = sorted({entry.idea.author_id for entry in entries})
    chain.touch(seq, [round.handle], [f"participant-{author_id}" for author_id in authors])
    idea_ids = tuple(sorted(entry.idea_id for entry in entries))
    chain.transaction.record(OutcomesSet(round.challenge_id, round.id, idea_ids, actor))


class ReasonList(StrEnum):
    """A list of reasons that an organisation uses again, by its column."""

    OUTCOMES = "reasons"
    REFUSALS = "refusals"


def keep_reasons(
    actor: Actor, organisation_id: int, reasons: str, *, was: str, of: ReasonList = ReasonList.OUTCOMES
) -> None:
    """Keep the reasons that members use again, one a line. `was` is the text that the actor saw.

    :raise Invalid: :raise NotFound: for others. :raise Changed: if somebody changed them meanwhile.
    """
    lines = cleaned("reasons", reasons, REASONS_MAX).splitlines()
    kept = [cleaned("reasons", line, REASON_MAX) for line in lines]
    with write() as transaction:
        policy.require_role(transaction.session, actor, organisation_id, STEERING)
        organisation = require(transaction.session, Organisation, organisation_id)
        transaction.session.refresh(organisation, with_for_update=True)
        if getattr(organisation, of) != cleaned("reasons", was, REASONS_MAX):
            raise Changed
        setattr(organisation, of, "\n".join(dict.fromkeys(line for line in kept if line)))
