"""Presence: the people who are in a room, who write, who are ready. It counts people, not tabs, and stores nothing.

It knows the people of this process, and what the other processes say of theirs. It forgets a room when the last person
has left.
"""

import math
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

# A `typing` that is not repeated ends after this time.
WRITING_SECONDS = 6

# A person who moves between pages of a room stays present for this time.
LINGER_SECONDS = 3.0

# A page without a socket polls every four seconds; a person who has not polled for this long has left.
SEEN_SECONDS = 15.0

# The other processes report every second; one that has been silent for this long is dead or cut off.
LOST_SECONDS = 5.0

# One entering of a phase: round, position, the instant it began (ms). Being ready holds for one of these.
PhaseKey = tuple[int, int, int]

HERE, WRITING, READY = "here", "writing", "ready"

# What one process reports to the others, fit for JSON.
Report = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Present:
    """One room at one instant. `people` maps the handles of the participants who are here to what they do.

    `asked` counts the people whose *ready* is waited for: a facilitator need not say it.
    """

    people: dict[str, str]
    writing: int
    ready: int
    asked: int
    facilitators: int

    @property
    def counts(self) -> dict[str, object]:
        """What the room hears: `{"here": people, "writing": people, "ready": people}`."""
        return {"here": len(self.people), "writing": self.writing, "ready": self.ready}


@dataclass
class _Person:
    """A person in a room, with any number of open tabs."""

    participant: str | None = None
    facilitates: bool = False
    sockets: int = 0
    stays_until: float = 0.0
    writes_until: float = 0.0

    def is_here(self, now: float) -> bool:
        return self.sockets > 0 or self.stays_until >= now


@dataclass
class _Room:
    people: dict[int, _Person] = field(default_factory=dict)  # by person id
    phase: PhaseKey | None = None
    # How often each person switched between ready and not ready in this phase; odd is ready. Of two processes the one
    # with the higher number knows more. A person who is away for a moment stays ready.
    ready: dict[int, int] = field(default_factory=dict)

    def is_ready(self, person_id: int) -> bool:
        return self.ready.get(person_id, 0) % 2 == 1

    def be_ready(self, person_id: int, ready: bool) -> None:
        if self.is_ready(person_id) != ready:
            self.ready[person_id] = self.ready.get(person_id, 0) + 1


