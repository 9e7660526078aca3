"""How many SQL statements a page costs, at any number of ideas, and that none starts from a template."""

import re
import uuid

import pytest
from flask import render_template_string

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import FlagKind, Visibility
from ideas.services import flags, moderation, steering
from ideas.services.flags import FlagForm
from tests import factories, orders
from tests.doubles import partly_here
from tests.statements import Statements

IDEAS = (2, 40)

# Page → the most statements that it may cost, the BEGIN of its transaction included.
LIMITS = {"room": 15, "room, found": 15, "ballot": 15, "idea": 15, "console": 20}

MARK_LIMIT = 11

# A question per rule. By the rules of a limited ballot, a ballot page lists the ideas.
PLANS = {
    "approval": QuestionPlan(),
    "pairs": QuestionPlan("pairs"),
    "points": QuestionPlan("points", options={"budget": 5}),
    "grades": QuestionPlan("grades"),
    "stars": QuestionPlan("stars"),
    "ranked": QuestionPlan("ranked"),
}


@pytest.fixture
def filled(app):
    """A room with two questions, arguments, and so many ideas: `(room, people, ideas)`."""

    def fill(ideas, **fields):
        room = factories.room(questions=(QuestionPlan(prompt="A good idea?"), QuestionPlan(prompt="Doable?")), **fields)
        people = [factories.participant(room) for _ in range(4)]
        written = [factories.idea(room, people[n % 4]) for n in range(ideas)]
        factories.argument(written[0], people[1])
        factories.argument(written[-1], people[0])
        return room, people, written

    return fill


@pytest.fixture
def asking(app):
    """A room with this question and another one, and at least three ideas: `(room, people, ideas)`."""

    def fill(question, ideas):
        room = factories.room(questions=(question, QuestionPlan(prompt="Doable?")))
        people = [factories.participant(room) for _ in range(4)]
        return room, people, [factories.idea(room, people[n % 4]) for n in range(max(ideas, 3))]

    return fill


def cost_of(browser, address):
    with Statements() as statements:
        assert browser.get(address).status_code == 200
    return statements


@pytest.mark.parametrize("ideas", IDEAS)
@pytest.mark.parametrize("kind", LIMITS)
def test_a_page_costs_few_statements_at_any_number_of_ideas(filled, browser_of, kind, ideas):
    room, people, written = filled(ideas)
    address = {
        "room": room.path,
        "room, found": f"{room.path}?find_ideas=idea&show=new&order=fair",
        "ballot": f"{room.path}/ballot",
        "idea": factories.idea_path(written[1]),
        "console": f"{room.path}/console",
    }[kind]
    browser = browser_of(room.owner if kind == "console" else people[0])
    browser.get(address)  # deals the cards, compiles the templates

    found = cost_of(browser, address)

    assert len(found.all) <= LIMITS[kind], found.all


@pytest.mark.parametrize("query", ["", "?find_challenges=listd&order=readers"])
@pytest.mark.parametrize("challenges", [2, 6])
def test_the_start_page_costs_few_statements_at_any_number_of_challenges(app, browser_of, query, challenges):
    company = factories.company()
    rooms = [factories.room(of=company, visibility=Visibility.LISTED, title="Listed") for _ in range(challenges)]
    guest = factories.participant(rooms[0])
    factories.idea(rooms[0], guest)
    for room in rooms[1::2]:
        voter = factories.participant(room)
        factories.mark(room, voter, {factories.idea(room, factories.participant(room)): 1})
        factories.close(room)
    browser = browser_of(guest)
    browser.get(f"/{query}")

    found = cost_of(browser, f"/{query}")

    assert len(found.all) <= 15, found.all


