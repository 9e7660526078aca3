"""A design contest in real browsers: an idea is a picture, and the room is a gallery."""

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Image
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.silent import enter

POSTER = {"name": "poster.png", "mimeType": "image/png", "buffer": factories.picture(size=(600, 400)).getvalue()}


@pytest.fixture
def contest(a_room):
    _room, code = a_room(blueprint="design_contest")
    return code


def columns_of(page):
    return page.locator("#ideas > li").evaluate_all("all => new Set(all.map((e) => e.getBoundingClientRect().x)).size")


def test_an_idea_needs_a_picture_and_then_appears_on_every_screen(visit, contest):
    phone, laptop = visit(**PHONE), visit(**LAPTOP)
    enter(phone, contest)
    enter(laptop, contest)

    write_idea(phone, "Sun over the mill")
    expect(phone.get_by_label("Your idea in one sentence")).to_have_value("Sun over the mill")
    assert phone.locator("input[type=file]").evaluate("field => field.validity.valueMissing")
    phone.locator("input[type=file]").set_input_files(POSTER)
    phone.get_by_role("button", name="Submit").click()

    for page in (phone, laptop):
        picture = page.get_by_alt_text("Picture of the idea: Sun over the mill")
        expect(picture).to_have_count(1)
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") == 600
    expect(phone.get_by_label("Your idea in one sentence")).to_have_value("")


BROUGHT = {
    "photo.jpg": (factories.picture("JPEG", (5712, 4284)).getvalue(), "image/jpeg", (1600, 1200)),
    "moving.gif": (factories.picture("GIF", (60, 40)).getvalue(), "image/gif", (60, 40)),
    "photo.heic": (factories.heic((320, 240)), "", (320, 240)),
}
SENT = {"photo.jpeg": "image/jpeg", "moving.webp": "image/webp", "photo.heic": "image/heic"}


def test_what_a_phone_brings_is_made_smaller_before_it_is_sent(visit, contest, served):
    """This browser reads JPEG and GIF; the server reads HEIC."""
    page = visit(**PHONE)
    enter(page, contest)
    field, shown = page.locator("input[type=file]"), page.locator(".image-field__shown")
    sent = {}
    for name, (content, kind, size) in BROUGHT.items():
        field.set_input_files({"name": name, "mimeType": kind, "buffer": content})
        if kind:
            expect(shown.locator("img")).to_have_js_property("naturalWidth", size[0])
        else:
            expect(shown).to_contain_text(name)
        sent |= field.evaluate("field => ({[field.files[0].name]: field.files[0].type})")
        if name == "photo.jpg":
            assert 1000 < field.evaluate("field => field.files[0].size") < len(content) / 4
        write_idea(page, f"Brought as {name}")
        expect(page.locator("#ideas")).to_contain_text(f"Brought as {name}")

    assert sent == SENT
    with served.app.app_context():
        newest = db.session.query(Image).order_by(Image.id.desc()).limit(3).all()
        assert [(i.width, i.height) for i in reversed(newest)] == [size for *_, size in BROUGHT.values()]


def test_the_number_of_columns_follows_the_width_of_the_screen(visit, places):
    address, storage = places["gallery"]
    page = visit(address, storage_state=storage, **PHONE)

    columns = {}
    for width in (300, 390, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        columns[width] = columns_of(page)

    assert columns == {300: 1, 390: 2, 1440: 3, 1920: 4}
