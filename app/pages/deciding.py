"""The clocks of orders in words, each with what happens if nobody says anything."""

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from ideas import orders
from ideas.job_terms import RANGES


@dataclass(frozen=True)
class ClockLine:
    """What waits, for how long, and what silence does."""

    what: str
    time: str
    silence: str


def clock_lines() -> list[ClockLine]:
    """Every clock, in the order in which an order meets them."""
    least, most = RANGES["review_days"]
    return [
        ClockLine(
            _("An application"),
            _("until the day of the job, else %(time)s", time=span(orders.APPLICATION)),
            _("It ends, and the person is told."),
        ),
        ClockLine(
            _("A place that was offered"), span(orders.OFFER), _("It goes to the next one. The person has no mark.")
        ),
        ClockLine(
            _("The work"),
            _("as the terms say"),
            _(
                "There are %(grace)s more. Then the place is free again; the text stays and can still be delivered.",
                grace=span(orders.GRACE),
            ),
        ),
        ClockLine(
            _("A question without which the work cannot go on"),
            span(orders.UNANSWERED),
            _(
                "The time to deliver stands until the answer. "
                "The person may leave with a part of the pay, without a mark."
            ),
        ),
        ClockLine(
            _("The decision of the company"),
            _("as the terms say, %(least)s to %(most)s days", least=least, most=most),
            _("The work is accepted, and the pay is owed."),
        ),
        ClockLine(
            _("Changes that were asked for"),
            _("at least %(time)s", time=span(orders.CHANGES_LEAST)),
            _("The company decides on the version that it has. Nothing is declined by itself."),
        ),
        ClockLine(_("An objection to a decline"), span(orders.OBJECTION), _("The decline stands.")),
        ClockLine(_("The company’s answer to an objection"), span(orders.ANSWER), _("The objection succeeds.")),
        ClockLine(
            _("The decision of a second person"),
            span(orders.SECOND_LOOK),
            _("The objection succeeds. It is never the person who declined."),
        ),
        ClockLine(
            _("An objection to a noted payment"), span(orders.CONTESTABLE), _("The payment stands as unconfirmed.")
        ),
    ]


def span(time: timedelta) -> str:
    """A time in days, or in hours if it is shorter than three days."""
    hours = int(time.total_seconds() // 3600)
    if hours < 72:
        return ngettext("%(num)s hour", "%(num)s hours", hours)
    return ngettext("%(num)s day", "%(num)s days", hours // 24)
