"""The pages about awards: the winners, the giving, the decisive arguments, and the certificate."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ideas.errors import NotFound
from ideas.models import Award, Challenge, EntryStatus, Participant, Result, Round
from ideas.queries.awards import (
    ProposedAward,
    decisive_marks,
    last_award,
    order_of,
    proposed,
    version_of,
)
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, idea_rows
from ideas.queries.winners import AwardPartRow, AwardRow, award_rows, proposal_rows, with_acts
from ideas.services.awards import outcomes_stand

# The page of decisive arguments shows at most so many.
ARGUMENTS_MAX = 300


@dataclass(frozen=True)
class GivingPage:
    """What a member can do now. `proposed` is empty if awards stand, and while no round is closed."""

    is_closed: bool
    has_order: bool
    proposed: list[AwardRow]
    given: list[AwardRow]
    version: str
    seen: int
    may_mark: bool

    @property
    def stands(self) -> bool:
        return any(award.stands for award in self.given)


def giving_page(session: Session, round: Round) -> GivingPage:
    given = with_acts(session, round.challenge, award_rows(session, round.challenge))
    places, proposals = {}, list[ProposedAward]()
    if round.is_closed:
        places = order_of(session, round)
        proposals = proposed(session, round, places)
    is_free = not any(award.stands for award in given)
    return GivingPage(
        is_closed=round.is_closed,
        has_order=bool(places),
        proposed=proposal_rows(session, round, proposals) if is_free else [],
        given=given,
        version=version_of(session, round, proposals),
        seen=last_award(session, round),
        may_mark=not outcomes_stand(session, round),
    )


@dataclass(frozen=True)
class ArgumentChoice:
    """An argument that can be marked as decisive. `reason` is None as long as it is not."""

    argument: ArgumentRow
    reason: str | None


@dataclass(frozen=True)
class ArguedIdea:
    """An idea with its arguments, and its place in a closed round."""

    idea: IdeaRow
    place: int | None
    arguments: list[ArgumentChoice]


def argued_ideas(session: Session, round: Round) -> list[ArguedIdea]:
    """The ideas with arguments: of a closed round the best first, of an open one the oldest first."""
    places = order_of(session, round) if round.is_closed else {}
    marks = decisive_marks(session, round)
    on: dict[int, list[ArgumentChoice]] = {}
    said = [row for row in argument_rows(session, round) if row.reply_to is None]
    for row in said[:ARGUMENTS_MAX]:
        on.setdefault(row.idea_id, []).append(ArgumentChoice(row, marks.get(row.id)))
    ideas = [row for row in idea_rows(session, round) if row.id in on]
    ideas.sort(key=lambda idea: (places.get(idea.entry_id, len(places) + 1), idea.id))
    return [ArguedIdea(idea, places.get(idea.entry_id), on[idea.id]) for idea in ideas]


def candidates_for(session: Session, round: Round) -> list[IdeaRow]:
    """The ideas to which a prize can be given anew, best first."""
    places = order_of(session, round)
    ideas = [row for row in idea_rows(session, round) if row.status == EntryStatus.VISIBLE and not row.is_redacted]
    return sorted(ideas, key=lambda idea: (places.get(idea.entry_id, len(places) + 1), idea.id))


@dataclass(frozen=True)
class Certificate:
    """One person's part of a standing award. `digest`: the first letters of the result's."""

    award: AwardRow
    part: AwardPartRow
    digest: str


def certificate_of(
    session: Session, challenge: Challenge, award: Award, part_id: int, viewer: Participant | None
) -> Certificate:
    """:raise NotFound: for a withdrawn award, and for a part without a person."""
    [row] = with_acts(session, challenge, [row_of(award_rows(session, challenge, viewer), award.id)])
    part = next((part for part in row.parts if part.id == part_id), None)
    if part is None or not row.stands or not part.has_certificate:
        raise NotFound
    result = session.get(Result, award.round_id)
    return Certificate(row, part, result.digest[:16] if result else "")


def row_of(rows: Sequence[AwardRow], award_id: int) -> AwardRow:
    """:raise NotFound:"""
    found = next((row for row in rows if row.id == award_id), None)
    if found is None:
        raise NotFound
    return found