@pytest.mark.parametrize("jobs", [2, 6])
def test_the_list_of_jobs_costs_few_statements_at_any_number_of_jobs(app, jobs):
    for n in range(jobs):
        orders.working(orders.published(title=f"A text number {n}", places=2, language=("en", "de")[n % 2]))
    browser = app.test_client()
    browser.get("/jobs")

    assert len(cost_of(browser, "/jobs").all) <= 8
    found = cost_of(browser, "/jobs?find_jobs=TEXT&kind=text&fair=1&order=pay")
    assert len(found.all) <= 13, found.all


@pytest.mark.parametrize("ideas", IDEAS)
def test_a_full_console_costs_few_statements(filled, browser_of, ideas):
    """With an idea that waits for approval, a hidden one, and one in the spotlight."""
    room, people, written = filled(ideas)
    moderation.hide_idea(room.owner, factories.idea(room, people[0]), "")
    factories.challenges.revise_challenge(room.owner, room.id, factories.form(approval=True))
    factories.idea(room, people[0])
    steering.spotlight_idea(room.owner, room.round_id, written[1])
    browser, address = browser_of(room.owner), f"{room.path}/console"
    browser.get(address)

    found = cost_of(browser, address)

    assert len(found.all) <= LIMITS["console"], found.all


@pytest.mark.parametrize("ideas", IDEAS)
@pytest.mark.parametrize("kind", ["idea", "console"])
def test_reports_cost_a_page_few_statements(filled, browser_of, kind, ideas):
    room, people, written = filled(ideas)
    for n, idea in enumerate(written):
        flags.flag_idea(people[(n + 1) % 4].actor, idea, FlagForm(FlagKind.REPEAT, "Again"))
    flags.flag_argument(people[2].actor, factories.argument(written[1], people[3]), FlagForm(FlagKind.REPEAT))
    address = {"idea": factories.idea_path(written[1]), "console": f"{room.path}/console"}[kind]
    browser = browser_of(room.owner if kind == "console" else people[2])
    browser.get(address)

    found = cost_of(browser, address)

    assert len(found.all) <= LIMITS[kind], found.all


@pytest.mark.parametrize("ideas", IDEAS)
@pytest.mark.parametrize("rule", partly_here(PLANS, "approval", "pairs", "ranked"))
def test_a_ballot_page_that_deals_costs_as_little(asking, browser_of, rule, ideas):
    room, people, _ = asking(PLANS[rule], ideas)
    browser = browser_of(people[0])
    browser.get(room.path)  # looks the slug up, which a process does once

    found = cost_of(browser, f"{room.path}/ballot")

    assert any("INSERT INTO exposure" in statement for statement in found.all)
    assert len(found.all) <= LIMITS["ballot"], found.all


@pytest.mark.parametrize("ideas", IDEAS)
@pytest.mark.parametrize("rule", partly_here(PLANS, "grades", "points"))
def test_a_mark_by_form_post_costs_few_statements(asking, browser_of, rule, ideas):
    room, people, written = asking(PLANS[rule], ideas)
    entries = sorted(map(factories.entry_id, written))
    browser = browser_of(people[0])

    def cast(**fields):
        command = {"op": str(uuid.uuid4()), "client": str(uuid.uuid4()), "n": "1", "question": str(room.question_id)}
        with Statements() as statements:
            assert browser.post(f"/challenges/{room.id}/ballot", data=command | fields).status_code == 303
        assert any("INSERT INTO mark" in statement for statement in statements.all)
        return statements.all

    # Entries 0 and 4 are the voter's own.
    subject = {"entry": entries[1]} | ({"versus": entries[2]} if rule == "pairs" else {})
    first, second = ("1", "0") if rule in ("points", "ranked", "stars") else ("1", "-1")
    for value in (first, second, first):  # the first mark, one from another page load, and one more
        found = cast(**subject, value=value)
        assert len(found) <= MARK_LIMIT, found
    if rule != "pairs":
        whole = {f"mark-{entry}": "0" for entry in entries[1:4]}
        found = cast(**whole | {f"mark-{entries[1]}": second})
        assert len(found) <= MARK_LIMIT, found


