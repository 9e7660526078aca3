"""Who decides a round: chosen in its form, told before people join."""

import re

import pytest

from ideas.blueprints import CriterionPlan
from ideas.database import db
from ideas.models import Round
from tests import factories, verdicts
from tests.views.test_challenges import FORM, new, text


@pytest.fixture
def company(app):
    return factories.company()


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def said(percent):
    """The sentence for a jury with this weight."""
    return f"The votes decide with {100 - percent}%, a jury with {percent}%. The result shows both."


def test_a_new_challenge_is_decided_by_the_votes(company, owner):
    owner.post(new(company), data=FORM | {"jury_percent": "50"})

    assert db.session.scalars(db.select(Round.jury_percent)).all() == [0]


@pytest.mark.parametrize("decides", ["jury", "both"])
def test_a_jury_without_criteria_is_refused_in_the_form(company, owner, decides):
    answer = owner.post(new(company), data=FORM | {"decides": decides, "jury_percent": "40"})

    assert answer.status_code == 400
    assert "A jury needs something to score on." in text(answer)
    assert f'value="{decides}" checked' in text(answer)
    assert 'name="jury_percent" type="text" dir="auto" value="40"' in text(answer)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"decides": "both", "jury_percent": "0"}, "too small or too large"),
        ({"decides": "both", "jury_percent": "100"}, "too small or too large"),
        ({"decides": "both", "jury_percent": "half"}, "a whole number"),
        ({"decides": "both", "jury_percent": "٤٠"}, "a whole number"),
        ({"decides": "somebody"}, "choose one of these"),
    ],
    ids=["none", "all", "a word", "other digits", "unknown"],
)
def test_a_weight_that_is_none_is_refused_at_its_field(company, owner, typed, problem):
    answer = owner.post(new(company), data=FORM | typed)

    assert (answer.status_code, problem in text(answer)) == (400, True)
    assert db.session.scalars(db.select(Round)).all() == []


@pytest.mark.parametrize(("percent", "decides"), [(0, "crowd"), (40, "both"), (100, "jury")])
def test_the_form_of_a_draft_shows_who_decides(company, owner, percent, decides):
    draft = factories.draft(company, criteria=verdicts.CRITERIA, jury_percent=percent)

    page = text(owner.get(f"{draft.path}/edit"))

    assert f'value="{decides}" checked' in page
    assert f'name="jury_percent" type="text" dir="auto" value="{percent if decides == "both" else 50}"' in page


def test_after_publishing_the_form_tells_who_decides_and_takes_nothing_else(company, owner):
    room = factories.lobby(company, criteria=verdicts.CRITERIA, jury_percent=40)

    page = text(owner.get(f"{room.path}/edit"))
    owner.post(f"{room.path}/edit", data=FORM | {"decides": "crowd", "rules": "", "prize": ""})

    assert (said(40) in page, 'name="decides"' in page) == (True, False)
    assert room.round.jury_percent == 40


def test_a_published_round_without_a_jury_says_nothing_of_it(company, owner, client):
    room = factories.room(company)

    pages = text(owner.get(f"{room.path}/edit")), text(client.get(f"/join/{room.code}"))

    assert [word in page for page in pages for word in ("Who decides", "jury")] == [False] * 4


@pytest.mark.parametrize(
    ("percent", "sentence"),
    [
        (0, "The votes decide. A jury scores the ideas too, and the result shows both."),
        (40, said(40)),
        (100, "A jury decides. The result shows the votes beside its scores."),
    ],
)
def test_people_are_told_who_decides_before_they_join_and_in_the_room(app, client, browser_of, percent, sentence):
    room = factories.room(criteria=verdicts.CRITERIA, jury_percent=percent)

    for page in (client.get(f"/join/{room.code}"), browser_of(factories.participant(room).actor).get(room.path)):
        assert sentence in text(page)
        assert "The jury scores on 2 criteria:" in text(page)
        assert "<bdi>Useful?</bdi> (67%), <bdi>Doable?</bdi> (33%)." in text(page)


def test_criteria_of_equal_weight_are_told_without_it(app, client):
    room = factories.room(criteria=(CriterionPlan("Useful?"), CriterionPlan("Doable?")), jury_percent=40)

    assert "<bdi>Useful?</bdi>, <bdi>Doable?</bdi>" in text(client.get(f"/join/{room.code}"))


