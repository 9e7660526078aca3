"""The publisher: it sends the lanes of this process what they have not heard yet. `fragments` makes the frames."""

from functools import cache, partial

from ideas import clock, events, journal
from ideas.database import db
from ideas.models import Challenge, Round
from ideas.queries.rooms import missed_since
from ideas.queries.rounds import current_round
from realtime import fragments
from realtime.coalescer import Coalescer, Pending
from realtime.connections import Connections
from realtime.fanout import send
from realtime.presence import Presence
from realtime.rights import RightsKeeper, audiences_of
from realtime.transport import SocketTransport


class Publisher:
    """What goes out. Its methods are run by the ticker, in a context of the application."""

    def __init__(
        self, transport: SocketTransport, connections: Connections, presence: Presence, rights: RightsKeeper
    ) -> None:
        self._transport, self._connections, self._presence, self._rights = transport, connections, presence, rights
        self._coalescer = Coalescer()
        self._sent: dict[tuple[int, str], int] = {}  # (challenge, lane): the number up to which it was sent

    def note(self, advance: events.StreamAdvanced) -> None:
        """Take note that a lane advanced; the next `flush` sends it."""
        self._coalescer.add(advance)

    def begin_lanes(self, challenge_id: int, lanes: list[str]) -> None:
        """Somebody listens to these lanes from now on: whoever was first there begins at the present number."""
        for lane, seq in journal.lane_numbers(db.session(), challenge_id, lanes).items():
            self._sent.setdefault((challenge_id, lane), seq)

    def flush(self) -> None:
        """Send every lane what was gathered for it: one frame for each language."""
        # Both are looked up once, and only if there is something to send: a reveal goes to one lane for each author.
        # A socket that joins meanwhile gets the present number in its answer.
        audiences = cache(lambda: audiences_of(self._connections.all()))
        current = cache(partial(current_round, db.session()))

        def publish(challenge_id: int, lane: str, pending: Pending) -> None:
            if db.session.get(Challenge, challenge_id) is None:
                return  # it was deleted meanwhile
            sent = self._sent.get((challenge_id, lane), pending.after)
            self._sent[challenge_id, lane] = max(sent, pending.seq)
            languages = audiences().get(challenge_id, {}).get(lane, ())
            if languages and sent < pending.after:
                pending = self._with_changes_of_others(current(challenge_id), lane, sent, pending)
            if lane == journal.ROOM and any(handle.startswith("round-") for handle in pending.handles):
                self._presence.begin(challenge_id, current(challenge_id).phase_key)
            for language in languages:
                event, payload = fragments.frame(
                    current(challenge_id), lane, pending.handles, language, after=pending.after, seq=pending.seq
                )
                send(self._transport, challenge_id, lane, event, payload, language)

        self._coalescer.flush(publish)

    def _with_changes_of_others(self, round: Round, lane: str, sent: int, pending: Pending) -> Pending:
        """Add what another process wrote since: a frame that leaves a gap would make every page catch up."""
        if lane in (journal.ROOM, journal.FACILITATORS):
            self._rights.apply_changes_since(round.challenge_id, sent)
        missed = missed_since(db.session(), round, [lane], sent).handles.get(lane, [])
        return Pending(sent, pending.seq, dict.fromkeys(missed) | pending.handles)

    def watch(self) -> None:
        """Notice what another process (a command line, a second server) wrote: the database is the truth."""
        session, audiences = db.session(), audiences_of(self._connections.all())
        # A lane without listeners is forgotten; it starts anew with the next socket that joins.
        self._sent = {key: seq for key, seq in self._sent.items() if key[1] in audiences.get(key[0], ())}
        for challenge_id, lanes in audiences.items():
            for lane, seq in journal.lane_numbers(session, challenge_id, list(lanes)).items():
                sent = self._sent.setdefault((challenge_id, lane), seq)
                if seq > sent and not self._coalescer.holds(challenge_id, lane):
                    self._coalescer.add(events.StreamAdvanced(challenge_id, lane, seq, seq, ()))

    def send_beats(self) -> None:
        """Send every lane the number that it was sent: a page that is behind catches up.

        What another process wrote is not sent yet and follows with the next `watch`: a beat that overtook it would make
        every page catch up, and no page would show a reveal as one.
        """
        for challenge_id, lanes in audiences_of(self._connections.all()).items():
            challenge = db.session.get(Challenge, challenge_id)
            if challenge is None:
                continue
            for lane, seq in journal.lane_numbers(db.session(), challenge_id, list(lanes)).items():
                sent = min(seq, self._sent.get((challenge_id, lane), seq))
                beat: dict[str, object] = {"lane": lane, "epoch": challenge.epoch, "seq": sent}
                send(self._transport, challenge_id, lane, "beat", beat | {"now": clock.to_ms(clock.now())})

    def send_presence(self) -> None:
        """Send the counts of every room in which they changed."""
        audiences = audiences_of(self._connections.all())
        for challenge_id, present in self._presence.changed().items():
            send(self._transport, challenge_id, journal.ROOM, "presence", present.counts)
            if journal.FACILITATORS not in audiences.get(challenge_id, {}):
                continue
            facilitation = fragments.facilitation_of(db.session.get_one(Challenge, challenge_id), present)
            send(self._transport, challenge_id, journal.FACILITATORS, "facilitation", facilitation)
