"""Challenges as rows of lists, on the start page and on a company's page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, undefer

from ideas.models import (
    BROUGHT,
    LOBBY,
    PROXIES,
    Award,
    Category,
    Challenge,
    ChallengePicture,
    Entry,
    EntryStatus,
    Idea,
    Origin,
    Participant,
    PostingStep,
    ResultShare,
    Round,
)
from ideas.queries.outcomes import Waiting, waiting_in
from ideas.queries.pay import Offer, offer_of
from ideas.queries.rooms import PhaseRow, current_phase, phase_path


@dataclass(frozen=True)
class ChallengeRow:
    id: int
    slug: str
    title: str
    organisation: str
    code: str
    language: str
    category: Category | None
    tags: tuple[str, ...]
    offer: Offer
    step: PostingStep  # of a draft: where it is continued
    round_id: int
    is_draft: bool
    is_closed: bool
    is_rehearsal: bool
    has_public_result: bool
    phases: list[PhaseRow]
    phase: PhaseRow  # the current one, which may be the lobby
    people: int
    ideas: int
    pending: int
    voters: int
    created_at: datetime
    closed_at: datetime | None
    waiting: Waiting | None = None  # ideas of closed rounds whose authors wait for an answer
    awaits_prizes: bool = False  # it is closed, and no award stands
    round_n: int = 1
    has_result: bool = False  # of this round or an earlier one
    blueprint: str = ""
    created_by: int | None = None  # the account that drafted it
    picture: ChallengePicture | None = None

    @property
    def is_in_lobby(self) -> bool:
        return self.phase.position == LOBBY


def challenges_of(session: Session, organisation_id: int) -> list[ChallengeRow]:
    """Every challenge of an organisation, drafts included and templates left out, latest first."""
    return _rows(session, Challenge.organisation_id == organisation_id, Challenge.is_template == false())


def challenge_rows(session: Session, challenge_ids: Collection[int]) -> dict[int, ChallengeRow]:
    """`{challenge: its row}`"""
    return {row.id: row for row in _rows(session, Challenge.id.in_(challenge_ids))} if challenge_ids else {}


def joined_ids(session: Session, person_id: int) -> list[int]:
    """The challenges in which a person takes part, latest first."""
    return list(session.scalars(_joined_by(person_id).order_by(Participant.challenge_id.desc())))


def challenges_joined(session: Session, person_id: int) -> list[ChallengeRow]:
    """The challenges in which a person takes part, latest first."""
    return _rows(session, Challenge.id.in_(_joined_by(person_id)))


def _joined_by(person_id: int) -> Select[tuple[int]]:
    return select(Participant.challenge_id).filter_by(person_id=person_id, merged_into=None, left_at=None)


def challenge_row(session: Session, challenge_id: int) -> ChallengeRow | None:
    rows = _rows(session, Challenge.id == challenge_id)
    return rows[0] if rows else None


def has_ideas(session: Session, challenge_id: int) -> bool:
    """Whether anybody wrote an idea, shown or not. From then on anonymity can only be strengthened.

    Ideas that the company brought do not count.
    """
    query = select(Idea.id).join(Participant).where(Idea.challenge_id == challenge_id, Participant.tier.not_in(BROUGHT))
    return session.scalar(query.limit(1)) is not None


def _rows(session: Session, *conditions: ColumnElement[bool]) -> list[ChallengeRow]:
    rounds_of_it = select(func.max(Round.id)).where(Round.challenge_id == Challenge.id)
    latest = rounds_of_it.correlate(Challenge).scalar_subquery()
    rounds = session.scalars(
        select(Round)
        .join(Challenge, Challenge.id == Round.challenge_id)
        .where(Round.id == latest, *conditions)
        .options(
            joinedload(Round.challenge).joinedload(Challenge.organisation),
            joinedload(Round.phases),
            undefer(Round.turnout),
        )
        .order_by(Challenge.id.desc())
    ).unique()
    found = list(rounds)
    people = _head_counts(session, [r.challenge_id for r in found])
    entries = _entry_counts(session, [r.id for r in found])
    paths = {r.id: phase_path(r) for r in found}
    waiting = waiting_in(session, [r.challenge_id for r in found if r.is_closed or r.n > 1])
    prizeless = _without_awards(session, [r.challenge_id for r in found if r.is_closed and r.challenge.prizes])
    return [
        ChallengeRow(
            id=r.challenge.id,
            slug=r.challenge.slug,
            title=r.challenge.title,
            organisation=r.challenge.organisation.name,
            code=r.challenge.code,
            language=r.challenge.language,
            category=r.challenge.category,
            tags=tuple(r.challenge.tags),
            offer=offer_of(r.challenge),
            step=r.challenge.step,
            round_id=r.id,
            is_draft=r.challenge.published_at is None,
            is_closed=r.is_closed,
            is_rehearsal=r.origin == Origin.REHEARSAL,
            has_public_result=r.is_closed and r.challenge.result_share == ResultShare.PUBLIC,
            phases=paths[r.id],
            phase=current_phase(r, paths[r.id]),
            people=people.get(r.challenge_id, 0),
            ideas=entries.get((r.id, EntryStatus.VISIBLE), 0),
            pending=entries.get((r.id, EntryStatus.PENDING), 0),
            voters=r.turnout,
            created_at=r.challenge.created_at,
            closed_at=r.closed_at,
            waiting=waiting.get(r.challenge_id),
            awaits_prizes=r.challenge_id in prizeless,
            round_n=r.n,
            has_result=r.is_closed or r.n > 1,
            blueprint=r.challenge.blueprint,
            created_by=r.challenge.created_by,
            picture=r.challenge.picture,
        )
        for r in found
    ]


def _without_awards(session: Session, challenge_ids: list[int]) -> set[int]:
    """Those among these challenges in which no award stands; without a statement for none."""
    if not challenge_ids:
        return set()
    given = select(Round.challenge_id).join(Award, Award.round_id == Round.id).where(Award.withdrawn_seq.is_(None))
    return set(challenge_ids) - set(session.scalars(given.where(Round.challenge_id.in_(challenge_ids))))


def _head_counts(session: Session, challenge_ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Participant.challenge_id, func.count())
        .where(
            Participant.challenge_id.in_(challenge_ids),
            Participant.is_here,
            Participant.merged_into.is_(None),
            Participant.tier.not_in(PROXIES),
        )
        .group_by(Participant.challenge_id)
    )
    return dict(rows.tuples().all())


def _entry_counts(session: Session, round_ids: list[int]) -> dict[tuple[int, EntryStatus], int]:
    """The number of entries by status; sealed entries count as submitted, whatever their status."""
    rows = session.execute(
        select(Entry.round_id, Entry.status, func.count())
        .where(Entry.round_id.in_(round_ids), or_(Entry.sealed == false(), Entry.status == EntryStatus.VISIBLE))
        .group_by(Entry.round_id, Entry.status)
    )
    return {(round_id, status): n for round_id, status, n in rows}
