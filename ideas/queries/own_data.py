"""What a participant has in a room, for their eyes only."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas.models import Argument, Ballot, Flag, Idea, IdeaVersion, Participant


@dataclass(frozen=True)
class OwnTexts:
    """The numbers of a participant's ideas, arguments and words of reports that were not erased, and whether they
    voted.
    """

    ideas: int
    arguments: int
    voted: bool
    reports: int = 0

    @property
    def any(self) -> bool:
        return bool(self.ideas or self.arguments or self.reports)


def own_texts_of(session: Session, participant: Participant) -> OwnTexts:
    """Count what a participant wrote."""
    ideas = (
        select(func.count(Idea.id.distinct()))
        .join(IdeaVersion, IdeaVersion.idea_id == Idea.id)
        .where(Idea.author_id == participant.id, IdeaVersion.redacted_at.is_(None))
    )
    arguments = (
        select(func.count())
        .select_from(Argument)
        .where(Argument.author_id == participant.id, Argument.redacted_at.is_(None))
    )
    ballots = select(func.count()).select_from(Ballot).where(Ballot.participant_id == participant.id)
    reports = select(func.count()).select_from(Flag).where(Flag.participant_id == participant.id, Flag.words != "")
    counts = (ideas, arguments, ballots, reports)
    row = session.execute(select(*(query.scalar_subquery() for query in counts))).one()
    return OwnTexts(row[0], row[1], bool(row[2]), row[3])
