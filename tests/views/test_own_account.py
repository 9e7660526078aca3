"""The pages of one's own account: download, another address, deletion."""

import io
import json
import re
import zipfile

import pytest

from ideas import clock
from ideas.database import db, write
from ideas.models import Account
from tests import factories
from tests.factories import PASSWORD
from tests.orders import accepted, published


@pytest.fixture
def lea(app, noise):
    return factories.account("lea@example.org")


@pytest.fixture
def browser(lea, browser_of):
    return browser_of(lea)


def text(response):
    return response.get_data(as_text=True)


def link_in(mail):
    return re.search(r"https?://[^/\s]+(/\S+)", mail.get_body(("plain",)).get_content())[1]


def email_of(who):
    db.session.rollback()
    return db.session.get_one(Account, who.account_id).email


def test_the_download_holds_the_account_and_every_room(lea, browser):
    room = factories.room(title="The first question")
    factories.idea(room, factories.participant(room, "Amsel", actor=lea), "My words")

    archive = zipfile.ZipFile(io.BytesIO(browser.get("/account/data.zip").data))

    assert json.loads(archive.read("account.json"))["email"] == "lea@example.org"
    data = json.loads(archive.read(f"room-{room.id}/data.json"))
    assert (data["room"], data["ideas"][0]["versions"][0]["title"]) == ("The first question", "My words")


def test_the_address_changes_by_the_link_to_the_new_one_and_the_old_one_is_told(lea, browser, outbox, client):
    browser.post("/account/address", data={"email": "Lea@Example.net", "password": PASSWORD})
    assert email_of(lea) == "lea@example.org"
    [asked] = list(outbox)
    assert asked["To"] == "lea@example.net"
    client.get(link_in(asked))
    assert email_of(lea) == "lea@example.org", "opening the link changes nothing"

    client.post(link_in(asked))
    assert email_of(lea) == "lea@example.net"
    told = list(outbox)[-1]
    assert told["To"] == "lea@example.org"

    assert client.post(link_in(told)).location == "/sign-in"
    assert email_of(lea) == "lea@example.org"
    assert browser.get("/account").status_code == 302, "every browser is signed out"
    assert list(outbox)[-1]["To"] == "lea@example.org"


def test_a_wrong_password_changes_nothing_and_keeps_what_was_typed(lea, browser, outbox):
    response = browser.post("/account/address", data={"email": "lea@example.net", "password": "something else"})

    assert response.status_code == 400
    assert "This is not your password." in text(response)
    assert 'value="lea@example.net"' in text(response)
    assert list(outbox) == []


def test_asking_for_a_taken_address_looks_the_same(lea, browser, outbox):
    factories.account("taken@example.org")
    data = {"password": PASSWORD}

    free = browser.post("/account/address", data={**data, "email": "free@example.org"})
    taken = browser.post("/account/address", data={**data, "email": "taken@example.org"})

    assert (free.status_code, free.location) == (taken.status_code, taken.location)
    assert [mail["To"] for mail in outbox] == ["free@example.org", "taken@example.org"]


def test_deleting_needs_the_password_and_says_before_what_stays(lea, browser):
    room = factories.room()
    factories.participant(room, actor=lea)
    page = text(browser.get("/account/deletion"))
    assert "Stays: votes that you cast" in page
    assert "You leave the room in which you take part" in page

    assert browser.post("/account/deletion", data={"password": "something else"}).status_code == 400
    assert browser.post("/account/deletion", data={"password": PASSWORD, "texts": "erase"}).location == "/"
    assert browser.get("/account").status_code == 302
    assert db.session.query(Account).filter_by(email="lea@example.org").count() == 0


def test_a_repeated_deletion_is_answered_as_the_first(lea, browser):
    form = {"password": PASSWORD, "op": factories.op()}

    first, second = (browser.post("/account/deletion", data=form) for _ in range(2))

    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, "/")


def test_who_is_owed_money_is_led_to_the_waiver_and_then_deletes_the_account(lea, browser):
    """Case 23."""
    with write() as transaction:
        transaction.session.get_one(Account, lea.account_id).confirmed_at = clock.now()
    job = published()
    order_id, _ = accepted(job, lea)
    waiver = f"/orders/{order_id}/waiver"

    refused = browser.post("/account/deletion", data={"password": PASSWORD})
    assert refused.status_code == 409
    assert waiver in text(refused)
    page = text(browser.get(waiver))
    assert "Waive €12.00?" in page
    assert browser.post(waiver, data={"cents": "1199"}).status_code == 409
    browser.post(waiver, data=fields_of(page))
    assert "Nothing is open" in text(browser.get(waiver))

    assert "under a number" in text(browser.get("/account/deletion"))
    assert browser.post("/account/deletion", data={"password": PASSWORD}).location == "/"


def fields_of(page):
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def test_the_only_owner_is_led_to_the_organisation(lea, browser):
    company = factories.company(lea, "Mill & Oven")

    page = text(browser.get("/account/deletion"))

    assert f"/organisations/{company.id}#members" in page
    assert "Delete my account" not in page
    assert browser.post("/account/deletion", data={"password": PASSWORD}).status_code == 409
