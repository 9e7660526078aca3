"""Accessibility checks: axe-core in a page, in light and in dark."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

Violations = list[tuple[str, list[str]]]

# The name of a control begins with its visible words, so that voice control finds it. The rule is off by default.
NAMES = {"label-content-name-mismatch": {"enabled": True}}
LIGHT = {"resultTypes": ["violations"], "rules": NAMES}
# The dark scheme changes only colours.
DARK = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}

RUN = """options => axe.run(options).then(({ violations }) =>
  violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))]))"""


def violations(page: Page, options: dict[str, object] = LIGHT) -> Violations:
    """The violations that axe finds in the present page: each rule with the elements that break it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [tuple(found) for found in page.evaluate(RUN, options)]


def violations_in_both_schemes(page: Page, *, has_dark: bool = True) -> dict[str, Violations]:
    """The violations in light, and the colour violations in dark if wanted. Nothing moves during the check."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    light = violations(page, LIGHT)
    if not has_dark:
        return {"light": light, "dark": []}
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return {"light": light, "dark": violations(page, DARK)}


NONE: dict[str, Violations] = {"light": [], "dark": []}
