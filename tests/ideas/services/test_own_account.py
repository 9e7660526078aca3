"""One's own account: another address, and the end of the account."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import select

from ideas.database import db
from ideas.errors import EmailTaken, Forbidden, OnlyOwner, TokenSpent, WrongCredentials
from ideas.models import Account, Act, Device, Entry, IdeaVersion, Member, Participant, Person, Role, Tally
from ideas.models.account import TokenPurpose
from ideas.services import accounts, facilitations, guests, moderation, organisations, own_account
from ideas.services.leaving import Parting
from ideas.tokens import add_token
from tests import factories
from tests.factories import PASSWORD


def link_for(who, purpose, email):
    from ideas.database import write

    with write() as transaction:
        return add_token(transaction.session, who.account_id, purpose, email)


def content() -> str:
    """The whole content of the database, as statements."""
    db.session.rollback()
    with closing(sqlite3.connect(db.engine.url.database)) as connection:
        return "\n".join(connection.iterdump())


@pytest.fixture
def lea(app, noise):
    return factories.account("lea@example.org")


# The address


def test_the_link_changes_the_address_once_and_confirms_it(lea):
    token = link_for(lea, TokenPurpose.MOVE, "lea@example.net")

    own_account.move(token)

    assert accounts.authenticate("lea@example.net", PASSWORD) == lea.account_id
    with pytest.raises(WrongCredentials):
        accounts.authenticate("lea@example.org", PASSWORD)
    with pytest.raises(TokenSpent):
        own_account.move(token)


def test_an_address_that_another_account_took_meanwhile_is_refused(lea):
    token = link_for(lea, TokenPurpose.MOVE, "lea@example.net")
    factories.account("lea@example.net")

    with pytest.raises(EmailTaken):
        own_account.move(token)
    assert db.session.get_one(Account, lea.account_id).email == "lea@example.org"


def test_taking_the_change_back_ends_every_browser(lea):
    own_account.move(link_for(lea, TokenPurpose.MOVE, "thief@example.net"))
    accounts.new_device(lea.person_id)

    own_account.move_back(link_for(lea, TokenPurpose.MOVE_BACK, "lea@example.org"))

    assert db.session.get_one(Account, lea.account_id).email == "lea@example.org"
    assert db.session.query(Device).filter_by(person_id=lea.person_id).count() == 0


def test_a_second_change_does_not_lock_the_first_address_out(lea):
    own_account.move(link_for(lea, TokenPurpose.MOVE, "thief@example.net"))
    back = link_for(lea, TokenPurpose.MOVE_BACK, "lea@example.org")

    own_account.move(link_for(lea, TokenPurpose.MOVE, "thief-2@example.net"))
    own_account.move_back(back)

    assert db.session.get_one(Account, lea.account_id).email == "lea@example.org"


def test_a_link_for_one_purpose_does_not_serve_another(lea):
    with pytest.raises(TokenSpent):
        own_account.move(link_for(lea, TokenPurpose.RESET, None))


# The end


def test_a_guest_has_no_account_to_delete(app):
    with pytest.raises(Forbidden):
        own_account.close_account(factories.guest(), Parting.TEXTS)


def test_the_only_owner_of_an_organisation_stays_until_somebody_else_owns_it(lea):
    company = factories.company(lea, "Mill")
    assert [o.name for o in own_account.owned_alone(db.session(), lea.account_id)] == ["Mill"]
    with pytest.raises(OnlyOwner):
        own_account.close_account(lea, Parting.TEXTS)

    colleague = factories.member(company.id, lea)
    with pytest.raises(OnlyOwner):
        own_account.close_account(lea, Parting.TEXTS)
    member = db.session.scalars(select(Member.id).filter_by(account_id=colleague.account_id)).one()
    organisations.change_role(lea, company.id, member, Role.OWNER)

    own_account.close_account(lea, Parting.TEXTS)
    assert db.session.get(Account, lea.account_id) is None


def test_nothing_of_a_deleted_account_stays_that_tells_whose_it_was(lea):
    """The person moderated, hid, facilitated, took part as a guest before, wrote, voted and asked for mails."""
    company = factories.company()
    organisations.accept_invitation(lea, organisations.invite(company.owner, company.id, Role.MODERATOR))
    room, other = factories.room(company), factories.room(approval=True)
    people = [factories.participant(room) for _ in range(2)]
    me = factories.participant(room, "Xerxes", actor=lea)
    mine, theirs = factories.idea(room, me, "My words", "My text"), factories.idea(room, people[0], "Their words")
    factories.argument(theirs, me, "My remark")
    factories.mark(room, me, {theirs: 1})
    moderation.hide_idea(lea, theirs, "My reason")
    guest = factories.participant(other, "Xanthippe")
    facilitations.share_facilitation(other.owner, other.id, guest.id)
    guests.adopt_guest(guest.actor.person_id, lea.account_id)
    accounts.new_device(lea.person_id)
    accounts.ask_confirmation(lea.account_id)
    accounts.ask_reset("lea@example.org")
    counts = db.session.execute(select(Tally.subject, Tally.value, Tally.n)).all()
    assert all(word in content() for word in ("lea@example.org", "Xerxes", "Xanthippe", "My text", "My remark"))

    own_account.close_account(lea, Parting.TEXTS)

    left = content()
    for word in ("lea@example.org", "Xerxes", "Xanthippe", "My words", "My text", "My remark"):
        assert word not in left
    assert db.session.execute(select(Tally.subject, Tally.value, Tally.n)).all() == counts
    assert {act.account_id for act in db.session.scalars(select(Act).filter_by(handle=f"idea-{theirs}"))} == {None}
    assert db.session.scalars(select(Entry).filter_by(idea_id=mine)).one().status == "visible"
    assert factories.journal_holds() == []


def test_texts_that_stay_lose_their_name(lea):
    room = factories.room()
    me = factories.participant(room, "Xerxes", actor=lea)
    mine = factories.idea(room, me, "My words")

    own_account.close_account(lea, Parting.NAME)

    db.session.rollback()
    assert db.session.scalars(select(IdeaVersion.title).filter_by(idea_id=mine)).one() == "My words"
    assert db.session.get_one(Participant, me.id).name == ""
    assert "Xerxes" not in content()


def test_a_person_who_took_part_nowhere_leaves_no_row(lea):
    own_account.close_account(lea, Parting.TEXTS)

    assert db.session.get(Person, lea.person_id) is None


def test_the_address_is_free_again(lea):
    own_account.close_account(lea, Parting.TEXTS)

    assert accounts.sign_up("lea@example.org", PASSWORD)
