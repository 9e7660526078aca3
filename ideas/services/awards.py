"""Awards: arguments marked as decisive, prizes given after the close, and the names under them.

Awards are later records beside the result, which never changes. An award is never changed either: it is withdrawn with
a reason, and its prize is given anew.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, db, require, write
from ideas.drawing import drawn
from ideas.errors import Changed, Conflict, NotClosed, NotFound, OutcomesStand
from ideas.events import AwardGiven, AwardWithdrawn
from ideas.models import (
    STEERING,
    Anonymity,
    Argument,
    Award,
    AwardClaim,
    AwardPart,
    Entry,
    EntryStatus,
    Outcome,
    Round,
)
from ideas.prizes import prize_rules_of
from ideas.queries.awards import (
    Places,
    awards_in,
    credits_of,
    last_award,
    name_under,
    order_of,
    part_row,
    proposed,
    version_of,
    version_of_name,
)
from ideas.queries.rounds import current_round
from ideas.round_lock import SHARED_LANES, locked_round
from ideas.texts import NAME_MAX, REASON_MAX, cleaned, one_line
from ideas.voting.awards import PrizePart, Win, shared

# The acts, for the log of acts.
MARK, UNMARK, GIVE, WITHDRAW = "decisive", "undecisive", "award", "unaward"
UNNAME = "unclaim"


# Decisive arguments


def mark_decisive(actor: Actor, argument_id: int, reason: str) -> None:
    """Mark an argument as decisive, as a member of the organisation. Its author takes part of the prizes of the idea.

    The room does not see it before the close, so that it sways no vote.

    :raise Invalid: without a reason. :raise NotFound: for others, and for an argument that the room does not see.
    :raise OutcomesStand: once ideas of the round were answered. :raise Conflict: if it is marked already.
    """
    reason = cleaned("reason", reason, REASON_MAX, required=True)
    with write() as transaction:
        chain, argument, round = _markable(transaction, actor, argument_id)
        if argument.decisive_seq is not None:
            raise Conflict
        argument.decisive_seq = chain.append(MARK, {"argument": argument.id}, round)
        argument.decisive_reason = reason
        _after_mark(chain, round, argument, actor, MARK, argument.decisive_seq)


def unmark_decisive(actor: Actor, argument_id: int) -> None:
    """Undo the mark of a decisive argument.

    :raise NotFound: :raise OutcomesStand: as `mark_decisive`. :raise Conflict: if it is not marked.
    """
    with write() as transaction:
        chain, argument, round = _markable(transaction, actor, argument_id)
        if argument.decisive_seq is None:
            raise Conflict
        argument.decisive_seq, argument.decisive_reason = None, ""
        _after_mark(chain, round, argument, actor, UNMARK, chain.append(UNMARK, {"argument": argument.id}, round))


def _markable(transaction: Transaction, actor: Actor, argument_id: int) -> tuple[journal.Chain, Argument, Round]:
    session = transaction.session
    argument = require(session, Argument, argument_id)
    chain = journal.locked(transaction, argument.idea.challenge_id)
    policy.role_access(session, actor, chain.challenge.id, STEERING)
    round = current_round(session, chain.challenge.id)
    entry = session.scalar(select(Entry).where(Entry.idea_id == argument.idea_id).order_by(Entry.id.desc()).limit(1))
    seen = entry is not None and (entry.shown or entry.status == EntryStatus.MERGED)
    if not seen or argument.status != EntryStatus.VISIBLE or argument.reply_to_id is not None:
        raise NotFound
    if outcomes_stand(session, round):
        raise OutcomesStand
    return chain, argument, round


def outcomes_stand(session: Session, round: Round) -> bool:
    """Whether ideas of a round were answered, or awards were given: what is decisive is settled then."""
    answered = session.scalar(select(Outcome.seq).where(Outcome.round_id == round.id).limit(1))
    return answered is not None or bool(last_award(session, round))


def _after_mark(chain: journal.Chain, round: Round, argument: Argument, actor: Actor, act: str, seq: int) -> None:
    chain.act(act, argument.handle, actor, argument.decisive_reason, seq)
    chain.transaction.session.flush()
    lanes = SHARED_LANES if round.is_closed else (journal.FACILITATORS,)
    chain.touch(seq, [argument.handle], lanes)


# Giving and withdrawing


def give_awards(actor: Actor, round_id: int, *, seen: str) -> int:
    """Give the prizes as the order of the closed round says, as a member of the organisation.

    :param seen: the version of the proposal that the actor saw (`queries.awards.version_of`).
    :return: the number of awards.

    :raise NotClosed: :raise NotFound: for others. :raise Changed: if the proposal is another one by now.
    :raise Conflict: if awards of the challenge stand, if a later round has begun, or if there is nothing to give.
    """
    places = _order_before(actor, round_id)
    with write() as transaction:
        session = transaction.session
        chain, round = _closed_round(transaction, actor, round_id)
        proposals = proposed(session, round, places)
        if seen != version_of(session, round, proposals):
            raise Changed
        if not proposals or current_round(session, round.challenge_id).id != round.id:
            raise Conflict
        if any(award.withdrawn_seq is None for award in awards_in(session, round.challenge_id)):
            raise Conflict
        awards = [_award(round, proposal.win, proposal.parts) for proposal in proposals]
        _store(chain, round, actor, awards, "", _lots(places, awards))
        return len(awards)


def _lots(places: Places, awards: list[Award]) -> list[list[int]]:
    """The entries of each tie between which lots were drawn."""
    drawn_at = {places[award.entry_id] for award in awards if award.is_drawn}
    return [[entry for entry, of in places.items() if of == place] for place in sorted(drawn_at)]


def _order_before(actor: Actor, round_id: int) -> dict[int, int]:
    """The order, read before the lock: it takes a while to count, and a closed round never changes."""
    session = db.session()
    round = require(session, Round, round_id)
    policy.role_access(session, actor, round.challenge_id, STEERING)
    places = order_of(session, round)
    session.rollback()
    return places


def _closed_round(transaction: Transaction, actor: Actor, round_id: int) -> tuple[journal.Chain, Round]:
    chain, round = locked_round(transaction, round_id)
    policy.role_access(transaction.session, actor, round.challenge_id, STEERING)
    if not round.is_closed:
        raise NotClosed
    return chain, round


def _award(round: Round, win: Win, parts: list[PrizePart], replaces: Award | None = None) -> Award:
    award = Award(
        round_id=round.id,
        entry_id=win.entry,
        prizes=list(win.prizes),
        cents=win.cents,
        is_shared=win.is_shared,
        is_drawn=win.is_drawn,
        replaces_id=replaces.id if replaces else None,
    )
    award.parts = [part_row(part) for part in parts]
    return award


def _store(
    chain: journal.Chain,
    round: Round,
    actor: Actor,
    awards: list[Award],
    reason: str,
    lots: Sequence[Sequence[int]] = (),
) -> None:
    """Add awards with one entry of the journal. It names no person, and shows the seed of the draw with each tie in the
    order that was drawn.
    """
    session, seed = chain.transaction.session, chain.challenge.draw_seed
    for award in awards:
        award.seq = chain.challenge.seq + 1
        session.add(award)
    session.flush()
    body: dict[str, object] = {"awards": [_body(award) for award in awards]}
    if seed:
        body |= {"seed": seed.hex(), "lots": [drawn(seed, tied) for tied in lots]}
    seq = chain.append(GIVE, body, round)
    chain.act(GIVE, round.handle, actor, reason, seq)
    chain.touch(seq, [round.handle], SHARED_LANES)
    _touch_people(chain, seq, round, awards)
    for award in awards:
        chain.transaction.record(AwardGiven(round.challenge_id, round.id, award.id, actor))


def _body(award: Award) -> dict[str, object]:
    return {
        "award": award.id,
        "entry": award.entry_id,
        "prizes": award.prizes,
        "cents": award.cents,
        "drawn": int(award.is_drawn),
        "parts": [[str(part.kind), part.idea_id or part.argument_id, part.cents] for part in award.parts],
        **({"replaces": award.replaces_id} if award.replaces_id else {}),
    }


def _touch_people(chain: journal.Chain, seq: int, round: Round, awards: list[Award]) -> None:
    people = {part.participant_id for award in awards for part in award.parts if part.participant_id}
    chain.touch(seq, [round.handle], [f"participant-{key}" for key in sorted(people)])


def withdraw_award(actor: Actor, award_id: int, reason: str, *, seen: int) -> None:
    """Withdraw an award, as a member of the organisation. It stays in the history, with the reason.

    :param seen: the number of the latest act on awards that the actor saw (`queries.awards.last_award`).

    :raise Invalid: without a reason. :raise NotFound: for others. :raise Changed: if somebody gave or withdrew awards
        meanwhile. :raise Conflict: if it is withdrawn already.
    """
    reason = cleaned("reason", reason, REASON_MAX, required=True)
    with write() as transaction:
        chain, round, award = _own_award(transaction, actor, award_id, seen)
        if award.withdrawn_seq is not None:
            raise Conflict
        seq = award.withdrawn_seq = chain.append(WITHDRAW, {"award": award.id}, round)
        chain.act(WITHDRAW, award.handle, actor, reason, seq)
        chain.touch(seq, [round.handle], SHARED_LANES)
        _touch_people(chain, seq, round, [award])
        transaction.record(AwardWithdrawn(round.challenge_id, round.id, award.id, actor))


def give_anew(actor: Actor, award_id: int, entry_id: int, reason: str, *, seen: int) -> int:
    """Give the prize of a withdrawn award to an idea of the same round. The parts are those of that idea.

    :return: the id of the new award.
    :raise Invalid: without a reason. :raise NotFound: for others, and for an idea that is not in the ranking.
    :raise Changed: as `withdraw_award`. :raise Conflict: if the award stands, or if its prize was given anew already.
    """
    reason = cleaned("reason", reason, REASON_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        chain, round, before = _own_award(transaction, actor, award_id, seen)
        if before.withdrawn_seq is None or _is_given_anew(session, round, before, before.withdrawn_seq):
            raise Conflict
        entry = session.get(Entry, entry_id)
        if entry is None or entry.round_id != round.id or entry.status != EntryStatus.VISIBLE:
            raise NotFound
        win = Win(entry.id, tuple(before.prizes), before.cents, before.is_shared)
        credits = credits_of(session, round, [entry.id])[entry.id]
        award = _award(round, win, shared(win.cents, prize_rules_of(chain.challenge).shares, credits), before)
        _store(chain, round, actor, [award], reason)
        return award.id


def _is_given_anew(session: Session, round: Round, award: Award, withdrawn: int) -> bool:
    """Whether the prize of a withdrawn award was given anew: alone, or together with all others."""
    return any(
        later.replaces_id == award.id or (later.replaces_id is None and later.seq > withdrawn)
        for later in awards_in(session, round.challenge_id)
    )


def _own_award(transaction: Transaction, actor: Actor, award_id: int, seen: int) -> tuple[journal.Chain, Round, Award]:
    award = require(transaction.session, Award, award_id)
    chain, round = _closed_round(transaction, actor, award.round_id)
    if last_award(transaction.session, round) != seen:
        raise Changed
    return chain, round, require(transaction.session, Award, award_id)


# Names under awards in rounds that hide authors for good


def claim_award(actor: Actor, award_id: int, name: str) -> None:
    """Put a name under an award of one's own, where authors are hidden for good. It is shown for this award alone.

    :raise Invalid: without a name. :raise NotFound: for others. :raise Conflict: if the award was withdrawn, or where
        authors are not hidden for good.
    """
    name = one_line("name", name, NAME_MAX, required=True)
    with write() as transaction:
        chain, award, participant_id = _claimable(transaction, actor, award_id)
        if award.withdrawn_seq is not None or chain.challenge.anonymity != Anonymity.FOR_GOOD:
            raise Conflict
        claim = transaction.session.get(AwardClaim, (award.id, participant_id))
        if claim is None:
            claim = AwardClaim(award_id=award.id, participant_id=participant_id)
            transaction.session.add(claim)
        claim.name, claim.claimed_at = name, clock.now()
        transaction.session.flush()
        _after_claim(chain, award, "claim")


def withdraw_claim(actor: Actor, award_id: int) -> None:
    """Take one's name away from an award. :raise NotFound: for others. :raise Conflict: if there is none."""
    with write() as transaction:
        chain, award, participant_id = _claimable(transaction, actor, award_id)
        claim = transaction.session.get(AwardClaim, (award.id, participant_id))
        if claim is None:
            raise Conflict
        transaction.session.delete(claim)
        transaction.session.flush()
        _after_claim(chain, award, UNNAME)


