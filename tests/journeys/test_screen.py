"""The big screen in a real browser: the reveal, the result by key, sizes of projectors, and data that it never
receives.
"""

import pytest
from playwright.sync_api import expect

from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.models import Activity, Stance
from ideas.services import rounds, steering
from tests import crowds, factories
from tests.doubles import partly_here
from tests.journeys import axe
from tests.journeys.conftest import DRAWN, LAPTOP, wait_until
from tests.servers import storage_of

ALONE = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=300),
    PhasePlan("build", (Activity.WRITE,), seconds=300),
    PhasePlan("debate", (Activity.DEBATE,)),
    PhasePlan("vote", (Activity.VOTE,)),
)
PROJECTORS = ((1280, 720), (1920, 1080), (3840, 2160), (1024, 768), (2560, 1080))
LONG_WORD = "Lebensmittelverpackungsverzichte"
LONG_TITLE = (f"Was bringt uns {LONG_WORD} " + "und wie sagen wir es allen, die noch nie davon gehört haben, " * 3)[
    :200
]

# Elements that leave the screen, that are cut off without an ellipsis, or that are smaller than 1.2 % of the frame.
LAYOUT_FAULTS = """() => {
  const [width, height] = [innerWidth, innerHeight];
  const frame = Math.min(Math.max(width, height), (Math.min(width, height) * 16) / 9); // its longer side
  const least = 0.012 * frame - 0.1;
  const wrong = [];
  const isShortened = (e) => {
    const { webkitLineClamp, textOverflow } = getComputedStyle(e);
    return webkitLineClamp !== "none" || textOverflow === "ellipsis";
  };
  const isInShortened = (e) => e.parentElement && (isShortened(e.parentElement) || isInShortened(e.parentElement));
  for (const e of document.querySelectorAll("presenter-screen *")) {
    if (!e.checkVisibility() || e.closest("svg, .visually-hidden, .screen__connection")) continue;
    const name = String(e.className || e.tagName);
    const box = e.getBoundingClientRect();
    const style = getComputedStyle(e);
    const isOut = box.right > width + 1 || box.bottom > height + 1 || box.left < -1 || box.top < -1;
    if (isOut && !isInShortened(e)) wrong.push("out " + name);
    const isCut = style.overflowY === "hidden" && style.webkitLineClamp === "none" && style.textOverflow !== "ellipsis";
    if (isCut && e.scrollHeight > e.clientHeight + 2) wrong.push("cut " + name);
    const hasText = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
    if (hasText && parseFloat(style.fontSize) < least) wrong.push("small " + name);
  }
  const page = document.documentElement;
  if (page.scrollWidth > width || page.scrollHeight > height) wrong.push("the page scrolls");
  return [...new Set(wrong)];
}"""


@pytest.fixture
def storage(served, domain):
    """The storage of a browser that is signed in."""
    return lambda actor: storage_of(served.app, actor.person_id)


@pytest.fixture
def screen(visit, storage):
    """Open the big screen of a room, and wait until it is live."""

    def open_screen(of, size=(1920, 1080), **options):
        viewport = {"width": size[0], "height": size[1]}
        page = visit(f"/challenges/{of.id}/screen", storage_state=storage(of.owner), viewport=viewport, **options)
        page.wait_for_function("() => customElements.get('presenter-screen')")
        expect(page.locator("#connection")).to_have_attribute("data-state", "online")
        return page

    return open_screen


def silent(n=8, **fields):
    """A room in its silent phase, with `n` sealed ideas."""
    of = factories.room(phases=ALONE, **fields)
    people = [factories.participant(of) for _ in range(4)]
    return of, people, [factories.idea(of, people[i % 4], f"Sealed idea {i}") for i in range(n)]


