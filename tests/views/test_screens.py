"""The big screen: it shows the visible ideas of the room, and of a result only the revealed places."""

import re

import pytest

from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db
from ideas.models import Activity, JournalEntry, Stance
from ideas.services import grouping, moderation, rounds, steering
from tests import crowds, factories
from tests.doubles import partly_here

ALONE = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=300),
    PhasePlan("debate", (Activity.WRITE, Activity.DEBATE)),
    PhasePlan("vote", (Activity.VOTE,)),
)


def text(response):
    return response.get_data(as_text=True)


@pytest.fixture
def screen(browser_of):
    """The big screen of a room, as the browser of a facilitator gets it."""

    def read(of, who=None):
        response = browser_of(who or of.owner).get(f"/challenges/{of.id}/screen")
        assert response.status_code == 200
        return text(response)

    return read


@pytest.fixture
def post_places(browser_of):
    def post(of, places, who=None):
        return browser_of(who or of.owner).post(f"/rounds/{of.round_id}/places", data={"places": places})

    return post


def state_of(page):
    return re.search(r'data-state="(\w+)" data-reveals', page).group(1)


def closed(titles=("First", "Second", "Third", "Fourth"), yes=(9, 5, 5, 1)):
    """A closed room: `yes` of ten people vote yes, one number for each idea."""
    of = factories.room(phases=factories.STEPS)
    author, voters = factories.participant(of), [factories.participant(of) for _ in range(10)]
    found = [factories.idea(of, author, f"{title} of all") for title in titles]
    factories.step(of, "vote")
    for n, voter in enumerate(voters):
        factories.mark(of, voter, {idea: 1 if n < most else -1 for idea, most in zip(found, yes, strict=True)})
    factories.close(of)
    return of


# Hidden content


def test_the_screen_shows_the_number_of_sealed_ideas_and_never_their_text(app, screen):
    of = factories.room(phases=ALONE)
    person = factories.participant(of)
    factories.idea(of, person, "Sealed words", "Sealed text")
    factories.idea(of, person, "More sealed words")

    page = screen(of)
    assert state_of(page) == "silent"
    assert "ealed words" not in page
    assert "Sealed text" not in page
    assert 'data-figure="sealed">2<' in page

    factories.step(of, "debate")
    page = screen(of)
    assert state_of(page) == "wall"
    assert "Sealed words" in page
    assert "More sealed words" in page


def test_the_screen_hides_the_sealed_ideas_of_its_own_facilitator_too(app, screen):
    of = factories.room(phases=ALONE)
    both = factories.participant(of, actor=of.owner)
    factories.idea(of, both, "My own words")

    assert "My own words" not in screen(of)


def test_a_re_entered_silent_phase_shows_no_idea(app, screen):
    of = factories.room(phases=ALONE)
    person = factories.participant(of)
    factories.idea(of, person, "Revealed words")
    factories.step(of, "debate")
    assert "Revealed words" in screen(of)

    factories.step(of, "write")
    factories.idea(of, person, "Second thoughts")

    page = screen(of)
    assert "Revealed words" not in page
    assert "Second thoughts" not in page


def test_hidden_and_pending_ideas_are_not_on_the_screen(app, screen):
    of = factories.room(phases=factories.STEPS)
    approving = factories.room(phases=factories.STEPS, approval=True)
    hidden = factories.idea(of, factories.participant(of), "Rude words")
    factories.idea(of, factories.participant(of), "Kind words")
    factories.idea(approving, factories.participant(approving), "Unread words")
    assert "Rude words" in screen(of)

    moderation.hide_idea(of.owner, hidden, "")

    assert "Rude words" not in screen(of)
    assert "Kind words" in screen(of)
    assert "Unread words" not in screen(approving)


def test_a_voting_phase_shows_only_the_turnout(app, screen):
    of = factories.room(phases=factories.STEPS)
    author, *voters = (factories.participant(of) for _ in range(4))
    idea = factories.idea(of, author, "Boxes that come back")
    factories.step(of, "vote")
    for voter in voters[:2]:
        factories.mark(of, voter, {idea: 1})

    page = screen(of)

    assert state_of(page) == "vote"
    assert 'data-figure="voted">2<' in page
    assert 'data-figure="electorate">4<' in page
    assert "Boxes that come back" not in page
    assert "yes" not in re.sub(r"<meta[^>]*>", "", page)


