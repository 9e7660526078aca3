"""People whose pages are gone leave the table of a discussion in turns; those whose pages are open stay."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.database import db
from ideas.models import Seat
from ideas.services import turns
from realtime.presence import Presence
from realtime.tables import GONE_SECONDS, KEEP_SECONDS, TableWatch
from tests.ideas.services.test_turns import made, open_turns, start

pytestmark = pytest.mark.usefixtures("app")


class Now:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def table():
    room, crowd, _ = made(people=5)
    presence, now = Presence(), Now()
    for person in crowd:
        presence.enter(room.id, person.actor.person_id, person.row.handle, facilitates=False)
    start(room)
    return room, crowd, presence, TableWatch(presence, now), now


def go(presence, room, person, monkeypatch):
    monkeypatch.setattr("realtime.presence.LINGER_SECONDS", -1.0)
    presence.leave(room.id, person.actor.person_id)


def test_a_person_who_is_gone_for_a_while_is_replaced(table, monkeypatch):
    room, crowd, presence, watch, now = table
    assert not watch.has_work()
    gone = next(person for person in crowd if person.id in open_turns())
    go(presence, room, gone, monkeypatch)

    assert not watch.has_work()
    now.seconds += GONE_SECONDS - 1
    assert not watch.has_work()
    assert gone.id in open_turns()
    now.seconds += 1
    assert watch.has_work()
    watch.look()

    assert gone.id not in open_turns()
    assert len(open_turns()) == 3
    assert not watch.has_work()


def test_a_person_whose_page_polls_no_more_is_replaced(table, monkeypatch):
    room, crowd, presence, watch, now = table
    gone = next(person for person in crowd if person.id in open_turns())
    go(presence, room, gone, monkeypatch)
    presence.seen(room.id, gone.actor.person_id, gone.row.handle, facilitates=False)
    assert not watch.has_work()
    monkeypatch.setattr("realtime.presence.SEEN_SECONDS", -1.0)
    presence.seen(room.id, gone.actor.person_id, gone.row.handle, facilitates=False)
    watch.has_work()
    now.seconds += GONE_SECONDS

    assert watch.has_work()
    watch.look()

    assert gone.id not in open_turns()


def test_a_person_who_comes_back_in_time_keeps_the_turn(table, monkeypatch):
    room, crowd, presence, watch, now = table
    watch.has_work()
    gone = next(person for person in crowd if person.id in open_turns())
    go(presence, room, gone, monkeypatch)
    watch.has_work()
    presence.enter(room.id, gone.actor.person_id, gone.row.handle, facilitates=False)
    now.seconds += GONE_SECONDS

    assert not watch.has_work()


def test_people_with_open_pages_stay_at_the_table(table, monkeypatch):
    *_, watch, now = table
    watch.has_work()
    passed, real = turns.STAYS - timedelta(seconds=1), clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + passed)
    now.seconds += KEEP_SECONDS
    assert watch.has_work()

    watch.look()

    assert min(db.session.scalars(select(Seat.here_until))) > clock.now() + turns.STAYS - timedelta(minutes=1)
