"""The ballot file: only an owner gets it, after a warning, and never of a round that is hidden for good."""

import io
import json
import zipfile

import pytest

from ideas.models import Anonymity, Role
from ideas.services import facilitations
from tests import factories


def closed(**form):
    company = factories.company()
    room = factories.room(company, **form)
    author, voter = factories.participant(room), factories.participant(room)
    factories.mark(room, voter, {factories.idea(room, author): 1})
    guide = factories.participant(room)
    facilitations.share_facilitation(room.owner, room.id, guide.id)
    factories.close(room)
    return room, factories.member(company.id, company.owner), guide


@pytest.fixture
def room(app, noise):
    return closed()


def download(room):
    return f"{room.path}/result.ballots"


def release(browser, room, **fields):
    return browser.post(f"/challenges/{room.id}/result/ballots/release", data={"understood": "1", **fields})


def test_an_owner_is_warned_before_the_download(room, browser_of):
    of, *_ = room
    owner = browser_of(of.owner)

    asked = owner.get(download(of))
    page = owner.get(asked.location).get_data(as_text=True)
    file = owner.get(release(owner, of).location)

    assert (asked.status_code, asked.location) == (302, f"{of.path}/result/ballots/warning")
    assert "the pseudonym without a vote on exactly one idea belongs to its author" in page
    assert 'name="understood"' in page
    assert (file.status_code, file.mimetype) == (200, "application/json")
    assert f"schwarm-{of.id}.ballots.json" in file.headers["Content-Disposition"]
    assert file.json["ballots"] == 1


def test_each_release_is_recorded_with_its_owner_and_stands_in_the_pack(room, browser_of):
    of, *_ = room
    owner, op = browser_of(of.owner), factories.op()
    colleague = browser_of(factories.member(of.organisation_id, of.owner, Role.OWNER))

    first, again = (release(owner, of, op=op).location for _ in range(2))
    unread = release(owner, of, understood=[])
    page = colleague.get(f"{of.path}/result/ballots/warning").get_data(as_text=True)

    assert first == again  # a double click
    assert unread.location == colleague.get(first).location == f"{of.path}/result/ballots/warning"
    assert page.count("@example.org</bdi>") == 1
    with zipfile.ZipFile(io.BytesIO(owner.get(f"{of.path}/result.pack").data)) as pack:
        last = json.loads(pack.read("journal.jsonl").splitlines()[-1])
    assert json.loads(last["body"]) == {"kind": "release", "round": of.round_id}
    assert factories.journal_holds() == []


def test_moderators_and_guests_who_facilitate_get_neither_link_nor_file(room, browser_of):
    of, moderator, guide = room

    assert "Ballot file" in browser_of(of.owner).get(f"{of.path}/result").get_data(as_text=True)
    given = release(browser_of(of.owner), of).location
    for who, status in ((moderator, 403), (guide, 302)):  # a guest is asked to sign in
        browser = browser_of(who)
        page = browser.get(f"{of.path}/result").get_data(as_text=True)
        assert "Pack to recount" in page
        assert "Ballot file" not in page
        assert [browser.get(address).status_code for address in (download(of), given)] == [status, status]
        assert release(browser, of).status_code == 403


def test_the_ballots_of_a_round_hidden_for_good_are_offered_to_nobody(app, browser_of):
    of, *_ = closed(anonymity=Anonymity.FOR_GOOD)
    owner = browser_of(of.owner)

    page = owner.get(f"{of.path}/result").get_data(as_text=True)
    refused = [release(owner, of), owner.get(f"{of.path}/result/ballots/warning")]

    assert "Pack to recount" in page
    assert "Ballot file" not in page
    assert [answer.status_code for answer in refused] == [409, 409]
    assert "nobody gets the file with each person’s votes" in refused[0].get_data(as_text=True)


def test_the_command_line_refuses_the_ballots_of_a_round_hidden_for_good(app, tmp_path):
    of, *_ = closed(anonymity=Anonymity.FOR_GOOD)
    file = tmp_path / "ballots.json"

    done = app.test_cli_runner().invoke(args=["export", str(of.round_id), "--format", "ballots", "--output", str(file)])

    assert (done.exit_code, done.stderr) == (1, "Error: Nobody gets the ballots of a round that is hidden for good.\n")
    assert not file.exists()


def test_a_format_without_ballots_has_no_warning(room, browser_of):
    of, *_ = room

    assert browser_of(of.owner).get(f"{of.path}/result/csv/warning").status_code == 404