def closed():
    """A closed room with four ideas: the first has the most votes, the second and third share a place."""
    of = factories.room(phases=factories.STEPS)
    author, voters = factories.participant(of), [factories.participant(of) for _ in range(10)]
    found = [factories.idea(of, author, f"{title} of all") for title in ("First", "Second", "Third", "Fourth")]
    factories.step(of, "vote")
    for n, voter in enumerate(voters):
        factories.mark(of, voter, {i: 1 if n < most else -1 for i, most in zip(found, (9, 5, 5, 1), strict=True)})
    factories.close(of)
    return of


def test_a_reveal_shows_every_idea_at_once_and_no_text_arrives_earlier(domain, screen):
    of, people, _ideas = silent()
    page = screen(of)
    heard = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(str(frame))))
    page.reload()
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")
    expect(page.locator('.screen-figure [data-figure="sealed"]')).to_have_text("8")
    factories.idea(of, people[0], "Sealed idea 8")
    expect(page.locator('.screen-figure [data-figure="sealed"]')).to_have_text("9")
    assert "Sealed idea" not in page.content()
    assert heard
    assert "Sealed idea" not in "".join(heard)
    page.evaluate(
        """() => {
          const animate = Element.prototype.animate;
          window.unfolded = [];
          Element.prototype.animate = function (frames, options) {
            if (this.matches(".wall__card")) window.unfolded.push(options.delay);
            return animate.call(this, frames, options);
          };
        }"""
    )

    rounds.step_to_phase(of.owner, of.round_id, 1)

    expect(page.locator(".wall__card")).to_have_count(9)
    assert sorted(page.evaluate("unfolded")) == [n * 45 for n in range(9)]
    sizes = page.locator(".wall__card").evaluate_all(
        "all => [...new Set(all.map((e) => `${e.offsetWidth} ${e.offsetHeight}`))]"
    )
    assert len(sizes) == 1
    wait_until(page, lambda: "Sealed idea" in "".join(heard))  # else that nothing was heard before would show nothing


@pytest.mark.acceptance
def test_reduced_motion_shows_the_reveal_at_once(domain, screen):
    of, _people, _ideas = silent()
    page = screen(of, reduced_motion="reduce")
    page.evaluate("() => { Element.prototype.animate = () => { throw new Error('moved'); }; }")

    rounds.step_to_phase(of.owner, of.round_id, 1)

    expect(page.locator(".wall__card")).to_have_count(8)
    assert page.locator("#stage").evaluate("e => e.getAnimations({subtree: true}).length") == 0


@pytest.mark.acceptance
def test_hundreds_of_ideas_become_as_many_cards_as_fit_at_low_cost(domain, screen):
    """Measure the time of the page's own thread, since the length of a frame also depends on the machine's load."""
    of, _people, _ideas = silent(240)
    page = screen(of)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = worked(cdp)

    rounds.step_to_phase(of.owner, of.round_id, 1)

    expect(page.locator(".wall__more")).to_have_text("and 206 more")
    expect(page.locator(".wall__card")).to_have_count(34)
    page.wait_for_function("() => document.querySelector('#stage').getAnimations({ subtree: true }).length === 0")
    spent = worked(cdp) - before
    assert 0 < spent < 0.5, "the reveal keeps the page busy"


def worked(cdp):
    """The seconds that a page has spent on scripts, styles and layout."""
    metrics = {metric["name"]: metric["value"] for metric in cdp.send("Performance.getMetrics")["metrics"]}
    return sum(metrics[f"{kind}Duration"] for kind in ("Script", "RecalcStyle", "Layout"))


def test_a_new_idea_changes_only_its_own_card(domain, screen):
    of, people, _ideas = silent(3)
    rounds.step_to_phase(of.owner, of.round_id, 1)
    page = screen(of)
    before = page.locator(".wall__card").evaluate_all("all => all.map((e) => e.id)")

    late = factories.idea(of, people[0], "One that came later")

    expect(page.locator(f"#card-{late}")).to_be_visible()
    assert page.locator(".wall__card").evaluate_all("all => all.map((e) => e.id)") == [*before, f"card-{late}"]


