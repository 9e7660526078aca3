"""Debating: argue on an idea, reply to an argument, change or withdraw one's own, mark one as a good point, ask for
kinder words.
"""

from dataclasses import dataclass

from sqlalchemy import select

from ideas import clock, journal, operations, policy
from ideas.actor import Actor
from ideas.arguing import CheckedWords, add_argument, change_status, may_be_changed, touched_with
from ideas.database import Transaction, require, write
from ideas.entries import card_of, entry_of, seen_entry
from ideas.errors import Conflict, EditTimeOver, NotFound, OwnArgument
from ideas.events import (
    ArgumentEdited,
    ArgumentEvent,
    ArgumentWithdrawn,
    GoodPointMarked,
    GoodPointTakenBack,
    KinderWordsAsked,
)
from ideas.models import (
    Activity,
    Argument,
    EntryStatus,
    GoodPoint,
    Idea,
    Kindness,
    Participant,
    Round,
    Stance,
    Tier,
)
from ideas.names import display_name
from ideas.people import admit
from ideas.queries.rounds import current_round
from ideas.round_lock import SHARED_LANES
from ideas.texts import ARGUMENT_MAX, REPLY_MAX, cleaned


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
        argument = add_argument(chain, round, entry, participant, CheckedWords(form.stance, text))
        operations.remember(session, participant, op, "argument", argument.id, digest)
        return argument.id


