"""The dashboard of an organisation in numbers: the activity of the last days, and the work that waits in its rounds.

Each function costs one statement for any number of challenges. Sealed ideas count nowhere here, and no mark is told:
the turnout of a challenge is the only figure about its vote.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, and_, exists, false, func, literal, select, type_coerce, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from ideas import clock
from ideas.models import (
    PROXIES,
    Argument,
    Audience,
    Entry,
    EntryStatus,
    Flag,
    Idea,
    IdeaVersion,
    Mark,
    Participant,
    Question,
    Round,
)
from ideas.queries.flags import waiting_flags
from ideas.queries.jurors import CONFLICT
from ideas.voting.verdict import JURORS

DAYS = 14
DAY = timedelta(days=1)

# The entries that the room reads or has read.
_READ = (EntryStatus.VISIBLE, EntryStatus.MERGED)


@dataclass(frozen=True)
class RecentActivity:
    """What happened in a challenge on each of the last `DAYS` days of 24 hours, the present one last."""

    joined: tuple[int, ...] = (0,) * DAYS
    ideas: tuple[int, ...] = (0,) * DAYS
    arguments: tuple[int, ...] = (0,) * DAYS

    @property
    def days(self) -> list[int]:
        """Everything that happened, by day."""
        return [sum(day) for day in zip(self.joined, self.ideas, self.arguments, strict=True)]


def activity_of(session: Session, challenge_ids: Collection[int]) -> dict[int, RecentActivity]:
    """`{challenge: its activity}`; challenges without any in these days are left out."""
    begin = clock.now() - DAYS * DAY
    events = union_all(
        *(
            select(challenge, literal(kind).label("kind"), _ms(at).label("at")).where(
                challenge.in_(challenge_ids), at >= begin, *conditions
            )
            for kind, challenge, at, conditions in happenings()
        )
    ).subquery()
    length = round(DAY.total_seconds() * 1000)
    day = (events.c.at - clock.to_ms(begin)) // length
    by_day = select(events.c.challenge_id, events.c.kind, day.label("day")).subquery()
    rows = session.execute(select(*by_day.c, func.count()).group_by(*by_day.c))
    found: dict[int, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for challenge_id, kind, n, times in rows:
        found[challenge_id][kind][min(n, DAYS - 1)] += times
    return {
        challenge_id: RecentActivity(**{kind: tuple(days[n] for n in range(DAYS)) for kind, days in kinds.items()})
        for challenge_id, kinds in found.items()
    }


Happening = tuple[str, InstrumentedAttribute[int], InstrumentedAttribute[datetime], Sequence[ColumnElement[bool]]]


def happenings() -> list[Happening]:
    """What people did in the open: `(kind, challenge, instant, conditions)`, without what is sealed.

    A column of a condition may stand in another table: the conditions join it.
    """
    shown = exists().where(Entry.idea_id == Idea.id, Entry.sealed == false(), Entry.status.in_(_READ))
    by_people = exists().where(Participant.id == Idea.author_id, Participant.tier.not_in(PROXIES))
    said = (Argument.idea_id == Idea.id, Argument.status == EntryStatus.VISIBLE, shown)
    return [
        ("joined", Participant.challenge_id, Participant.joined_at, (people_here(),)),
        ("ideas", Idea.challenge_id, Idea.created_at, (shown, by_people)),
        ("arguments", Idea.challenge_id, Argument.written_at, said),
    ]


def people_here() -> ColumnElement[bool]:
    """Whether a `Participant` is a person who takes part, neither removed nor gone."""
    return and_(
        Participant.tier.not_in(PROXIES),
        Participant.merged_into.is_(None),
        Participant.barred_at.is_(None),
        Participant.left_at.is_(None),
    )


def _ms(at: InstrumentedAttribute[datetime]) -> ColumnElement[int]:
    return type_coerce(at, BigInteger)


@dataclass(frozen=True)
class Backlog:
    """So many texts of a round wait for a moderator, the oldest one since `since`."""

    n: int
    since: datetime


def pending_in(session: Session, round_ids: Collection[int]) -> dict[int, Backlog]:
    """`{round: the ideas that wait for approval}`; rounds without any are left out."""
    rows = session.execute(
        select(Entry.round_id, func.count(), func.min(IdeaVersion.written_at))
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id.in_(round_ids), Entry.status == EntryStatus.PENDING, Entry.sealed == false())
        .group_by(Entry.round_id)
    )
    return {round_id: Backlog(n, since) for round_id, n, since in rows}


def flagged_in(session: Session, round_ids: Collection[int]) -> dict[int, Backlog]:
    """`{round: the texts with open flags}`; rounds without any are left out. Flags know the hour, no finer time."""
    of_text = waiting_flags(Entry.round_id.in_(round_ids)).with_only_columns(
        Entry.round_id, Flag.idea_id, Flag.argument_id, func.min(Flag.flagged_at).label("since")
    )
    texts = of_text.order_by(None).group_by(Entry.round_id, Flag.idea_id, Flag.argument_id).subquery()
    rows = session.execute(select(texts.c.round_id, func.count(), func.min(texts.c.since)).group_by(texts.c.round_id))
    return {round_id: Backlog(n, since) for round_id, n, since in rows}


def unscored_in(session: Session, round_ids: Collection[int]) -> dict[int, int]:
    """`{round: the shown ideas that would have no score of the jury if it closed now}`, of rounds with a jury."""
    if not round_ids:
        return {}
    given = (
        select(func.count())
        .where(Mark.question_id == Question.id, Mark.subject == Entry.id, Mark.value >= 0, Mark.client != CONFLICT)
        .correlate(Question, Entry)
        .scalar_subquery()
    )
    criteria = (Question.round_id == Round.id, Question.audience == Audience.JURY)
    rows = session.execute(
        select(Round.id, func.count(Entry.id.distinct()))
        .join(Entry, Entry.round_id == Round.id)
        .join(Question, (criteria[0]) & (criteria[1]))
        .where(Round.id.in_(round_ids), Entry.shown, given < JURORS)
        .group_by(Round.id)
    )
    return dict(rows.tuples().all())