def test_a_phase_with_every_activity_shows_the_turnout_beside_the_ideas(app, screen):
    of = factories.room(blueprint="open_contest")
    author, voter = factories.participant(of), factories.participant(of)
    idea = factories.idea(of, author, "Boxes that come back")
    factories.mark(of, voter, {idea: 1})

    wall = screen(of)
    steering.spotlight_idea(of.owner, of.round_id, idea)

    for page, state in ((wall, "wall"), (screen(of), "spotlight")):
        assert state_of(page) == state
        assert 'data-figure="voted">1<' in page
    factories.close(of)
    assert 'data-figure="voted"' not in screen(of)


def test_a_draft_has_no_screen(app, browser_of):
    of = factories.draft()

    response = browser_of(of.owner).get(f"/challenges/{of.id}/screen")

    assert response.location == f"{of.path}/share"


# Visible content


def test_the_screen_shows_how_to_join(app, screen):
    of = factories.room(phases=ALONE)

    page = screen(of)

    assert f"{of.path}/qr.svg" in page
    assert " ".join(of.code) in page
    assert "localhost</p>" in page
    assert "A name for the new bread line</h1>" in page


def test_the_screen_has_no_controls(app, screen):
    of = factories.room(phases=factories.STEPS)
    factories.idea(of, factories.participant(of))

    body = screen(of).split("<main")[1]

    assert re.findall(r"<(?:button|input|a|select|textarea|form)\b", body) == []


def test_the_screen_listens_only_to_the_lane_of_the_room(app, screen):
    page = screen(factories.room())

    assert 'data-lanes="room"' in page
    assert "facilitators" not in re.findall(r'data-lanes="([^"]*)"', page)[0]


def test_a_notice_is_a_banner_and_a_rehearsal_is_labelled(app, screen):
    of = factories.room(is_rehearsal=True)
    steering.announce(of.owner, of.round_id, "Two minutes left")

    page = screen(of)

    assert ">Two minutes left</p>" in page
    assert "Rehearsal" in page
    assert "Rehearsal" not in screen(factories.room())


def test_a_phase_of_days_shows_a_date_and_a_phase_of_minutes_a_clock(app, screen):
    assert re.search(r'class="screen__until">until\s+<time', screen(factories.room(blueprint="idea_contest")))
    assert "screen__until" not in screen(factories.room(phases=ALONE))


def test_ideas_beyond_the_wall_are_counted(app, screen):
    of = factories.room(phases=factories.STEPS)
    person = factories.participant(of)
    for n in range(50):
        factories.idea(of, person, f"Idea {n} of many")

    page = screen(of)

    assert page.count('class="card wall__card"') == 34
    assert "and 16 more" in page


def test_a_group_is_one_card_of_the_wall(app, screen):
    room = factories.room(phases=ALONE)
    author = factories.participant(room)
    found = [factories.idea(room, author, title) for title in ("Oats", "Rye", "Tea")]
    factories.step(room, "debate")
    grouping.group_ideas(room.owner, room.round_id, found[:2], "Bread")

    page = screen(room)

    assert "Bread" in page
    assert "Tea" in page
    assert page.count('class="card wall__card"') == 2
    assert "2 similar ideas" in page
    assert "Rye" not in page


def test_the_latest_argument_is_shown_above_the_wall(app, screen):
    of = factories.room(phases=ALONE)
    person = factories.participant(of)
    idea = factories.idea(of, person, "Boxes that come back")
    factories.step(of, "debate")
    factories.argument(idea, person, "They fit into the dishwasher", Stance.FOR)
    factories.argument(idea, person, "Nobody brings them back", Stance.AGAINST)

    page = screen(of)

    assert "Nobody brings them back" in page
    assert "They fit into the dishwasher" not in page
    assert 'class="screen-argument screen-argument--against"' in page


def test_the_spotlight_fills_the_screen_with_an_idea_and_its_arguments(app, screen):
    of = factories.room(phases=ALONE)
    person = factories.participant(of)
    idea, other = factories.idea(of, person, "Boxes that come back"), factories.idea(of, person, "Bring a bag")
    factories.step(of, "debate")
    factories.argument(idea, person, "They fit into the dishwasher", Stance.FOR)
    factories.argument(idea, person, "Nobody brings them back", Stance.AGAINST)
    factories.argument(other, person, "Bags are cheap", Stance.FOR)
    steering.spotlight_idea(of.owner, of.round_id, idea)

    page = screen(of)

    assert state_of(page) == "spotlight"
    for words in ("Boxes that come back", "They fit into the dishwasher", "Nobody brings them back"):
        assert words in page
    assert "Bags are cheap" not in page
    assert "Bring a bag" not in page


def test_a_hidden_idea_leaves_the_spotlight(app, screen):
    of = factories.room(phases=factories.STEPS)
    idea = factories.idea(of, factories.participant(of), "Rude words")
    steering.spotlight_idea(of.owner, of.round_id, idea)
    assert state_of(screen(of)) == "spotlight"

    moderation.hide_idea(of.owner, idea, "")

    assert "Rude words" not in screen(of)


