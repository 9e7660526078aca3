"""Posting a challenge through its pages: draft, edit, preview, publish, share."""

import html
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from app.platform.rendering import isolated
from ideas import blueprints, clock
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.models import Anonymity, Challenge, Origin, Retention, RetentionAct, Round, Visibility
from ideas.services import challenges, facilitations
from tests import factories

FORM = {
    "title": "How do we halve our packaging?",
    "brief": "We throw **too much** away.",
    "rules": "Everybody may take part.",
    "prize": "600 € for three ideas",
    "language": "de",
    "blueprint": "open_contest",
    "visibility": "listed",
    "anonymity": "until_result",
    "approval": "1",
    "capacity": "50",
    "planned": "open_contest",
    "phases": "1",
    "phase-0-name": "Write, discuss, vote",
    "phase-0-activities": ["write", "debate", "vote"],
    "phase-0-until": "date",
    "phase-0-ends_at": "2099-07-01T18:00",
    "phase-0-utc_offset": "120",
    "idea_title_max": "140",
    "idea_image": "optional",
    "idea_text": "1",
    "idea_prompts": "1",
    "layout": "list",
    "seed_ideas": "Bread\nRolls | small",
}


@pytest.fixture
def company(app):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def text(response):
    return html.unescape(response.get_data(as_text=True))


def new(company):
    return f"/organisations/{company.id}/challenges/new"


def the_challenge():
    return db.session.query(Challenge).one()


def the_round():
    return db.session.query(Round).one()


# Permissions


def test_a_stranger_signs_in_before_posting_a_challenge(client):
    assert client.get("/challenges/new").location.endswith("/sign-in?next=/challenges/new")


def test_the_form_depends_on_the_number_of_organisations(app, company, owner, browser_of):
    assert browser_of(factories.account()).get("/challenges/new").location == "/organisations/new?then=ask"
    assert owner.get("/challenges/new").location == f"/organisations/{company.id}/challenges/begin"

    factories.company(company.owner, "Second Mill")

    page = text(owner.get("/challenges/new"))
    assert "Mill & Oven" in page
    assert "Second Mill" in page


def test_only_members_see_the_form_and_their_drafts(company, browser_of, client):
    room = factories.draft(company)
    outsider = browser_of(factories.account())

    for path in (new(company), f"/challenges/{room.id}/edit", f"/challenges/{room.id}/preview"):
        assert outsider.get(path).status_code == 404
        assert client.get(path).status_code == 302
        assert browser_of(factories.member(company.id, company.owner)).get(path).status_code == 200
    assert outsider.post(new(company), data=FORM).status_code == 404
    assert outsider.post(f"/challenges/{room.id}/publication").status_code == 404
    assert outsider.post(f"/challenges/{room.id}/deletion").status_code == 404
    assert db.session.query(Challenge).one().published_at is None


def test_participants_cannot_edit_a_challenge(app, browser_of):
    room = factories.listed_room()
    guest = factories.account()
    factories.participant(room, actor=guest)

    for path in ("edit", "preview", "share", "qr.svg"):
        assert browser_of(guest).get(f"/challenges/{room.id}/{path}").status_code == 403


# Duplicates


def test_a_member_duplicates_a_challenge_and_lands_on_its_first_step(company, owner):
    room = factories.room(company, title="Weniger Müll?", language="de")

    response = owner.post(f"/challenges/{room.id}/copies", data={"op": factories.op()})

    copied = db.session.query(Challenge).filter(Challenge.id != room.id).one()
    assert response.status_code == 303
    assert response.location == f"/challenges/{copied.slug}/steps/challenge"
    page = text(owner.get(response.location))
    assert 'value="Weniger Müll? (Kopie)"' in page  # in the language of the challenge
    assert "This draft is a copy." in page


def test_a_repeated_duplication_makes_one_copy(company, owner):
    room = factories.room(company)
    op = factories.op()

    first, second = (owner.post(f"/challenges/{room.id}/copies", data={"op": op}) for _ in range(2))

    assert first.location == second.location
    assert db.session.query(Challenge).count() == 2


