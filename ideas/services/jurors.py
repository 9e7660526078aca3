"""The jury of a round: invite a juror by a link or by mail, accept, take an invitation back, end a seat."""

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ideas import clock, journal, operations, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.devices import digest_of
from ideas.errors import Barred, Conflict, JuryFull, NotFound, TokenSpent
from ideas.jurors import ACT, add_invitation, end_seat, open_invitation, part_juror, seat_juror, seats_taken
from ideas.locales import UNKNOWN, Locale
from ideas.mail_queue import queue
from ideas.models import Juror, JurorInvitation, MailKind, Round
from ideas.people import new_person
from ideas.queries.jurors import juror_of
from ideas.round_lock import facilitated_round, locked_round
from ideas.texts import NAME_MAX, one_line

# Of one round, open invitations included.
JURORS_MAX = 30


def invite_juror(actor: Actor, round_id: int, token: str | None = None) -> str:
    """Make a link that seats one person on the jury of an open round. `token`: its secret, if the caller has drawn it.

    :return: the secret. :raise NotFound: also for a round without criteria. :raise Forbidden: :raise RoundIsClosed:
    :raise Conflict: in a draft. :raise JuryFull:
    """
    with write() as transaction:
        chain, round = _with_jury(transaction, actor, round_id)
        token = token or secrets.token_urlsafe(24)
        add_invitation(transaction.session, round.id, token)
        _note(chain, round, actor, "invite")
        return token


def invite_juror_by_mail(actor: Actor, round_id: int, email: str, locale: Locale = UNKNOWN) -> None:
    """Queue a mail with such a link. The link is made when the mail is sent.

    :raise Conflict: in a draft, or if this address has an open invitation. :raise JuryFull: :raise NotFound:
    :raise Forbidden: :raise RoundIsClosed:
    """
    with write() as transaction:
        chain, round = _with_jury(transaction, actor, round_id)
        session = transaction.session
        if open_invitation(session, round.id, email):
            raise Conflict
        # The link of this row is known to nobody: it stands in the list until the mail has one.
        add_invitation(session, round.id, secrets.token_urlsafe(24), email)
        queue(session, MailKind.JURY, email, locale, round=round.id)
        _note(chain, round, actor, "invite")


def _with_jury(transaction: Transaction, actor: Actor, round_id: int) -> tuple[journal.Chain, Round]:
    chain, round = facilitated_round(transaction, actor, round_id)
    if not round.criteria:
        raise NotFound
    if seats_taken(transaction.session, round.id) >= JURORS_MAX:
        raise JuryFull
    return chain, round


def _note(chain: journal.Chain, round: Round, actor: Actor, did: str) -> None:
    """Append an act on the jury. It says what was done and not to whom: names and addresses are outside the chain."""
    seq = chain.append(ACT, {"did": did}, round)
    chain.act(ACT, round.handle, actor, "", seq)
    chain.touch(seq, [round.handle], [journal.FACILITATORS])


def invitation_of(session: Session, token: str) -> JurorInvitation:
    """The invitation behind a link's secret. :raise TokenSpent: if it is too old, was used, or never existed."""
    found = session.scalar(select(JurorInvitation).filter_by(digest=digest_of(token)))
    if found is None or found.expires_at <= clock.now():
        raise TokenSpent
    return found


def juror_by(session: Session, token: str, actor: Actor) -> Juror | None:
    """The juror whom a used link seated, if the actor is that person."""
    if actor.person_id is None:
        return None
    return session.scalar(select(Juror).filter_by(digest=digest_of(token), person_id=actor.person_id))


@dataclass(frozen=True)
class Seated:
    """A person on a jury; `person_id` is new if the browser had no person before."""

    challenge_id: int
    person_id: int


def accept_seat(actor: Actor, token: str, name: str, locale: Locale = UNKNOWN) -> Seated:
    """Take a seat on the jury by a link. It makes nobody a participant, a member or a facilitator.

    `name` is what the moderators read in the list of jurors.

    :raise TokenSpent: :raise Invalid: `{"name": …}`. :raise RoundIsClosed: :raise Barred: for a person whom a
        facilitator removed from the room. :raise Conflict: for a juror of this round; the link still works.
    """
    name = one_line("name", name, NAME_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        round_id = invitation_of(session, token).round_id
        chain, round = locked_round(transaction, round_id)
        invitation = invitation_of(session, token)  # somebody may have been faster
        policy.require_open(round)
        own = policy.participation(session, actor, round.challenge_id)
        if own and own.barred_at:
            raise Barred
        if juror_of(session, actor, round.id):
            raise Conflict
        person_id = actor.person_id or new_person(session, locale).id
        seat_juror(session, round, person_id, name, invitation)
        _spend(session, invitation)
        seq = chain.append(ACT, {"did": "accept"}, round)
        chain.touch(seq, [round.handle], [journal.FACILITATORS])
        operations.note(person=person_id)
        return Seated(round.challenge_id, person_id)


def _spend(session: Session, invitation: JurorInvitation) -> None:
    """Delete an invitation, with the other links that were sent to the same address."""
    of = JurorInvitation.email == invitation.email if invitation.email else JurorInvitation.id == invitation.id
    session.execute(delete(JurorInvitation).where(JurorInvitation.round_id == invitation.round_id, of))


def withdraw_invitation(actor: Actor, round_id: int, invitation_id: int) -> None:
    """Take an open invitation back: its link opens nothing any more, and a mail that waits is not sent.

    :raise NotFound: also if it was used meanwhile. :raise Forbidden: :raise RoundIsClosed:
    """
    with write() as transaction:
        session = transaction.session
        chain, round = facilitated_round(transaction, actor, round_id)
        invitation = session.get(JurorInvitation, invitation_id)
        if invitation is None or invitation.round_id != round.id:
            raise NotFound
        _spend(session, invitation)
        _note(chain, round, actor, "uninvite")


def remove_juror(actor: Actor, round_id: int, juror_id: int) -> None:
    """End the seat of a juror before the close: their marks do not count any more.

    Counts are sealed, so nobody can remove a juror for their marks. After the close the result stands.

    :raise NotFound: :raise Forbidden: :raise RoundIsClosed:
    """
    with write() as transaction:
        session = transaction.session
        chain, round = facilitated_round(transaction, actor, round_id)
        juror = session.get(Juror, juror_id)
        if juror is None or juror.round_id != round.id:
            raise NotFound
        end_seat(chain, round, juror)
        _note(chain, round, actor, "remove")


def leave_jury(actor: Actor, round_id: int) -> None:
    """Give up one's own seat: before the close the marks do not count any more, later they stay without a name.

    :raise NotFound: for others.
    """
    with write() as transaction:
        session = transaction.session
        chain, round = locked_round(transaction, require(session, Round, round_id).id)
        juror = juror_of(session, actor, round.id)
        if juror is None:
            raise NotFound
        part_juror(chain, juror)
