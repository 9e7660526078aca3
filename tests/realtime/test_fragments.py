"""Frames: they carry the changed records, or ask the page to fetch its lists."""

import pytest

from ideas import journal
from realtime import fragments
from tests import factories


@pytest.mark.parametrize("lane", [journal.ROOM, journal.FACILITATORS])
def test_a_frame_with_too_many_records_asks_for_the_lists(app, monkeypatch, noise, lane):
    monkeypatch.setattr(fragments, "RECORDS_MAX", 2)
    room = factories.room()
    author = factories.participant(room)
    ideas = [f"idea-{factories.idea(room, author, 'Rye as dark as night')}" for _ in range(3)]

    def frame(handles):
        with app.test_request_context():
            return fragments.frame(room.round, lane, handles, "en", after=1, seq=9)

    event, short = frame(ideas[:2])
    assert event == "fragments"
    assert "Rye as dark as night" in str(short["fragments"])

    event, long = frame([*ideas, "figures"])
    assert event == "fragments"
    assert set(long) == {"lane", "after", "seq", "lists", "figures"}
    event, reveal = frame([room.round.handle, *ideas])
    assert event == "phase"
    assert (reveal["lists"], "fragments" in reveal) == (True, False)