def test_only_members_duplicate_and_see_the_button(company, owner, browser_of, client):
    draft, running = factories.draft(company), factories.room(company, visibility=Visibility.LISTED)
    closed = factories.room(company, visibility=Visibility.LISTED)
    factories.close(closed)
    participant = factories.participant(running)
    facilitations.share_facilitation(company.owner, running.id, participant.id)
    guide, ways = browser_of(participant.actor), [f"/challenges/{room.id}/copies" for room in (draft, running, closed)]

    dashboard = text(owner.get(f"/organisations/{company.id}"))
    assert all(f'action="{way}"' in dashboard for way in ways)
    for path, way in ((f"{running.path}/console", ways[1]), (f"{closed.path}/result", ways[2])):
        assert f'action="{way}"' in text(owner.get(path))
    assert ways[1] not in text(guide.get(f"{running.path}/console"))
    assert ways[2] not in text(client.get(f"{closed.path}/result"))
    assert guide.post(ways[1], data={"op": factories.op()}).status_code == 403
    stranger = browser_of(factories.account())
    assert stranger.post(ways[1], data={"op": factories.op()}).status_code == 404
    assert db.session.query(Challenge).count() == 3


# Drafts


def test_a_draft_stores_every_field_of_the_form(company, owner):
    response = owner.post(new(company), data={**FORM, "then": "preview"})

    challenge, found = the_challenge(), the_round()
    assert response.location == f"/challenges/{challenge.slug}/preview"
    assert (challenge.title, challenge.brief, challenge.rules, challenge.prize) == (
        FORM["title"],
        FORM["brief"],
        FORM["rules"],
        FORM["prize"],
    )
    assert (challenge.language, challenge.blueprint, challenge.capacity) == ("de", "open_contest", 50)
    assert challenge.visibility == Visibility.LISTED
    assert challenge.anonymity == Anonymity.UNTIL_RESULT
    assert challenge.approval
    assert challenge.published_at is None
    assert found.origin == Origin.LIVE
    assert [(p.name, p.activities) for p in found.phases[:-1]] == [("open", ["write", "debate", "vote"])]
    assert found.phases[-2].ends_at == datetime(2099, 7, 1, 16, 0, tzinfo=UTC)
    assert blueprints.idea_rules_of(challenge) == blueprints.IdeaRules(title_max=140)
    assert challenge.seed_ideas == "Bread\nRolls | small"


def test_a_closing_date_without_a_script_is_utc(company, owner):
    owner.post(new(company), data={**FORM, "phase-0-utc_offset": "0"})

    assert the_round().phases[-2].ends_at == datetime(2099, 7, 1, 18, 0, tzinfo=UTC)


def test_the_list_of_errors_names_the_fields(owner, company):
    page = text(owner.post(new(company), data={**FORM, "title": "", "brief": "x" * 5001}))

    assert '<a href="#field-title"><b>The challenge</b> Please fill this in.</a>' in page
    assert '<a href="#field-brief"><b>What is it about?</b> This is too long. Please shorten it.</a>' in page


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title": ""}, "Please fill this in."),
        ({"title": "x" * 201}, "This is too long. Please shorten it."),
        ({"brief": "x" * 5001}, "This is too long. Please shorten it."),
        ({"blueprint": "import"}, "Please choose one of these."),
        ({"anonymity": "none"}, "Please choose one of these."),
        ({"visibility": "secret"}, "Please choose one of these."),
        ({"language": "xx"}, "Please choose one of these."),
        ({"capacity": "1"}, "From 2 to 20,000 people can take part."),
        ({"capacity": "many"}, "From 2 to 20,000 people can take part."),
        ({"phase-0-ends_at": "tomorrow"}, "This is not a date. Please check it."),
        ({"phase-0-ends_at": "0001-01-01T00:00"}, "This is not a date. Please check it."),
        ({"phase-0-utc_offset": "999999999999"}, "This is not a date. Please check it."),
        ({"phase-0-ends_at": "2020-01-01T10:00"}, "This is in the past. Please choose a later date."),
        ({"phase-0-ends_at": ""}, "Please fill this in."),
        ({"phase-0-name": " "}, "Please fill this in."),
        ({"phase-0-until": "whenever"}, "Please choose one of these."),
        ({"phase-0-until": "length"}, "Please fill this in."),
        ({"phase-0-until": "length", "phase-0-length": "ten", "phase-0-unit": "minutes"}, "a whole number"),
        ({"phase-0-until": "length", "phase-0-length": "10", "phase-0-unit": "moons"}, "a whole number"),
        (
            {"phase-0-until": "length", "phase-0-length": "0", "phase-0-unit": "days"},
            "A phase can last from one second to one year.",
        ),
        (
            {"phase-0-until": "length", "phase-0-length": "999", "phase-0-unit": "days"},
            "A phase can last from one second to one year.",
        ),
        ({"phase-0-hidden": "1"}, "While everyone writes alone"),
        ({"phase-0-activities": ["write", "sing"]}, "Please choose one of these."),
        ({"phases": "0"}, "A round can have 1 to 12 phases."),
        ({"phases": "13"}, "A round can have 1 to 12 phases."),
        ({"idea_title_max": "0"}, "Please choose 1 to 200 characters."),
        ({"idea_title_max": "many"}, "Please choose 1 to 200 characters."),
        ({"idea_image": "two"}, "Please choose one of these."),
        ({"layout": "gallery", "idea_image": "none"}, "A gallery needs pictures"),
        ({"seed_ideas": "Bread\nRolls\nbread"}, "Line 3 is the same as line 1."),
    ],
)
def test_a_refused_form_keeps_everything_typed(company, owner, wrong, says):
    response = owner.post(new(company), data={**FORM, **wrong})

    assert response.status_code == 400
    assert says in text(response)
    fields = ["title", "brief", "rules", "prize", "seed_ideas"] + ["phase-0-name", "phase-0-ends_at"] * (
        "phases" not in wrong
    )
    for field in fields:
        assert {**FORM, **wrong}[field] in text(response)
    assert db.session.query(Challenge).count() == 0


