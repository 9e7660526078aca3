"""The tables of discussions in turns: people whose pages are gone leave them, and those whose pages are open stay.

A page is open while it has a socket, or polls. Of a page without a script nothing is known: its person leaves the table
when the time of the turn is up.
"""

import time
from collections.abc import Callable

from ideas.database import db
from ideas.queries.turns import people_at_tables
from ideas.services.turns import keep_at_table, leave_table
from realtime.presence import Presence

# A person who goes to another page, or whose network fails for a moment, keeps the turn.
GONE_SECONDS = 10.0

# How often people with open pages are kept at the table.
KEEP_SECONDS = 60.0


class TableWatch:
    """Compares who is in the rooms of this installation with who sits at a table. `look` needs a context."""

    def __init__(self, presence: Presence, clock: Callable[[], float] = time.monotonic) -> None:
        self._presence, self._clock = presence, clock
        self._here: dict[int, set[int]] = {}  # the people of each room who were seen, and are not known to be gone
        self._missing: dict[tuple[int, int], float] = {}  # (challenge, participant): since when
        self._kept_at = clock()

    def has_work(self) -> bool:
        """Whether anybody went, or has to be kept at a table. It reads no database."""
        now = self._clock()
        for challenge_id in {*self._presence.challenges(), *self._here}:
            people = self._presence.of(challenge_id).people
            present = {int(handle.removeprefix("participant-")) for handle in people}
            known = self._here.setdefault(challenge_id, set())
            for person in known - present:
                self._missing.setdefault((challenge_id, person), now)
            for person in present:
                self._missing.pop((challenge_id, person), None)
            known |= present
        return bool(self._gone(now)) or self._is_keeping_due(now)

    def look(self) -> None:
        now = self._clock()
        gone, keeps = self._gone(now), self._is_keeping_due(now)
        tables = people_at_tables(db.session(), [*self._here])
        db.session.rollback()
        for challenge_id, people in tables.items():
            left = people & {person for of, person in gone if of == challenge_id}
            if left:
                leave_table(challenge_id, left)
            if keeps and (staying := people & self._here[challenge_id] - left):
                keep_at_table(challenge_id, staying)
        for challenge_id, person in gone:
            self._here[challenge_id].discard(person)
            del self._missing[challenge_id, person]
        self._here = {challenge_id: people for challenge_id, people in self._here.items() if people}
        if keeps:
            self._kept_at = now

    def _gone(self, now: float) -> list[tuple[int, int]]:
        return [key for key, since in self._missing.items() if now - since >= GONE_SECONDS]

    def _is_keeping_due(self, now: float) -> bool:
        return bool(self._here) and now - self._kept_at >= KEEP_SECONDS
