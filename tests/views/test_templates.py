"""Templates of an organisation: save, start from, rename, delete."""

import html

import pytest

from ideas.database import db
from ideas.errors import Conflict, NotFound
from ideas.models import Challenge
from ideas.queries.challenges import challenges_of
from ideas.services import challenges, templates
from ideas.services.duplicating import duplicate_challenge
from tests import factories
from tests.ideas.services.test_duplicating import COPIED, SETTINGS, values_of
from tests.views.test_statements import cost_of


@pytest.fixture
def company(app):
    factories.floor(SETTINGS.conditions.floor_country)
    return factories.company(name="Mill & Oven")


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def text(response):
    return html.unescape(response.get_data(as_text=True))


def post(browser, path, **fields):
    return browser.post(path, data={"op": factories.op(), **fields})


def stored(company) -> Challenge:
    return db.session.get_one(Challenge, challenges.draft_challenge(company.owner, company.id, SETTINGS))


def test_a_draft_takes_every_setting_of_a_template_and_keeps_its_own_words(company, owner):
    source = stored(company)
    post(owner, f"/challenges/{source.id}/template", name="Packaging contest")
    [row] = templates.templates_of(db.session(), company.id)
    form = challenges.ChallengeForm("What do we call it?", brief="Our own words", category="name")
    draft_id = challenges.draft_challenge(company.owner, company.id, form)
    page = text(owner.get(f"/challenges/{draft_id}/steps/way", follow_redirects=True))
    assert "Packaging contest" in page

    answer = post(owner, f"/challenges/{draft_id}/template/use/{row.id}")

    draft = db.session.get_one(Challenge, draft_id)
    assert answer.location == f"/challenges/{draft.slug}/steps/way"
    assert (draft.title, draft.brief, draft.category, draft.language) == (
        "What do we call it?",
        "Our own words",
        "name",
        "en",
    )
    own = {"Challenge.brief", "Challenge.category", "Challenge.language"}
    taken, given = (values_of(challenge, COPIED) for challenge in (draft, source))
    assert {name for name in given if taken[name] != given[name]} == own


def test_a_template_is_no_draft_and_is_never_published(company, owner):
    template = templates.save_template(company.owner, stored(company).id, "Contest")

    assert [row.title for row in challenges_of(db.session(), company.id)] == [SETTINGS.title]
    with pytest.raises(Conflict):
        challenges.publish_challenge(company.owner, template)
    slug = db.session.get_one(Challenge, template).slug
    for page in ("steps/check", "preview"):
        assert owner.get(f"/challenges/{slug}/{page}").location == f"/challenges/{slug}/edit"
    page = text(owner.get(f"/challenges/{slug}/edit"))
    assert "This is a template." in page
    assert "Continue to the preview" not in page


def test_a_template_is_renamed_and_deleted(company, owner):
    template = templates.save_template(company.owner, stored(company).id, "Contest")
    other = templates.save_template(company.owner, stored(company).id, "Names")

    refused = post(owner, f"/templates/{other}", name=" contest ")
    assert refused.status_code == 400
    assert "Another template has this name." in text(refused)
    assert 'value=" contest "' in text(refused)

    post(owner, f"/templates/{other}", name="Names for things")
    post(owner, f"/templates/{template}/deletion")
    assert [row.name for row in templates.templates_of(db.session(), company.id)] == ["Names for things"]


def test_only_members_of_its_organisation_use_and_change_a_template(company, browser_of):
    template = templates.save_template(company.owner, stored(company).id, "Contest")
    strangers = factories.company()
    draft = factories.draft(strangers)

    for act in (
        lambda: templates.apply_template(strangers.owner, draft.id, template),
        lambda: templates.rename_template(strangers.owner, template, "Mine"),
        lambda: templates.delete_template(strangers.owner, template),
        lambda: templates.save_template(strangers.owner, template, "Mine"),
        lambda: templates.delete_template(company.owner, stored(company).id),
    ):
        with pytest.raises(NotFound):
            act()
    assert browser_of(strangers.owner).get(f"/organisations/{company.id}/templates").status_code == 404
    assert templates.templates_of(db.session(), company.id)[0].name == "Contest"


def test_a_template_is_not_applied_to_a_published_challenge(company):
    template = templates.save_template(company.owner, stored(company).id, "Contest")
    room = factories.room(company)

    with pytest.raises(Conflict):
        templates.apply_template(company.owner, room.id, template)


def test_a_copy_of_a_template_is_a_draft(company):
    template = templates.save_template(company.owner, stored(company).id, "Contest")

    copied = db.session.get_one(Challenge, duplicate_challenge(company.owner, template, "(copy)"))

    assert not copied.is_template


def test_the_list_of_templates_takes_few_statements(company, owner, from_templates):
    for n in range(5):
        templates.save_template(company.owner, stored(company).id, f"Contest {n}")

    assert len(cost_of(owner, f"/organisations/{company.id}/templates").all) <= 15