def reply(actor: Actor, argument_id: int, text: str, op: str, name: str = "") -> int:
    """Reply to an argument that the room sees, and that is no reply. Errors as of `argue`.

    Somebody who steers for the organisation and does not take part answers a question under `name`, and takes part
    from then on.

    :return: the reply's id.
    :raise NameTaken: :raise ChallengeFull: if such a person can't take part under this name, or not any more.
    """
    op = operations.checked_op(op)
    text = cleaned("text", text, REPLY_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        argument = require(session, Argument, argument_id)
        chain = journal.locked(transaction, argument.idea.challenge_id)
        participant = _answering(chain, actor, argument, name)
        digest = operations.digest_of(participant.secret, argument_id, "reply", text)
        before = operations.answer_before(session, participant, op, "argument", digest)
        if before is not None:
            return before
        round = current_round(session, chain.challenge.id)
        policy.require_permits(round, Activity.DEBATE)
        entry = seen_entry(session, round, argument)
        if argument.reply_to_id is not None:
            raise NotFound
        added = add_argument(chain, round, entry, participant, CheckedWords(Stance.REPLY, text, argument))
        operations.remember(session, participant, op, "argument", added.id, digest)
        return added.id


def _answering(chain: journal.Chain, actor: Actor, argument: Argument, name: str) -> Participant:
    """The participant who replies. Somebody who joins with their answer is one from now on."""
    session, challenge = chain.transaction.session, chain.challenge
    if argument.stance != Stance.QUESTION or not policy.is_asked(session, actor, challenge):
        return policy.require_participant(session, actor, challenge.id)
    policy.require_permits(current_round(session, challenge.id), Activity.DEBATE)
    assert actor.person_id is not None
    return admit(chain, actor.person_id, display_name(name), Tier.SIGNED_IN)


def edit_argument(actor: Actor, argument_id: int, text: str) -> None:
    """Change the words of one's own argument soon after writing it, while the phase permits a discussion.

    Whoever was asked for kinder words may change theirs once at any time.

    :raise EditTimeOver: later. :raise PhaseForbids: :raise RoundIsClosed: :raise Invalid:
    :raise NotFound: if it does not exist or is not the actor's, or the room does not see it.
    """
    with write() as transaction:
        own = _own(transaction, actor, argument_id)
        argument = own.argument
        text = cleaned("text", text, argument.text_max, required=True)
        seen_entry(transaction.session, own.round, argument)
        if not may_be_changed(argument):
            raise EditTimeOver
        if text == argument.text:
            return
        argument.text, argument.edited_at = text, clock.now()
        if argument.kinder == Kindness.ASKED:
            argument.kinder = Kindness.REWORDED
        digest = journal.text_digest(argument.salt, argument.text)
        seq = own.chain.append("reargue", {"argument": argument.id, "text": digest}, own.round)
        own.chain.touch(seq, [argument.handle], [*SHARED_LANES, own.participant.lane])
        transaction.record(own.event(ArgumentEdited))


def withdraw_argument(actor: Actor, argument_id: int) -> None:
    """Withdraw one's own argument while the phase permits a discussion.

    :raise PhaseForbids: :raise RoundIsClosed: :raise NotFound: if it does not exist or is not the actor's.
    """
    with write() as transaction:
        session = transaction.session
        own = _own(transaction, actor, argument_id)
        argument = own.argument
        if argument.status != EntryStatus.VISIBLE:
            raise NotFound
        change_status(session, argument, EntryStatus.WITHDRAWN)
        seq = own.chain.append("unargue", {"argument": argument.id}, own.round)
        own.chain.touch(seq, [*touched_with(argument), card_of(session, argument.idea), "figures"], SHARED_LANES)
        transaction.record(own.event(ArgumentWithdrawn))


def toggle_good_point(actor: Actor, argument_id: int, was: bool | None = None) -> bool:
    """Mark somebody else's argument as a good point, or take one's mark back, while the phase permits debate.

    No lane of others hears of it while counts are sealed.
    :param was: whether it was marked where the actor pressed; None for unknown. The second press of a double click, or
        one in another tab, then takes nothing back.
    :return: whether it is marked now.
    :raise OwnArgument: :raise PhaseForbids: :raise RoundIsClosed: :raise Barred: :raise Forbidden:
    :raise NotFound: also for a reply, and for an argument that the room does not see.
    """
    with write() as transaction:
        session = transaction.session
        opened = _opened(transaction, actor, argument_id)
        chain, round, argument, participant = opened.chain, opened.round, opened.argument, opened.participant
        policy.require_permits(round, Activity.DEBATE)
        seen_entry(session, round, argument)
        if argument.reply_to_id is not None:
            raise NotFound
        if argument.author_id == participant.id:
            raise OwnArgument
        of = {"round_id": round.id, "argument_id": argument.id, "participant_id": participant.id}
        point = session.scalar(select(GoodPoint).filter_by(**of))
        if was is not None and was != (point is not None):
            return not was
        if point is None:
            session.add(GoodPoint(**of))
        else:
            session.delete(point)
        seq = chain.append("good" if point is None else "ungood", {"argument": argument.id}, round)
        chain.touch(seq, [argument.handle], [participant.lane, *(SHARED_LANES if policy.sees_counts(round) else ())])
        event = GoodPointMarked if point is None else GoodPointTakenBack
        transaction.record(event(chain.challenge.id, round.id, argument.idea_id, argument.id, argument.author_id))
        return point is None


def ask_for_kinder_words(actor: Actor, argument_id: int) -> None:
    """Ask the author of an argument on one's own idea for kinder words, once, while the phase permits debate.

    :raise Conflict: if they were asked already. :raise OwnArgument: :raise PhaseForbids: :raise RoundIsClosed:
    :raise Barred: :raise Forbidden:
    :raise NotFound: for an idea of somebody else, and for an argument that the room does not see.
    """
    with write() as transaction:
        opened = _opened(transaction, actor, argument_id)
        argument, participant = opened.argument, opened.participant
        if argument.idea.author_id != participant.id:
            raise NotFound
        if argument.author_id == participant.id:
            raise OwnArgument
        policy.require_permits(opened.round, Activity.DEBATE)
        seen_entry(transaction.session, opened.round, argument)
        if argument.kinder is not None:
            raise Conflict
        argument.kinder = Kindness.ASKED
        seq = opened.chain.append("kinder", {"argument": argument.id}, opened.round)
        opened.chain.touch(seq, [argument.handle], [argument.author.lane])
        transaction.record(opened.event(KinderWordsAsked))


def decline_kinder_words(actor: Actor, argument_id: int) -> None:
    """Leave one's own argument as it is after a request for kinder words. Nobody is told.

    :raise Conflict: if there is no request. Further errors as of `withdraw_argument`.
    """
    with write() as transaction:
        own = _own(transaction, actor, argument_id)
        if own.argument.kinder != Kindness.ASKED:
            raise Conflict
        own.argument.kinder = Kindness.DECLINED
        seq = own.chain.append("unkinder", {"argument": own.argument.id}, own.round)
        own.chain.touch(seq, [own.argument.handle], [own.participant.lane])


@dataclass(frozen=True)
class _Opened:
    """An argument, locked with its challenge, and the participant who does something with it."""

    chain: journal.Chain
    round: Round
    argument: Argument
    participant: Participant

    def event(self, kind: type[ArgumentEvent]) -> ArgumentEvent:
        of = self.argument
        return kind(self.chain.challenge.id, self.round.id, of.idea_id, of.id, of.author_id)


def _opened(transaction: Transaction, actor: Actor, argument_id: int) -> _Opened:
    """:raise NotFound: :raise Forbidden: :raise Barred:"""
    session = transaction.session
    argument = require(session, Argument, argument_id)
    chain = journal.locked(transaction, argument.idea.challenge_id)
    participant = policy.require_participant(session, actor, chain.challenge.id)
    return _Opened(chain, current_round(session, chain.challenge.id), argument, participant)


def _own(transaction: Transaction, actor: Actor, argument_id: int) -> _Opened:
    """The actor's own argument, while the phase permits a discussion.

    :raise NotFound: also for the argument of somebody else. :raise RoundIsClosed: :raise PhaseForbids:
    """
    opened = _opened(transaction, actor, argument_id)
    if opened.argument.author_id != opened.participant.id:
        raise NotFound
    policy.require_discusses(opened.round)
    return opened
