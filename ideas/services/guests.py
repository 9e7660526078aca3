"""A guest signs in: the account takes over everything that the guest did.

If both took part in a challenge, the account's participant stays and takes over the guest's contributions. Of two marks
on one entry the later one counts. Closed rounds do not change.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.actor import Actor
from ideas.arguing import move_points
from ideas.database import Transaction, write
from ideas.devices import end_devices
from ideas.events import FacilitationChanged, GuestAdopted, ParticipantBarred, ParticipantsCombined
from ideas.exposures import combine_exposures, lock_ledger
from ideas.flagging import move_flags
from ideas.jurors import part_juror
from ideas.marks import Cast, LatestMark, TallyKey, mark_body, store_marks, store_tallies
from ideas.merging import cast_marks, merges_of, settle
from ideas.models import (
    Argument,
    AwardClaim,
    AwardPart,
    Ballot,
    DevicePerson,
    ExcludedBallot,
    ExcludedMark,
    Facilitation,
    Idea,
    Juror,
    Mark,
    Operation,
    Participant,
    Person,
    PersonalInvitation,
    RightsConsent,
    Round,
    Tier,
    TimeReport,
)
from ideas.people import new_nonce, new_person, take_facilitation
from ideas.queries.ideas import VisibleHandles, visible_handles_of
from ideas.queries.rounds import current_round
from ideas.statements import at_once
from ideas.turns import move_turns
from ideas.voting.combining import Given, Merges, combined
from ideas.voting.rules import BallotRule, subject_of

# The client of a mark that was cast by a guest or an account holder before they were combined.
COMBINED = "combined"


def adopt_guest(guest_person_id: int, account_id: int) -> int:
    """Merge the guest of this browser into the account holder.

    The guest ends: other browsers signed in as this guest, and the private return link, stop working. They were given
    to a guest, not to the account.

    :return: the browser's person from now on.
    """
    with write() as transaction:
        session = transaction.session
        guest = session.get_one(Person, guest_person_id)
        holder = session.scalar(select(Person).filter_by(account_id=account_id))
        if guest.account_id == account_id:
            return guest.id
        if guest.account_id is not None:
            # The browser is shared and the person has another account: nothing of theirs moves.
            return holder.id if holder else _fresh_holder(session, account_id)
        end_devices(transaction, guest.id)
        session.execute(delete(DevicePerson).filter_by(person_id=guest.id))
        guest.return_nonce = new_nonce()
        if holder is None:
            guest.account_id = account_id
            _promote(session, guest.id)
            transaction.record(GuestAdopted(account_id, guest.id, guest.id))
            return guest.id
        _lock_all(transaction, guest.id)
        query = select(Participant).filter_by(person_id=guest.id, merged_into=None).order_by(Participant.challenge_id)
        for participant in list(session.scalars(query)):
            _move(transaction, participant, holder, account_id)
        _move_facilitations(transaction, guest.id, holder.id)
        _move_seats(transaction, guest.id, holder.id)
        came = update(PersonalInvitation).where(PersonalInvitation.person_id == guest.id)
        session.execute(came.values(person_id=holder.id))
        transaction.record(GuestAdopted(account_id, guest.id, holder.id))
        return holder.id


def _fresh_holder(session: Session, account_id: int) -> int:
    person = new_person(session)
    person.account_id = account_id
    return person.id


def _lock_all(transaction: Transaction, guest_id: int) -> None:
    """Lock the challenges of a guest who is on a jury, in the order in which every act locks several challenges.

    Others are locked one after the other in that order as their participants move.
    """
    session = transaction.session
    seats = session.scalars(select(Round.challenge_id).join(Juror).where(Juror.person_id == guest_id)).all()
    if seats:
        rooms = session.scalars(select(Participant.challenge_id).filter_by(person_id=guest_id, merged_into=None))
        for challenge_id in sorted({*seats, *rooms}):
            journal.locked(transaction, challenge_id)


def _promote(session: Session, person_id: int) -> None:
    session.execute(
        update(Participant)
        .where(Participant.person_id == person_id, Participant.tier == Tier.OPEN)
        .values(tier=Tier.SIGNED_IN)
    )


def _move(transaction: Transaction, guest: Participant, holder: Person, account_id: int) -> None:
    session = transaction.session
    actor = Actor(holder.id, account_id)
    staying = policy.participation(session, actor, guest.challenge_id)
    if staying is None:
        guest.person_id = holder.id
        guest.tier = Tier.SIGNED_IN if guest.tier == Tier.OPEN else guest.tier
        session.flush()
        return
    chain = journal.locked(transaction, guest.challenge_id)
    round = current_round(session, guest.challenge_id)
    written = visible_handles_of(session, round, guest.id)
    if guest.erasing_since is None:  # else the texts wait to be erased: only the guest's, none of the account's
        _move_contributions(session, guest, staying)
    move_flags(session, guest, staying)
    if guest.left_at is None:
        staying.left_at = None
    guest.merged_into = staying.id
    staying.link_id = staying.link_id or guest.link_id
    if guest.barred_at and not staying.barred_at:
        staying.barred_at = guest.barred_at  # signing in must not undo a removal
        take_facilitation(transaction, chain, actor, staying)
        transaction.record(ParticipantBarred(guest.challenge_id, staying.id, actor))
    if not round.is_closed:
        move_points(session, round, guest, staying)
        move_turns(session, guest, staying)
        _move_marks(transaction, chain, round, guest, staying)
    # The body has no ids: next to the pseudonyms of earlier entries they would reveal whose ballots those are.
    seq = chain.append("combine", {})
    if not policy.sees_authors(chain.challenge.anonymity, round.is_closed):
        written = VisibleHandles(
            [], []
        )  # no name changes on any screen, and what came together must not tell that it did
    chain.touch(seq, [*written.room, "figures"], [journal.ROOM])
    chain.touch(seq, [*written.facilitators, guest.handle, staying.handle, "figures"], [journal.FACILITATORS])
    chain.touch(seq, [staying.handle], [staying.lane])
    transaction.record(ParticipantsCombined(guest.challenge_id, staying.id, guest.id))
    session.flush()


def _move_facilitations(transaction: Transaction, guest_id: int, holder_id: int) -> None:
    """Give the guest's facilitations to the account, except in challenges from which the account was removed."""
    session = transaction.session
    for given in list(session.scalars(select(Facilitation).filter_by(person_id=guest_id))):
        session.delete(given)
        key = (given.challenge_id, holder_id)
        removed = select(Participant.id).filter_by(challenge_id=given.challenge_id, person_id=holder_id)
        if session.get(Facilitation, key) or session.scalar(removed.where(Participant.barred_at.is_not(None))):
            continue
        moved = Facilitation(challenge_id=given.challenge_id, person_id=holder_id, since=given.since)
        moved.name = given.name
        session.add(moved)
        transaction.record(FacilitationChanged(*key))
    session.flush()


