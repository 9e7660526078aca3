"""Deleting a published challenge or an organisation. The name is typed, because nothing brings them back."""

from sqlalchemy import delete, select

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import require, write
from ideas.errors import Invalid
from ideas.events import MembershipChanged
from ideas.models import OWNING, Challenge, Image, Invitation, Member, Organisation, PersonalInvitation
from ideas.order_keeping import (
    challenge_is_settled,
    empty_organisation,
    organisation_is_settled,
    remove_jobs,
    require_settled,
)
from ideas.removal import remove_challenge
from ideas.stored_files import drop_files_of_organisation


def delete_challenge(actor: Actor, challenge_id: int, typed: str) -> None:
    """Delete a challenge with everything in it, as an owner of its organisation. `typed` is its title.

    :raise NotFound: :raise Forbidden: for others. :raise Invalid: `{"name": "another_name"}`. :raise WorkOpen: while
        orders are running or dues are open.
    """
    with write() as transaction:
        session = transaction.session
        challenge = journal.locked(transaction, challenge_id).challenge
        policy.require_role(session, actor, challenge.organisation_id, OWNING)
        _require_name(typed, challenge.title)
        require_settled(is_settled=challenge_is_settled(session, challenge_id))
        remove_challenge(transaction, challenge)


def delete_organisation(actor: Actor, organisation_id: int, typed: str) -> None:
    """Delete an organisation with all its challenges, as one of its owners. `typed` is its name.

    :raise NotFound: :raise Forbidden: for others. :raise Invalid: `{"name": "another_name"}`. :raise WorkOpen: while
        orders are running or dues are open.
    """
    with write() as transaction:
        session = transaction.session
        policy.require_role(session, actor, organisation_id, OWNING)
        _require_name(typed, require(session, Organisation, organisation_id).name)
        require_settled(is_settled=organisation_is_settled(session, organisation_id))
        of_it = select(Challenge.id).filter_by(organisation_id=organisation_id).order_by(Challenge.id)
        for challenge_id in session.scalars(of_it).all():
            remove_challenge(transaction, journal.locked(transaction, challenge_id).challenge)
        drop_files_of_organisation(session, organisation_id)
        has_dues = remove_jobs(transaction, organisation_id)  # behind the challenges, as everybody locks them
        for member in session.scalars(select(Member).filter_by(organisation_id=organisation_id)).all():
            transaction.record(MembershipChanged(organisation_id, member.account_id))
        for table in (Member, Invitation, PersonalInvitation):
            session.execute(delete(table).filter_by(organisation_id=organisation_id))
        organisation = require(session, Organisation, organisation_id)
        logo_id = organisation.logo_id
        if has_dues:
            empty_organisation(organisation)
            session.flush()
        else:
            session.execute(delete(Organisation).filter_by(id=organisation_id))
        session.execute(delete(Image).where(Image.id == logo_id))


def _require_name(typed: str, name: str) -> None:
    """Compare without regard to spaces and capitals: phones change both."""
    if " ".join(typed.split()).casefold() != " ".join(name.split()).casefold():
        raise Invalid(name="another_name")
