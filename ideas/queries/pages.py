"""Pagination of the long lists on the console: the rows of one page, and how many rows there are in all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ideas import policy
from ideas.models import Argument, Entry, EntryStatus, Idea, IdeaVersion, Participant, Round
from ideas.queries.electorate import people_of
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, idea_rows
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

    def finds(self, texts: Sequence[str]) -> bool:
        # In Python: SQLite folds the case of ASCII letters only.
        whole = "\n".join(texts).casefold()
        return all(word in whole for word in self.search.casefold().split())


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
        return self.number > 1 or bool(self.asked.search)

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

    Each list takes a statement, and one more reads the rows of all.
    """
    cuts = {name: _ideas_cut(session, round, query) for name, query in wanted.items()}
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


def _ideas_cut(session: Session, round: Round, wanted: IdeasQuery) -> ListPage[int]:
    asked = wanted.asked
    query = (
        select(Entry.idea_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .where(Entry.round_id == round.id, Entry.sealed == false(), Entry.status.in_(wanted.statuses))
    )
    if asked.search:
        query = query.join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        query = query.join(Participant, Participant.id == Idea.author_id)
    words = [IdeaVersion.title, IdeaVersion.text, *_author(round)]
    return _cut(session, query, Entry.idea_id, words, asked)


def arguments_page(session: Session, round: Round, asked: PageQuery) -> ListPage[ArgumentRow]:
    """Arguments of every status, the latest first."""
    query = select(Argument.id).join(Entry, Entry.idea_id == Argument.idea_id)
    query = query.where(Entry.round_id == round.id, Entry.sealed == false())
    if asked.search:
        query = query.join(Participant, Participant.id == Argument.author_id)
    cut = _cut(session, query, Argument.id, [Argument.text, *_author(round)], asked)
    rows = argument_rows(session, round, ids=cut.rows, statuses=None) if cut.rows else []
    return ListPage(rows[::-1], cut.asked, cut.found, cut.all)


def people_page(session: Session, challenge_id: int, asked: PageQuery) -> ListPage[ParticipantRow]:
    """The people of a room, the latest first; on the first page also everybody who was given the facilitation."""
    query = people_of(challenge_id).with_only_columns(Participant.id)
    cut = _cut(session, query, Participant.id, [Participant.name], asked)
    with_guides = cut.asked.page == 1 and not asked.search
    rows = participant_rows(session, challenge_id, cut.rows, with_guides=with_guides) if cut.rows else []
    return ListPage(rows, cut.asked, cut.found, cut.all)


def _author(round: Round) -> list[InstrumentedAttribute[str]]:
    """The search covers author names only if the anonymity level shows them."""
    return [Participant.name] if policy.sees_authors(round.challenge.anonymity, round.is_closed) else []


def _cut(
    session: Session,
    query: Select[tuple[int]],
    key: InstrumentedAttribute[int],
    words: Sequence[InstrumentedAttribute[str]],
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


def _within(asked: PageQuery, found: int) -> PageQuery:
    return replace(asked, page=min(asked.page, _pages(found, asked.size)))


def _pages(found: int, size: int) -> int:
    return max(1, -(-found // size))
