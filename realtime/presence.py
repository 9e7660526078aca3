"""Presence: the people who are in a room, who write, who are ready. It counts people, not tabs, and stores nothing.

It knows the people of this process, and what the other processes say of theirs. It forgets a room when the last person
has left. The counts of a room are kept as people come, act and go, so that no act and no second costs more in a full
room.
"""

import heapq
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# A `typing` that is not repeated ends after this time.
WRITING_SECONDS = 6

# A person who moves between pages of a room stays present for this time.
LINGER_SECONDS = 3.0

# A page without a socket polls every four seconds; a person who has not polled for this long has left.
SEEN_SECONDS = 15.0

# A text that a facilitator opened in the moderation queue counts as looked at for this time.
LOOK_SECONDS = 60.0

# The other processes report every second; one that has been silent for this long is dead or cut off.
LOST_SECONDS = 5.0

# A room hears its counts at most once a second, and a large one less often: every change goes to everybody.
PEOPLE_PER_SECOND = 250
PAUSE_SECONDS_MAX = 10.0

# One entering of a phase: round, position, the instant it began (ms). Being ready holds for one of these.
PhaseKey = tuple[int, int, int]

HERE, WRITING, READY = "here", "writing", "ready"

# What one process reports to the others, fit for JSON.
Report = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Present:
    """One room at one instant. `people` maps the handles of the participants who are here to what they do.

    `asked` counts the people whose *ready* is waited for: a facilitator need not say it. `looking` counts the
    facilitators who look at a text of the moderation queue, by its handle.
    """

    people: dict[str, str]
    writing: int
    ready: int
    asked: int
    facilitators: int
    looking: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, object]:
        """What the room hears: `{"here": people, "writing": people, "ready": people}`."""
        return {"here": len(self.people), "writing": self.writing, "ready": self.ready}


class _Heard(NamedTuple):
    """A person as another process reported it."""

    participant: str | None
    facilitates: bool
    writes: bool


class _Seat(NamedTuple):
    """What a person counts for at this moment."""

    participant: str | None
    facilitates: bool
    writes: bool
    is_ready: bool

    @property
    def state(self) -> str:
        return READY if self.is_ready else WRITING if self.writes else HERE

    @property
    def amounts(self) -> tuple[int, int, int, int, int]:
        """What it adds to the counts of its room: here, writing, ready, asked, facilitators."""
        if self.participant is None:
            return 0, 0, 0, 0, int(self.facilitates)
        is_asked = self.is_ready or not self.facilitates
        return 1, int(self.writes), int(self.is_ready), int(is_asked), int(self.facilitates)


@dataclass(slots=True)
class _Person:
    """A person in a room of this process, with any number of open tabs."""

    participant: str | None = None
    facilitates: bool = False
    sockets: int = 0
    stays_until: float = 0.0
    writes_until: float = 0.0

    def is_here(self, now: float) -> bool:
        return self.sockets > 0 or self.stays_until >= now


@dataclass
class _Report:
    """A room as another process reported it."""

    people: dict[int, _Heard]
    phase: PhaseKey | None
    ready: dict[int, int]
    looks: dict[int, "_Look"]


class _Look(NamedTuple):
    """The text of the moderation queue that a facilitator opened last."""

    handle: str
    until: float


@dataclass
class _Room:
    people: dict[int, _Person] = field(default_factory=dict)  # of this process, by person id
    phase: PhaseKey | None = None
    # How often each person switched between ready and not ready in this phase; odd is ready. Of two processes the one
    # with the higher number knows more. A person who is away for a moment stays ready.
    ready: dict[int, int] = field(default_factory=dict)
    seats: dict[int, _Seat] = field(default_factory=dict)  # everybody who is here, of all processes
    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])  # the sums of the seats' amounts
    looks: dict[int, _Look] = field(default_factory=dict)  # of this process, by person id
    has_news: bool = False  # since facilitators were told
    told: tuple[int, ...] = ()  # the counts that the room heard last
    tell_at: float = 0.0

    def is_ready(self, person_id: int) -> bool:
        return self.ready.get(person_id, 0) % 2 == 1

    def be_ready(self, person_id: int, ready: bool) -> None:
        if self.is_ready(person_id) != ready:
            self.ready[person_id] = self.ready.get(person_id, 0) + 1

    def seat(self, person_id: int, seat: _Seat | None) -> None:
        """Count a person for this, in place of what it counted for before."""
        before = self.seats.pop(person_id, None)
        if seat is not None:
            self.seats[person_id] = seat
        if before == seat:
            return
        self.has_news = True
        for old, sign in ((before, -1), (seat, 1)):
            if old is not None:
                self.counts = [count + sign * amount for count, amount in zip(self.counts, old.amounts, strict=True)]

    @property
    def heard(self) -> tuple[int, ...]:
        """What the room hears: here, writing, ready."""
        return tuple(self.counts[:3])


