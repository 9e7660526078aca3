"""The pictures of the guides: made by `make screenshots` alone, small, and as new as the listed changes."""

import hashlib
import json
import re

import pytest
from PIL import Image

import config
from app.pages.guides import PICTURES, ROLES, TEXTS
from app.platform.i18n import LANGUAGES

NOTED = json.loads((PICTURES / "pictures.json").read_text())
CHANGES = config.ROOT / "tools" / "help-pictures.txt"
BYTES_MAX, ALL_MAX = 40_000, 1_000_000


def test_every_picture_of_a_guide_was_taken_in_every_language():
    named = {
        f"{name}-{language}.webp"
        for role in ROLES
        for language in LANGUAGES
        for name in re.findall(r"\]\(picture:(\w+)\)", (TEXTS / f"{role}.{language}.md").read_text())
    }

    assert len(named) >= 10
    assert named == set(NOTED) == {path.name for path in PICTURES.glob("*.webp")}


@pytest.mark.parametrize("name", NOTED)
def test_a_picture_is_what_the_program_made(name):
    body, noted = (PICTURES / name).read_bytes(), NOTED[name]

    assert hashlib.sha256(body).hexdigest()[:16] == noted["digest"], "make it with `make screenshots`"
    with Image.open(PICTURES / name) as picture:
        assert picture.size == (noted["width"], noted["height"])
    assert len(body) <= BYTES_MAX


def test_all_pictures_together_are_small():
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) <= ALL_MAX


def test_a_picture_shows_the_latest_change_of_its_page():
    listed = dict(line.split(maxsplit=1) for line in CHANGES.read_text().splitlines() if not line.startswith("#"))

    shown = {name.rpartition("-")[0]: noted["shows"] for name, noted in NOTED.items()}
    assert shown == listed, "take the pictures again: make screenshots"
