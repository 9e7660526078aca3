"""Open sockets: whose they are, where they sit, and when they must go."""

import time
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from ideas import policy
from ideas.actor import Actor
from ideas.database import db
from ideas.devices import device_by_token, digest_of
from ideas.models import Device, Participant, Round
from ideas.services.ballots import IDS_PER_QUERY

T = TypeVar("T")

# A sign-out closes sockets at once; this is how stale a look-up may be if that message is lost.
TRUSTED_SECONDS = 1.0


@dataclass
class Connection:
    """A socket. `seats` maps challenge ids to the lanes it listens to; in those of `watching` it is counted nowhere."""

    sid: str
    token: str
    actor: Actor
    device_id: int
    language: str
    checked_at: float = field(default_factory=time.monotonic)
    seats: dict[int, list[str]] = field(default_factory=dict)
    watching: set[int] = field(default_factory=set)
    steering: set[int] = field(default_factory=set)  # the challenges that its person facilitated on sitting down
    voting_as: dict[int, int] = field(default_factory=dict)  # round: participant

    def is_valid(self) -> bool:
        """Whether the browser is still who it was when it connected; looked up at most every second."""
        if time.monotonic() - self.checked_at < TRUSTED_SECONDS:
            return True
        device = device_by_token(self.token)
        self.checked_at = time.monotonic()
        return device is not None and device.person_id == self.actor.person_id

    def participates(self, challenge_id: int) -> bool:
        return any(lane.startswith("participant-") for lane in self.seats.get(challenge_id, ()))

    def participant_in(self, round_id: int) -> int | None:
        """The participant as whom this socket votes in a round."""
        if round_id not in self.voting_as:
            found = db.session.scalar(
                select(Participant.id)
                .join(Round, Round.challenge_id == Participant.challenge_id)
                .where(
                    Round.id == round_id,
                    Participant.person_id == self.actor.person_id,
                    Participant.merged_into.is_(None),
                )
            )
            if found is None:
                return None
            self.voting_as[round_id] = found
        return self.voting_as[round_id]


class Connections:
    """All sockets of this process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Connection] = {}

    def add(self, connection: Connection) -> None:
        self._by_sid[connection.sid] = connection

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def pop(self, sid: str) -> Connection | None:
        return self._by_sid.pop(sid, None)

    def all(self) -> list[Connection]:
        return list(self._by_sid.values())

    def audiences(self) -> dict[int, dict[str, set[str]]]:
        """`{challenge: {lane: languages}}`: who has to be told what in which language."""
        found: dict[int, dict[str, set[str]]] = {}
        for connection in self.all():
            for challenge_id, lanes in connection.seats.items():
                for lane in lanes:
                    found.setdefault(challenge_id, {}).setdefault(lane, set()).add(connection.language)
        return found

    def strays(self) -> list[Connection]:
        """Sockets of those whom another process signed out or removed, or gave facilitation, or took it from."""
        known = _present(Device.token_digest, [digest_of(c.token) for c in self.all()])
        seats = {lane for c in self.all() for lanes in c.seats.values() for lane in lanes}
        heads = [int(lane.removeprefix("participant-")) for lane in seats if lane.startswith("participant-")]
        barred = _present(Participant.id, heads, Participant.barred_at.is_not(None))
        lost = {f"participant-{i}" for i in barred}
        steering = policy.facilitators_of(db.session(), {i for c in self.all() for i in c.seats})
        return [
            c
            for c in self.all()
            if digest_of(c.token) not in known
            or any(lost & set(lanes) for lanes in c.seats.values())
            or any((i in c.steering) != ((i, c.actor.person_id) in steering) for i in c.seats)
        ]


def _present(column: InstrumentedAttribute[T], wanted: list[T], *conditions: ColumnElement[bool]) -> set[T]:
    """Which of the wanted values stand in a column."""
    found: set[T] = set()
    for start in range(0, len(wanted), IDS_PER_QUERY):
        query = select(column).where(column.in_(wanted[start : start + IDS_PER_QUERY]), *conditions)
        found |= set(db.session.scalars(query))
    return found
