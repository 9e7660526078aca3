"""The wiring of the socket edge: which parts there are, who calls whom, and which loops run in the background."""

import logging
import time
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import Any

from flask import Flask
from flask.testing import EnvironBuilder
from sqlalchemy import Engine

from ideas import events, leases
from ideas.availability import LEAVING
from ideas.changes import Changes, Since
from ideas.database import db
from ideas.loops import Loop
from ideas.queries.likeness import forget_unused
from ideas.reasons import REASONS
from ideas.services.jobs import pause_jobs_below_floor
from ideas.services.order_clock import next_order_step, run_order_clock
from ideas.services.readiness import is_put_off, update_all_readiness
from ideas.services.rounds import advance_due_rounds, next_step
from ideas.services.turns import are_turns_due, run_turns
from realtime import hints, live
from realtime.audiences import Audiences
from realtime.batching import Batcher
from realtime.bells import Bells
from realtime.cast_queue import CastQueue
from realtime.connections import Connection, Connections, Identity
from realtime.fanout import Fanout
from realtime.garbage import LongLived
from realtime.handlers import Asked, handle, handle_cast, join_all, leave_room
from realtime.hints import HintListener
from realtime.identities import identify
from realtime.job_pages import JobPages
from realtime.loops import Ticker
from realtime.peers import PAUSE_SECONDS, PeerExchange
from realtime.presence import Presence
from realtime.publisher import Publisher
from realtime.rights import RIGHTS_EVENTS, RightsKeeper
from realtime.shutdown import CLOSING_SECONDS, CLOSINGS_PER_SECOND
from realtime.tables import TableWatch
from realtime.transport import CAST, Reply, SocketTransport

log = logging.getLogger(__name__)

# What happens within this time to one lane becomes one frame. What happens after silence waits for a part of it.
FLUSH_SECONDS = 0.05
FIRST_FLUSH_SECONDS = 0.025
# How soon a room hears of what another process wrote, without a hint of PostgreSQL.
WATCH_SECONDS = 1.0
BEAT_SECONDS = 5
PRESENCE_SECONDS = 1.0
# How often the server looks whose turn it is to be pinged.
PING_CHECK_SECONDS = 0.5
# How often the server looks whether a wave of connections has come.
GARBAGE_SECONDS = 1.0
# How late a phase may end that ends by the clock.
CLOCK_SECONDS = 0.5
# How often the texts are forgotten that nobody compares any more.
TEXTS_SECONDS = 60.0
# How late the clock of an order may run.
FLOORS_SECONDS = 300  # a step of the floor begins at midnight somewhere
ORDERS_SECONDS = 1.0
# How late a turn of a discussion may end, and how often the server looks who left the table.
TURNS_SECONDS = 1.0
TABLES_SECONDS = 2.0
# How old the answer to "enough votes?" may be.
READINESS_SECONDS = 10
# The longest wait for casts that were taken before the end of the process.
LEAVE_SECONDS = 5.0
# How late another process goes on with a leased loop after this process died.
LEASE_SECONDS = 60


