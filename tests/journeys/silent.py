"""A live brainstorm for browser tests: write alone, build on, discuss, vote; facilitators advance it by hand."""

from dataclasses import replace

from playwright.sync_api import expect

from ideas.blueprints import PhasePlan
from ideas.models import Activity
from ideas.services import rounds
from tests.journeys.conftest import arrive

ALONE = PhasePlan("write", (Activity.WRITE,), others_visible=False)
BRAINSTORM = (
    ALONE,
    PhasePlan("build", (Activity.WRITE,)),
    PhasePlan("debate", (Activity.DEBATE,)),
    PhasePlan("vote", (Activity.VOTE,)),
)


def timed(seconds: int, *, advances: bool = True) -> tuple[PhasePlan, ...]:
    """The same phases with a clock on the first one."""
    return (replace(ALONE, seconds=seconds, advances=advances), *BRAINSTORM[1:])


def go_to(room, name: str) -> None:
    """Step to the phase of this name, as a facilitator in another process does."""
    position = next(n for n, plan in enumerate(BRAINSTORM) if plan.name == name)
    rounds.step_to_phase(room.facilitator, room.round_id, position)


def enter(page, code, name=None):
    """Join the room, and wait until its scripts run: an earlier post would go without them."""
    arrive(page, code, name)
    settle(page)


def settle(page):
    expect(page.locator("#connection")).to_have_text("Live")
    page.wait_for_function("() => !document.querySelector('main :not(:defined)')")


def shown(page):
    """The live content of a page: ideas in order with their text and ownership, one's own part, and the parts of the
    phase.
    """
    return page.evaluate(
        """() => {
          const words = (e) => e.innerText.replace(/\\s+/g, " ").trim();
          const volatile = /(Here now|Gerade da|Finished|(has|have) finished) ?[–\\d]*|[–\\d]+ (?:has|have) finished/g;
          const parts = [...document.querySelectorAll("live-part, #mine")].filter((e) => e.checkVisibility());
          return {
            ideas: [...document.querySelectorAll("#ideas > li")]
              .map((e) => [e.id, words(e), e.classList.contains("is-mine")]),
            parts: parts.map((e) => [e.id, words(e).replace(volatile, "")]),
            figures: [...document.querySelectorAll("[data-figure]")]
              .filter((e) => !["here", "ready", "writing", "asked"].includes(e.dataset.figure))
              .map((e) => [e.dataset.figure, e.textContent]),
          };
        }"""
    )
