"""Pagination of the long lists of rooms and consoles: the rows of one page, and how many rows there are in all."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from ideas import policy
from ideas.models import (
    Argument,
    Entry,
    EntryStatus,
    Exposure,
    Idea,
    IdeaVersion,
    Mark,
    Participant,
    Round,
    Stance,
)
from ideas.queries.electorate import people_of
from ideas.queries.groups import stands_alone
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, idea_rows, is_answered
from ideas.queries.rooms import ParticipantRow, participant_rows

Row = TypeVar("Row")


@dataclass(frozen=True)
class PageQuery:
    """Which page (the first is 1) of how many rows each. `search` keeps only the rows that contain every word of it.

    `oldest_first` sorts by age; otherwise the latest row comes first.
    """

    size: int
    page: int = 1
    search: str = ""
    oldest_first: bool = False

    @property
    def is_plain(self) -> bool:
        return not self.search

    def finds(self, texts: Sequence[str]) -> bool:
        # In Python: SQLite folds the case of ASCII letters only.
        whole = "\n".join(texts).casefold()
        return all(word in whole for word in self.search.casefold().split())


class Show(StrEnum):
    """Which ideas a participant looks for."""

    ALL = ""
    NEW = "new"  # the viewer did not write it, was not dealt it in a vote, and did not argue on it
    OBJECTION = "objection"  # nobody argued against it
    QUESTION = "question"  # after a question on it nobody else argued
    PICTURE = "picture"
    MINE = "mine"


class Order(StrEnum):
    NEWEST = ""
    FAIR = "fair"  # one random order for each viewer: every idea is on top for somebody


@dataclass(frozen=True)
class IdeaQuery(PageQuery):
    """A page of the ideas in a room. `viewer_id` is the participant who asks, None for a facilitator.

    `without_grouped` leaves ideas out that stand on the card of a group; a search or a filter finds them all the same.
    """

    show: Show = Show.ALL
    order: Order = Order.NEWEST
    viewer_id: int | None = None
    without_grouped: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether this is the list that everybody in the room sees."""
        return not self.search and self.show == Show.ALL and self.order == Order.NEWEST


@dataclass(frozen=True)
class ListPage(Generic[Row]):
    """Rows number `first` to `last` of the `found` ones; the list has `all` rows."""

    rows: list[Row]
    asked: PageQuery
    found: int
    all: int

    @property
    def number(self) -> int:
        return self.asked.page

    @property
    def pages(self) -> int:
        return _pages(self.found, self.asked.size)

    @property
    def first(self) -> int:
        return (self.number - 1) * self.asked.size + 1

    @property
    def last(self) -> int:
        return min(self.found, self.number * self.asked.size)

    @property
    def is_cut(self) -> bool:
        """Whether the page does not begin the list. Then a script must not insert new rows into it."""
        return self.number > 1 or not self.asked.is_plain

    @property
    def begins(self) -> bool:
        """Whether this is the first page of the whole list."""
        return not self.is_cut

    @property
    def more(self) -> int:
        return self.all - len(self.rows)


@dataclass(frozen=True)
class IdeasQuery:
    """A list of the ideas with these statuses, without sealed ones, and the page of it."""

    statuses: tuple[EntryStatus, ...]
    asked: PageQuery


def ideas_pages(
    session: Session, round: Round, wanted: Mapping[str, IdeasQuery], also: Iterable[int] = ()
) -> tuple[dict[str, ListPage[IdeaRow]], dict[int, IdeaRow]]:
    """Several lists of ideas by name, and all their rows by the ideas' ids with those of the ideas `also`.

    One statement reads the ids of all lists without a search, one those of each list with a search, and one the rows.
    """
    cuts = _plain_ideas_cuts(session, round, {name: query for name, query in wanted.items() if not query.asked.search})
    cuts |= {name: _ideas_cut(session, round, query) for name, query in wanted.items() if name not in cuts}
    ids = {*also, *(i for cut in cuts.values() for i in cut.rows)}
    rows = {row.id: row for row in idea_rows(session, round, ids=sorted(ids))} if ids else {}
    found = {
        name: ListPage([rows[i] for i in cut.rows if i in rows], cut.asked, cut.found, cut.all)
        for name, cut in cuts.items()
    }
    return found, rows


def ideas_page(session: Session, round: Round, statuses: Sequence[EntryStatus], asked: PageQuery) -> ListPage[IdeaRow]:
    """One list of the ideas with these statuses, without sealed ones."""
    return ideas_pages(session, round, {"": IdeasQuery(tuple(statuses), asked)})[0][""]


