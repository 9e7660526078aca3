"""Organisations: create one, invite colleagues by link, change the members."""

import secrets
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import Transaction, write
from ideas.devices import digest_of
from ideas.errors import Changed, Conflict, Forbidden, NotFound, TokenSpent
from ideas.events import MembershipChanged
from ideas.invitations import note_membership
from ideas.locales import UNKNOWN, Locale
from ideas.mail_queue import queue
from ideas.models import OWNING, READING, Invitation, MailKind, Member, Organisation, Role
from ideas.passwords import hash_of
from ideas.people import add_account
from ideas.texts import cleaned, one_line

NAME_MAX = 100
IMPRINT_MAX = 1000
INVITATION_LIFETIME = timedelta(days=7)


def create_organisation(actor: Actor, name: str) -> int:
    """Create an organisation with the actor as its owner.

    :return: its id. :raise Forbidden: without an account. :raise Invalid: `{"name": …}`.
    """
    name = one_line("name", name, NAME_MAX, required=True)
    if actor.account_id is None:
        raise Forbidden
    with write() as transaction:
        session = transaction.session
        organisation = add_organisation(session, name)
        _add_member(transaction, organisation.id, actor.account_id, Role.OWNER)
        return organisation.id


def add_organisation(session: Session, name: str) -> Organisation:
    organisation = Organisation(name=name, created_at=clock.now())
    session.add(organisation)
    session.flush()
    return organisation


def rename_organisation(actor: Actor, organisation_id: int, name: str, *, seen: str | None = None) -> None:
    """Give an organisation another name. `seen` is the name that the owner saw.

    :raise Changed: if it has another name by now. :raise Forbidden: for a moderator. :raise NotFound: :raise Invalid:
    """
    name = one_line("name", name, NAME_MAX, required=True)
    with write() as transaction:
        policy.require_role(transaction.session, actor, organisation_id, OWNING)
        organisation = transaction.session.get_one(Organisation, organisation_id)
        if seen not in (None, organisation.name) and name != organisation.name:
            raise Changed
        organisation.name = name


def set_imprint(actor: Actor, organisation_id: int, text: str, *, seen: str | None = None) -> None:
    """Say who an organisation is and how it is reached; it stands on its jobs. `seen` is what the owner saw.

    :raise Changed: if it says something else by now. :raise Forbidden: for others than owners. :raise NotFound:
    :raise Invalid: `{"imprint": "too_long"}`.
    """
    text = cleaned("imprint", text, IMPRINT_MAX)
    with write() as transaction:
        policy.require_role(transaction.session, actor, organisation_id, OWNING)
        organisation = transaction.session.get_one(Organisation, organisation_id)
        if seen not in (None, organisation.imprint) and text != organisation.imprint:
            raise Changed
        organisation.imprint = text


def invite(actor: Actor, organisation_id: int, role: Role, token: str | None = None) -> str:
    """Make a link that turns one colleague into a member. `token`: its secret, if the caller has drawn it.

    :return: the secret. :raise Forbidden: for a moderator. :raise NotFound:
    """
    with write() as transaction:
        policy.require_role(transaction.session, actor, organisation_id, OWNING)
        return _add_invitation(transaction.session, organisation_id, role, token)


def invite_newcomer() -> str:
    """Make a link that permits one sign-up while registration is by invitation; for the operator."""
    with write() as transaction:
        return _add_invitation(transaction.session, None, Role.OWNER)


def _add_invitation(session: Session, organisation_id: int | None, role: Role, token: str | None = None) -> str:
    token = token or secrets.token_urlsafe(24)
    session.add(
        Invitation(
            digest=digest_of(token),
            organisation_id=organisation_id,
            role=role,
            created_at=clock.now(),
            expires_at=clock.now() + INVITATION_LIFETIME,
        )
    )
    return token


def invitation_of(session: Session, token: str) -> Invitation:
    """The invitation behind a link's secret.

    :raise TokenSpent: if it is too old, was used, or never existed.
    """
    invitation = session.get(Invitation, digest_of(token))
    if invitation is None or invitation.expires_at < clock.now():
        raise TokenSpent
    return invitation


def sign_up_invited(email: str, password: str, token: str, locale: Locale = UNKNOWN) -> tuple[int, int | None]:
    """Open an account by an invitation. One link serves one newcomer and is spent.

    :return: the account's id, and the id of its organisation, if the link was for one.
    :raise TokenSpent: :raise EmailTaken: :raise Invalid: for a bad password.
    """
    password_hash = hash_of(password)
    with write() as transaction:
        session = transaction.session
        invitation = invitation_of(session, token)
        account = add_account(transaction, email.lower(), password_hash, locale)
        queue(session, MailKind.CONFIRM, account.id, locale)
        if invitation.organisation_id is not None:
            _add_member(transaction, invitation.organisation_id, account.id, invitation.role)
        note_membership(session, invitation.digest)
        session.delete(invitation)
        return account.id, invitation.organisation_id


def accept_invitation(actor: Actor, token: str) -> int | None:
    """Become a member by a link, which is spent afterwards.

    :return: the organisation's id, None if the link only permitted a sign-up.
    :raise TokenSpent: :raise Forbidden: without an account. :raise Conflict: for a person who is a member already.
    """
    if actor.account_id is None:
        raise Forbidden
    with write() as transaction:
        session = transaction.session
        invitation = invitation_of(session, token)
        organisation_id = invitation.organisation_id
        if organisation_id is not None:
            if policy.has_role(session, actor, organisation_id, READING):
                raise Conflict
            _add_member(transaction, organisation_id, actor.account_id, invitation.role)
            note_membership(session, invitation.digest)
        session.delete(invitation)
        return organisation_id


def change_role(actor: Actor, organisation_id: int, member_id: int, role: Role) -> None:
    """:raise Forbidden: :raise NotFound: :raise Conflict: if nobody would own the organisation."""
    with write() as transaction:
        session = transaction.session
        policy.require_role(session, actor, organisation_id, OWNING)
        member = _member(session, organisation_id, member_id)
        if role != Role.OWNER:
            _require_another_owner(session, member)
        member.role = role
        transaction.record(MembershipChanged(organisation_id, member.account_id))


def remove_member(actor: Actor, organisation_id: int, member_id: int) -> None:
    """Owners remove anybody; everybody may leave.

    :raise Forbidden: :raise NotFound: :raise Conflict: if nobody would own the organisation.
    """
    with write() as transaction:
        session = transaction.session
        role = policy.require_role(session, actor, organisation_id, READING)
        member = _member(session, organisation_id, member_id)
        if role != Role.OWNER and member.account_id != actor.account_id:
            raise Forbidden
        _require_another_owner(session, member)
        transaction.record(MembershipChanged(organisation_id, member.account_id))
        session.delete(member)


def _add_member(transaction: Transaction, organisation_id: int, account_id: int, role: Role) -> None:
    member = Member(organisation_id=organisation_id, account_id=account_id, role=role, joined_at=clock.now())
    transaction.session.add(member)
    transaction.record(MembershipChanged(organisation_id, account_id))


def _member(session: Session, organisation_id: int, member_id: int) -> Member:
    member = session.get(Member, member_id)
    if member is None or member.organisation_id != organisation_id:
        raise NotFound
    return member


def _require_another_owner(session: Session, member: Member) -> None:
    query = select(func.count()).select_from(Member)
    owners = session.scalar(query.filter_by(organisation_id=member.organisation_id, role=Role.OWNER))
    if member.role == Role.OWNER and owners == 1:
        raise Conflict
