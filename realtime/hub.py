"""The hub: sockets in, frames out. It knows rooms and lanes; what a frame holds is `fragments`' business."""

import logging
import time
from functools import cache, partial
from typing import Any

from flask import Flask, request
from flask_babel import get_locale
from flask_login import current_user
from flask_socketio import ConnectionRefusedError, SocketIO

from ideas import clock, events, journal, policy
from ideas.database import db
from ideas.devices import device_by_token
from ideas.errors import Barred, Busy, Refusal
from ideas.jobs import Job
from ideas.models import Challenge, Round
from ideas.queries.rooms import lane_numbers, missed_since, rights_changed_since
from ideas.queries.rounds import current_round
from ideas.services.ballots import BARRED, INVALID, NOT_FOUND, CastAnswer
from ideas.services.readiness import update_all_readiness
from ideas.services.rounds import advance_due_rounds
from realtime import commands, fragments, gate, live
from realtime.ballots import BallotBox
from realtime.coalescer import Coalescer, Pending
from realtime.connections import Connection, Connections
from realtime.fanout import send
from realtime.lanes import channel, head_of, lanes_of, phase_key
from realtime.neighbours import Neighbours
from realtime.presence import Presence

log = logging.getLogger(__name__)

BEAT_SECONDS = 5
# What happens within this time to one lane becomes one frame.
FLUSH_SECONDS = 0.05
PRESENCE_SECONDS = 1.0
# How soon a room hears of what another process wrote.
WATCH_SECONDS = 1.0
# How late a phase may end that goes on by itself.
CLOCK_SECONDS = 0.5
# How old the answer to "enough votes?" may be.
TEND_SECONDS = 10

# Who opens a connection says within this time who they are, or has to go.
KNOCK_SECONDS = 5

# A receiver with more frames than this still waiting reads too slowly; a fresh catch-up costs less than its queue.
WAITING_MAX = 500

# Frames up to this size reach the gate and get an answer; larger ones end the connection.
TRANSPORT_BYTES_MAX = 4 * gate.BYTES_MAX

# After these events some connections may have to end.
RIGHTS_EVENTS = (
    events.DeviceSignedOut,
    events.MembershipChanged,
    events.FacilitationChanged,
    events.ParticipantBarred,
)

Ack = dict[str, Any]


