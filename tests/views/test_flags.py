"""Reports through the pages: of participants, and the console of moderators."""

import re

import pytest

from app.platform import limits
from ideas.database import db
from ideas.models import Anonymity, Flag
from ideas.services import moderation
from tests import factories


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def reader(room):
    return factories.participant(room)


@pytest.fixture
def idea(room, author):
    return factories.idea(room, author, "A loud idea", "with many words")


def text_of(response):
    return response.get_data(as_text=True)


def form(kind="insulting", words="", **fields):
    return {"kind": kind, "words": words, "op": factories.op(), **fields}


def flags():
    db.session.rollback()
    return db.session.execute(db.select(Flag.kind, Flag.words, Flag.state).order_by(Flag.id)).tuples().all()


def test_a_reader_reports_an_idea_and_takes_it_back(idea, reader, browser_of):
    browser, page = browser_of(reader), factories.idea_path(idea)
    assert f"/ideas/{idea}/report" in text_of(browser.get(page))
    asked = text_of(browser.get(f"/ideas/{idea}/report"))
    assert "A loud idea" in asked
    assert "not even the moderators" in asked

    answer = browser.post(f"/ideas/{idea}/report", data=form(words="  Rude "))

    assert (answer.status_code, answer.location) == (303, page)
    assert flags() == [("insulting", "Rude", "open")]
    shown = text_of(browser.get(page))
    assert "Thank you." in shown
    assert "You reported this idea" in shown
    assert "Take the report back" in text_of(browser.get(f"/ideas/{idea}/report"))

    assert browser.post(f"/ideas/{idea}/report/withdrawal", data={"op": factories.op()}).location == page
    assert flags() == []
    assert "You reported this idea" not in text_of(browser.get(page))


def test_a_reader_reports_an_argument(idea, author, reader, browser_of):
    argument = factories.argument(idea, author, "You are all wrong")
    browser = browser_of(reader)
    assert f"/arguments/{argument}/report" in text_of(browser.get(factories.idea_path(idea)))

    answer = browser.post(f"/arguments/{argument}/report", data=form("off_topic"))

    assert answer.location == f"{factories.idea_path(idea)}?argument={argument}#argument-{argument}"
    assert "You reported this argument" in text_of(browser.get(factories.idea_path(idea)))
    browser.post(f"/arguments/{argument}/report/withdrawal", data={"op": factories.op()})
    assert flags() == []


def test_what_one_person_reported_nobody_else_sees(room, idea, author, reader, browser_of):
    browser_of(reader).post(f"/ideas/{idea}/report", data=form(words="It names my neighbour"))

    for who in (author, factories.participant(room), room.owner):
        for address in (factories.idea_path(idea), f"{room.path}/mine?idea={idea}", room.path):
            page = text_of(browser_of(who).get(address))
            assert "You reported" not in page
            assert "neighbour" not in page


def test_a_form_without_a_reason_is_shown_again_with_the_words(idea, reader, browser_of):
    browser = browser_of(reader)

    for sent, said in ((form(kind=""), "Please choose one of these."), (form("other"), "Please fill this in.")):
        answer = browser.post(f"/ideas/{idea}/report", data=sent)
        assert answer.status_code == 400
        assert said in text_of(answer)
    answer = browser.post(f"/ideas/{idea}/report", data=form(kind="", words="It is rude"))
    assert "It is rude" in text_of(answer)
    assert flags() == []


def test_a_second_report_says_that_there_is_one(idea, reader, browser_of):
    browser = browser_of(reader)
    browser.post(f"/ideas/{idea}/report", data=form())

    answer = browser.post(f"/ideas/{idea}/report", data=form())

    assert answer.status_code == 409
    assert "You reported this." in text_of(answer)
    assert len(flags()) == 1


