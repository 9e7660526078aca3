"""The report in a browser: it prints on two sheets, and the worker of the server makes its PDF."""

import io

import pypdf
import pytest
from playwright.sync_api import expect

from ideas.blueprints import QuestionPlan
from ideas.models import Visibility
from tests import reported
from tests.journeys.conftest import LAPTOP
from tests.servers import storage_of


def test_a_long_report_prints_on_two_sheets_and_is_saved_as_a_pdf(visit, domain, served):
    question = QuestionPlan("grades", "Wie machbar ist das in den nächsten zwölf Monaten?")
    room = reported.closed_round("approval", question, pictures=3, visibility=Visibility.LISTED)
    page = visit(f"/challenges/{room.id}/result", storage_state=storage_of(served.app, room.owner.person_id), **LAPTOP)

    page.get_by_role("link", name="Open the report").click()
    expect(page.get_by_role("heading", name="Turnout over time")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4")))
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as PDF").click()
    made = pypdf.PdfReader(download.value.path())

    for paper in (printed, made):
        words = "".join(sheet.extract_text() for sheet in paper.pages)
        assert len(paper.pages) == 2
        assert "Turnout over time" in words
        assert "Save as PDF" not in words
        assert "Imprint" not in words


@pytest.mark.acceptance
def test_without_a_script_the_report_says_how_to_print(visit, domain, served):
    room = reported.closed_round(ideas=6, visibility=Visibility.LISTED)

    page = visit(f"{room.path}/result/report", java_script_enabled=False, **LAPTOP)

    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_text("To print, use the menu of your browser.")).to_be_visible()
