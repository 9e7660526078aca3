"""Rights: who may listen to which lane, and the end of connections whose rights changed.

Rights are asked when a socket joins. A change of rights ends the sockets of that person; the page connects again and
listens under its new rights. What another process changed is read from the database.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from ideas import events, journal, policy
from ideas.database import db
from ideas.devices import digest_of
from ideas.models import Device, Participant
from ideas.queries.rooms import rights_changed_since
from ideas.services.ballots import IDS_PER_QUERY
from realtime.connections import Connection, Connections
from realtime.presence import Presence
from realtime.transport import SocketTransport

T = TypeVar("T")

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


def outdated(connections: list[Connection]) -> list[Connection]:
    """The connections whose rights are not what they were when they joined, by the database.

    Another process may have signed their browser out, removed their participant or let them leave, or given or taken
    facilitation.
    """
    # What the connections listen to now: others join while the database is asked.
    joined = {c.sid: {i: list(lanes) for i, lanes in c.lanes.items()} for c in connections}
    facilitating = {c.sid: set(c.facilitating) for c in connections}
    known = _present(Device.token_digest, [digest_of(c.token) for c in connections])
    lanes = {lane for rooms in joined.values() for of in rooms.values() for lane in of}
    participants = [int(lane.removeprefix("participant-")) for lane in lanes if lane.startswith("participant-")]
    here = _present(Participant.id, participants, Participant.is_here)
    lost = {f"participant-{i}" for i in participants if i not in here}
    facilitators = policy.facilitators_of(db.session(), {i for rooms in joined.values() for i in rooms})
    return [
        c
        for c in connections
        if digest_of(c.token) not in known
        or any(lost & set(of) for of in joined[c.sid].values())
        or any((i in facilitating[c.sid]) != ((i, c.actor.person_id) in facilitators) for i in joined[c.sid])
    ]


def _present(column: InstrumentedAttribute[T], wanted: list[T], *conditions: ColumnElement[bool]) -> set[T]:
    """The wanted values that stand in a column."""
    found: set[T] = set()
    for start in range(0, len(wanted), IDS_PER_QUERY):
        query = select(column).where(column.in_(wanted[start : start + IDS_PER_QUERY]), *conditions)
        found |= set(db.session.scalars(query))
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
        """End the connections whose rights another process changed."""
        for connection in outdated(self._connections.all()):
            self._transport.end(connection.sid)

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
