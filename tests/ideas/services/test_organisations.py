"""Organisations: an invitation works once, and there is always an owner."""

from datetime import timedelta

import pytest

from ideas import clock, policy
from ideas.database import db
from ideas.errors import Conflict, EmailTaken, Forbidden, Invalid, NotFound, TokenSpent
from ideas.events import MembershipChanged
from ideas.models import READING, Invitation, Member, Organisation, Role
from ideas.queries.organisations import members_of, organisations_of
from ideas.services import organisations
from tests import factories


@pytest.fixture
def company(app, noise):
    return factories.company()


def membership(company, actor) -> Member | None:
    db.session.rollback()
    return db.session.scalar(db.select(Member).filter_by(organisation_id=company.id, account_id=actor.account_id))


def test_the_founder_of_an_organisation_is_its_owner(app):
    founder = factories.account()

    number = organisations.create_organisation(founder, "  Mill  &  Oven ")

    [row] = organisations_of(db.session(), founder.account_id)
    assert (row.id, row.name, row.role) == (number, "Mill & Oven", Role.OWNER)


@pytest.mark.parametrize(("name", "problem"), [("", "missing"), ("x" * 101, "too_long")])
def test_the_name_of_an_organisation_is_checked(company, name, problem):
    for act in (
        lambda: organisations.create_organisation(company.owner, name),
        lambda: organisations.rename_organisation(company.owner, company.id, name),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert refusal.value.problems == {"name": problem}


def test_an_organisation_can_be_renamed(company):
    organisations.rename_organisation(company.owner, company.id, "Oven & Mill")

    assert db.session.get_one(Organisation, company.id).name == "Oven & Mill"


class TestInvitation:
    @pytest.mark.parametrize("role", list(Role))
    def test_an_invitation_gives_one_colleague_its_role(self, company, role, recorded):
        token = organisations.invite(company.owner, company.id, role)
        colleague, other = factories.account(), factories.account()

        assert organisations.accept_invitation(colleague, token) == company.id

        assert membership(company, colleague).role == role
        assert MembershipChanged(company.id, colleague.account_id) in recorded
        with pytest.raises(TokenSpent):
            organisations.accept_invitation(other, token)

    def test_a_member_does_not_spend_an_invitation(self, company):
        token = organisations.invite(company.owner, company.id, Role.MODERATOR)

        with pytest.raises(Conflict):
            organisations.accept_invitation(company.owner, token)

        assert membership(company, company.owner).role == Role.OWNER
        assert organisations.accept_invitation(factories.account(), token) == company.id

    def test_a_guest_needs_an_account_for_an_invitation(self, company):
        token = organisations.invite(company.owner, company.id, Role.OWNER)

        with pytest.raises(Forbidden):
            organisations.accept_invitation(factories.guest(), token)

    def test_an_invitation_expires(self, company, monkeypatch):
        token = organisations.invite(company.owner, company.id, Role.OWNER)
        colleague = factories.account()
        later = clock.now() + organisations.INVITATION_LIFETIME + timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda: later)

        with pytest.raises(TokenSpent):
            organisations.accept_invitation(colleague, token)

    def test_only_the_digest_of_an_invitation_is_stored(self, company):
        token = organisations.invite(company.owner, company.id, Role.OWNER)

        assert token not in db.session.scalars(db.select(Invitation.digest)).one()

    def test_an_invitation_also_permits_a_sign_up(self, company):
        token = organisations.invite(company.owner, company.id, Role.MODERATOR)

        account_id, home = organisations.sign_up_invited("New@example.org", factories.PASSWORD, token)

        assert home == company.id
        assert [row.role for row in organisations_of(db.session(), account_id)] == [Role.MODERATOR]
        with pytest.raises(TokenSpent):
            organisations.sign_up_invited("newer@example.org", factories.PASSWORD, token)

    def test_an_account_invited_by_the_operator_has_no_organisation(self, app):
        token = organisations.invite_newcomer()

        account_id, home = organisations.sign_up_invited("new@example.org", factories.PASSWORD, token)

        assert home is None
        assert organisations_of(db.session(), account_id) == []

    def test_a_taken_address_does_not_spend_the_invitation(self, company):
        factories.account("taken@example.org")
        token = organisations.invite_newcomer()

        with pytest.raises(EmailTaken):
            organisations.sign_up_invited("taken@example.org", factories.PASSWORD, token)

        assert organisations.sign_up_invited("free@example.org", factories.PASSWORD, token)


class TestOwners:
    def test_the_last_owner_cannot_be_demoted_or_removed(self, company):
        factories.member(company.id, company.owner, Role.MODERATOR)
        last = membership(company, company.owner).id

        with pytest.raises(Conflict):
            organisations.change_role(company.owner, company.id, last, Role.MODERATOR)
        with pytest.raises(Conflict):
            organisations.remove_member(company.owner, company.id, last)

        assert membership(company, company.owner).role == Role.OWNER

    def test_the_first_owner_may_leave_if_there_is_a_second(self, company, recorded):
        second = factories.member(company.id, company.owner, Role.OWNER)
        first = membership(company, company.owner).id

        organisations.change_role(second, company.id, first, Role.MODERATOR)
        assert membership(company, company.owner).role == Role.MODERATOR
        with pytest.raises(Forbidden):
            organisations.invite(company.owner, company.id, Role.OWNER)
        organisations.remove_member(company.owner, company.id, first)

        assert membership(company, company.owner) is None
        assert recorded.count(MembershipChanged(company.id, company.owner.account_id)) == 2
        with pytest.raises(NotFound):
            policy.require_role(db.session(), company.owner, company.id, READING)

    def test_members_of_another_organisation_are_not_found(self, company, noise):
        theirs = db.session.scalars(db.select(Member.id).filter_by(organisation_id=noise.room.organisation_id)).one()

        for act in (
            lambda: organisations.change_role(company.owner, company.id, theirs, Role.MODERATOR),
            lambda: organisations.remove_member(company.owner, company.id, theirs),
        ):
            with pytest.raises(NotFound):
                act()


def test_the_member_list_holds_the_members_of_this_organisation(company):
    colleague = factories.member(company.id, company.owner)

    rows = members_of(db.session(), company.id)

    assert {(row.account_id, row.role) for row in rows} == {
        (company.owner.account_id, Role.OWNER),
        (colleague.account_id, Role.MODERATOR),
    }
