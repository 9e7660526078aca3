"""The pages on which a participant replies to an argument, or changes one of their own."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from app.pages.rooms import owner_key
from ideas import policy
from ideas.actor import Actor
from ideas.database import db, require
from ideas.errors import NotFound
from ideas.models import Activity, Argument, Challenge, Stance
from ideas.queries.ideas import ArgumentRow, argument_rows
from ideas.queries.rounds import current_round
from ideas.texts import REPLY_MAX


@dataclass(frozen=True)
class ArgumentWriting:
    """A form under an argument: `argument` is the one that is answered, or the one that is changed."""

    challenge: Challenge
    argument: ArgumentRow
    is_change: bool
    text_max: int  # characters
    url: str  # of the form
    back_url: str
    owner: str  # the key of what the browser keeps for the viewer; "" for somebody who does not take part yet
    asks_name: bool = False  # the viewer takes part from the answer on

    @property
    def is_asked_kindly(self) -> bool:
        """Whether kinder words are wanted of the viewer."""
        return self.is_change and self.argument.is_asked_kindly


def reply_to(actor: Actor, argument_id: int) -> ArgumentWriting:
    """The form of a participant, or of a member of the organisation who takes part from an answer on.

    :raise NotFound: also for a reply. :raise Forbidden: :raise Barred: :raise RoundIsClosed: :raise PhaseForbids:
    """
    found = _writing(actor, argument_id, REPLY_MAX, is_change=False)
    if found.argument.reply_to is not None:
        raise NotFound
    return found


def change_of(actor: Actor, argument_id: int) -> ArgumentWriting:
    """Errors as of `reply_to`. :raise NotFound: also for the argument of somebody else."""
    session = db.session()
    argument = require(session, Argument, argument_id)
    access = policy.require_inside(session, actor, argument.idea.challenge_id)
    if access.participant is None or not access.participates or argument.author_id != access.participant.id:
        raise NotFound
    return _writing(actor, argument_id, argument.text_max, is_change=True)


def _writing(actor: Actor, argument_id: int, text_max: int, *, is_change: bool) -> ArgumentWriting:
    session = db.session()
    argument = require(session, Argument, argument_id)
    challenge_id = argument.idea.challenge_id
    is_new = _joins_with(session, actor, argument)
    participant = None if is_new else policy.require_participant(session, actor, challenge_id)
    round = current_round(session, challenge_id)
    if is_change:
        policy.require_discusses(round)
    else:
        policy.require_permits(round, Activity.DEBATE)
    rows = argument_rows(session, round, ids=[argument_id])
    if not rows or rows[0].is_redacted:
        raise NotFound
    [row] = rows
    page = url_for("ideas.show", challenge_id=challenge_id, idea_id=row.idea_id, argument=row.id, _anchor=row.handle)
    url = url_for("arguments.edit" if is_change else "arguments.answer", argument_id=argument_id)
    owner = owner_key(challenge_id, participant.id) if participant else ""
    return ArgumentWriting(round.challenge, row, is_change, text_max, url, page, owner, asks_name=is_new)


def _joins_with(session: Session, actor: Actor, argument: Argument) -> bool:
    challenge = require(session, Challenge, argument.idea.challenge_id)
    return argument.stance == Stance.QUESTION and policy.is_asked(session, actor, challenge)
