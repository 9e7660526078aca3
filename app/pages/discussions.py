"""How well a discussion went, as the console, the result and the report say it."""

from dataclasses import dataclass

from flask_babel import format_number, format_percent
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ideas import policy
from ideas.models import Result, Round
from ideas.queries.discussion import Discussion, discussion_of
from ideas.voting.timeline import LEAST


@dataclass(frozen=True)
class DiscussionFigure:
    """A number of a discussion: `said` is "3 of 12 (25%)"."""

    label: str
    said: str

    @property
    def sentence(self) -> str:
        return f"{self.label}: {self.said}"


def discussion_figures(session: Session, round: Round, result: Result | None = None) -> list[DiscussionFigure]:
    """The figures of a round; none where nobody argued. `result` as for `discussion_of`."""
    found = discussion_of(session, round, result)
    if not found.arguments:
        return []
    figures = [DiscussionFigure(_("Ideas without an objection"), _share(found.without_objection, found.ideas))]
    if found.questions:
        figures += [
            DiscussionFigure(_("Unanswered questions"), _share(found.unanswered, found.questions)),
            DiscussionFigure(_answered_by(round), _share(found.answered, found.questions)),
        ]
    if argued := _argued(found, round):
        figures.append(DiscussionFigure(_("People who argued"), argued))
    return figures


def _answered_by(round: Round) -> str:
    if policy.sees_authors(round.challenge.anonymity, round.is_closed):
        return _("Questions that the organisation answered")
    return _("Questions answered for the idea")


def _argued(found: Discussion, round: Round) -> str:
    if found.argued is not None:
        return _share(found.argued, found.people)
    return _("fewer than %(n)s", n=LEAST) if round.is_closed else ""


def _share(n: int, of: int) -> str:
    said = _("%(n)s of %(all)s", n=format_number(n), all=format_number(of))
    return f"{said} ({format_percent(n / of)})" if of else said
