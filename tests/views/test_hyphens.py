"""Soft hyphens in long German words."""

import re

import pytest

from app.platform.hyphens import SOFT_HYPHEN, soft
from tests import factories

LONG = "Lebensmittelverpackungsverzicht"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (LONG, "Le|bens|mit|tel|ver|pa|ckungs|ver|zicht"),
        (f"{LONG}?", "Le|bens|mit|tel|ver|pa|ckungs|ver|zicht?"),
        ("Das Brot von gestern", "Das Brot von gestern"),
        ("https://verpackungsverzicht.example", "https://verpackungsverzicht.example"),
        ("verpackungsverzicht@example.org", "verpackungsverzicht@example.org"),
        ("ABCDEFGHIJKLM12345", "ABCDEFGHIJKLM12345"),
    ],
)
def test_only_long_words_get_soft_hyphens(text, shown):
    found = soft(text, "de")

    assert found.replace(SOFT_HYPHEN, "") == text
    pieces = [piece for piece in found.split(SOFT_HYPHEN) if len(piece) < 2]
    assert pieces == []
    assert (SOFT_HYPHEN in found) == ("|" in shown)


def test_other_languages_stay_as_they_are():
    assert soft(LONG, "en") == LONG


def test_titles_that_people_read_have_them_and_nothing_that_is_copied_or_sent(app, client, browser_of):
    room = factories.listed_room(title=LONG, language="de")
    author = factories.participant(room)
    idea = factories.idea(room, author, LONG)
    browser = browser_of(author)

    card = client.get("/").get_data(as_text=True)
    mine = browser.get("/me").get_data(as_text=True)
    edit = browser.get(f"/ideas/{idea}/edit").get_data(as_text=True)
    page = browser.get(f"/ideas/{idea}", follow_redirects=True).get_data(as_text=True)
    in_fields = "".join(re.findall(r"<(?:textarea|input)\b[^>]*>[^<]*", edit))

    assert SOFT_HYPHEN in card
    assert SOFT_HYPHEN in mine
    assert SOFT_HYPHEN in re.findall(r"<h1\b.*?</h1>", page, re.DOTALL)[0]
    assert LONG in in_fields
    assert SOFT_HYPHEN not in in_fields


def test_a_title_that_was_copied_from_a_page_is_found(app, client):
    room = factories.listed_room(title=LONG, language="de")

    page = client.get("/", query_string={"find_challenges": soft(LONG, "de")}).get_data(as_text=True)

    assert room.path in page
