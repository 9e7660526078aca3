"""The page "News": its texts and links; a GET changes nothing."""

import re

import pytest
from werkzeug.datastructures import MultiDict

from ideas.database import db
from ideas.models import Account, Notification, Person, SwitchedOff
from ideas.services import moderation
from tests import factories
from tests.views.test_statements import cost_of


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.STEPS)


def text(response):
    return response.get_data(as_text=True)


def unread(room):
    db.session.rollback()
    return db.session.query(Notification).filter_by(read_at=None, challenge_id=room.id).count()


def test_a_guest_reads_the_news_and_marks_them_as_read(room, browser_of):
    author = factories.participant(room)
    idea = factories.idea(room, author, "<b>Boxes</b>")
    moderation.hide_idea(room.owner, idea, "<i>Not here</i>")
    factories.step(room, "debate")
    browser = browser_of(author)

    page = text(browser.get("/news"))

    assert "Your idea “\u2068&lt;b&gt;Boxes&lt;/b&gt;\u2069” was hidden by a moderator." in page
    assert "&lt;i&gt;Not here&lt;/i&gt;" in page
    assert unread(room) == 2

    latest = re.search(r'name="latest" value="(\d+)"', page)[1]
    moderation.restore_idea(room.owner, idea)
    moderation.hide_idea(room.owner, idea, "Again")
    assert browser.post("/news", data={"latest": latest}).status_code == 303

    assert unread(room) == 1, "what came after the page was drawn stays new"
    assert "Mark all as read" in text(browser.get("/news"))


def bell_of(page):
    """The number in the header of a page; None without a bell."""
    found = re.search(r"<news-bell.*?</news-bell>", page)
    number = found and re.search(r"bell__number\">(\d+\+?)", found[0])
    return number[1] if number else found and "0"


def opened(browser, page, words):
    """Press the piece of news with these words. :return: the page that it leads to."""
    key = re.search(rf'form="open-(\d+)">[^<]*{words}', page)[1]
    return browser.post(f"/news/{key}").headers["Location"]


def test_opening_a_piece_of_news_marks_it_as_read_and_leads_to_its_page(room, browser_of):
    author = factories.participant(room)
    idea = factories.idea(room, author, "Boxes")
    moderation.hide_idea(room.owner, idea, "")
    factories.step(room, "debate")
    browser = browser_of(author)
    page = text(browser.get("/news"))
    assert bell_of(page) == "2"

    assert opened(browser, page, "A new phase has begun") == room.path
    assert bell_of(text(browser.get(room.path))) == "1", "also on a page that is kept for many"
    assert opened(browser, page, "Your idea") == factories.idea_path(idea)
    assert bell_of(text(browser.get("/news/bell"))) == "0"
    assert f'href="{factories.idea_path(idea)}"' in text(browser.get("/news"))


def test_a_piece_of_news_may_be_read_in_the_list_and_by_its_receiver_alone(room, browser_of):
    author = factories.participant(room)
    factories.step(room, "debate")
    [row] = db.session.query(Notification).filter_by(challenge_id=room.id)
    key = row.id

    answer = browser_of(factories.participant(room)).post(f"/news/{key}")
    assert (answer.headers["Location"], unread(room)) == ("/news", 1)

    answer = browser_of(author).post(f"/news/{key}", data={"stay": "1"})
    assert (answer.headers["Location"], unread(room)) == ("/news", 0)


def test_outdated_news_are_counted_and_can_be_marked_as_read(room, browser_of):
    author = factories.participant(room)
    idea = factories.idea(room, author)
    moderation.hide_idea(room.owner, idea, "")
    moderation.restore_idea(room.owner, idea)
    browser = browser_of(author)

    page = text(browser.get("/news"))
    assert "One piece of news no longer holds" in page
    assert bell_of(page) == "1"

    browser.post("/news", data={"latest": re.search(r'name="latest" value="(\d+)"', page)[1]})
    assert bell_of(text(browser.get("/news"))) == "0"


def test_visitors_have_no_bell(room, client):
    assert bell_of(text(client.get("/"))) is None


@pytest.mark.parametrize("latest", ["", "x", "-1", "9" * 30, "²"])
def test_a_broken_number_marks_nothing(room, browser_of, latest):
    author = factories.participant(room)
    factories.step(room, "debate")

    assert browser_of(author).post("/news", data={"latest": latest}).status_code == 303

    assert unread(room) == 1


def test_only_its_receiver_marks_a_news_item_as_read(room, browser_of):
    factories.participant(room)
    factories.step(room, "debate")

    browser_of(factories.guest()).post("/news", data={"latest": "999"})

    assert unread(room) == 1