@pytest.mark.parametrize("state", partly_here(["running", "spotlight", "closed"], "spotlight", "closed"))
def test_no_statement_starts_from_a_template(filled, browser_of, from_templates, state):
    room, people, written = filled(IDEAS[0])
    factories.mark(room, people[0], {written[1]: 1}, question_id=room.question_id)
    inside, idea = f"/challenges/{room.id}", f"/ideas/{written[1]}"
    with_parts = {people[0]: [inside, idea], room.owner: [f"{inside}/console", f"{inside}/screen"]}
    others = {
        people[0]: [f"{inside}/me", f"/ideas/{written[0]}", "/", "/news"],
        room.owner: [f"{inside}/share", f"/organisations/{room.organisation_id}"],
    }
    if state == "closed":
        factories.close(room)
        others[people[0]] += [f"{inside}/result", f"{inside}/result/explanation"]
    else:
        with_parts[people[0]] += [f"{inside}/ballot", f"{inside}/ballot/marks"]
        others[room.owner] += [f"{inside}/edit", f"{inside}/phases"]
    if state == "spotlight":
        steering.spotlight_idea(room.owner, room.round_id, written[1])

    for viewer in (people[0], room.owner):
        browser = browser_of(viewer)
        for address in others[viewer]:
            drawn(browser, address, from_templates)
        for address in with_parts[viewer]:
            drawn_with_parts(browser, address, from_templates)


def test_no_statement_starts_from_a_template_in_a_lobby(app, browser_of, from_templates):
    room = factories.lobby()
    for viewer, pages in (factories.participant(room), [""]), (room.owner, ["/console", "/screen"]):
        for page in pages:
            drawn_with_parts(browser_of(viewer), f"/challenges/{room.id}{page}", from_templates)


def drawn(browser, address, from_templates):
    response = browser.get(address)
    assert (response.status_code, from_templates) == (200, []), address
    return response.get_data(as_text=True)


def drawn_with_parts(browser, address, from_templates):
    """Draw a page, its parts together, and each part alone."""
    names = re.findall(r'<live-part id="([a-z-]+)"', drawn(browser, address, from_templates))
    assert names
    for query in ("", *(f"?only={name}" for name in names)):
        drawn(browser, f"{address}/parts{query}", from_templates)


def test_a_statement_from_a_template_is_noticed(app, from_templates):
    with app.test_request_context():
        app.jinja_env.globals["ask"] = lambda: db.session.execute(db.text("SELECT 1")).scalar()
        assert render_template_string("{{ ask() }}") == "1"
        del app.jinja_env.globals["ask"]

    assert "SELECT 1" in from_templates
    from_templates.clear()


def test_no_statement_starts_from_a_question_that_is_asked_again(filled, browser_of, from_templates):
    room, people, (idea, *_) = filled(IDEAS[0])
    argument = factories.argument(idea, people[2])
    person = f"/challenges/{room.id}/participants/{people[1].id}"
    browser = browser_of(room.owner)
    refused = {
        f"/ideas/{idea}/approval": ({"version": "1"}, 409),  # it is approved
        f"/ideas/{idea}/hiding": ({"version": "1"}, 400),  # no reason
        f"/ideas/{idea}/restoration": ({"version": "9"}, 409),  # no such version
        f"/ideas/{idea}/redaction": ({"words": "private"}, 409),  # no version
        f"/arguments/{argument}/hiding": ({}, 400),
        f"/arguments/{argument}/restoration": ({}, 409),
        f"/arguments/{argument}/redaction": ({}, 400),
        f"{person}/name": ({"name": "", "was": people[1].name}, 400),
        f"{person}/removal": ({"words": "long " * 80}, 400),
    }

    for address, (fields, status) in refused.items():
        response = browser.post(address, data=fields)
        assert (response.status_code, from_templates) == (status, []), address
