"""What became of one participant's part in a closed round, for their eyes only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from ideas.database import alias_of
from ideas.models import (
    Argument,
    Ballot,
    Entry,
    EntryStatus,
    Idea,
    IdeaEdge,
    IdeaVersion,
    Participant,
    RightsText,
    Round,
)
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, idea_rows
from ideas.queries.outcomes import waits_for_outcome
from ideas.queries.rights import RightsRow


@dataclass(frozen=True)
class IdeaOfAuthor:
    """An idea of the participant. `counted_as` is the entry whose place and outcome are its own: mostly itself.

    `waits`: its author waits for an answer. `went_on` is the number of the next round in which it stands, None for
    none. `grown` are the ids of the ideas that grew from it. `rights` are the words on rights under which it was given,
    None if the rights stay with the author.
    """

    idea_id: int
    counted_as: int
    waits: bool
    went_on: int | None
    grown: list[int]
    rights: RightsRow | None = None


def own_ideas(session: Session, round: Round, participant: Participant) -> list[IdeaOfAuthor]:
    """A participant's ideas in a closed round, the oldest first."""
    # `Entry` is the one that stands for `own`, mostly itself: it is answered and goes on for both.
    own, later = alias_of(Entry, "own"), alias_of(Entry, "later")
    next_round = (
        select(func.min(Round.n))
        .join(later, later.round_id == Round.id)
        .where(Round.n > round.n, later.idea_id == Entry.idea_id, own.status != EntryStatus.WITHDRAWN)
        .scalar_subquery()
    )
    query = (
        select(own.idea_id, Entry.id, and_(waits_for_outcome(), own.status != EntryStatus.WITHDRAWN), next_round)
        .add_columns(RightsText.n, RightsText.rights, RightsText.words)
        .select_from(own)
        .join(Entry, Entry.id == func.coalesce(own.counted_as, own.id))
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Idea, Idea.id == own.idea_id)
        .outerjoin(RightsText, RightsText.id == Idea.rights_text_id)
        .where(own.round_id == round.id, Idea.author_id == participant.id)
        .order_by(own.idea_id)
    )
    found = session.execute(query).tuples().all()
    grown = _children_of(session, round, participant) if found else {}
    return [
        IdeaOfAuthor(idea, stands, waits, went_on, grown.get(idea, []), RightsRow(*rights) if rights[0] else None)
        for idea, stands, waits, went_on, *rights in found
    ]


def words_of_ideas(
    session: Session, round: Round, participant: Participant, ids: Collection[int], own: Sequence[IdeaOfAuthor]
) -> dict[int, IdeaRow]:
    """`{idea: its row}` for these ideas and the participant's own, which may have stayed sealed."""
    mine = {one.idea_id for one in own}
    rows = {row.id: row for row in idea_rows(session, round, ids=sorted({*ids, *mine}))} if ids or mine else {}
    if mine - rows.keys():
        rows |= {row.id: row for row in idea_rows(session, round, author_id=participant.id)}
    return rows


def _children_of(session: Session, round: Round, participant: Participant) -> defaultdict[int, list[int]]:
    """`{own idea: the ideas that grew from it}`; the idea that stands for a merged one takes its place."""
    child, root, parent = alias_of(Entry, "child"), alias_of(Entry, "root"), alias_of(Idea, "parent")
    stands = or_(
        and_(root.id == child.id, child.status == EntryStatus.VISIBLE),
        and_(root.id == child.counted_as, child.status == EntryStatus.MERGED),
    )
    rows = session.execute(
        select(IdeaEdge.parent_id, root.idea_id)
        .join(parent, parent.id == IdeaEdge.parent_id)
        .join(child, child.idea_id == IdeaEdge.child_id)
        .join(root, stands)
        .where(child.round_id == round.id, parent.author_id == participant.id, root.idea_id != IdeaEdge.parent_id)
        .order_by(root.idea_id)
        .distinct()
    )
    found = defaultdict[int, list[int]](list)
    for idea, grown in rows:
        found[idea].append(grown)
    return found


def own_voters(session: Session, round: Round, participant: Participant) -> list[Participant]:
    """The participants under whom a person voted in a round, themselves first.

    They may be several if the person signed in with an account after the close: a closed round keeps the ballot of the
    guest as it was counted.
    """
    ids = [question.id for question in round.questions]
    voted = exists().where(Ballot.participant_id == Participant.id, Ballot.question_id.in_(ids))
    query = select(Participant).where(
        or_(Participant.id == participant.id, Participant.merged_into == participant.id), voted
    )
    return list(session.scalars(query.order_by(Participant.id != participant.id, Participant.id)))


def own_arguments(session: Session, round: Round, participant: Participant) -> list[ArgumentRow]:
    """A participant's arguments on the ideas of a closed round, the oldest first, without those that they withdrew."""
    own = select(Argument.id).where(Argument.author_id == participant.id)
    rows = argument_rows(session, round, ids=own, statuses=None)
    return [row for row in rows if row.status != EntryStatus.WITHDRAWN]


def decisive_reasons(session: Session, participant: Participant) -> dict[int, str]:
    """`{own argument: the reason}` for a participant's arguments that the organisation marked as decisive."""
    query = select(Argument.id, Argument.decisive_reason).where(Argument.author_id == participant.id)
    return dict(session.execute(query.where(Argument.decisive_seq.is_not(None))).tuples().all())
