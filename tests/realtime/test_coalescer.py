"""What happens to a lane within a moment becomes one frame."""

from ideas.events import StreamAdvanced
from realtime import coalescer
from realtime.coalescer import Coalescer


def flushed(of):
    found = []
    of.flush(lambda challenge_id, lane, pending: found.append((lane, pending.after, pending.seq, [*pending.handles])))
    return found


def test_figures_alone_wait_for_their_turn_and_go_with_anything_else(monkeypatch):
    monkeypatch.setattr(coalescer, "FIGURES_SECONDS", 3600)
    gathered = Coalescer()

    gathered.add(StreamAdvanced(7, 1, "room", 4, 5, ("figures",)))
    assert flushed(gathered) == [("room", 4, 5, ["figures"])]
    gathered.add(StreamAdvanced(7, 1, "room", 5, 6, ("figures",)))
    gathered.add(StreamAdvanced(7, 1, "facilitators", 5, 6, ("figures",)))
    assert flushed(gathered) == [("facilitators", 5, 6, ["figures"])]
    assert gathered.holds_any()
    gathered.add(StreamAdvanced(7, 1, "room", 6, 7, ("idea-3",)))
    assert flushed(gathered) == [("room", 5, 7, ["figures", "idea-3"])]
    assert not gathered.holds_any()


def test_figures_do_not_hold_back_a_change_of_another_process(monkeypatch):
    monkeypatch.setattr(coalescer, "FIGURES_SECONDS", 3600)
    gathered = Coalescer()
    gathered.add(StreamAdvanced(7, 1, "room", 4, 5, ("figures",)))
    flushed(gathered)

    gathered.add(StreamAdvanced(7, 1, "room", 5, 6, ("figures",)))
    gathered.add(StreamAdvanced(7, 1, "room", 8, 8, ()))

    assert flushed(gathered) == [("room", 5, 8, ["figures"])]
