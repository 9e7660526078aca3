"""Commands are parsed strictly, to the last field."""

import uuid

import pytest

from ideas.models import LOBBY
from realtime.commands import Malformed, Ready, cast_of, join_of, ready_of, room_of

GOOD = {"op": str(uuid.uuid4()), "client": str(uuid.uuid4()), "n": 1, "round": 7, "marks": {"12": 1, "13": -1}}


def test_a_cast_is_parsed_for_the_domain():
    cast = cast_of(GOOD, participant_id=4)

    assert (cast.participant_id, cast.round_id, cast.n, cast.question_id) == (4, 7, 1, None)
    assert cast.marks == {12: 1, 13: -1}


def test_a_pair_names_the_lower_entry_first():
    assert cast_of(GOOD | {"marks": {"12-15": -1, "9-12": 0}}, 1).marks == {(12, 15): -1, (9, 12): 0}


@pytest.mark.parametrize(
    "change",
    [
        {"marks": {"12": True}},
        {"marks": {"12": 1.0}},
        {"marks": {"12": 1001}},
        {"marks": {"12": -1001}},
        {"marks": {"15-12": 1}},
        {"marks": {"12-12": 1}},
        {"marks": {"12-": 1}},
        {"marks": {"12-0": 1}},
        {"marks": {"12-015": 1}},
        {"marks": {"12-15-16": 1}},
        {"marks": {"12": "1"}},
        {"marks": {"012": 1}},
        {"marks": {"x": 1}},
        {"marks": {}},
        {"marks": []},
        {"marks": {str(n): 1 for n in range(1, 202)}},
        {"n": True},
        {"n": -1},
        {"n": 2**53},
        {"round": "7"},
        {"round": 0},
        {"op": "1"},
        {"op": None},
        {"client": GOOD["client"].upper()},
        {"question": 0},
        {"question": True},
        {"extra": 1},
    ],
)
def test_a_malformed_cast_is_refused(change):
    cast_of(GOOD, 1)

    with pytest.raises(Malformed):
        cast_of(GOOD | change, 1)


@pytest.mark.parametrize("field", ["op", "client", "n", "round", "marks"])
def test_a_cast_without_a_required_field_is_refused(field):
    with pytest.raises(Malformed):
        cast_of({k: v for k, v in GOOD.items() if k != field}, 1)


@pytest.mark.parametrize(
    "data",
    [None, [], "x", {}, {"room": 1}, {"room": "challenge-0"}, {"room": "challenge-1", "x": 1}, {"room": "idea-1"}],
)
def test_a_malformed_room_name_is_refused(data):
    assert room_of({"room": "challenge-12"}) == 12

    with pytest.raises(Malformed):
        room_of(data)


def test_a_join_may_be_for_a_screen():
    assert join_of({"room": "challenge-12"}) == (12, False)
    assert join_of({"room": "challenge-12", "screen": True}) == (12, True)

    for bad in ({"room": "challenge-12", "screen": 1}, {"screen": True}, {"room": "challenge-12", "x": True}):
        with pytest.raises(Malformed):
            join_of(bad)


def test_a_ready_is_parsed_strictly():
    good = {"room": "challenge-12", "ready": False}
    assert ready_of(good) == Ready(12, False, None)
    assert ready_of(good | {"phase": "3-1-1792934400000"}) == Ready(12, False, (3, 1, 1792934400000))
    assert ready_of(good | {"phase": f"3-{LOBBY}-0"}) == Ready(12, False, (3, LOBBY, 0))

    for bad in ({"room": "challenge-12"}, {"room": "challenge-12", "ready": 0}, {"room": "idea-1", "ready": True}):
        with pytest.raises(Malformed):
            ready_of(bad)
    for phase in (None, 3, "", "3", "3-1", "0-1-0", "3-1-", "3-1-0-0", "3--1-1e9", "٣-1-0", ["3-1-0"]):
        with pytest.raises(Malformed):
            ready_of(good | {"phase": phase})
