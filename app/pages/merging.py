"""The pages on which a moderator merges two ideas: choose the other one, see both, and confirm."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from app.inputs.lists import idea_query
from app.pages.alike import Alike, alike
from app.rules import presenter_of
from ideas import policy
from ideas.actor import Actor
from ideas.database import db, require
from ideas.errors import NotFound
from ideas.models import Challenge, Idea, Round
from ideas.queries.hands import hands_on
from ideas.queries.ideas import IdeaRow, idea_rows
from ideas.queries.likeness import alike_among_shown
from ideas.queries.pages import ListPage, room_page
from ideas.queries.rounds import current_round


@dataclass(frozen=True)
class OtherIdea:
    """The choice of the other idea of a merge, as the viewer's address looks for it."""

    challenge: Challenge
    idea: IdeaRow
    alike: list[Alike]  # on top of the whole list, nothing on its other pages
    shown: ListPage[IdeaRow]

    @property
    def others(self) -> list[IdeaRow]:
        above = {self.idea.id, *(each.idea.id for each in self.alike)}
        return [row for row in self.shown.rows if row.id not in above]


@dataclass(frozen=True)
class MergedPair:
    """Two ideas that are to be merged. `consequences` says for each ballot rule what becomes of the marks."""

    challenge: Challenge
    ideas: tuple[IdeaRow, IdeaRow]
    stays_id: int
    consequences: Sequence[str]
    has_hands: bool  # hands were raised for one of them


def other_idea_for(actor: Actor, idea_id: int) -> OtherIdea:
    """:raise NotFound: if the idea is not in the room (any more). :raise Forbidden:"""
    challenge, round = _facilitated(actor, idea_id)
    session, [idea] = db.session(), _rows(round, [idea_id])
    shown = room_page(session, round, idea_query(request.args, None))
    ids = alike_among_shown(session, round, (idea.title, idea.text), [idea_id]) if shown.begins else []
    rows = {row.id: row for row in idea_rows(session, round, ids=ids)} if ids else {}
    return OtherIdea(challenge, idea, alike(idea, [rows[i] for i in ids if i in rows]), shown)


def merged_pair_of(actor: Actor, idea_id: int, other_id: int, stays_id: int | None) -> MergedPair:
    """:raise NotFound: if one of the ideas is not in the round, or sealed. :raise Forbidden:"""
    challenge, round = _facilitated(actor, idea_id)
    one, other = _rows(round, [idea_id, other_id])
    said = dict.fromkeys(str(presenter_of(question.ballot_rule).merging) for question in round.questions)
    stays = stays_id if stays_id in (idea_id, other_id) else other_id
    has_hands = any(hands_on(db.session(), round, idea.id) for idea in (one, other))
    return MergedPair(challenge, (one, other), stays, list(said), has_hands)


def merged_idea_of(actor: Actor, idea_id: int) -> tuple[Challenge, IdeaRow]:
    """An idea with the one into which it was merged (`stays`), if it is. :raise NotFound: :raise Forbidden:"""
    challenge, round = _facilitated(actor, idea_id)
    [row] = _rows(round, [idea_id])
    return challenge, row


def _facilitated(actor: Actor, idea_id: int) -> tuple[Challenge, Round]:
    session = db.session()
    challenge = policy.require_facilitator(session, actor, require(session, Idea, idea_id).challenge_id)
    return challenge, current_round(session, challenge.id)


def _rows(round: Round, ids: Sequence[int]) -> list[IdeaRow]:
    found = {row.id: row for row in idea_rows(db.session(), round, ids=ids)}
    if len({*ids}) < len(ids) or not found.keys() >= {*ids}:
        raise NotFound
    return [found[i] for i in ids]
