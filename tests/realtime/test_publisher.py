"""The watch: what another process wrote is found, also where an own change waits or the database failed in between."""

import json

import pytest

from ideas import journal, offload
from ideas.database import db
from ideas.events import StreamAdvanced
from ideas.models import Challenge
from realtime.audiences import Audiences
from realtime.coalescer import LANES
from realtime.presence import Presence
from realtime.publisher import QUIET_BEATS, Publisher
from tests import factories
from tests.statements import Statements


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
    publisher.note(StreamAdvanced(room.chain_id, room.id, "room", 0, 1, ("figures",)))
    factories.idea(room, factories.participant(room))
    publisher.watch()

    waiting = []
    publisher._coalescer.flush(lambda challenge_id, lane, pending: waiting.append(pending))
    assert [(pending.of_others, pending.seq > 1) for pending in waiting] == [(True, True)]


def test_news_for_a_whole_hall_cost_as_many_statements_as_news_for_one(app, room, publisher, monkeypatch):
    """A start of turns goes to one lane for each person. Nobody waits for all of them: others run in between."""
    pauses = []
    monkeypatch.setattr(offload, "pause", lambda: pauses.append(1))

    def statements_for(people: range) -> int:
        for n in people:
            publisher._audiences.enter(f"sid-{n}", room.id, ["room", f"participant-{n}"], "en")
            publisher.note(StreamAdvanced(room.chain_id, room.id, f"participant-{n}", 0, 1, ("turns",)))
        with app.test_request_context(), Statements() as statements:
            publisher.flush()
        return len(statements.all)

    assert statements_for(range(1)) == statements_for(range(1, 301)) > 0
    assert len(pauses) == 300 // LANES


def test_the_chain_of_a_job_is_no_room_to_which_anybody_listens(room, publisher):
    publisher.note(StreamAdvanced(room.chain_id, None, "room", 0, 1, ("job-1",)))

    assert not publisher.has_news


def test_a_change_of_another_process_is_found_after_the_database_failed(room, publisher, monkeypatch):
    factories.idea(room, factories.participant(room))
    with monkeypatch.context() as broken:
        broken.setattr(journal, "lanes_touched_since", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publisher.watch()

    publisher.watch()
    assert gathered(publisher) == ["room"]


class Sent:
    """A fan-out that keeps who was sent a beat, with which lanes."""

    def __init__(self, audiences) -> None:
        self._audiences, self.heard = audiences, {}

    def send_to_each(self, challenge_id, event, payload_of, lanes) -> None:
        for sid, own in self._audiences.lanes_of_each(challenge_id, lanes).items():
            self.heard[sid] = json.loads(payload_of(own))["lanes"]

    def send(self, *_frame) -> None:
        """Frames are not looked at here."""


@pytest.fixture
def hall(app, room, noise):
    """A publisher, what it sent, and three sockets: two people of the room, and one of another room."""
    edge, audiences = app.extensions["schwarm-realtime"], Audiences()
    sent = Sent(audiences)
    made = Publisher(sent, audiences, Presence(), edge.rights, app.app_context)
    sockets = {"ann": (room, ["room", "participant-1"]), "bob": (room, ["room", "participant-2"])}
    for sid, (of, lanes) in (sockets | {"eve": (noise.room, ["room"])}).items():
        audiences.enter(sid, of.id, lanes, "en")
        made.begin_lanes(db.session.get(Challenge, of.id), lanes)
    return made, sent


def beat(publisher, sent) -> set[str]:
    """Who hears the next beat."""
    sent.heard.clear()
    publisher.send_beats()
    return set(sent.heard)


def test_a_beat_goes_to_those_on_whose_lanes_something_moved_and_at_times_to_all(room, hall, app):
    publisher, sent = hall
    assert beat(publisher, sent) == {"ann", "bob", "eve"}, "their lanes began"
    assert beat(publisher, sent) == set()
    publisher.note(StreamAdvanced(room.chain_id, room.id, "participant-2", 5, 6, ("mine",)))
    with app.test_request_context():
        publisher.flush()
    assert beat(publisher, sent) == {"bob"}
    assert sent.heard["bob"]["participant-2"] == 6
    assert set(sent.heard["bob"]) == {"room", "participant-2"}, "it names all lanes"
    assert beat(publisher, sent) == {"ann", "bob", "eve"}, "every fourth"
    assert [len(beat(publisher, sent)) for _ in range(2 * QUIET_BEATS)] == [0, 0, 0, 3] * 2


def test_a_beat_follows_a_change_of_the_room_and_a_restore(room, hall, app):
    publisher, sent = hall
    beat(publisher, sent)
    db.session.get(Challenge, room.id).chain.epoch = "restored"
    db.session.commit()
    publisher.watch()
    assert beat(publisher, sent) == {"ann", "bob"}
    publisher.note(StreamAdvanced(room.chain_id, room.id, "room", 5, 6, ("figures",)))
    with app.test_request_context():
        publisher.flush()
    assert beat(publisher, sent) == {"ann", "bob"}
