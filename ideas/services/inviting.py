"""Personal invitations: of members, of moderators of one challenge and of participants, by mail or by link."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, operations, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.devices import digest_of
from ideas.errors import Barred, Conflict, NotFound, TooManyInvited
from ideas.events import FacilitationChanged
from ideas.invitations import LIFETIME, invitation_by, is_opted_out
from ideas.locales import UNKNOWN, Locale
from ideas.mail_queue import queue
from ideas.models import (
    OWNING,
    STEERING,
    Account,
    Facilitation,
    Invitation,
    InvitationKind,
    MailKind,
    Member,
    OptOut,
    Organisation,
    PersonalInvitation,
    Role,
)
from ideas.people import new_person
from ideas.queries.rounds import current_round
from ideas.texts import NAME_MAX, one_line

# Of one challenge or organisation and kind, accepted ones included.
INVITED_MAX = 1000

# The kind of every act on moderators by invitation in the journal; `did` says which.
ACT = "moderator"


@dataclass(frozen=True)
class InvitedTo:
    """What people are invited to. `role` is that of a member."""

    kind: InvitationKind
    organisation_id: int
    challenge_id: int | None = None
    role: Role | None = None


@dataclass(frozen=True)
class Invitee:
    """A person to invite. `token` is the secret of the link, which the edge made from `nonce`; `address` is the keyed
    digest of the e-mail. Without an e-mail the link is passed on by hand.
    """

    nonce: str
    token: str
    email: str = ""
    name: str = ""
    address: str = ""


@dataclass(frozen=True)
class Invited:
    """How many invitations were made, and the addresses left out with the reason: `member`, `invited`, `opted_out`."""

    made: int
    left_out: list[tuple[str, str]] = field(default_factory=list)


def invite_people(actor: Actor, of: InvitedTo, people: Sequence[Invitee], language: str, *, by_mail: bool) -> Invited:
    """Make an invitation for each person, and queue its mail. `language` is that of the mails.

    :raise NotFound: also for a closed challenge or a draft. :raise Forbidden: :raise TooManyInvited:
    """
    with write() as transaction:
        session = transaction.session
        chain = _locked(transaction, actor, of)
        present = _known(session, of)
        if present[1] + len(people) > INVITED_MAX:
            raise TooManyInvited
        made, left_out, members = 0, [], _members(session, of)
        for person in people:
            if person.email in members:
                left_out.append((person.email, "member"))
            elif person.email and person.email in present[0]:
                left_out.append((person.email, "invited"))
            elif person.email and is_opted_out(session, person.address):
                left_out.append((person.email, "opted_out"))
            else:
                present[0].add(person.email)
                _invite(session, of, person, language, by_mail=by_mail)
                made += 1
        if chain is not None and made and of.kind == InvitationKind.MODERATOR:
            _note(chain, actor, "invite")
        return Invited(made, left_out)


def _locked(transaction: Transaction, actor: Actor, of: InvitedTo) -> journal.Chain | None:
    """Lock what people are invited to, so that nobody is invited twice at once."""
    session = transaction.session
    if of.challenge_id is None:
        session.get(Organisation, of.organisation_id, with_for_update=True)
        policy.require_role(session, actor, of.organisation_id, OWNING)
        return None
    chain = journal.locked(transaction, of.challenge_id)
    policy.role_access(session, actor, of.challenge_id, STEERING)
    if chain.challenge.published_at is None or current_round(session, of.challenge_id).is_closed:
        raise NotFound
    return chain


def _known(session: Session, of: InvitedTo) -> tuple[set[str], int]:
    """The addresses with a valid invitation, and the number of all invitations."""
    query = select(PersonalInvitation.email, PersonalInvitation.expires_at, PersonalInvitation.accepted_at).filter_by(
        kind=of.kind, organisation_id=of.organisation_id, challenge_id=of.challenge_id
    )
    rows = session.execute(query).all()
    valid = {row.email for row in rows if row.email and (row.accepted_at or row.expires_at > clock.now())}
    return valid, len(rows)


def _members(session: Session, of: InvitedTo) -> set[str]:
    """The addresses of the members, where people are invited to become one."""
    if of.kind != InvitationKind.MEMBER:
        return set()
    query = select(Account.email).join(Member, Member.account_id == Account.id)
    return set(session.scalars(query.where(Member.organisation_id == of.organisation_id)))


def _invite(session: Session, of: InvitedTo, person: Invitee, language: str, *, by_mail: bool) -> None:
    now = clock.now()
    invitation = PersonalInvitation(
        kind=of.kind,
        organisation_id=of.organisation_id,
        challenge_id=of.challenge_id,
        role=of.role,
        email=person.email,
        name=person.name,
        nonce=person.nonce,
        digest=digest_of(person.token),
        address=person.address,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(invitation)
    if of.kind == InvitationKind.MEMBER:  # the link works as every other link that makes a member
        assert of.role is not None
        link = Invitation(digest=invitation.digest, organisation_id=of.organisation_id, role=of.role)
        link.created_at, link.expires_at = now, invitation.expires_at
        session.add(link)
    session.flush()
    if by_mail and person.email:
        mail = queue(session, MailKind.INVITATION, person.email, Locale(language, None), invitation=invitation.id)
        session.flush()
        invitation.mail_id = mail.id


def withdraw(actor: Actor, invitation_id: int) -> InvitedTo:
    """Take an invitation back: its link opens nothing any more, and a mail that waits is not sent. A person who
    accepted it stays.

    :return: what it was to. :raise NotFound: :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        invitation = require(session, PersonalInvitation, invitation_id)
        of = InvitedTo(invitation.kind, invitation.organisation_id, invitation.challenge_id, invitation.role)
        if of.challenge_id is None:
            policy.require_role(session, actor, of.organisation_id, OWNING)
            link = session.get(Invitation, invitation.digest)
            if link is not None:
                session.delete(link)
        else:
            chain = journal.locked(transaction, of.challenge_id)
            policy.role_access(session, actor, of.challenge_id, STEERING)
            if of.kind == InvitationKind.MODERATOR and invitation.accepted_at is None:
                _note(chain, actor, "uninvite")
        session.delete(invitation)
        return of


