"""The pay line of contests: what an hour brings by the estimate or by the reports, beside the minimum wage."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.conditions import Conditions, conditions_of, prize_cents
from ideas.models import PROXIES, Challenge, Entry, Idea, Origin, Participant, Round, TimeReport
from ideas.pay import AVERAGE_FROM, Effort, PayLine, contest_line, times_expected
from ideas.prizes import prize_rules_of
from ideas.queries.floors import FloorRow, floors, latest, next_turn


@dataclass(frozen=True)
class Offer:
    """What a pay line is computed from: the prizes and the estimate of a contest, stored or still being written.

    `cents`: the sum of the prizes, 0 if none has an amount, None if there is none.
    """

    organisation_id: int
    cents: int | None
    currency: str
    conditions: Conditions
    challenge_id: int | None = None

    @property
    def expected(self) -> Effort | None:
        """The estimate, where there is an amount to divide by it."""
        return self.conditions.expected if self.cents else None


def offer_of(challenge: Challenge) -> Offer:
    """The offer of a challenge as stored."""
    cents = prize_cents(prize_rules_of(challenge), challenge.prize)
    return Offer(challenge.organisation_id, cents, challenge.currency, conditions_of(challenge), challenge.id)


@dataclass(frozen=True)
class ContestPay:
    """The pay line of a challenge, with the floor that it was compared with; None if there is none to compare with.

    `year`: of the floor. `ideas`: how many share the prizes; None where that is not told. `until`: the instant at which
    the clock changes it.
    """

    line: PayLine
    currency: str
    floor: FloorRow | None = None
    year: int = 0
    ideas: int | None = None
    until: datetime | None = None


def pays_before_close(session: Session, offers: Sequence[Offer]) -> list[ContestPay]:
    """The pay line of each offer by its estimate, in order. Two statements, and none if no offer has an amount."""
    rows = floors(session) if any(offer.cents for offer in offers) else []
    ratios = _times_of_expected(session, {offer.organisation_id for offer in offers if offer.expected})
    return [_pay(offer, rows, clock.now(), ratios) for offer in offers]


def contest_pay(session: Session, challenge: Challenge, closed_at: datetime | None = None) -> ContestPay:
    """The pay line of a challenge, before its close or as of it."""
    offer = offer_of(challenge)
    if not offer.cents or closed_at is None:
        return pays_before_close(session, [offer])[0]
    minutes = list(session.scalars(select(TimeReport.minutes).filter_by(challenge_id=challenge.id)))
    people, ideas = session.execute(select(_people_in(challenge.id), _ideas_in(challenge.id))).one()
    few = len(minutes) < AVERAGE_FROM and offer.expected is not None
    ratios = _times_of_expected(session, {challenge.organisation_id} if few else set())
    pay = _pay(offer, floors(session), closed_at, ratios, minutes, people)
    return replace(pay, ideas=ideas, until=None)


def visible_ideas_in(session: Session, round: Round) -> int | None:
    """The number of ideas that everybody in the room sees; None in the lobby, and while everyone writes alone."""
    if round.is_in_lobby or not round.phase.others_visible:
        return None
    return session.scalar(select(_ideas_in(round.challenge_id)))


def own_minutes(session: Session, participant: Participant) -> int | None:
    """The minutes that a participant reported; None if they did not."""
    return session.scalar(select(TimeReport.minutes).filter_by(participant_id=participant.id))


def _people_in(challenge_id: int) -> ScalarSelect[int]:
    """The number of people who took part, those who left included."""
    counted = select(func.count(Participant.id)).where(Participant.challenge_id == challenge_id, _took_part())
    return counted.scalar_subquery()


def _took_part() -> ColumnElement[bool]:
    """Whether a `Participant` is a person who took part and was not removed."""
    return and_(Participant.tier.not_in(PROXIES), Participant.barred_at.is_(None), Participant.merged_into.is_(None))


def _ideas_in(challenge_id: int) -> ScalarSelect[int]:
    """The number of ideas that were shown in any round and not hidden; a merged one counts with the one that stands."""
    shown = select(func.count(Entry.idea_id.distinct())).join(Idea, Idea.id == Entry.idea_id)
    return shown.where(Idea.challenge_id == challenge_id, Entry.shown).scalar_subquery()


def _times_of_expected(session: Session, organisation_ids: Collection[int]) -> dict[int, dict[int, Fraction]]:
    """How many times the expected time the contests of organisations took: `{organisation: {challenge: ratio}}`.

    The time of a contest is the median of the reported minutes, times its people; the expected one is minutes times
    people of the estimate. Contests with fewer than `AVERAGE_FROM` reports, and rehearsals, are left out. One
    statement, and none for no organisation.
    """
    if not organisation_ids:
        return {}
    contest = TimeReport.challenge_id
    reports = (
        select(
            contest,
            TimeReport.minutes,
            func.row_number().over(partition_by=contest, order_by=TimeReport.minutes).label("place"),
            func.count().over(partition_by=contest).label("n"),
        )
        .join(Challenge)
        .where(Challenge.organisation_id.in_(organisation_ids), _is_estimated())
        .subquery()
    )
    is_median = reports.c.place == reports.c.n // 2 + 1  # the upper one of two in the middle
    people = select(func.count(Participant.id)).where(Participant.challenge_id == Challenge.id, _took_part())
    rows = session.execute(
        select(
            Challenge.organisation_id,
            Challenge.id,
            reports.c.minutes * people.correlate(Challenge).scalar_subquery(),
            Challenge.expected_people * Challenge.expected_minutes,
        )
        .join(reports, reports.c.challenge_id == Challenge.id)
        .where(reports.c.n >= AVERAGE_FROM, is_median)
    )
    found: dict[int, dict[int, Fraction]] = defaultdict(dict)
    for organisation_id, challenge_id, took, expected in rows:
        found[organisation_id][challenge_id] = Fraction(took, expected)
    return found


def _is_estimated() -> ColumnElement[bool]:
    """Whether a `Challenge` has an estimate and was no rehearsal."""
    rehearsed = exists().where(Round.challenge_id == Challenge.id, Round.origin == Origin.REHEARSAL)
    return and_(Challenge.expected_people.is_not(None), Challenge.expected_minutes.is_not(None), ~rehearsed)


def _pay(
    offer: Offer,
    rows: Collection[FloorRow],
    at: datetime,
    ratios: Mapping[int, Mapping[int, Fraction]],
    minutes: Sequence[int] = (),
    people: int = 0,
) -> ContestPay:
    """The pay line with the floor that holds at `at`. The challenge itself is none of its earlier contests."""
    country = offer.conditions.floor_country
    floor = latest(rows, country, at) if offer.cents else None
    if floor and floor.currency != offer.currency:
        floor = None
    earlier = [ratio for key, ratio in ratios.get(offer.organisation_id, {}).items() if key != offer.challenge_id]
    tenths = times_expected(earlier)
    line = contest_line(offer.cents, offer.expected, minutes, people, floor.cents if floor else None, tenths)
    until = next_turn(rows, country, at) if offer.cents else None
    return ContestPay(line, offer.currency, floor, floor.year_at(at) if floor else 0, until=until)
