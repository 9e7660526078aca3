"""Hints of other processes: what changed is sent at once, once, and in order."""

import time

import pytest

from ideas.database import db
from ideas.models import Challenge
from realtime import server
from tests import factories


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def edge(app, room, monkeypatch):
    """The server, with one listener in the room. It is not told what this process writes, as if another one wrote."""
    edge = app.extensions["schwarm-realtime"]
    monkeypatch.setattr(edge, "_flushed_at", 0.0)
    monkeypatch.setattr(edge, "_is_flushing", False)
    monkeypatch.setattr(edge.transport, "spawn", lambda *_: None)  # no clock runs beside the test
    edge.audiences.enter("sid", room.id, ["room"], "en")
    edge.publisher.begin_lanes(db.session.get(Challenge, room.id), ["room"])
    yield edge
    edge.audiences.leave("sid", room.id, ["room"], "en")
    edge.publisher.watch()  # these two forget rooms without listeners
    edge.publisher.send_beats()
    edge.changes.close()  # the next test has another database


@pytest.fixture
def sent(edge, monkeypatch):
    """`(challenge, lane)` of each frame, in order."""
    frames = []
    monkeypatch.setattr(edge.fanout, "send", lambda challenge_id, lane, *_: frames.append((challenge_id, lane)))
    return frames


def test_a_change_of_another_process_is_sent_at_once(room, edge, sent):
    factories.idea(room, factories.participant(room))
    edge._on_hint({room.id})

    assert sent == [(room.id, "room")]
    edge._on_hint({room.id})
    edge._flush()
    assert len(sent) == 1, "and once"


def test_a_hint_about_a_room_without_listeners_does_nothing(room, edge, sent):
    factories.idea(room, factories.participant(room))
    edge._on_hint({room.id + 1})

    assert sent == []
    edge._on_hint(None)
    assert len(sent) == 1, "it may be any room"


def test_in_a_storm_of_hints_the_clock_sends(room, edge, sent, monkeypatch):
    person = factories.participant(room)
    monkeypatch.setattr(server, "FLUSH_SECONDS", 600)
    monkeypatch.setattr(edge, "_flushed_at", time.monotonic())
    for _ in range(3):
        factories.idea(room, person)
        edge._on_hint({room.id})

    assert sent == []
    assert edge._is_flushing, "the clock was set"
    edge._flush()
    assert sent == [(room.id, "room")], "one frame for all of them"


def test_what_is_being_sent_is_not_overtaken(room, edge, sent, monkeypatch):
    """A flush waits for the database, and meanwhile another hint may come."""
    monkeypatch.setattr(server, "FLUSH_SECONDS", 0)
    flush, begun = edge.publisher.flush, []

    def flush_while_another_hint_comes():
        begun.append(True)
        edge._on_hint(None)
        flush()

    monkeypatch.setattr(edge.publisher, "flush", flush_while_another_hint_comes)
    factories.idea(room, factories.participant(room))
    edge._on_hint({room.id})

    assert begun == [True]
    assert sent == [(room.id, "room")]


def test_a_failed_flush_does_not_keep_the_next_one_back(room, edge, sent, monkeypatch):
    person = factories.participant(room)
    with monkeypatch.context() as broken:
        broken.setattr(edge.publisher, "flush", lambda: 1 / 0)
        factories.idea(room, person)
        with pytest.raises(ZeroDivisionError):
            edge._on_hint({room.id})

    monkeypatch.setattr(server, "FLUSH_SECONDS", 0)
    factories.idea(room, person)
    edge._on_hint({room.id})
    assert sent == [(room.id, "room")]
