"""The picture of a challenge: uploaded in the first step or with all settings, shown where people meet it."""

import io
import json
import re
import zipfile

import pytest
from flask import current_app
from PIL import Image as Pillow

from app.pages.brands import challenge_picture
from ideas.database import db, write
from ideas.errors import Changed
from ideas.exports.pictures import write_pictures_so_far
from ideas.journal import chain_of
from ideas.models import Challenge, Image, JournalEntry, PostingStep, Visibility
from ideas.pictures import CHALLENGE_SIDE, PictureChange
from ideas.queries.rounds import current_round
from ideas.removal import remove_challenge
from ideas.services import challenges, deleting, posting, templates
from ideas.services.duplicating import duplicate_challenge
from tests import factories
from tests.views.test_challenges import parse_form
from tests.views.test_statements import cost_of

WORDS = "A loaf on a board"


@pytest.fixture
def company(app):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def text(response, status=200):
    assert response.status_code == status
    return response.get_data(as_text=True)


def row(challenge_id):
    db.session.rollback()
    return db.session.get_one(Challenge, challenge_id)


def address_of(challenge_id):
    picture = row(challenge_id).picture
    with current_app.test_request_context():
        return challenge_picture(picture)


def picture_count():
    return db.session.query(Image).count()


def pictured(company, publish=False, **fields):
    """A draft or a room with a picture."""
    form = factories.form(picture_words=WORDS, **fields)
    challenge_id = challenges.draft_challenge(
        company.owner, company.id, form, PictureChange(factories.picture(size=(1600, 800)))
    )
    if publish:
        challenges.publish_challenge(company.owner, challenge_id)
    return challenge_id


def sent(upload=None, **fields):
    file = {"image": (upload, "loaf.png")} if upload else {}
    return {"op": factories.op(), "title": "Which bread?", "language": "en", **fields, **file}


