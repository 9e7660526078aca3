"""The jury scores apart from the crowd: its criteria stand on no page of the crowd."""

import io
import json
import re
import zipfile

import pytest

from ideas.blueprints import CriterionPlan
from ideas.database import db
from ideas.marks import Cast
from ideas.models import Anonymity
from ideas.services import jurors
from ideas.services.ballots import cast_ballot
from tests import factories, juries
from tests.ideas.test_criteria import grade, seat
from tests.views.test_statements import cost_of

CRITERION = "Worth the money?"


@pytest.fixture
def room(app):
    return factories.room(criteria=(CriterionPlan(CRITERION, 2),), live_ranking=True)


@pytest.fixture
def voter(room):
    """A voter on an idea that a juror graded."""
    author, voter = factories.participant(room), factories.participant(room)
    entry = factories.entry_id(factories.idea(room, author))
    cast_ballot(Cast(voter.id, room.round_id, factories.op(), "tab", 1, {entry: 1}))
    grade(room, seat(room), room.round.criteria[0], {entry: 2})
    return voter


OF_CROWD = ("/ballot", "/ballot/marks", "/live-ranking", "/me")
OF_FACILITATORS = ("/console", "/screen", "/groups", "/phases")


def text(response):
    assert response.status_code == 200, response.status_code
    return response.get_data(as_text=True)


@pytest.mark.parametrize("part", OF_CROWD)
def test_a_page_of_the_crowd_shows_no_criterion(room, voter, browser_of, part):
    shown = text(browser_of(voter.actor).get(room.path + part))

    assert CRITERION not in shown
    db.session.rollback()
    criterion = room.round.criteria[0].id
    assert f'name="question" value="{criterion}"' not in shown


def test_the_room_tells_what_the_jury_scores_and_asks_nobody(room, voter, browser_of):
    shown = text(browser_of(voter.actor).get(room.path))

    assert shown.count(CRITERION) == 1


def test_a_criterion_has_no_ballot_in_the_room(room, voter, browser_of):
    criterion, browser = room.round.criteria[0].id, browser_of(voter.actor)

    assert browser.get(f"{room.path}/ballot?question={room.question_id}").status_code == 200
    assert browser.get(f"{room.path}/ballot?question={criterion}").status_code == 404


@pytest.mark.parametrize("part", OF_FACILITATORS)
def test_a_page_that_runs_the_room_shows_no_criterion(room, voter, browser_of, part):
    assert CRITERION not in text(browser_of(room.owner).get(room.path + part))


# The invitation, the juror's page and the list of jurors


@pytest.fixture
def jury(app):
    """A room with a jury, an idea by somebody, and a juror with a browser."""
    return juries.room()


def invite(browser, room):
    """Make a link on the page of the jury. :return: its path."""
    browser.post(f"/rounds/{room.round_id}/jurors/link", data={"op": factories.op()})
    page = text(browser.get(f"{room.path}/jurors"))
    return re.search(r"http://localhost(/jury/[\w-]+)", page)[1]


