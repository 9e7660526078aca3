"""The page of a discussion in turns, its start on the console, and what nobody else may see of it."""

import re

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, Anonymity, Idea
from ideas.services import participants, rounds, steering, turns
from ideas.services.turns import Chosen, TurnsForm
from tests import factories
from tests.ideas.services.test_turns import PHASES, by_id, later, open_turns, write_all
from tests.views.test_statements import cost_of

__all__ = ["later"]  # the fixture

pytestmark = pytest.mark.usefixtures("app")

AGAINST, FOR, ANSWER = "What is the strongest objection", "What speaks most strongly for", "Answer for this idea."


def made(anonymity=Anonymity.NAMED, people=3, ideas=1, phases=PHASES, seated=True):
    room = factories.room(phases=phases, anonymity=anonymity)
    crowd = [factories.participant(room, f"Person {n}") for n in range(people)]
    for n in range(ideas):
        factories.idea(room, crowd[0], f"Idea {n}")
    rounds.step_to_phase(room.owner, room.round_id, 1)
    for person in crowd if seated else ():
        turns.take_seat(person.actor, room.id)
    return room, crowd


def start(room, seconds=120):
    turns.start_turns(room.owner, room.round_id, TurnsForm(Chosen.ALL, seconds))


def page_of(browser, room):
    return browser.get(f"{room.path}/turns").get_data(as_text=True)


def fields_in(page):
    """The hidden fields of the form for a turn, and its address."""
    form = re.search(r'<form[^>]*id="write-turn-\d+".*?</form>', page, re.DOTALL)[0]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return re.search(r'action="([^"]+)"', form)[1], fields


def test_from_the_start_on_the_console_to_the_answer(browser_of):
    room, crowd = made(seated=False)
    browsers = {person.id: browser_of(person.actor) for person in crowd}
    moderator = browser_of(room.owner)

    hint = browsers[crowd[1].id].get(room.path).get_data(as_text=True)
    assert "Discuss in turns now." in hint
    assert f'href="{room.path}/turns"' in hint
    idea = browsers[crowd[1].id].get(factories.idea_path(db.session.scalars(select(Idea.id)).first()))
    assert "Go to your turn" in idea.get_data(as_text=True), "whoever reads an idea finds the way, too"
    assert all("It is about to begin" in page_of(browser, room) for browser in browsers.values())
    console = moderator.get(f"{room.path}/console").get_data(as_text=True)
    assert "Start the discussion" in console
    answer = moderator.post(
        f"/rounds/{room.round_id}/turns",
        data={"chosen": "all", "seconds": "120", "since": "1", "op": factories.op()},
    )
    assert answer.status_code == 302

    shown = {key: page_of(browser, room) for key, browser in browsers.items()}
    assert "Nothing for you at the moment" in shown[crowd[0].id]
    assert sorted(word for page in shown.values() for word in (AGAINST, FOR) if word in page) == sorted([AGAINST, FOR])
    for person in crowd[1:]:
        url, fields = fields_in(shown[person.id])
        answer = browsers[person.id].post(url, data=fields | {"text": f"Because, says {person.id}"})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{room.path}/turns")
    page = page_of(browsers[crowd[0].id], room)
    assert ANSWER in page
    assert f"Because, says {crowd[1].id}" in page
    url, fields = fields_in(page)
    browsers[crowd[0].id].post(url, data=fields | {"text": "It is cheaper than it looks"})

    assert "Every idea was discussed" in page_of(browsers[crowd[1].id], room)
    idea = browsers[crowd[1].id].get(factories.idea_path(1)).get_data(as_text=True)
    said = re.search(r'<li class="argument argument--for"[^>]*>((?!</li>).)*It is cheaper.*?</li>', idea, re.DOTALL)[0]
    assert "Answer for the idea" in said
    assert crowd[0].name not in said
    console = moderator.get(f"{room.path}/console").get_data(as_text=True)
    assert "1 of 1 idea is discussed." in console
    assert "2 arguments · answered" in re.sub(r"\s+", " ", console)


def test_a_turn_that_lasts_days_says_until_when(browser_of):
    room, crowd = made()
    start(room, seconds=86_400)
    person, _ = next(iter(open_turns().items()))

    timer = re.search(
        r"<phase-clock.*?</phase-clock>", page_of(browser_of(by_id(crowd)[person].actor), room), re.DOTALL
    )

    assert ">until <time" in timer[0]
    assert "starts" not in timer[0]


