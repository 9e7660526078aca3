"""Idea rules: the composer has only the permitted fields, and a refusal is shown at its field."""

import html

import pytest

from ideas.blueprints import IdeaRules
from ideas.database import db
from ideas.models import Idea, ImageRule, Layout
from tests import factories
from tests.views.test_challenges import parse_form

NAMES = IdeaRules(title_max=20, text=False, image=ImageRule.NONE)
DESIGNS = IdeaRules(image=ImageRule.REQUIRED, layout=Layout.GALLERY)


@pytest.fixture
def enter(app, browser_of):
    def open_room(rules, **fields):
        room = factories.room(ideas=rules, **fields)
        who = factories.participant(room)
        return room, who, browser_of(who)

    return open_room


def text(response):
    return html.unescape(response.get_data(as_text=True))


def upload():
    return (factories.picture(), "picture.png")


def submit(browser, room, **fields):
    sent = {"title": "Rye", "text": "", "op": factories.op(), **fields}
    return browser.post(f"/challenges/{room.id}/ideas", data=sent)


def composer_of(browser, room):
    page = text(browser.get(f"/challenges/{room.id}"))
    return page.split('id="composer"')[1].split("</form>")[0]


def test_an_idea_without_rules_may_have_text_and_picture(enter):
    room, _who, browser = enter(IdeaRules())
    composer = composer_of(browser, room)

    assert 'name="text"' in composer
    assert 'maxlength="200"' in composer
    assert 'type="file" name="image"' in composer
    assert submit(browser, room, text="dark", image=upload()).status_code == 303


def test_the_composer_shows_only_a_title_if_the_rules_permit_no_more(enter):
    room, _who, browser = enter(NAMES)
    composer = composer_of(browser, room)

    assert 'name="text"' not in composer
    assert 'name="image"' not in composer
    assert 'maxlength="20"' in composer
    assert submit(browser, room).status_code == 303


@pytest.mark.parametrize(
    ("fields", "at", "says"),
    [
        ({"title": "A name much longer than that"}, "title", "This is too long. Please shorten it."),
        ({"text": "Because it is dark"}, "text", "This field is not used here. Please leave it empty."),
    ],
)
def test_a_field_that_is_not_permitted_comes_back_with_the_reason(enter, fields, at, says):
    room, _who, browser = enter(NAMES)

    response = submit(browser, room, **fields)

    page = text(response)
    assert response.status_code == 400
    assert f'id="composer-{at}-error"' in page
    assert says in page
    assert fields[at] in page
    assert db.session.query(Idea).count() == 0


def test_a_picture_is_refused_if_the_rules_permit_none(enter):
    room, _who, browser = enter(NAMES)

    assert "This field is not used here. Please leave it empty." in text(submit(browser, room, image=upload()))
    assert db.session.query(Idea).count() == 0


def test_a_required_picture_is_requested(enter):
    room, _who, browser = enter(DESIGNS)
    field = composer_of(browser, room).split('type="file"')[1].split(">")[0]
    assert " required" in field

    response = submit(browser, room, title="Typed with care")

    assert response.status_code == 400
    assert "Every idea needs a picture here. Please choose one." in text(response)
    assert "Typed with care" in text(response)
    assert submit(browser, room, image=upload()).status_code == 303


class TestEditing:
    def test_the_edit_form_has_the_same_fields_as_the_composer(self, enter):
        room, who, browser = enter(NAMES)
        idea = factories.idea(room, who, "Rye")

        page = text(browser.get(f"/ideas/{idea}/edit"))

        assert 'maxlength="20"' in page
        assert 'name="text"' not in page
        assert 'name="image"' not in page

    def test_a_required_picture_can_be_replaced_but_not_removed(self, enter):
        room, who, browser = enter(DESIGNS)
        idea = factories.idea(room, who, "Rye", image=factories.picture())

        page = text(browser.get(f"/ideas/{idea}/edit"))
        refused = browser.post(f"/ideas/{idea}/edit", data={"title": "Kept words", "drop_image": "1"})

        assert "drop_image" not in parse_form(page)
        assert " required" not in page.split('type="file"')[1].split(">")[0]
        assert refused.status_code == 400
        assert "Every idea needs a picture here. Please choose one." in text(refused)
        assert "Kept words" in text(refused)
        assert browser.post(f"/ideas/{idea}/edit", data={"title": "New", "image": upload()}).status_code == 303


class TestTheGallery:
    def test_a_gallery_shows_ideas_as_pictures_with_titles(self, enter):
        room, who, browser = enter(DESIGNS)
        idea = factories.idea(room, who, "Rye", "A word about it", image=factories.picture())

        page = text(browser.get(f"/challenges/{room.id}"))

        card = page.split(f'id="idea-{idea}"')[1].split("</li>")[0]
        assert 'src="/images/' in card
        assert 'alt="Picture of the idea: Rye"' in card
        assert "A word about it" not in card

    def test_a_list_shows_no_pictures(self, enter):
        room, who, browser = enter(IdeaRules())
        idea = factories.idea(room, who, "Rye", image=factories.picture())

        card = text(browser.get(f"/challenges/{room.id}")).split(f'id="idea-{idea}"')[1].split("</li>")[0]

        assert "/images/" not in card
        assert "with a picture" in card

    def test_the_result_shows_pictures_in_the_order_of_the_places(self, enter, client):
        room, who, _browser = enter(DESIGNS, visibility="listed")
        voter = factories.participant(room)
        first, second = (factories.idea(room, who, t, image=factories.picture()) for t in ("Spelt", "Rye"))
        factories.mark(room, voter, {first: -1, second: 1})
        factories.close(room)

        page = text(client.get(f"{room.path}/result"))

        gallery = page.split('class="gallery"')[1].split("</ul>")[0]
        assert gallery.index("Rye") < gallery.index("Spelt")
        assert f'href="#idea-{second}"' in gallery
        pictures = [part.split('"')[0] for part in gallery.split('src="')[1:]]
        assert [client.get(picture).status_code for picture in pictures] == [200, 200]