class TestInvitation:
    def test_a_stranger_accepts_by_a_link_and_scores_without_a_script(self, jury, browser_of, client):
        written = factories.entry_id(factories.idea(jury, factories.participant(jury), "Rye and hops"))
        link = invite(browser_of(jury.owner), jury)

        page = text(client.get(link))
        assert "Useful?" in page
        assert "67 %" in page.replace("\xa0", " ") or "67%" in page
        answer = client.post(link, data={"op": factories.op(), "name": "Luchs"})
        assert answer.location == f"/challenges/{jury.id}/jury" or answer.location.endswith("/jury")
        page = text(client.get(f"{jury.path}/jury"))
        assert "Rye and hops" in page
        assert "0 of 1 scored" in page
        useful, doable = (question.id for question in jury.round.criteria)
        sent = {"op": factories.op(), f"q{useful}": "4", f"q{doable}": "-1", "note": "Only in autumn"}
        client.post(f"/rounds/{jury.round_id}/jury/{written}", data=sent)

        page = text(client.get(f"{jury.path}/jury"))
        assert "You have scored all ideas. Thank you!" in page
        assert "Excellent" in page
        assert "Only in autumn" in page

    def test_a_used_link_leads_its_juror_back_and_opens_nothing_for_others(self, jury, browser_of, client):
        link = invite(browser_of(jury.owner), jury)
        client.post(link, data={"op": factories.op(), "name": "Luchs"})

        assert client.get(link).location.endswith("/jury")
        assert browser_of(factories.guest()).get(link).status_code == 404

    def test_a_moderator_is_told_that_the_seat_would_be_theirs(self, jury, browser_of):
        browser = browser_of(jury.owner)
        link = invite(browser, jury)

        assert "this seat is yours" in text(browser.get(link))
        assert "this seat is yours" not in text(browser_of(factories.guest()).get(link))

    def test_a_juror_who_opens_a_second_link_keeps_it_for_others(self, jury, browser_of):
        judge = browser_of(juries.juror(jury).actor)
        link = invite(browser_of(jury.owner), jury)

        assert judge.post(link, data={"op": factories.op(), "name": "Luchs"}).location.endswith("/jury")
        assert "still works for someone else" in text(judge.get(f"{jury.path}/jury"))
        assert browser_of(factories.guest()).get(link).status_code == 200

    def test_a_link_after_the_close_says_that_the_round_is_closed(self, jury, browser_of, client):
        link = invite(browser_of(jury.owner), jury)
        factories.close(jury)

        answer = client.get(link)

        assert answer.status_code == 409
        assert "This round is closed." in answer.get_data(as_text=True)

    def test_a_name_is_asked_for(self, jury, browser_of, client):
        link = invite(browser_of(jury.owner), jury)

        assert client.post(link, data={"op": factories.op(), "name": " "}).status_code == 400
        assert client.get(link).status_code == 200, "the link is not used up"


class TestSheet:
    def score(self, browser, room, entry, **sent):
        return browser.post(f"/rounds/{room.round_id}/jury/{entry}", data={"op": factories.op(), **sent})

    def test_a_sheet_with_a_criterion_without_grade_comes_back_as_typed(self, jury, browser_of):
        written = factories.entry_id(factories.idea(jury, factories.participant(jury)))
        browser = browser_of(juries.juror(jury).actor)
        useful, _ = (question.id for question in jury.round.criteria)

        answer = self.score(browser, jury, written, **{f"q{useful}": "3", "note": "Half done"})

        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert "Choose a grade" in page
        assert "Half done" in page
        assert re.search(rf'name="q{useful}" value="3" checked', page)

    def test_only_the_juror_reads_a_note_and_nobody_reads_grades(self, jury, browser_of):
        written = factories.entry_id(factories.idea(jury, factories.participant(jury)))
        judge, other = juries.juror(jury), juries.juror(jury)
        juries.score(jury, judge, written, 4, 0, note="A secret thought")

        assert "A secret thought" in text(browser_of(judge.actor).get(f"{jury.path}/jury?all=1"))
        for actor, part in ((other.actor, "jury"), (jury.owner, "jurors"), (jury.owner, "console")):
            page = text(browser_of(actor).get(f"{jury.path}/{part}"))
            assert "A secret thought" not in page
        assert "1 of 2 jurors has" not in text(browser_of(jury.owner).get(f"{jury.path}/jurors"))

    def test_an_own_idea_is_nowhere_on_the_page_and_a_hidden_author_is_neither(self, app, browser_of):
        room = juries.room(anonymity=Anonymity.UNTIL_RESULT)
        author, other = factories.participant(room, "Wiesel 1"), factories.participant(room, "Marder 2")
        own, seen = factories.idea(room, author, "My own bread"), factories.idea(room, other, "Another bread")
        browser = browser_of(juries.juror(room, author.actor).actor)

        for address in ("/jury", "/jury?all=1", f"/jury?idea={factories.entry_id(own)}"):
            page = text(browser.get(room.path + address))
            assert "Another bread" in page
            assert "My own bread" not in page
            assert "Marder 2" not in page
        assert self.score(browser, room, factories.entry_id(own), note="x").status_code == 404
        assert seen

    def test_a_conflict_is_declared_and_taken_back(self, jury, browser_of):
        written = factories.entry_id(factories.idea(jury, factories.participant(jury)))
        browser = browser_of(juries.juror(jury).actor)
        at = f"/rounds/{jury.round_id}/jury/{written}/conflict"

        browser.post(at, data={"op": factories.op()})
        assert "conflict of interest" in text(browser.get(f"{jury.path}/jury?all=1"))
        page = text(browser.get(f"{jury.path}/jury?idea={written}"))
        assert "so you do not score this idea" in page
        assert "Save and go on" not in page
        browser.post(f"{at}/end", data={"op": factories.op()})

        assert "Save and go on" in text(browser.get(f"{jury.path}/jury"))

    def test_a_sheet_after_the_close_is_refused_and_kept(self, jury, browser_of):
        written = factories.entry_id(factories.idea(jury, factories.participant(jury)))
        browser = browser_of(juries.juror(jury).actor)
        factories.close(jury)

        answer = self.score(browser, jury, written, note="Too late")

        assert answer.status_code == 409
        assert "This round is closed" in answer.get_data(as_text=True)

    def test_a_juror_waits_for_the_vote_and_sees_no_idea_before(self, app, browser_of):
        room = juries.room(phases=factories.STEPS)
        factories.idea(room, factories.participant(room), "Early bread")
        browser = browser_of(juries.juror(room).actor)

        page = text(browser.get(f"{room.path}/jury"))
        assert "Scoring begins with the vote" in page
        assert "Early bread" not in page
        factories.step(room, "vote")
        assert "Early bread" in text(browser.get(f"{room.path}/jury"))

    def test_a_juror_sees_the_pictures_of_ideas_and_enters_no_room(self, jury, browser_of):
        idea = factories.idea(jury, factories.participant(jury), image=factories.picture())
        browser, stranger = browser_of(juries.juror(jury).actor), browser_of(factories.guest())
        address = re.search(r"/images/\d+", text(browser.get(f"{jury.path}/jury")))[0]

        assert browser.get(address).status_code == 200
        assert stranger.get(address).status_code == 404
        assert browser.get(jury.path).status_code == 302
        assert idea

    def test_a_juror_downloads_and_leaves(self, jury, browser_of):
        written = factories.entry_id(factories.idea(jury, factories.participant(jury), "Rye and hops"))
        judge = juries.juror(jury, name="Luchs")
        juries.score(jury, judge, written, 4, 0, note="Mine alone")
        browser = browser_of(judge.actor)

        data = browser.get(f"/rounds/{jury.round_id}/jury/data.zip").data
        told = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("jury.json"))
        assert told["you"]["name"] == "Luchs"
        assert [(row["title"], row["criterion"], row["grade"]) for row in told["scores"]] == [
            ("Rye and hops", "Useful?", 4),
            ("Rye and hops", "Doable?", 0),
        ]
        assert told["ideas"][0]["note"] == "Mine alone"
        browser.post(f"/rounds/{jury.round_id}/jury/leaving", data={"op": factories.op()})

        assert browser.get(f"{jury.path}/jury").status_code == 404


