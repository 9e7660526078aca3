"""The page on which members answer every idea of a closed round: its ideas best first, and the suggested reasons."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import labels
from app.inputs.outcomes import OutcomeDraft
from ideas.models import Challenge, Decision, Round
from ideas.queries.groups import group_rows
from ideas.queries.ideas import IdeaRow
from ideas.queries.outcomes import ANSWERED, PastOutcome, last_outcome, outcome_history, waiting_entries
from ideas.queries.rankings import RankingRow, ranking_of
from ideas.queries.rounds import RoundLink, rounds_of

# The ideas of one page.
PER_PAGE = 50


@dataclass(frozen=True)
class AnswerRow:
    """An idea with its place (None outside the ranking) and its outcomes, the latest first.

    `is_changed`: somebody else decided since the page was opened.
    """

    idea: IdeaRow
    place: int | None
    past: list[PastOutcome]
    is_changed: bool
    waits: bool


@dataclass(frozen=True)
class AnswerGroup:
    """A group in which so many ideas wait. `name`: its own, else the title of its first idea; "" for an erased one."""

    id: int
    name: str
    waiting: int


@dataclass(frozen=True)
class AnswerPage:
    """One page of the ideas of a round: those that wait, or all. `groups` are those of all pages."""

    rows: list[AnswerRow]
    groups: list[AnswerGroup]
    rounds: list[RoundLink]
    waiting: int
    all: int
    shows_all: bool
    number: int
    pages: int
    seen: int
    suggestions: list[str]
    options: list[dict[str, str]]


def answers_of(
    session: Session, challenge: Challenge, round: Round, draft: OutcomeDraft, *, shows_all: bool, number: int
) -> AnswerPage:
    """:raise NotClosed: while the round is open."""
    ranking, past, waits = (
        ranking_of(session, round),
        outcome_history(session, round),
        waiting_entries(session, round.id),
    )
    answered = [row for row in (*ranking.places, *ranking.apart) if row.idea.status in ANSWERED]
    rows = [_row(each, past.get(each.idea.entry_id, []), draft.seen, waits) for each in answered]
    # A ticked idea stays in sight, also if somebody answered it meanwhile.
    listed = rows if shows_all else [row for row in rows if row.waits or row.idea.entry_id in draft.chosen]
    pages = max(1, -(-len(listed) // PER_PAGE))
    number = min(max(1, number), pages)
    return AnswerPage(
        rows=listed[(number - 1) * PER_PAGE : number * PER_PAGE],
        groups=_groups(session, round, rows),
        rounds=rounds_of(session, challenge.id),
        waiting=len(waits),
        all=len(rows),
        shows_all=shows_all,
        number=number,
        pages=pages,
        seen=last_outcome(session, round.id),
        suggestions=suggestions_of(challenge),
        options=[{"value": str(each), "title": str(labels.DECISIONS[each])} for each in Decision],
    )


def _row(of: RankingRow, past: Sequence[PastOutcome], seen: int | None, waits: Collection[int]) -> AnswerRow:
    is_changed = seen is not None and any(each.outcome.seq > seen for each in past)
    return AnswerRow(of.idea, of.place, list(reversed(past)), is_changed, of.idea.entry_id in waits)


def _groups(session: Session, round: Round, rows: Sequence[AnswerRow]) -> list[AnswerGroup]:
    waiting = Counter(row.idea.group_id for row in rows if row.waits)
    groups = group_rows(session, round) if waiting.keys() - {None} else []
    return [
        AnswerGroup(group.id, group.name or group.ideas[0].title, waiting[group.id])
        for group in groups
        if waiting[group.id]
    ]


def suggestions_of(challenge: Challenge) -> list[str]:
    """The reasons that the organisation uses again, or ours."""
    return challenge.organisation.reasons.splitlines() or [
        _("We start with it now."),
        _("We work out the details with its author."),
        _("Good idea, but it costs more than we can spend at the moment."),
        _("It is part of another idea."),
        _("It already exists."),
        _("It is not in our hands."),
    ]
