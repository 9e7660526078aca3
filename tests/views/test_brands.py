"""The logo and the colour of an organisation, and the contrast that a colour needs."""

import io
import re

import pytest

from app.pages.brands import brand_logo, brand_sheet
from ideas import contrast
from ideas.database import db
from ideas.errors import Changed, Forbidden, Invalid
from ideas.models import Image, Organisation
from ideas.services import branding, deleting
from ideas.services.branding import BrandForm
from tests import factories
from tests.views.test_challenges import parse_form

PASSES, LIGHT, DARK = "#e2001a", "#ffc62b", "#0a1a1b"


@pytest.fixture
def company(app):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def text(response, status=200):
    assert response.status_code == status
    return response.get_data(as_text=True)


def row(company):
    db.session.rollback()
    return db.session.get_one(Organisation, company.id)


class TestContrast:
    def test_the_ratio_is_that_of_the_standard(self):
        assert contrast.ratio("#000000", "#ffffff") == pytest.approx(21)
        assert contrast.ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)

    @pytest.mark.parametrize("colour", [LIGHT, DARK, "#ffffff", "#000000", "#00ff00", "#0000ff", "#ff00ff", "#808081"])
    def test_the_nearest_colour_passes_on_light_and_dark_and_keeps_its_hue(self, colour):
        near = contrast.nearest(colour)

        assert contrast.passes(near)
        assert contrast.ratio(contrast.ink_on(near), near) >= contrast.TEXT
        for grounds in (contrast.LIGHT, contrast.DARK):
            assert contrast.least(contrast.as_text(near, grounds), grounds) >= contrast.TEXT

    def test_a_colour_that_passes_stays(self):
        assert contrast.passes(PASSES)
        assert contrast.ratio(contrast.nearest(PASSES), PASSES) < 1.05


class TestChoosing:
    @pytest.mark.parametrize(
        ("colour", "problem"),
        [(LIGHT, "too_light"), (DARK, "too_dark"), ("red", "no_colour"), ("#e2001a;}", "no_colour"), ("#E2001A", None)],
    )
    def test_a_colour_has_to_be_seen_on_light_and_on_dark_pages(self, company, colour, problem):
        if problem is None:
            branding.set_brand(company.owner, company.id, BrandForm(colour))
            assert row(company).colour == PASSES
        else:
            with pytest.raises(Invalid) as refused:
                branding.set_brand(company.owner, company.id, BrandForm(colour))
            assert refused.value.problems == {"colour": problem}
            assert row(company).colour == ""

    def test_a_refused_colour_stays_typed_and_the_nearest_is_offered(self, company, owner):
        address = f"/organisations/{company.id}/brand"

        page = text(owner.post(address, data={"own_colour": "1", "colour": LIGHT, "seen": "/"}), 400)

        assert f'type="color" value="{LIGHT}"' in page
        assert "too light" in page
        near = re.search(r"Take (#[0-9a-f]{6})", page)[1]
        assert contrast.passes(near)
        form = re.search(r'<form[^>]*>(?:(?!</form>).)*name="colour" value="#(?:(?!</form>).)*</form>', page, re.DOTALL)
        assert owner.post(address, data=parse_form(form.group())).status_code == 303
        assert row(company).colour == near

    def test_a_look_that_a_colleague_changed_meanwhile_is_not_overwritten(self, company, owner):
        branding.set_brand(company.owner, company.id, BrandForm(PASSES))

        page = text(
            owner.post(
                f"/organisations/{company.id}/brand", data={"own_colour": "1", "colour": "#808080", "seen": "/"}
            ),
            409,
        )

        assert "changed the look meanwhile" in page
        assert row(company).colour == PASSES
        with pytest.raises(Changed):
            branding.set_brand(company.owner, company.id, BrandForm("", seen="/"))

    def test_only_owners_choose(self, company):
        moderator = factories.member(company.id, company.owner)

        with pytest.raises(Forbidden):
            branding.set_brand(moderator, company.id, BrandForm(PASSES))
        with pytest.raises(Forbidden):
            branding.reset_brand(moderator, company.id)


class TestLogo:
    def test_a_logo_is_encoded_anew_replaced_and_taken_away(self, company, app, client):
        branding.set_brand(company.owner, company.id, BrandForm(logo=factories.picture()))
        first = row(company).logo_id
        with app.test_request_context():
            address = brand_logo(row(company))
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert client.get(address[:-6] + "0.webp").status_code == 404
        assert client.get(f"/images/{first}").status_code == 404

        branding.set_brand(company.owner, company.id, BrandForm(logo=factories.picture()))
        assert db.session.query(Image).count() == 1
        branding.set_brand(company.owner, company.id, BrandForm(drop_logo=True))

        assert row(company).logo_id is None
        assert db.session.query(Image).count() == 0

    def test_no_picture_is_no_logo(self, company, owner):
        data = {"seen": "/", "image": (io.BytesIO(b"<svg onload='alert(1)'/>"), "logo.svg")}
        page = text(owner.post(f"/organisations/{company.id}/brand", data=data), 400)

        assert row(company).logo_id is None
        assert "image-error" in page

    def test_a_logo_that_would_be_a_line_is_refused(self, company, owner):
        for size, is_taken in (((960, 60), True), ((961, 60), False), ((3, 400), False)):
            data = {"seen": row(company).look, "image": (factories.picture(size=size), "logo.png")}
            answer = owner.post(f"/organisations/{company.id}/brand", data=data)

            assert (answer.status_code == 303) == is_taken, size
            assert ("so thin that nobody" in answer.get_data(as_text=True)) != is_taken

    def test_the_logo_goes_with_the_organisation(self, company):
        branding.set_brand(company.owner, company.id, BrandForm(PASSES, factories.picture()))

        deleting.delete_organisation(company.owner, company.id, "Mill & Oven")

        assert db.session.query(Image).count() == 0


class TestPages:
    def test_door_poster_and_screen_have_the_look_until_it_is_reset(self, company, owner, client):
        room = factories.room(company)
        pages = [(client, f"/join/{room.code}"), *((owner, f"{room.path}/{name}") for name in ("share", "screen"))]
        branding.set_brand(company.owner, company.id, BrandForm(PASSES, factories.picture()))
        for browser, address in pages:
            page = text(browser.get(address, follow_redirects=True))
            assert '<link rel="stylesheet" href="/brands/e2001a.css">' in page
            assert "/logos/" in page
            assert "style=" not in page

        assert owner.post(f"/organisations/{company.id}/brand/reset").status_code == 303

        for browser, address in pages:
            page = text(browser.get(address, follow_redirects=True))
            assert "/brands/" not in page
            assert "/logos/" not in page

    def test_the_style_sheet_of_a_colour_names_no_organisation_and_takes_no_code(self, app, client):
        sheet = client.get("/brands/e2001a.css")
        assert sheet.mimetype == "text/css"
        assert f"--accent:{PASSES};--on-accent:#ffffff" in text(sheet)
        for bad in ("ffc62b", "e2001a}", "E2001A", "red", "e2001a;x"):
            assert client.get(f"/brands/{bad}.css").status_code == 404

    def test_the_sheet_of_the_products_own_look_is_none(self, company, app):
        with app.test_request_context():
            assert brand_sheet(row(company)) == ""
            assert brand_logo(row(company)) == ""
