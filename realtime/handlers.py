"""What clients send: a table of events. Each is parsed, authorized, carried out by one function and acknowledged.

A cast is not in the table: it waits in the queue of casts, whose writer looks its sender up and answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from ideas import journal, policy
from ideas.availability import is_away, note_away
from ideas.database import db
from ideas.errors import Barred, Busy, NotFound, Refusal
from ideas.log_context import SOCKET
from ideas.marks import Sender
from ideas.queries.rounds import current_round
from ideas.services.ballots import BARRED, INVALID, NOT_FOUND, CastAnswer
from realtime import commands, fragments
from realtime.connections import Connection
from realtime.lanes import present_as
from realtime.presence import PhaseKey
from realtime.rights import lanes_of
from realtime.transport import Ack, Reply

if TYPE_CHECKING:
    from realtime.server import RealtimeServer

C = TypeVar("C")  # the command that an event carries
G = TypeVar("G")  # what authorization grants

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """An event that waits for its answer. `reply` takes the acknowledgement."""

    sid: str
    data: object
    reply: Reply


BUSY, PHASE_OVER = "busy", "phase_over"


@dataclass(frozen=True)
class Handler(Generic[C, G]):
    """How one event is handled.

    `parse` raises Malformed, `authorize` a refusal of the domain. `act` returns the acknowledgement.
    """

    parse: Callable[[object], C]
    authorize: Callable[[RealtimeServer, Connection, C], G]
    act: Callable[[RealtimeServer, Connection, C, G], Ack]


def handle(server: RealtimeServer, name: str, sid: str, data: object = None) -> Ack:
    """Handle an event. :return: the acknowledgement, of a refusal too."""
    handler = HANDLERS[name]
    SOCKET.set(sid)
    if server.is_leaving:
        return refusal_of(Busy())
    try:
        command = handler.parse(data)
        connection = server.connections.get(sid)
        if connection is None:
            raise NotFound
        with server.app.app_context():
            granted = handler.authorize(server, connection, command)
            return handler.act(server, connection, command, granted)
    except (commands.Malformed, Refusal) as error:
        return refusal_of(error)
    except Exception as error:
        if is_away(error):
            note_away(error)
        else:
            log.exception("the event %s failed", name)
        return refusal_of(Busy())


def refusal_of(error: commands.Malformed | Refusal) -> Ack:
    """The acknowledgement of a refusal, in the words of the protocol."""
    if isinstance(error, commands.Malformed):
        return _refused(INVALID)
    if isinstance(error, Busy):
        return _refused(BUSY) | {"retry_after": error.retry_after}
    return _refused(BARRED if isinstance(error, Barred) else NOT_FOUND)


def _refused(word: str) -> Ack:
    return {"ok": False, "error": word}


# join


def _authorize_join(server: RealtimeServer, connection: Connection, command: tuple[int, bool]) -> policy.Access:
    challenge_id, _ = command
    _require_valid(connection)
    return policy.require_inside(db.session(), connection.actor, challenge_id)


def _join(server: RealtimeServer, connection: Connection, command: tuple[int, bool], access: policy.Access) -> Ack:
    challenge_id, watches = command
    _enter(server, connection, access, watches=watches)
    server.publisher.begin_lanes(access.challenge, connection.lanes[challenge_id])
    return _joined(server, connection, access, current_round(db.session(), challenge_id).phase_key)


def join_all(server: RealtimeServer, asked: list[Asked]) -> None:
    """Let everybody in who asked in the same turn, room by room: the database is asked once for all of them.

    Whoever may not enter is asked for alone, so that there is one place for refusals.
    """
    rooms: dict[int, list[tuple[Asked, Connection, bool]]] = {}
    for one in asked:
        connection = server.connections.get(one.sid)
        try:
            challenge_id, watches = commands.join_of(one.data)
        except commands.Malformed:
            connection = None
        if connection is None or server.is_leaving:
            one.reply(handle(server, "join", one.sid, one.data))
        else:
            rooms.setdefault(challenge_id, []).append((one, connection, watches))
    for challenge_id, people in rooms.items():
        entered = _join_room(server, challenge_id, people) if len(people) > 1 else set[str]()
        for one, _, _ in people:
            if one.sid not in entered:
                one.reply(handle(server, "join", one.sid, one.data))


def _join_room(server: RealtimeServer, challenge_id: int, people: list[tuple[Asked, Connection, bool]]) -> set[str]:
    """Let those in who are inside the room. :return: the sids of those who were answered"""
    entered = set[str]()
    try:
        with server.app.app_context():
            trusted = [one for one in people if one[1].is_valid()]
            access_of = policy.inside_all(
                db.session(), {connection.actor for _, connection, _ in trusted}, challenge_id
            )
            phase = current_round(db.session(), challenge_id).phase_key
            inside = [one for one in trusted if one[1].actor in access_of]
            for _, connection, watches in inside:
                _enter(server, connection, access_of[connection.actor], watches=watches)
            lanes = {lane for _, connection, _ in inside for lane in connection.lanes[challenge_id]}
            if inside:
                server.publisher.begin_lanes(access_of[inside[0][1].actor].challenge, sorted(lanes))
            for one, connection, _ in inside:
                one.reply(_joined(server, connection, access_of[connection.actor], phase))
                entered.add(one.sid)
    except Refusal:
        pass  # each is answered alone
    except Exception as error:
        if not is_away(error):
            raise
        note_away(error)
    return entered


def _enter(server: RealtimeServer, connection: Connection, access: policy.Access, *, watches: bool) -> None:
    """Make a connection listen. :raise NotFound: if it ended meanwhile"""
    if server.connections.get(connection.sid) is not connection:
        raise NotFound  # it ended while the database was asked, and nobody would count it out again
    _subscribe(server, connection, access, watches=watches)


def _joined(server: RealtimeServer, connection: Connection, access: policy.Access, phase: PhaseKey) -> Ack:
    """Tell who is here, and answer the join."""
    challenge_id = access.challenge.id
    server.presence.begin(challenge_id, phase)
    server.transport.emit("presence", server.presence.counts(challenge_id), to=connection.sid)
    if journal.FACILITATORS in connection.lanes.get(challenge_id, ()):
        facilitation = fragments.facilitation_of(access.challenge, server.presence.of(challenge_id))
        server.transport.emit("facilitation", facilitation, to=connection.sid)
    answer: Ack = {"ok": True, "epoch": access.challenge.epoch, "seq": access.challenge.seq}
    answer["facilitates"] = access.facilitates
    if present_as(access) is None:
        return answer
    ready = server.presence.is_ready(challenge_id, connection.person_id, phase)
    return answer | {"participant": present_as(access), "ready": ready}


def _subscribe(server: RealtimeServer, connection: Connection, access: policy.Access, *, watches: bool) -> None:
    challenge_id = access.challenge.id
    if not watches:
        facilitates = access.facilitates
        server.presence.enter(challenge_id, connection.person_id, present_as(access), facilitates=facilitates)
    if challenge_id in connection.lanes:  # it joined before: leave only now, so that the person stays present
        leave_room(server, connection, challenge_id)
    # A big screen shows what the room sees. What only facilitators see must not even reach the projector's cable.
    lanes = connection.lanes[challenge_id] = [journal.ROOM] if watches else lanes_of(access)
    server.audiences.enter(connection.sid, challenge_id, lanes, connection.language)
    (connection.watching.add if watches else connection.watching.discard)(challenge_id)
    (connection.facilitating.add if access.facilitates else connection.facilitating.discard)(challenge_id)


# leave, typing, ready


def _authorize_subscriber(server: RealtimeServer, connection: Connection, challenge_id: int) -> None:
    _require_valid(connection)
    if challenge_id not in connection.lanes:
        raise NotFound


def _leave(server: RealtimeServer, connection: Connection, challenge_id: int, _: None) -> Ack:
    leave_room(server, connection, challenge_id)
    return {"ok": True}


def leave_room(server: RealtimeServer, connection: Connection, challenge_id: int) -> None:
    """Take a connection out of a room, and count it out if it was counted there."""
    server.audiences.leave(connection.sid, challenge_id, connection.lanes.pop(challenge_id), connection.language)
    if challenge_id not in connection.watching:
        server.presence.leave(challenge_id, connection.person_id)


def _typing(server: RealtimeServer, connection: Connection, challenge_id: int, _: None) -> Ack:
    server.presence.write(challenge_id, connection.person_id)
    return {"ok": True}


def _authorize_ready(server: RealtimeServer, connection: Connection, command: commands.Ready) -> None:
    _require_valid(connection)
    if not connection.participates(command.challenge_id):
        raise NotFound


def _ready(server: RealtimeServer, connection: Connection, command: commands.Ready, _: None) -> Ack:
    phase = current_round(db.session(), command.challenge_id).phase_key
    if command.phase not in (None, phase):
        return _refused(PHASE_OVER)
    server.presence.be_ready(command.challenge_id, connection.person_id, phase, ready=command.ready)
    return {"ok": True}


# watch


def _authorize_watcher(server: RealtimeServer, connection: Connection, job_id: int) -> None:
    """Who may see the job is asked by the act, and again at each push."""
    _require_valid(connection)


def _watch_job(server: RealtimeServer, connection: Connection, job_id: int, _: None) -> Ack:
    return {"ok": True, "mark": server.job_pages.watch(connection, job_id)}


# cast


def handle_cast(server: RealtimeServer, sid: str, data: object, reply: Reply) -> None:
    """Queue a cast. `reply` hears its acknowledgement, of a refusal too."""
    if server.is_leaving:
        reply(refusal_of(Busy()))
        return
    try:
        command = commands.cast_command_of(data)
    except commands.Malformed as error:
        reply(refusal_of(error))
        return
    connection = server.connections.get(sid)
    if connection is None:
        reply(_refused(NOT_FOUND))
        return
    sender = Sender(connection.browser, connection.person_id, command.owner_id)

    def tell(answer: CastAnswer | None) -> None:
        reply(refusal_of(Busy()) if answer is None else _acknowledged(answer))
        if answer is not None and answer.is_signed_out:
            server.transport.spawn(server.transport.end, connection.sid)

    server.casts.put(replace(command.cast, sender=sender), tell)


def _acknowledged(answer: CastAnswer) -> Ack:
    if answer.error:
        return _refused(answer.error)
    return {"ok": True, "seq": answer.seq, "receipt": answer.receipt} | ({"dup": True} if answer.dup else {})


def _require_valid(connection: Connection) -> None:
    if not connection.is_valid():
        raise NotFound


HANDLERS: dict[str, Handler] = {
    "join": Handler(commands.join_of, _authorize_join, _join),
    "leave": Handler(commands.room_of, _authorize_subscriber, _leave),
    "typing": Handler(commands.room_of, _authorize_subscriber, _typing),
    "ready": Handler(commands.ready_of, _authorize_ready, _ready),
    "watch": Handler(commands.job_of, _authorize_watcher, _watch_job),
}