class Presence:
    """The people of all rooms. `participant` is a handle, None for a person who only facilitates."""

    def __init__(self) -> None:
        self._rooms: defaultdict[int, _Room] = defaultdict(_Room)
        self._elsewhere: dict[str, tuple[float, dict[int, _Room]]] = {}  # by process: valid until
        self._sent: dict[int, Present] = {}
        self._lock = threading.Lock()

    def enter(self, challenge_id: int, person_id: int, participant: str | None, *, facilitates: bool) -> None:
        """A socket joined a room."""
        with self._lock:
            self._person(challenge_id, person_id, participant, facilitates).sockets += 1

    def leave(self, challenge_id: int, person_id: int) -> None:
        """A socket left a room; another page of the same person may be about to open."""
        with self._lock:
            person = self._rooms[challenge_id].people.get(person_id)
            if person is not None:
                person.sockets -= 1
                person.stays_until = max(person.stays_until, time.monotonic() + LINGER_SECONDS)

    def seen(self, challenge_id: int, person_id: int, participant: str | None, *, facilitates: bool) -> None:
        """A page without a socket polled the catch-up address."""
        with self._lock:
            person = self._person(challenge_id, person_id, participant, facilitates)
            person.stays_until = time.monotonic() + SEEN_SECONDS

    def remove(self, challenge_id: int, participant: str) -> None:
        """A participant was removed from the challenge and no longer counts."""
        with self._lock:
            room = self._rooms[challenge_id]
            for person_id in [p for p, person in room.people.items() if person.participant == participant]:
                room.people[person_id].participant = None
                room.be_ready(person_id, False)

    def write(self, challenge_id: int, person_id: int) -> None:
        with self._lock:
            person = self._rooms[challenge_id].people.get(person_id)
            if person is not None:
                person.writes_until = time.monotonic() + WRITING_SECONDS

    def be_ready(self, challenge_id: int, person_id: int, phase: PhaseKey, *, ready: bool) -> None:
        """A person is done with a phase, or is not after all."""
        with self._lock:
            self._in_phase(challenge_id, phase).be_ready(person_id, ready)

    def is_ready(self, challenge_id: int, person_id: int, phase: PhaseKey) -> bool:
        with self._lock:
            return self._in_phase(challenge_id, phase).is_ready(person_id)

    def begin(self, challenge_id: int, phase: PhaseKey) -> None:
        """The round is in this phase; in a new phase nobody is ready."""
        with self._lock:
            self._in_phase(challenge_id, phase)

    def of(self, challenge_id: int) -> Present:
        with self._lock:
            return self._present(challenge_id, time.monotonic())

    def own(self) -> Report:
        """The report of this process to the others."""
        with self._lock:
            now = time.monotonic()
            self._forget(now)
            return {str(challenge_id): _own(room, now) for challenge_id, room in self._rooms.items()}

    def hear(self, process: str, report: Report) -> None:
        """Take over the report of another process in place of its last one."""
        until = time.monotonic() + LOST_SECONDS
        rooms = {int(challenge_id): _heard(room, until) for challenge_id, room in report.items()}
        with self._lock:
            self._elsewhere[process] = until, rooms
            for challenge_id, heard in rooms.items():
                room = self._rooms[challenge_id]
                room.phase = room.phase or heard.phase
                self._learn(challenge_id, room)

    def changed(self) -> dict[int, Present]:
        """The rooms that changed since the last call."""
        with self._lock:
            now = time.monotonic()
            self._forget(now)
            present = {challenge_id: self._present(challenge_id, now) for challenge_id in self._rooms}
            news = {c: p for c, p in present.items() if self._sent.get(c) != p}
            self._sent |= news
            return news

    def _person(self, challenge_id: int, person_id: int, participant: str | None, facilitates: bool) -> _Person:
        person = self._rooms[challenge_id].people.setdefault(person_id, _Person())
        person.participant, person.facilitates = participant, facilitates  # by their rights at the latest look
        return person

    def _in_phase(self, challenge_id: int, phase: PhaseKey) -> _Room:
        room = self._rooms[challenge_id]
        if room.phase != phase:
            room.phase = phase
            room.ready.clear()
            self._learn(challenge_id, room)
        return room

    def _learn(self, challenge_id: int, room: _Room) -> None:
        """Take over who is ready in other processes, so that it outlives them."""
        for _, rooms in self._elsewhere.values():
            heard = rooms.get(challenge_id)
            if heard is not None and heard.phase == room.phase:
                room.ready |= {p: max(n, room.ready.get(p, 0)) for p, n in heard.ready.items()}

    def _here(self, challenge_id: int, now: float) -> dict[int, _Person]:
        """The people who are here, of all processes; a person at two processes counts once."""
        rooms = [rooms[challenge_id] for _, rooms in self._elsewhere.values() if challenge_id in rooms]
        here = {p: person for p, person in self._rooms[challenge_id].people.items() if person.is_here(now)}
        for person_id, person in (
            (p, person) for room in rooms for p, person in room.people.items() if person.is_here(now)
        ):
            known = here.get(person_id)
            here[person_id] = _combined(known, person) if known else person
        return here

    def _forget(self, now: float) -> None:
        """Drop silent processes, people who have left, and empty rooms."""
        self._elsewhere = {process: said for process, said in self._elsewhere.items() if said[0] >= now}
        for challenge_id, room in list(self._rooms.items()):
            room.people = {person_id: person for person_id, person in room.people.items() if person.is_here(now)}
            if not self._here(challenge_id, now):
                del self._rooms[challenge_id]
                self._sent.pop(challenge_id, None)

    def _present(self, challenge_id: int, now: float) -> Present:
        here = self._here(challenge_id, now)
        room = self._rooms[challenge_id]
        people = {h.participant: _state(room.is_ready(p), h, now) for p, h in here.items() if h.participant}
        return Present(
            people=people,
            writing=sum(person.writes_until >= now for person in here.values() if person.participant),
            ready=sum(state == READY for state in people.values()),
            asked=sum(not h.facilitates or people[h.participant] == READY for h in here.values() if h.participant),
            facilitators=sum(person.facilitates for person in here.values()),
        )


def _state(is_ready: bool, person: _Person, now: float) -> str:
    if is_ready:
        return READY
    return WRITING if person.writes_until >= now else HERE


def _combined(person: _Person, other: _Person) -> _Person:
    """Combine what two processes know of one person."""
    return _Person(
        participant=person.participant or other.participant,
        facilitates=person.facilitates or other.facilitates,
        stays_until=math.inf,
        writes_until=max(person.writes_until, other.writes_until),
    )


def _own(room: _Room, now: float) -> dict[str, Any]:
    return {
        "phase": room.phase,
        "people": {
            p: (h.participant, h.facilitates, h.writes_until >= now) for p, h in room.people.items() if h.is_here(now)
        },
        "ready": dict(room.ready),
    }


def _heard(report: dict[str, Any], until: float) -> _Room:
    """A room as another process reported it, before or after JSON."""
    people = {
        int(person_id): _Person(participant, facilitates, stays_until=until, writes_until=until if writes else 0.0)
        for person_id, (participant, facilitates, writes) in report["people"].items()
    }
    phase = tuple(report["phase"]) if report["phase"] else None
    return _Room(people, phase, {int(person_id): n for person_id, n in report["ready"].items()})
