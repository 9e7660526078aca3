"""The main job from start to end: a company posts, two phones take part, the laptop moderates, closes and exports."""

import csv
import io
import json
import re

import openpyxl
from playwright.sync_api import expect

from tests import pictures
from tests.journeys.conftest import LAPTOP, PHONE, join, write_idea

TITLE = "How do we halve our packaging waste?"


def test_a_challenge_runs_from_its_posting_to_the_spreadsheet(visit, served, tmp_path):
    company = visit("/sign-up", **LAPTOP)
    company.get_by_label("E-mail").fill("owner@example.org")
    company.get_by_label("Password", exact=True).fill("a short sentence")
    company.get_by_role("button", name="Create an account").click()
    expect(company).not_to_have_url(re.compile("/sign-up"))  # the answer brings the cookie
    post_challenge(company)
    code = company.locator("[data-copy]", has_text="Copy the code").get_attribute("data-copy").replace(" ", "")
    link = company.locator("#share-link").input_value()
    challenge = re.search(r"/challenges/([\w-]+)/", company.url).group(1)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{6}", code)
    assert link.partition("?key=")[0] == f"{served.url}/join/{code}"

    bee, fox = visit(**PHONE), visit(link, **PHONE)
    join(bee, code.lower().replace("0", "o").replace("1", "l"), "Biene 12")
    expect(fox.get_by_label("Your name here")).not_to_have_value("")
    fox.get_by_label("Your name here").fill("Fuchs 3")
    fox.get_by_role("button", name="Join").click()
    expect(bee.locator('[data-figure="people"]').first).to_have_text("2")

    console = company
    console.goto(f"/challenges/{challenge}/console")
    step(console, "Start: Read and add")
    expect(fox.get_by_label("Your idea in one sentence")).to_be_visible()
    expect(bee.get_by_label("Your idea in one sentence")).to_be_visible()
    picture = pictures.with_position(tmp_path / "mug.jpg")
    bee.locator("input[type=file]").set_input_files(picture)
    write_idea(bee, "Reusable mugs", "One for the **whole** street")
    expect(fox.locator("#ideas")).to_contain_text("Reusable mugs")
    write_idea(fox, '=HYPERLINK("x")')
    expect(bee.locator("#ideas > li").first).to_contain_text("=HYPERLINK")

    step(console, "Continue to Discuss")
    expect(fox.locator("#now")).to_contain_text("Discuss the ideas now")
    fox.get_by_role("link", name="Reusable mugs").first.click()
    fox.wait_for_url("**/ideas/*")
    bee.goto(fox.url)
    fox.locator("label.stance--against").click()
    fox.get_by_role("textbox", name="Your argument").fill("Who washes them?")
    fox.locator("#argue button.button").click()
    expect(bee.locator(".argument--against")).to_contain_text("Who washes them?")

    step(console, "Continue to Vote")
    expect(fox.get_by_role("button", name="Yes")).to_be_visible()
    fox.wait_for_selector("mark-choice:defined")  # without its script the button posts the form
    fox.get_by_role("button", name="Yes").click()
    expect(fox.locator("[data-said]")).to_have_text("Saved.")
    expect(console.locator('[data-figure="voted"]').first).to_have_text("1")
    bee.goto(f"/challenges/{challenge}/ballot")
    bee.get_by_role("button", name="No").click()
    expect(console.locator('[data-figure="voted"]').first).to_have_text("2")

    console.get_by_role("link", name="Close the round").click()
    expect(console.locator("main")).to_contain_text("Closing is final")
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("2 of 2 who joined have voted")
    dialog.get_by_role("button", name="Close the round").click()
    console.get_by_role("link", name="See the result").click()
    console.wait_for_url("**/result")
    expect(console.locator("h1")).to_contain_text("Reusable mugs")
    fox.goto(f"/challenges/{challenge}/result")
    expect(fox.locator("main")).to_contain_text("Both of you have voted.")

    rows = list(csv.DictReader(io.StringIO(download(console, challenge, "csv").decode())))
    assert [(r["place"], r["title"], r["author"], r["yes"], r["no"]) for r in rows] == [
        ("1", "Reusable mugs", "Biene 12", "1", "0"),
        ("2", '\'=HYPERLINK("x")', "Fuchs 3", "0", "1"),
    ]
    body = json.loads(download(console, challenge, "json"))
    assert "marks" not in body
    assert [a["text"] for a in body["arguments"]] == ["Who washes them?"]
    book = openpyxl.load_workbook(io.BytesIO(download(console, challenge, "xlsx")))
    titles = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "Reusable mugs" in titles
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def post_challenge(page):
    """From an account without an organisation to the share page of a published challenge."""
    page.goto("/challenges/new")
    page.get_by_label("Name").fill("Bakery Kornblum")
    page.get_by_role("button", name="Continue to the challenge").click()
    page.get_by_role("link", name="All settings on one page").click()
    page.get_by_role("textbox", name="The challenge").fill(TITLE)
    page.get_by_label("What is it about?").fill("We throw away **240 cups** a day. <script>alert(1)</script>")
    plan_openly(page)
    page.get_by_role("button", name="Continue to the preview").click()
    expect(page.locator("main")).to_contain_text("240 cups")
    expect(page.locator("main strong").first).to_have_text("240 cups")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/share*")


def plan_openly(page):
    """Plan a live brainstorm without the phase in which people write alone."""
    page.get_by_role("button", name="Delete phase 1").click()
    expect(page.get_by_label("Name of phase 1")).to_have_value("Read and add")


def step(console, label):
    console.get_by_role("button", name=label).click()


def download(page, challenge, kind):
    with page.expect_download() as started:
        page.evaluate("url => { location.href = url }", f"/challenges/{challenge}/result.{kind}")
    return open(started.value.path(), "rb").read()
