"""The ballots of all rules in a real browser: by touch, by keyboard alone, and without scripts."""

import json
import re

import pytest
from playwright.sync_api import expect

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.marks import Cast
from ideas.queries.ballots import own_ballot
from ideas.services import moderation
from ideas.services.ballots import cast_ballot
from tests import factories
from tests.doubles import partly_here
from tests.journeys import axe
from tests.journeys.conftest import LAPTOP, PHONE
from tests.journeys.test_looks import MEASURES, NARROW, NOTHING_AMISS, THUMB
from tests.servers import cookie_of

PLANS = {
    "approval": QuestionPlan("approval"),
    "pairs": QuestionPlan("pairs"),
    "points": QuestionPlan("points", options={"budget": 8, "quadratic": True}),
    "grades": QuestionPlan("grades"),
    "stars": QuestionPlan("stars", options={"stars": 1, "lemons": 1}),
    "ranked": QuestionPlan("ranked", options={"most": 3}),
}
TITLES = ("Deposit cups", "Cloth bags", "Crates", "Refill station", "Smaller labels")


# A finger that rests before it lifts: Chromium takes the next tap after a fling for the end of that fling.
REST_MS = 150


# Few rules stand for the others here, other ones in each test; `make acceptance` tries them all.


class Table:
    """A room, its ideas, and a voter whose browser can be opened."""

    def __init__(self, served, visit, *plans: QuestionPlan, ideas: int = 5) -> None:
        self.visit = visit
        self.room = factories.room(questions=plans)
        self.author, self.voter = factories.participant(self.room), factories.participant(self.room)
        titles = [*TITLES, *(f"Idea {n}" for n in range(ideas))][:ideas]
        self.ideas = {title: factories.idea(self.room, self.author, title) for title in titles}
        self.entries = {title: factories.entry_id(idea) for title, idea in self.ideas.items()}
        self.questions = [question.id for question in self.room.round.questions]
        self.path = f"/challenges/{self.room.id}/ballot"
        self.cookie = cookie_of(served.app, self.voter.actor.person_id)

    def open(self, path: str | None = None, **options: object):
        page = self.visit(path or self.path, cookie=self.cookie, **options)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("[data-scripted], mark-choice:defined, .ballot--over")
        return page

    def own(self, question: int = 0) -> dict[str, int]:
        """The voter's marks as `{title: value}`."""
        db.session.rollback()
        of = {entry: title for title, entry in self.entries.items()}
        marks = own_ballot(db.session(), self.questions[question], self.voter.id)
        return {of[subject]: value for subject, value in marks.items()}

    def pairs(self) -> list[int]:
        db.session.rollback()
        return sorted(own_ballot(db.session(), self.questions[0], self.voter.id).values())

    def cast(self, marks: dict[str, int]) -> None:
        values = {self.entries[title]: value for title, value in marks.items()}
        cast_ballot(Cast(self.voter.id, self.room.round_id, factories.op(), factories.op(), 1, values))


@pytest.fixture
def table(served, domain, visit):
    return lambda *names, **more: Table(served, visit, *(PLANS[n] if isinstance(n, str) else n for n in names), **more)


def stored(page) -> None:
    """Wait until the server has acknowledged every mark."""
    expect(page.locator("[data-said]").first).to_have_text("Saved.")
    sent(page)


def sent(page) -> None:
    """Wait until no mark is on its way to the server."""
    page.wait_for_function("() => Object.keys(localStorage).every((key) => !key.startsWith('ballot:'))")


def top(page) -> str:
    return page.locator("[data-card]:not([hidden]):not(.is-leaving) h1").first.inner_text()


def row(page, title: str):
    return page.locator("[data-row]", has_text=title)


def order(page) -> list[str]:
    return page.locator("[data-ranked] .ballot-list__name").all_inner_texts()


