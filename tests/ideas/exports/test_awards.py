"""Awards in the files of a round and in own data: as the page of the winners shows them."""

import io
import json
import zipfile

import openpyxl
import pytest

from ideas.database import db
from ideas.exports import FORMATS
from ideas.exports.own_data import write_participation
from ideas.models import Anonymity
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.awards import awards_in, last_award, order_of, proposed, version_of
from ideas.services.awards import claim_award, give_awards, withdraw_award
from ideas.services.leaving import Parting, leave_challenge
from tests import factories

PRIZES = PrizeRules((PrizePlan("First", 100_01), PrizePlan("A walk")))


def given(**fields):
    room = factories.room(prizes=PRIZES, **fields)
    authors = [factories.participant(room, name) for name in ("Otter 1", "Dachs 2")]
    ideas = [factories.idea(room, author) for author in authors]
    factories.mark(room, factories.participant(room), {ideas[0]: 1})
    factories.close(room)
    proposals = proposed(db.session(), room.round, order_of(db.session(), room.round))
    give_awards(room.owner, room.round_id, seen=version_of(db.session(), room.round, proposals))
    return room, authors


def written(room, form):
    out = io.BytesIO()
    FORMATS[form].write(db.session(), room.round, out)
    return out.getvalue()


def document(room):
    return json.loads(written(room, "json"))


def test_the_document_holds_the_prizes_and_the_awards(app, noise):
    room, _ = given()

    of = document(room)

    assert of["prizes"]["currency"] == "EUR"
    assert of["prizes"]["shares"] == {"idea": 60, "parents": 30, "arguments": 10}
    assert [(a["prizes"], a["cents"], [p["name"] for p in a["parts"]]) for a in of["awards"]] == [
        (["First"], 100_01, ["Otter 1"]),
        (["A walk"], None, ["Dachs 2"]),
    ]


def test_the_workbook_has_a_sheet_of_awards(app, noise):
    room, _ = given()

    book = openpyxl.load_workbook(io.BytesIO(written(room, "xlsx")))

    rows = [[cell.value for cell in row] for row in book["Awards"].iter_rows(min_row=2)]
    assert [(row[1], row[4], row[7], row[8], row[9]) for row in rows] == [
        ("First", "idea", "Otter 1", "100.01", "EUR"),
        ("A walk", "idea", "Dachs 2", None, "EUR"),
    ]


def test_a_withdrawn_award_and_a_hidden_name_are_in_no_file(app, noise):
    room, authors = given(anonymity=Anonymity.FOR_GOOD)
    first, second = awards_in(db.session(), room.id)
    claim_award(authors[0].actor, first.id, "The crate person")
    withdraw_award(room.owner, second.id, "A mistake", seen=last_award(db.session(), room.round))

    [award] = document(room)["awards"]

    assert award["parts"] == [{"part": "idea", "holder": "claimed", "name": "The crate person", "cents": 100_01}]
    assert b"Otter 1" not in written(room, "json")
    assert b"A mistake" not in written(room, "json")


@pytest.mark.parametrize("parting", [Parting.NAME, Parting.TEXTS])
def test_the_part_of_an_erased_person_is_not_claimable(app, noise, parting):
    room, authors = given()

    leave_challenge(authors[0].actor, room.id, parting)

    assert document(room)["awards"][0]["parts"][0]["holder"] == "not_claimable"


def test_own_data_holds_ones_own_parts_and_typed_names(app, noise):
    room, authors = given(anonymity=Anonymity.FOR_GOOD)
    first, _ = awards_in(db.session(), room.id)
    claim_award(authors[0].actor, first.id, "The crate person")
    out = io.BytesIO()

    write_participation(db.session(), authors[0].row, out)

    [award] = json.loads(zipfile.ZipFile(out).read("data.json"))["awards"]
    assert (award["prizes"], award["part"], award["cents"]) == (["First"], "idea", 100_01)
    assert (award["typed_name"], award["withdrawn"]) == ("The crate person", False)


def test_a_challenge_without_prizes_has_no_word_about_them(app, noise):
    room = factories.used_room()
    factories.close(room)

    assert document(room).keys().isdisjoint({"prizes", "awards"})
