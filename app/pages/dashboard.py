"""The dashboard of an organisation: its challenges in groups, what happened lately, and what waits for its members."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import format_date, format_timedelta, get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import labels
from app.inputs.dashboard import DashboardFilter
from app.pages.charts import sparkline
from app.platform.drawing import Chart
from ideas import clock
from ideas.models import Account
from ideas.orders import OrderState
from ideas.queries.challenges import ChallengeRow, challenges_of
from ideas.queries.dashboard import Backlog, RecentActivity, activity_of, flagged_in, pending_in, unscored_in
from ideas.queries.order_backlogs import OrderBacklog, overdue_since, waiting_orders
from ideas.queries.promised_answers import answer_dates

# Rows of a group that are shown before the group is chosen alone.
ROWS_SHOWN = 20
# Lines of one kind of task that stand open.
NEEDS_SHOWN = 3
# The filters appear from so many challenges on.
FILTERED_FROM = 4
# A jury is reminded so long before the round ends.
JURY_WARNING = timedelta(days=2)


@dataclass(frozen=True)
class NeedPlace:
    """A job, or the money of all jobs, as the place of a task."""

    title: str
    language: str


@dataclass(frozen=True)
class Need:
    """One open task: `n` texts, ideas or prizes of a challenge, or orders of a job; 0 where there is nothing to count.
    `url` is the place where it is done. `is_overdue`: a promised day has passed.
    """

    row: ChallengeRow | NeedPlace
    n: int
    since: datetime
    said: str
    url: str
    is_overdue: bool = False


@dataclass(frozen=True)
class NeedGroup:
    """The open tasks of one kind, those that are overdue before all others, then the oldest first."""

    kind: str
    heading: str
    icon: str
    needs: list[Need]

    @property
    def shown(self) -> list[Need]:
        return self.needs[:NEEDS_SHOWN]

    @property
    def rest(self) -> list[Need]:
        return self.needs[NEEDS_SHOWN:]


@dataclass(frozen=True)
class DashboardRow:
    """A challenge with what happened in it lately."""

    challenge: ChallengeRow
    activity: Chart


@dataclass(frozen=True)
class ChallengeGroup:
    """The challenges of one state that the filter lets through; `shown` are the first of them."""

    name: str
    heading: str
    shown: list[DashboardRow]
    all: int


@dataclass(frozen=True)
class Dashboard:
    """`count` is the number of challenges without the filter, `found` with it."""

    groups: list[ChallengeGroup]
    needs: list[NeedGroup]
    kinds: list[tuple[str, str]]
    rows: list[ChallengeRow]
    found: int

    @property
    def open_tasks(self) -> int:
        return sum(len(group.needs) for group in self.needs)

    @property
    def has_filters(self) -> bool:
        return len(self.rows) >= FILTERED_FROM


STATES: dict[str, Callable[[ChallengeRow], bool]] = {
    "running": lambda row: not row.is_draft and not row.is_closed,
    "drafts": lambda row: row.is_draft,
    "done": lambda row: row.is_closed,
}


def dashboard_of(session: Session, organisation_id: int, account_id: int, chosen: DashboardFilter) -> Dashboard:
    """The dashboard of an organisation as an account sees it. The caller checks the permission."""
    rows, account = challenges_of(session, organisation_id), session.get(Account, account_id)
    zone = ZoneInfo((account and account.time_zone) or "UTC")
    found = [row for row in rows if _is_chosen(row, account_id, chosen)]
    groups = {
        name: [row for row in found if belongs(row)] for name, belongs in STATES.items() if chosen.group in ("", name)
    }
    most = None if chosen.group else ROWS_SHOWN
    shown = [row for of in groups.values() for row in of[:most]]
    activity = activity_of(session, [row.id for row in shown if not row.is_draft])
    return Dashboard(
        groups=[
            ChallengeGroup(name, _title_of(name), [_row(row, activity) for row in of[:most]], len(of))
            for name, of in groups.items()
        ],
        needs=_needs(session, organisation_id, rows, zone),
        kinds=sorted({(row.blueprint, str(labels.BLUEPRINTS.get(row.blueprint, row.blueprint))) for row in rows}),
        rows=rows,
        found=len(found),
    )


def _is_chosen(row: ChallengeRow, account_id: int, chosen: DashboardFilter) -> bool:
    title = row.title.casefold()
    return (
        all(word in title for word in chosen.text.casefold().split())
        and chosen.kind in ("", row.blueprint)
        and (not chosen.is_mine or row.created_by == account_id)
    )


def _title_of(name: str) -> str:
    return {"running": _("Running"), "drafts": _("Drafts"), "done": _("Done")}[name]


def _row(row: ChallengeRow, activity: Mapping[int, RecentActivity]) -> DashboardRow:
    return DashboardRow(row, sparkline(row.id, activity.get(row.id, RecentActivity())))


def _needs(session: Session, organisation_id: int, rows: list[ChallengeRow], zone: ZoneInfo) -> list[NeedGroup]:
    """What waits, the most urgent kind first: what readers see, what writers and workers wait for, what the clock
    says, then what is owed after the close. Days are those of `zone`.
    """
    jobs = waiting_orders(session, organisation_id)
    running = [row for row in rows if STATES["running"](row)]
    ids = [row.round_id for row in running]
    owing = [row for row in rows if row.waiting]
    promised = answer_dates(session, [row.id for row in owing]) if owing else {}
    groups = [
        NeedGroup("flagged", _("Reported"), "flag", _backlog(running, flagged_in(session, ids), _flagged_said)),
        NeedGroup("pending", _("For approval"), "clock", _backlog(running, pending_in(session, ids), _pending_said)),
        NeedGroup("dues", _("Overdue payments"), "triangle-alert", _overdue(session, organisation_id)),
        NeedGroup("objections", _("Objections"), "message-circle", _orders(jobs, _OBJECTIONS, _objections_said, zone)),
        NeedGroup("deliveries", _("Deliveries"), "file-text", _orders(jobs, _DELIVERIES, _deliveries_said, zone)),
        NeedGroup("blocked", _("Blocking questions"), "circle-help", _blocked(jobs)),
        NeedGroup("applications", _("Applications"), "user", _orders(jobs, _APPLICATIONS, _applications_said, zone)),
        NeedGroup("over", _("Time is up"), "clock", [_over(row) for row in running if _is_over(row)]),
        NeedGroup("jury", _("Jury"), "gavel", _unscored(session, running)),
        NeedGroup("answers", _("Answers"), "message-circle", [_owed(row, promised.get(row.id), zone) for row in owing]),
        NeedGroup("prizes", _("Prizes"), "gift", [_prizes(row) for row in rows if row.awaits_prizes and row.ideas]),
    ]
    return [
        NeedGroup(group.kind, group.heading, group.icon, sorted(group.needs, key=_urgency))
        for group in groups
        if group.needs
    ]


def _urgency(need: Need) -> tuple[bool, datetime]:
    return not need.is_overdue, need.since


def _backlog(rows: Iterable[ChallengeRow], waiting: Mapping[int, Backlog], said: Callable[[int], str]) -> list[Need]:
    return [
        Need(
            row,
            waiting[row.round_id].n,
            waiting[row.round_id].since,
            f"{said(waiting[row.round_id].n)} · {_oldest(waiting[row.round_id].since)}",
            url_for("queue.show", challenge_id=row.id),
        )
        for row in rows
        if row.round_id in waiting
    ]


def _oldest(since: datetime) -> str:
    """How long the oldest text has been waiting."""
    age = format_timedelta(min(since - clock.now(), timedelta()), granularity="minute", add_direction=True)
    return _("oldest: %(time)s", time=age)


def _flagged_said(n: int) -> str:
    return ngettext("Text reported", "Texts reported", n)


def _pending_said(n: int) -> str:
    return ngettext("Idea waiting for approval", "Ideas waiting for approval", n)


_OBJECTIONS = frozenset({OrderState.OBJECTED, OrderState.SECOND})
_DELIVERIES = frozenset({OrderState.DELIVERED, OrderState.EXTRA})
_APPLICATIONS = frozenset({OrderState.APPLIED})


def _orders(
    jobs: Iterable[OrderBacklog],
    states: Collection[OrderState],
    said: Callable[[OrderBacklog, str], str],
    zone: ZoneInfo,
) -> list[Need]:
    """The orders that wait in these states, with the day on which silence ends the first of them."""
    return [
        Need(
            NeedPlace(row.title, row.language),
            row.n,
            row.since,
            said(row, format_date(row.until.astimezone(zone), "medium", rebase=False) if row.until else ""),
            url_for("job_orders.index", job_code=row.job_code),
        )
        for row in jobs
        if row.state in states
    ]


def _blocked(jobs: Iterable[OrderBacklog]) -> list[Need]:
    """The jobs in which somebody cannot go on without an answer."""
    return [
        Need(
            NeedPlace(row.title, row.language),
            row.n,
            row.since,
            ngettext("Person cannot go on without an answer", "People cannot go on without an answer", row.n),
            url_for("jobs.show", job_code=row.job_code, _anchor="questions"),
        )
        for row in jobs
        if row.state == OrderState.WORKING
    ]


def _objections_said(row: OrderBacklog, day: str) -> str:
    if row.state == OrderState.SECOND:
        said = ngettext("Objection for a second person", "Objections for a second person", row.n)
    else:
        said = ngettext("Objection to answer", "Objections to answer", row.n)
    return f"{said} · " + _("succeeds by itself on %(day)s", day=day)


def _deliveries_said(row: OrderBacklog, day: str) -> str:
    if row.state == OrderState.EXTRA:
        said = ngettext("Delivery more than agreed", "Deliveries more than agreed", row.n)
        return f"{said} · " + _("not taken by itself on %(day)s", day=day)
    said = ngettext("Delivery to review", "Deliveries to review", row.n)
    return f"{said} · " + _("accepted by itself on %(day)s", day=day)


def _applications_said(row: OrderBacklog, day: str) -> str:
    said = ngettext("Application waits", "Applications wait", row.n)
    return f"{said} · " + _("ends on %(day)s", day=day)


def _overdue(session: Session, organisation_id: int) -> list[Need]:
    found = overdue_since(session, organisation_id)
    if found is None:
        return []
    said = ngettext("Order with an overdue payment", "Orders with an overdue payment", found.n)
    place = NeedPlace(_("Owed and paid"), str(get_locale()))
    return [
        Need(
            place,
            found.n,
            found.since,
            said,
            url_for("company_dues.show", organisation_id=organisation_id),
            is_overdue=True,
        )
    ]


def _is_over(row: ChallengeRow) -> bool:
    return row.phase.is_over and not row.is_in_lobby


def _over(row: ChallengeRow) -> Need:
    assert row.phase.ends_at
    return Need(row, 0, row.phase.ends_at, _("Time is up. Continue?"), url_for("console.show", challenge_id=row.id))


def _unscored(session: Session, running: list[ChallengeRow]) -> list[Need]:
    """The rounds that end soon while ideas have too few scores of the jury."""
    ending = {row.round_id: end for row in running if (end := row.phases[-2].ends_at)}
    near = [key for key, end in ending.items() if end - clock.now() <= JURY_WARNING]
    unscored = unscored_in(session, near)
    return [
        Need(
            row,
            unscored[row.round_id],
            ending[row.round_id],
            ngettext("Idea without a score of the jury", "Ideas without a score of the jury", unscored[row.round_id]),
            url_for("jury.index", challenge_id=row.id),
        )
        for row in running
        if row.round_id in unscored
    ]


def _owed(row: ChallengeRow, promised: datetime | None, zone: ZoneInfo) -> Need:
    """`promised`: the instant until which the answer is promised, if there is one."""
    assert row.waiting
    said = ngettext("Idea waits for an answer", "Ideas wait for an answer", row.waiting.ideas)
    if promised:
        day = format_date(promised.astimezone(zone), "medium", rebase=False)
        due = _("overdue since %(day)s", day=day) if promised < clock.now() else _("promised by %(day)s", day=day)
        said = f"{said} · {due}"
    return Need(
        row,
        row.waiting.ideas,
        row.closed_at or row.created_at,
        said,
        url_for("outcomes.show", challenge_id=row.id, round=row.waiting.round_n),
        is_overdue=promised is not None and promised < clock.now(),
    )


def _prizes(row: ChallengeRow) -> Need:
    return Need(
        row,
        0,
        row.closed_at or row.created_at,
        _("The prizes are not given yet"),
        url_for("awards.giving", challenge_id=row.id),
    )