def test_words_that_come_too_late_are_shown_again(browser_of, monkeypatch):
    room, crowd = made()
    start(room)
    person, turn = next(iter(open_turns().items()))
    browser = browser_of(by_id(crowd)[person].actor)
    url, fields = fields_in(page_of(browser, room))
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + (turn.ends_at - turn.offered_at) * 2)
    turns.run_turns()

    answer = browser.post(url, data=fields | {"text": "Too late, alas"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Too late, alas" in page
    assert "someone else is asked" in page
    assert "Your time was up" in page
    browser.post(f"/challenges/{room.id}/turns/seat", data={"op": factories.op()})
    assert "Your time was up" not in page_of(browser, room)


def test_an_empty_turn_is_refused_at_its_field(browser_of):
    room, crowd = made()
    start(room)
    browser = browser_of(by_id(crowd)[next(iter(open_turns()))].actor)
    url, fields = fields_in(page_of(browser, room))

    answer = browser.post(url, data=fields | {"text": "  "})

    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.get_data(as_text=True)


def test_a_passed_turn_is_gone_from_the_page(browser_of):
    room, crowd = made()
    start(room)
    person, turn = next(iter(open_turns().items()))
    browser = browser_of(by_id(crowd)[person].actor)

    answer = browser.post(f"/turns/{turn.id}/pass", data={"op": factories.op()}, follow_redirects=True)

    assert "Nothing for you at the moment" in answer.get_data(as_text=True)


def test_another_person_offers_to_answer(browser_of):
    room, crowd = made()
    start(room)
    turns.leave_table(room.id, [crowd[0].id])
    write_all(crowd)
    browser = browser_of(crowd[1].actor)
    page = page_of(browser, room)
    assert "Nobody has answered for these ideas yet" in page
    url = re.search(r'action="(/exchanges/\d+/answer)"', page)[1]

    assert ANSWER in browser.post(url, data={"op": factories.op()}, follow_redirects=True).get_data(as_text=True)

    answer = browser_of(crowd[2].actor).post(url, data={"op": factories.op()})
    assert answer.status_code == 409


def test_a_person_who_reads_meanwhile_is_called(browser_of):
    room, crowd = made()
    start(room)
    for person in crowd:
        part = browser_of(person.actor).get(f"/challenges/{room.id}/parts?only=turn-call").get_data(as_text=True)

        assert ("It is your turn" in part) == (person.id in open_turns())
        assert "It is your turn" not in browser_of(person.actor).get(room.path).get_data(as_text=True)


def test_a_lock_lets_the_clock_stand_and_keeps_the_words(browser_of):
    room, crowd = made()
    start(room)
    browser = browser_of(by_id(crowd)[next(iter(open_turns()))].actor)
    url, fields = fields_in(page_of(browser, room))
    steering.lock_writing(room.owner, room.round_id)
    turns.run_turns()

    assert "data-paused=" in page_of(browser, room)
    answer = browser.post(url, data=fields | {"text": "Written before the lock"})
    assert answer.status_code == 409
    assert "Written before the lock" in answer.get_data(as_text=True)


def test_a_phase_without_turns_has_no_page_for_them(browser_of):
    room = factories.room()
    answer = browser_of(factories.participant(room).actor).get(f"{room.path}/turns")
    assert (answer.status_code, answer.headers["Location"]) == (302, room.path)


@pytest.mark.parametrize("ideas", [2, 12])
def test_the_page_costs_few_statements(browser_of, ideas):
    room, crowd = made(ideas=ideas)
    start(room)
    for person in crowd:
        browser = browser_of(person.actor)
        browser.get(f"{room.path}/turns")
        assert len(cost_of(browser, f"{room.path}/turns").all) <= 8
        duty = f"/challenges/{room.id}/turns/parts?only=turn"
        assert len(cost_of(browser, duty).all) <= 7
    moderator = browser_of(room.owner)
    assert len(cost_of(moderator, f"{room.path}/console").all) <= 20


class TestSecrecy:
    """Only the person learns what they were dealt."""

    @pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD])
    def test_nothing_that_others_get_depends_on_who_was_dealt_what(self, browser_of, anonymity):
        """Pages, parts, catch-up and exports are the same before and after a deal for those who were dealt nothing."""
        room, crowd = made(anonymity, people=8)
        reader = browser_of(crowd[0].actor)
        moderator = browser_of(room.owner)
        start(room)
        held = open_turns()
        assert crowd[0].id not in held
        assert held
        names = {by_id(crowd)[person].row.lane for person in held}

        addresses = (
            room.path,
            f"{room.path}/turns",
            f"/challenges/{room.id}/live?since=0&epoch={room.round.challenge.epoch}",
            f"/challenges/{room.id}/mine",
            factories.idea_path(1),
        )
        for address in addresses:
            text = reader.get(address).get_data(as_text=True)
            assert not [name for name in names if name in text], address
            assert not [f"turn-{turn.id}" for turn in held.values() if f'turn-{turn.id}"' in text], address
        acts = moderator.get(f"{room.path}/acts").get_data(as_text=True)
        assert "Started a discussion in turns" in acts
        assert "Gave" not in acts

    def test_the_page_of_an_author_shows_no_turn_of_others(self, browser_of):
        room, crowd = made(Anonymity.FOR_GOOD, people=8)
        start(room)

        page = page_of(browser_of(crowd[0].actor), room)

        assert AGAINST not in page
        assert "Nothing for you at the moment" in page