def _move_seats(transaction: Transaction, guest_id: int, holder_id: int) -> None:
    """Give the guest's seats on juries to the account. Where the account has one, it stays, and the guest's ends."""
    session = transaction.session
    for round_id in list(
        session.scalars(select(Juror.round_id).filter_by(person_id=guest_id).order_by(Juror.round_id))
    ):
        chain = journal.locked(transaction, session.get_one(Round, round_id).challenge_id)
        juror = session.scalars(select(Juror).filter_by(round_id=round_id, person_id=guest_id)).one()
        if session.scalar(select(Juror.id).filter_by(round_id=round_id, person_id=holder_id)):
            part_juror(chain, juror)
        else:
            juror.person_id = holder_id
        session.flush()


def _move_contributions(session: Session, guest: Participant, staying: Participant) -> None:
    """Move the guest's ideas and arguments, and their commands, so that a repeated command is recognised."""
    session.execute(update(Idea).where(Idea.author_id == guest.id).values(author_id=staying.id))
    session.execute(update(Argument).where(Argument.author_id == guest.id).values(author_id=staying.id))
    session.execute(update(AwardPart).where(AwardPart.participant_id == guest.id).values(participant_id=staying.id))
    both = select(AwardClaim.award_id).where(AwardClaim.participant_id == staying.id)
    claims = update(AwardClaim).where(AwardClaim.participant_id == guest.id, AwardClaim.award_id.not_in(both))
    session.execute(claims.values(participant_id=staying.id))
    session.execute(delete(AwardClaim).where(AwardClaim.participant_id == guest.id))
    _move_conditions(session, guest, staying)
    known = select(Operation.op).filter_by(owner=staying.handle)
    session.execute(
        update(Operation)
        .where(Operation.owner == guest.handle, Operation.op.not_in(known))
        .values(owner=staying.handle, digest=None)  # the digest needs the guest's secret
        .execution_options(synchronize_session=False)
    )


def _move_conditions(session: Session, guest: Participant, staying: Participant) -> None:
    """Move the guest's consents and time report. Where both have one, the account's stays."""
    agreed = select(RightsConsent.rights_text_id).filter_by(participant_id=staying.id)
    consents = update(RightsConsent).where(RightsConsent.participant_id == guest.id)
    session.execute(consents.where(RightsConsent.rights_text_id.not_in(agreed)).values(participant_id=staying.id))
    session.execute(delete(RightsConsent).where(RightsConsent.participant_id == guest.id))
    if session.scalar(select(TimeReport.id).filter_by(participant_id=staying.id)) is None:
        reports = update(TimeReport).where(TimeReport.participant_id == guest.id)
        session.execute(reports.values(participant_id=staying.id))
    session.execute(delete(TimeReport).where(TimeReport.participant_id == guest.id))


