"""Presence: who is here and who is writing, counted in people, not tabs. Never stored, never numbered."""

import time
from collections import Counter, defaultdict

# A "typing" that is not repeated is over after this.
WRITING_SECONDS = 6


class Presence:
    """Heads per challenge; a head may have several sockets."""

    def __init__(self) -> None:
        self._sockets: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._writing: defaultdict[int, dict[int, float]] = defaultdict(dict)
        self._told: dict[int, dict[str, int]] = {}

    def enter(self, challenge_id: int, person_id: int) -> None:
        self._sockets[challenge_id][person_id] += 1

    def leave(self, challenge_id: int, person_id: int) -> None:
        heads = self._sockets[challenge_id]
        heads[person_id] -= 1
        if heads[person_id] <= 0:
            del heads[person_id]
            self._writing[challenge_id].pop(person_id, None)
        if not heads:
            self._told.pop(challenge_id, None)

    def write(self, challenge_id: int, person_id: int) -> None:
        self._writing[challenge_id][person_id] = time.monotonic() + WRITING_SECONDS

    def count(self, challenge_id: int) -> dict[str, int]:
        """`{"here": people, "writing": people}`"""
        now = time.monotonic()
        writing = self._writing[challenge_id]
        for person_id in [p for p, until in writing.items() if until < now]:
            del writing[person_id]
        return {"here": len(self._sockets[challenge_id]), "writing": len(writing)}

    def changed(self) -> dict[int, dict[str, int]]:
        """The counts that differ from those told last: `{challenge: counts}`; they count as told then."""
        present = {c: self.count(c) for c, heads in self._sockets.items() if heads}
        news = {c: counts for c, counts in present.items() if self._told.get(c) != counts}
        self._told |= news
        return news