def test_keys_show_the_places_of_the_result_forwards_and_backwards(domain, screen):
    of = closed()
    page = screen(of)
    expect(page.locator("body")).to_contain_text("The votes are counted.")
    titles = page.locator(":is(.current-place__title, .shown-place__title)")
    expect(titles).to_have_count(0)

    page.keyboard.press("Space")
    expect(page.locator(".current-place__title")).to_have_text("Fourth of all")
    page.keyboard.press("PageDown")
    expect(page.locator(".current-place__place")).to_have_text("Place 2, shared by 2 ideas")
    expect(titles).to_have_count(3)
    assert "First of all" not in page.content()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".current-place--first .current-place__title")).to_have_text("First of all")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")

    expect(page.locator(".current-place__place")).to_have_text("Place 2, shared by 2 ideas")
    expect(titles).to_have_count(3)


def test_a_key_does_nothing_before_the_close(domain, screen):
    of, _people, _ideas = silent()
    page = screen(of)

    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)

    page.keyboard.press("Space")
    page.keyboard.press("PageDown")
    page.evaluate(DRAWN)

    assert asked == []
    assert of.round.position == 0
    assert page.locator("#stage").get_attribute("data-state") == "silent"


@pytest.mark.acceptance
def test_the_console_in_a_second_window_shows_the_places_too(domain, screen, visit, storage):
    of = closed()
    page = screen(of)
    console = visit(f"/challenges/{of.id}/console", storage_state=storage(of.owner), **LAPTOP)

    console.get_by_role("button", name="Show the next place").click()
    expect(page.locator(".current-place__title")).to_have_text("Fourth of all")
    expect(console.locator(".console__places")).to_contain_text("1 of 4 places")
    console.get_by_role("button", name="Show all").click()
    expect(page.locator(".current-place--first .current-place__title")).to_have_text("First of all")
    console.get_by_role("button", name="Start again").click()

    expect(page.locator("body")).to_contain_text("The votes are counted.")
    assert "First of all" not in page.content()


def test_a_notice_and_a_spotlight_appear_and_disappear_live(domain, screen):
    of, people, ideas = silent()
    rounds.step_to_phase(of.owner, of.round_id, 2)
    factories.argument(ideas[0], people[1], "They fit into the dishwasher", Stance.FOR)
    page = screen(of)
    expect(page.locator(".screen-argument__text")).to_have_text("They fit into the dishwasher")

    steering.announce(of.owner, of.round_id, "Two minutes left")
    expect(page.locator(".screen__notice")).to_have_text("Two minutes left")
    factories.argument(ideas[1], people[0], "Nobody brings them back", Stance.AGAINST)
    expect(page.locator(".screen-argument__text")).to_have_text("Nobody brings them back")
    steering.spotlight_idea(of.owner, of.round_id, ideas[0])
    expect(page.locator(".screen-spotlight__title")).to_have_text("Sealed idea 0")
    steering.end_spotlight(of.owner, of.round_id)
    steering.announce(of.owner, of.round_id, "")

    expect(page.locator(".wall__card")).to_have_count(8)
    expect(page.locator(".screen__notice p")).to_have_count(0)


def test_every_vote_fills_a_dot(domain, screen):
    of, people, ideas = silent(4)
    rounds.step_to_phase(of.owner, of.round_id, 3)
    page = screen(of)
    expect(page.locator(".people-dots circle")).to_have_count(4)
    expect(page.locator(".people-dots .written")).to_have_count(0)

    factories.mark(of, people[0], {ideas[1]: 1})

    expect(page.locator(".people-dots .written")).to_have_count(1)
    expect(page.locator(".screen__turnout")).to_have_text("1 of 4 who joined have voted")


