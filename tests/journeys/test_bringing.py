"""A company brings its ideas from a spreadsheet, collects, closes and exports."""

import csv
import io
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.conversations import DATA
from tests.journeys.axe import violations
from tests.journeys.conftest import LAPTOP, PHONE, arrive
from tests.servers import cookie_of

NAME = "ideas-de-ottensen/ideas.csv"

DROP = """(element, [name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type: "text/csv" }));
  element.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def file_and_count() -> tuple[Path, int, int]:
    """The whole file where there is one, else its extract; its ideas, and the lines that repeat one."""
    if "SCHWARM_DATA" in os.environ:
        return Path(os.environ["SCHWARM_DATA"]) / NAME, 695, 2
    return DATA / NAME, 11, 1


@pytest.mark.usefixtures("domain")
def test_a_company_brings_ideas_from_a_spreadsheet_collects_closes_and_exports(visit, served):
    file, count, repeats = file_and_count()
    draft = factories.draft(blueprint="idea_contest", title="Ein Ort für alle?", starts_at_once=None)
    boss = cookie_of(served.app, draft.owner.person_id)
    page = visit(f"/challenges/{draft.id}/edit", boss, **LAPTOP)

    page.get_by_text("Add starting ideas").click()
    page.get_by_role("button", name="Bring ideas as a file").click()
    page.locator("file-drop:defined").evaluate(DROP, ["Ideen.csv", file.read_text()])
    expect(page.get_by_role("heading", name=f"{count} ideas · Ideen.csv")).to_be_visible()
    expect(page.locator(".bringing__idea").first).to_contain_text("Alma Wartenberg Platz")
    left_out = f"{repeats} lines are left out" if repeats > 1 else "1 line is left out"
    expect(page.get_by_text(left_out)).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Explanation").select_option("leave out")
    page.get_by_role("button", name="Read it again").click()
    expect(page.locator(".bringing__text")).to_have_count(0)
    page.get_by_label("Explanation").select_option("text")
    page.get_by_role("button", name="Add ").click()
    expect(page.locator(".flash")).to_contain_text("You have changed how the file is read.")
    expect(page.locator(".bringing__text").first).to_be_visible()
    page.get_by_role("button", name=f"Add {count} ideas").click()
    expect(page.get_by_text(f"{count} ideas from files wait for the start.")).to_be_visible()

    page.get_by_role("button", name="Continue to the preview").click()
    page.get_by_role("button", name="Publish").click()
    expect(page).to_have_url(f"{served.url}{draft.path}/share")
    phone = visit(**PHONE)
    arrive(phone, draft.code, "Ada")
    expect(phone.locator("#ideas .idea").first).to_contain_text("Alma Wartenberg Platz")

    factories.close(draft)
    page.goto(f"{draft.path}/result")
    expect(page.locator("h1")).to_have_text("Nobody voted")
    ranking = page.request.get(f"{draft.path}/result.csv").text()
    titles = [row["title"] for row in csv.DictReader(io.StringIO(ranking.removeprefix("\ufeff")))]
    assert len(titles) == count
    assert any("Alma Wartenberg Platz" in title for title in titles)