class TestList:
    def test_a_moderator_removes_a_juror_and_withdraws_an_invitation(self, jury, browser_of):
        judge = juries.juror(jury, name="Luchs")
        browser = browser_of(jury.owner)
        invite(browser, jury)
        page = text(browser.get(f"{jury.path}/jurors"))
        assert "Luchs" in page
        invitation = re.search(r"invitations/(\d+)/withdrawal", page)[1]

        browser.post(f"/rounds/{jury.round_id}/jurors/{judge.id}/removal", data={"op": factories.op()})
        browser.post(f"/rounds/{jury.round_id}/jurors/invitations/{invitation}/withdrawal", data={"op": factories.op()})

        page = text(browser.get(f"{jury.path}/jurors"))
        assert "Luchs" not in page
        assert "Open invitations" not in page

    def test_a_mail_needs_an_address_and_is_sent_once(self, jury, browser_of, app):
        app.config["MAIL_SERVER"] = "localhost"
        browser = browser_of(jury.owner)
        at = f"/rounds/{jury.round_id}/jurors/mail"

        assert browser.post(at, data={"op": factories.op(), "email": "nobody"}).status_code == 400
        assert browser.post(at, data={"op": factories.op(), "email": "luchs@example.org"}).status_code == 303
        assert browser.post(at, data={"op": factories.op(), "email": "luchs@example.org"}).status_code == 409
        assert "luchs@example.org" in text(browser.get(f"{jury.path}/jurors"))

    def test_nobody_floods_an_address_with_invitations(self, jury, browser_of, app):
        app.config["MAIL_SERVER"] = "localhost"
        browser = browser_of(jury.owner)

        def invited(address):
            answer = browser.post(f"/rounds/{jury.round_id}/jurors/mail", data={"op": factories.op(), "email": address})
            page = browser.get(f"{jury.path}/jurors").get_data(as_text=True)
            for invitation in re.findall(r"invitations/(\d+)/withdrawal", page):
                jurors.withdraw_invitation(jury.owner, jury.round_id, int(invitation))
            return answer

        answers = [invited(address) for address in ["luchs@example.org"] * 4 + ["dachs@example.org"]]

        assert [answer.status_code for answer in answers] == [303, 303, 303, 429, 303]
        assert 'value="luchs@example.org"' in answers[3].get_data(as_text=True)

    def test_a_room_without_a_jury_has_no_list(self, app, browser_of):
        room = factories.room()

        assert browser_of(room.owner).get(f"{room.path}/jurors").status_code == 404

    def test_participants_do_not_see_the_list(self, jury, browser_of):
        who = factories.participant(jury, actor=factories.account())

        assert browser_of(who.actor).get(f"{jury.path}/jurors").status_code == 403


