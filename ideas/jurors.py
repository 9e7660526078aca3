"""Mechanics of the jury, shared by the services that seat a juror, end a seat, or forget a person.

All functions but the last open no transaction: the caller holds the lock of the challenge.
"""

import secrets
from collections import Counter
from datetime import timedelta

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.database import db, write
from ideas.devices import digest_of
from ideas.marks import Cast, LatestMark, TallyKey, mark_body, store_marks, store_tallies
from ideas.models import (
    Ballot,
    Entry,
    Juror,
    JurorInvitation,
    Mark,
    MergedMark,
    Participant,
    Round,
    ScoreSheet,
    Tier,
)
from ideas.people import new_participant, new_person
from ideas.queries.jurors import CONFLICT
from ideas.statements import at_once
from ideas.voting.rules import NO_GRADE

# The time for which a link can be used.
LIFETIME = timedelta(days=30)

# The kind of every act on the jury in the journal; `did` says which.
ACT = "jury"


def seat_juror(session: Session, round: Round, person_id: int, name: str, invitation: JurorInvitation) -> Juror:
    """Add a juror with a seat of their own."""
    hidden = f"jury {secrets.token_hex(12)}"  # names are unique in a challenge; this one stands nowhere
    seat = new_participant(round.challenge_id, new_person(session).id, hidden, Tier.JURY)
    session.add(seat)
    session.flush()
    juror = Juror(round_id=round.id, person_id=person_id, seat_id=seat.id, name=name, digest=invitation.digest)
    juror.invited_at, juror.accepted_at = invitation.created_at, clock.now()
    session.add(juror)
    session.flush()
    return juror


def end_seat(chain: journal.Chain, round: Round, juror: Juror) -> None:
    """End a juror's seat in an open round: their marks do not count any more, and their name and notes are deleted."""
    session, questions = chain.transaction.session, [question.id for question in round.criteria]
    pseudonym = journal.pseudonym(round.key, juror.seat.secret)
    keys = (Mark.question_id, Mark.subject, Mark.versus, Mark.value)
    of_seat = (Mark.question_id.in_(questions), Mark.participant_id == juror.seat_id)
    marks = session.execute(select(*keys).where(*of_seat)).tuples().all()
    tallies: Counter[TallyKey] = Counter()
    for mark in marks:
        tallies[mark] -= 1
    for question in sorted({mark[0] for mark in marks}):
        chain.append("exclude", {"p": pseudonym, "q": question, "reason": "jury"}, round)
    for table in (Mark, MergedMark, Ballot):
        session.execute(
            delete(table)
            .where(table.question_id.in_(questions), table.participant_id == juror.seat_id)
            .execution_options(synchronize_session=False)
        )
    with at_once(session) as statements:
        store_tallies(statements, tallies)
    juror.seat.barred_at = clock.now()
    delete_juror(session, juror)


def delete_juror(session: Session, juror: Juror) -> None:
    session.execute(delete(ScoreSheet).filter_by(juror_id=juror.id).execution_options(synchronize_session=False))
    session.delete(juror)
    session.flush()


def forget_juror(session: Session, juror: Juror) -> None:
    """Forget who sat on a seat of a closed round, with the notes. The marks stay in the result."""
    juror.name, juror.digest, juror.person_id = "", "", juror.seat.person_id
    session.execute(update(ScoreSheet).filter_by(juror_id=juror.id).values(note=""))
    session.flush()


def keep_conflicts(chain: journal.Chain, round: Round, pair: tuple[int, int]) -> None:
    """Before two entries are merged: keep what a juror gave one of them from counting, if the other has a conflict.

    The entry with the conflict gets "can't say" anew. It is the latest mark then, so it stands for both while the merge
    stands; the grades come back exactly when the merge ends.
    """
    if not round.criteria:
        return
    session, stands = chain.transaction.session, func.coalesce(Entry.counted_as, Entry.id)
    declared = (
        select(Juror.seat_id, stands)
        .join(ScoreSheet, and_(ScoreSheet.juror_id == Juror.id, ScoreSheet.conflict_at.is_not(None)))
        .join(Entry, Entry.id == ScoreSheet.entry_id)
        .where(Juror.round_id == round.id, stands.in_(pair))
    )
    conflicts = sorted(set(session.execute(declared).tuples()))
    given = select(Mark.participant_id, Mark.subject, Mark.question_id, Mark.value).where(
        Mark.participant_id.in_({seat for seat, _ in conflicts}),
        Mark.question_id.in_([question.id for question in round.criteria]),
        Mark.subject.in_(pair),
    )
    stored = {(seat, entry, q): value for seat, entry, q, value in session.execute(given)} if conflicts else {}
    for seat, entry in conflicts:
        other = pair[0] if entry == pair[1] else pair[1]
        for question in round.criteria:
            if stored.get((seat, other, question.id), NO_GRADE) != NO_GRADE:
                _end_grade(chain, round, (question.id, seat, entry), stored.get((seat, entry, question.id)))