def _plain_ideas_cuts(session: Session, round: Round, wanted: Mapping[str, IdeasQuery]) -> dict[str, ListPage[int]]:
    """The ids on the requested pages, in one statement; without the lists that may have become shorter than that."""
    if not wanted:
        return {}
    cuts = {name: ListPage[int]([], query.asked, 0, 0) for name, query in wanted.items() if query.asked.page == 1}
    for name, idea_id, found in session.execute(union_all(*(_plain_ideas(round, *each) for each in wanted.items()))):
        rows = cuts[name].rows if name in cuts else []
        cuts[name] = ListPage([*rows, idea_id], wanted[name].asked, found, found)
    for name, cut in cuts.items():
        cut.rows.sort(reverse=not wanted[name].asked.oldest_first)
    return cuts


def _plain_ideas(round: Round, name: str, wanted: IdeasQuery) -> Select[tuple[str, int, int]]:
    asked = wanted.asked
    query = _ideas_with(round, wanted).with_only_columns(
        literal(name).label("name"), Entry.idea_id, func.count().over().label("found")
    )
    query = query.order_by(Entry.idea_id if asked.oldest_first else Entry.idea_id.desc())
    return select(query.limit(asked.size).offset((asked.page - 1) * asked.size).subquery())  # a union takes no order