def test_several_problems_are_reported_at_once(company, owner):
    page = text(owner.post(new(company), data={**FORM, "title": "", "capacity": "1", "anonymity": "x"}))

    for field in ("title", "capacity", "anonymity"):
        assert f'href="#field-{field}"' in page


def test_a_draft_can_be_changed_in_every_field(company, owner):
    owner.post(new(company), data=FORM)
    wanted = {
        k: v for k, v in FORM.items() if not k.startswith("phase") and k not in ("approval", "planned", "seed_ideas")
    }
    wanted |= {"title": "Another?", "blueprint": "live_brainstorm", "language": "en", "is_rehearsal": "1"}

    response = owner.post(f"/challenges/{the_challenge().id}/edit", data=wanted)

    assert response.status_code == 302
    challenge, found = the_challenge(), the_round()
    assert (challenge.title, challenge.blueprint, challenge.language) == ("Another?", "live_brainstorm", "en")
    assert not challenge.approval
    assert found.origin == Origin.REHEARSAL
    assert [p.name for p in found.phases] == ["write", "build", "debate", "vote", "closed"]
    assert found.phases[-2].ends_at is None


def test_the_form_shows_the_stored_values(company, owner):
    owner.post(new(company), data=FORM)

    page = text(owner.get(f"/challenges/{the_challenge().id}/edit"))

    assert FORM["title"] in page
    assert 'data-utc="2099-07-01T16:00:00Z"' in page
    assert 'value="until_result" checked' in page


def test_a_draft_can_be_deleted_and_a_published_challenge_cannot(company, owner):
    draft, published = factories.draft(company), factories.room(company)

    assert owner.post(f"/challenges/{draft.id}/deletion").location == f"/organisations/{company.id}"
    assert owner.post(f"/challenges/{published.id}/deletion").status_code == 409

    assert [c.id for c in db.session.query(Challenge)] == [published.id]


# After publication


def revise(owner, room, **wanted):
    kept = {**FORM, "anonymity": "named", "visibility": "link", **wanted}
    return owner.post(f"/challenges/{room.id}/edit", data=kept)


def test_blueprint_language_and_rehearsal_are_fixed_after_publication(company, owner):
    room = factories.room(company, language="en")
    page = text(owner.get(f"/challenges/{room.id}/edit"))
    assert 'name="language"' not in page.replace(' name="language" value', "")
    assert 'name="is_rehearsal"' not in page

    response = revise(owner, room, title="New words", blueprint="live_brainstorm", language="de", is_rehearsal="1")

    assert response.status_code == 302
    challenge = the_challenge()
    assert (challenge.title, challenge.blueprint, challenge.language) == ("New words", "open_contest", "en")
    assert the_round().origin == Origin.LIVE


def test_phases_and_dates_are_edited_on_another_page_after_publication(company, owner):
    room = factories.room(company, closes_at=clock.now() + timedelta(hours=1))
    before = the_round().phases[-2].ends_at

    page = text(owner.get(f"/challenges/{room.id}/edit"))
    response = revise(
        owner, room, **{"phase-0-ends_at": "2098-01-01T00:00", "idea_title_max": "20", "seed_ideas": "Late"}
    )

    assert f'href="{room.path}/phases"' in page
    assert f'href="{room.path}/seed-ideas"' in page
    assert "phase-0-name" not in page
    assert response.status_code == 302
    db.session.rollback()
    assert [p.ends_at for p in the_round().phases] == [before, None]
    assert (the_challenge().idea_title_max, the_challenge().seed_ideas) == (200, "")


