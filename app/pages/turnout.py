"""The turnout over time in words and points: of a report, of the charts of a result and of the statistics."""

from dataclasses import dataclass

from flask_babel import format_number, ngettext
from flask_babel import gettext as _

from ideas.models import Round
from ideas.voting.timeline import DAY, HOUR, LEAST, MINUTE, Timeline


@dataclass(frozen=True)
class TimelinePoint:
    """So many `people` had voted by `time`. `x` and `y` are shares of the time and of the people, 0..1."""

    x: float
    y: float
    time: str
    people: str
    said: str


@dataclass(frozen=True)
class TurnoutChart:
    """The turnout over time, as a line through `points`, or `note`, which says why there is none."""

    points: list[TimelinePoint]
    end: str  # how long the vote took
    people: str
    sentence: str
    note: str

    @property
    def label(self) -> str:
        """The chart in words."""
        return " ".join(point.said for point in self.points)


def turnout_of(round: Round, timeline: Timeline | None) -> TurnoutChart:
    """The turnout over time of a round, as a chart or with the reason why there is none."""
    if timeline is None:
        note = (
            _("When anybody voted was deleted for good.")
            if round.is_forgotten
            else _("The votes were imported; nobody knows when they were given.")
        )
        return TurnoutChart([], "", "", "", note)
    if not timeline.parts:
        note = _("So few people voted, or all within so short a time, that it would show when one of them voted.")
        return TurnoutChart([], "", "", "", note)
    points, voted = [], 0
    for part in timeline.parts:
        voted += part.people
        said = ngettext(
            "%(time)s after the start, %(num)s person had voted.",
            "%(time)s after the start, %(num)s people had voted.",
            voted,
            time=duration_said(part.until),
        )
        time, people = duration_said(part.until), str(format_number(voted))
        points.append(TimelinePoint(part.until / timeline.seconds, voted / timeline.people, time, people, said))
    return TurnoutChart(
        points=points,
        end=duration_said(timeline.seconds),
        people=str(format_number(timeline.people)),
        sentence=_("Half of the voters had voted %(time)s after the start.", time=duration_said(timeline.until_half())),
        note=_("Between two dots, at least %(n)s people voted, so that nobody can be recognised.", n=LEAST),
    )


def duration_said(seconds: int) -> str:
    """A time in its largest whole unit, at most two digits long: "90 minutes", "26 hours", "14 days"."""
    if seconds % DAY == 0 or seconds >= 100 * HOUR:
        return ngettext("%(num)s day", "%(num)s days", round(seconds / DAY))
    if seconds % HOUR == 0 or seconds >= 100 * MINUTE:
        return ngettext("%(num)s hour", "%(num)s hours", round(seconds / HOUR))
    return ngettext("%(num)s minute", "%(num)s minutes", round(seconds / MINUTE))
