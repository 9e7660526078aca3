"""The pages of an organisation."""

import re
from datetime import timedelta

import pytest

from ideas import clock
from ideas.database import db, write
from ideas.models import Invitation, Member, Organisation, Role, Round
from ideas.services import organisations
from tests import factories
from tests.views.test_challenges import parse_form


@pytest.fixture
def company(app):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def text(response):
    return response.get_data(as_text=True)


def member_id(actor):
    return db.session.query(Member.id).filter_by(account_id=actor.account_id).scalar()


def role_of(actor):
    return db.session.query(Member.role).filter_by(account_id=actor.account_id).scalar()


def address(company, rest=""):
    return f"/organisations/{company.id}{rest}"


def fresh_link(browser, company, role="moderator"):
    response = browser.post(address(company, "/invitations"), data={"role": role})
    assert response.status_code == 302
    return re.search(r"http://localhost(/invitations/[\w-]+)", text(browser.get(response.location)))[1]


# Creating and viewing


def test_an_account_creates_an_organisation_and_owns_it(app, browser_of):
    lea = factories.account()

    response = browser_of(lea).post("/organisations/new", data={"name": "  The   Mill "})

    found = db.session.query(Organisation).one()
    assert found.name == "The Mill"
    assert response.location == f"/organisations/{found.id}"
    assert role_of(lea) == Role.OWNER


def test_creating_an_organisation_for_a_challenge_leads_to_its_form(app, browser_of):
    response = browser_of(factories.account()).post("/organisations/new", data={"name": "Mill", "then": "ask"})

    assert response.location.endswith("/challenges/begin")


def test_a_name_that_is_too_long_comes_back_as_typed(app, browser_of):
    response = browser_of(factories.account()).post("/organisations/new", data={"name": "x" * 101})

    assert response.status_code == 400
    assert "x" * 101 in text(response)
    assert db.session.query(Organisation).count() == 0


def test_a_single_organisation_is_shown_directly_and_several_are_listed(company, owner, browser_of):
    assert owner.get("/organisations").location == address(company)
    assert browser_of(factories.account()).get("/organisations").status_code == 200
    organisations.create_organisation(company.owner, "Second Mill")
    assert "Second Mill" in text(owner.get("/organisations"))


def test_the_page_lists_challenges_drafts_results_and_members(company, owner, noise):
    running = factories.room(company, title="Running question", approval=True)
    factories.draft(company, title="Drafted question")
    done = factories.room(company, title="Decided question")
    factories.close(done)
    author = factories.participant(running)
    factories.idea(running, author)
    colleague = factories.member(company.id, company.owner)

    page = text(owner.get(address(company)))

    for title in ("Running question", "Drafted question", "Decided question"):
        assert page.count(f">{title}</a>") == 1
    assert f"{running.path}/console" in page
    assert f"{done.path}/result" in page
    assert "Idea waiting for approval" in page
    assert page.count("@example.org") >= 2
    assert str(member_id(colleague)) in page
    assert "Noise" not in page


def test_a_phase_whose_time_is_up_is_reported(company, owner):
    room = factories.room(company, closes_at=clock.now() + timedelta(hours=1))
    assert "Time is up. Continue?" not in text(owner.get(address(company)))

    with write() as transaction:
        transaction.session.get_one(Round, room.round_id).phases[-2].ends_at = clock.now() - timedelta(hours=1)

    assert "Time is up. Continue?" in text(owner.get(address(company)))


def test_outsiders_get_not_found(company, browser_of, client):
    assert browser_of(factories.account()).get(address(company)).status_code == 404
    assert browser_of(factories.account()).get("/organisations/4711").status_code == 404
    assert client.get(address(company)).status_code == 302


# The name


def test_only_owners_rename_an_organisation(company, owner, browser_of):
    moderator = browser_of(factories.member(company.id, company.owner))

    assert moderator.post(address(company), data={"name": "Mine now"}).status_code == 403
    assert "Change the name" not in text(moderator.get(address(company)))
    assert owner.post(address(company), data={"name": ""}).status_code == 400
    assert owner.post(address(company), data={"name": "New Mill"}).status_code == 302
    assert db.session.query(Organisation).one().name == "New Mill"