def test_anonymity_is_never_weakened_after_the_first_idea(company, owner):
    room = factories.room(company, anonymity=Anonymity.UNTIL_RESULT)
    assert "Not available: people have already written" not in text(owner.get(f"{room.path}/edit"))
    factories.idea(room, factories.participant(room))

    page = text(owner.get(f"/challenges/{room.id}/edit"))
    refused = revise(owner, room, anonymity="named", title="Typed with care")

    assert "Not available: people have already written" in page
    assert 'value="named" required disabled' in page
    assert 'value="for_good" required disabled' not in page
    assert refused.status_code == 409
    assert "anonymity can only become stronger" in text(refused)
    assert "Typed with care" in text(refused)
    assert the_challenge().anonymity == Anonymity.UNTIL_RESULT
    assert revise(owner, room, anonymity="for_good").status_code == 302
    assert the_challenge().anonymity == Anonymity.FOR_GOOD


def test_a_closed_challenge_cannot_be_edited(company, owner):
    room = factories.room(company)
    factories.close(room)

    assert owner.get(f"{room.path}/edit").status_code == 409
    assert revise(owner, room, title="Too late").status_code == 409
    assert the_challenge().title != "Too late"


def test_a_close_during_editing_loses_no_typed_text(company, owner, monkeypatch):
    room = factories.room(company)
    close_first = challenges.revise_challenge

    def closed_in_between(*args, **more):
        factories.close(room)
        return close_first(*args, **more)

    monkeypatch.setattr("app.views.challenges.challenges.revise_challenge", closed_in_between)

    response = revise(owner, room, title="Typed with care")

    assert response.status_code == 409
    assert "This round is closed." in text(response)
    assert "Typed with care" in text(response)


# The editor of phases


LIVE = {
    "title": "Typed with care",
    "blueprint": "live_brainstorm",
    "planned": "live_brainstorm",
    "phases": "3",
    **{f"phase-{i}-name": name for i, name in enumerate(("Alone", "Read and add", "Vote"))},
    **{f"phase-{i}-until": "length" for i in range(3)},
    **{f"phase-{i}-length": str(5 + i) for i in range(3)},
    **{f"phase-{i}-unit": "minutes" for i in range(3)},
    "phase-0-activities": "write",
    "phase-0-hidden": "1",
    "phase-1-activities": "write",
    "phase-2-activities": "vote",
    "idea_image": "required",
    "layout": "gallery",
    "seed_ideas": "Kept",
}


def names_in(page):
    fields = parse_form(page)
    return [name for i in range(int(fields["phases"][0])) for name in fields[f"phase-{i}-name"]]


@pytest.mark.parametrize(
    ("act", "names", "focus"),
    [
        ("up-1", ["Read and add", "Alone", "Vote"], 'value="down-0"'),
        ("up-2", ["Alone", "Vote", "Read and add"], 'value="up-1"'),
        ("down-0", ["Read and add", "Alone", "Vote"], 'value="down-1"'),
        ("down-1", ["Alone", "Vote", "Read and add"], 'value="up-2"'),
        ("drop-0", ["Read and add", "Vote"], 'id="field-phase-0-name"'),
        ("drop-2", ["Alone", "Read and add"], 'id="field-phase-1-name"'),
        ("add", ["Alone", "Read and add", "Vote", ""], 'id="field-phase-3-name"'),
        ("up-0", ["Alone", "Read and add", "Vote"], None),
        ("down-2", ["Alone", "Read and add", "Vote"], None),
        ("drop-9", ["Alone", "Read and add", "Vote"], None),
        ("dance-1", ["Alone", "Read and add", "Vote"], None),
        ("up--1", ["Alone", "Read and add", "Vote"], None),
    ],
)
def test_the_buttons_of_the_editor_return_the_typed_form_and_store_nothing(company, owner, act, names, focus):
    response = owner.post(new(company), data={**LIVE, "phase_act": act})
    page = text(response)

    assert response.status_code == 200
    assert names_in(page) == names
    assert 'value="Typed with care"' in page
    assert "Kept</textarea>" in page
    assert 'value="required" checked' in page
    focused = re.findall(r"<[^>]* autofocus[^>]*>", page)
    assert [focus in tag for tag in focused] == ([True] if focus else [])
    assert db.session.query(Challenge).count() == 0


def test_a_moved_phase_keeps_its_typed_fields(company, owner):
    page = text(owner.post(new(company), data={**LIVE, "phase_act": "down-0"}))

    fields = parse_form(page)
    assert "phase-0-hidden" not in fields
    assert fields["phase-1-hidden"] == ["1"]
    assert (fields["phase-1-length"], fields["phase-1-unit"]) == (["5"], ["minutes"])