def test_each_reason_has_a_text_with_a_link(app, noise, browser_of):
    room = factories.room(approval=True)
    author = factories.participant(room)
    approved, _waiting = factories.idea(room, author), factories.idea(room, author)
    moderation.approve_idea(room.owner, approved)
    factories.argument(approved, factories.participant(room))
    own, facilitator = browser_of(author), browser_of(room.owner)

    assert "was approved" in text(own.get("/news"))
    assert "Someone argued for your idea" in text(own.get("/news"))
    page = text(facilitator.get("/news"))
    assert opened(facilitator, page, "One idea is waiting for approval.") == f"{room.path}/console"
    factories.close(room)
    page = text(own.get("/news"))
    assert opened(own, page, "The result is there.") == f"{room.path}/result"


def test_an_empty_list_describes_its_future_content(app, browser_of):
    browser = browser_of(factories.guest())

    assert "Nothing new yet" in text(browser.get("/news"))
    assert "Noch nichts Neues" in text(browser.get("/news", headers={"Accept-Language": "de"}))


# Choices


def test_a_person_chooses_topics_for_one_challenge_and_mails(room, browser_of):
    author = factories.participant(room)
    browser = browser_of(author)
    offered = [("offered", "phase"), ("offered", "argument"), ("topic", "argument"), ("challenge", str(room.id))]

    answer = browser.post("/news/settings", data=MultiDict(offered))

    assert answer.headers["Location"] == f"/news/settings?challenge={room.id}"
    page = text(browser.get(answer.headers["Location"]))
    assert re.search(r'value="argument" checked', page)
    assert not re.search(r'value="phase" checked', page)
    assert "changed" in text(browser.get("/news/settings"))
    factories.step(room, "debate")
    assert "Nothing new yet" in text(browser.get("/news"))
    browser.post("/news/mails", data={"mails": "0"})
    assert {(row.challenge_id, row.topic) for row in db.session.query(SwitchedOff)} == {
        (room.id, "phase"),
        (None, "mails"),
    }


def test_nobody_chooses_for_a_challenge_without_a_part_in_it(room, browser_of):
    browser = browser_of(factories.guest())

    assert browser.get(f"/news/settings?challenge={room.id}").status_code == 404
    assert browser.post("/news/settings", data={"challenge": str(room.id)}).status_code in (403, 404)
    assert db.session.query(SwitchedOff).count() == 0


def test_a_wrong_address_stays_in_the_form(room, browser_of):
    answer = browser_of(factories.participant(room)).post("/news/address", data={"email": "no address"})

    assert answer.status_code == 400
    assert 'value="no address"' in text(answer)


def test_the_choices_cost_few_statements_at_any_number_of_challenges(app, noise, browser_of):
    owner = factories.account()
    company = factories.company(owner)
    costs = []
    for more in (1, 6):
        for _ in range(more):
            factories.room(company)
        browser = browser_of(owner)
        browser.get("/news/settings")
        costs.append(len(cost_of(browser, "/news/settings").all))

    assert costs[0] == costs[1] <= 15


# Language and time zone


def test_an_account_holder_chooses_language_and_time_zone(app, browser_of):
    lea = factories.account()
    browser = browser_of(lea)

    response = browser.post("/account", data={"language": "de", "time_zone": "Europe/Vienna"}, follow_redirects=True)

    account = db.session.get_one(Account, lea.account_id)
    assert (account.language, account.time_zone) == ("de", "Europe/Vienna")
    assert '<html lang="de"' in text(response)
    assert '<option value="Europe/Vienna" selected' in text(response)


@pytest.mark.parametrize("fields", [{"language": "xx", "time_zone": "UTC"}, {"language": "de", "time_zone": "Mars"}])
def test_an_unknown_language_or_time_zone_is_refused(app, browser_of, fields):
    lea = factories.account()

    assert browser_of(lea).post("/account", data=fields).status_code == 400

    assert db.session.get_one(Account, lea.account_id).language is None


def test_a_guest_keeps_the_language_of_the_join_page_until_another_is_chosen(app, noise, client):
    room = factories.room()
    door = client.get(f"/join/{room.code}", headers={"Accept-Language": "de"})
    fields = {
        "name": "Biene",
        "key": re.search(r'name="key" value="([^"]+)"', text(door))[1],
        "time_zone": "Asia/Tokyo",
    }
    client.post(f"/join/{room.code}", data=fields, headers={"Accept-Language": "de"})

    person = db.session.query(Person).order_by(Person.id.desc()).first()
    assert (person.language, person.time_zone) == ("de", "Asia/Tokyo")

    client.post("/language", data={"language": "en"})
    db.session.rollback()
    assert db.session.get_one(Person, person.id).language == "en"
