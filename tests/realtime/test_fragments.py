"""Frames: what a lane is told of handles, and when it is told to fetch its lists instead."""

import pytest

from ideas import journal
from realtime import fragments
from tests import factories


@pytest.mark.parametrize("lane", [journal.ROOM, journal.FACILITATORS])
def test_of_more_than_a_frame_holds_a_lane_is_told_to_fetch_its_lists(app, monkeypatch, noise, lane):
    monkeypatch.setattr(fragments, "RECORDS_MAX", 2)
    room = factories.room()
    author = factories.participant(room)
    ideas = [f"idea-{factories.idea(room, author, 'Rye as dark as night')}" for _ in range(3)]

    def told(handles):
        with app.test_request_context():
            return fragments.frame(room.round, lane, handles, "en", after=1, seq=9)

    event, short = told(ideas[:2])
    assert event == "fragments"
    assert "Rye as dark as night" in str(short["fragments"])

    event, long = told([*ideas, "figures"])
    assert event == "fragments"
    assert set(long) == {"lane", "after", "seq", "lists", "figures"}
    event, reveal = told([room.round.handle, *ideas])
    assert event == "phase"
    assert (reveal["lists"], "fragments" in reveal) == (True, False)
