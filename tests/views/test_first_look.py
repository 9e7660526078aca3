"""The first look on pages: the ballot in its phase, and the minds that changed in the result."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import Mark
from ideas.services import finishing, moderation
from tests import factories
from tests.minds import DISCUSS, NO, PLANS, YES, looked
from tests.views.test_ballots import hidden_fields

NOTE = "This does not count for the result."


def text(response):
    assert response.status_code == 200
    return unescape(response.get_data(as_text=True))


@pytest.fixture
def look(app, browser_of):
    """`(room, browser, question)`: a phase with a first look on four ideas of somebody else."""

    def build(rule="approval", **form):
        room = factories.room(phases=PLANS, questions=(QuestionPlan(rule),), **form)
        author, voter = factories.participant(room, "Author 1"), factories.participant(room, "Voter 2")
        for letter in "ABCD":
            factories.idea(room, author, f"Idea {letter}")
        return room, browser_of(voter), room.round.first_look.id

    return build


def marks():
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(select(Mark.question_id, Mark.value).order_by(Mark.seq))]


def test_the_room_leads_to_the_first_look(look):
    room, browser, _ = look()

    page = text(browser.get(room.path))

    assert "Take a first look now." in page
    assert "Write your ideas now." in page
    assert "Go to the first look" in page
    assert "Go to the vote" not in page


@pytest.mark.parametrize("rule", ["approval", "points", "grades", "stars", "ranked"])
def test_the_ballot_of_every_rule_says_that_it_does_not_count(look, rule):
    room, browser, question = look(rule)

    page = text(browser.get(f"{room.path}/ballot"))

    assert "First look." in page
    assert NOTE in page
    assert f'data-question="{question}"' in page
    assert "until the round closes" not in page
    assert "who joined have voted" not in page


def test_a_plain_form_marks_for_the_first_look(look):
    room, browser, question = look()
    page = text(browser.get(f"{room.path}/ballot"))

    answer = browser.post(f"/challenges/{room.id}/ballot", data={**hidden_fields(page), "value": YES})

    assert answer.status_code == 303
    assert marks() == [(question, YES)]
    receipt = text(browser.get(f"{room.path}/ballot/marks"))
    assert "<h1>Your first look</h1>" in receipt
    assert NOTE in receipt
    assert "You can change it until this phase ends." in receipt
    assert "Your first look is saved." in receipt
    assert "You have looked at 1 of 4 ideas." in receipt


def test_marks_lead_back_to_the_room_after_their_phase(look):
    room, browser, question = look()
    fields = hidden_fields(text(browser.get(f"{room.path}/ballot")))
    browser.post(f"/challenges/{room.id}/ballot", data={**fields, "value": YES})
    factories.step(room, "Discuss")

    over = text(browser.get(f"{room.path}/ballot/marks?question={question}"))

    assert ">change<" not in over
    assert "Back to the room" in over


def test_the_live_ranking_leaves_the_first_look_out(look):
    room, browser, _ = look(live_ranking=True)
    page = text(browser.get(f"{room.path}/ballot"))
    browser.post(f"/challenges/{room.id}/ballot", data={**hidden_fields(page), "value": YES})

    assert "Everyone can see the live ranking here." not in page
    assert "100" not in re.sub(r"<[^>]+>", "", text(browser.get(f"{room.path}/live-ranking")))


def test_a_late_mark_is_refused_in_the_discussion_and_in_the_vote(look):
    room, browser, question = look()
    fields = hidden_fields(text(browser.get(f"{room.path}/ballot")))
    for phase in ("Discuss", "Vote"):
        factories.step(room, phase)
        assert browser.post(f"/challenges/{room.id}/ballot", data={**fields, "value": YES}).status_code == 409
        leads_to = browser.get(f"{room.path}/ballot?question={question}")
        assert leads_to.status_code == 302

    assert marks() == []


def test_the_vote_shows_no_mark_of_the_first_look(look):
    room, browser, question = look()
    page = text(browser.get(f"{room.path}/ballot"))
    browser.post(f"/challenges/{room.id}/ballot", data={**hidden_fields(page), "value": NO})
    factories.step(room, "Vote")

    vote = text(browser.get(f"{room.path}/ballot"))

    assert f'data-question="{room.round.questions[0].id}"' in vote
    assert "First look." not in vote
    assert "data-mark=" not in vote
    own = text(browser.get(f"{room.path}/ballot/marks"))
    assert f"/ballot/marks?question={question}" in own


def test_the_page_of_an_idea_asks_for_the_first_look(look):
    room, browser, question = look()
    idea = db.session.scalars(select(factories.Idea.id)).first()

    page = text(browser.get(factories.idea_path(idea)))

    assert f'id="vote-{question}"' in page
    assert NOTE in page
    assert f'id="vote-{room.round.questions[0].id}"' not in page


def test_own_marks_in_the_room_are_those_of_the_phase(look):
    room, browser, question = look()
    page = text(browser.get(f"{room.path}/ballot"))
    browser.post(f"/challenges/{room.id}/ballot", data={**hidden_fields(page), "value": YES})

    mine = browser.get(f"/challenges/{room.id}/mine").get_json()

    assert list(mine["marks"].values()) == [YES]
    assert list(mine["ballots"]) == [str(question)]


def test_a_finished_first_look_is_open_for_changes_in_its_phase(look):
    room, browser, question = look()
    page = text(browser.get(f"{room.path}/ballot"))
    browser.post(f"/challenges/{room.id}/ballot", data={**hidden_fields(page), "value": YES, "done": 1})

    own = text(browser.get(f"{room.path}/ballot", follow_redirects=True))

    assert "Change my votes" in own
    assert browser.post(f"/challenges/{room.id}/ballot/change", data={"question": question}).status_code == 303


def test_the_console_counts_no_first_look_as_a_vote(look, browser_of):
    room, browser, _ = look()
    page = text(browser.get(f"{room.path}/ballot"))
    browser.post(f"/challenges/{room.id}/ballot", data={**hidden_fields(page), "value": YES})

    console = text(browser_of(room.owner).get(f"{room.path}/console"))

    assert '<bdi data-figure="voted">0</bdi>' in console
    assert "show of hands" not in console.casefold()
    assert "1 of 2 took the first look" in console


def test_the_phase_editor_of_a_running_round_offers_no_new_first_look(app, browser_of):
    with_look, without = factories.room(phases=PLANS), factories.room(factories.company(), phases=(DISCUSS, PLANS[2]))

    assert 'value="look"' in text(browser_of(with_look.owner).get(f"{with_look.path}/phases"))
    assert 'value="look"' not in text(browser_of(without.owner).get(f"{without.path}/phases"))


# The result


@pytest.fixture
def played(app):
    found = looked()
    finishing.finish_ballot(found.voters[0].actor, found.room.round.questions[0].id)
    factories.close(found.room)
    return found


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|[\u2066-\u2069]", "", page))


def test_the_result_shows_where_minds_changed(played, browser_of):
    page = text(browser_of(played.voters[0]).get(f"{played.room.path}/result"))
    part = page[page.index('id="minds-changed"') :]
    part = part[: part.index("</section>")]

    assert "1 lower · 2 the same · 5 higher" in part
    assert "Nobody bakes at night" in part
    assert "That does not tell why they changed it." in part
    assert "Late bread" in part
    assert "Bread by bike" not in part
    assert " because " not in words(part)


def test_the_chart_of_minds_is_a_file_too(played, browser_of):
    browser = browser_of(played.room.owner)

    svg = browser.get(f"{played.room.path}/result/charts/minds.svg")

    assert svg.status_code == 200
    assert "5 higher" in svg.get_data(as_text=True)
    assert "Minds changed" in text(browser.get(f"{played.room.path}/result/charts"))


def test_the_report_names_where_minds_changed(played, browser_of):
    page = text(browser_of(played.room.owner).get(f"{played.room.path}/result/report"))

    assert "Minds changed since the first look: “Late bread” (1 lower · 2 the same · 5 higher)." in words(page)


def test_an_erased_argument_stands_beside_nothing(played, browser_of):
    moderation.redact_argument(played.room.owner, played.argument, "rude")

    page = text(browser_of(played.voters[0]).get(f"{played.room.path}/result"))

    assert "1 lower · 2 the same · 5 higher" in page
    assert "Arguments beside this" not in page
    assert "Nobody bakes at night" not in page


def test_a_result_without_enough_people_says_so(app, browser_of):
    room = factories.room(phases=PLANS)
    factories.idea(room, factories.participant(room))
    factories.close(room)

    page = text(browser_of(room.owner).get(f"{room.path}/result"))

    assert "This cannot be shown for any idea here." in page
    assert "at least 5 people marked both times" in page


def test_a_result_without_a_first_look_does_not_mention_minds(app, browser_of):
    room = factories.used_room()
    factories.close(room)

    page = text(browser_of(room.owner).get(f"{room.path}/result"))

    assert "Minds changed" not in page
    assert "minds" not in page
