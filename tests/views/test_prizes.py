"""Prizes with amounts: typed in the form, stored exactly, shown before people join, fixed when published."""

import pytest

from app.inputs.prizes import cents_of
from ideas.database import db
from ideas.models import Challenge, TieRule
from ideas.prizes import PrizePlan, PrizeRules, prize_rules_of
from ideas.voting.awards import Shares
from tests import factories

RULES = PrizeRules(
    (PrizePlan("Main prize", 1_500_00), PrizePlan("Runner-up", 99_95, winners=2), PrizePlan("Lunch with the bakers")),
    shares=Shares(25, 5),
    tie=TieRule.DRAWN,
)


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("1500", 150000),
        ("1.500,00", 150000),
        ("1,500.00", 150000),
        ("1.500", 150000),
        ("1 500", 150000),
        ("1’500.50 €", 150050),
        ("1.234.567,8", 123456780),
        ("0,01", 1),
        ("€ 12", 1200),
    ],
)
def test_amounts_are_read_as_people_write_them(typed, cents):
    assert cents_of(typed, 2) == cents


@pytest.mark.parametrize("typed", ["", "-5", "1.50.00", "1,500,00", "12.3456", "five", "1e3", "1.5,000", "²"])
def test_an_amount_that_can_be_read_in_two_ways_or_in_none_is_refused(typed):
    with pytest.raises(ValueError):  # noqa: PT011 (the message is the text)
        cents_of(typed, 2)


def test_a_currency_without_decimals_takes_whole_amounts_only():
    assert cents_of("15,000", 0) == cents_of("15000.00", 0) == 15000
    with pytest.raises(ValueError, match=r"1\.5"):
        cents_of("1.5", 0)


def fields(**more):
    return {
        "title": "Which bread?",
        "language": "en",
        "blueprint": "open_contest",
        "planned": "open_contest",
        "visibility": "link",
        "anonymity": "named",
        "currency": "EUR",
        "tie_rule": "drawn",
        "parents_share": "25",
        "arguments_share": "5",
        "prize-0-name": "Main prize",
        "prize-0-amount": "1.500,00",
        "prize-0-winners": "1",
        "prize-3-name": "Runner-up",
        "prize-3-amount": "99.95",
        "prize-3-winners": "2",
        "prize-4-name": "Lunch with the bakers",
        **more,
    }


def new_path(company):
    return f"/organisations/{company.id}/challenges/new"


def test_prizes_are_stored_as_typed(client):
    company = factories.company()
    factories.sign_in(client, company.owner)

    answer = client.post(new_path(company), data=fields())

    assert answer.status_code == 302
    assert prize_rules_of(db.session.query(Challenge).one()) == RULES


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"prize-0-amount": "five"}, "prize-0-amount"),
        ({"prize-0-amount": "0"}, "prize-0-amount"),
        ({"prize-3-name": ""}, "prize-1-name"),
        ({"prize-0-winners": "0"}, "prize-0-winners"),
        ({"prize-0-winners": "x"}, "prize-0-winners"),
        ({"parents_share": "60", "arguments_share": "60"}, "parents_share"),
        ({"arguments_share": "a lot"}, "arguments_share"),
        ({"currency": "XXX"}, "currency"),
        ({"tie_rule": "duel"}, "tie_rule"),
    ],
    ids=["words", "zero", "nameless", "none", "word", "shares", "share", "currency", "tie"],
)
def test_a_wrong_prize_is_said_beside_its_field_and_nothing_is_lost(client, wrong, field):
    company = factories.company()
    factories.sign_in(client, company.owner)

    answer = client.post(new_path(company), data=fields(**wrong))

    assert answer.status_code == 400
    assert f'id="field-{field}-error"' in answer.text
    assert 'value="Lunch with the bakers"' in answer.text
    assert db.session.query(Challenge).count() == 0


@pytest.mark.parametrize("place", ["door", "preview", "room"])
def test_prizes_and_their_rules_are_shown_before_people_join(client, place):
    room = factories.room(prizes=RULES)
    if place != "door":
        factories.sign_in(client, room.owner)
    path = {"door": f"/join/{room.code}", "preview": f"{room.path}/preview", "room": room.path}[place]

    page = client.get(path, follow_redirects=True).text

    assert "€1,500.00" in page
    assert "for each of 2 winners" in page
    assert "Lunch with the bakers" in page
    assert "70% of a prize goes to the idea, 25% to the ideas that it grew from, and 5%" in page
    assert "lots are drawn" in page


def test_an_amount_is_shown_in_the_notation_of_the_reader(client):
    room = factories.room(prizes=RULES)

    page = client.get(f"/join/{room.code}", headers={"Accept-Language": "de"}).text

    assert "1.500,00\xa0€" in page


def test_prizes_are_fixed_when_the_challenge_is_published(client):
    room = factories.room(prizes=RULES)
    factories.sign_in(client, room.owner)
    page = client.get(f"{room.path}/edit").text

    assert 'name="prize-0-name"' not in page
    assert "€1,500.00" in page

    client.post(f"{room.path}/edit", data=fields(**{"prize-0-name": "Nothing"}))

    assert prize_rules_of(db.session.get_one(Challenge, room.id)) == RULES
