"""What moderators did: the page for members, its table, and the numbers for everybody."""

import ast
import csv
import io
import json

import pytest

from app.acts import PRESENTERS, act_name, act_said, facts_said
from config import ROOT
from ideas import clock, journal
from ideas.database import db, write
from ideas.models import Account, Anonymity
from ideas.queries.acts import FACTS, ActSubject, ListedAct
from ideas.services import facilitations, moderation, participants
from ideas.services.queue import UNDOS
from tests import factories


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def author(room):
    return factories.participant(room, "Biene 12")


def text_of(response, status=200):
    assert response.status_code == status
    return response.get_data(as_text=True)


def row(kind, noun="idea", **body):
    return ListedAct(1, clock.now(), kind, "", "", 1, ActSubject(noun, 1, people=2), body)


def written_kinds():
    """The kinds of acts that stand in the code as a word or a constant: `chain.act("hide", …)`."""
    found, constants = set(), {}
    trees = [ast.parse(path.read_text()) for path in sorted((ROOT / "ideas").rglob("*.py"))]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants.setdefault(node.targets[0].id, set()).add(getattr(node.value, "value", None))
    for node in (node for tree in trees for node in ast.walk(tree)):
        is_act = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "act"
        if is_act and isinstance(node.args[0], ast.Constant):
            found.add(node.args[0].value)
    return found


def test_every_kind_in_the_code_has_words():
    kinds = written_kinds() | UNDOS.keys()

    assert len(kinds) > 12
    assert kinds <= set(PRESENTERS)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_is_told_in_both_languages(app, language):
    bodies = ({}, {"said": 1, "locked": 1, "entry": 1, "entries": [1, 2], "outcome": "chosen"})
    with app.test_request_context(headers={"Accept-Language": language}):
        names = [act_name(kind) for kind in PRESENTERS]
        said = [
            act_said(row(kind, noun, **body))
            for kind in PRESENTERS
            for noun in ("idea", "argument", "participant", "round")
            for body in bodies
        ]
        facts = facts_said(dict.fromkeys(FACTS, 2))
    assert len(set(names)) == len(PRESENTERS)
    assert all(said)
    assert len(facts) == len(FACTS)
    assert ("Idee ausgeblendet" in said) == (language == "de")


def test_a_kind_without_words_is_refused_in_tests(room):
    with pytest.raises(AssertionError, match="no words"), write() as transaction:
        journal.locked(transaction, room.id).act("dance", "round-1", room.owner, "", 1)


def test_members_read_who_did_what_when_and_why(room, author, browser_of):
    idea = factories.idea(room, author, "Rye")
    moderation.hide_idea(room.owner, idea, "Already exists")
    page = text_of(browser_of(room.owner).get(f"{room.path}/acts"))

    for said in (
        "What moderators did",
        "Hid an idea",
        "Rye",
        "Already exists",
        "@example.org",
        "Published the challenge",
    ):
        assert said in page
    assert f"/ideas/{idea}" in page
    assert "Biene 12" not in page


def test_nobody_else_reads_it(room, author, browser_of):
    helper = factories.participant(room)
    facilitations.share_facilitation(room.owner, room.id, helper.id)

    for who in (author, helper, factories.company().owner):
        for address in (f"{room.path}/acts", f"{room.path}/acts/table"):
            assert browser_of(who).get(address).status_code in (302, 404)


def test_the_page_is_searched_filtered_and_turned(room, author, browser_of):
    for n in range(55):
        moderation.hide_idea(room.owner, factories.idea(room, author, f"Idea {n}"), f"Reason {n}")
    browser = browser_of(room.owner)

    first, second = (text_of(browser.get(f"{room.path}/acts?acts={n}")) for n in (1, 2))
    assert first.count('class="acts__item"') == 50
    assert "Reason 54" in first
    assert "Reason 54" not in second
    assert "Reason 0" in second
    found = text_of(browser.get(f"{room.path}/acts?find_acts=reason+54"))
    assert found.count('class="acts__item"') == 1
    assert text_of(browser.get(f"{room.path}/acts?kind=open")).count('class="acts__item"') == 1
    for odd in ("?kind=nothing", "?who=x%27", "?round=99", "?acts=99999999999", "?round=x"):
        assert "What moderators did" in text_of(browser.get(f"{room.path}/acts{odd}"))


def test_the_table_holds_all_that_is_kept_and_no_formula(room, author, browser_of):
    moderation.hide_idea(room.owner, factories.idea(room, author, "=1+1"), "=HYPERLINK(1)")
    participants.rename_participant(room.owner, room.id, author.id, "Another name")
    answer = browser_of(room.owner).get(f"{room.path}/acts/table?kind=hide")

    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))

    assert answer.mimetype == "text/csv"
    assert [cells[4:] for cells in rows[1:]] == [["Hid an idea", "'=1+1", "'=HYPERLINK(1)"]]


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD], ids=["named", "for good"])
def test_the_result_tells_numbers_without_persons_and_reasons(app, browser_of, anonymity):
    room = factories.room(anonymity=anonymity, visibility="listed")
    author = factories.participant(room, "Biene 12")
    shown = factories.idea(room, author, "Shown")
    for n in range(2):
        moderation.hide_idea(room.owner, factories.idea(room, author, f"Hidden {n}"), "A private reason")
    factories.mark(room, factories.participant(room), {shown: 1})
    factories.close(room)
    email = db.session.get_one(Account, room.owner.account_id).email

    for who in (factories.participant(factories.room()), author):
        page = text_of(browser_of(who).get(f"{room.path}/result"))
        assert "What the moderators did" in page
        assert "2 ideas hidden or rejected" in page
        assert "A private reason" not in page
        assert email not in page
        assert "/acts" not in page
    assert f"{room.path}/acts" in text_of(browser_of(room.owner).get(f"{room.path}/result"))
    document = json.loads(browser_of(room.owner).get(f"{room.path}/result.json").get_data())
    assert document["moderation"]["ideas_hidden"] == 2