def test_the_button_use_this_applies_the_phases_and_rules_of_the_blueprint(company, owner):
    page = text(owner.post(new(company), data={**LIVE, "blueprint": "pick_a_name", "phase_act": "use"}))

    assert names_in(page) == ["Write", "Vote"]
    assert 'name="planned" value="pick_a_name"' in page
    fields = parse_form(page)
    assert (fields["idea_title_max"], fields["idea_image"], fields["layout"]) == (["60"], ["none"], ["list"])
    assert "idea_text" not in fields
    assert 'value="Typed with care"' in page
    assert "Kept</textarea>" in page


def test_a_blueprint_that_was_not_applied_is_shown_before_it_is_stored(company, owner):
    page = text(owner.post(new(company), data={**LIVE, "blueprint": "design_contest", "then": "preview"}))

    assert names_in(page) == ["Write and discuss", "Vote"]
    assert "These are the phases of “Design contest”." in page
    assert db.session.query(Challenge).count() == 0


BY_HAND = {
    **LIVE,
    "phase-1-until": "date",
    "phase-1-ends_at": "2099-07-01T18:00",
    "phase-1-utc_offset": "120",
    "phase-2-length": "soon",
    "idea_title_max": "99",
}


def test_undo_restores_the_typed_phases_that_a_blueprint_replaced(company, owner):
    def press(fields, act, **typed):
        return text(owner.post(new(company), data={**fields, **typed, "phase_act": act}))

    before = parse_form(press(BY_HAND, "none"))
    taken = press(BY_HAND, "use", blueprint="pick_a_name")
    assert "Replaced by the phases of “Pick a name”." in taken
    # the phases of the first blueprint were not edited
    another = press(parse_form(taken), "use", blueprint="open_contest")
    assert "Replaced by the phases of “Open contest”." in another
    added = press(parse_form(another), "add", title="Typed since")
    assert "Replaced by" in added
    assert parse_form(added)["phases"] != before["phases"]

    undone = press(parse_form(added), "undo")

    # the signature of the token contains the time in seconds, and every form has a number of its own
    own = {name: parse_form(undone)[name] for name in ("csrf_token", "op")}
    assert parse_form(undone) == {**before, "title": ["Typed since"], **own}
    assert "Replaced by" not in undone
    assert "soon" in undone


def test_undo_is_offered_only_if_phases_were_typed(company, owner):
    fields = parse_form(text(owner.get(new(company))))
    page = text(owner.post(new(company), data={**fields, "blueprint": "pick_a_name", "phase_act": "use"}))

    assert names_in(page) == ["Write", "Vote"]
    assert "Replaced by" not in page
    forged = {**LIVE, "was-phases": "12", "was-planned": "none", "phase_act": "undo"}
    assert owner.post(new(company), data=forged).status_code == 200
    assert (
        owner.post(new(company), data={**LIVE, "planned": "none", "was-x": "", "phase_act": "add"}).status_code == 200
    )


def test_the_phases_of_the_editor_are_stored(company, owner):
    assert owner.post(new(company), data=LIVE).status_code == 302

    phases = the_round().phases
    assert [(p.name, p.activities, p.others_visible, p.seconds) for p in phases[:-1]] == [
        ("Alone", ["write"], False, 300),
        ("build", ["write"], True, 360),
        ("vote", ["vote"], True, 420),
    ]
    page = text(owner.get(f"/challenges/{the_challenge().id}/edit"))
    assert names_in(page) == ["Alone", "Read and add", "Vote"]
    again = owner.post(f"/challenges/{the_challenge().id}/edit", data={**LIVE, "phase_act": "drop-0"})
    assert names_in(text(again)) == ["Read and add", "Vote"]
    assert len(the_round().phases) == 4


def test_default_phase_names_are_stored_independent_of_the_language(company, owner):
    owner.post("/language", data={"language": "de"})
    owner.post(new(company), data={**FORM, "phase-0-name": "Abstimmen"})

    assert the_round().phases[0].name == "vote"
    assert 'value="Abstimmen"' in text(owner.get(f"/challenges/{the_challenge().id}/edit"))


@pytest.mark.parametrize("name", list(blueprints.CHOICES))
def test_every_blueprint_is_shown_in_words_and_can_be_saved_unchanged(company, owner, name):
    page = text(owner.post(new(company), data={**LIVE, "blueprint": name, "phase_act": "use"}))

    response = owner.post(new(company), data={**_fields_of(page), "title": "Asked", "blueprint": name})

    assert response.status_code == 302
    stored = [blueprints.plan_of(p) for p in the_round().phases[:-1]]
    assert stored == list(blueprints.CHOICES[name].plans)
    assert blueprints.idea_rules_of(the_challenge()) == blueprints.CHOICES[name].ideas


