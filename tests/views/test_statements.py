"""How many SQL statements a page costs, at any number of ideas, and that none starts from a template."""

import uuid

import pytest
from flask import before_render_template, render_template_string, template_rendered
from sqlalchemy import event

from ideas.blueprints import QuestionPlan
from ideas.database import db
from tests import factories

IDEAS = (2, 40)

# Page → the most statements that it may cost, the BEGIN of its transaction included.
LIMITS = {"room": 15, "room, found": 15, "ballot": 15, "idea": 15, "console": 20}

# A ballot page that deals new cards also writes the exposure ledger; a mark writes the journal and the tallies.
DEALING_LIMIT = 32
MARK_LIMIT = 22


class Statements:
    """Counts the statements of a block, and those of them that start while a template renders."""

    def __init__(self):
        self.all, self.from_templates, self.depth = [], [], 0

    def __enter__(self):
        event.listen(db.engine, "before_cursor_execute", self.note)
        before_render_template.connect(self.begin)
        template_rendered.connect(self.end)
        return self

    def __exit__(self, *_):
        event.remove(db.engine, "before_cursor_execute", self.note)
        before_render_template.disconnect(self.begin)
        template_rendered.disconnect(self.end)

    def begin(self, *_, **__):
        self.depth += 1

    def end(self, *_, **__):
        self.depth -= 1

    def note(self, _connection, _cursor, statement, *_):
        self.all.append(statement)
        if self.depth:
            self.from_templates.append(statement)


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


@pytest.mark.parametrize("ideas", IDEAS)
def test_a_ballot_page_that_deals_costs_the_same_at_any_number_of_ideas(filled, browser_of, ideas):
    room, people, _ = filled(ideas)

    found = cost_of(browser_of(people[0]), f"{room.path}/ballot")

    assert any("INSERT INTO exposure" in statement for statement in found.all)
    assert len(found.all) <= DEALING_LIMIT, found.all


def test_a_mark_by_form_post_costs_few_statements(filled, browser_of):
    room, people, written = filled(IDEAS[0])
    browser = browser_of(people[0])
    command = {"op": str(uuid.uuid4()), "client": str(uuid.uuid4()), "n": "1", "question": str(room.question_id)}
    command |= {"entry": str(factories.entry_id(written[1])), "value": "1"}

    with Statements() as statements:
        assert browser.post(f"/challenges/{room.id}/ballot", data=command).status_code == 303

    assert any("INSERT INTO mark" in statement for statement in statements.all)
    assert len(statements.all) <= MARK_LIMIT, statements.all


def test_no_statement_starts_from_a_template(filled, browser_of):
    room, people, written = filled(IDEAS[0])
    participant, owner = browser_of(people[0]), browser_of(room.owner)
    inside = room.path

    def look():
        for browser, addresses in (
            (participant, (inside, f"{inside}/me", factories.idea_path(written[1]), "/")),
            (owner, (inside, f"{inside}/console", f"{inside}/screen", f"{inside}/share", f"{inside}/edit")),
            (owner, (f"/organisations/{room.organisation_id}",)),
        ):
            for address in addresses:
                assert cost_of(browser, address).from_templates == [], address

    look()
    for address in ("ballot", "ballot/marks"):
        assert cost_of(participant, f"{inside}/{address}").from_templates == [], address
    factories.mark(room, people[0], {written[1]: 1}, question_id=room.question_id)
    factories.close(room)
    for address in (inside, f"{inside}/result", f"{inside}/result/explanation"):
        assert cost_of(participant, address).from_templates == [], address
    for address in (f"{inside}/console", f"{inside}/screen"):
        assert cost_of(owner, address).from_templates == [], address


def test_a_statement_from_a_template_is_noticed(app):
    with app.test_request_context(), Statements() as statements:
        app.jinja_env.globals["ask"] = lambda: db.session.execute(db.text("SELECT 1")).scalar()
        assert render_template_string("{{ ask() }}") == "1"
        del app.jinja_env.globals["ask"]

    assert "SELECT 1" in statements.from_templates