def _move_marks(
    transaction: Transaction, chain: journal.Chain, round: Round, guest: Participant, staying: Participant
) -> None:
    """Combine two ballots: the journal removes the guest's pseudonym and casts the remaining marks again."""
    session = transaction.session
    people = (guest.id, staying.id)
    lock_ledger(session, [question.id for question in round.asked])
    merges = merges_of(session, round.id)
    for question in round.polled:
        _drop_left_out(chain, round, question.id, (guest, staying))
        combine_exposures(session, question.id, guest.id, staying.id)
        # A combined mark gets a new number; its time is that of the vote, in milliseconds. Of marks of the same one, a
        # combined mark counts as the earlier, since its number says nothing.
        marks = sorted(
            cast_marks(session, question.id, people), key=lambda mark: (mark.at, mark.client != COMBINED, mark.seq)
        )
        counts = _that_count(question.ballot_rule, marks, merges)
        if not any(m.participant_id == guest.id for m in marks) and len(counts) == len(marks):
            continue
        settle(session, question, None, {}, people)  # so that the tallies are those of the marks as they were cast
        merged = [m for m in counts if any(entry in merges or entry in _into(merges) for entry in m.key)]
        _recast(chain, round, question.id, guest, staying, counts, merged)
        tallies: defaultdict[TallyKey, int] = defaultdict(int)
        for mark in marks:
            tallies[question.id, mark.subject, mark.versus, mark.value] -= 1
        for mark in counts:
            tallies[question.id, mark.subject, mark.versus, mark.value] += 1
        kept = [_as_mark_of(m, staying, m.seq if m in merged else chain.challenge.seq) for m in counts]
        session.execute(delete(Mark).where(Mark.question_id == question.id, Mark.participant_id.in_(people)))
        with at_once(session) as statements:
            store_marks(statements, kept)
            store_tallies(statements, tallies)
        settle(session, question, None, merges, [staying.id])
        _combine_ballots(session, question.id, guest, staying, has_marks=bool(kept))
    session.flush()


def _into(merges: Merges) -> set[int]:
    return {merge.into for merge in merges.values()}


def _drop_left_out(
    chain: journal.Chain, round: Round, question_id: int, people: tuple[Participant, Participant]
) -> None:
    """Drop the marks that are left out with a wave: two ballots of one person must not come back side by side."""
    session = chain.transaction.session
    for person in people:
        found = session.execute(delete(ExcludedMark).filter_by(question_id=question_id, participant_id=person.id))
        session.execute(delete(ExcludedBallot).filter_by(question_id=question_id, participant_id=person.id))
        if found.rowcount:  # type: ignore[attr-defined]
            pseudonym = journal.pseudonym(round.key, person.secret)
            chain.append("exclude", {"p": pseudonym, "q": question_id, "reason": "combined"}, round)


def _that_count(rule: BallotRule, marks: Sequence[LatestMark], merges: Merges) -> list[LatestMark]:
    """The marks of two ballots that count, oldest first: the later one on each subject.

    Marks on ideas that become one's own by this stay: their absence in the journal would show who wrote them. If the
    marks exceed the limit of one ballot, only the ballot with the latest mark counts.
    """

    def latest(of: Sequence[LatestMark]) -> list[LatestMark]:
        return list({m.key: m for m in of}.values())

    together = latest(marks)
    counted = combined(rule.combined, {m.key: Given(m.value, m.seq) for m in together}, merges)
    if rule.fits([mark.value for mark in counted.values()]):
        return together
    return latest([m for m in marks if m.participant_id == marks[-1].participant_id])


def _recast(
    chain: journal.Chain,
    round: Round,
    question_id: int,
    guest: Participant,
    staying: Participant,
    marks: Iterable[LatestMark],
    merged: Iterable[LatestMark],
) -> None:
    """The marks on merged entries keep the numbers under which they were cast (`o`): by these they combine."""
    for left_out in (guest, staying):
        pseudonym = journal.pseudonym(round.key, left_out.secret)
        chain.append("exclude", {"p": pseudonym, "q": question_id, "reason": "combined"}, round)
    values = {subject_of(m.key): m.value for m in marks}
    if values:
        cast = Cast(staying.id, round.id, "", COMBINED, chain.challenge.seq, values, question_id)
        pseudonym = journal.pseudonym(round.key, staying.secret)
        numbers = sorted([*m.key, m.seq] if m.versus else [m.subject, m.seq] for m in merged)
        chain.append(
            "mark", mark_body(pseudonym, staying.tier, question_id, cast) | ({"o": numbers} if numbers else {}), round
        )


def _as_mark_of(mark: LatestMark, staying: Participant, seq: int) -> LatestMark:
    return replace(mark, participant_id=staying.id, seq=seq, client=COMBINED, n=0)


def _combine_ballots(
    session: Session, question_id: int, guest: Participant, staying: Participant, *, has_marks: bool
) -> None:
    """Combine two ballots into one; it is ended if both were."""
    people = (guest.id, staying.id)
    ballots = list(
        session.scalars(select(Ballot).filter_by(question_id=question_id).where(Ballot.participant_id.in_(people)))
    )
    done = [ballot.done_at for ballot in ballots]
    for ballot in ballots:
        session.delete(ballot)
    session.flush()
    if has_marks:
        done_at = max(filter(None, done)) if all(done) else None
        session.add(Ballot(question_id=question_id, participant_id=staying.id, done_at=done_at))
