"""People take what is theirs: a participant downloads, erases and leaves, and an account is deleted."""

import json
import zipfile

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Account
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


@pytest.fixture
def as_(served):
    return lambda actor: storage_of(served.app, actor.person_id)


def test_a_participant_downloads_erases_and_leaves_while_a_moderator_watches(visit, domain, as_):
    room = factories.room()
    me, other = factories.participant(room, "Amsel"), factories.participant(room, "Biene")
    factories.idea(room, me, "A word that goes", "Its text")
    factories.idea(room, other, "A word that stays")
    laptop = visit(f"{room.path}/console", storage_state=as_(room.owner), **LAPTOP)
    expect(laptop.locator("#connection")).to_have_attribute("data-state", "online")
    expect(laptop.locator("[data-figure='people']").first).to_have_text("2")
    phone = visit(f"{room.path}/me", storage_state=as_(me.actor), **PHONE)

    phone.get_by_role("link", name="Download, erase or leave").tap()
    with phone.expect_download() as downloading:
        phone.get_by_role("link", name="Download my data").tap()
    with zipfile.ZipFile(downloading.value.path()) as archive:
        data = json.loads(archive.read("data.json"))
    assert [idea["versions"][0]["title"] for idea in data["ideas"]] == ["A word that goes"]

    phone.get_by_role("link", name="Erase my texts").tap()
    expect(phone.locator(".consequences")).to_contain_text("a checksum in the journal")
    phone.get_by_role("button", name="Erase for good").tap()
    expect(phone.locator("main")).to_contain_text("There is no text of yours here.")
    expect(laptop.locator("main")).not_to_contain_text("A word that goes")
    expect(laptop.locator("main")).to_contain_text("A word that stays")

    phone.get_by_role("link", name="Leave").tap()
    phone.get_by_role("button", name="Leave the room").tap()
    expect(phone.locator(".flash")).to_contain_text("If that was a mistake, join again here")
    expect(laptop.locator("[data-figure='people']").first).to_have_text("1")

    phone.get_by_role("button", name="Join").tap()
    expect(laptop.locator("[data-figure='people']").first).to_have_text("2")
    assert factories.journal_holds(room.id) == []


@pytest.mark.acceptance
def test_an_account_is_deleted_with_the_password(visit, domain, as_):
    lea = factories.account("lea@example.org")
    room = factories.room()
    factories.idea(room, factories.participant(room, "Amsel", actor=lea), "A word that goes")
    page = visit("/account", storage_state=as_(lea), **PHONE)

    page.get_by_role("link", name="Delete the account").tap()
    page.get_by_label("Your password").fill("not this one")
    page.get_by_role("button", name="Delete my account").tap()
    expect(page.locator(".error-summary")).to_contain_text("This is not your password.")
    page.get_by_label("Your password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Delete my account").tap()

    expect(page.locator(".flash")).to_contain_text("Your account is deleted.")
    db.session.rollback()
    assert db.session.query(Account).filter_by(email="lea@example.org").count() == 0
    page.goto(f"{room.path}")
    expect(page.locator("main")).not_to_contain_text("A word that goes")
    assert factories.journal_holds(room.id) == []