def test_the_seal_of_the_record_is_shown_at_the_opening_and_the_close(app, screen):
    of = factories.room(phases=factories.STEPS)
    opened = of.round.challenge.head.hex()
    assert " ".join(opened[at : at + 4] for at in range(0, 16, 4)) in screen(of)

    factories.step(of, "debate")
    assert "Seal of the journal" not in screen(of)
    factories.close(of)

    result = db.session.query(JournalEntry).filter_by(chain_id=of.chain_id, kind="result").one().h.hex()
    steering.show_places(of.owner, of.round_id, 0)
    assert f"{result[:4]} {result[4:8]} {result[8:12]} {result[12:16]}" in screen(of)


# The result, from the last place upwards


def test_the_screen_contains_only_the_shown_places_of_a_result(app, screen, post_places):
    of = closed()
    assert [t for t in ("First", "Second", "Third", "Fourth") if f"{t} of all" in screen(of)] == []

    assert post_places(of, 1).status_code == 302
    assert [t for t in ("First", "Second", "Third", "Fourth") if f"{t} of all" in screen(of)] == ["Fourth"]
    post_places(of, 3)
    page = screen(of)
    assert "First of all" not in page
    assert "Place 2, shared by 2 ideas" in page
    post_places(of, 4)

    assert "First of all" in screen(of)
    assert "current-place--first" in screen(of)


def test_the_keys_step_from_place_to_place_in_both_directions(app, screen, post_places):
    of = closed()

    def stops(shown):
        post_places(of, shown)
        page = screen(of)
        found = (re.search(rf'data-{name}="(\d+)"', page) for name in ("next", "back"))
        return tuple(int(m.group(1)) if m else None for m in found)

    assert stops(0) == (1, None)
    assert stops(1) == (3, 0)
    assert stops(3) == (4, 1)
    assert stops(4) == (None, 3)


def test_a_partly_shown_tie_reveals_only_the_shown_ideas(app, screen, post_places):
    of = closed()

    post_places(of, 2)

    page = screen(of)
    assert "Place 2, shared by 2 ideas" in page
    assert sum(f"{title} of all" in page for title in ("Second", "Third")) == 1


def test_all_places_below_the_first_ten_are_shown_at_once(app, screen, post_places):
    titles = [f"Idea {n}" for n in range(24)]
    of = closed(titles, [n % 11 for n in range(24)])
    post_places(of, 0)

    first = int(re.search(r'data-next="(\d+)"', screen(of)).group(1))

    assert first >= 24 - 10 - 2
    post_places(of, first)
    assert "more</li>" in screen(of)


def test_a_result_without_votes_says_so_and_shows_no_places(app, screen, browser_of):
    empty, silent, against = factories.room(), factories.room(), closed(yes=(0, 0, 0, 0))
    factories.idea(silent, factories.participant(silent), "Nobody cared")
    for of in (empty, silent):
        rounds.close_round(of.owner, of.round_id)

    assert "No ideas, no ranking" in screen(empty)
    assert "Nobody voted," in screen(silent)
    assert "Nobody said yes," in screen(against)
    for of in (empty, silent, against):
        assert "data-next" not in screen(of)
        assert "has no places to show" in text(browser_of(of.owner).get(f"{of.path}/console"))


FIRST = {
    "approval": "30 of 30 say yes.",
    "pairs": "39 of 48 comparisons won.",
    "points": "114 points from 27 of 30 people.",
    "grades": "22 of 30 people gave the grade “Very good” or a better one.",
    "stars": "22 stars, 3 lemons.",
    "ranked": "27 of 30 people have it on their list, 17 of them in first place.",
}


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "points", "ranked"))
def test_places_are_shown_in_the_words_and_on_the_scale_of_every_rule(app, screen, post_places, rule):
    of = crowds.closed(rule, voters=30)

    pages = []
    while shown := re.search(r'data-next="(\d+)"', screen(of)):
        post_places(of, shown.group(1))
        pages.append(screen(of))

    assert FIRST[rule] in pages[-1]
    assert any(re.search(r"Almost certainly place \d|Every place is possible", page) for page in pages)
    assert "current-place--first" in pages[-1]
    assert [("say yes" in page) for page in pages] == [rule == "approval"] * len(pages)
    ends = [float(at) for at in re.findall(r'interval__bar" x1="([-\d.]+)%"', pages[-1])]
    assert len(ends) == 4
    assert all(0 <= end <= 100 for end in ends)