def test_a_name_that_a_colleague_changed_meanwhile_is_shown_and_the_typed_one_kept(company, owner, browser_of):
    colleague = browser_of(factories.member(company.id, company.owner, Role.OWNER))
    seen = rename_form(owner.get(address(company)))
    assert colleague.post(address(company), data=seen | {"name": "Oven of theirs"}).status_code == 302

    refused = owner.post(address(company), data=seen | {"name": "Mill of mine"})

    assert refused.status_code == 409
    assert db.session.query(Organisation).one().name == "Oven of theirs"
    assert "changed the name to “Oven of theirs” meanwhile" in text(refused)
    again = rename_form(refused)
    assert (again["name"], again["was"]) == (["Mill of mine"], ["Oven of theirs"])
    assert owner.post(address(company), data=again).status_code == 302
    assert db.session.query(Organisation).one().name == "Mill of mine"


def rename_form(response):
    """The fields of the form with the name."""
    return parse_form(re.search(r'<form class="form" id="rename".+?</form>', text(response), re.DOTALL).group())


# Invitations


def test_an_invitation_is_shown_once_and_admits_one_member(company, owner, browser_of):
    link = fresh_link(owner, company)
    assert link not in text(owner.get(address(company)))
    tom, eve = factories.account(), factories.account()

    assert "Mill &amp; Oven" in text(browser_of(tom).get(link))
    assert role_of(tom) is None
    assert browser_of(tom).post(link).location == address(company)

    assert role_of(tom) == Role.MODERATOR
    assert browser_of(eve).post(link).status_code == 404
    assert browser_of(eve).get(link).status_code == 404
    assert role_of(eve) is None


def test_only_owners_invite_owners_and_moderators(company, owner, browser_of):
    tom = factories.account()
    browser_of(tom).post(fresh_link(owner, company, "owner"))
    moderator = browser_of(factories.member(company.id, company.owner))

    assert role_of(tom) == Role.OWNER
    assert moderator.post(address(company, "/invitations"), data={"role": "owner"}).status_code == 403
    assert owner.post(address(company, "/invitations"), data={"role": "emperor"}).status_code == 400


def test_an_invited_stranger_is_offered_sign_up_and_sign_in(company, owner, client):
    link = fresh_link(owner, company)

    page = client.get(link)

    assert page.status_code == 200
    assert "/sign-up?invitation=" in text(page)
    assert "/sign-in?next=/invitations/" in text(page)
    assert client.post(link).status_code == 200
    assert db.session.query(Invitation).count() == 1


def test_a_member_does_not_spend_an_invitation(company, owner, app):
    link = fresh_link(owner, company)

    assert owner.post(link).status_code == 302

    assert db.session.query(Invitation).count() == 1


def test_an_expired_invitation_is_not_found(company, owner, client):
    link = fresh_link(owner, company)
    with write() as transaction:
        transaction.session.query(Invitation).one().expires_at = clock.now() - timedelta(minutes=1)

    assert client.get(link).status_code == 404


# Members


def test_roles_can_be_changed_but_the_last_owner_stays(company, owner):
    tom = factories.member(company.id, company.owner)

    assert owner.post(address(company, f"/members/{member_id(tom)}"), data={"role": "owner"}).status_code == 302
    assert role_of(tom) == Role.OWNER
    owner.post(address(company, f"/members/{member_id(tom)}"), data={"role": "moderator"})
    mine = address(company, f"/members/{member_id(company.owner)}")
    response = owner.post(mine, data={"role": "moderator"}, follow_redirects=True)

    assert role_of(company.owner) == Role.OWNER
    assert "An organisation needs an owner" in text(response)


def test_owners_remove_members_and_every_member_may_leave(company, owner, browser_of):
    tom = factories.member(company.id, company.owner)
    eve = factories.member(company.id, company.owner)
    eves = address(company, f"/members/{member_id(eve)}/removal")

    assert browser_of(tom).post(eves).status_code == 403
    toms = browser_of(tom).post(address(company, f"/members/{member_id(tom)}/removal"))
    assert toms.location == "/organisations"
    assert owner.post(eves).status_code == 302
    owner.post(address(company, f"/members/{member_id(company.owner)}/removal"))

    assert role_of(tom) is role_of(eve) is None
    assert role_of(company.owner) == Role.OWNER


def test_a_member_of_another_organisation_is_not_found(company, owner, noise):
    other = member_id(noise.room.owner)

    assert owner.post(address(company, f"/members/{other}/removal")).status_code == 404
    assert role_of(noise.room.owner) == Role.OWNER