class TestSteps:
    def test_the_first_step_takes_a_picture_and_later_ones_keep_it(self, company, owner):
        begun = owner.post(
            f"/organisations/{company.id}/challenges/begin",
            data=sent(factories.picture("JPEG", (2400, 1200)), picture_words=WORDS),
        )
        challenge = db.session.query(Challenge).one()

        assert begun.location.endswith("/steps/way")
        assert (challenge.picture.width, challenge.picture.height, challenge.picture.words) == (
            *(CHALLENGE_SIDE, CHALLENGE_SIDE // 2),
            WORDS,
        )
        path = f"/challenges/{challenge.slug}/steps"
        owner.post(f"{path}/people", data={"op": factories.op(), "visibility": "listed", "begin": "hand"})
        page = text(owner.get(f"{path}/challenge"))
        assert address_of(challenge.id) in page
        assert f'value="{WORDS}"' in page

    def test_a_picture_is_replaced_and_removed(self, company, owner):
        challenge_id = pictured(company)
        first, path = address_of(challenge_id), f"/challenges/{row(challenge_id).slug}/steps/challenge"

        owner.post(path, data=sent(factories.picture(size=(30, 60)), picture_words="A roll"))
        assert picture_count() == 1
        assert (row(challenge_id).picture.height, row(challenge_id).picture.words) == (60, "A roll")
        assert owner.get(first).status_code == 404
        assert owner.get(address_of(challenge_id)).mimetype == "image/webp"

        owner.post(path, data=sent(drop_picture="1"))
        assert (row(challenge_id).picture, picture_count()) == (None, 0)

    @pytest.mark.parametrize("address", ["begin", "new"])
    def test_a_refused_picture_keeps_what_was_typed(self, company, owner, address):
        path = f"/organisations/{company.id}/challenges/{address}"
        typed = sent(io.BytesIO(b"<svg onload='alert(1)'/>"), picture_words=WORDS, brief="Dark or light?")
        page = text(owner.post(path, data=parse_form(text(owner.get(path))) | typed), 400)

        assert 'href="#field-image"' in page
        assert "choose the picture again" in page
        assert all(words in page for words in ("Which bread?", WORDS, "Dark or light?"))
        assert db.session.query(Challenge).count() == 0

    def test_a_refused_title_says_that_the_picture_is_lost(self, company, owner):
        data = sent(factories.picture(), title="")
        page = text(owner.post(f"/organisations/{company.id}/challenges/begin", data=data), 400)

        assert "choose the picture again" in page
        assert picture_count() == 0

    def test_a_picture_that_a_colleague_changed_is_not_overwritten(self, company):
        challenge_id = pictured(company)
        challenge = row(challenge_id)
        seen = posting.version_of(challenge, current_round(db.session(), challenge_id), PostingStep.CHALLENGE)
        form = factories.form(picture_words=WORDS)
        challenges.revise_challenge(
            company.owner, challenge_id, form, picture=PictureChange(factories.picture(size=(9, 9)))
        )

        with pytest.raises(Changed):
            posting.save_step(
                *(company.owner, challenge_id, PostingStep.CHALLENGE, form),
                then=PostingStep.WAY,
                seen=seen,
                picture=PictureChange(factories.picture()),
            )
        assert row(challenge_id).picture.width == 9

    def test_the_preview_shows_the_stored_picture_while_it_is_typed(self, company, owner):
        challenge_id = pictured(company)
        stored, other = address_of(challenge_id), factories.company()
        path = f"/challenges/{row(challenge_id).slug}/steps/challenge/preview"
        everything = f"/organisations/{company.id}/challenges/live-preview?challenge={challenge_id}"

        for address in (path, everything):
            assert stored in text(owner.post(address, data=sent()))
            assert stored not in text(owner.post(address, data=sent(drop_picture="1")))
        foreign = f"/organisations/{other.id}/challenges/live-preview?challenge={challenge_id}"
        assert stored not in owner.post(foreign, data=sent()).get_data(as_text=True)

    def test_the_check_asks_for_words(self, company, owner):
        challenge_id = pictured(company)
        path = f"/challenges/{row(challenge_id).slug}/steps"
        assert "has no description" not in text(owner.get(f"{path}/check"))

        owner.post(f"{path}/challenge", data=sent(picture_words="", title=row(challenge_id).title))

        assert "has no description" in text(owner.get(f"{path}/check"))


class TestPublished:
    def test_door_start_page_room_poster_and_screen_show_it(self, company, owner, client, browser_of):
        challenge_id = pictured(company, publish=True, visibility=Visibility.LISTED, starts_at_once=False)
        shown, slug = address_of(challenge_id), row(challenge_id).slug
        pages = [
            *((client, address) for address in ("/", f"/join/{row(challenge_id).code}")),
            *((owner, f"/challenges/{slug}{rest}") for rest in ("", "/share", "/screen", "/preview", "/edit")),
        ]

        for browser, address in pages:
            tags = re.findall(rf'<img [^>]*src="{shown}"[^>]*>', text(browser.get(address)))
            assert tags, address
            assert all('width="960" height="480"' in tag for tag in tags)
            assert any(f'alt="{WORDS}" lang="en"' in tag for tag in tags)
        assert client.get(shown).status_code == 200
        assert client.get(shown.replace(".webp", "0.webp")).status_code == 404
        assert client.get(f"/images/{row(challenge_id).picture.id}").status_code == 404

    def test_a_picture_costs_no_statement(self, company, client):
        plain_room = factories.lobby(company)
        other = row(pictured(company, publish=True, starts_at_once=False)).code

        plain, with_picture = (len(cost_of(client, f"/join/{code}").all) for code in (plain_room.code, other))

        assert with_picture == plain

    def test_people_who_joined_learn_that_it_changed(self, company, owner):
        challenge_id = pictured(company, publish=True, starts_at_once=False)

        def revise(**change):
            form = factories.form(starts_at_once=False, **change.pop("fields", {"picture_words": WORDS}))
            challenges.revise_challenge(company.owner, challenge_id, form, **change)
            entries = db.session.query(JournalEntry).filter_by(chain_id=chain_of(challenge_id), kind="revise")
            body = entries.order_by(JournalEntry.seq.desc()).first().body
            return json.loads(body)["changed"]

        assert revise(picture=PictureChange(factories.picture())) == ["picture"]
        assert revise() == []
        assert revise(fields={"picture_words": "A roll"}) == ["picture"]
        assert revise(picture=PictureChange(drop=True)) == ["picture"]
        assert revise(fields={"picture_words": "Nothing to see"}) == []


class TestCopies:
    def test_copies_and_templates_have_a_picture_of_their_own(self, company):
        challenge_id = pictured(company)
        copy = duplicate_challenge(company.owner, challenge_id, "(copy)")
        template = templates.save_template(company.owner, challenge_id, "A template")
        plain = factories.draft(company).id
        own = pictured(company)
        for draft in (plain, own):
            templates.apply_template(company.owner, draft, template)

        ids = {row(one).picture.id for one in (challenge_id, copy, template, plain, own)}
        assert (len(ids), picture_count()) == (5, 5)
        assert {row(one).picture.words for one in (copy, template, plain)} == {WORDS}

        challenges.delete_draft(company.owner, challenge_id)
        templates.delete_template(company.owner, template)
        assert (row(copy).picture.width, picture_count()) == (CHALLENGE_SIDE, 3)

    def test_it_goes_with_the_challenge_and_with_the_organisation(self, company):
        first = pictured(company, publish=True)
        pictured(company)

        with write() as transaction:
            remove_challenge(transaction, transaction.session.get_one(Challenge, first))
        assert picture_count() == 1

        deleting.delete_organisation(company.owner, company.id, "Mill & Oven")
        assert picture_count() == 0

    def test_it_is_exported_with_the_pictures_of_the_ideas(self, company):
        challenge_id, out = pictured(company, publish=True), io.BytesIO()

        write_pictures_so_far(db.session(), current_round(db.session(), challenge_id), out)

        with zipfile.ZipFile(out) as packed:
            assert packed.namelist() == ["challenge.webp"]
            assert Pillow.open(packed.open("challenge.webp")).size == (960, 480)
