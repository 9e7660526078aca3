"""The room: its path of phases, its figures, and one participant's marks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.journal import chain_of, touched_since
from ideas.models import (
    LOBBY,
    LOBBY_NAME,
    PROXIES,
    Activity,
    Argument,
    Challenge,
    Entry,
    EntryStatus,
    Facilitation,
    Idea,
    JournalEntry,
    Participant,
    Reveal,
    Round,
    Stance,
)
from ideas.queries.electorate import gone_voters_of, idle_facilitators_of, people_of, takes_part, unvoted_electors_of
from ideas.queries.ideas import is_answered, is_debated

HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True)
class PhaseRow:
    """A step of the path. `state` is past, now or next."""

    position: int
    name: str
    state: str
    activities: tuple[str, ...]
    started_at: datetime | None
    ends_at: datetime | None
    others_visible: bool = True
    seconds: int | None = None
    advances: bool = False
    paused_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether its time is up, though the round is still in it."""
        return self.ends_at is not None and self.paused_at is None and clock.now() >= self.ends_at

    @property
    def left_seconds(self) -> int | None:
        """The remaining time in whole seconds; None without an end."""
        if self.ends_at is None:
            return None
        return max(0, round((self.ends_at - (self.paused_at or clock.now())).total_seconds()))

    @property
    def takes_days(self) -> bool:
        """Whether a page shows its end as a date instead of a clock time: it depends on the distance from its start."""
        return bool(self.started_at and self.ends_at and self.ends_at - self.started_at > HALF_A_DAY)

    def permits(self, activity: str) -> bool:
        return activity in self.activities and not self.is_over


def phase_path(round: Round) -> list[PhaseRow]:
    """All phases of a round in order, the closed one last."""
    return [
        PhaseRow(
            position=p.position,
            name=p.name,
            state="past" if p.position < round.position else "now" if p.position == round.position else "next",
            activities=tuple(p.activities),
            started_at=p.started_at,
            ends_at=p.ends_at,
            others_visible=p.others_visible,
            seconds=p.seconds,
            advances=p.advances,
            paused_at=p.paused_at,
        )
        for p in round.phases
    ]


def lobby_row(round: Round) -> PhaseRow:
    """The lobby as a step before the path: it has no activities, and ends at the start time."""
    lobby = round.phase
    return PhaseRow(LOBBY, LOBBY_NAME, "now", (), round.challenge.published_at, lobby.ends_at, advances=True)


def current_phase(round: Round, path: Sequence[PhaseRow]) -> PhaseRow:
    """The row of the current phase: one of the path, or the lobby before it."""
    return lobby_row(round) if round.is_in_lobby else path[round.position]


@dataclass(frozen=True)
class Figures:
    """The numbers that everybody in the room may know. `voted` of the `electorate` have a mark; no count of marks."""

    people: int
    ideas: int  # visible to the room
    sealed: int  # submitted, and waiting for the reveal
    arguments: int
    voted: int
    authors: int  # people with an idea that they did not withdraw, whatever moderators did to it
    electorate: int  # people who could vote

    @property
    def written(self) -> int:
        """All submitted ideas, visible or not."""
        return self.ideas + self.sealed


def figures_of(session: Session, round: Round) -> Figures:
    """The figures of a round."""
    return figures_and_reveals_of(session, round)[0]


def figures_and_reveals_of(session: Session, round: Round) -> tuple[Figures, int]:
    """The figures of a round and the number of its reveals, in one statement."""
    people = people_of(round.challenge_id).with_only_columns(func.count()).where(takes_part(round))
    arguments = (
        select(func.count())
        .select_from(Argument)
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(Entry.round_id == round.id, is_debated(), Argument.status == EntryStatus.VISIBLE)
        .where(Argument.reply_to_id.is_(None))
    )
    if round.closed_at is not None:
        arguments = arguments.where(Argument.written_at <= round.closed_at)
    authors = (
        select(func.count(Idea.author_id.distinct()))
        .select_from(Entry)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(Participant, Participant.id == Idea.author_id)
        .where(Entry.round_id == round.id, Participant.tier.not_in(PROXIES), Entry.status != EntryStatus.WITHDRAWN)
    )
    # The outer statement counts the entries, so the subqueries must not correlate with its table.
    row = session.execute(
        select(
            people.correlate(None).scalar_subquery(),
            func.count(case((Entry.shown, 1))),
            func.count(case((and_(Entry.sealed == true(), Entry.status.in_(policy.EDITABLE)), 1))),
            arguments.correlate(None).scalar_subquery(),
            authors.correlate(None).scalar_subquery(),
            select(Round.turnout).where(Round.id == round.id).scalar_subquery(),
            _reveals(round).scalar_subquery(),
            idle_facilitators_of(round).correlate(None).scalar_subquery(),
            gone_voters_of(round).correlate(None).scalar_subquery(),
        ).where(Entry.round_id == round.id)
    ).one()
    people_n, ideas, sealed, arguments_n, authors_n, voted, reveals, idle, gone = row
    return Figures(people_n, ideas, sealed, arguments_n, voted - gone, authors_n, people_n - idle), reveals


