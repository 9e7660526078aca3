"""Reporting how long a challenge took, after its close: for the pay line, by choice, and never with a name."""

from sqlalchemy import delete, select

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import write
from ideas.errors import Conflict, Invalid, NotClosed
from ideas.models import PROXIES, TimeReport
from ideas.pay import clamped, reading_minutes
from ideas.queries.rounds import latest_close


def report_minutes(actor: Actor, challenge_id: int, minutes: int) -> int:
    """Report the minutes of one's own part, or change them. Each participant has one report.

    :return: the minutes as they are kept, `ideas.pay.clamped`.
    :raise Invalid: `{"minutes": …}` for less than one. :raise NotClosed: before the close.
    :raise Conflict: once the challenge is anonymised: nobody is known any more.
    :raise NotFound: :raise Forbidden: if the actor never took part.
    """
    if minutes < 1:
        raise Invalid(minutes="out_of_range")
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        participant = policy.require_past(session, actor, challenge_id)
        if chain.challenge.anonymised_at or participant.barred_at or participant.tier in PROXIES:
            raise Conflict
        closed_at = latest_close(session, challenge_id)
        if closed_at is None:
            raise NotClosed
        report = session.scalar(select(TimeReport).filter_by(participant_id=participant.id))
        if report is None:
            report = TimeReport(challenge_id=challenge_id, participant_id=participant.id)
            session.add(report)
        least = reading_minutes(f"{chain.challenge.title} {chain.challenge.brief}")
        report.minutes = clamped(minutes, participant.joined_at, closed_at, least)
        chain.challenge.time_reports += 1
        return report.minutes


def withdraw_minutes(actor: Actor, challenge_id: int) -> None:
    """Withdraw one's own report, if there is one.

    :raise NotFound: :raise Forbidden: if the actor never took part.
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        participant = policy.require_past(transaction.session, actor, challenge_id)
        transaction.session.execute(delete(TimeReport).filter_by(participant_id=participant.id))
        chain.challenge.time_reports += 1
