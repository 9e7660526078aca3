"""Rights: who may listen to which lane, and the end of connections whose rights changed.

Rights are asked when a socket joins. A change of rights ends the sockets of that person; the page connects again and
listens under its new rights. What another process changed is read from the database.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select, true
from sqlalchemy.orm import InstrumentedAttribute

from ideas import events, journal, policy
from ideas.database import db
from ideas.models import Device, Participant
from ideas.queries.rooms import rights_changed_since
from realtime.connections import Connection, Connections
from realtime.presence import Presence
from realtime.transport import SocketTransport

NUMBERS_PER_QUERY = 500

# Events after which a participant is no longer in the room.
GONE = (events.ParticipantBarred, events.ParticipantLeft)

# After these events some connections have to end.
RIGHTS_EVENTS: tuple[type[events.Event], ...] = (
    events.DeviceSignedOut,
    events.MembershipChanged,
    events.FacilitationChanged,
    events.ParticipantBarred,
    events.ParticipantLeft,
    events.ChallengeDeleted,
)


def lanes_of(access: policy.Access) -> list[str]:
    """The lanes that somebody may listen to."""
    lanes = [journal.ROOM]
    if access.facilitates:
        lanes.append(journal.FACILITATORS)
    if access.participates and access.participant:
        lanes.append(access.participant.lane)
    return lanes


def is_affected(connection: Connection, event: events.Event) -> bool:
    """Whether an event changes the rights of a connection."""
    if isinstance(event, events.DeviceSignedOut):
        return connection.device_id == event.device_id
    if isinstance(event, events.MembershipChanged):
        return connection.actor.account_id == event.account_id
    if isinstance(event, events.ChallengeDeleted):
        return event.challenge_id in connection.lanes
    if isinstance(event, events.FacilitationChanged):
        return connection.actor.person_id == event.person_id and event.challenge_id in connection.lanes
    if isinstance(event, GONE):
        return f"participant-{event.participant_id}" in connection.lanes.get(event.challenge_id, ())
    return False


@dataclass(frozen=True)
class Held:
    """What a connection had at one instant: others join, and it joins more, while the database is asked."""

    connection: Connection
    rooms: list[tuple[int, list[str]]]
    facilitating: set[int]


def outdated(held: list[Held], facilitators: set[tuple[int, int]]) -> list[Connection]:
    """The connections whose rights are not what they were when they joined, by the database.

    Another process may have signed their browser out, removed their participant or let them leave, or given or taken
    facilitation. `facilitators` are the present ones, by challenge and person.
    """
    devices = among(select(Device.id, Device.token_digest), Device.id, {one.connection.device_id for one in held})
    digests = dict(map(tuple, devices))
    lanes = {lane for one in held for _, of in one.rooms for lane in of if lane.startswith("participant-")}
    participants = {lane: int(lane.removeprefix("participant-")) for lane in lanes}
    here = {i for (i,) in among(select(Participant.id), Participant.id, participants.values(), Participant.is_here)}
    lost = {lane for lane, i in participants.items() if i not in here}
    return [
        one.connection
        for one in held
        if digests.get(one.connection.device_id) != one.connection.browser
        or any(not lost.isdisjoint(of) for _, of in one.rooms)
        or any((i in one.facilitating) != ((i, one.connection.actor.person_id) in facilitators) for i, _ in one.rooms)
    ]


def among(
    query: Select[Any], column: InstrumentedAttribute[int], numbers: Iterable[int], *conditions: ColumnElement[bool]
) -> list[Row[Any]]:
    """The rows of a query whose column is one of these numbers, and that fulfil conditions without parameters.

    The numbers stand in the text of the statement: to bind thousands costs more than to find their rows.
    """
    found: list[Row[Any]] = []
    wanted, begin = sorted(numbers), str(query.where(true(), *conditions))
    for start in range(0, len(wanted), NUMBERS_PER_QUERY):
        some = ",".join(map(str, wanted[start : start + NUMBERS_PER_QUERY]))
        found += db.session.connection().exec_driver_sql(f"{begin} AND {column.expression} IN ({some})")
    return found


class RightsKeeper:
    """Ends the connections of this process whose rights changed."""

    def __init__(
        self,
        connections: Connections,
        presence: Presence,
        transport: SocketTransport,
        context: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._connections, self._presence, self._transport, self._context = connections, presence, transport, context

    def note(self, event: events.Event) -> None:
        """Take note of a change in this process; its connections end in the background."""
        self._transport.spawn(self._apply, event)

    def end_outdated(self) -> None:
        """End the connections whose rights another process changed. Between some hundred others have their turn."""
        everybody = [Held(c, list(c.lanes.items()), set(c.facilitating)) for c in self._connections.all()]
        facilitators = policy.facilitators_of(db.session(), {i for one in everybody for i, _ in one.rooms})
        for start in range(0, len(everybody), NUMBERS_PER_QUERY):
            for connection in outdated(everybody[start : start + NUMBERS_PER_QUERY], facilitators):
                self._transport.end(connection.sid)
            self._transport.sleep(0)

    def apply_changes_since(self, challenge_id: int, since: int) -> None:
        """End the connections whose rights a journal entry after `since` changed, before the room hears more."""
        changed = rights_changed_since(db.session(), challenge_id, since)
        for kind, participant_id in changed:
            if kind in ("bar", "leave"):
                self._presence.remove(challenge_id, f"participant-{participant_id}")
        if changed:
            self.end_outdated()

    def _apply(self, event: events.Event) -> None:
        if isinstance(event, GONE):
            self._presence.remove(event.challenge_id, f"participant-{event.participant_id}")
        with self._context():
            for connection in self._connections.all():
                if is_affected(connection, event):
                    self._transport.end(connection.sid)
