"""The conditions of a challenge as pages show them: rights and consents, the promised answer, the pay line."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.conditions import Conditions, conditions_of, prize_cents
from ideas.models import (
    PROXIES,
    Challenge,
    Entry,
    Idea,
    Origin,
    Participant,
    Rights,
    RightsConsent,
    RightsText,
    Round,
    TimeReport,
)
from ideas.pay import AVERAGE_FROM, Effort, PayLine, contest_line, times_expected
from ideas.prizes import prize_rules_of
from ideas.queries.floors import FloorRow, floors, latest, next_turn
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
class RightsOfIdeas:
    """All versions of a challenge, and the one that each idea was given under: `{idea: n}`. Ideas for which nobody had
    to agree are left out. No time is here: the time of a version would narrow down when an idea was written.
    """

    versions: list[RightsRow]
    of: Mapping[int, int]

    def row(self, idea_id: int) -> RightsRow | None:
        n = self.of.get(idea_id)
        return next((row for row in self.versions if row.n == n), None)


def rights_in(session: Session, challenge_id: int) -> RightsOfIdeas:
    """The versions of a challenge with the ideas given under each; in one statement where there is none."""
    texts = select(RightsText).filter_by(challenge_id=challenge_id).order_by(RightsText.n)
    versions = {text.id: RightsRow(text.n, text.rights, text.words) for text in session.scalars(texts)}
    if not versions:
        return RightsOfIdeas([], {})
    given = select(Idea.id, Idea.rights_text_id).where(Idea.rights_text_id.in_(versions))
    of = {idea_id: versions[text_id].n for idea_id, text_id in session.execute(given).tuples() if text_id}
    return RightsOfIdeas(list(versions.values()), of)


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


@dataclass(frozen=True)
class Offer:
    """What the pay line of a contest begins with, stored or still being written; `cents` as of `prize_cents`."""

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
    """The pay line of each by its estimate. Two statements, and none if no offer has an amount."""
    rows = floors(session) if any(offer.cents for offer in offers) else []
    ratios = _ratios(session, {offer.organisation_id for offer in offers if offer.expected})
    return [_pay(offer, rows, clock.now(), ratios) for offer in offers]


def contest_pay(session: Session, challenge: Challenge, closed_at: datetime | None = None) -> ContestPay:
    """The pay line of a challenge, before its close or as of it."""
    offer = offer_of(challenge)
    if not offer.cents or closed_at is None:
        return pays_before_close(session, [offer])[0]
    minutes = list(session.scalars(select(TimeReport.minutes).filter_by(challenge_id=challenge.id)))
    people, ideas = session.execute(select(_people_in(challenge.id), _ideas_in(challenge.id))).one()
    few = len(minutes) < AVERAGE_FROM and offer.expected is not None
    ratios = _ratios(session, {challenge.organisation_id} if few else set())
    pay = _pay(offer, floors(session), closed_at, ratios, minutes, people)
    return replace(pay, ideas=ideas, until=None)


def visible_ideas_in(session: Session, round: Round) -> int | None:
    """The number of ideas that everybody in the room sees; None in the lobby, and while everyone writes alone."""
    if round.is_in_lobby or not round.phase.others_visible:
        return None
    return session.scalar(select(_ideas_in(round.challenge_id)))


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


def _ratios(session: Session, organisation_ids: Collection[int]) -> dict[int, dict[int, Fraction]]:
    """`{organisation: {challenge: the whole time by its reports, as a multiple of the expected one}}`, of contests with
    an average; without rehearsals. One statement, and none for no organisation.
    """
    if not organisation_ids:
        return {}
    of_it = TimeReport.challenge_id
    ranked = select(
        of_it,
        TimeReport.minutes,
        func.row_number().over(partition_by=of_it, order_by=TimeReport.minutes).label("place"),
        func.count().over(partition_by=of_it).label("n"),
    )
    ranked = ranked.join(Challenge).where(Challenge.organisation_id.in_(organisation_ids), _is_estimated())
    middle = ranked.subquery()
    people = select(func.count(Participant.id)).where(Participant.challenge_id == Challenge.id, _took_part())
    rows = session.execute(
        select(
            Challenge.organisation_id,
            Challenge.id,
            middle.c.minutes * people.correlate(Challenge).scalar_subquery(),
            Challenge.expected_people * Challenge.expected_minutes,
        )
        .join(middle, middle.c.challenge_id == Challenge.id)
        .where(middle.c.n >= AVERAGE_FROM, middle.c.place == middle.c.n // 2 + 1)
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


def own_minutes(session: Session, participant: Participant) -> int | None:
    """The minutes that a participant reported; None if they did not."""
    return session.scalar(select(TimeReport.minutes).filter_by(participant_id=participant.id))
