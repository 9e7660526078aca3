"""Debating: argue on an idea, withdraw an argument, mark one as a good point."""

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from ideas import clock, journal, operations, policy
from ideas.actor import Actor
from ideas.arguing import change_status
from ideas.database import require, write
from ideas.entries import card_of, entry_of, seen_entry
from ideas.errors import NotFound, OwnArgument
from ideas.events import ArgumentEntered, ArgumentWithdrawn, GoodPointMarked, GoodPointTakenBack
from ideas.models import Activity, Argument, EntryStatus, GoodPoint, Idea, Stance
from ideas.queries.rounds import current_round
from ideas.texts import ARGUMENT_MAX, cleaned

LANES = (journal.ROOM, journal.FACILITATORS)


@dataclass(frozen=True)
class ArgumentForm:
    stance: Stance
    text: str


def argue(actor: Actor, idea_id: int, form: ArgumentForm, op: str) -> int:
    """Add an argument to an idea that the room sees; a repeated `op` changes nothing.

    :return: the argument's id.
    :raise PhaseForbids: :raise RoundIsClosed: :raise Barred: :raise NotFound: :raise Invalid:
    :raise NumberReused: if `op` was another argument.
    """
    op = operations.checked_op(op)
    text = cleaned("text", form.text, ARGUMENT_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        idea = require(session, Idea, idea_id)
        chain = journal.locked(transaction, idea.challenge_id)
        participant = policy.require_participant(session, actor, idea.challenge_id)
        digest = operations.digest_of(participant.secret, idea_id, form.stance, text)
        before = operations.answer_before(session, participant, op, "argument", digest)
        if before is not None:
            return before
        round = current_round(session, idea.challenge_id)
        policy.require_permits(round, Activity.DEBATE)
        entry = entry_of(session, round, idea)
        if not entry.shown:
            raise NotFound
        argument = Argument(
            idea_id=idea.id,
            author_id=participant.id,
            stance=form.stance,
            text=text,
            salt=secrets.token_bytes(16),
            written_at=clock.now(),
        )
        session.add(argument)
        session.flush()
        operations.remember(session, participant, op, "argument", argument.id, digest)
        digest = journal.text_digest(argument.salt, argument.text)
        author = journal.author_digest(argument.salt, participant.secret)
        stance = str(form.stance)
        body = {"argument": argument.id, "entry": entry.id, "stance": stance, "text": digest, "author": author}
        seq = chain.append("argument", body, round)
        chain.touch(seq, [argument.handle, idea.handle, "figures"], LANES)
        transaction.record(ArgumentEntered(idea.challenge_id, round.id, idea.id, argument.id, participant.id))
        return argument.id


def withdraw_argument(actor: Actor, argument_id: int) -> None:
    """Withdraw one's own argument while the phase permits debate.

    :raise PhaseForbids: :raise RoundIsClosed: :raise NotFound: if it does not exist or is not the actor's.
    """
    with write() as transaction:
        session = transaction.session
        argument = require(session, Argument, argument_id)
        idea = argument.idea
        chain = journal.locked(transaction, idea.challenge_id)
        participant = policy.require_participant(session, actor, idea.challenge_id)
        if argument.author_id != participant.id or argument.status != EntryStatus.VISIBLE:
            raise NotFound
        round = current_round(session, idea.challenge_id)
        policy.require_permits(round, Activity.DEBATE)
        change_status(session, argument, EntryStatus.WITHDRAWN)
        seq = chain.append("unargue", {"argument": argument.id}, round)
        chain.touch(seq, [argument.handle, card_of(session, idea), "figures"], LANES)
        transaction.record(ArgumentWithdrawn(idea.challenge_id, round.id, idea.id, argument.id, participant.id))


def toggle_good_point(actor: Actor, argument_id: int) -> bool:
    """Mark somebody else's argument as a good point, or take one's mark back, while the phase permits debate.

    No lane of others hears of it while counts are sealed.
    :return: whether it is marked now.
    :raise OwnArgument: :raise PhaseForbids: :raise RoundIsClosed: :raise Barred: :raise Forbidden:
    :raise NotFound: also for an argument that the room does not see.
    """
    with write() as transaction:
        session = transaction.session
        argument = require(session, Argument, argument_id)
        chain = journal.locked(transaction, argument.idea.challenge_id)
        participant = policy.require_participant(session, actor, chain.challenge.id)
        round = current_round(session, chain.challenge.id)
        policy.require_permits(round, Activity.DEBATE)
        seen_entry(session, round, argument)
        if argument.author_id == participant.id:
            raise OwnArgument
        of = {"round_id": round.id, "argument_id": argument.id, "participant_id": participant.id}
        point = session.scalar(select(GoodPoint).filter_by(**of))
        if point is None:
            session.add(GoodPoint(**of))
        else:
            session.delete(point)
        seq = chain.append("good" if point is None else "ungood", {"argument": argument.id}, round)
        chain.touch(seq, [argument.handle], [participant.lane, *(LANES if policy.sees_counts(round) else ())])
        event = GoodPointMarked if point is None else GoodPointTakenBack
        transaction.record(event(chain.challenge.id, round.id, argument.idea_id, argument.id, argument.author_id))
        return point is None
