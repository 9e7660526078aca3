"""The bell and the digest bring people back; owners see their look and figures; operators act and announce."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.mails.messages import message_of
from ideas import clock
from ideas.actor import OPERATOR
from ideas.database import db
from ideas.models import Account
from ideas.services import digests, installation, mails, moderation, notifications, operators
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


def test_an_open_page_hears_the_bell_and_the_digest_leads_home_on_another_device(visit, served, domain, monkeypatch):
    room = factories.room()
    guest = factories.participant(room, "Amsel")
    first, second = (factories.idea(room, guest, title) for title in ("Rubber crates", "Cloth bags"))
    page = visit(**PHONE, storage_state=storage_of(served.app, guest.actor.person_id))
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/news/bell") else None)
    number = page.locator(".bell__number")

    with page.expect_websocket():
        page.goto("/me")
    moderation.hide_idea(room.owner, first, "Too heavy")
    expect(number).to_have_text(re.compile("^1"))
    with page.expect_websocket():
        page.goto(room.path)
    moderation.hide_idea(room.owner, second, "Too thin")
    expect(number).to_have_text(re.compile("^2"))
    assert asked == [], "the number came over the sockets"

    notifications.leave_address(guest.actor, "digest-journey@example.org")
    notifications.confirm_address(guest.actor.person_id, "digest-journey@example.org")
    moderation.restore_idea(room.owner, first)
    moderation.hide_idea(room.owner, first, "Still too heavy")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
    assert digests.queue_digests() >= 1
    text = message_of(digest_mail()).get_body(("plain",)).get_content()
    home = visit(re.search(r"https?://[^/\s]+(/return/\S+)", text)[1], **LAPTOP)
    home.get_by_role("button", name="Continue here").click()

    expect(home.locator("main")).to_contain_text("Still too heavy")
    home.goto("/me")
    expect(home.locator("main")).to_contain_text("Rubber crates")
    expect(home.locator("main")).to_contain_text("Cloth bags")


def digest_mail():
    """The digest among the mails that wait; others of this server may be due a day later, too."""
    while (mail := mails.claim_mail()) is not None:
        if mail.address == "digest-journey@example.org":
            return mail
    raise AssertionError("no digest waits")


@pytest.mark.acceptance
def test_an_owner_sets_the_look_and_sees_it_on_the_door_and_the_poster(visit, served, domain, tmp_path):
    room = factories.room(factories.company(name="Bakery with a look"))
    (tmp_path / "logo.png").write_bytes(factories.picture(size=(200, 80), colour="#7a1f5c").getvalue())
    page = visit(
        f"/organisations/{room.organisation_id}/brand",
        storage_state=storage_of(served.app, room.owner.person_id),
        **LAPTOP,
    )
    page.locator("input[type=file]").set_input_files(tmp_path / "logo.png")
    page.get_by_label("Use a colour of our own").check()
    page.locator("#field-colour").fill("#c13990")
    page.locator("form", has=page.locator("#field-colour")).get_by_role("button", name="Save").click()
    expect(page.get_by_text("The new look is saved.")).to_be_visible()

    door = visit(f"/join/{room.code}", **PHONE)
    for place in (door, page):
        if place is page:
            place.goto(f"{room.path}/share")
        expect(place.locator("img.own-logo").first).to_be_attached()
        assert "c13990" in place.content(), "its style sheet"


@pytest.mark.acceptance
def test_a_company_opens_the_statistics_and_the_table_behind_a_picture(visit, served, domain):
    room = factories.room()
    for _ in range(6):
        factories.idea(room, factories.participant(room))
    page = visit(
        f"/organisations/{room.organisation_id}", storage_state=storage_of(served.app, room.owner.person_id), **LAPTOP
    )
    page.goto(f"{room.path}/statistics")

    picture = page.locator(".chart-figure").first
    picture.get_by_text("As a table").click()
    expect(picture.locator("table")).to_be_visible()
    expect(picture.locator("table")).to_contain_text("6")


@pytest.mark.acceptance
def test_an_operator_disables_an_account_and_announces_something(visit, served, domain):
    operator, somebody = factories.account(), factories.account()
    operators.make_operator(db.session.get_one(Account, operator.account_id).email)
    email = db.session.get_one(Account, somebody.account_id).email
    page = visit("/operator", storage_state=storage_of(served.app, operator.person_id), **LAPTOP)
    page.get_by_role("link", name="Accounts", exact=True).click()
    page.get_by_role("link", name=email).click()
    page.get_by_label("Reason").fill("It sent advertisements")
    page.get_by_role("button", name="Disable").click()
    expect(page.locator("main")).to_contain_text("It sent advertisements")

    page.goto("/operator/announcements")
    page.get_by_label("Text in English").fill("Down for an hour tonight")
    page.get_by_label("Until").fill((clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Announce").click()
    try:
        reader = visit("/", **PHONE)
        expect(reader.get_by_text("Down for an hour tonight")).to_be_visible()
        reader.get_by_role("button", name="Put away").tap()
        expect(reader.get_by_text("Down for an hour tonight")).to_be_hidden()
    finally:
        for row in db.session.scalars(db.select(installation.Announcement)).all():
            installation.end_announcement(OPERATOR, row.id)