def _fields_of(page):
    """The fields of the editor that a browser without scripts would send."""
    form = parse_form(page)
    return {name: values for name, values in form.items() if name.startswith(("phase", "planned", "idea", "layout"))}


class Fields(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self._select = {}, ""

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "select":
            self._select = found.get("name", "")
        elif tag == "option" and "selected" in found and self._select:
            self.found.setdefault(self._select, []).append(found["value"])
        elif tag == "input" and "name" in found:
            if found.get("type") in ("radio", "checkbox") and "checked" not in found:
                return
            self.found.setdefault(found["name"], []).append(found.get("value", ""))


def parse_form(page):
    fields = Fields()
    fields.feed(page)
    return fields.found


# Preview and publication


def test_the_preview_shows_the_challenge_and_a_button_to_publish(company, owner):
    owner.post(new(company), data=FORM)

    page = text(owner.get(f"/challenges/{the_challenge().id}/preview"))

    assert "<strong>too much</strong>" in page
    assert FORM["prize"] in page
    assert "Everybody may take part." in page
    assert "inert" in page
    assert f'action="/challenges/{the_challenge().id}/publication"' in page


def test_the_preview_has_the_styles_of_its_foot_and_the_page_of_joining_leaves_them_out(company, owner, client):
    draft, room = factories.draft(company), factories.room(company)

    page = text(owner.get(f"/challenges/{draft.id}/preview"))

    assert "wizard__foot" in page
    assert "css/joined-more" in page
    assert "css/joined-more" not in text(client.get(f"/join/{room.code}"))


@pytest.mark.parametrize(
    ("fields", "is_warned"),
    [
        ({"blueprint": "prioritise"}, True),
        ({"blueprint": "prioritise", "seed_ideas": "Bread | dark"}, False),
        ({"blueprint": "live_brainstorm"}, False),
    ],
)
def test_the_preview_warns_of_a_round_without_anything_to_vote_on(company, owner, fields, is_warned):
    draft = factories.draft(company, **fields)

    page = text(owner.get(f"/challenges/{draft.id}/preview"))

    assert ("there are no ideas yet" in page) is is_warned


def test_publishing_opens_the_room_and_redirects_to_the_share_page(company, owner):
    room = factories.draft(company)

    response = owner.post(f"/challenges/{room.id}/publication")

    assert response.location == f"{room.path}/share"
    assert the_challenge().published_at is not None
    assert owner.post(f"/challenges/{room.id}/publication").location == f"{room.path}/share"


def test_a_draft_with_a_past_date_cannot_be_published(company, owner):
    room = factories.draft(company, closes_at=clock.now() + timedelta(hours=1))
    with write() as transaction:
        transaction.session.get_one(Round, room.round_id).phases[-2].ends_at = clock.now() - timedelta(minutes=1)

    assert owner.post(f"/challenges/{room.id}/publication").location == f"{room.path}/edit"

    assert the_challenge().published_at is None


def test_the_live_preview_renders_the_typed_form_and_stores_nothing(company, owner, browser_of):
    sketch = f"/organisations/{company.id}/challenges/live-preview"

    typed = {**FORM, "brief": "**bold** <script>alert(1)</script>", "anonymity": "x"}
    page = owner.post(sketch, data=typed).get_data(as_text=True)

    assert "<strong>bold</strong>" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "2099-07-01T16:00:00Z" in page
    assert "<html" not in page
    assert db.session.query(Challenge).count() == 0
    assert browser_of(factories.account()).post(sketch, data=FORM).status_code == 404


# Sharing


def test_the_share_page_has_a_link_a_code_and_a_qr_code(company, owner):
    room = factories.room(company)

    page = text(owner.get(f"/challenges/{room.id}/share"))

    assert f"http://localhost/join/{room.code}" in page
    assert f"{room.code[:3]} {room.code[3:]}" in page
    assert f"{room.path}/qr.svg" in page


def test_link_and_qr_code_use_the_public_address(app, company, owner):
    room = factories.room(company)
    before = owner.get(f"/challenges/{room.id}/qr.svg")
    app.config["PUBLIC_URL"] = "https://ideas.example.org"

    page = owner.get(f"/challenges/{room.id}/share")
    after = owner.get(f"/challenges/{room.id}/qr.svg")

    assert f"https://ideas.example.org/join/{room.code}" in text(page)
    assert "localhost" not in text(page)
    assert before.mimetype == after.mimetype == "image/svg+xml"
    assert before.data.startswith(b"<svg")
    assert before.data != after.data


def test_a_draft_cannot_be_shared(company, owner):
    room = factories.draft(company)

    response = owner.get(f"/challenges/{room.id}/share")

    assert response.location == f"{room.path}/preview"


# Questions of the vote


def test_the_form_sets_the_questions_and_rules_of_the_vote(company, owner):
    asked = {
        "q1_rule": "points", "q1_prompt": "Worth it?", "q1_budget": "7", "q1_quadratic": "1", "q1_top": "",
        "q2_rule": "grades", "q2_prompt": "Doable?", "q2_steps": "4", "live_ranking": "1", "auto_close": "1",
    }  # fmt: skip

    assert owner.post(new(company), data=FORM | asked).status_code == 302

    points, grades = the_round().questions
    assert (points.prompt, points.options) == ("Worth it?", {"top": 3, "budget": 7, "quadratic": True})
    assert (grades.prompt, grades.options) == ("Doable?", {"top": 3, "steps": 4})
    assert (the_round().live_ranking, the_round().auto_close) == (True, True)


def test_the_blueprint_sets_the_question_if_the_form_names_no_rule(company, owner):
    owner.post(new(company), data=FORM)

    assert [question.rule for question in the_round().questions] == ["approval"]
    assert not the_round().live_ranking


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        ({"q1_rule": "cheering"}, "q1_rule", "Please choose one of these."),
        ({"q1_rule": "points", "q1_budget": "x"}, "q1_budget", "Please choose a number from 1 to 1,000."),
        ({"q1_rule": "points", "q1_budget": "0"}, "q1_budget", "Please choose a number from 1 to 1,000."),
        ({"q1_rule": "stars", "q1_top": "0"}, "q1_top", "Please choose a number from 1 to 100."),
        ({"q1_rule": "pairs", "q2_rule": "pairs"}, "q2_prompt", "Both votes ask the same."),
    ],
)
def test_a_wrong_question_is_shown_again_with_its_problem(company, owner, asked, field, message):
    answer = owner.post(new(company), data=FORM | asked)

    assert answer.status_code == 400
    assert db.session.query(Challenge).all() == []
    assert f'href="#field-{field}">{message}' in text(answer)
    assert f'id="field-{field}"' in text(answer)