@dataclass(frozen=True)
class Moderates:
    """A person who moderates now; `person_id` is new if the browser had no person before."""

    challenge_id: int
    person_id: int


def accept_moderation(actor: Actor, token: str, name: str, locale: Locale = UNKNOWN) -> Moderates:
    """Moderate one challenge by a link, which is spent. It makes nobody a participant or a member.

    `name` is what the other moderators read.

    :raise TokenSpent: :raise Invalid: `{"name": …}`. :raise Barred: for a person whom a facilitator removed.
    :raise Conflict: for a person who facilitates already; the link still works.
    """
    name = one_line("name", name, NAME_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        challenge_id = invitation_by(session, token, InvitationKind.MODERATOR).challenge_id
        assert challenge_id is not None
        chain = journal.locked(transaction, challenge_id)
        invitation = invitation_by(session, token, InvitationKind.MODERATOR)  # somebody may have been faster
        if invitation.accepted_at is not None:
            raise Conflict
        own = policy.participation(session, actor, challenge_id)
        if own and own.barred_at:
            raise Barred
        if policy.facilitates(session, actor, chain.challenge):
            raise Conflict
        person_id = actor.person_id or new_person(session, locale).id
        session.add(Facilitation(challenge_id=challenge_id, person_id=person_id, since=clock.now(), name=name))
        invitation.accepted_at, invitation.person_id = clock.now(), person_id
        seq = chain.append(ACT, {"did": "accept"})
        chain.touch(seq, ["figures"], [journal.FACILITATORS])
        transaction.record(FacilitationChanged(challenge_id, person_id))
        operations.note(person=person_id)
        return Moderates(challenge_id, person_id)


def end_moderation(actor: Actor, challenge_id: int, person_id: int) -> None:
    """Take the moderation from a person who got it by an invitation. :raise NotFound: :raise Forbidden:"""
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.role_access(session, actor, challenge_id, STEERING)
        given = session.get(Facilitation, (challenge_id, person_id))
        if given is None or not given.name:
            raise NotFound
        session.delete(given)
        _note(chain, actor, "remove")
        transaction.record(FacilitationChanged(challenge_id, person_id))


def _note(chain: journal.Chain, actor: Actor, did: str) -> None:
    """Append an act on moderators. It says what was done and not to whom: addresses are outside the chain."""
    seq = chain.append(ACT, {"did": did})
    chain.act(ACT, f"challenge-{chain.challenge.id}", actor, "", seq)
    chain.touch(seq, ["figures"], [journal.FACILITATORS])


def opt_out(address: str) -> None:
    """Send no invitation to an address any more, by its keyed digest. Repeated, it changes nothing."""
    with write() as transaction:
        if transaction.session.get(OptOut, address) is None:
            transaction.session.add(OptOut(digest=address, created_at=clock.now()))
