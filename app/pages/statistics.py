"""The statistics of a challenge as its organisation sees them: a few charts, each with its table.

While the round runs they tell what everybody in the room may know: who joined and voted, as numbers, and what is no
longer sealed. Groups of fewer than `LEAST` people are pooled.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_datetime, format_number, format_percent, format_time, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.pages.charts import ChartBar, ChartCourse, bars_chart, course_chart, turnout_chart
from app.pages.turnout import turnout_of
from app.platform.drawing import Chart
from ideas import clock
from ideas.models import Anonymity, Challenge, Round
from ideas.queries.rounds import current_round
from ideas.queries.statistics import SLOT_MS, Happened, LinkSource, Steps, happened_in, sources_of, steps_of
from ideas.queries.timelines import turnout_until_now
from ideas.voting.timeline import LEAST

# The length of a step of the course, and up to which length of time it is taken.
QUARTERS, HOURS, DAYS = timedelta(hours=12), timedelta(days=3), timedelta(days=70)
QUARTER, HOUR, DAY, WEEK = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Statistics:
    """The charts in the order of the page, none of them with a single row: that is a sentence, and `findings` says it.
    `turnout_note` says why there is no turnout over time, `origins_note` why no link is told; "" where it is.
    """

    challenge: Challenge
    findings: list[str]
    charts: list[Chart]
    people: int
    turnout_note: str
    origins_note: str
    time_zone: str

    def chart(self, name: str) -> Chart | None:
        return next((chart for chart in self.charts if chart.name == name), None)


def statistics_of(session: Session, challenge_id: int, time_zone: str | None) -> Statistics:
    """The statistics of a published challenge, with its times in a zone. The caller checks the permission.

    :raise TaskFailed: :raise Busy: if the worker did not read the turnout.
    """
    timeline = turnout_until_now(session, current_round(session, challenge_id))
    round = current_round(session, challenge_id)
    turnout = turnout_of(round, timeline)
    steps, zone = steps_of(session, challenge_id, round), ZoneInfo(time_zone or "UTC")
    happened = happened_in(session, challenge_id)
    sources = sources_of(session, challenge_id, round)
    charts = [
        course_of(happened, round, zone),
        turnout_chart(turnout),
        _drop_out(steps, is_known=not round.is_forgotten),
        _origins(sources),
        _drop_out_by_source(sources, is_known=not round.is_forgotten),
    ]
    return Statistics(
        challenge=round.challenge,
        findings=_findings(happened, steps, sources, round),
        charts=[chart for chart in charts if chart and len(chart.rows) > 1],
        people=steps.joined,
        turnout_note=turnout.note,
        origins_note=_origins_note(sources),
        time_zone=zone.key,
    )


def _findings(happened: Happened, steps: Steps, sources: Sequence[LinkSource], round: Round) -> list[str]:
    """The finding of the charts in sentences: how many came, wrote and voted, and by which link most of them came."""
    ideas, arguments = happened.ideas.total(), happened.arguments.total()
    found = [
        _(
            "%(people)s joined; %(ideas)s and %(arguments)s were written.",
            people=ngettext("%(num)s person", "%(num)s people", steps.joined),
            ideas=ngettext("%(num)s idea", "%(num)s ideas", ideas),
            arguments=ngettext("%(num)s argument", "%(num)s arguments", arguments),
        )
    ]
    labelled = {_said_of(source) for source in sources if _is_labelled(source)}
    kept, _others = pooled([(_said_of(source), source.joined) for source in sources])
    told = [(label, n) for label, n in kept if label in labelled]
    if told:
        label, n = told[0]
        found.append(_("The link that brought most people: %(link)s, %(n)s of them.", link=label, n=format_number(n)))
    if round.is_forgotten:
        return found
    if not steps.voted:
        found.append(_("Nobody voted.") if round.is_closed else _("Nobody has voted yet."))
    elif steps.voted < LEAST:
        found.append(_("Fewer than %(n)s people voted.", n=LEAST))
    else:
        share = format_percent(steps.voted / steps.joined)
        found.append(_("%(n)s of them voted (%(share)s).", n=format_number(steps.voted), share=share))
    return found


def _is_labelled(source: LinkSource) -> bool:
    return bool(source.label) or source.is_personal


def _origins_note(sources: Sequence[LinkSource]) -> str:
    if not any(_is_labelled(source) for source in sources):
        return _("make links with a label to learn which of them bring people.")
    if not any(source.joined for source in sources if _is_labelled(source)):
        return _("nobody has come by one of your links with a label yet.")
    return ""


def course_of(happened: Happened, round: Round, zone: ZoneInfo) -> Chart:
    """What happened when, from the publication to the close or now."""
    end = round.closed_at or clock.now()
    begin = min(round.challenge.published_at or end, end)
    length = _length_of(end - begin)
    starts = _starts(begin.astimezone(zone), end.astimezone(zone), length)
    hides_authors = round.challenge.anonymity != Anonymity.NAMED
    kinds = (
        (_("People who joined"), happened.joined, False),
        (_("Ideas"), happened.ideas, hides_authors),
        (_("Arguments"), happened.arguments, hides_authors),
    )
    instants, courses = [start.astimezone(UTC) for start in starts], []
    for label, slots, is_coarse in kinds:
        times = [0] * len(starts)
        for slot, n in slots.items():
            times[max(0, bisect_right(instants, clock.from_ms(slot * SLOT_MS)) - 1)] += n
        courses.append(ChartCourse(label, joined_steps(times) if is_coarse else times))
    note = {
        QUARTER: _("Each bar is a quarter of an hour."),
        HOUR: _("Each bar is an hour."),
        DAY: _("Each bar is a day."),
        WEEK: _("Each bar is a week."),
    }[length]
    if hides_authors:
        note += " " + _("Where authors are hidden, fewer than %(n)s texts wait for the next bar.", n=LEAST)
    return course_chart(_("Course of time"), [_said(start, length) for start in starts], courses, note)


def joined_steps(times: Sequence[int]) -> list[int]:
    """The numbers of texts, with fewer than `LEAST` of a step added to the next one: beside the list of people who were
    here, the time of a single text could tell who wrote it. The last ones stay with the last bar.
    """
    found, waiting, last = [0] * len(times), 0, len(times) - 1
    for step, n in enumerate(times):
        waiting += n
        if waiting >= LEAST:
            found[step], waiting, last = waiting, 0, step
    if times:
        found[last] += waiting
    return found


def _length_of(span: timedelta) -> timedelta:
    if span <= QUARTERS:
        return QUARTER
    if span <= HOURS:
        return HOUR
    return DAY if span <= DAYS else WEEK


def _starts(begin: datetime, end: datetime, length: timedelta) -> list[datetime]:
    """The beginnings of the steps, in the zone of `begin`: days begin at midnight there, also over summer time."""
    if length >= DAY:
        first: date = begin.date()
        days = range(0, (end.date() - first).days + 1, length.days)
        return [datetime(day.year, day.month, day.day, tzinfo=begin.tzinfo) for n in days if (day := first + n * DAY)]
    minutes = 60 if length == HOUR else begin.minute // 15 * 15
    first_step = begin.replace(minute=0 if minutes == 60 else minutes, second=0, microsecond=0).astimezone(UTC)
    count = max(0, (end.astimezone(UTC) - first_step) // length) + 1
    return [(first_step + n * length).astimezone(begin.tzinfo) for n in range(count)]


def _said(start: datetime, length: timedelta) -> str:
    if length >= DAY:
        return str(format_date(start.date(), "medium", rebase=False))
    if length == HOUR:
        return str(format_datetime(start, "short", rebase=False))
    return str(format_time(start, "short", rebase=False))


def _drop_out(steps: Steps, *, is_known: bool) -> Chart | None:
    """How far people went. None for an empty room, and where it was deleted who did what."""
    if not steps.joined or not is_known:
        return None
    bars = [_step(_("joined"), steps.joined, steps), _step(_("wrote an idea or an argument"), steps.wrote, steps)]
    if steps.read >= steps.voted:  # of a full list of ideas, nobody knows which of them were read
        bars.append(_step(_("got ideas to judge"), steps.read, steps))
    bars.append(_step(_("voted"), steps.voted, steps))
    return bars_chart(
        "drop-out",
        _("From joining to voting"),
        _("How many of the people who joined went how far."),
        [(_("Step"), ""), (_("People"), "num")],
        bars,
    )


def _step(label: str, n: int, steps: Steps) -> ChartBar:
    """A number below `LEAST` is not told, and its bar has the same length for all of them."""
    if 0 < n < LEAST:
        return ChartBar(label, LEAST - 1, _("fewer than %(n)s", n=LEAST))
    share = format_percent(n / steps.joined)
    return ChartBar(label, n, f"{format_number(n)} ({share})")


def _origins(sources: Sequence[LinkSource]) -> Chart | None:
    """The links by which people came; None while there is no link with a label and no personal invitation."""
    if not any(_is_labelled(source) for source in sources):
        return None
    kept, others = pooled([(_said_of(source), source.joined) for source in sources])
    bars = [ChartBar(label, n, str(format_number(n))) for label, n in kept]
    if 0 < others < LEAST:
        bars.append(ChartBar(_("others"), LEAST - 1, _("fewer than %(n)s", n=LEAST)))
    elif others:
        bars.append(ChartBar(_("others"), others, str(format_number(others))))
    unused = sum(not source.joined for source in sources)
    if not bars:
        return None
    return bars_chart(
        "origins",
        _("Where people came from"),
        _("The links with a label by which people joined. Links with fewer than %(n)s people are pooled.", n=LEAST)
        + (" " + _("Nobody has used %(n)s of the links yet.", n=format_number(unused)) if unused else ""),
        [(_("Link"), ""), (_("People"), "num")],
        bars,
    )


def _drop_out_by_source(sources: Sequence[LinkSource], *, is_known: bool) -> Chart | None:
    """How many of the people who came by each link voted. None with a single source, and where it was deleted who did
    what.
    """
    used = [source for source in sources if source.joined]
    kept, others = pooled_sources(used)
    if not kept or len(used) < 2 or not is_known:
        return None
    told = [(_said_of(source), source) for source in kept]
    if others:
        told.append((_("others"), others))
    shares = [(label, source, format_percent(source.voted / source.joined)) for label, source in told]
    bars = [
        ChartBar(
            label,
            round(100 * source.voted / source.joined),
            _(
                "%(voted)s of %(joined)s (%(share)s)",
                voted=format_number(source.voted),
                joined=format_number(source.joined),
                share=share,
            ),
        )
        for label, source, share in shares
    ]
    description = _(
        "The share of the people of each link who voted. Links with fewer than %(n)s people, or fewer than %(n)s who "
        "voted, are pooled; personal invitations count as one.",
        n=LEAST,
    )
    chart = bars_chart("sources", _("Turnout by link"), description, [], bars, most=100)
    columns = [(_("Link"), ""), (_("joined"), "num"), (_("voted"), "num"), (_("Turnout"), "num")]
    rows = [
        [label, format_number(source.joined), format_number(source.voted), share] for label, source, share in shares
    ]
    return replace(chart, columns=columns, rows=rows)


def _said_of(source: LinkSource) -> str:
    if source.is_personal:
        return _("Personal invitations")
    return source.label or _("without a label")


def pooled_sources(sources: Sequence[LinkSource]) -> tuple[list[LinkSource], LinkSource | None]:
    """The sources whose numbers can be told, the largest first, and all others together; None for no others.

    A source that cannot be told, and the smallest one that could, are others: neither can be worked out from the sums.
    """
    kept = sorted(filter(_is_told, sources), key=lambda source: (-source.joined, source.label))
    small = [source for source in sources if not _is_told(source)]
    while small and kept and not _is_told(_sum_of(small)):
        small.append(kept.pop())
    return (kept, _sum_of(small)) if small and kept else (kept, None)


def _is_told(source: LinkSource) -> bool:
    return source.joined >= LEAST and (source.voted == 0 or source.voted >= LEAST)


def _sum_of(sources: Sequence[LinkSource]) -> LinkSource:
    return LinkSource("", sum(source.joined for source in sources), sum(source.voted for source in sources))


def pooled(groups: Sequence[tuple[str, int]]) -> tuple[list[tuple[str, int]], int]:
    """The groups of at least `LEAST` people, the largest first, and the number of people in all others.

    If the others are too few to be told apart from the sum, the smallest group joins them.
    """
    kept = sorted((group for group in groups if group[1] >= LEAST), key=lambda group: -group[1])
    others = sum(n for _label, n in groups if n < LEAST)
    if 0 < others < LEAST and kept:
        others += kept.pop()[1]
    return kept, others