def sealed_pending(session: Session, round: Round) -> int:
    """The number of ideas that wait for the reveal and, after it, for approval."""
    query = select(func.count()).select_from(Entry).filter_by(round_id=round.id, status=EntryStatus.PENDING)
    return session.scalar(query.where(Entry.sealed == true())) or 0


# So long after the latest argument a dispute counts as running.
DISPUTE = timedelta(minutes=10)


@dataclass(frozen=True)
class Dispute:
    """What people are discussing: visible arguments of the last minutes, and questions without an answer."""

    recent: int
    questions: int


def dispute_of(session: Session, round: Round) -> Dispute:
    """The dispute in a round; nothing is recent where the phase permits no discussion."""
    since = clock.now() - DISPUTE
    named = policy.sees_authors(round.challenge.anonymity, round.is_closed)
    query = (
        select(
            func.count(case((Argument.written_at >= since, 1))),
            func.count(case((and_(Argument.stance == Stance.QUESTION, ~is_answered(Argument, named=named)), 1))),
        )
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(Entry.round_id == round.id, Entry.shown, Argument.status == EntryStatus.VISIBLE)
    )
    recent, questions = session.execute(query).one()
    return Dispute(recent if policy.permits(round, Activity.DEBATE) else 0, questions)


def reveals_of(session: Session, round: Round) -> int:
    """The number of reveals so far; a page that knows a lower number has to show a reveal."""
    return session.scalar(_reveals(round)) or 0


def _reveals(round: Round) -> Select[tuple[int]]:
    return select(func.count()).select_from(Reveal).filter_by(round_id=round.id)


@dataclass(frozen=True)
class Missed:
    """The handles that were touched on some lanes after a number, by lane, and the number that the client has
    afterwards.
    """

    seq: int
    handles: dict[str, list[str]]


def missed_since(session: Session, round: Round, lanes: list[str], since: int) -> Missed:
    """The handles touched on `lanes` after number `since`, oldest first."""
    handles = touched_since(session, round.challenge.chain_id, lanes, since)
    return Missed(round.challenge.seq, handles)


def rights_changed_since(session: Session, challenge_id: int, since: int) -> list[tuple[str, int]]:
    """`(kind, participant)` of every person who went and every change of facilitation after number `since`."""
    rows = session.execute(
        select(JournalEntry.kind, JournalEntry.body)
        .where(JournalEntry.chain_id == chain_of(challenge_id), JournalEntry.seq > since)
        .where(JournalEntry.kind.in_(("bar", "leave", "share", "unshare")))
        .order_by(JournalEntry.seq)
    )
    return [(kind, json.loads(body)["participant"]) for kind, body in rows]


@dataclass(frozen=True)
class ParticipantRow:
    """A participant as facilitators see them, without the ideas that they wrote if anonymity hides authors."""

    id: int
    challenge_id: int
    handle: str
    name: str
    is_barred: bool
    joined_at: datetime
    facilitates: bool = False  # because the facilitation was given to them
    is_member: bool = False  # of the organisation


def participant_rows(
    session: Session, challenge_id: int, ids: Sequence[int] | None = None, *, with_guides: bool = False
) -> list[ParticipantRow]:
    """The people of a room, the latest first, without those who left; limited to `ids`, plus the facilitating ones if
    `with_guides` is set.
    """
    given = and_(Facilitation.challenge_id == Participant.challenge_id, Facilitation.person_id == Participant.person_id)
    query = people_of(challenge_id).where(Participant.left_at.is_(None)).outerjoin(Facilitation, given)
    organisation_id = session.get_one(Challenge, challenge_id).organisation_id
    query = query.add_columns(Facilitation.person_id, policy.acts_for(organisation_id))
    if ids is not None:
        among = Participant.id.in_(ids)
        query = query.where(or_(among, Facilitation.person_id.is_not(None)) if with_guides else among)
    return [
        ParticipantRow(
            p.id, p.challenge_id, p.handle, p.name, p.barred_at is not None, p.joined_at, guide is not None, is_member
        )
        for p, guide, is_member in session.execute(query.order_by(Participant.id.desc()))
    ]


def unvoted_of(session: Session, round: Round) -> list[str]:
    """The names of the people in the electorate without any mark, in order.

    Only facilitators may see names, and only if the challenge shows names at all (`policy.sees_authors`).
    """
    return [p.name for p in session.scalars(unvoted_electors_of(round).order_by(Participant.name_key))]


def unvoted_count_of(session: Session, round: Round) -> int:
    """The number of people in the electorate without any mark."""
    return session.scalar(select(func.count()).select_from(unvoted_electors_of(round).subquery())) or 0
