"""The writer of casts: what it does when a batch fails."""

import logging
import time

import pytest

from ideas.errors import Busy
from realtime import cast_queue
from realtime.cast_queue import CastQueue


@pytest.fixture
def queue(app):
    return CastQueue(app, app.extensions["schwarm-realtime"].transport)


def waiting(*names):
    """Casts that wait. :return: what they are told, as `(name, answer)`, and the casts"""
    told = []
    batch = [
        cast_queue._Waiting(name, lambda answer, name=name: told.append((name, answer)), time.monotonic() + 60)
        for name in names
    ]
    return told, batch


def test_casts_that_may_be_sent_again_are_answered_without_a_trace(queue, caplog):
    """As when a pooler has lost a prepared statement; those that wait behind are not kept waiting."""
    told, [first, second, behind] = waiting("first", "second", "behind")
    queue._queue = [behind]

    with caplog.at_level(logging.WARNING):
        queue._after_failure([first, second], Busy())

    assert told == [("first", None), ("second", None), ("behind", None)]
    assert (queue._queue, caplog.text) == ([], "")


def test_after_a_mistake_each_cast_is_written_alone(queue, caplog, monkeypatch):
    def write(casts):
        if "bad" in casts:
            raise ZeroDivisionError
        return ["written"] * len(casts)

    monkeypatch.setattr(cast_queue, "cast_ballots", write)
    told, batch = waiting("good", "bad")

    queue._write(batch)

    assert told == [("good", "written"), ("bad", None)]
    assert "a cast failed" in caplog.text