def _ideas_with(round: Round, wanted: IdeasQuery) -> Select[tuple[int]]:
    return (
        select(Entry.idea_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .where(Entry.round_id == round.id, Entry.sealed == false(), Entry.status.in_(wanted.statuses))
    )


def _ideas_cut(session: Session, round: Round, wanted: IdeasQuery) -> ListPage[int]:
    asked = wanted.asked
    query = _ideas_with(round, wanted)
    if asked.search:
        query = query.join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        query = query.join(Participant, Participant.id == Idea.author_id)
    words = [IdeaVersion.title, IdeaVersion.text, *_author(round)]
    return _cut(session, query, Entry.idea_id, words, asked)


def room_page(session: Session, round: Round, asked: IdeaQuery) -> ListPage[IdeaRow]:
    """The visible ideas, as a person in the room looks for them."""
    query = (
        select(Entry.idea_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Participant, Participant.id == Idea.author_id)
        .where(Entry.round_id == round.id, Entry.sealed == false(), Entry.status == EntryStatus.VISIBLE)
    )
    if asked.is_plain:
        query = query.where(stands_alone(round)) if asked.without_grouped else query
        cut = _plain_cut(session, query, query.order_by(Entry.idea_id.desc()), asked)
    else:
        cut = _chosen_cut(session, round, query, asked)
    rows = {row.id: row for row in idea_rows(session, round, ids=cut.rows)} if cut.rows else {}
    return ListPage([rows[i] for i in cut.rows if i in rows], cut.asked, cut.found, cut.all)


def _chosen_cut(session: Session, round: Round, query: Select[tuple[int]], asked: IdeaQuery) -> ListPage[int]:
    wanted = and_(*_wanted(round, asked)).label("wanted")
    columns = [wanted, IdeaVersion.title, IdeaVersion.text, *_author(round)]
    everything = session.execute(query.add_columns(*columns).order_by(Entry.idea_id.desc())).all()
    found = [i for i, is_wanted, *texts in everything if is_wanted and asked.finds(texts)]
    if asked.order == Order.FAIR:
        found.sort(key=lambda idea_id: _lot(asked.viewer_id, idea_id))
    asked = _within(asked, len(found))
    return ListPage(found[(asked.page - 1) * asked.size :][: asked.size], asked, len(found), len(everything))


def _lot(viewer_id: int | None, idea_id: int) -> bytes:
    """The place of an idea in the viewer's order; the same on every page."""
    return hashlib.blake2b(f"{viewer_id}:{idea_id}".encode(), digest_size=8).digest()


def _wanted(round: Round, asked: IdeaQuery) -> list[ColumnElement[bool]]:
    argued = exists().where(Argument.idea_id == Idea.id, Argument.status == EntryStatus.VISIBLE)
    match asked.show:
        case Show.MINE:
            return [Idea.author_id == asked.viewer_id]
        case Show.PICTURE:
            return [IdeaVersion.image_id.is_not(None)]
        case Show.OBJECTION:
            return [~argued.where(Argument.stance == Stance.AGAINST)]
        case Show.QUESTION:
            named = policy.sees_authors(round.challenge.anonymity, round.is_closed)
            return [argued.where(Argument.stance == Stance.QUESTION, ~is_answered(Argument, named=named))]
        case Show.NEW:
            return [Idea.author_id != asked.viewer_id, *_unread(round, asked.viewer_id)]
    return [Entry.id.is_not(None)]


def _unread(round: Round, viewer_id: int | None) -> list[ColumnElement[bool]]:
    """No deal, mark or argument of the viewer on the idea."""
    questions = [question.id for question in round.polled]
    traces = [
        exists().where(
            trace.question_id.in_(questions),
            trace.participant_id == viewer_id,
            or_(trace.subject == Entry.id, trace.versus == Entry.id),
        )
        for trace in (Exposure, Mark)
    ]
    argued = exists().where(Argument.idea_id == Idea.id, Argument.author_id == viewer_id)
    return [~trace for trace in (*traces, argued)]


def arguments_page(session: Session, round: Round, asked: PageQuery) -> ListPage[ArgumentRow]:
    """Arguments of every status, the latest first."""
    query = select(Argument.id).join(Entry, Entry.idea_id == Argument.idea_id)
    query = query.where(Entry.round_id == round.id, Entry.sealed == false())
    if asked.search:
        query = query.join(Participant, Participant.id == Argument.author_id)
    # An answer for an idea is found by nobody's name.
    names = [case((Argument.for_idea == false(), name), else_="") for name in _author(round)]
    cut = _cut(session, query, Argument.id, [Argument.text, *names], asked)
    rows = argument_rows(session, round, ids=cut.rows, statuses=None) if cut.rows else []
    return ListPage(rows[::-1], cut.asked, cut.found, cut.all)


def people_page(session: Session, challenge_id: int, asked: PageQuery) -> ListPage[ParticipantRow]:
    """The people of a room, the latest first; on the first page also everybody who was given the facilitation."""
    query = people_of(challenge_id).with_only_columns(Participant.id)
    cut = _cut(session, query, Participant.id, [Participant.name], asked)
    with_guides = cut.asked.page == 1 and not asked.search
    rows = participant_rows(session, challenge_id, cut.rows, with_guides=with_guides) if cut.rows else []
    return ListPage(rows, cut.asked, cut.found, cut.all)


def ordered_cut(
    session: Session,
    query: Select[tuple[int]],
    order: Sequence[ColumnElement[Any]],
    words: Sequence[ColumnElement[str] | InstrumentedAttribute[str]],
    asked: PageQuery,
) -> ListPage[int]:
    """The ids on the requested page of a list in any order; the search reads `words`. It counts what it found only."""
    ordered = query.order_by(*order)
    if not asked.search:
        return _plain_cut(session, query, ordered, asked)
    found = [i for i, *texts in session.execute(ordered.add_columns(*words)) if asked.finds(texts)]
    asked = _within(asked, len(found))
    return ListPage(found[(asked.page - 1) * asked.size :][: asked.size], asked, len(found), len(found))


def _author(round: Round) -> list[InstrumentedAttribute[str]]:
    """The search covers author names only if the anonymity level shows them."""
    return [Participant.name] if policy.sees_authors(round.challenge.anonymity, round.is_closed) else []


def _cut(
    session: Session,
    query: Select[tuple[int]],
    key: InstrumentedAttribute[int],
    words: Sequence[ColumnElement[str] | InstrumentedAttribute[str]],
    asked: PageQuery,
) -> ListPage[int]:
    """The ids on the requested page, or on the last page if there are fewer pages."""
    ordered = query.order_by(key if asked.oldest_first else key.desc())
    if not asked.search:
        return _plain_cut(session, query, ordered, asked)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = [i for i, *texts in session.execute(ordered.add_columns(*words)) if asked.finds(texts)]
    asked = _within(asked, len(found))
    return ListPage(found[(asked.page - 1) * asked.size :][: asked.size], asked, len(found), total)


def _plain_cut(
    session: Session, query: Select[tuple[int]], ordered: Select[tuple[int]], asked: PageQuery
) -> ListPage[int]:
    """Cut a list without a search in one statement, or more if the list has become shorter than the requested page."""
    counted = ordered.add_columns(func.count().over())
    rows = session.execute(counted.limit(asked.size).offset((asked.page - 1) * asked.size)).all()
    if not rows and asked.page > 1:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        return _plain_cut(session, query, ordered, _within(asked, total))
    return ListPage([i for i, _ in rows], asked, rows[0][1] if rows else 0, rows[0][1] if rows else 0)


Query = TypeVar("Query", bound=PageQuery)


def _within(asked: Query, found: int) -> Query:
    return replace(asked, page=min(asked.page, _pages(found, asked.size)))


def _pages(found: int, size: int) -> int:
    return max(1, -(-found // size))
