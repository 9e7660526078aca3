"""The ballot file: only an owner gets it, after a warning, and never of a round that is hidden for good."""

import pytest

from ideas.models import Anonymity
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


def addresses(room):
    return f"{room.path}/result.ballots", f"{room.path}/result.ballots?understood=1"


def test_an_owner_is_warned_before_the_download(room, browser_of):
    of, *_ = room
    owner, (plain, understood) = browser_of(of.owner), addresses(of)

    asked = owner.get(plain)
    page = owner.get(asked.location).get_data(as_text=True)
    file = owner.get(understood)

    assert (asked.status_code, asked.location) == (302, f"{of.path}/result/ballots/warning")
    assert "the pseudonym without a vote on exactly one idea belongs to its author" in page
    assert 'name="understood"' in page
    assert (file.status_code, file.mimetype) == (200, "application/json")
    assert f"schwarm-{of.id}.ballots.json" in file.headers["Content-Disposition"]
    assert file.json["ballots"] == 1


def test_moderators_and_guests_who_facilitate_get_neither_link_nor_file(room, browser_of):
    of, moderator, guide = room

    assert "Ballot file" in browser_of(of.owner).get(f"{of.path}/result").get_data(as_text=True)
    for who, status in ((moderator, 403), (guide, 302)):  # a guest is asked to sign in
        browser = browser_of(who)
        page = browser.get(f"{of.path}/result").get_data(as_text=True)
        assert "Pack to recount" in page
        assert "Ballot file" not in page
        answers = [browser.get(address) for address in addresses(of)]
        assert [answer.status_code for answer in answers] == [status, status]


def test_the_ballots_of_a_round_hidden_for_good_are_offered_to_nobody(app, browser_of):
    of, *_ = closed(anonymity=Anonymity.FOR_GOOD)
    owner = browser_of(of.owner)

    page = owner.get(f"{of.path}/result").get_data(as_text=True)
    refused = [owner.get(address) for address in (addresses(of)[1], f"{of.path}/result/ballots/warning")]

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