def test_a_guest_comes_back_to_the_jury_by_the_private_link_and_the_start_page(jury, browser_of, client):
    browser = browser_of(juries.juror(jury).actor)
    link = re.search(r"http://localhost(/return/[\w.-]+)", text(browser.get(f"{jury.path}/jury?all=1")))[1]

    answer = client.post(link, data={"op": factories.op()})

    assert answer.location == f"{jury.path}/jury"
    assert f'href="{jury.path}/jury"' in text(client.get("/"))


def test_the_pages_of_a_jury_take_few_statements_and_none_from_a_template(jury, browser_of, from_templates):
    author = factories.participant(jury)
    entries = [factories.entry_id(factories.idea(jury, author)) for _ in range(20)]
    judge = juries.juror(jury)
    for entry in entries[:10]:
        juries.score(jury, judge, entry, 1, 2)
    browser, owner = browser_of(judge.actor), browser_of(jury.owner)
    for path in ("/jury", "/jury?all=1"):
        browser.get(jury.path + path)
        assert len(cost_of(browser, jury.path + path).all) <= 15
    for _ in range(5):
        juries.juror(jury)
    link = invite(owner, jury)
    assert len(cost_of(owner, f"{jury.path}/jurors").all) <= 20
    assert len(cost_of(browser_of(factories.guest()), link).all) <= 15


def test_members_read_the_acts_on_the_jury_without_names(jury, browser_of):
    browser = browser_of(jury.owner)
    judge = juries.juror(jury, name="Luchs")
    jurors.remove_juror(jury.owner, jury.round_id, judge.id)

    page = text(browser.get(f"{jury.path}/acts"))

    assert "Invited somebody to the jury" in page
    assert "Removed somebody from the jury" in page
    assert "Luchs" not in page


@pytest.mark.parametrize(("percent", "is_told"), [(0, False), (60, True)])
def test_the_close_says_which_ideas_have_no_score_of_the_jury(app, browser_of, percent, is_told):
    room = juries.room(jury_percent=percent)
    entry = factories.entry_id(factories.idea(room, factories.participant(room)))
    judges = [juries.juror(room) for _ in range(2)]
    closure = f"/rounds/{room.round_id}/closure"
    juries.score(room, judges[0], entry, 3, 3)
    before = browser_of(room.owner).get(closure).text
    juries.score(room, judges[1], entry, 3, 2)
    after = browser_of(room.owner).get(closure).text

    assert "1 idea has no score of the jury yet" in before
    assert ("without a score an idea has no place" in before) == is_told
    assert "no score of the jury" not in after


def test_a_juror_reads_the_result_after_the_close_and_a_removed_one_does_not(app, browser_of):
    room = juries.room()
    entry = factories.entry_id(factories.idea(room, factories.participant(room)))
    here, gone = juries.juror(room), juries.juror(room)
    juries.score(room, here, entry, 3, 3)
    jurors.remove_juror(room.owner, room.round_id, gone.id)
    result = f"{room.path}/result"
    before = browser_of(here.actor).get(result).status_code
    factories.close(room)

    assert before == 302
    assert browser_of(gone.actor).get(result).status_code == 302
    shown = browser_of(here.actor).get(f"{room.path}/jury").text
    assert f'href="{result}?round=1"' in shown
    assert browser_of(here.actor).get(f"{result}?round=1").status_code == 200
    assert browser_of(here.actor).get(f"{room.path}/ballot").status_code in (302, 403, 404)