def test_a_lost_connection_shows_a_small_line_and_the_screen_catches_up(domain, screen):
    of, _people, _ideas = silent()
    page = screen(of)
    expect(page.locator(".screen__lost")).to_be_hidden()
    page.context.set_offline(True)
    page.evaluate("() => document.querySelector('live-room').socket.io.engine.close()")
    rounds.step_to_phase(of.owner, of.round_id, 1)
    expect(page.locator(".screen__lost")).to_be_visible()
    expect(page.locator("#stage")).to_have_attribute("data-state", "silent")

    page.context.set_offline(False)

    expect(page.locator(".wall__card")).to_have_count(8)
    expect(page.locator(".screen__lost")).to_be_hidden()


def test_a_resting_pointer_is_hidden(domain, screen):
    page = screen(silent()[0])
    presenter = page.locator("presenter-screen")

    expect(presenter).to_have_css("cursor", "none")
    page.mouse.move(200, 200)

    expect(presenter).not_to_have_css("cursor", "none")


def test_the_key_f_toggles_full_screen(domain, screen):
    page = screen(silent()[0])

    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement")
    page.keyboard.press("f")

    page.wait_for_function("() => !document.fullscreenElement")


@pytest.fixture(scope="module")
def states(running_server):
    """A room for each state of the screen, with texts that are hard to fit: `{name: room}`."""
    with running_server.app.app_context():
        company = factories.company(name=f"{LONG_WORD} KG")
        found = {}
        for name, position, n in (("silent", 0, 6), ("wall", 1, 5), ("full", 1, 60), ("debate", 2, 40), ("vote", 3, 3)):
            of = factories.room(company, title=LONG_TITLE, language="de", phases=ALONE)
            people = [factories.participant(of) for _ in range(7)]
            ideas = [factories.idea(of, people[i % 7], f"{LONG_WORD} {i}" if i % 2 else LONG_TITLE) for i in range(n)]
            if position:
                rounds.step_to_phase(of.owner, of.round_id, position)
            if name == "debate":
                factories.argument(ideas[1], people[0], LONG_TITLE * 2, Stance.FOR)
                factories.argument(ideas[1], people[1], f"{LONG_WORD} " * 20, Stance.AGAINST)
            steering.announce(of.owner, of.round_id, "Noch zwei Minuten. " * 10)
            found[name] = of
        found["counted"], two = closed(), QuestionPlan("grades", LONG_TITLE)
        found["asked"], found["answered"] = (crowds.closed("approval", two, title=LONG_TITLE) for _ in range(2))
        for name, places in (("places", 3), ("first", 4), ("asked", 6), ("answered", 11)):
            found.setdefault(name, closed())
            steering.show_places(found[name].owner, found[name].round_id, places)
        nobody = factories.room(company, title=LONG_TITLE)
        factories.close(nobody)
        return found | {"nobody": nobody}


STATES = ("silent", "wall", "full", "debate", "vote", "counted", "places", "first", "asked", "answered", "nobody")

# `make acceptance` measures all.
SHOWN_OFTEN = {"full", "debate", "places"}


@pytest.mark.parametrize(
    "state", [pytest.param(state, marks=() if state in SHOWN_OFTEN else pytest.mark.acceptance) for state in STATES]
)
def test_every_element_fits_on_every_projector_and_axe_finds_no_violation(domain, screen, states, state):
    page = screen(states[state])
    wrong = {}
    for width, height in PROJECTORS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(DRAWN)
        if found := page.evaluate(LAYOUT_FAULTS):
            wrong[width, height] = found

    assert wrong == {}
    page.set_viewport_size({"width": 1920, "height": 1080})
    assert axe.violations_in_both_schemes(page) == axe.NONE


@pytest.mark.parametrize("state", partly_here(["silent", "vote"], "vote"))
def test_a_notice_leaves_code_and_address_large_and_uncovered(domain, screen, states, state):
    page = screen(states[state])
    for width, height in PROJECTORS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(DRAWN)
        code, address = (page.locator(f".screen-join__{part}").bounding_box() for part in ("qr", "address"))

        assert code["y"] + code["height"] <= address["y"], (width, height)
        assert code["height"] >= 0.2 * height, (width, height)
