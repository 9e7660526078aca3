"""Posting in steps: each is saved as it goes, and the check says what is missing."""

import html
import re
from datetime import timedelta

import pytest

from ideas import clock
from ideas.database import db, write
from ideas.models import Challenge, PostingStep, Round
from tests import factories
from tests.views.test_challenges import parse_form
from tests.views.test_statements import cost_of

TITLE = "How do we halve our packaging?"


@pytest.fixture
def company(app):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def text(response):
    return html.unescape(response.get_data(as_text=True))


def begin(company, owner, **fields):
    sent = {"title": TITLE, "brief": "We throw too much away.", "language": "en", "op": factories.op(), **fields}
    return owner.post(f"/organisations/{company.id}/challenges/begin", data=sent)


def the_challenge():
    return db.session.query(Challenge).one()


def the_round():
    return db.session.query(Round).one()


def path(step):
    return f"/challenges/{the_challenge().slug}/steps/{step}"


def send(owner, step, **fields):
    return owner.post(path(step), data={"op": factories.op(), **fields})


def test_two_fields_and_four_presses_publish_a_challenge(company, owner):
    first = begin(company, owner)
    assert first.location == path("way")

    for step, then in (("way", "people"), ("people", "conditions"), ("conditions", "check")):
        page = text(owner.get(path(step)))
        assert f'action="{path(step)}"' in page
        assert send(owner, step, **fields_in(page)).location == path(then)
    assert "Publish" in text(owner.get(path("check")))
    owner.post(f"/challenges/{the_challenge().id}/publication", data={"op": factories.op()})

    assert the_challenge().published_at is not None
    assert [phase.name for phase in the_round().phases] == ["write", "build", "debate", "vote", "closed"]
    assert (the_challenge().title, the_challenge().brief) == (TITLE, "We throw too much away.")


def fields_in(page):
    """The fields of the step as a browser without a script sends them, apart from its areas of text."""
    form = re.search(r'<form[^>]*id="step".*?</form>', page, re.DOTALL)
    return parse_form(form[0])


def test_a_step_keeps_what_the_other_steps_stored(company, owner):
    begin(company, owner, category="name", tags="bread, rolls")
    send(owner, "conditions", rules="Everybody may take part.", prize="Bread", decides="crowd", currency="CHF")
    send(owner, "people", visibility="listed", anonymity="for_good", capacity="77", begin="hand")
    send(owner, "way", blueprint="idea_contest", planned="idea_contest")
    send(owner, "challenge", title="Less packaging?", brief="Little.", language="de", tags="bread")

    challenge = the_challenge()
    assert (challenge.title, challenge.language, challenge.tags) == ("Less packaging?", "de", ["bread"])
    assert (challenge.category, challenge.rules, challenge.prize) == (None, "Everybody may take part.", "Bread")
    assert (challenge.visibility, challenge.anonymity, challenge.capacity) == ("listed", "for_good", 77)
    assert (challenge.blueprint, challenge.currency) == ("idea_contest", "CHF")
    assert [phase.name for phase in the_round().phases] == ["collect", "vote", "closed"]


@pytest.mark.parametrize(
    ("name", "ticked", "stored"),
    [
        ("Discuss", ["turns"], "turns"),
        ("Discuss", ["debate", "turns"], "debate"),
        ("Our great debate", ["turns"], "Our great debate"),
    ],
)
def test_a_phase_for_turns_alone_loses_the_name_of_its_blueprint(company, owner, name, ticked, stored):
    begin(company, owner)
    sent = fields_in(text(owner.get(path("way"))))

    send(owner, "way", **{**sent, "phase-2-name": name, "phase-2-activities": ticked})

    assert the_round().phases[2].name == stored


def test_a_new_blueprint_brings_its_phases_ideas_and_vote_without_a_script(company, owner):
    begin(company, owner)
    sent = fields_in(text(owner.get(path("way"))))

    answer = send(owner, "way", **{**sent, "blueprint": "pick_a_name"})

    assert answer.location == path("people")
    assert [phase.name for phase in the_round().phases] == ["write", "vote", "closed"]
    assert [question.rule for question in the_round().questions] == ["pairs"]
    assert (the_challenge().idea_title_max, the_challenge().idea_text) == (60, False)


def test_a_contest_starts_with_its_publication_unless_it_has_a_time(company, owner):
    begin(company, owner)
    send(owner, "way", blueprint="idea_contest", planned="idea_contest")
    assert the_round().starts_at_once

    send(owner, "way", blueprint="live_brainstorm", planned="live_brainstorm")
    assert not the_round().starts_at_once

    at = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    send(owner, "people", visibility="link", anonymity="named", capacity="9", begin="time", begin_at=at)
    send(owner, "way", blueprint="idea_contest", planned="idea_contest")
    assert not the_round().starts_at_once
    assert the_round().starts_at is not None


def test_a_button_of_the_editor_shows_the_phases_and_stores_nothing(company, owner):
    begin(company, owner)
    sent = fields_in(text(owner.get(path("way"))))

    page = text(send(owner, "way", **{**sent, "phase_act": "drop-0"}))

    assert '<details class="posting-adjust" open>' in page
    assert 'name="phases" value="3"' in page
    assert len(the_round().phases) == 5


