"""One's own data in a room: the pages that tell, ask, and hand it out."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from ideas import clock
from ideas.database import db
from ideas.models import Anonymity, FlagKind, Retention, RetentionAct
from ideas.services import flags, ideas, participants, retention
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room()


def archive_of(response) -> zipfile.ZipFile:
    assert response.status_code == 200
    return zipfile.ZipFile(io.BytesIO(response.data))


def test_the_download_holds_every_version_picture_argument_and_mark_of_its_owner_alone(room, browser_of):
    me, other = factories.participant(room, "Amsel"), factories.participant(room, "Biene")
    mine = factories.idea(room, me, "First words", "Text", image=factories.picture())
    ideas.edit_idea(me.actor, mine, ideas.IdeaForm("Second words", "Text"))
    theirs = factories.idea(room, other, "Their words", "Their text")
    factories.argument(theirs, me, "My remark")
    factories.argument(theirs, other, "Their remark")
    factories.mark(room, me, {theirs: 1})

    archive = archive_of(browser_of(me).get(f"/challenges/{room.id}/me/data.zip"))

    data = json.loads(archive.read("data.json"))
    assert data["you"]["name"] == "Amsel"
    assert [v["title"] for idea in data["ideas"] for v in idea["versions"]] == ["First words", "Second words"]
    assert [(a["text"], a["about"]) for a in data["arguments"]] == [("My remark", "Their words")]
    [votes] = data["votes"]
    assert [(m["title"], m["value"]) for m in votes["marks"]] == [("Their words", 1)]
    assert votes["receipt"]
    [picture] = [name for name in archive.namelist() if name.startswith("pictures/")]
    assert data["ideas"][0]["versions"][0]["picture"] == picture
    assert archive.read(picture)
    assert "Their text" not in str(data)
    assert "Their remark" not in str(data)
    assert "Biene" not in str(data)


def test_the_own_reports_are_in_the_download_and_their_words_can_be_erased(room, browser_of):
    me, other = factories.participant(room), factories.participant(room)
    theirs = factories.idea(room, other)
    flags.flag_idea(me.actor, theirs, flags.FlagForm(FlagKind.INSULTING, "It is about me"))
    flags.flag_idea(factories.participant(room).actor, theirs, flags.FlagForm(FlagKind.OTHER, "Somebody else’s words"))
    browser = browser_of(me)

    data = json.loads(archive_of(browser.get(f"/challenges/{room.id}/me/data.zip")).read("data.json"))

    [told] = data["flags"]
    assert (told["idea"], told["kind"], told["words"], told["state"]) == (theirs, "insulting", "It is about me", "open")
    assert "Somebody else" not in str(data)
    assert "You wrote here: 1 report." in browser.get(f"{room.path}/me/erasing").get_data(as_text=True)
    browser.post(f"/challenges/{room.id}/me/erasing")
    assert "There is no text of yours here." in browser.get(f"{room.path}/me/erasing").get_data(as_text=True)


def test_the_page_tells_before_what_stays_and_why(room, browser_of):
    me = factories.participant(room)
    factories.idea(room, me, "Words")
    page = browser_of(me).get(f"{room.path}/me/erasing").get_data(as_text=True)

    assert "You wrote here: 1 idea." in page
    assert "a checksum in the journal" in page
    assert "A count must not change afterwards." in page
    assert "This happens at once" in page


def test_where_authors_are_hidden_the_page_names_the_time_and_the_way_back(app, browser_of):
    room = factories.sealed_room()
    me = factories.participant(room)
    factories.idea(room, me, "Words")
    browser = browser_of(me)
    assert "erased together once a day" in browser.get(f"{room.path}/me/erasing").get_data(as_text=True)

    browser.post(f"/challenges/{room.id}/me/erasing")
    page = browser.get(f"{room.path}/me/data").get_data(as_text=True)
    assert "Keep my texts after all" in page

    browser.post(f"/challenges/{room.id}/me/keeping")
    assert "Erase my texts …" in browser.get(f"{room.path}/me/data").get_data(as_text=True)


def test_leaving_leads_to_the_way_back(room, browser_of):
    me = factories.participant(room, "Amsel")
    factories.idea(room, me, "Words")
    browser = browser_of(me)

    left = browser.post(f"/challenges/{room.id}/me/leaving", data={"texts": "keep"})
    assert left.location.startswith(f"/join/{room.code}?key="), "it opens although somebody tries wrong codes"
    page = browser.get(left.location).get_data(as_text=True)
    assert "If that was a mistake, join again here" in page
    assert browser.get(f"{room.path}/me").status_code in (302, 403, 404)

    assert browser.post(f"/join/{room.code}", data={"name": "Amsel"}).status_code == 303
    assert browser.get(f"{room.path}/me").status_code == 200
    db.session.rollback()
    assert me.row.name == "Amsel"


def test_an_erased_name_stands_nowhere_any_more(room, browser_of):
    me, other = factories.participant(room, "Xerxes the Great"), factories.participant(room)
    idea = factories.idea(room, me, "Words")
    factories.argument(idea, me, "Remark")
    factories.argument(idea, other, "Other remark")
    pages = ("", f"/ideas/{idea}", "/console", "/screen")
    owner = browser_of(room.owner)
    assert any("Xerxes" in owner.get(room.path + page).get_data(as_text=True) for page in pages)

    browser_of(me).post(f"/challenges/{room.id}/me/leaving", data={"texts": "erase"})

    assert [page for page in pages if "Xerxes" in owner.get(room.path + page).get_data(as_text=True)] == []
    assert "Remark<" not in owner.get(f"{room.path}/ideas/{idea}").get_data(as_text=True).replace("Other remark", "")


def test_a_removed_person_reaches_their_data_and_not_the_room(room, browser_of):
    me = factories.participant(room)
    factories.idea(room, me, "Words")
    participants.bar_participant(room.owner, room.id, me.id, "")
    browser = browser_of(me)

    refused = browser.get(room.path)
    assert refused.status_code == 403
    assert f'href="{room.path}/me/data"' in refused.get_data(as_text=True)
    page = browser.get(f"{room.path}/me/data").get_data(as_text=True)
    assert f"/challenges/{room.id}/me/data.zip" in page
    assert f'href="{room.path}"' not in page
    archive_of(browser.get(f"/challenges/{room.id}/me/data.zip"))


def test_after_thirty_days_nobody_can_know_a_ballot_of_a_room_hidden_for_good(app, browser_of, monkeypatch):
    room = factories.sealed_room()
    author, voter = (factories.participant(room) for _ in range(2))
    factories.mark(room, voter, {factories.idea(room, author, "Words"): 1})
    factories.close(room)
    browser = browser_of(voter)
    marks, result = f"{room.path}/ballot/marks", f"{room.path}/result"
    assert "Receipt" in browser.get(marks).get_data(as_text=True)
    assert "Your votes" in browser.get(result).get_data(as_text=True)

    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    retention.run_due()

    page = browser.get(marks).get_data(as_text=True)
    assert "how you voted, nobody can know any more" in page
    assert "Receipt" not in page
    assert "You did not vote." not in page
    assert "Nobody can know it any more." in browser.get(result).get_data(as_text=True)
    assert browser.get(room.path, follow_redirects=True).status_code == 200
    data = json.loads(archive_of(browser.get(f"/challenges/{room.id}/me/data.zip")).read("data.json"))
    assert [(votes["marks"], votes["forgotten"]) for votes in data["votes"]] == [([], True)]


def test_people_read_before_they_join_how_long_it_is_kept(app, client):
    plain = factories.room()
    ruled = factories.room(retention=Retention(RetentionAct.ANONYMISE, 90), anonymity=Anonymity.FOR_GOOD)

    def door(room: factories.Room) -> str:
        return client.get(f"/join/{room.code}").get_data(as_text=True)

    assert "It is kept until the organisation deletes it." in door(plain)
    assert "90 days after the close all names are removed" in door(ruled)
    assert "Thirty days after the close, who cast which vote is deleted." in door(ruled)


def test_the_rule_of_the_installation_is_shown_too(app, make_app):
    other = make_app(RETENTION="delete", RETENTION_DAYS=365)
    room = factories.room(retention=Retention(RetentionAct.ANONYMISE, 90))

    page = other.test_client().get(f"/join/{room.code}").get_data(as_text=True)

    assert "90 days after the close all names are removed" in page
    assert "365 days after the close everything here is deleted" in page


def test_a_setting_that_cannot_be_read_stops_the_server(make_app):
    with pytest.raises(RuntimeError, match="RETENTION"):
        make_app(RETENTION="shred", RETENTION_DAYS=10)
    with pytest.raises(RuntimeError, match="RETENTION"):
        make_app(RETENTION="delete", RETENTION_DAYS=0)