def test_a_refused_form_keeps_the_typed_questions(company, owner):
    typed = {
        "q1_rule": "points", "q1_prompt": "Worth <it>?", "q1_budget": "7000", "q1_quadratic": "1",
        "q2_rule": "ranked", "q2_most": "4", "live_ranking": "1",
    }  # fmt: skip

    page = text(owner.post(new(company), data=FORM | typed))

    assert 'value="points" checked' in page
    assert 'value="Worth <it>?"' in page
    assert 'name="q1_budget" type="number" value="7000"' in page
    assert re.search(r'name="q1_quadratic" value="1"[^>]* checked', page)
    assert 'name="q2_most" type="number" value="4"' in page
    assert re.search(r'name="live_ranking" value="1"[^>]* checked', page)
    assert not re.search(r'name="auto_close" value="1"[^>]* checked', page)


def test_the_form_offers_six_rules_each_with_text_and_picture(company, owner):
    page = text(owner.get(new(company)))

    for rule in ("approval", "pairs", "points", "grades", "stars", "ranked"):
        assert page.count(f'name="q1_rule" value="{rule}"') == 1
    assert page.count('class="rule-picture"') == 12
    assert page.count('class="pick__more"') >= 12


def test_the_form_shows_the_stored_questions_of_a_draft(company, owner):
    owner.post(
        new(company), data=FORM | {"q1_rule": "grades", "q1_steps": "4", "q1_prompt": "Good?", "auto_close": "1"}
    )
    challenge = db.session.query(Challenge).one()

    page = text(owner.get(f"/challenges/{challenge.id}/edit"))

    assert 'name="q1_rule" value="grades" checked' in page
    assert '<option value="4" selected' in page
    assert re.search(r'name="auto_close" value="1"[^>]* checked', page)


def test_a_second_question_is_added_to_the_proposed_one(company, owner):
    owner.post(new(company), data=FORM | {"q1_rule": "", "q2_rule": "grades", "q2_prompt": "Doable?"})

    assert [question.rule for question in the_round().questions] == ["approval", "grades"]