def _end_grade(chain: journal.Chain, round: Round, of: tuple[int, int, int], before: int | None) -> None:
    """Cast "can't say" for `(criterion, seat, entry)`; `before` is the mark that stood there."""
    session, (question, seat, entry) = chain.transaction.session, of
    voter, n = session.get_one(Participant, seat), chain.challenge.seq
    cast = Cast(seat, round.id, "", CONFLICT, n, {entry: NO_GRADE}, question)
    body = mark_body(journal.pseudonym(round.key, voter.secret), voter.tier, question, cast)
    seq = chain.append("mark", body, round)
    tallies: Counter[TallyKey] = Counter({(question, entry, 0, NO_GRADE): 1})
    if before is not None:
        tallies[question, entry, 0, before] -= 1
    with at_once(session) as statements:
        store_marks(
            statements,
            [LatestMark(question, seat, entry, 0, NO_GRADE, seq, CONFLICT, n, clock.to_ms(clock.now()))],
        )
        store_tallies(statements, tallies)


def part_juror(chain: journal.Chain, juror: Juror) -> None:
    """Take a person off a jury: the seat ends in an open round; of a closed one nobody knows any more whose it was."""
    round = chain.transaction.session.get_one(Round, juror.round_id)
    if round.is_closed:
        forget_juror(chain.transaction.session, juror)
        return
    end_seat(chain, round, juror)
    seq = chain.append(ACT, {"did": "leave"}, round)
    chain.touch(seq, [round.handle], [journal.FACILITATORS])


def seats_taken(session: Session, round_id: int) -> int:
    """The number of jurors and of open invitations; those to one address count once."""
    jurors = select(func.count()).select_from(Juror).filter_by(round_id=round_id)
    invited = select(JurorInvitation.id, JurorInvitation.email).where(
        JurorInvitation.round_id == round_id, JurorInvitation.expires_at > clock.now()
    )
    return (session.scalar(jurors) or 0) + len({email or n for n, email in session.execute(invited)})


def add_invitation(session: Session, round_id: int, token: str, email: str = "") -> JurorInvitation:
    """Add an invitation whose link has this secret."""
    invitation = JurorInvitation(digest=digest_of(token), round_id=round_id, email=email)
    invitation.created_at, invitation.expires_at = clock.now(), clock.now() + LIFETIME
    session.add(invitation)
    session.flush()
    return invitation


def open_invitation(session: Session, round_id: int, email: str) -> JurorInvitation | None:
    """The first invitation that waits for the owner of an address."""
    query = select(JurorInvitation).filter_by(round_id=round_id, email=email).order_by(JurorInvitation.id)
    return session.scalars(query.where(JurorInvitation.expires_at > clock.now()).limit(1)).first()


def another_link(session: Session, invitation: JurorInvitation) -> str:
    """One more link of an invitation, for an attempt to send it. :return: its secret, which is kept nowhere."""
    token = secrets.token_urlsafe(24)
    another = add_invitation(session, invitation.round_id, token, invitation.email)
    another.created_at, another.expires_at = invitation.created_at, invitation.expires_at
    return token


def prune_invitations() -> None:
    """Delete the invitations whose time is over, with the addresses in them. Without any, nothing is written."""
    old = JurorInvitation.expires_at < clock.now()
    is_due = db.session.scalar(select(JurorInvitation.id).where(old).limit(1)) is not None
    db.session.rollback()
    if is_due:
        with write() as transaction:
            transaction.session.execute(delete(JurorInvitation).where(old))
