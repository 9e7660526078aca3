"""The page of one idea: the idea, its arguments, and the viewer's own records among them."""

import uuid
from dataclasses import dataclass, field

from app.pages.rooms import Room
from app.platform import csrf
from app.rules import presenter_of, prompt_of
from app.rules.base import RulePresenter
from ideas import policy
from ideas.database import db
from ideas.entries import entry_of
from ideas.errors import NotFound
from ideas.models import Entry, EntryStatus, Idea, Question
from ideas.queries.ballots import receipt_of
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, handles_of, idea_rows
from ideas.voting.rules import BallotRule


@dataclass(frozen=True)
class OwnRecords:
    """What one viewer may do with an idea: change or withdraw their own, vote on others', take arguments back.

    `idea` is None unless it is their own; `arguments` are their own. `csrf` makes its forms work without a script.
    """

    idea: IdeaRow | None
    arguments: list[ArgumentRow]
    may_write: bool
    may_debate: bool
    writes_sealed: bool
    csrf: str

    @property
    def may_edit(self) -> bool:
        if not self.may_write or self.idea is None or self.idea.status not in policy.EDITABLE:
            return False
        return self.idea.sealed or not self.writes_sealed

    @property
    def may_withdraw(self) -> bool:
        return self.may_write and self.idea is not None and self.idea.status in policy.EDITABLE

    @property
    def may_reinstate(self) -> bool:
        return self.may_write and self.idea is not None and self.idea.status == EntryStatus.WITHDRAWN


@dataclass(frozen=True)
class IdeaVote:
    """One question on this idea: it is answered here where each idea is judged for itself, else on the ballot."""

    question: Question
    prompt: str
    mark: int | None
    is_done: bool
    op: str = field(default_factory=lambda: str(uuid.uuid4()))
    client: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def rule(self) -> BallotRule:
        return self.question.ballot_rule

    @property
    def presenter(self) -> RulePresenter[BallotRule]:
        return presenter_of(self.rule)

    @property
    def is_here(self) -> bool:
        return self.rule.is_one_by_one and not self.rule.is_paired


@dataclass(frozen=True)
class IdeaPage:
    idea: IdeaRow
    arguments: dict[str, list[ArgumentRow]]  # by stance, oldest first
    mine: OwnRecords | None  # None for a facilitator who has not joined
    votes: list[IdeaVote]  # empty where the viewer may not mark this idea (now)
    may_argue: bool


def idea_page_of(room: Room, idea: Idea) -> IdeaPage:
    """:raise NotFound: if the viewer may not see the idea."""
    session = db.session()
    entry = entry_of(session, room.round, idea)
    if not policy.sees_entry(room.access, entry, idea):
        raise NotFound
    participant = room.participant
    is_own = participant is not None and idea.author_id == participant.id
    [row] = idea_rows(session, room.round, ids=[idea.id], author_id=idea.author_id if is_own else None)
    arguments = argument_rows(session, room.round, idea_id=idea.id)
    own = set(handles_of(session, participant)) if participant else set()
    by_stance: dict[str, list[ArgumentRow]] = {"for": [], "against": [], "question": []}
    for argument in arguments:
        by_stance[argument.stance].append(argument)
    return IdeaPage(
        idea=row,
        arguments=by_stance,
        mine=OwnRecords(
            idea=row if is_own else None,
            arguments=[a for a in arguments if a.handle in own],
            may_write=room.may_write,
            may_debate=room.may_debate,
            writes_sealed=policy.writes_sealed(room.round),
            csrf=csrf.token(),
        )
        if participant
        else None,
        votes=_votes(room, entry) if entry.shown and (not is_own or policy.own_marks_count(room.round)) else [],
        may_argue=room.may_debate and entry.shown,
    )


def _votes(room: Room, entry: Entry) -> list[IdeaVote]:
    participant = room.participant
    if participant is None or not room.may_vote:
        return []
    receipts = [(q, receipt_of(db.session(), q, participant, room.marks)) for q in room.round.questions]
    return [IdeaVote(q, prompt_of(q), r.marks.get(entry.id), r.done_at is not None) for q, r in receipts]
