"""What comes in one turn of the loop is handled together, and what comes alone does not wait."""

import _socket
import gc
import weakref

import pytest

from realtime import batching
from realtime.batching import BATCH_MAX, Batcher
from realtime.garbage import LongLived
from realtime.lines import Line, Taken
from tests.realtime.test_lines import Hub


class Loop:
    """Tasks that run when the test says so. `sleep` lets `meanwhile` happen."""

    def __init__(self) -> None:
        self.tasks, self.slept, self.meanwhile = [], [], []

    def spawn(self, act, *args) -> None:
        self.tasks.append((act, args))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()

    def turn(self) -> None:
        tasks, self.tasks = self.tasks, []
        for act, args in tasks:
            act(*args)


@pytest.fixture
def loop():
    return Loop()


@pytest.fixture
def acts():
    return []


@pytest.fixture
def door(loop, acts):
    return Batcher(loop.spawn, loop.sleep, acts.append)


def test_what_comes_alone_is_handled_in_the_next_turn(loop, door, acts):
    door.put(1)
    assert (acts, loop.slept) == ([], [])
    loop.turn()
    assert acts == [[1]]

    door.put(2)
    loop.turn()
    assert acts == [[1], [2]]


def test_what_comes_in_one_turn_is_handled_together_in_order(loop, door, acts):
    for n in range(BATCH_MAX + 3):
        door.put(n)
    loop.turn()

    assert acts == [list(range(BATCH_MAX)), list(range(BATCH_MAX, BATCH_MAX + 3))]
    assert loop.slept == [0, batching.PAUSE_SECONDS], "others have their turn in between"


def test_what_comes_meanwhile_is_handled_together_after_a_pause(loop, door, acts):
    loop.meanwhile = [lambda: [door.put(n) for n in (2, 3)]]
    door.put(1)
    loop.turn()

    assert acts == [[1], [2, 3]]
    assert loop.tasks == [], "one task is enough"


def test_a_line_is_free_without_the_collector_when_it_has_ended():
    """What lives long is out of the collector's sight, so no line may be part of a cycle."""
    gc.disable()
    try:
        plain, far = _socket.socketpair()
        plain.setblocking(False)
        hub = Hub()
        line = Line("eio", Taken(plain, hub, int), 1000, print, lambda _, reason: None, Line.cut)
        line.start()
        line.write(b"x" * 1_000_000)
        assert hub.readable
        assert hub.writable
        ended = weakref.ref(line)
        line.cut()
        far.close()
        del line, plain

        assert ended() is None
    finally:
        gc.enable()


def test_a_wave_of_connections_is_moved_out_of_sight_once(monkeypatch):
    moved = []
    monkeypatch.setattr(gc, "freeze", lambda: moved.append(True))
    long_lived = LongLived()

    for connections in (0, 199, 200, 300, 399, 400, 400, 10, 209, 210):
        long_lived.note(connections)
    assert len(moved) == 3
