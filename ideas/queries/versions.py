"""The versions of an idea that the room saw, and the number of each as readers count them.

Versions that were replaced before the reveal or the approval were seen by nobody else: they have no number. The words
of an earlier version stay away from the room if moderators corrected or withheld it, or if somebody reported it and no
moderator decided to keep it before it was replaced.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session

from ideas.database import alias_of
from ideas.models import Entry, Flag, FlagState, IdeaVersion, Mark, Participant, Question, Round
from ideas.statements import one_of


@dataclass(frozen=True)
class VersionRow:
    """A version as readers count it, the first one is 1. `is_open`: the room may read its words."""

    n: int  # of all versions of the idea
    number: int
    title: str
    text: str
    image_id: int | None
    written_at: datetime
    salt: bytes  # of its digest in the journal
    is_correction: bool
    is_withheld: bool  # by moderators
    is_open: bool


def number_shown() -> ColumnElement[int]:
    """The SQL of the number, as readers count, of the `IdeaVersion` of a statement; most ideas have one version."""
    earlier = alias_of(IdeaVersion, "earlier_version")
    shown = select(func.count()).where(
        earlier.idea_id == IdeaVersion.idea_id, earlier.n < IdeaVersion.n, earlier.was_shown
    )
    return case((IdeaVersion.n > 1, 1 + shown.correlate(IdeaVersion).scalar_subquery()), else_=1)


def is_outdated() -> ColumnElement[bool]:
    """The SQL of whether an idea of a `Mark` has other words since the mark was given."""
    changed = exists().where(
        Entry.id.in_((Mark.subject, Mark.versus)),
        IdeaVersion.id == Entry.version_id,
        IdeaVersion.n > 1,
        IdeaVersion.written_at > Mark.at,
    )
    return changed.correlate(Mark)


def versions_of(session: Session, entry: Entry) -> list[VersionRow]:
    """The present version of an entry and the earlier ones that the room saw, the first one first."""
    return versions_by_idea(session, {entry.idea_id: entry.version.n})[entry.idea_id]


def versions_by_idea(session: Session, present: Mapping[int, int]) -> dict[int, list[VersionRow]]:
    """The same for several ideas: `present` is `{idea: its present version}`."""
    reported = exists().where(
        Flag.idea_id == IdeaVersion.idea_id, Flag.version == IdeaVersion.n, Flag.state != FlagState.REJECTED
    )
    query = select(IdeaVersion, reported).where(one_of(session, IdeaVersion.idea_id, [*present]))
    found: dict[int, list[tuple[IdeaVersion, bool]]] = {}
    for version, was_reported in session.execute(query.order_by(IdeaVersion.n)).tuples():
        if version.n <= present[version.idea_id]:
            found.setdefault(version.idea_id, []).append((version, was_reported))
    return {idea: _rows(versions, present[idea]) for idea, versions in found.items()}


def _rows(versions: Sequence[tuple[IdeaVersion, bool]], present: int) -> list[VersionRow]:
    """`versions` are in order, each with whether it was reported and nobody kept it."""
    corrected = max((version.n for version, _ in versions if version.is_correction), default=0)
    seen = [(version, reported) for version, reported in versions if version.was_shown or version.n == present]
    return [
        VersionRow(
            version.n,
            number,
            version.title,
            version.text,
            version.image_id,
            version.written_at,
            version.salt,
            version.is_correction,
            version.is_withheld,
            is_open=version.redacted_at is None
            and (version.n == present or not (reported or version.is_withheld or version.n < corrected)),
        )
        for number, (version, reported) in enumerate(seen, 1)
    ]


class VersionNumbers:
    """The numbers of the versions of some ideas at certain times."""

    def __init__(self, session: Session, ideas: Collection[int]) -> None:
        query = select(IdeaVersion.idea_id, IdeaVersion.written_at, IdeaVersion.was_shown)
        query = query.where(IdeaVersion.idea_id.in_(ideas)).order_by(IdeaVersion.n)
        self._of: dict[int, list[tuple[datetime, bool]]] = {}
        for idea_id, written_at, was_shown in session.execute(query).tuples() if ideas else ():
            self._of.setdefault(idea_id, []).append((written_at, was_shown))

    def at(self, idea_id: int, instant: datetime) -> int:
        """The number of the version that an idea had then; 1 for an idea that is not among these."""
        return number_at(self._of.get(idea_id, ()), instant)


def number_at(versions: Sequence[tuple[datetime, bool]], instant: datetime) -> int:
    """The number of the version at this time; `versions` are their times, and whether the room saw them, in order."""
    replaced = itertools.pairwise(versions)
    return 1 + sum(was_shown and following[0] <= instant for (_, was_shown), following in replaced)


def marked_at(session: Session, round: Round, participant: Participant, entry_id: int) -> datetime | None:
    """When a participant marked an entry for the first time of all questions; None if they did not.

    Only that participant may know it.
    """
    of = Mark.question_id.in_(select(Question.id).where(Question.round_id == round.id, ~Question.is_first_look))
    own = and_(of, Mark.participant_id == participant.id, (Mark.subject == entry_id) | (Mark.versus == entry_id))
    return session.scalar(select(func.min(Mark.at)).where(own))