def test_the_company_page_leads_to_the_step_where_somebody_stopped(company, owner):
    begin(company, owner)
    assert f'href="{path("way")}"' in text(owner.get(f"/organisations/{company.id}"))

    assert send(owner, "people", anonymity="named", visibility="link", then="leave").location == (
        f"/organisations/{company.id}"
    )
    assert f'href="{path("people")}"' in text(owner.get(f"/organisations/{company.id}"))

    assert send(owner, "people", anonymity="named", visibility="link", then="challenge").location == path("challenge")
    assert the_challenge().step == PostingStep.CHALLENGE


def test_a_refused_step_keeps_what_was_typed_and_stores_nothing(company, owner):
    begin(company, owner)

    answer = send(owner, "people", anonymity="until_result", visibility="listed", capacity="1")

    assert answer.status_code == 400
    page = text(answer)
    assert "error-summary" in page
    assert 'value="1"' in page
    assert re.search(r'value="until_result" checked', page)
    assert f'href="{path("challenge")}"' in page, "a wrong field does not hold anybody back"
    assert the_challenge().visibility == "link"


def test_a_first_step_without_a_title_makes_no_draft(company, owner):
    answer = begin(company, owner, title=" ", brief="Words that stay")

    assert answer.status_code == 400
    assert "Words that stay" in text(answer)
    assert db.session.query(Challenge).count() == 0


def test_an_other_step_is_saved_although_the_start_has_passed(company, owner):
    begin(company, owner)
    with write():
        the_round().starts_at = clock.now() - timedelta(hours=1)

    assert send(owner, "challenge", title="Less packaging?", language="en").status_code == 302
    assert the_challenge().title == "Less packaging?"
    assert send(owner, "people", **fields_in(text(owner.get(path("people"))))).status_code == 400
    assert "The start is in the past." in text(owner.get(path("check")))


def test_a_start_after_the_date_of_a_phase_is_refused_in_words(company, owner):
    begin(company, owner)
    near, far = ((clock.now() + timedelta(days=n)).strftime("%Y-%m-%dT%H:%M") for n in (2, 3))
    phase = {"phases": "1", "phase-0-name": "All", "phase-0-activities": "vote"}
    dated = {"blueprint": "open_contest", "planned": "open_contest", **phase, "phase-0-until": "date"}
    assert send(owner, "way", **dated, **{"phase-0-ends_at": near}).status_code == 302

    answer = send(owner, "people", anonymity="named", visibility="link", begin="time", begin_at=far)

    assert answer.status_code == 400
    assert "A phase ends before this start." in text(answer)


def test_two_colleagues_change_different_steps_and_one_is_asked_about_the_same(company, owner):
    begin(company, owner)
    opened = {step: fields_in(text(owner.get(path(step)))) for step in ("people", "challenge")}
    send(owner, "challenge", title="Theirs, and long enough", language="en")

    assert send(owner, "people", **{**opened["people"], "capacity": "50"}).status_code == 302
    answer = send(owner, "challenge", **{**opened["challenge"], "title": "Mine, and long enough"})

    assert answer.status_code == 409
    assert "Theirs, and long enough" in text(answer)
    assert "“Continue” replaces what is saved" in text(answer), "a step has no button “Save”"
    assert 'value="Mine, and long enough"' in text(answer)
    again = fields_in(text(answer))
    assert send(owner, "challenge", **again).status_code == 302
    assert the_challenge().title == "Mine, and long enough"


def test_a_published_challenge_is_edited_on_the_page_with_all_settings(company, owner):
    room = factories.room(company)

    for step in PostingStep:
        answer = owner.get(f"/challenges/{room.id}/steps/{step}", follow_redirects=True)
        assert answer.request.path.endswith("/edit")
    assert send(owner, "challenge", title="Another title", language="en").location.endswith("/edit")
    assert the_challenge().title != "Another title"


def test_a_preview_that_is_asked_for_late_is_no_repetition_of_the_step(company, owner):
    """A typist presses "Continue" within the moment after which the preview is asked for, with the same number."""
    op = factories.op()
    begin(company, owner, op=op)
    late = {"op": op, "title": f"{TITLE} Now", "brief": ""}

    assert owner.post(f"/organisations/{company.id}/challenges/begin/preview", data=late).status_code == 200
    op = factories.op()
    send(owner, "conditions", op=op, prize="A loaf")
    assert owner.post(path("conditions") + "/preview", data={"op": op, "prize": "A golden loaf"}).status_code == 200


def test_the_preview_of_a_step_shows_stored_and_typed_fields_and_stores_nothing(company, owner):
    begin(company, owner)

    page = text(owner.post(path("conditions") + "/preview", data={"prize": "A golden loaf"}))

    assert TITLE in page
    assert "A golden loaf" in page
    assert the_challenge().prize == ""


def test_the_pages_of_the_steps_take_few_statements_and_none_from_a_template(company, owner, from_templates):
    begin(company, owner)

    for step in PostingStep:
        assert len(cost_of(owner, path(step)).all) <= 15, step


def test_the_check_asks_for_no_rules_where_the_conditions_say_it(company, owner):
    begin(company, owner)
    send(owner, "conditions", rights="on_award", **{"prize-0-name": "First", "prize-0-amount": "500"}, currency="EUR")

    page = text(owner.get(path("check")))

    assert the_challenge().prizes
    assert "rules do not say" not in page