@pytest.mark.parametrize(
    ("blueprint", "rule"),
    [("pick_a_name", "pairs"), ("prioritise", "points"), ("design_contest", "stars"), ("idea_contest", "approval")],
)
def test_blueprints_propose_a_rule(company, owner, blueprint, rule):
    owner.post(new(company), data=FORM | {"blueprint": blueprint, "planned": blueprint, "q1_rule": ""})

    assert [question.rule for question in the_round().questions] == [rule]


def test_the_questions_of_a_published_challenge_are_read_only(company, browser_of):
    room = factories.room(company, questions=(QuestionPlan("points", "Worth it?"),), live_ranking=True, auto_close=True)
    owner = browser_of(company.owner)

    page = text(owner.get(f"/challenges/{room.id}/edit"))
    assert f"{isolated('Worth it?')} · Points, 10 per person, winners: 3" in page
    assert "q1_rule" not in page
    boxes = re.findall(r'name="(live_ranking|auto_close)" value="1"[^>]* checked', page)
    owner.post(f"/challenges/{room.id}/edit", data=FORM | dict.fromkeys(boxes, "1"))

    assert (room.round.live_ranking, room.round.auto_close) == (True, True)


def test_a_live_ranking_cannot_be_switched_on_after_the_first_vote(company, browser_of):
    room = factories.room(company)
    idea = factories.idea(room, factories.participant(room))
    owner, path = browser_of(company.owner), f"/challenges/{room.id}/edit"
    assert not re.search(r'name="live_ranking"[^>]* disabled', text(owner.get(path)))

    factories.mark(room, factories.participant(room), {idea: 1})

    assert re.search(r'name="live_ranking"[^>]* disabled', text(owner.get(path)))
    refused = owner.post(path, data=FORM | {"live_ranking": "1"})
    assert refused.status_code == 409
    assert "People have already voted while the count was sealed." in text(refused)
    db.session.rollback()
    assert not room.round.live_ranking


def test_the_rule_for_the_time_after_the_close_is_stored_shown_and_can_only_become_stricter(company, owner):
    kept = {**FORM, "keeping": "anonymise", "keeping_days": "90"}
    owner.post(f"/organisations/{company.id}/challenges/new", data=kept)
    challenge = db.session.query(Challenge).one()
    assert challenge.retention == Retention(RetentionAct.ANONYMISE, 90)
    page = f"/challenges/{challenge.slug}/edit"
    form = owner.get(page).get_data(as_text=True)
    assert 'value="90"' in form
    challenges.publish_challenge(company.owner, challenge.id)

    weaker = owner.post(page, data={**kept, "keeping_days": "91"}, follow_redirects=True)
    assert weaker.status_code == 409
    assert "People have joined under this promise." in weaker.get_data(as_text=True)
    assert 'value="91"' in weaker.get_data(as_text=True), "nothing that was typed is lost"
    assert "You can only" not in owner.post(page, data={**kept, "keeping": "delete"}).get_data(as_text=True)
    db.session.rollback()
    assert db.session.query(Challenge).one().retention == Retention(RetentionAct.DELETE, 90)


@pytest.mark.parametrize("days", ["", "0", "-3", "many", "99999"])
def test_a_rule_without_a_sensible_number_of_days_is_refused(company, owner, days):
    response = owner.post(
        f"/organisations/{company.id}/challenges/new", data={**FORM, "keeping": "delete", "keeping_days": days}
    )

    assert response.status_code == 400
    assert "field-keeping_days" in response.get_data(as_text=True)
    assert db.session.query(Challenge).count() == 0


# Category and tags


def test_the_category_and_the_tags_stand_on_the_form_the_door_and_the_card(company, owner, client):
    fields = {**FORM, "category": "environment", "tags": "#Packaging, bakery; Packaging"}
    owner.post(new(company), data=fields)
    challenge = the_challenge()
    challenges.publish_challenge(company.owner, challenge.id)

    assert (challenge.category, challenge.tags) == ("environment", ["Packaging", "bakery"])
    assert 'value="Packaging, bakery"' in text(owner.get(f"/challenges/{challenge.id}/edit", follow_redirects=True))
    for page in (f"/join/{challenge.code}", "/"):
        shown = text(client.get(page))
        assert "Environment and climate" in shown
        assert ">bakery</span>" in shown


def test_too_many_tags_are_refused_and_stay_typed(company, owner):
    answer = owner.post(new(company), data={**FORM, "tags": "a, b, c, d, e, f"})

    assert answer.status_code == 400
    assert "At most five tags." in text(answer)
    assert 'value="a, b, c, d, e, f"' in text(answer)
    assert db.session.query(Challenge).count() == 0