def test_a_winner_by_points_needs_no_mark_of_one_point(app, screen):
    """Only by approval a value of 1 means yes."""
    of = factories.room(phases=factories.STEPS, questions=(QuestionPlan("points"),))
    idea = factories.idea(of, factories.participant(of), "Five points")
    factories.step(of, "vote")
    factories.mark(of, factories.participant(of), {idea: 5})
    factories.close(of)

    assert 'data-next="1"' in screen(of)


def test_a_result_without_support_says_so_in_the_words_of_the_rule(app, screen):
    of = factories.room(phases=factories.STEPS, questions=(QuestionPlan("stars"),))
    idea = factories.idea(of, factories.participant(of), "Lemons only")
    factories.step(of, "vote")
    factories.mark(of, factories.participant(of), {idea: -1})
    factories.close(of)

    assert "Nobody voted for an idea, so there is no first place." in screen(of)


def test_two_questions_are_revealed_one_after_the_other(app, screen, post_places, browser_of):
    """Five ideas: positions 0 to 5 belong to the first question, 6 to 11 to the second."""
    of = crowds.closed("approval", QuestionPlan("grades", "How doable is it?"))
    seen, shown, console = {}, 0, browser_of(of.owner)
    while shown is not None:
        if shown:
            post_places(of, shown)
        page = seen[shown] = screen(of)
        offered = re.findall(r'name="places" value="(\d+)"', text(console.get(f"/challenges/{of.id}/console")))
        turn = re.search(r'data-next="(\d+)"', page)
        shown = int(turn.group(1)) if turn else None
        assert offered[:1] == [str(shown if turn else 0)]

    assert {0, 5, 6, 11} <= set(seen)
    for n, page in seen.items():
        assert ("A good idea?" in page, "How doable is it?" in page) == (n <= 5, n > 5)
        assert (f"Vote {1 + (n > 5)} of 2" in page) == (n in (0, 6))
        assert any(title in page for title in crowds.TITLES) == (n not in (0, 6))
        assert ("current-place--first" in page) == (n in (5, 11))
        assert ("→ to continue" in page) == (n == 5)
    assert "say yes" in seen[5]
    assert "or a better one." in seen[11]
    assert 'data-back="5"' in seen[6]
    assert post_places(of, 12).status_code == 404


def test_a_question_without_a_yes_does_not_block_the_other(app, screen, post_places):
    of = factories.room(phases=factories.STEPS, questions=(QuestionPlan("approval"), QuestionPlan("stars", "Wow?")))
    idea = factories.idea(of, factories.participant(of), "Wow but no")
    factories.step(of, "vote")
    voter = factories.participant(of)
    for question, value in zip(of.round.questions, (-1, 1), strict=True):
        crowds.cast(of, voter, question.id, {factories.entry_id(idea): value})
    factories.close(of)
    assert "Nobody said yes," in screen(of)
    assert 'data-next="2"' in screen(of)

    post_places(of, 2)
    assert "Vote 2 of 2" in screen(of)
    post_places(of, 3)

    assert "Wow but no" in screen(of)
    assert "data-next" not in screen(of)


def test_the_console_shows_the_places_too(app, browser_of, post_places):
    of = closed()
    owner = browser_of(of.owner)

    def offered():
        page = text(owner.get(f"/challenges/{of.id}/console"))
        part = page[page.index('class="console__places') :].split("</live-form>")[0]
        return re.findall(r'name="places" value="(\d+)"', part)

    assert offered() == ["1", "4"]
    post_places(of, 3)
    assert offered() == ["4", "4", "0"]
    post_places(of, 4)
    assert offered() == ["0"]


def test_places_of_an_open_round_and_beyond_the_last_are_refused(app, post_places):
    of = closed()
    still_open = factories.room()

    assert post_places(still_open, 0).status_code == 409
    assert post_places(of, 5).status_code == 404
    for nonsense in ("", "-1", "two", "1.0", "9" * 30, "²"):
        assert post_places(of, nonsense).status_code == 400
    db.session.expire_all()
    assert of.round.places_shown == 0
    assert post_places(of, 4).status_code == 302


def test_a_script_gets_an_empty_answer(app, browser_of):
    of = closed()

    response = browser_of(of.owner).post(
        f"/rounds/{of.round_id}/places", data={"places": "1"}, headers={"X-CSRFToken": "any"}
    )

    assert response.status_code == 204


def test_links_to_the_screen_open_a_new_tab(app, browser_of):
    of = factories.room()
    owner = browser_of(of.owner)

    for page in ("console", "share"):
        link = re.search(rf'<a[^>]*href="{of.path}/screen"[^>]*>', text(owner.get(f"/challenges/{of.id}/{page}")))
        assert 'target="_blank"' in link.group(0)
