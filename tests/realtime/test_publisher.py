"""The watch: what another process wrote is found, also where an own change waits or the database failed in between."""

import pytest

from ideas import journal
from ideas.database import db
from ideas.events import StreamAdvanced
from ideas.models import Challenge
from realtime.audiences import Audiences
from realtime.presence import Presence
from realtime.publisher import Publisher
from tests import factories


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def publisher(app, room):
    """A publisher with one listener in the room; nobody tells it what this process writes."""
    edge, audiences = app.extensions["schwarm-realtime"], Audiences()
    audiences.enter("sid", room.id, ["room"], "en")
    made = Publisher(edge.fanout, audiences, Presence(), edge.rights, app.app_context)
    made.begin_lanes(db.session.get(Challenge, room.id), ["room"])
    return made


def gathered(publisher) -> list[str]:
    """The lanes that have something to send. They have not any more afterwards."""
    lanes = []
    publisher._coalescer.flush(lambda challenge_id, lane, pending: lanes.append(lane))
    return lanes


def test_a_change_of_another_process_is_found_once(room, publisher):
    publisher.watch()
    assert gathered(publisher) == []

    factories.idea(room, factories.participant(room))
    publisher.watch()
    assert gathered(publisher) == ["room"]
    publisher.watch()
    assert gathered(publisher) == []


def test_a_change_of_another_process_joins_an_own_change_that_waits(room, publisher):
    publisher.note(StreamAdvanced(room.id, "room", 0, 1, ("figures",)))
    factories.idea(room, factories.participant(room))
    publisher.watch()

    waiting = []
    publisher._coalescer.flush(lambda challenge_id, lane, pending: waiting.append(pending))
    assert [(pending.of_others, pending.seq > 1) for pending in waiting] == [(True, True)]


def test_a_change_of_another_process_is_found_after_the_database_failed(room, publisher, monkeypatch):
    factories.idea(room, factories.participant(room))
    with monkeypatch.context() as broken:
        broken.setattr(journal, "lanes_touched_since", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publisher.watch()

    publisher.watch()
    assert gathered(publisher) == ["room"]