@pytest.mark.parametrize(("criterion", "end"), [("Useful?", ""), ("Use", ".")])
def test_a_sentence_that_ends_with_a_question_gets_no_full_stop(app, client, criterion, end):
    room = factories.room(criteria=(CriterionPlan("Doable?"), CriterionPlan(criterion)), jury_percent=40)

    page = text(client.get(f"/join/{room.code}"))

    assert re.search(r"<bdi>Doable\?</bdi>, <bdi>" + re.escape(criterion) + r"</bdi>(\.?)", page)[1] == end


def test_the_preview_tells_who_decides(company, owner):
    sketch = f"/organisations/{company.id}/challenges/live-preview"

    assert said(40) in text(owner.post(sketch, data=FORM | {"decides": "both", "jury_percent": "40"}))
    assert "Who decides" not in text(owner.post(sketch, data=FORM))


def test_a_next_round_asks_who_decides(app, browser_of):
    room = verdicts.closed(verdicts.AGREEING, 40)
    owner = browser_of(room.owner)
    path = f"{room.path}/next-round"

    assert 'name="decides" value="both" checked' in text(owner.get(path)), "as in the round before"
    form = {"how": "top", "top": "2", "phases": "1", "phase-0-name": "vote", "phase-0-activities": ["vote"]}
    refused = owner.post(path, data=form | {"phase-0-until": "open", "decides": "both", "jury_percent": "30"})

    assert refused.status_code == 400
    assert "A jury needs something to score on." in text(refused)


CRITERIA = {"c1_name": "Useful?", "c1_weight": "2", "c3_name": "Doable?", "criteria_steps": "4"}


class TestCriteria:
    def test_the_form_of_a_challenge_takes_the_criteria_of_a_jury(self, company, owner):
        owner.post(new(company), data=FORM | CRITERIA | {"decides": "both", "jury_percent": "40"})

        round = db.session.scalars(db.select(Round)).one()
        assert [(q.prompt, q.weight, q.options["steps"]) for q in round.criteria] == [
            ("Useful?", 2, 4),
            ("Doable?", 1, 4),
        ]
        assert round.jury_percent == 40
        page = text(owner.get(f"/challenges/{round.challenge.slug}/edit"))
        assert re.search(r'name="c1_name"[^>]*value="Useful\?"', page)
        assert re.search(r'name="c2_name"[^>]*value="Doable\?"', page)
        assert '<option value="4" selected' in page

    @pytest.mark.parametrize(
        ("typed", "problem"),
        [
            ({"c2_name": "useful?"}, "Another criterion has this name."),
            ({"c2_weight": "3"}, "Please fill this in"),
            ({"c1_weight": "heavy"}, "Please type a whole number."),
            ({"c1_weight": "0"}, "too small or too large"),
        ],
        ids=["twice", "no name", "no number", "no weight"],
    )
    def test_a_bad_criterion_is_refused_at_its_field_and_kept(self, company, owner, typed, problem):
        answer = owner.post(new(company), data=FORM | {"c1_name": "Useful?"} | typed)

        page = text(answer)
        assert answer.status_code == 400
        assert problem in page, re.findall(r'id="field-c\d_\w+-error".*?</p>', page, re.S)
        assert re.search(r'name="c1_name"[^>]*value="Useful\?"', page)
        assert db.session.scalars(db.select(Round)).all() == []

    def test_a_published_challenge_keeps_its_criteria(self, company, owner):
        room = factories.lobby(company, criteria=verdicts.CRITERIA)
        before = [question.prompt for question in room.round.criteria]

        owner.post(f"{room.path}/edit", data=FORM | CRITERIA | {"rules": "", "prize": ""})

        db.session.rollback()
        assert [question.prompt for question in room.round.criteria] == before

    def test_a_next_round_proposes_the_jury_of_the_round_before(self, company, owner):
        room = factories.room(company, criteria=(CriterionPlan("Useful?", 2, 4),), jury_percent=30)
        factories.idea(room, factories.participant(room))
        factories.close(room)

        page = text(owner.get(f"{room.path}/next-round"))

        assert re.search(r'name="c1_name"[^>]*value="Useful\?"', page)
        assert re.search(r'name="c1_weight"[^>]*value="2"', page)
        assert 'value="both" checked' in page
