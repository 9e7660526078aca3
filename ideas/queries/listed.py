"""The challenges that a stranger finds on the start page: searched, filtered, ordered, in pages.

All listed challenges are read as small rows in one statement. The search runs in Python, where it folds letters of any
language and forgives typing errors alike on each database; only a page of whole rows is read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.finding import Weighed, WordIndex
from ideas.models import (
    LOBBY,
    Activity,
    Challenge,
    Decision,
    Entry,
    IdeaVersion,
    Organisation,
    Origin,
    Phase,
    Reads,
    ResultShare,
    Round,
    Visibility,
)
from ideas.queries.outcomes import outcomes_of_entries
from ideas.queries.pages import PageQuery
from ideas.similarity import TEXT_READ

# The weight of a text in a search: the title, the organisation, the tags, the beginning of the description.
TITLE, ORGANISATION, TAGS, BRIEF = 1.0, 0.8, 0.8, 0.5

_index = WordIndex()


class Doing(StrEnum):
    """What can be done in a challenge now; or it is decided, with a public result."""

    ANY = ""
    WRITE = "write"
    DEBATE = "debate"
    VOTE = "vote"
    LOBBY = "lobby"
    DECIDED = "decided"


class Sorted(StrEnum):
    """The order of open challenges. None tells how popular a challenge is."""

    NEW = ""
    ENDING = "ending"
    READERS = "readers"  # the ideas that were read least come first


@dataclass(frozen=True)
class ListedQuery(PageQuery):
    """A page of listed challenges, and which of them. `but`: open ones that are shown elsewhere."""

    kind: str = ""  # a blueprint
    category: str = ""
    language: str = ""
    doing: Doing = Doing.ANY
    with_prize: bool = False
    order: Sorted = Sorted.NEW
    but: frozenset[int] = frozenset()

    @property
    def is_plain(self) -> bool:
        """Whether nothing is left out."""
        return not self.conditions

    @property
    def conditions(self) -> dict[str, "ListedQuery"]:
        """`{condition: the query without it}`"""
        return {name: replace(self, page=1, **{name: no}) for name, no in _NO_CONDITION.items() if getattr(self, name)}


_NO_CONDITION: Mapping[str, Any] = {
    "search": "",
    "kind": "",
    "category": "",
    "language": "",
    "doing": Doing.ANY,
    "with_prize": False,
}


@dataclass(frozen=True)
class Choices:
    """The kinds, categories and languages of which there is a listed challenge."""

    kinds: Sequence[str]
    categories: Sequence[str]
    languages: Sequence[str]


@dataclass(frozen=True)
class Listed:
    """The page that was asked for: the ids of its challenges in order. `found` ones fit of `all`.

    `decided` are the ids of those with a public result, the latest first. `without` is for a page that found nothing:
    `{condition: the number that fit without it}`, where there are any.
    """

    asked: ListedQuery
    ids: list[int]
    found: int
    all: int
    decided: list[int]
    choices: Choices
    without: Mapping[str, int]


@dataclass(frozen=True)
class ListedRow:
    """What is needed to find a challenge. `ends_at` is the end of the current phase, or the start of the first one."""

    id: int
    title: str
    brief: str
    organisation: str
    language: str
    blueprint: str
    category: str
    tags: str
    has_prize: bool
    round_id: int
    position: int
    closed_at: datetime | None
    is_public: bool
    activities: Sequence[str]
    ends_at: datetime | None
    is_paused: bool

    @property
    def texts(self) -> Weighed:
        return (self.title, TITLE), (self.organisation, ORGANISATION), (self.tags, TAGS), (self.brief, BRIEF)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_decided(self) -> bool:
        return self.closed_at is not None and self.is_public

    def is_over(self, at: datetime) -> bool:
        return self.ends_at is not None and not self.is_paused and at >= self.ends_at


def listed(session: Session, asked: ListedQuery) -> Listed:
    """The listed challenges that are asked for; the last page for a number beyond it. Rehearsals are left out."""
    rows, at = list(_rows(session)), clock.now()
    opened, decided = [row for row in rows if row.is_open], [row for row in rows if row.is_decided]

    scores = _index.find(asked.search, {row.id: row.texts for row in rows}) if asked.search else {}

    def fitting(query: ListedQuery) -> list[ListedRow]:
        of = decided if query.doing == Doing.DECIDED else opened
        fit = [row for row in of if row.id not in query.but and _fits(row, query, at)]
        return _sought(fit, scores) if query.search else fit

    found = fitting(asked)
    if asked.order or not asked.search:  # else those that fit best come first
        found = _ordered(session, found, asked.order, at)
    asked = replace(asked, page=max(1, min(asked.page, -(-len(found) // asked.size))))
    first = (asked.page - 1) * asked.size
    numbers = {} if found else {name: len(fitting(query)) for name, query in asked.conditions.items()}
    shown = opened + decided
    return Listed(
        asked=asked,
        ids=[row.id for row in found[first : first + asked.size]],
        found=len(found),
        all=len(decided if asked.doing == Doing.DECIDED else opened),
        decided=[row.id for row in decided],
        choices=Choices(
            sorted({row.blueprint for row in shown}),
            sorted({row.category for row in shown} - {""}),
            sorted({row.language for row in shown}),
        ),
        without={name: n for name, n in numbers.items() if n},
    )


def _rows(session: Session) -> Iterable[ListedRow]:
    """All of them, the latest first."""
    rounds_of_it = select(func.max(Round.id)).where(Round.challenge_id == Challenge.id)
    latest = rounds_of_it.correlate(Challenge).scalar_subquery()
    now = and_(Phase.round_id == Round.id, Phase.position == Round.position)
    query = (
        select(
            Challenge.id,
            Challenge.title,
            func.substr(Challenge.brief, 1, TEXT_READ).label("brief"),
            Organisation.name,
            Challenge.language,
            Challenge.blueprint,
            Challenge.category,
            Challenge.tags,
            Challenge.prize,
            Challenge.prizes,
            Challenge.chosen_share,
            Round.id.label("round_id"),
            Round.position,
            Round.closed_at,
            Round.starts_at,
            Phase.activities,
            Phase.ends_at,
            Phase.paused_at,
        )
        .select_from(Challenge)
        .join(Organisation, Organisation.id == Challenge.organisation_id)
        .join(Round, Round.id == latest)
        .outerjoin(Phase, now)
        .where(
            Challenge.visibility == Visibility.LISTED,
            Challenge.published_at.is_not(None),
            Round.origin != Origin.REHEARSAL,
        )
        .order_by(Challenge.id.desc())
    )
    for row in session.execute(query):
        yield ListedRow(
            id=row.id,
            title=row.title,
            brief=row.brief,
            organisation=row.name,
            language=row.language,
            blueprint=row.blueprint,
            category=row.category or "",
            tags=" ".join(row.tags),
            has_prize=bool(row.prizes or row.prize.strip()),
            round_id=row.round_id,
            position=row.position,
            closed_at=row.closed_at,
            is_public=row.chosen_share in (None, ResultShare.PUBLIC),
            activities=row.activities or (),
            ends_at=row.starts_at if row.position == LOBBY else row.ends_at,
            is_paused=row.paused_at is not None,
        )


def _fits(row: ListedRow, asked: ListedQuery, at: datetime) -> bool:
    return (
        (not asked.kind or row.blueprint == asked.kind)
        and (not asked.category or row.category == asked.category)
        and (not asked.language or row.language == asked.language)
        and (not asked.with_prize or row.has_prize)
        and _DOES[asked.doing](row, at)
    )


def _permits(activity: Activity) -> Callable[[ListedRow, datetime], bool]:
    return lambda row, at: row.position != LOBBY and activity in row.activities and not row.is_over(at)


_DOES: Mapping[Doing, Callable[[ListedRow, datetime], bool]] = {
    Doing.ANY: lambda _row, _at: True,
    Doing.WRITE: _permits(Activity.WRITE),
    Doing.DEBATE: _permits(Activity.DEBATE),
    Doing.VOTE: _permits(Activity.VOTE),
    Doing.LOBBY: lambda row, _at: row.position == LOBBY,
    Doing.DECIDED: lambda _row, _at: True,
}


def _sought(rows: Iterable[ListedRow], scores: Mapping[int, float]) -> list[ListedRow]:
    """Those that a search found, the best first."""
    return sorted((row for row in rows if row.id in scores), key=lambda row: (-scores[row.id], -row.id))


def _ordered(session: Session, rows: list[ListedRow], order: Sorted, at: datetime) -> list[ListedRow]:
    if order == Sorted.ENDING:
        return sorted(rows, key=lambda row: _until_end(row, at))
    if order == Sorted.READERS:
        reads = _reads_per_idea(session, [row.round_id for row in rows])
        return sorted(rows, key=lambda row: (row.round_id not in reads, reads.get(row.round_id, 0.0)))
    return rows


def _until_end(row: ListedRow, at: datetime) -> tuple[int, float]:
    """Running clocks first, the next end before others; then those that have yet to start; then those without an end,
    and last those whose time is up.
    """
    if row.ends_at is None or row.is_paused:
        return 2, 0.0
    left = (row.ends_at - at).total_seconds()
    if row.position == LOBBY:
        return 1, left
    return (3, 0.0) if left <= 0 else (0, left)


def _reads_per_idea(session: Session, round_ids: Sequence[int]) -> dict[int, float]:
    """`{round: how often an idea was dealt on average}`, for rounds in which people may read ideas now.

    Ideas that wait for their reveal, or for an approval, count for nothing.
    """
    shown = select(Entry.round_id, func.count()).where(Entry.round_id.in_(round_ids), Entry.shown)
    ideas = dict(session.execute(shown.group_by(Entry.round_id)).tuples().all())
    dealt = select(Entry.round_id, func.sum(Reads.n)).join(Reads, Reads.entry_id == Entry.id)
    dealt = dealt.where(Entry.round_id.in_(round_ids), Entry.shown).group_by(Entry.round_id)
    reads = dict(session.execute(dealt).tuples().all())
    return {round_id: reads.get(round_id, 0) / n for round_id, n in ideas.items()}


@dataclass(frozen=True)
class EntryWords:
    """The title of an entry of a closed round, "" for an erased one, and what was decided for it."""

    title: str
    decision: Decision | None


def entry_words(session: Session, entry_ids: Sequence[int]) -> dict[int, EntryWords]:
    """`{entry: its words}` for entries of closed rounds that everybody may read."""
    query = select(Entry.id, IdeaVersion.title).join(IdeaVersion, IdeaVersion.id == Entry.version_id)
    titles = session.execute(query.where(Entry.id.in_(entry_ids), IdeaVersion.redacted_at.is_(None))).tuples()
    outcomes = outcomes_of_entries(session, entry_ids)
    decisions = {entry: row.decision for entry, row in outcomes.items()}
    of = dict(titles.all())
    return {entry: EntryWords(of.get(entry, ""), decisions.get(entry)) for entry in entry_ids}