def swipe(page, selector: str, dx: int, dy: int = 0) -> None:
    """Drag an element with a finger; the browser gets real touch input, as from a screen."""
    box = page.locator(selector).first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 200)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict[str, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    touch("touchStart", {"x": x, "y": y})
    for step in range(1, 9):
        touch("touchMove", {"x": x + dx * step / 8, "y": y + dy * step / 8})
    page.wait_for_timeout(REST_MS)
    touch("touchMove", {"x": x + dx, "y": y + dy})
    touch("touchEnd")


class TestByTouch:
    def test_approval_works_by_button_and_by_swipe(self, table):
        at = table("approval")
        page = at.open(**PHONE)
        first = top(page)
        page.get_by_role("button", name="Yes").tap()
        expect(page.locator("[data-at]")).to_have_text("2")
        second = top(page)
        swipe(page, "[data-card]:not([hidden]):not(.is-leaving)", -240)
        expect(page.locator("[data-at]")).to_have_text("3")
        third = top(page)
        swipe(page, "[data-card]:not([hidden]):not(.is-leaving)", 240)
        expect(page.locator("[data-at]")).to_have_text("4")
        fourth = top(page)
        swipe(page, "[data-card]:not([hidden]):not(.is-leaving)", 40)  # not far enough
        page.get_by_role("button", name="Skip").tap()
        expect(page.locator("[data-at]")).to_have_text("5")
        stored(page)

        assert at.own() == {first: 1, second: -1, third: 1, fourth: 0}

    def test_pairs_work_by_touch(self, table):
        at = table("pairs")
        page = at.open(**PHONE)
        shown = page.locator(".pairs__duel:not([hidden]):not(.is-leaving)")
        left = shown.locator(".pairs__card").first
        value = int(left.get_attribute("value"))
        left.tap()
        expect(page.locator("[data-compared]")).to_contain_text("1 compared")
        page.get_by_role("button", name="Don’t know").tap()
        expect(page.locator("[data-compared]")).to_contain_text("2 compared")
        stored(page)

        assert at.pairs() == sorted([value, 0])

    def test_points_cost_their_square_and_stay_within_the_budget(self, table):
        at = table("points")
        page = at.open(**PHONE)
        more = row(page, "Crates").get_by_role("button", name="One point more")
        more.tap()
        more.tap()
        expect(page.locator("[data-points-left]")).to_have_text("4")
        expect(row(page, "Crates")).to_contain_text("2 points here cost 4.")
        expect(more).to_have_attribute("aria-disabled", "true")
        more.tap(force=True)
        row(page, "Deposit").get_by_role("button", name="One point more").tap()
        expect(page.locator("[data-points-left]")).to_have_text("3")
        stored(page)

        assert at.own() == {"Crates": 2, "Deposit cups": 1}
        row(page, "Refill").get_by_label("Points").fill("7")
        row(page, "Refill").get_by_label("Points").blur()
        expect(row(page, "Refill").get_by_label("Points")).to_have_value("1")
        expect(page.locator("[data-points-left]")).to_have_text("2")

    @pytest.mark.acceptance
    def test_grades_work_by_touch(self, table):
        at = table("grades")
        page = at.open(**PHONE)
        first = top(page)
        page.get_by_role("button", name="Very good").tap()
        expect(page.locator("[data-at]")).to_have_text("2")
        second = top(page)
        page.get_by_role("button", name="Don’t know").tap()
        stored(page)

        assert at.own() == {first: 4, second: -1}

    def test_a_second_tap_takes_a_star_back(self, table):
        at = table("stars")
        page = at.open(**PHONE)
        row(page, "Crates").get_by_text("Star", exact=True).tap()
        row(page, "Refill").get_by_text("Lemon", exact=True).tap()
        row(page, "Deposit").get_by_text("Star", exact=True).tap()  # the only star is used up
        expect(page.locator("[data-said]")).to_contain_text("Take one back")
        expect(page.locator('[data-signs-left="1"]')).to_have_text("0")
        sent(page)
        assert at.own() == {"Crates": 1, "Refill station": -1}

        row(page, "Crates").get_by_text("Star", exact=True).tap()
        expect(page.locator('[data-signs-left="1"]')).to_have_text("1")
        row(page, "Deposit").get_by_text("Star", exact=True).tap()
        stored(page)

        assert at.own() == {"Crates": 0, "Refill station": -1, "Deposit cups": 1}

    def test_a_ranked_list_is_ordered_by_buttons_and_by_dragging(self, table):
        at = table("ranked")
        page = at.open(**PHONE)
        for title in ("Crates", "Refill", "Deposit"):
            row(page, title).get_by_role("button", name="Add to the list").tap()
        row(page, "Smaller").get_by_role("button", name="Add to the list").tap()
        expect(page.locator("[data-said]")).to_contain_text("The list is full")
        row(page, "Deposit").get_by_role("button", name="One place up").tap()
        assert order(page) == ["Crates", "Deposit cups", "Refill station"]

        page.evaluate("scrollTo(0, 0)")
        target = row(page, "Crates").bounding_box()["y"] - row(page, "Deposit").bounding_box()["y"]
        swipe(page, f'[data-row="{at.entries["Deposit cups"]}"] [data-grip]', 0, int(target) - 10)
        expect(page.locator("[data-ranked] .ballot-list__name").first).to_have_text("Deposit cups")
        row(page, "Refill").get_by_role("button", name="Remove from the list").tap()
        expect(page.locator("[data-placed]")).to_have_text("2")
        stored(page)

        assert {title: place for title, place in at.own().items() if place} == {"Deposit cups": 1, "Crates": 2}

    @pytest.mark.parametrize("rule", partly_here(["approval", "pairs", "grades"], "approval"))
    def test_the_next_card_is_shown_from_its_beginning(self, table, rule):
        at = table(rule)
        page = at.open(**{**NARROW, "viewport": {"width": 320, "height": 330}})
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        shown = page.locator("[data-card]:not([hidden]):not(.is-leaving)")
        assert shown.bounding_box()["y"] < 0

        page.locator("button[name=value]:visible").last.tap()

        expect(shown).to_be_visible()
        assert shown.bounding_box()["y"] >= 0


def tab_to(page, locator) -> None:
    """Move the focus to an element with the Tab key alone."""
    for _ in range(60):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the tabulator does not lead there")


# The keys of a deck, each with the mark that it gives.
KEYS = {
    "approval": {"ArrowRight": 1, "ArrowLeft": -1, "ArrowDown": 0},
    "grades": {"1": 0, "6": 5, "ArrowDown": -1},
}


class TestByKeyboard:
    @pytest.mark.parametrize("rule", partly_here(KEYS, "grades"))
    def test_a_deck_works_by_keyboard(self, table, rule):
        keys = KEYS[rule]
        at = table(rule)
        page = at.open(**LAPTOP)
        seen = {}
        for n, (key, value) in enumerate(keys.items(), start=1):
            expect(page.locator("[data-at]")).to_have_text(str(n))
            seen[top(page)] = value
            page.keyboard.press(key)
        stored(page)

        assert at.own() == seen

    def test_pairs_work_by_keyboard(self, table):
        at = table("pairs")
        page = at.open(**LAPTOP)
        shown = page.locator(".pairs__duel:not([hidden]):not(.is-leaving)")
        chosen = []
        for n, (key, card) in enumerate((("ArrowLeft", 0), ("ArrowRight", 1)), start=1):
            chosen.append(int(shown.locator(".pairs__card").nth(card).get_attribute("value")))
            page.keyboard.press(key)
            expect(page.locator("[data-compared]")).to_contain_text(f"{n} compared")
        page.keyboard.press("ArrowDown")
        stored(page)

        assert at.pairs() == sorted([*chosen, 0])

    def test_points_work_by_keyboard(self, table):
        at = table("points")
        page = at.open(**LAPTOP)
        tab_to(page, row(page, "Crates").get_by_role("button", name="One point more"))
        page.keyboard.press("Enter")
        page.keyboard.press("Space")
        stored(page)

        assert at.own() == {"Crates": 2}

    @pytest.mark.acceptance
    def test_stars_work_by_keyboard(self, table):
        at = table("stars")
        page = at.open(**LAPTOP)
        tab_to(page, row(page, "Crates").get_by_label("Neither"))
        page.keyboard.press("ArrowRight")
        stored(page)

        assert at.own() == {"Crates": 1}

    def test_a_ranked_list_works_by_keyboard(self, table):
        at = table("ranked")
        page = at.open(**LAPTOP)
        for title in ("Crates", "Refill"):
            tab_to(page, row(page, title).get_by_role("button", name="Add to the list"))
            page.keyboard.press("Enter")
        tab_to(page, row(page, "Refill").locator("[data-grip]"))
        page.keyboard.press("Space")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Space")
        assert order(page) == ["Refill station", "Crates"]
        expect(row(page, "Refill").locator("[data-grip]")).to_be_focused()
        page.keyboard.press("Alt+ArrowDown")
        stored(page)

        assert at.own() == {"Crates": 1, "Refill station": 2}


class TestWithoutScripts:
    @pytest.mark.acceptance
    @pytest.mark.parametrize(("rule", "button", "value"), [("approval", "Yes", 1), ("grades", "Good", 3)])
    def test_a_deck_works_without_a_script(self, table, rule, button, value):
        at = table(rule, ideas=1)
        page = at.open(java_script_enabled=False, **PHONE)

        page.get_by_role("button", name=button, exact=True).click()

        expect(page.locator("body")).to_contain_text("Your vote is saved.")
        assert at.own() == {"Deposit cups": value}
        self.end(page)

    @pytest.mark.acceptance
    def test_pairs_work_without_a_script(self, table):
        at = table("pairs", ideas=2)
        page = at.open(java_script_enabled=False, **PHONE)
        card = page.locator(".pairs__card").last
        value = int(card.get_attribute("value"))

        card.click()

        expect(page.locator("body")).to_contain_text("Your vote is saved.")
        assert at.pairs() == [value]
        self.end(page)

    @pytest.mark.acceptance
    @pytest.mark.parametrize("rule", partly_here(["points", "stars", "ranked"], "ranked"))
    def test_a_ballot_list_works_without_a_script(self, table, rule):
        at = table(rule)
        page = at.open(java_script_enabled=False, **PHONE)
        if rule == "points":
            row(page, "Crates").get_by_label("Points").fill("2")
        elif rule == "stars":
            row(page, "Crates").get_by_text("Star", exact=True).click()
        else:
            row(page, "Crates").get_by_label("Place of Crates").select_option("1")

        page.get_by_role("button", name="Save").click()

        expect(page.locator("body")).to_contain_text("Your vote is saved.")
        assert at.own() == {"Crates": 2 if rule == "points" else 1}
        self.end(page)

    def end(self, page) -> None:
        page.get_by_role("button", name="I’m done").click()
        expect(page.get_by_role("heading", name="Vote received")).to_be_visible()
        expect(page.locator(".receipt__code")).to_have_text(re.compile(r"\d+-[0-9a-f]{16}-[0-9a-f]{8}"))
        page.get_by_role("button", name="Change my votes").click()
        expect(page.get_by_role("button", name="I’m done")).to_be_visible()


class TestFinishing:
    @pytest.mark.parametrize("rule", partly_here(PLANS, "approval", "points"))
    def test_pending_marks_are_stored_before_the_ballot_is_finished(self, table, rule):
        at = table(rule)
        page = at.open(**PHONE)
        marks = {
            "approval": lambda: page.get_by_role("button", name="Yes").tap(),
            "pairs": lambda: page.locator(".pairs__card:visible").first.tap(),
            "grades": lambda: page.get_by_role("button", name="Excellent").tap(),
            "points": lambda: row(page, "Crates").get_by_role("button", name="One point more").tap(),
            "stars": lambda: row(page, "Crates").get_by_text("Star", exact=True).tap(),
            "ranked": lambda: row(page, "Crates").get_by_role("button", name="Add to the list").tap(),
        }
        expect(page.get_by_role("button", name="I’m done")).to_be_hidden()
        marks[rule]()

        page.get_by_role("button", name="I’m done").tap()

        expect(page.get_by_role("heading", name="Vote received")).to_be_visible()
        expect(page.locator(".marks li")).to_have_count(1)

    def test_a_deck_loads_new_cards_in_time_and_reaches_its_end(self, table):
        at = table("approval", ideas=9)
        page = at.open(**LAPTOP)
        for n in range(1, 10):
            expect(page.locator("[data-at]")).to_have_text(str(n))
            page.keyboard.press("ArrowRight")

        expect(page.get_by_role("heading", name="You have voted on all 9 ideas.")).to_be_visible()
        assert set(at.own().values()) == {1}
        assert len(at.own()) == 9

    def test_a_voter_goes_back_and_changes_the_last_mark(self, table):
        at = table("grades")
        page = at.open(**PHONE)
        first = top(page)
        page.get_by_role("button", name="Reject").tap()
        expect(page.locator("[data-at]")).to_have_text("2")
        page.get_by_role("link", name="Back").tap()
        expect(page.get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "true")
        assert top(page) == first
        page.get_by_role("button", name="Good", exact=True).tap()
        stored(page)

        assert at.own() == {first: 3}

    def test_two_questions_are_answered_one_after_the_other(self, table):
        at = table(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?"), ideas=1)
        page = at.open(**PHONE)
        page.get_by_role("button", name="Yes").tap()
        expect(page.get_by_role("heading", name="You have voted on the only idea.")).to_be_visible()
        page.get_by_role("button", name="I’m done").tap()
        page.wait_for_url("**/ballot/marks?*")  # the page before it has the same link
        page.get_by_role("link", name="Doable?").last.tap()
        page.get_by_role("button", name="Poor").tap()
        expect(page.get_by_role("heading", name="You have voted on the only idea.")).to_be_visible()

        assert (at.own(0), at.own(1)) == ({"Deposit cups": 1}, {"Deposit cups": 1})


class TestUnsentMarks:
    @pytest.mark.parametrize("rule", partly_here(["approval", "points"], "approval"))
    def test_an_unsent_mark_is_reported_survives_a_reload_and_is_sent(self, table, rule):
        at = table(rule)
        page = at.open(**PHONE)
        expect(page.locator("#connection")).to_have_text("Live")
        page.on("dialog", lambda dialog: dialog.accept())
        block(page)
        title = top(page) if rule == "approval" else "Crates"
        if rule == "approval":
            page.get_by_role("button", name="Yes").tap()
        else:
            row(page, "Crates").get_by_role("button", name="One point more").tap()
        expect(page.locator("[data-said]")).to_contain_text("Not saved yet")
        assert at.own() == {}

        page.reload()
        page.wait_for_selector("[data-scripted]")
        if rule == "approval":
            assert top(page) != title
        else:
            expect(row(page, "Crates").get_by_label("Points")).to_have_value("1")
        assert at.own() == {}
        page.unroute_all()

        stored(page)
        assert at.own() == {title: 1}

    def test_a_ballot_changed_elsewhere_shows_the_stored_marks(self, table):
        at = table("stars")
        page = at.open(**PHONE)
        at.cast({"Refill station": 1})

        row(page, "Crates").get_by_text("Star", exact=True).tap()

        expect(page.locator("[data-said]")).to_contain_text("You gave more than you have")
        expect(row(page, "Refill").get_by_label("Star")).to_be_checked()
        expect(row(page, "Crates").get_by_label("Star")).not_to_be_checked()
        assert at.own() == {"Refill station": 1}

    @pytest.mark.parametrize("rule", partly_here(PLANS, "pairs"))
    def test_an_idea_that_is_hidden_meanwhile_leaves_the_ballot(self, table, rule):
        at = table(rule, ideas=3)
        page = at.open(**PHONE)
        expect(page.locator("#connection")).to_have_text("Live")
        shown = page.locator("ballot-" + rule)
        expect(shown.get_by_text("Crates").first).to_be_attached()

        moderation.hide_idea(at.room.owner, at.ideas["Crates"], "")

        expect(shown.get_by_text("Crates")).to_have_count(0)

    def test_the_idea_page_takes_marks_for_two_questions(self, table):
        at = table(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?"))
        page = at.open(f"/ideas/{at.ideas['Crates']}", **PHONE)
        page.get_by_role("button", name="Yes").tap()
        page.get_by_role("button", name="Poor").tap()
        expect(page.locator("[data-said]").nth(0)).to_have_text("Saved.")
        expect(page.locator("[data-said]").nth(1)).to_have_text("Saved.")

        assert (at.own(0), at.own(1)) == ({"Crates": 1}, {"Crates": 1})
        page.set_viewport_size(NARROW["viewport"])
        page.get_by_role("button", name="Menu").tap()
        page.get_by_role("button", name="Deutsch").tap()
        expect(page.get_by_role("button", name="Überspringen")).to_be_visible()
        assert page.evaluate(MEASURES)["sticksOut"] == []


# On the smallest phone the choices cover no part of the judged idea, and no word on them is broken.
TITLE_IS_SEEN = """() => {
  const title = document.querySelector("[data-card]:not([hidden]) h1").getBoundingClientRect();
  return title.bottom <= document.querySelector(".ballot__foot").getBoundingClientRect().top;
}"""
TORN = """() => [...document.querySelectorAll(".grades__one")].filter((button) => {
  const words = document.createRange();
  words.selectNodeContents(button.firstChild);
  return words.getClientRects().length > button.firstChild.textContent.trim().split(" ").length;
}).map((button) => button.innerText)"""


def block(page) -> None:
    """Block every mark but no page: the socket can't open and each post fails."""
    page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    page.route("**/ballot", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.evaluate("() => document.querySelector('live-room').socket.disconnect()")


@pytest.mark.parametrize("rule", partly_here(PLANS, "ranked"))
class TestLayout:
    def test_a_ballot_fits_the_smallest_phone_and_is_accessible(self, table, rule):
        at = table(rule)
        page = at.open(**NARROW)
        assert page.evaluate(MEASURES) == NOTHING_AMISS
        if rule in ("approval", "grades"):
            assert page.evaluate(TITLE_IS_SEEN)
            assert page.evaluate(TORN) == []
        choices = page.locator("button[name=value], [data-step], .stars__one span, [data-rank]")
        colours = choices.evaluate_all("all => all.map((e) => getComputedStyle(e).backgroundColor)")
        assert colours
        assert "rgb(255, 198, 43)" not in colours

        page.set_viewport_size(PHONE["viewport"])
        assert axe.violations_in_both_schemes(page) == axe.NONE
        heights = page.locator(f"ballot-{rule} :is(button, select, .stars__one, .points__value)").evaluate_all(
            "all => all.filter(e => e.checkVisibility()).map(e => [e.innerText, e.getBoundingClientRect().height])"
        )
        assert heights
        assert [(text, height) for text, height in heights if height < THUMB] == []
        page.emulate_media(color_scheme="light")
        page.goto(at.path + "/marks")
        assert axe.violations(page) == []


def test_yes_and_no_have_the_same_size_colour_and_position(table):
    at = table("approval")
    for device in (PHONE, LAPTOP):
        page = at.open(**device)
        found = page.locator(".ballot__choice").evaluate_all(
            """all => all.map((e) => {
              const { width, height, top } = e.getBoundingClientRect();
              const { color, backgroundColor, borderColor, fontSize } = getComputedStyle(e);
              const place = [Math.round(width), height, top];
              return JSON.stringify({ place, color, backgroundColor, borderColor, fontSize });
            })"""
        )
        assert len(found) == 2
        assert len(set(found)) == 1, [json.loads(one) for one in found]


def test_the_page_of_finished_votes_leads_to_the_result_at_the_close(table):
    at = table("approval", ideas=1)
    page = at.open(**PHONE)
    page.get_by_role("button", name="Yes").tap()
    expect(page.get_by_text("You can change your votes until the round closes.")).to_be_visible()

    factories.close(at.room)

    expect(page.get_by_text("The round is closed. These are your final votes.")).to_be_visible()
    expect(page.get_by_role("button", name="I’m done")).to_have_count(0)
    page.get_by_role("link", name="See the result").tap()
    page.wait_for_url("**/result?round=1")


def test_an_empty_ballot_shows_the_first_idea_without_a_reload(table):
    at = table("approval", ideas=0)
    page = at.open(**PHONE)
    expect(page.get_by_text("Nothing to vote on yet")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Live")

    factories.idea(at.room, at.author, "Deposit cups")

    expect(page.get_by_role("heading", name="Deposit cups")).to_be_visible()