class Presence:
    """The people of all rooms. `participant` is a handle, None for a person who only facilitates."""

    def __init__(self) -> None:
        self._rooms: defaultdict[int, _Room] = defaultdict(_Room)
        self._elsewhere: dict[str, tuple[float, dict[int, _Report]]] = {}  # by process: valid until
        self._ends: list[tuple[float, int, int]] = []  # a heap: when a person of a room may count for less
        self._lock = threading.Lock()

    def enter(self, challenge_id: int, person_id: int, participant: str | None, *, facilitates: bool) -> None:
        """A socket joined a room."""
        with self._lock:
            self._person(challenge_id, person_id, participant, facilitates).sockets += 1
            self._recount(challenge_id, [person_id])

    def leave(self, challenge_id: int, person_id: int) -> None:
        """A socket left a room; another page of the same person may be about to open."""
        with self._lock:
            person = self._rooms[challenge_id].people.get(person_id)
            if person is not None:
                person.sockets -= 1
                person.stays_until = max(person.stays_until, time.monotonic() + LINGER_SECONDS)
                self._ends_at(person.stays_until, challenge_id, person_id)

    def seen(self, challenge_id: int, person_id: int, participant: str | None, *, facilitates: bool) -> None:
        """A page without a socket polled the catch-up address."""
        with self._lock:
            person = self._person(challenge_id, person_id, participant, facilitates)
            person.stays_until = time.monotonic() + SEEN_SECONDS
            self._ends_at(person.stays_until, challenge_id, person_id)
            self._recount(challenge_id, [person_id])

    def remove(self, challenge_id: int, participant: str) -> None:
        """A participant was removed from the challenge and no longer counts."""
        with self._lock:
            room = self._rooms[challenge_id]
            gone = [p for p, person in room.people.items() if person.participant == participant]
            for person_id in gone:
                room.people[person_id].participant = None
                room.be_ready(person_id, False)
            self._recount(challenge_id, gone)

    def write(self, challenge_id: int, person_id: int) -> None:
        with self._lock:
            person = self._rooms[challenge_id].people.get(person_id)
            if person is not None:
                person.writes_until = time.monotonic() + WRITING_SECONDS
                self._ends_at(person.writes_until, challenge_id, person_id)
                self._recount(challenge_id, [person_id])

    def be_ready(self, challenge_id: int, person_id: int, phase: PhaseKey, *, ready: bool) -> None:
        """A person is done with a phase, or is not after all."""
        with self._lock:
            self._in_phase(challenge_id, phase).be_ready(person_id, ready)
            self._recount(challenge_id, [person_id])

    def is_ready(self, challenge_id: int, person_id: int, phase: PhaseKey) -> bool:
        with self._lock:
            return self._in_phase(challenge_id, phase).is_ready(person_id)

    def look(self, challenge_id: int, person_id: int, handle: str) -> None:
        """A facilitator opened a text in the moderation queue; "" if they are done with it."""
        with self._lock:
            room = self._rooms[challenge_id]
            look = _Look(handle, time.monotonic() + LOOK_SECONDS)
            before = room.looks.pop(person_id, None)
            if handle:
                room.looks[person_id] = look
                self._ends_at(look.until, challenge_id, person_id)
            room.has_news |= (before.handle if before else "") != handle

    def looks(self, challenge_id: int) -> dict[str, list[int]]:
        """`{handle: the people who look at it}`, of all processes."""
        with self._lock:
            self._end(time.monotonic())
            return self._looks(challenge_id)

    def begin(self, challenge_id: int, phase: PhaseKey) -> None:
        """The round is in this phase; in a new phase nobody is ready."""
        with self._lock:
            self._in_phase(challenge_id, phase)

    def of(self, challenge_id: int) -> Present:
        """Everybody in a room, with what they do."""
        with self._lock:
            self._end(time.monotonic())
            room = self._rooms.get(challenge_id, _Room())
            _, writing, ready, asked, facilitators = room.counts
            people = {seat.participant: seat.state for seat in room.seats.values() if seat.participant}
            looking = {handle: len(people) for handle, people in self._looks(challenge_id).items()}
            return Present(people, writing, ready, asked, facilitators, looking)

    def challenges(self) -> list[int]:
        """The rooms with people whose pages this process serves, by a socket or by polls."""
        with self._lock:
            return [challenge_id for challenge_id, room in self._rooms.items() if room.people]

    def counts(self, challenge_id: int) -> dict[str, object]:
        """What a room hears, now; for a page that asks.

        If the room has not heard it yet, it hears its next counts in any case: they may be what it heard last, and the
        page would not learn of that.
        """
        with self._lock:
            self._end(time.monotonic())
            room = self._rooms.get(challenge_id, _Room())
            if room.heard != room.told:
                room.told = ()
            return _counts(room.heard)

    def own(self) -> Report:
        """The report of this process to the others."""
        with self._lock:
            now = time.monotonic()
            self._forget(now)
            return {str(challenge_id): _own(room, now) for challenge_id, room in self._rooms.items()}

    def processes(self) -> int:
        """How many other processes report at present."""
        now = time.monotonic()
        with self._lock:
            return sum(until >= now for until, _ in self._elsewhere.values())

    def hear(self, process: str, report: Report) -> None:
        """Take over the report of another process in place of its last one."""
        rooms = {int(challenge_id): _heard(room) for challenge_id, room in report.items()}
        with self._lock:
            _, before = self._elsewhere.get(process, (0.0, {}))
            self._elsewhere[process] = time.monotonic() + LOST_SECONDS, rooms
            for challenge_id, heard in rooms.items():
                room = self._rooms[challenge_id]
                room.phase = room.phase or heard.phase
                self._learn(challenge_id, room)
            for challenge_id in before.keys() | rooms.keys():
                self._rooms[challenge_id].has_news |= _looks_of(before, challenge_id) != _looks_of(rooms, challenge_id)
                was, now = (of[challenge_id].people if challenge_id in of else {} for of in (before, rooms))
                self._recount(challenge_id, [p for p in was.keys() | now.keys() if was.get(p) != now.get(p)])

    def changed(self) -> list[int]:
        """The rooms in which anybody changed anything since the last call, for facilitators."""
        with self._lock:
            self._forget(time.monotonic())
            news = [challenge_id for challenge_id, room in self._rooms.items() if room.has_news]
            for challenge_id in news:
                self._rooms[challenge_id].has_news = False
            return news

    def due(self) -> dict[int, dict[str, object]]:
        """The counts of the rooms that have to hear new ones now."""
        with self._lock:
            now, found = time.monotonic(), {}
            self._forget(now)
            for challenge_id, room in self._rooms.items():
                if room.heard != room.told and room.tell_at <= now:
                    found[challenge_id], room.told = _counts(room.heard), room.heard
                    room.tell_at = now + min(PAUSE_SECONDS_MAX, room.counts[0] / PEOPLE_PER_SECOND)
            return found

    def _person(self, challenge_id: int, person_id: int, participant: str | None, facilitates: bool) -> _Person:
        person = self._rooms[challenge_id].people.setdefault(person_id, _Person())
        person.participant, person.facilitates = participant, facilitates  # by their rights at the latest look
        return person

    def _in_phase(self, challenge_id: int, phase: PhaseKey) -> _Room:
        room = self._rooms[challenge_id]
        if room.phase != phase:
            room.phase = phase
            were_ready = [*room.ready]
            room.ready.clear()
            self._recount(challenge_id, were_ready)
            self._learn(challenge_id, room)
        return room

    def _learn(self, challenge_id: int, room: _Room) -> None:
        """Take over who is ready in other processes, so that it outlives them."""
        for _, rooms in self._elsewhere.values():
            heard = rooms.get(challenge_id)
            if heard is not None and heard.phase == room.phase:
                news = {p: n for p, n in heard.ready.items() if n > room.ready.get(p, 0)}
                room.ready |= news
                self._recount(challenge_id, news)

    def _looks(self, challenge_id: int) -> dict[str, list[int]]:
        """Each person looks at one text: the one that they opened last, in whatever process."""
        now, latest = time.monotonic(), dict[int, _Look]()
        own = self._rooms[challenge_id].looks if challenge_id in self._rooms else {}
        heard = [rooms[challenge_id].looks for _, rooms in self._elsewhere.values() if challenge_id in rooms]
        for looks in (own, *heard):
            for person_id, look in looks.items():
                if look.until > now and (person_id not in latest or latest[person_id].until < look.until):
                    latest[person_id] = look
        found: dict[str, list[int]] = {}
        for person_id, look in sorted(latest.items()):
            found.setdefault(look.handle, []).append(person_id)
        return found

    def _ends_at(self, when: float, challenge_id: int, person_id: int) -> None:
        heapq.heappush(self._ends, (when, challenge_id, person_id))

    def _end(self, now: float) -> None:
        """Take note of what ended by the clock: processes that are silent, people who stayed, people who wrote."""
        for process in [process for process, (until, _) in self._elsewhere.items() if until < now]:
            _, rooms = self._elsewhere.pop(process)
            for challenge_id, report in rooms.items():
                self._recount(challenge_id, report.people)
        while self._ends and self._ends[0][0] < now:
            _, challenge_id, person_id = heapq.heappop(self._ends)
            if challenge_id in self._rooms:
                person = self._rooms[challenge_id].people.get(person_id)
                if person is not None and not person.is_here(now):
                    del self._rooms[challenge_id].people[person_id]
                self._end_look(self._rooms[challenge_id], person_id, now)
                self._recount(challenge_id, [person_id])

    def _end_look(self, room: _Room, person_id: int, now: float) -> None:
        look = room.looks.get(person_id)
        if look is not None and look.until < now:
            del room.looks[person_id]
            room.has_news = True

    def _forget(self, now: float) -> None:
        """Drop what ended, and rooms in which nobody is."""
        self._end(now)
        for challenge_id in [challenge_id for challenge_id, room in self._rooms.items() if not room.seats]:
            if not self._rooms[challenge_id].people and not self._rooms[challenge_id].looks:
                del self._rooms[challenge_id]

    def _recount(self, challenge_id: int, people: Iterable[int]) -> None:
        """Count these people of a room anew."""
        room, now = self._rooms[challenge_id], time.monotonic()
        for person_id in people:
            known: list[_Heard] = []
            own = room.people.get(person_id)
            if own is not None and own.is_here(now):
                known.append(_Heard(own.participant, own.facilitates, own.writes_until >= now))
            for _, rooms in self._elsewhere.values():
                if challenge_id in rooms and person_id in rooms[challenge_id].people:
                    known.append(rooms[challenge_id].people[person_id])
            room.seat(person_id, _seat_of(known, room.is_ready(person_id)))