def test_an_activity_of_a_mixed_phase(browser_of):
    room, crowd = made(phases=(PHASES[0], PhasePlan("both", (Activity.DEBATE, Activity.TURNS))))

    page = browser_of(crowd[1].actor).get(room.path).get_data(as_text=True)

    assert "Discuss the ideas now." in page
    assert "Go to your turn" in page


class TestConsole:
    """Moderators see what is being written about each idea, and by whom where everybody is named."""

    def lines(self, browser_of, room):
        page = browser_of(room.owner).get(f"{room.path}/console").get_data(as_text=True)
        found = re.search(r'<ul class="turns-list__ideas".*?</ul>', page, re.DOTALL)[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found)), page

    def test_it_says_who_is_at_turn_and_with_what_where_authors_are_named(self, browser_of):
        room, crowd = made()
        start(room)

        words, page = self.lines(browser_of, room)

        assert re.search(r"At turn: Person \d \((objection|support)\), Person \d \((objection|support)\)", words)
        assert "Start the discussion" not in page, "all ideas are under discussion"
        for person, turn in open_turns().items():
            turns.write_turn(by_id(crowd)[person].actor, turn.id, "They get lost", factories.op())
        assert "At turn: somebody (answer)" in self.lines(browser_of, room)[0], "an answer names nobody"

    @pytest.mark.parametrize("people", [8, 3])
    def test_it_names_nobody_where_authors_are_hidden(self, browser_of, people, later):
        room, crowd = made(Anonymity.FOR_GOOD, people=people)
        start(room)
        later(minutes=1)
        turns.run_turns()
        assert open_turns()

        words, _ = self.lines(browser_of, room)

        assert not [person.name for person in crowd if person.name in words]
        # With few people everybody is asked; to tell the author's turn would tell whose idea it is.
        assert ("somebody (objection)" in words, "3 at turn" in words) == (people == 8, people == 3)
        assert "(answer)" not in words

    def test_whoever_was_removed_is_not_at_turn(self, browser_of):
        room, crowd = made(people=4)
        start(room)
        gone = by_id(crowd)[next(iter(open_turns()))]
        participants.bar_participant(room.owner, room.id, gone.id, "Advertising")

        assert gone.name not in self.lines(browser_of, room)[0]


def screen_of(browser_of, room):
    page = browser_of(room.owner).get(f"{room.path}/screen").get_data(as_text=True)
    assert 'data-state="turns"' in page
    return re.sub(r"<[^>]+>|\s+", " ", page.partition('id="stage"')[2]), page


class TestBigScreen:
    """It shows the argument of the moment, and names who is at turn only where everybody is named."""

    @pytest.mark.parametrize("anonymity", list(Anonymity))
    def test_who_is_at_turn_is_named_only_where_authors_are(self, browser_of, anonymity):
        room, crowd = made(anonymity, people=8)
        start(room)

        words, _ = screen_of(browser_of, room)

        assert "Discussion in turns" in words
        assert {person.name in words for person in crowd if person.id in open_turns()} == {anonymity == "named"}
        assert ("At turn:" in words) == (anonymity == "named")

    def test_nobody_is_named_who_answers(self, browser_of):
        room, crowd = made()
        start(room)
        for person, turn in open_turns().items():
            turns.write_turn(by_id(crowd)[person].actor, turn.id, "They get lost", factories.op())
        assert crowd[0].id in open_turns()

        words, page = screen_of(browser_of, room)
        assert "At turn:" not in words
        assert "They get lost" in words
        turns.write_turn(crowd[0].actor, open_turns()[crowd[0].id].id, "Each has a number", factories.op())
        words, page = screen_of(browser_of, room)

        assert re.search(r"Answer for the idea .*Each has a number", words)
        assert "screen-argument__by" not in page

    def test_arguments_of_earlier_phases_are_not_of_the_moment(self, browser_of):
        room, crowd = made(phases=(PhasePlan("both", (Activity.WRITE, Activity.DEBATE)), PHASES[1]), seated=False)
        rounds.step_to_phase(room.owner, room.round_id, 0)
        factories.argument(1, crowd[1], "Said before")
        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert "Said before" not in screen_of(browser_of, room)[0]

    def test_an_idea_in_the_spotlight_stays_there(self, browser_of):
        room, _ = made()
        steering.spotlight_idea(room.owner, room.round_id, 1)

        assert 'data-state="spotlight"' in browser_of(room.owner).get(f"{room.path}/screen").get_data(as_text=True)


def test_the_author_goes_on_to_a_new_version_after_the_answer(browser_of):
    room, crowd = made()
    start(room)
    write_all(crowd)
    pages = {person.id: page_of(browser_of(person.actor), room) for person in crowd}

    assert [key for key, page in pages.items() if "Publish a new version" in page] == [crowd[0].id]
    assert f'href="{factories.idea_path(1)}/edit"' in pages[crowd[0].id]
    steering.lock_writing(room.owner, room.round_id)
    assert "Publish a new version" not in page_of(browser_of(crowd[0].actor), room)
