"""Mechanics of arguments: new ones, their status, and the marks of people who find them good. A later round never
changes what a closed one showed.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.database import alias_of
from ideas.entries import card_of
from ideas.events import ArgumentEntered
from ideas.models import Argument, ArgumentAtClose, Entry, EntryStatus, GoodPoint, Kindness, Participant, Round, Stance
from ideas.round_lock import SHARED_LANES

# An argument can be changed for so long: time enough for a slip, too little to change what others answered to.
EDIT_TIME = timedelta(minutes=10)


def may_be_changed(argument: Argument) -> bool:
    """Whether the time to change it lasts, or its author was asked for kinder words."""
    return argument.kinder == Kindness.ASKED or clock.now() <= argument.written_at + EDIT_TIME


@dataclass(frozen=True)
class CheckedWords:
    """A checked text with its stance, and the argument to which it replies. `for_idea`: it is signed for the idea."""

    stance: Stance
    text: str
    reply_to: Argument | None = None
    for_idea: bool = False


def add_argument(
    chain: journal.Chain, round: Round, entry: Entry, author: Participant, words: CheckedWords
) -> Argument:
    """Add an argument or a reply to an idea, and touch what shows it. The caller holds the lock of the challenge."""
    session, to = chain.transaction.session, words.reply_to
    argument = Argument(
        idea_id=entry.idea_id,
        author_id=author.id,
        stance=words.stance,
        text=words.text,
        salt=secrets.token_bytes(16),
        written_at=clock.now(),
        reply_to_id=to.id if to else None,
        for_idea=words.for_idea,
    )
    session.add(argument)
    session.flush()
    body = {
        "argument": argument.id,
        "entry": entry.id,
        "stance": str(words.stance),
        "text": journal.text_digest(argument.salt, argument.text),
        "author": journal.author_digest(argument.salt, author.secret),
        **({"to": to.id} if to else {}),
    }
    seq = chain.append("argument", body, round)
    chain.touch(seq, [*touched_with(argument), card_of(session, entry.idea), "figures"], SHARED_LANES)
    ids = (chain.challenge.id, round.id, entry.idea_id, argument.id, author.id)
    chain.transaction.record(ArgumentEntered(*ids))
    return argument


def change_status(session: Session, argument: Argument, status: EntryStatus) -> None:
    """Hide, show or withdraw an argument. The closed rounds in which it stood keep the status that they showed.

    The caller holds the lock of the challenge.
    """
    known = select(ArgumentAtClose.round_id).filter_by(argument_id=argument.id)
    query = select(Round.id).join(Entry, Entry.round_id == Round.id).where(Entry.idea_id == argument.idea_id)
    query = query.where(Round.closed_at >= argument.written_at, Round.id.not_in(known))
    for round_id in session.scalars(query).all():
        session.add(ArgumentAtClose(round_id=round_id, argument_id=argument.id, status=argument.status))
    argument.status = status
    session.flush()


def touched_with(argument: Argument) -> list[str]:
    """The handles that look different after an act on an argument: a question shows whether it has an answer."""
    to = argument.reply_to
    return [argument.handle, *([to.handle] if to and to.stance == Stance.QUESTION else [])]


def move_points(session: Session, round: Round, guest: Participant, staying: Participant) -> None:
    """Give the good points of a guest in an open round to their account: two of one argument are one, and those on what
    are one's own arguments now are dropped.
    """
    theirs = alias_of(GoodPoint, "theirs")
    same = select(theirs.id).where(
        theirs.participant_id == staying.id,
        theirs.argument_id == GoodPoint.argument_id,
        theirs.round_id == round.id,
    )
    own = select(Argument.id).where(Argument.author_id == staying.id)
    of_guest = (GoodPoint.round_id == round.id, GoodPoint.participant_id == guest.id)
    of_both = (GoodPoint.round_id == round.id, GoodPoint.participant_id == staying.id)
    for statement in (
        delete(GoodPoint).where(*of_guest, same.exists()),
        update(GoodPoint).where(*of_guest).values(participant_id=staying.id),
        delete(GoodPoint).where(*of_both, GoodPoint.argument_id.in_(own)),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