def test_a_repeated_command_makes_one_report(idea, reader, browser_of):
    command = form()

    answers = [browser_of(reader).post(f"/ideas/{idea}/report", data=command) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(flags()) == 1


def test_own_texts_and_what_is_not_there_are_not_reported(room, idea, author, reader, browser_of):
    assert "You wrote this yourself" in text_of(browser_of(author).get(f"/ideas/{idea}/report"))
    assert browser_of(author).post(f"/ideas/{idea}/report", data=form()).status_code == 409
    assert "report" not in text_of(browser_of(author).get(factories.idea_path(idea)))
    argument = factories.argument(idea, author)
    moderation.hide_argument(room.owner, argument, "")
    moderation.hide_idea(room.owner, idea, "")
    for address in (f"/ideas/{idea}/report", f"/arguments/{argument}/report", "/ideas/999/report"):
        assert browser_of(reader).get(address).status_code == 404
        assert browser_of(reader).post(address, data=form()).status_code == 404
    assert flags() == []


def test_a_closed_round_takes_no_report(room, idea, reader, browser_of):
    factories.argument(idea, reader)
    factories.close(room)

    assert browser_of(reader).post(f"/ideas/{idea}/report", data=form()).status_code == 409
    assert "/report" not in text_of(browser_of(reader).get(factories.idea_path(idea)))


def test_a_person_reports_a_limited_number_of_texts(idea, reader, browser_of, monkeypatch):
    monkeypatch.setattr(limits, "REPORTING", "1 per hour")
    browser = browser_of(reader)
    browser.post(f"/ideas/{idea}/report", data=form())
    browser.post(f"/ideas/{idea}/report/withdrawal", data={"op": factories.op()})

    answer = browser.post(f"/ideas/{idea}/report", data=form(words="It is rude"))

    assert answer.status_code == 429
    assert "It is rude" in text_of(answer)


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD], ids=["named", "for good"])
def test_moderators_see_counts_kinds_and_words_but_no_names(app, browser_of, anonymity):
    room = factories.room(anonymity=anonymity)
    author, *readers = (factories.participant(room) for _ in range(3))
    idea = factories.idea(room, author, "A loud idea")
    for who, kind in zip(readers, ("insulting", "off_topic"), strict=True):
        browser_of(who).post(f"/ideas/{idea}/report", data=form(kind, "It names my neighbour"))

    browser = browser_of(room.owner)
    part = text_of(browser.get(f"/challenges/{room.id}/console/parts?only=flagged"))
    queue = text_of(browser.get(f"{room.path}/queue"))

    assert "1 reported text waits" in part
    assert f"{room.path}/queue" in part
    for said in ("A loud idea", "2 reports", "Insults someone", "Off topic", "It names my neighbour", "Keep", "Hide"):
        assert said in queue
    for who in readers:
        assert who.name not in part + queue


def test_a_moderator_keeps_a_text_and_the_reader_hears_of_it(room, idea, reader, browser_of):
    browser_of(reader).post(f"/ideas/{idea}/report", data=form())
    moderator = browser_of(room.owner)
    shown = re.search(rf'name="item" value="(idea-{idea}[^"]+)"', text_of(moderator.get(f"{room.path}/queue")))

    answer = moderator.post(f"/challenges/{room.id}/queue/approvals", data={"item": shown[1]})

    assert answer.status_code == 303
    assert flags() == [("insulting", "", "rejected")]
    said = text_of(browser_of(reader).get("/news"))
    assert "The moderators have looked at what you reported at" in said


def test_the_author_hears_of_the_hiding_and_not_of_reports(room, idea, author, reader, browser_of):
    browser_of(reader).post(f"/ideas/{idea}/report", data=form(words="Rude"))
    assert "report" not in text_of(browser_of(author).get("/news"))

    browser_of(room.owner).post(
        f"/ideas/{idea}/hiding", data={"op": factories.op(), "version": 1, "suggestion": "Insults someone"}
    )

    said = text_of(browser_of(author).get("/news"))
    assert "was hidden by a moderator" in said
    assert "report" not in said
    news = text_of(browser_of(reader).get("/news"))
    assert "The moderators have looked at what you reported." in news
    assert "A loud idea" not in news


def test_moderators_are_told_once_that_reports_wait(room, idea, author, reader, browser_of):
    other = factories.idea(room, author)
    for key in (idea, other):
        browser_of(reader).post(f"/ideas/{key}/report", data=form())

    assert text_of(browser_of(room.owner).get("/news")).count("Participants have reported something") == 1
    moderation.hide_idea(room.owner, idea, "")
    moderation.hide_idea(room.owner, other, "")
    assert "Participants have reported something" not in text_of(browser_of(room.owner).get("/news"))


def test_the_close_says_that_reports_are_open(room, idea, reader, browser_of):
    closure = f"/rounds/{room.round_id}/closure"
    assert "reported" not in text_of(browser_of(room.owner).get(closure))
    browser_of(reader).post(f"/ideas/{idea}/report", data=form())

    assert "1 reported text is not decided" in text_of(browser_of(room.owner).get(closure))


def test_only_moderators_decide(room, idea, reader, browser_of):
    browser_of(reader).post(f"/ideas/{idea}/report", data=form())

    answer = browser_of(reader).post(f"/challenges/{room.id}/queue/approvals", data={"item": f"idea-{idea}"})

    assert answer.status_code in (403, 404)
    assert flags()[0][2] == "open"


def test_a_round_without_names_does_not_tell_the_time_of_a_report(app, browser_of):
    room = factories.room(anonymity=Anonymity.FOR_GOOD)
    author, reader = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    browser_of(reader).post(f"/ideas/{idea}/report", data=form())

    assert "<time" not in text_of(browser_of(room.owner).get(f"/challenges/{room.id}/console/parts?only=flagged"))
