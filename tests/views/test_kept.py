"""A post that cannot be taken says what happened, keeps what was typed, and leads on: a cookie that is refused, lost or
of another key, a second tab, a signed-out device.
"""

import re

import pytest

from app.platform.kept import SECRET, TEXTS
from ideas.database import db
from ideas.models import Participant
from ideas.services import accounts
from tests import factories
from tests.house.test_commands import TEMPLATES
from tests.views.test_challenges import parse_form


@pytest.fixture
def room(app):
    app.config["WTF_CSRF_ENABLED"] = True
    return factories.room()


def text(response):
    return response.get_data(as_text=True)


def fields_of(page, form):
    """The hidden fields of the form with this id, as a browser would send them."""
    found = re.search(rf'<form[^>]*id="{form}".*?</form>', page, re.DOTALL)
    return {name: values[0] for name, values in parse_form(found[0]).items()}


def join(browser, room, cookie=True, **fields):
    """Open the join page and send its form, from a page of this server."""
    sent = fields_of(text(browser.get(f"/join/{room.code}")), "join")
    sent.update(fields)
    if not cookie:
        browser.delete_cookie("schwarm")
    return send(browser, f"/join/{room.code}", sent)


def send(browser, address, fields, **headers):
    own = {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost" + address, **headers}
    return browser.post(address, data=fields, headers=own)


def names():
    db.session.rollback()
    return [p.name for p in db.session.query(Participant)]


def press_again(browser, page):
    """Press the button of the page that keeps the text."""
    action = re.search(r'id="kept" method="post" action="([^"]+)"', page)[1]
    return send(browser, action, fields_of(page, "kept"))


def test_a_second_tab_of_the_join_page_needs_one_more_press(room, client, app):
    other = app.test_client()
    sent = fields_of(text(other.get(f"/join/{room.code}")), "join")
    client.get(f"/join/{room.code}")  # its cookie replaced that of the other tab

    refused = send(client, f"/join/{room.code}", {**sent, "name": "Otter 7"})

    page = text(refused)
    assert refused.status_code == 401
    assert "This page was open twice" in page
    assert "Otter 7" in page
    assert press_again(client, page).status_code == 303
    assert "Otter 7" in names()


def test_refused_cookies_are_named_after_the_second_try(room, client):
    first = join(client, room, cookie=False, name="Otter 7")
    assert first.status_code == 401
    assert "Your browser sent no cookie" in text(first)
    assert "Otter 7" in text(first)

    client.delete_cookie("schwarm")
    second = press_again(client, text(first))

    assert second.status_code == 401
    assert "Your browser refuses cookies" in text(second)
    assert "Otter 7" in text(second)
    assert "Otter 7" not in names()


def test_cleared_cookies_need_one_more_press(room, client):
    refused = join(client, room, cookie=False, name="Otter 7")

    assert press_again(client, text(refused)).status_code == 303
    assert "Otter 7" in names()


def test_a_new_key_of_the_server_is_explained(room, client, app):
    sent = fields_of(text(client.get(f"/join/{room.code}")), "join")
    app.config["SECRET_KEY"] = "another one"

    refused = send(client, f"/join/{room.code}", {**sent, "name": "Otter 7"})

    assert refused.status_code == 401
    assert "The server can’t read the cookie of this browser any more" in text(refused)
    assert press_again(client, text(refused)).status_code == 303


def test_a_signed_out_device_keeps_the_text_and_shows_the_ways_back(room, browser_of):
    author = factories.participant(room, "Otter 7")
    browser = browser_of(author)
    sent = fields_of(text(browser.get(f"/challenges/{room.id}/me")), "rename")
    with browser.session_transaction() as session:
        accounts.sign_out_device(session["_user_id"])

    refused = send(browser, f"/challenges/{room.id}/me", {**sent, "name": "Badger 8"})

    page = text(refused)
    assert refused.status_code == 401
    assert "This device was signed out in the meantime" in page
    assert "Badger 8" in page
    assert 'href="/sign-in"' in page
    with browser.session_transaction() as session:  # signed in again in another tab
        session["_user_id"] = accounts.new_device(author.actor.person_id)
    assert press_again(browser, page).status_code == 303
    assert "Badger 8" in names()


def test_a_sign_in_in_another_tab_is_explained(room, browser_of):
    author = factories.participant(room, "Otter 7")
    browser = browser_of(author)
    browser.get(f"/challenges/{room.id}/me")

    refused = send(
        browser, f"/challenges/{room.id}/me", {"name": "Badger 8", "op": factories.op(), "csrf_token": "old"}
    )

    assert refused.status_code == 401
    assert "This page is from an earlier visit" in text(refused)
    assert press_again(browser, text(refused)).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "http://elsewhere.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_another_site_gets_neither_its_words_back_nor_a_button(room, browser_of, headers):
    author = factories.participant(room, "Otter 7")
    browser = browser_of(author)
    browser.get(f"/challenges/{room.id}/me")

    for again in ({}, {"again": "1"}):
        fields = {"name": "Planted", "op": factories.op(), **again}
        refused = send(browser, f"/challenges/{room.id}/me", fields, **headers)

        assert refused.status_code == 400
        assert "Planted" not in text(refused)
    assert "Planted" not in names()


def test_a_fault_of_the_server_keeps_the_text_and_is_tried_once_more(room, browser_of, monkeypatch):
    browser = browser_of(factories.participant(room, "Otter 7"))
    sent = fields_of(text(browser.get(f"/challenges/{room.id}/me")), "rename")
    with monkeypatch.context() as broken:
        broken.setattr("app.views.participants.rename_myself", None)

        failed = send(browser, f"/challenges/{room.id}/me", {**sent, "name": "Badger 8"})

    page = text(failed)
    assert failed.status_code == 500
    assert "There was an error on the server." in page
    assert "Badger 8" in page
    assert fields_of(page, "kept")["op"] == sent["op"], "the same command"
    assert press_again(browser, page).status_code == 303
    assert "Badger 8" in names()


def test_a_password_is_never_sent_back(room, client):
    client.get("/sign-in")

    refused = send(
        client, "/sign-in", {"email": "lea@example.org", "password": "my secret words", "op": factories.op()}
    )

    assert refused.status_code == 401
    assert "lea@example.org" in text(refused)
    assert "my secret words" not in text(refused)


def test_every_field_that_people_type_in_is_kept():
    """`TEXTS` has a label for each text field of the templates."""
    typed = set()
    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text()
        typed |= set(re.findall(r"(?:\bfield|\btextarea)\(_\('[^']*'\), '([a-z_]+)'", source))
        typed |= set(re.findall(r'<textarea[^>]*\sname="([a-z_]+)"', source))

    assert typed - SECRET - TEXTS.keys() <= {"capacity", "idea_title_max", "keeping_days", "code", "top"} | {
        *("parents_share", "arguments_share", "jury_percent", "find_acts"),
        *("answer_days", "days", "expected_people", "expected_minutes", "minutes", "cents", "country", "since"),
        *(
            "find_jobs",
            "bonus",
            "paid_on",
            "cancel_share",
            "newcomers_share",
            "open_dues_max",
            "dues_years",
            "revision_cents",
            "places",
            "per_person",
            "revisions",
        ),
        *("deliver_days", "review_days", "pay_days", "licence_months", "words_min", "words_max"),
        *("file_types", "files_max"),
    }
    assert {"title", "text", "brief", "words"} <= typed