def remove_name(actor: Actor, part_id: int, reason: str, *, seen: int) -> None:
    """Take away the name that the author of a part typed under the award, as a member of the organisation.

    A name may be rude, or somebody else's. Its author reads the reason, and may type another one.

    :param seen: the version of the name that the actor saw (`queries.awards.version_of_name`).

    :raise Invalid: without a reason. :raise NotFound: for others, and for a part without a typed name.
    :raise Changed: if another name stands there by now.
    """
    reason = cleaned("reason", reason, REASON_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        award = require(session, Award, require(session, AwardPart, part_id).award_id)
        chain, round = locked_round(transaction, award.round_id)
        policy.role_access(session, actor, round.challenge_id, STEERING)
        claim = name_under(session, part_id)
        if claim is None:
            raise NotFound
        if version_of_name(claim) != seen:
            raise Changed
        session.delete(claim)
        session.flush()
        seq = _after_claim(chain, award, UNNAME)
        chain.act(UNNAME, award.handle, actor, reason, seq)


def _claimable(transaction: Transaction, actor: Actor, award_id: int) -> tuple[journal.Chain, Award, int]:
    session = transaction.session
    award = require(session, Award, award_id)
    chain, round = locked_round(transaction, award.round_id)
    participant = policy.require_past(session, actor, round.challenge_id)
    is_erased = not participant.name
    if is_erased or participant.id not in {part.participant_id for part in award.parts}:
        raise NotFound
    return chain, award, participant.id


def _after_claim(chain: journal.Chain, award: Award, kind: str) -> int:
    round = require(chain.transaction.session, Round, award.round_id)
    seq = chain.append(kind, {"award": award.id}, round)
    chain.touch(seq, [round.handle], SHARED_LANES)
    return seq