def _seat_of(known: list[_Heard], is_ready: bool) -> _Seat | None:
    """Combine what the processes know of one person; None if no process knows it."""
    if not known:
        return None
    participant = next((person.participant for person in known if person.participant), None)
    return _Seat(participant, any(p.facilitates for p in known), any(p.writes for p in known), is_ready)


def _counts(heard: tuple[int, ...]) -> dict[str, object]:
    here, writing, ready = heard
    return {"here": here, "writing": writing, "ready": ready}


def _own(room: _Room, now: float) -> dict[str, Any]:
    return {
        "phase": room.phase,
        "people": {
            p: (h.participant, h.facilitates, h.writes_until >= now) for p, h in room.people.items() if h.is_here(now)
        },
        "ready": dict(room.ready),
        "looks": {p: (look.handle, look.until - now) for p, look in room.looks.items() if look.until > now},
    }


def _heard(report: dict[str, Any]) -> _Report:
    """A room as another process reported it, before or after JSON."""
    people = {int(person_id): _Heard(*heard) for person_id, heard in report["people"].items()}
    phase = tuple(report["phase"]) if report["phase"] else None
    now = time.monotonic()
    looks = {int(person_id): _Look(handle, now + left) for person_id, (handle, left) in report["looks"].items()}
    return _Report(people, phase, {int(person_id): n for person_id, n in report["ready"].items()}, looks)


def _looks_of(rooms: dict[int, _Report], challenge_id: int) -> dict[int, str]:
    looks = rooms[challenge_id].looks if challenge_id in rooms else {}
    return {person_id: look.handle for person_id, look in looks.items()}
