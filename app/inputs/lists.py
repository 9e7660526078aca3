"""Inputs of long lists: which page, which search, which filter an address asks for."""

from enum import StrEnum

from werkzeug.datastructures import MultiDict

from app.platform.hyphens import SOFT_HYPHEN
from app.platform.i18n import LANGUAGES
from ideas.models import WorkKind
from ideas.queries.jobs import JobOrder, JobQuery
from ideas.queries.listed import Doing, ListedQuery, Sorted
from ideas.queries.pages import IdeaQuery, Order, PageQuery, Show

PAGE_MAX = 10**6
SEARCH_MAX = 200  # characters

# A page of the room's list. A room with fewer ideas shows them all.
IDEAS_SHOWN = 60

# A page of the open challenges on the start page.
CHALLENGES_SHOWN = 24
# A page of the open jobs.
JOBS_SHOWN = 24
KEY_MAX = 30  # characters of a blueprint or a language


def asked_of(query: MultiDict[str, str], name: str, size: int, find: str = "") -> PageQuery:
    """The page of the list `name` that an address asks for (`<name>=2`), and the search there (`find_<name>=…`).

    `find` names another list whose search applies to both. An invalid number means the first page.
    """
    number = query.get(name, 1, int)
    # A title that somebody copied from a page brings its soft hyphens along.
    search = " ".join(query.get(f"find_{find or name}", "").replace(SOFT_HYPHEN, "").split())
    return PageQuery(size, number if 0 < number <= PAGE_MAX else 1, search[:SEARCH_MAX])


def idea_query(query: MultiDict[str, str], viewer_id: int | None) -> IdeaQuery:
    """The search, filter and order that an address asks for among a room's ideas; unknown words ask for all."""
    asked = asked_of(query, "ideas", IDEAS_SHOWN)
    show, order = (_word(of, query.get(name, "")) for name, of in (("show", Show), ("order", Order)))
    return IdeaQuery(asked.size, asked.page, asked.search, show=Show(show), order=Order(order), viewer_id=viewer_id)


def listed_query(query: MultiDict[str, str]) -> ListedQuery:
    """The search, filters and order that an address asks for among the challenges of the start page."""
    asked = asked_of(query, "challenges", CHALLENGES_SHOWN)
    doing, order = (_word(of, query.get(name, "")) for name, of in (("now", Doing), ("order", Sorted)))
    return ListedQuery(
        asked.size,
        asked.page,
        asked.search,
        kind=query.get("kind", "")[:KEY_MAX],
        category=query.get("category", "")[:KEY_MAX],
        language=query.get("language", "")[:KEY_MAX],
        doing=Doing(doing),
        with_prize=query.get("prize") == "1",
        order=Sorted(order),
    )


def job_query(query: MultiDict[str, str]) -> JobQuery:
    """The search, filters and order that an address asks for among the open jobs."""
    asked = asked_of(query, "jobs", JOBS_SHOWN)
    kind, order = _word(WorkKind, query.get("kind", "")), _word(JobOrder, query.get("order", ""))
    return JobQuery(
        asked.size,
        asked.page,
        asked.search,
        kind=WorkKind(kind) if kind else None,
        language=query.get("language", "")[:KEY_MAX],
        readable=tuple(LANGUAGES),
        fair=query.get("fair") == "1",
        order=JobOrder(order),
    )


def _word(of: type[StrEnum], typed: str) -> str:
    return typed if typed in set(of) else ""
