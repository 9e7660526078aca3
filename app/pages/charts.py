"""The charts of results, of statistics and of the dashboard: each a drawing with its table.

Widths and heights are units of a drawing that is as wide as a phone; files are larger. No chart tells a count of a vote
before the close: their callers pass nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import format_number, ngettext
from flask_babel import gettext as _

from app.pages.minds import MindsPart
from app.pages.results import Section
from app.pages.turnout import TurnoutChart
from app.platform.drawing import Box, Chart, Dot, DrawnText, Shape, Stroke
from app.platform.rendering import isolated
from ideas.queries.dashboard import DAYS, RecentActivity
from ideas.texts import shortened

WIDTH = 300
LEFT, RIGHT = 6, 294  # the edges of what is drawn

# Ideas of a drawn ranking; the table has all of them.
PLACES_DRAWN = 20
TITLE_MAX = 36  # code points

# The columns and the height of the dots of a distribution.
COLUMNS_MAX, DOTS_HIGH = 15, 8

Column = tuple[str, str]


def sparkline(challenge_id: int, activity: RecentActivity) -> Chart:
    """A bar for each of the last days, the present one last. A day without anything is a dot on the line."""
    days = activity.days
    most = max(days) or 1
    width, height = 6 * DAYS, 24
    shapes: list[Shape] = []
    for n, times in enumerate(days):
        high = (height - 4) * times / most
        x = 6 * n + 1
        shapes.append(Box(x, height - 1 - max(high, 2), 4, max(high, 2)) if times else Box(x, height - 2, 4, 1, "soft"))
    joined, ideas, arguments = sum(activity.joined), sum(activity.ideas), sum(activity.arguments)
    said = ", ".join(
        (
            ngettext("%(num)s person joined", "%(num)s people joined", joined),
            ngettext("%(num)s idea", "%(num)s ideas", ideas),
            ngettext("%(num)s argument", "%(num)s arguments", arguments),
        )
    )
    return Chart(f"activity-{challenge_id}", _("The last 14 days"), said, width, height, tuple(shapes))


def ranking_chart(section: Section) -> Chart:
    """The first places of a question: a dot at each score and a line over its interval."""
    lines = section.lines[:PLACES_DRAWN]
    shapes: list[Shape] = []
    top, row = 22, 40
    bottom = top + row * len(lines)
    for at, label in section.scale.ticks:
        x = LEFT + (RIGHT - LEFT) * at
        shapes += [Stroke(((x, top + row * n + 18), (x, top + row * n + 34)), "grid", 1) for n in range(len(lines))]
        if label:
            anchor = "start" if at < 0.12 else "end" if at > 0.88 else "middle"
            shapes.append(DrawnText(x, 12, str(label), "quiet", 12, anchor))
    for n, line in enumerate(lines):
        y = top + row * n
        place = f"{format_number(line.ranked.place)}  " if line.ranked.place else ""
        title = isolated(shortened(line.ranked.idea.title or _("Erased"), TITLE_MAX))
        shapes.append(DrawnText(LEFT, y + 13, f"{place}{title}"))
        if line.low is not None and line.high is not None:
            ends = ((LEFT + (RIGHT - LEFT) * end, y + 26) for end in (line.low, line.high))
            shapes.append(Stroke(tuple(ends), "soft", 5))
        if line.at is not None:
            shapes.append(Dot(LEFT + (RIGHT - LEFT) * line.at, y + 26, 5))
    has_intervals = any(line.low is not None for line in lines)
    left = len(section.lines) - len(lines)
    return Chart(
        name=f"ranking-{section.number}",
        heading=_("Ranking"),
        description=_("The dot is the score, the band around it the interval in which it would lie with other voters.")
        if has_intervals
        else _("The dot is the score."),
        width=WIDTH,
        height=bottom + 8,
        shapes=tuple(shapes),
        columns=[(_("Idea"), ""), (_("Place"), "num"), (_("Score"), "num"), (_("Counts"), "")],
        rows=[
            [line.ranked.idea.title or _("Erased"), _number(line.ranked.place), line.label, line.counts]
            for line in section.lines
        ],
        note=ngettext("and %(num)s more", "and %(num)s more", left) if left > 0 else "",
    )


def _number(number: int | None) -> str:
    return "–" if number is None else str(format_number(number))


def turnout_chart(turnout: TurnoutChart) -> Chart | None:
    """How many people had voted, over the time of the vote; None where that would tell too much."""
    if not turnout.points:
        return None
    high, base = 20, 104
    points = [(LEFT + (RIGHT - LEFT) * point.x, base - (base - high) * point.y) for point in turnout.points]
    return Chart(
        name="turnout",
        heading=_("Turnout over time"),
        description=turnout.sentence,
        width=WIDTH,
        height=126,
        shapes=(
            Stroke(((LEFT, base), (RIGHT, base)), "grid", 1),
            Stroke(((LEFT, base), *points), width=2.5),
            *(Dot(x, y, 4) for x, y in points),
            DrawnText(LEFT, 122, _("Start"), "quiet"),
            DrawnText(RIGHT, 122, turnout.end, "quiet", anchor="end"),
            DrawnText(RIGHT, 11, turnout.people, "quiet", anchor="end"),
        ),
        columns=[(_("Time after the start"), ""), (_("People who had voted"), "num")],
        rows=[[point.time, point.people] for point in turnout.points],
        note=turnout.note,
    )


def exposure_chart(section: Section) -> Chart | None:
    """How evenly the ideas of a question were read: a dot per idea over its number of readers. None for a full list."""
    reads = [row.reads for row in section.ranking.places]
    spread = section.ranking.spread
    if not spread.most:
        return None
    columns = min(spread.most - spread.least + 1, COLUMNS_MAX)
    span = spread.most - spread.least + 1
    counts = Counter(int((n - spread.least) * columns / span) for n in reads)
    each = max(1, -(-max(counts.values()) // DOTS_HIGH))
    base, step = 98, (RIGHT - LEFT) / columns
    shapes: list[Shape] = [Stroke(((LEFT, base), (RIGHT, base)), "grid", 1)]
    for column, ideas in counts.items():
        x = LEFT + step * (column + 0.5)
        shapes += [Dot(x, base - 8 - 11 * k, 4.6) for k in range(-(-ideas // each))]
    shapes.append(DrawnText(LEFT, 114, str(format_number(spread.least)), "quiet"))
    if spread.most > spread.least:
        shapes.append(DrawnText(RIGHT, 114, str(format_number(spread.most)), "quiet", anchor="end"))
    return Chart(
        name=f"reads-{section.number}",
        heading=_("How often ideas were read"),
        description=_("Each dot is an idea; it stands the further to the right, the more often it was read.")
        if each == 1
        else _(
            "Each dot is up to %(n)s ideas; they stand the further to the right, the more often they were read.", n=each
        ),
        width=WIDTH,
        height=118,
        shapes=tuple(shapes),
        columns=[(_("Idea"), ""), (_("Reads"), "num")],
        rows=[
            [row.idea.title or _("Erased"), str(format_number(row.reads))]
            for row in sorted(section.ranking.places, key=lambda row: -row.reads)
        ],
    )


def minds_chart(part: MindsPart) -> Chart:
    """For each idea the shares of the people whose later mark was lower, the same and higher, from left to right."""
    shapes: list[Shape] = []
    lines, row = part.lines[:PLACES_DRAWN], 58
    for n, line in enumerate(lines):
        y, of, x = row * n, line.minds, float(LEFT)
        shapes.append(DrawnText(LEFT, y + 13, isolated(shortened(line.title, TITLE_MAX))))
        for people, role in ((of.down, "soft"), (of.stayed, "grid"), (of.up, "value")):
            width = (RIGHT - LEFT) * people / of.both
            if people:
                shapes.append(Box(x, y + 21, max(width - 1.5, 1), 12, role))
            x += width
        shapes.append(DrawnText(LEFT, y + 47, line.counts, "quiet", 12))
    left = len(part.lines) - len(lines)
    description = _(
        "Each bar is all people who marked the idea both times: on the left those who marked it lower in the vote than "
        "before the discussion, on the right those who marked it higher."
    )
    return Chart(
        name="minds",
        heading=_("Minds changed"),
        description=description,
        width=WIDTH,
        height=max(row * len(lines), 1),
        shapes=tuple(shapes),
        columns=[
            (_("Idea"), ""),
            (_("Higher"), "num"),
            (_("The same"), "num"),
            (_("Lower"), "num"),
            (_("Marked both times"), "num"),
        ],
        rows=[
            [line.title, *(str(format_number(n)) for n in (of.up, of.stayed, of.down, of.both))]
            for line in part.lines
            for of in [line.minds]
        ],
        note=f"{description} {ngettext('and %(num)s more', 'and %(num)s more', left)}" if left > 0 else "",
    )


@dataclass(frozen=True)
class ChartBar:
    """A labelled number, with the words that stand for it where it is too small to be told."""

    label: str
    n: int
    said: str


def bars_chart(
    name: str, title: str, description: str, columns: list[Column], bars: Sequence[ChartBar], most: int = 0
) -> Chart:
    """A bar for each number, below its label. `most`: the number of a whole bar; 0 for the largest one."""
    most, row = most or max((bar.n for bar in bars), default=0) or 1, 42
    shapes: list[Shape] = []
    for n, bar in enumerate(bars):
        y = row * n
        shapes += [
            DrawnText(LEFT, y + 15, shortened(bar.label, TITLE_MAX)),
            DrawnText(RIGHT, y + 15, bar.said, anchor="end"),
            Box(LEFT, y + 21, RIGHT - LEFT, 12, "grid"),
        ]
        if bar.n:
            shapes.append(Box(LEFT, y + 21, max((RIGHT - LEFT) * bar.n / most, 2), 12))
    return Chart(
        name=name,
        heading=title,
        description=f"{description} {'; '.join(f'{bar.label}: {bar.said}' for bar in bars)}.".strip(),
        width=WIDTH,
        height=max(row * len(bars), 1),
        shapes=tuple(shapes),
        columns=columns,
        rows=[[bar.label, bar.said] for bar in bars],
        note=description,
    )


@dataclass(frozen=True)
class ChartCourse:
    """One kind of act over time: its number in each step."""

    label: str
    times: Sequence[int]


def course_chart(title: str, steps: Sequence[str], courses: Sequence[ChartCourse], note: str) -> Chart:
    """The acts of each kind over time, one row of bars below the other, each with a scale of its own.

    `steps` says when each step was.
    """
    row, high = 62, 34
    shapes: list[Shape] = []
    step = (RIGHT - LEFT) / max(len(steps), 1)
    for n, course in enumerate(courses):
        y, most = row * n, max(course.times, default=0)
        base = y + 20 + high
        shapes.append(DrawnText(LEFT, y + 13, f"{course.label}: {format_number(sum(course.times))}"))
        shapes.append(DrawnText(RIGHT, y + 13, _("at most %(n)s", n=format_number(most)), "quiet", 12, "end"))
        shapes.append(Stroke(((LEFT, base), (RIGHT, base)), "grid", 1))
        gap = min(2, step / 4)
        for k, times in enumerate(course.times):
            if times:
                tall = max(high * times / most, 1.5)
                shapes.append(Box(LEFT + step * k + gap / 2, base - tall, max(step - gap, 0.8), tall))
    bottom = row * len(courses)
    if steps:
        shapes.append(DrawnText(LEFT, bottom + 8, steps[0], "quiet"))
        if len(steps) > 1:
            shapes.append(DrawnText(RIGHT, bottom + 8, steps[-1], "quiet", anchor="end"))
    said = (f"{course.label}: {format_number(sum(course.times))}" for course in courses)
    return Chart(
        name="course",
        heading=title,
        description=f"{'; '.join(said)}.",
        width=WIDTH,
        height=bottom + 14,
        shapes=tuple(shapes),
        columns=[(_("Time"), ""), *((course.label, "num") for course in courses)],
        rows=[
            [label, *(str(format_number(course.times[k])) for course in courses)]
            for k, label in enumerate(steps)
            if any(course.times[k] for course in courses)
        ],
        note=note,
    )