class Hub:
    """The sockets of one process."""

    def __init__(self, app: Flask, async_mode: str) -> None:
        self.app = app
        self.socketio = SocketIO(
            app,
            async_mode=async_mode,
            manage_session=False,
            transports=["websocket"],
            max_http_buffer_size=TRANSPORT_BYTES_MAX,
            ping_interval=app.config["PING_SECONDS"],
            ping_timeout=app.config["PING_SECONDS"],
            serve_client=False,
        )
        self.connections = Connections()
        self.presence = Presence()
        self.neighbours = Neighbours(app, self.presence, self.socketio.sleep)
        self.ballots = BallotBox(app, self.socketio)
        self._coalescer = Coalescer()
        self._buckets: dict[str, gate.Bucket] = {}
        self._opened: dict[str, float] = {}
        self._told: dict[tuple[int, str], int] = {}
        self._running = False
        self._register()
        app.register_blueprint(live.blueprint)
        events.subscribe(events.StreamAdvanced, self._on_advance)
        for kind in RIGHTS_EVENTS:
            events.subscribe(kind, self._on_rights_changed)

    def detach(self) -> None:
        """Stop listening to the domain; for an application that is done with."""
        events.unsubscribe(self._on_advance)
        events.unsubscribe(self._on_rights_changed)

    def _register(self) -> None:
        sio = self.socketio
        sio.on_event("connect", self._on_connect)
        sio.on_event("disconnect", self._on_disconnect)
        sio.on_event("join", self._on_join)
        sio.on_event("leave", self._on_leave)
        sio.on_event("typing", self._on_typing)
        sio.on_event("ready", self._on_ready)
        # The hot path goes below Flask's per-event context: a look-up a second is all that it needs.
        sio.server.on("cast", self._on_cast)
        self._pass_on = sio.server._handle_eio_message
        sio.server.eio.on("message", self._on_frame)
        self._transport_began = sio.server._handle_eio_connect
        sio.server.eio.on("connect", self._on_transport_begin)
        self._transport_ended = sio.server._handle_eio_disconnect
        sio.server.eio.on("disconnect", self._on_transport_end)

    # What comes in

    def _on_frame(self, eio_sid: str, frame: str | bytes) -> None:
        refused = gate.weigh(frame, self._buckets.setdefault(eio_sid, gate.Bucket()))
        if refused is None:
            self._pass_on(eio_sid, frame)
        elif refused.ack is not None:
            self.socketio.server.eio.send(eio_sid, refused.packet())

    def _on_transport_begin(self, eio_sid: str, environ: dict[str, Any]) -> None:
        self._start()
        self._opened[eio_sid] = time.monotonic()
        self._transport_began(eio_sid, environ)

    def _on_transport_end(self, eio_sid: str, reason: str) -> None:
        self._buckets.pop(eio_sid, None)
        self._opened.pop(eio_sid, None)
        self._transport_ended(eio_sid, reason)

    def _on_connect(self, auth: object = None) -> None:
        if not current_user.is_authenticated:
            raise ConnectionRefusedError("not_found")
        device = device_by_token(current_user.token)
        if device is None:
            raise ConnectionRefusedError("not_found")
        self._start()
        self.connections.add(
            Connection(request.sid, current_user.token, current_user.actor, device.id, str(get_locale()))  # type: ignore[attr-defined]
        )

    def _on_disconnect(self, reason: str | None = None) -> None:
        connection = self.connections.pop(request.sid)  # type: ignore[attr-defined]
        if connection is not None:
            for challenge_id in connection.seats:
                self._be_gone(connection, challenge_id)

    def _here(self) -> Connection | None:
        """The connection that this event came from, or None for one that must go."""
        connection = self.connections.get(request.sid)  # type: ignore[attr-defined]
        if connection is None or not connection.is_valid():
            return None
        return connection

    def _on_join(self, data: object = None) -> Ack:
        connection = self._here()
        if connection is None:
            return _refusal(NOT_FOUND)
        try:
            challenge_id, watches = commands.join_of(data)
            access = policy.require_inside(db.session(), connection.actor, challenge_id)
        except commands.Malformed:
            return _refusal(INVALID)
        except Barred:
            return _refusal(BARRED)
        except Refusal:
            return _refusal(NOT_FOUND)
        self._sit_down(connection, access, watches)
        for lane, seq in lane_numbers(db.session(), challenge_id, connection.seats[challenge_id]).items():
            self._told.setdefault((challenge_id, lane), seq)
        for name in self._channels(connection, challenge_id):
            self.socketio.server.enter_room(connection.sid, name)
        phase = phase_key(current_round(db.session(), challenge_id))
        self.presence.begin(challenge_id, phase)
        present = self.presence.of(challenge_id)
        self.socketio.server.emit("presence", present.counts, room=connection.sid)
        if journal.FACILITATORS in connection.seats[challenge_id]:
            facilitation = fragments.facilitation_of(access.challenge, present)
            self.socketio.server.emit("facilitation", facilitation, room=connection.sid)
        answer: Ack = {"ok": True, "epoch": access.challenge.epoch, "seq": access.challenge.seq}
        answer["facilitates"] = access.facilitates
        if head_of(access) is None:
            return answer
        ready = self.presence.is_ready(challenge_id, connection.actor.person_id or 0, phase)
        return answer | {"participant": head_of(access), "ready": ready}

    def _sit_down(self, connection: Connection, access: policy.Access, watches: bool) -> None:
        challenge_id, person_id = access.challenge.id, connection.actor.person_id or 0
        if not watches:
            self.presence.enter(challenge_id, person_id, head_of(access), facilitates=access.facilitates)
        if challenge_id in connection.seats:  # joined twice: after the new seat the old one is given up
            self._be_gone(connection, challenge_id)
        # A big screen shows what the room sees: what only facilitators see must not even reach the projector's cable.
        connection.seats[challenge_id] = [journal.ROOM] if watches else lanes_of(access)
        (connection.watching.add if watches else connection.watching.discard)(challenge_id)
        (connection.steering.add if access.facilitates else connection.steering.discard)(challenge_id)

    def _be_gone(self, connection: Connection, challenge_id: int) -> None:
        if challenge_id not in connection.watching:
            self.presence.leave(challenge_id, connection.actor.person_id or 0)

    def _on_leave(self, data: object = None) -> Ack:
        connection = self._here()
        try:
            challenge_id = commands.room_of(data)
        except commands.Malformed:
            return _refusal(INVALID)
        if connection is None or challenge_id not in connection.seats:
            return _refusal(NOT_FOUND)
        self._stand_up(connection, challenge_id)
        return {"ok": True}

    def _on_typing(self, data: object = None) -> Ack:
        connection = self._here()
        try:
            challenge_id = commands.room_of(data)
        except commands.Malformed:
            return _refusal(INVALID)
        if connection is None or challenge_id not in connection.seats:
            return _refusal(NOT_FOUND)
        self.presence.write(challenge_id, connection.actor.person_id or 0)
        return {"ok": True}

    def _on_ready(self, data: object = None) -> Ack:
        connection = self._here()
        try:
            challenge_id, ready = commands.ready_of(data)
        except commands.Malformed:
            return _refusal(INVALID)
        if connection is None or not connection.participates(challenge_id):
            return _refusal(NOT_FOUND)
        phase = phase_key(current_round(db.session(), challenge_id))
        self.presence.be_ready(challenge_id, connection.actor.person_id or 0, phase, ready=ready)
        return {"ok": True}

    def _on_cast(self, sid: str, data: object = None) -> Ack:
        connection = self.connections.get(sid)
        if connection is None:
            return _refusal(NOT_FOUND)
        try:
            cast, owner = commands.cast_of(data, participant_id=0), commands.owner_of(data)
        except commands.Malformed:
            return _refusal(INVALID)
        with self.app.app_context():
            if not connection.is_valid():
                self._end(connection)
                return _refusal(BARRED)
            participant_id = connection.participant_in(cast.round_id)
        if participant_id is None:
            return _refusal(NOT_FOUND)
        if owner not in (None, participant_id):
            return _refusal(BARRED)
        try:
            answer = self.ballots.cast(commands.cast_of(data, participant_id))
        except Busy as error:
            return _refusal("busy", error.retry_after)
        return _acknowledged(answer)

    # What goes out

    def _on_advance(self, event: events.StreamAdvanced) -> None:
        if self._running:  # otherwise nobody is connected here
            self._coalescer.add(event)

    def _on_rights_changed(self, event: events.Event) -> None:
        if self._running:
            self.socketio.start_background_task(self._end_those, event)

    def _start(self) -> None:
        if not self._running:
            self._running = True
            for task in (self._flush_forever, self._watch_forever, self._beat_forever, self._tell_presence_forever):
                self.socketio.start_background_task(task)

    def start_clock(self) -> None:
        """End phases when their time is up, whether anybody is connected or not; also those that ended meanwhile."""
        self.socketio.start_background_task(self._advance_forever)
        self.socketio.start_background_task(self._tend_forever)
        for job in self.app.extensions.get("schwarm-jobs", ()):
            self.socketio.start_background_task(self._run_forever, job)

    def _run_forever(self, job: Job) -> None:
        while True:
            self._guarded(job.run)
            self.socketio.sleep(job.seconds)

    def meet_neighbours(self) -> None:
        """Share presence with the other processes of this installation, where there is a Redis for it."""
        self.socketio.start_background_task(self.neighbours.exchange_forever)

    def _advance_forever(self) -> None:
        while True:
            self._guarded(advance_due_rounds)
            self.socketio.sleep(CLOCK_SECONDS)

    def _tend_forever(self) -> None:
        while True:
            self._guarded(update_all_readiness)
            self.socketio.sleep(TEND_SECONDS)

    def _flush_forever(self) -> None:
        while True:
            self.socketio.sleep(FLUSH_SECONDS)
            self._guarded(self._flush)

    def _flush(self) -> None:
        # Looked up once, where there is something to tell: a reveal goes to a lane of each author. Who sits down
        # meanwhile is told the present number.
        audiences, current = cache(self.connections.audiences), cache(partial(current_round, db.session()))

        def tell(challenge_id: int, lane: str, pending: Pending) -> None:
            told = self._told.get((challenge_id, lane), pending.after)
            self._told[challenge_id, lane] = max(told, pending.seq)
            languages = audiences().get(challenge_id, {}).get(lane, ())
            if languages and told < pending.after:
                pending = self._with_what_others_wrote(current(challenge_id), lane, told, pending)
            if lane == journal.ROOM and any(handle.startswith("round-") for handle in pending.handles):
                self.presence.begin(challenge_id, phase_key(current(challenge_id)))
            for language in languages:
                event, payload = fragments.frame(
                    current(challenge_id), lane, pending.handles, language, after=pending.after, seq=pending.seq
                )
                send(self.socketio, challenge_id, lane, event, payload, language)

        self._coalescer.flush(tell)

    def _watch_forever(self) -> None:
        while True:
            self.socketio.sleep(WATCH_SECONDS)
            self._guarded(self._watch)

    def _watch(self) -> None:
        """Tell what another process (a command line, a second server) wrote: the database is the truth."""
        session, audiences = db.session(), self.connections.audiences()
        # A lane that nobody listens to any more starts anew with the next who joins.
        self._told = {key: seq for key, seq in self._told.items() if key[1] in audiences.get(key[0], ())}
        for challenge_id, lanes in audiences.items():
            for lane, seq in lane_numbers(session, challenge_id, list(lanes)).items():
                told = self._told.setdefault((challenge_id, lane), seq)
                if seq > told and not self._coalescer.holds(challenge_id, lane):
                    self._coalescer.add(events.StreamAdvanced(challenge_id, lane, seq, seq, ()))

    def _with_what_others_wrote(self, round: Round, lane: str, told: int, pending: Pending) -> Pending:
        """What another process wrote since goes along: a frame that leaves a gap would make every page catch up."""
        if lane in (journal.ROOM, journal.FACILITATORS):
            self._heed_others(round.challenge_id, told)
        missed = missed_since(db.session(), round, [lane], told).handles.get(lane, [])
        return Pending(told, pending.seq, dict.fromkeys(missed) | pending.handles)

    def _heed_others(self, challenge_id: int, since: int) -> None:
        """Whose rights another process changed goes before the room is told more."""
        changed = rights_changed_since(db.session(), challenge_id, since)
        for kind, participant_id in changed:
            if kind == "bar":
                self.presence.remove(challenge_id, f"participant-{participant_id}")
        if changed:
            for stray in self.connections.strays():
                self._end(stray)

    def _beat_forever(self) -> None:
        while True:
            self.socketio.sleep(BEAT_SECONDS)
            self._guarded(self._beat)

    def _beat(self) -> None:
        self._end_idle_transports()
        for stray in self.connections.strays():
            self._end(stray)
        for challenge_id, lanes in self.connections.audiences().items():
            challenge = db.session.get(Challenge, challenge_id)
            if challenge is None:
                continue
            for lane, seq in lane_numbers(db.session(), challenge_id, list(lanes)).items():
                beat: dict[str, object] = {"lane": lane, "epoch": challenge.epoch, "seq": seq}
                send(self.socketio, challenge_id, lane, "beat", beat | {"now": clock.to_ms(clock.now())})

    def _tell_presence_forever(self) -> None:
        while True:
            self.socketio.sleep(PRESENCE_SECONDS)
            self._guarded(self._tell_presence)

    def _tell_presence(self) -> None:
        audiences = self.connections.audiences()
        for challenge_id, present in self.presence.changed().items():
            send(self.socketio, challenge_id, journal.ROOM, "presence", present.counts)
            if journal.FACILITATORS not in audiences.get(challenge_id, {}):
                continue
            facilitation = fragments.facilitation_of(db.session.get_one(Challenge, challenge_id), present)
            send(self.socketio, challenge_id, journal.FACILITATORS, "facilitation", facilitation)

    def _guarded(self, act: Any) -> None:
        """Run a background act in a context of its own; a failure is logged and the next one runs."""
        with self.app.test_request_context(base_url=current_base(self.app)):
            try:
                act()
            except Exception:
                log.exception("a background act failed")

    # Who must go

    def _end_those(self, event: events.Event) -> None:
        if isinstance(event, events.ParticipantBarred):
            self.presence.remove(event.challenge_id, f"participant-{event.participant_id}")
        with self.app.app_context():
            for connection in self.connections.all():
                if self._must_go(connection, event):
                    self._end(connection)

    def _must_go(self, connection: Connection, event: events.Event) -> bool:
        if isinstance(event, events.DeviceSignedOut):
            return connection.device_id == event.device_id
        if isinstance(event, events.MembershipChanged):
            return connection.actor.account_id == event.account_id
        if isinstance(event, events.FacilitationChanged):
            return connection.actor.person_id == event.person_id and event.challenge_id in connection.seats
        if isinstance(event, events.ParticipantBarred):
            lane = f"participant-{event.participant_id}"
            return lane in connection.seats.get(event.challenge_id, ())
        return False

    def _end_idle_transports(self) -> None:
        """Close connections of nobody (refused, never introduced, signed out) and of those who do not read."""
        server = self.socketio.server
        known = {server.manager.eio_sid_from_sid(c.sid, "/") for c in self.connections.all()}
        late = time.monotonic() - KNOCK_SECONDS
        for eio_sid, opened_at in list(self._opened.items()):
            transport = server.eio.sockets.get(eio_sid)
            if transport is None:
                self._opened.pop(eio_sid, None)
            elif (eio_sid not in known and opened_at < late) or transport.queue.qsize() > WAITING_MAX:
                transport.close(wait=False, abort=True)

    def _end(self, connection: Connection) -> None:
        self.socketio.server.disconnect(connection.sid)

    def _stand_up(self, connection: Connection, challenge_id: int) -> None:
        for name in self._channels(connection, challenge_id):
            self.socketio.server.leave_room(connection.sid, name)
        del connection.seats[challenge_id]
        self._be_gone(connection, challenge_id)

    def _channels(self, connection: Connection, challenge_id: int) -> list[str]:
        lanes = connection.seats[challenge_id]
        return [channel(challenge_id, lane, of) for lane in lanes for of in ("", connection.language)]


def current_base(app: Flask) -> str | None:
    """The address under which fragments make their links; only its path matters."""
    return app.config["PUBLIC_URL"] or None


def _refusal(error: str, retry_after: int | None = None) -> Ack:
    return {"ok": False, "error": error} | ({"retry_after": retry_after} if retry_after else {})


def _acknowledged(answer: CastAnswer) -> Ack:
    if answer.error:
        return _refusal(answer.error)
    return {"ok": True, "seq": answer.seq, "receipt": answer.receipt} | ({"dup": True} if answer.dup else {})
