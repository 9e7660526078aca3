"""Presence: who is here, who is writing, who is ready; counted in people, not tabs. Never stored, never numbered.

It knows what this process hears. What it holds of a challenge is forgotten when the last one has gone.
"""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

# A "typing" that is not repeated is over after this.
WRITING_SECONDS = 6

# Who only goes from one page of the room to the next has not been away.
LINGER_SECONDS = 3.0

# A page without a socket asks every four seconds; who has not asked for this long is gone.
SEEN_SECONDS = 15.0

# A phase as it was entered: round, position, the instant it began (ms). Being ready is for one of these.
PhaseKey = tuple[int, int, int]

HERE, WRITING, READY = "here", "writing", "ready"


@dataclass(frozen=True)
class Present:
    """One room at one instant. `people` maps the handles of the participants who are here to what they do.

    `asked` are those of whom a ready is waited for: whoever steers need not say it.
    """

    people: dict[str, str]
    writing: int
    ready: int
    asked: int
    facilitators: int

    @property
    def counts(self) -> dict[str, object]:
        """What the room is told: `{"here": people, "writing": people, "ready": people}`."""
        return {"here": len(self.people), "writing": self.writing, "ready": self.ready}


@dataclass
class _Head:
    """Somebody in a room, however many tabs they have open there."""

    participant: str | None = None
    facilitates: bool = False
    sockets: int = 0
    stays_until: float = 0.0
    writes_until: float = 0.0

    def is_here(self, now: float) -> bool:
        return self.sockets > 0 or self.stays_until >= now


@dataclass
class _Room:
    heads: dict[int, _Head] = field(default_factory=dict)  # by person
    phase: PhaseKey | None = None
    ready: set[int] = field(default_factory=set)  # persons; who is away for a moment stays ready


class Presence:
    """The heads of all rooms. A participant is named by handle, None for who only facilitates."""

    def __init__(self) -> None:
        self._rooms: defaultdict[int, _Room] = defaultdict(_Room)
        self._told: dict[int, Present] = {}
        self._lock = threading.Lock()

    def enter(self, challenge_id: int, person_id: int, participant: str | None, *, facilitates: bool) -> None:
        """A socket sat down."""
        with self._lock:
            self._head(challenge_id, person_id, participant, facilitates).sockets += 1

    def leave(self, challenge_id: int, person_id: int) -> None:
        """A socket of theirs went; another page of the same person may be about to open."""
        with self._lock:
            head = self._rooms[challenge_id].heads.get(person_id)
            if head is not None:
                head.sockets -= 1
                head.stays_until = max(head.stays_until, time.monotonic() + LINGER_SECONDS)

    def seen(self, challenge_id: int, person_id: int, participant: str | None, *, facilitates: bool) -> None:
        """A page without a socket asked for what it missed."""
        with self._lock:
            head = self._head(challenge_id, person_id, participant, facilitates)
            head.stays_until = time.monotonic() + SEEN_SECONDS

    def remove(self, challenge_id: int, participant: str) -> None:
        """A participant was removed from the room: they are gone at once."""
        with self._lock:
            room = self._rooms[challenge_id]
            for person_id in [p for p, head in room.heads.items() if head.participant == participant]:
                room.heads[person_id].participant = None
                room.ready.discard(person_id)

    def write(self, challenge_id: int, person_id: int) -> None:
        with self._lock:
            head = self._rooms[challenge_id].heads.get(person_id)
            if head is not None:
                head.writes_until = time.monotonic() + WRITING_SECONDS

    def be_ready(self, challenge_id: int, person_id: int, phase: PhaseKey, *, ready: bool) -> None:
        """Somebody is done with a phase, or not yet after all."""
        with self._lock:
            room = self._in_phase(challenge_id, phase)
            (room.ready.add if ready else room.ready.discard)(person_id)

    def is_ready(self, challenge_id: int, person_id: int, phase: PhaseKey) -> bool:
        with self._lock:
            return person_id in self._in_phase(challenge_id, phase).ready

    def begin(self, challenge_id: int, phase: PhaseKey) -> None:
        """The round stands in this phase; nobody is ready in one that has just begun."""
        with self._lock:
            self._in_phase(challenge_id, phase)

    def of(self, challenge_id: int) -> Present:
        with self._lock:
            return self._present(challenge_id, time.monotonic())

    def changed(self) -> dict[int, Present]:
        """The rooms that are not as they were told last; they count as told then."""
        with self._lock:
            now = time.monotonic()
            for challenge_id in list(self._rooms):
                self._clear(challenge_id, now)
            present = {challenge_id: self._present(challenge_id, now) for challenge_id in self._rooms}
            news = {c: p for c, p in present.items() if self._told.get(c) != p}
            self._told |= news
            return news

    def _head(self, challenge_id: int, person_id: int, participant: str | None, facilitates: bool) -> _Head:
        head = self._rooms[challenge_id].heads.setdefault(person_id, _Head())
        head.participant, head.facilitates = participant, facilitates  # the latest look at their rights
        return head

    def _in_phase(self, challenge_id: int, phase: PhaseKey) -> _Room:
        room = self._rooms[challenge_id]
        if room.phase != phase:
            room.phase = phase
            room.ready.clear()
        return room

    def _clear(self, challenge_id: int, now: float) -> None:
        heads = self._rooms[challenge_id].heads
        for person_id in [p for p, head in heads.items() if not head.is_here(now)]:
            del heads[person_id]
        if not heads:
            del self._rooms[challenge_id]
            self._told.pop(challenge_id, None)

    def _present(self, challenge_id: int, now: float) -> Present:
        room = self._rooms.get(challenge_id, _Room())
        here = {p: head for p, head in room.heads.items() if head.is_here(now)}
        people = {h.participant: _state(p in room.ready, h, now) for p, h in here.items() if h.participant}
        return Present(
            people=people,
            writing=sum(head.writes_until >= now for head in here.values() if head.participant),
            ready=sum(state == READY for state in people.values()),
            asked=sum(not h.facilitates or people[h.participant] == READY for h in here.values() if h.participant),
            facilitators=sum(head.facilitates for head in here.values()),
        )


def _state(is_ready: bool, head: _Head, now: float) -> str:
    if is_ready:
        return READY
    return WRITING if head.writes_until >= now else HERE
