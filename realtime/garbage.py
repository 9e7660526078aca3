"""The garbage collector of a server process, which would otherwise look at everything that lives, again and again.

A full collection stops all sockets for as long as it takes: over a second with 5,000 connections. What lives long is
therefore moved out of its sight: everything that the start loaded, and what the connections of a hall are made of.
References still free such objects; only a cycle among them would stay, so connections form none.
"""

import gc

# How many more objects than before make a collection of the young ones due (Python: 700), and how many of these the
# collections of the older ones. A request makes a few thousand objects, and most of them are gone with it.
THRESHOLDS = (20_000, 20, 20)

# After so many new connections those that stayed are moved.
CONNECTIONS = 200


class LongLived:
    """Moves what lives for long out of the collector's sight."""

    def __init__(self) -> None:
        self._connections = 0  # when it was moved last

    def begin(self) -> None:
        """The server has started."""
        gc.set_threshold(*THRESHOLDS)
        _move()

    def note(self, connections: int) -> None:
        """So many connections are open now."""
        if connections >= self._connections + CONNECTIONS:
            self._connections = connections
            _move()
        self._connections = min(self._connections, connections)


def _move() -> None:
    gc.collect()
    gc.freeze()
