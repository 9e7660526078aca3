"""Presence: who is here, who is writing, who is ready; counted in people, not tabs. Never stored, never numbered.

It knows what this process hears, and what it is told that others hear. What it holds of a challenge is forgotten when
the last one has gone.
"""

import math
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

# A "typing" that is not repeated is over after this.
WRITING_SECONDS = 6

# Who only goes from one page of the room to the next has not been away.
LINGER_SECONDS = 3.0

# A page without a socket asks every four seconds; who has not asked for this long is gone.
SEEN_SECONDS = 15.0

# Other processes say every second whom they hear; one that has said nothing for this long is dead or cut off.
LOST_SECONDS = 5.0

# A phase as it was entered: round, position, the instant it began (ms). Being ready is for one of these.
PhaseKey = tuple[int, int, int]

HERE, WRITING, READY = "here", "writing", "ready"

# What one process tells the others, fit for JSON.
Told = dict[str, dict[str, Any]]


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
    # How often each person changed their mind about being ready in this phase; odd is ready. Of two processes the one
    # that counts higher knows more. Who is away for a moment stays ready.
    ready: dict[int, int] = field(default_factory=dict)

    def is_ready(self, person_id: int) -> bool:
        return self.ready.get(person_id, 0) % 2 == 1

    def be_ready(self, person_id: int, ready: bool) -> None:
        if self.is_ready(person_id) != ready:
            self.ready[person_id] = self.ready.get(person_id, 0) + 1


class Presence:
    """The heads of all rooms. A participant is named by handle, None for who only facilitates."""

    def __init__(self) -> None:
        self._rooms: defaultdict[int, _Room] = defaultdict(_Room)
        self._elsewhere: dict[str, tuple[float, dict[int, _Room]]] = {}  # by process: until when it is believed
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
                room.be_ready(person_id, False)

    def write(self, challenge_id: int, person_id: int) -> None:
        with self._lock:
            head = self._rooms[challenge_id].heads.get(person_id)
            if head is not None:
                head.writes_until = time.monotonic() + WRITING_SECONDS

    def be_ready(self, challenge_id: int, person_id: int, phase: PhaseKey, *, ready: bool) -> None:
        """Somebody is done with a phase, or not yet after all."""
        with self._lock:
            self._in_phase(challenge_id, phase).be_ready(person_id, ready)

    def is_ready(self, challenge_id: int, person_id: int, phase: PhaseKey) -> bool:
        with self._lock:
            return self._in_phase(challenge_id, phase).is_ready(person_id)

    def begin(self, challenge_id: int, phase: PhaseKey) -> None:
        """The round stands in this phase; nobody is ready in one that has just begun."""
        with self._lock:
            self._in_phase(challenge_id, phase)

    def of(self, challenge_id: int) -> Present:
        with self._lock:
            return self._present(challenge_id, time.monotonic())

    def own(self) -> Told:
        """What this process hears, to be told to the others."""
        with self._lock:
            now = time.monotonic()
            self._forget(now)
            return {str(challenge_id): _own(room, now) for challenge_id, room in self._rooms.items()}

    def hear(self, process: str, told: Told) -> None:
        """Another process said what it hears; it replaces what it said before."""
        until = time.monotonic() + LOST_SECONDS
        rooms = {int(challenge_id): _heard(room, until) for challenge_id, room in told.items()}
        with self._lock:
            self._elsewhere[process] = until, rooms
            for challenge_id, heard in rooms.items():
                room = self._rooms[challenge_id]
                room.phase = room.phase or heard.phase
                self._learn(challenge_id, room)

    def changed(self) -> dict[int, Present]:
        """The rooms that are not as they were told last; they count as told then."""
        with self._lock:
            now = time.monotonic()
            self._forget(now)
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
            self._learn(challenge_id, room)
        return room

    def _learn(self, challenge_id: int, room: _Room) -> None:
        """Take over who is ready elsewhere: it outlives the process that heard it."""
        for _, rooms in self._elsewhere.values():
            heard = rooms.get(challenge_id)
            if heard is not None and heard.phase == room.phase:
                room.ready |= {p: max(n, room.ready.get(p, 0)) for p, n in heard.ready.items()}

    def _here(self, challenge_id: int, now: float) -> dict[int, _Head]:
        """Who is here, at whatever process: the same person at two of them is one head."""
        rooms = [rooms[challenge_id] for _, rooms in self._elsewhere.values() if challenge_id in rooms]
        here = {p: head for p, head in self._rooms[challenge_id].heads.items() if head.is_here(now)}
        for person_id, head in ((p, head) for room in rooms for p, head in room.heads.items() if head.is_here(now)):
            known = here.get(person_id)
            here[person_id] = _one(known, head) if known else head
        return here

    def _forget(self, now: float) -> None:
        """Drop the processes that fell silent, the people who have gone, and the rooms that nobody is left in."""
        self._elsewhere = {process: said for process, said in self._elsewhere.items() if said[0] >= now}
        for challenge_id, room in list(self._rooms.items()):
            room.heads = {person_id: head for person_id, head in room.heads.items() if head.is_here(now)}
            if not self._here(challenge_id, now):
                del self._rooms[challenge_id]
                self._told.pop(challenge_id, None)

    def _present(self, challenge_id: int, now: float) -> Present:
        here = self._here(challenge_id, now)
        room = self._rooms[challenge_id]
        people = {h.participant: _state(room.is_ready(p), h, now) for p, h in here.items() if h.participant}
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


def _one(head: _Head, other: _Head) -> _Head:
    """The same person at two processes."""
    return _Head(
        participant=head.participant or other.participant,
        facilitates=head.facilitates or other.facilitates,
        stays_until=math.inf,
        writes_until=max(head.writes_until, other.writes_until),
    )


def _own(room: _Room, now: float) -> dict[str, Any]:
    return {
        "phase": room.phase,
        "heads": {
            p: (h.participant, h.facilitates, h.writes_until >= now) for p, h in room.heads.items() if h.is_here(now)
        },
        "ready": dict(room.ready),
    }


def _heard(told: dict[str, Any], until: float) -> _Room:
    """A room as another process described it, before or after it went through JSON."""
    heads = {
        int(person_id): _Head(participant, facilitates, stays_until=until, writes_until=until if writes else 0.0)
        for person_id, (participant, facilitates, writes) in told["heads"].items()
    }
    phase = tuple(told["phase"]) if told["phase"] else None
    return _Room(heads, phase, {int(person_id): n for person_id, n in told["ready"].items()})