class RealtimeServer:
    """The sockets and the background loops of one process."""

    def __init__(self, app: Flask, async_mode: str) -> None:
        self.app = app
        self.transport = SocketTransport(app, async_mode)
        self.connections = Connections()
        self.audiences = Audiences()
        self.fanout = Fanout(self.transport, self.audiences)
        self.presence = Presence()
        self.peers = PeerExchange(app, self.presence)
        self.casts = CastQueue(app, self.transport)
        self.hints = HintListener(app, self.transport.sleep, self._on_hint)
        self.rights = RightsKeeper(self.connections, self.presence, self.transport, self.context)
        self.publisher = Publisher(self.fanout, self.audiences, self.presence, self.rights, self.context)
        self.tables = TableWatch(self.presence)
        self.bells = Bells(self.connections, self.transport, self.context)
        self.job_pages = JobPages(self.connections, self.transport)
        self.changes = Changes(lambda: self._engine)
        self._watched, self._rights_seen, self._jobs_seen = (Since(self.changes) for _ in range(3))
        means = (self.transport.spawn, self.transport.new_event())
        self.ticker = Ticker(*means, self.context, _lease, pause=self.transport.sleep, changes=self.changes)
        self.long_lived = LongLived()
        self.is_leaving = False  # set for good when the process is asked to end
        # The loops that run often and render nothing, so that a context of a request would be most of their cost.
        self.pulse = Ticker(self.transport.spawn, self.transport.new_event(), pause=self.transport.sleep)
        self._joins = Batcher(self.transport.spawn, self.transport.sleep, self._join_all)
        self._is_flushing, self._flushed_at = False, 0.0
        self._is_ringing = False
        self.is_listening = False  # until the first WebSocket opens nobody hears anything here
        self.transport.listen(
            on_open=self.start_listening,
            identify=partial(identify, app),
            on_connect=self._on_connect,
            on_disconnect=self._on_disconnect,
            on_event=self._on_event,
            answer_to=partial(handle, self),
        )
        app.extensions["schwarm-beats"] = lambda: self.ticker.beats | self.pulse.beats
        app.register_blueprint(live.blueprint)
        app.extensions.setdefault("schwarm-gauges", {}).update(
            sockets=("Sockets of known people.", lambda: len(self.connections.all())),
            rooms=("Rooms that somebody listens to.", self._count_rooms),
            processes=("Other processes that report through Redis.", self.presence.processes),
            casts_waiting=("Casts that wait for the writer.", lambda: len(self.casts)),
            send_waiting_bytes=("Bytes that wait for slow receivers.", self.transport.waiting_bytes),
        )
        events.subscribe(events.StreamAdvanced, self._on_advance)
        for kind in RIGHTS_EVENTS:
            events.subscribe(kind, self._on_rights_changed)
        for kind in {kind for reason in REASONS.values() for kind in reason.sources}:
            events.subscribe(kind, self._on_told)
        events.subscribe(events.NewsRead, self._on_read)

    def detach(self) -> None:
        """Stop the loops and stop listening to the domain; for an application that is done with."""
        self.ticker.stop()
        self.pulse.stop()
        self.changes.close()
        events.unsubscribe(self._on_advance)
        events.unsubscribe(self._on_rights_changed)
        events.unsubscribe(self._on_told)
        events.unsubscribe(self._on_read)

    def announce(self) -> None:
        """The process is about to end: proxies may look for another one."""
        self.app.extensions[LEAVING] = True

    def leave(self) -> None:
        """Answer the casts that were taken, and send everybody elsewhere."""
        self.is_leaving = True
        self.casts.finish(LEAVE_SECONDS)
        self.transport.send_away(CLOSING_SECONDS, CLOSINGS_PER_SECOND)

    def context(self) -> AbstractContextManager[object]:
        """The context of a background loop. Fragments make their links under the public address' path."""
        return self.app.request_context(dict(self._environ))

    @cached_property
    def _environ(self) -> dict[str, Any]:
        return EnvironBuilder(self.app, base_url=self.app.config["PUBLIC_URL"] or None).get_environ()

    @cached_property
    def _engine(self) -> Engine:
        with self.app.app_context():
            return db.engine

    def _count_rooms(self) -> int:
        return len({challenge_id for connection in self.connections.all() for challenge_id in connection.lanes})

    # Background loops

    def loops(self) -> list[Loop]:
        """The loops that no connection is needed for."""
        return [
            Loop("clock", CLOCK_SECONDS, advance_due_rounds, next_at=next_step()),
            Loop("readiness", READINESS_SECONDS, update_all_readiness, has_more=is_put_off),
            Loop("orders", ORDERS_SECONDS, run_order_clock, next_at=next_order_step()),
            Loop("floors", FLOORS_SECONDS, pause_jobs_below_floor, leased=True),
            Loop("turns", TURNS_SECONDS, run_turns, has_more=are_turns_due),
            *self.app.extensions.get("schwarm-loops", ()),
        ]

    def start_loops(self) -> None:
        self.ticker.start(self.loops())
        self.pulse.start([Loop("tables", TABLES_SECONDS, self._look_at_tables)])  # pages that poll have no socket
        if self.peers.has_redis:
            self.ticker.start([Loop("peers", PAUSE_SECONDS, self.peers.exchange)])

    def start_listening(self) -> None:
        """Run the loops that serve connections."""
        if self.is_listening:
            return
        self.is_listening = True
        self.pulse.start(
            [
                Loop("ping", PING_CHECK_SECONDS, self.transport.ping),
                Loop("presence", PRESENCE_SECONDS, self.publisher.send_presence),
                Loop("beat", BEAT_SECONDS, self._beat),
                Loop("watch", WATCH_SECONDS, self._watch),
                Loop("job pages", WATCH_SECONDS, self._look_at_jobs),
                Loop("rights", BEAT_SECONDS, self._end_outdated),
                Loop("garbage", GARBAGE_SECONDS, lambda: self.long_lived.note(len(self.connections))),
                Loop("texts", TEXTS_SECONDS, forget_unused),
            ]
        )
        if self.hints.is_on:
            self.ticker.start([Loop("hints", hints.PAUSE_SECONDS, self.hints.listen)])

    def _on_hint(self, changed: set[int] | None) -> None:
        """Look at once at what another process wrote, and send it; `watch` would see it within a second.

        In a storm of changes nothing is sent more often than by the clock.
        """
        if changed is None or not changed.isdisjoint(self.audiences.challenges()):
            self._look()
            self._flush_at_once()

    def _watch(self) -> None:
        self._look()
        self._flush_soon()

    def _look(self) -> None:
        """Look for what other processes wrote, if anything was committed or anybody came since the last look."""

        def look() -> None:
            self.publisher.watch()
            self.bells.look()

        self._look_if_new(self._watched, look, (self.audiences.entered, self.connections.added))

    def _look_at_jobs(self) -> None:
        """In a loop of its own: each page of a job costs statements, and no room waits for a hall of them."""
        self._look_if_new(self._jobs_seen, self.job_pages.look)

    def _look_at_tables(self) -> None:
        if self.tables.has_work():
            with self.app.app_context():
                self.tables.look()

    def _end_outdated(self) -> None:
        self._look_if_new(self._rights_seen, self.rights.end_outdated, self.audiences.entered)

    def _look_if_new(self, since: Since, look: Callable[[], object], also: Hashable = None) -> None:
        """Run `look` in a context if something was committed since its last end, or if `also` is another value."""
        news = since.news(also)
        if news is not None:
            with self.app.app_context():
                look()
            since.saw(news)

    def _flush_soon(self) -> None:
        """Send what was noted, within `FLUSH_SECONDS`: nothing looks for it while nothing happens."""
        if not self._is_flushing and self.publisher.has_news:
            self._is_flushing = True
            self.transport.spawn(self._flush_until_sent)

    def _flush_until_sent(self) -> None:
        try:
            while self.publisher.has_news:
                wait = self._flushed_at + FLUSH_SECONDS - time.monotonic()
                self.transport.sleep(max(FIRST_FLUSH_SECONDS, wait))
                self._flushed_at = time.monotonic()
                self.pulse.run(Loop("flush", FLUSH_SECONDS, self._flush))
        finally:
            self._is_flushing = False
        self._flush_soon()  # another thread may have noted something while this one ended

    def _flush_at_once(self) -> None:
        """Send what was noted, unless something is being sent or was just sent: it would overtake that."""
        if not self._is_flushing and time.monotonic() - self._flushed_at >= FLUSH_SECONDS and self.publisher.has_news:
            self._is_flushing, self._flushed_at = True, time.monotonic()
            try:
                self._flush()
            finally:
                self._is_flushing = False
        self._flush_soon()

    def _flush(self) -> None:
        with self.context():
            self.publisher.flush()

    def _ring_soon(self) -> None:
        """Look at the bells soon after an act that tells people something; `watch` would do so within a second."""
        if not self._is_ringing:
            self._is_ringing = True
            self.transport.spawn(self._ring)

    def _ring(self) -> None:
        self.transport.sleep(FIRST_FLUSH_SECONDS)
        self._is_ringing = False
        self.pulse.run(Loop("bells", FLUSH_SECONDS, self._look_at_bells))

    def _look_at_bells(self) -> None:
        with self.app.app_context():
            self.bells.look()

    def _beat(self) -> None:
        self.transport.close_idle()
        self.publisher.send_beats()

    # Events of the domain, on the thread that committed

    def _on_advance(self, event: events.StreamAdvanced) -> None:
        if self.is_listening:
            self.publisher.note(event)
            self._flush_soon()

    def _on_rights_changed(self, event: events.Event) -> None:
        if self.is_listening:
            self.rights.note(event)

    def _on_told(self, event: events.Event) -> None:
        if self.is_listening:
            self._ring_soon()

    def _on_read(self, event: events.NewsRead) -> None:
        if self.is_listening:
            self.bells.ring_again(event.person_id)
            self._ring_soon()

    # Connections

    def _on_connect(self, sid: str, identity: Identity) -> None:
        who = identity
        connection = Connection(sid, who.token, who.actor, who.device_id, who.language)
        self.connections.add(connection)
        self.bells.greet(connection)

    def _on_event(self, name: str, sid: str, data: object, reply: Reply) -> None:
        if name == CAST:
            handle_cast(self, sid, data, reply)
        elif name == "join":
            self._joins.put(Asked(sid, data, reply))
        else:
            self.transport.spawn(self._answer, name, sid, data, reply)

    def _answer(self, name: str, sid: str, data: object, reply: Reply) -> None:
        try:
            reply(handle(self, name, sid, data))
        except Exception:
            log.exception("the event %s failed", name)

    def _join_all(self, asked: list[Asked]) -> None:
        try:
            join_all(self, asked)
        except Exception:
            log.exception("%s joins failed", len(asked))

    def _on_disconnect(self, sid: str, reason: str | None = None) -> None:
        connection = self.connections.pop(sid)
        if connection is not None:
            for challenge_id in list(connection.lanes):
                leave_room(self, connection, challenge_id)


def _lease(name: str) -> AbstractContextManager[object]:
    """The database lease of a loop: of all processes of an installation one runs the loop at a time."""
    return leases.held(name, LEASE_SECONDS)
