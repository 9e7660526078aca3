"""An act that can be undone says so on the next page, with the button that undoes it."""

import re

import pytest

from ideas.database import db
from ideas.models import Entry
from tests import factories


def offer_on(browser, address):
    """Where the button of the message on a page posts to, with its fields; None without an offer."""
    page = browser.get(address).get_data(as_text=True)
    found = re.search(
        r'class="flash flash--success">.*?action="([^"]+/undo[^"]*|[^"]+/acts/\d+[^"]*)".*?</form>', page, re.S
    )
    return (found[1], dict(re.findall(r'name="(back|next)" value="([^"]*)"', found[0]))) if found else None


def status_of(idea):
    db.session.rollback()
    return db.session.query(Entry).filter_by(idea_id=idea).one().status


@pytest.fixture
def room(app):
    return factories.room()


def test_a_hidden_idea_is_shown_again_by_one_press_and_the_page_stays(room, browser_of):
    idea = factories.idea(room, factories.participant(room))
    browser, console = browser_of(room.owner), f"{room.path}/console"
    browser.post(f"/ideas/{idea}/hiding", data={"reason": "Off topic", "words": "Off topic", "version": "1"})
    assert status_of(idea) == "hidden"

    address, fields = offer_on(browser, console)
    answer = browser.post(address, data=fields)

    assert status_of(idea) == "visible"
    assert answer.location == fields["next"] == console
    page = browser.get(console).get_data(as_text=True)
    assert "Undone." in page
    assert "flash--undo" not in page


def test_the_offer_is_made_once_and_refused_kindly_when_it_comes_too_late(room, browser_of):
    idea = factories.idea(room, factories.participant(room))
    browser, console = browser_of(room.owner), f"{room.path}/console"
    browser.post(f"/ideas/{idea}/hiding", data={"reason": "Off topic", "words": "Off topic", "version": "1"})
    address, fields = offer_on(browser, console)
    assert offer_on(browser, console) is None
    browser.post(address, data=fields)

    browser.get(console)
    browser.post(address, data=fields)

    assert "can’t be undone any more" in browser.get(console).get_data(as_text=True)
    assert status_of(idea) == "visible"


def test_an_act_without_an_exact_way_back_offers_none(room, browser_of):
    idea = factories.idea(room, factories.participant(room))
    browser = browser_of(room.owner)

    browser.post(f"/ideas/{idea}/redaction", data={"reason": "Private", "words": "Private", "version": "1"})

    assert offer_on(browser, f"{room.path}/console") is None


def test_a_merge_is_undone_on_the_page_of_the_idea(room, browser_of):
    author = factories.participant(room)
    stays, gone = factories.idea(room, author), factories.idea(room, author)
    browser = browser_of(room.owner)
    browser.post(f"/ideas/{gone}/merge", data={"with": stays, "stays": stays, "version": "1", "other_version": "1"})
    assert status_of(gone) == "merged"

    address, fields = offer_on(browser, factories.idea_path(stays))
    answer = browser.post(address, data=fields | {"next": "https://evil.example/"})

    assert status_of(gone) == "visible"
    assert answer.location == f"{room.path}/console"


SCRIPT = {"X-CSRFToken": "token"}


def test_a_script_gets_the_message_as_its_answer_and_undoes_it_without_leaving_the_page(room, browser_of):
    idea = factories.idea(room, factories.participant(room))
    browser, reason = browser_of(room.owner), {"reason": "Off topic", "words": "Off topic", "version": "1"}
    toast = browser.post(f"/ideas/{idea}/hiding", data=reason, headers=SCRIPT)
    assert toast.get_data(as_text=True).lstrip().startswith('<div class="flash')
    assert offer_on(browser, f"{room.path}/console") is None, "it was said"

    address = re.search(r'action="([^"]+/undo)"', toast.get_data(as_text=True))[1]
    first, second = (browser.post(address, data={"back": "page"}, headers=SCRIPT) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 409)
    assert status_of(idea) == "visible"


def test_a_merge_by_a_script_is_undone_the_same_way(room, browser_of):
    author = factories.participant(room)
    stays, gone = factories.idea(room, author), factories.idea(room, author)
    browser = browser_of(room.owner)
    pair = {"with": stays, "stays": stays, "version": "1", "other_version": "1"}
    toast = browser.post(f"/ideas/{gone}/merge", data=pair, headers=SCRIPT)
    assert (toast.status_code, status_of(gone)) == (200, "merged")

    address = re.search(r'action="([^"]+/undo)"', toast.get_data(as_text=True))[1]
    browser.post(address, data={"back": "page"}, headers=SCRIPT)

    assert status_of(gone) == "visible"
    assert offer_on(browser, factories.idea_path(stays)) is None, "it was said"
