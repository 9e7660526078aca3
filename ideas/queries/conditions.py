"""The conditions of a challenge as pages show them: rights and consents, the promised answer, the pay line."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.conditions import Conditions, conditions_of, prize_cents
from ideas.models import PROXIES, Challenge, Idea, Participant, Rights, RightsConsent, RightsText, Round, TimeReport
from ideas.pay import PayLine, contest_line
from ideas.prizes import prize_rules_of
from ideas.queries.floors import FloorRow, floor_at
from ideas.queries.outcomes import waiting_in
from ideas.rights import present_text


@dataclass(frozen=True)
class RightsRow:
    """A version of the words on rights."""

    n: int
    rights: Rights
    words: str


def rights_asked(session: Session, challenge: Challenge, participant: Participant | None) -> RightsRow | None:
    """The version that a participant has to consent to with their next idea; None if there is none, or they did."""
    text = present_text(session, challenge)
    if text is None or participant is None or session.get(RightsConsent, (participant.id, text.id)) is not None:
        return None
    return RightsRow(text.n, text.rights, text.words)


def rights_given(session: Session, idea_ids: Collection[int]) -> dict[int, RightsRow]:
    """`{idea: the version under which it was given}`; ideas whose rights stay with the author are left out."""
    query = select(Idea.id, RightsText.n, RightsText.rights, RightsText.words)
    rows = session.execute(query.join(RightsText, RightsText.id == Idea.rights_text_id).where(Idea.id.in_(idea_ids)))
    return {idea_id: RightsRow(n, rights, words) for idea_id, n, rights, words in rows}


@dataclass(frozen=True)
class AnswerDue:
    """The promised answer of a challenge, by its latest close. `waiting`: ideas whose authors wait for it."""

    due_at: datetime
    waiting: int

    @property
    def is_overdue(self) -> bool:
        return self.waiting > 0 and self.due_at < clock.now()


def answer_dates(session: Session, challenge_ids: Collection[int]) -> dict[int, datetime]:
    """`{challenge: the instant until which its answer is promised}` of challenges with a closed round that promised
    one; in one statement.
    """
    query = (
        select(Challenge.id, Challenge.answer_at, Challenge.answer_days, func.max(Round.closed_at))
        .join(Round, Round.challenge_id == Challenge.id)
        .where(Challenge.id.in_(challenge_ids), Round.closed_at.is_not(None))
        .where(or_(Challenge.answer_at.is_not(None), Challenge.answer_days.is_not(None)))
        .group_by(Challenge.id, Challenge.answer_at, Challenge.answer_days)
    )
    due = {
        challenge_id: Conditions(answer_at=at, answer_days=days).answer_due_at(closed_at)
        for challenge_id, at, days, closed_at in session.execute(query)
    }
    return {challenge_id: at for challenge_id, at in due.items() if at}


def answers_due(session: Session, challenge_ids: Collection[int]) -> dict[int, AnswerDue]:
    """The same with the authors who wait for it; in two statements."""
    dates = answer_dates(session, challenge_ids)
    waiting = waiting_in(session, dates) if dates else {}
    return {key: AnswerDue(at, waiting[key].ideas if key in waiting else 0) for key, at in dates.items()}


def people_in(session: Session, challenge_id: int) -> int:
    """The number of people who took part, those who left included."""
    query = select(func.count()).select_from(Participant).filter_by(challenge_id=challenge_id, merged_into=None)
    return session.scalar(query.where(Participant.tier.not_in(PROXIES), Participant.barred_at.is_(None))) or 0


@dataclass(frozen=True)
class Reported:
    """The reported minutes of a closed challenge, and the number of people who took part."""

    minutes: tuple[int, ...]
    people: int
    closed_at: datetime


@dataclass(frozen=True)
class ContestPay:
    """The pay line of a challenge, with the floor that it was compared with; None if there is none to compare with."""

    line: PayLine
    currency: str
    floor: FloorRow | None
    at: datetime  # the instant at which the floor holds


def estimated_pay(
    session: Session, cents: int | None, currency: str, conditions: Conditions, reported: Reported | None = None
) -> ContestPay:
    """The pay line by the estimate of these conditions; after the close by what people reported."""
    at, floor = reported.closed_at if reported else clock.now(), None
    if cents and (floor := floor_at(session, conditions.floor_country, at)) and floor.currency != currency:
        floor = None
    minutes, people = (reported.minutes, reported.people) if reported else ((), 0)
    line = contest_line(cents, conditions.expected, minutes, people, floor.cents if floor else None)
    return ContestPay(line, currency, floor, at)


def contest_pay(session: Session, challenge: Challenge, closed_at: datetime | None = None) -> ContestPay:
    """The pay line of a challenge, before its close or as of it."""
    cents, reported = prize_cents(prize_rules_of(challenge), challenge.prize), None
    if cents and closed_at:
        minutes = session.scalars(select(TimeReport.minutes).filter_by(challenge_id=challenge.id))
        reported = Reported(tuple(minutes), people_in(session, challenge.id), closed_at)
    return estimated_pay(session, cents, challenge.currency, conditions_of(challenge), reported)


def own_minutes(session: Session, participant: Participant) -> int | None:
    """The minutes that a participant reported; None if they did not."""
    return session.scalar(select(TimeReport.minutes).filter_by(participant_id=participant.id))
