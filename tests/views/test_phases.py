"""The pages for planning a running round and for adding seed ideas."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from app import labels
from ideas import blueprints, clock
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.models import Activity, Round
from ideas.queries.ideas import idea_rows
from ideas.services import rounds, steering
from tests import factories
from tests.views.test_challenges import names_in, parse_form

TO_COME = {
    "phases": "2",
    "phase-0-place": "1",
    "phase-0-name": "Second look",
    "phase-0-activities": "debate",
    "phase-0-until": "date",
    "phase-0-ends_at": "2099-07-01T18:00",
    "phase-0-utc_offset": "120",
    "phase-0-advances": "1",
    "phase-1-place": "3",
    "phase-1-name": "Vote",
    "phase-1-activities": "vote",
    "phase-1-until": "length",
    "phase-1-length": "2",
    "phase-1-unit": "hours",
}


@pytest.fixture
def company(app, noise):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def room(company):
    return factories.room(company, blueprint="live_brainstorm")


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def text(response):
    return html.unescape(response.get_data(as_text=True))


def url(room, page="phases"):
    return f"{room.path}/{page}"


def names_of(room):
    db.session.rollback()
    return [p.name for p in room.round.phases]


def test_started_phases_are_read_only_and_future_ones_editable(room, owner):
    rounds.step_to_phase(room.owner, room.round_id, 1)

    page = text(owner.get(url(room)))

    assert names_in(page) == ["Discuss", "Vote"]
    begun = page.split('id="to-come"')[0]
    assert "stays as it is" in begun
    assert begun.index("Write") < begun.index("Read and add")
    assert 'name="running-position" value="1"' in begun


def test_future_phases_are_replaced(room, owner):
    response = owner.post(url(room), data=TO_COME)

    assert response.location == url(room, "console")
    assert names_of(room) == ["write", "Second look", "vote", "closed"]
    second, third = room.round.phases[1:3]
    assert (second.ends_at, second.advances) == (datetime(2099, 7, 1, 16, 0, tzinfo=UTC), True)
    assert (third.seconds, third.activities) == (7200, ["vote"])
    assert factories.journal_holds() == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"phase-0-name": ""}, "Please fill this in."),
        ({"phase-0-ends_at": "2020-01-01T00:00"}, "This is in the past. Please choose a later date."),
        ({"phase-0-ends_at": "soon"}, "This is not a date. Please check it."),
        ({"phase-1-length": ""}, "Please fill this in."),
        ({"phase-1-hidden": "1"}, "While everyone writes alone"),
        ({"phases": "12"}, "A round can have 1 to 12 phases."),
    ],
)
def test_a_problem_is_shown_at_its_field_and_typed_text_is_kept(room, owner, wrong, says):
    response = owner.post(url(room), data={**TO_COME, **wrong})

    page = text(response)
    assert response.status_code == 400
    assert says in page
    assert names_in(page)[:2] == [{**TO_COME, **wrong}["phase-0-name"], "Vote"]
    assert names_of(room) == ["write", "build", "debate", "vote", "closed"]


def test_problems_of_both_kinds_are_reported_at_once(room, owner):
    page = text(owner.post(url(room), data={**TO_COME, "phase-0-ends_at": "soon", "phase-1-name": ""}))

    assert 'href="#field-phase-0-ends_at"' in page
    assert 'href="#field-phase-1-name"' in page


def test_the_buttons_of_the_editor_work_without_a_script_and_store_nothing(room, owner):
    page = text(owner.post(url(room), data={**TO_COME, "phase_act": "up-1"}))

    assert names_in(page) == ["Vote", "Second look"]
    assert names_of(room) == ["write", "build", "debate", "vote", "closed"]

    emptied = text(owner.post(url(room), data={**TO_COME, "phases": "1", "phase_act": "drop-0"}))
    assert names_in(emptied) == []
    assert "after this one, the round closes" in emptied


def test_every_future_phase_may_be_dropped(room, owner):
    assert owner.post(url(room), data={"phases": "0"}).status_code == 302

    assert names_of(room) == ["write", "closed"]


def test_a_phase_that_starts_during_editing_leaves_the_plan(room, owner):
    rounds.step_to_phase(room.owner, room.round_id, 1)

    page = text(owner.post(url(room), data={**TO_COME, "phase_act": "add"}))
    assert names_in(page) == ["Vote", ""]
    assert re.search(r'name="phase-1-length" value="\d+"', page), "a new phase has a length"
    refused = text(owner.post(url(room), data={**TO_COME, "phase-1-length": ""}))
    assert names_in(refused) == ["Vote"]
    [fault] = re.findall('href="#field-(phase-[^"]+)"', refused)
    assert f'id="field-{fault}"' in refused
    assert f'href="#field-{fault}"><b>Phase 3</b>' in refused, "the list of errors names the phase"
    assert owner.post(url(room), data=TO_COME).status_code == 302

    assert names_of(room) == ["write", "build", "vote", "closed"]


def test_a_dropped_phase_that_starts_meanwhile_replaces_no_other_phase(room, owner):
    shown = parse_form(text(owner.get(url(room))))
    dropped = parse_form(text(owner.post(url(room), data={**shown, "phase_act": "drop-0"})))
    rounds.step_to_phase(room.owner, room.round_id, 1)

    assert owner.post(url(room), data=dropped).status_code == 302

    assert names_of(room) == ["write", "build", "debate", "vote", "closed"]


class TestCurrentEnd:
    @pytest.fixture
    def contest(self, company):
        return factories.room(company, closes_at=clock.now() + timedelta(days=1))

    def post(self, owner, room, **fields):
        shown = parse_form(text(owner.get(url(room))))
        kept = {k: v for k, v in shown.items() if k.startswith(("running", "phases"))}
        return owner.post(url(room), data={**kept, **fields})

    def test_a_closing_date_is_moved(self, contest, owner):
        moved = {"running-ends_at": "2099-07-01T18:00", "running-utc_offset": "-60"}
        assert self.post(owner, contest, **moved).status_code == 302

        assert contest.round.phase.ends_at == datetime(2099, 7, 1, 19, 0, tzinfo=UTC)

    def test_a_past_end_may_stay_but_cannot_be_set(self, contest, owner):
        passed = datetime(2026, 1, 5, 12, 30, 17, tzinfo=UTC)
        with write() as transaction:
            transaction.session.get_one(Round, contest.round_id).phase.ends_at = passed

        refused = self.post(owner, contest, **{"running-ends_at": "2026-01-05T12:31"})
        assert refused.status_code == 400
        assert 'href="#field-running-ends_at"' in text(refused)
        assert 'value="2026-01-05T12:31"' in text(refused)
        assert self.post(owner, contest).status_code == 302

        assert contest.round.phase.ends_at == passed

    def test_minutes_given_meanwhile_are_kept(self, room, owner):
        shown = parse_form(text(owner.get(url(room))))
        steering.shift_end(room.owner, room.round_id, 60)
        given = room.round.phase.ends_at

        kept = {k: v for k, v in shown.items() if k.startswith(("running", "phase"))}
        assert owner.post(url(room), data=kept).status_code == 302

        db.session.rollback()
        assert room.round.phase.ends_at == given

    def test_the_current_phase_may_get_an_open_end(self, contest, owner):
        assert self.post(owner, contest, **{"running-until": "open"}).status_code == 302

        assert contest.round.phase.ends_at is None

    def test_the_current_phase_may_close_the_round_by_itself(self, contest, owner):
        assert "Closes the round automatically" in text(owner.get(url(contest)))

        assert self.post(owner, contest, **{"running-advances": "1"}).status_code == 302

        assert contest.round.phase.advances

    def test_a_missing_date_is_reported(self, contest, owner):
        assert "Please fill this in." in text(self.post(owner, contest, **{"running-ends_at": ""}))

    def test_a_paused_phase_offers_no_end(self, room, owner):
        steering.pause_phase(room.owner, room.round_id)

        page = text(owner.get(url(room)))

        assert "The clock is paused." in page
        assert "running-position" not in page

    def test_a_pause_during_editing_loses_no_typed_text(self, room, owner):
        fields = {"running-position": "0", "running-until": "open", "running-was": ""}
        steering.pause_phase(room.owner, room.round_id)

        response = owner.post(url(room), data={**TO_COME, **fields, "running-advances": "1"})

        assert response.status_code == 409
        assert names_in(text(response)) == ["Second look", "Vote"]


def test_a_draft_is_planned_in_its_form(company, owner):
    draft = factories.draft(company)

    assert owner.get(url(draft)).location == f"{draft.path}/edit#plan"
    assert owner.get(url(draft, "seed-ideas")).location == f"{draft.path}/edit#what"


def test_a_closed_round_accepts_no_plan_and_no_seed_ideas(room, owner):
    factories.close(room)

    for page in ("phases", "seed-ideas"):
        assert owner.get(url(room, page)).status_code == 409
        assert owner.post(url(room, page), data={**TO_COME, "seed_ideas": "Late"}).status_code == 409


def test_console_and_dashboard_link_to_the_plan(room, owner):
    for page in (owner.get(url(room, "console")), owner.get(f"/organisations/{room.organisation_id}")):
        assert f'href="{url(room)}"' in text(page)


def test_lists_show_the_end_of_the_current_phase(company, owner, client):
    room = factories.listed_room(of=company, blueprint="idea_contest")
    ends = room.round.phase.ends_at
    lists = (f"/organisations/{company.id}", "/")

    for page in (text(owner.get(path)) for path in lists):
        assert f'datetime="{ends:%Y-%m-%dT%H:%M:%SZ}"' in page

    with write() as transaction:
        transaction.session.get_one(Round, room.round_id).phase.ends_at = clock.now() - timedelta(minutes=1)
    for page in (text(owner.get(path)) for path in lists):
        assert "time is up" in page

    steering.shift_end(room.owner, room.round_id, 600)
    steering.pause_phase(room.owner, room.round_id)
    assert "paused" in text(owner.get(lists[0]))


def test_many_phases_are_shown_as_dots_with_one_name(company, owner):
    many = factories.room(company, phases=tuple(PhasePlan(f"Step {n}", (Activity.WRITE,)) for n in range(9)))

    assert '<p class="phases__now" dir="auto" aria-hidden="true">Step 0</p>' in text(owner.get(url(many, "edit")))


@pytest.mark.parametrize(
    ("seconds", "number", "unit"),
    [(1, 1, "seconds"), (60, 1, "minutes"), (90, 90, "seconds"), (7200, 2, "hours"), (86400, 1, "days")],
)
def test_a_length_is_shown_in_the_largest_exact_unit(seconds, number, unit):
    assert labels.length_of(seconds) == (number, unit)


class TestSeedIdeas:
    def titles(self, room):
        db.session.rollback()
        return [row.title for row in idea_rows(db.session(), room.round)]

    def test_a_list_of_seed_ideas_is_added_once(self, company, owner):
        room = factories.room(company)
        number = factories.op()

        for _ in range(2):
            response = owner.post(url(room, "seed-ideas"), data={"seed_ideas": "Rye\nSpelt | nutty", "op": number})
            assert response.location == url(room, "console")

        assert self.titles(room) == ["Rye", "Spelt"]

    def test_a_refused_list_keeps_its_text_and_its_op(self, company, owner):
        room = factories.room(company)
        number = factories.op()

        response = owner.post(url(room, "seed-ideas"), data={"seed_ideas": "Rye\nrye", "op": number})

        assert response.status_code == 400
        assert "Line 2 is the same as line 1." in text(response)
        assert "Rye\nrye</textarea>" in text(response)
        assert f'value="{number}"' in text(response)
        assert self.titles(room) == []

    def test_a_malformed_op_is_replaced(self, company, owner):
        room = factories.room(company)

        response = owner.post(url(room, "seed-ideas"), data={"seed_ideas": "Rye", "op": "broken"})

        assert response.status_code == 400
        assert owner.post(url(room, "seed-ideas"), data=_sent(text(response), seed_ideas="Rye")).status_code == 302

    def test_a_seed_idea_has_no_explanation_if_ideas_have_no_text(self, company, owner):
        room = factories.room(company, ideas=blueprints.PICK_A_NAME.ideas)

        response = owner.post(url(room, "seed-ideas"), data={"seed_ideas": "Rye | nutty", "op": factories.op()})

        assert "Line 1 has an explanation" in text(response)


def _sent(page, **fields):
    return {"op": parse_form(page)["op"][0], **fields}
