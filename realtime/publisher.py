"""The publisher: it sends the lanes of this process what they have not heard yet. `fragments` makes the frames."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial

from ideas import clock, events, journal
from ideas.database import db
from ideas.models import Challenge, Round
from ideas.queries.rooms import missed_since
from ideas.queries.rounds import current_round
from realtime import fragments
from realtime.audiences import Audiences
from realtime.coalescer import Coalescer, Pending
from realtime.fanout import Fanout
from realtime.presence import Presence
from realtime.rights import RightsKeeper

# A room in which nothing moves hears one beat of so many.
QUIET_BEATS = 4


class Publisher:
    """What goes out. `flush` and `watch` are run in a context of the application, the others without one."""

    def __init__(
        self,
        fanout: Fanout,
        audiences: Audiences,
        presence: Presence,
        rights: RightsKeeper,
        context: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._fanout, self._audiences, self._presence, self._rights = fanout, audiences, presence, rights
        self._context = context
        self._coalescer = Coalescer()
        self._sent: dict[tuple[int, str], int] = {}  # (challenge, lane): the number up to which it was sent
        self._moved = set[tuple[int, str]]()  # the lanes that were sent something, or began, since the latest beat
        self._beats = 0
        self._seen: dict[int, tuple[str, int]] = {}  # the epoch and number up to which `watch` looked

    def note(self, advance: events.StreamAdvanced) -> None:
        """Take note that a lane advanced; the next `flush` sends it. Nobody listens to the chain of a job."""
        if advance.challenge_id is not None:
            self._coalescer.add(advance)

    @property
    def has_news(self) -> bool:
        """Whether `flush` has anything to send."""
        return self._coalescer.holds_any()

    def begin_lanes(self, challenge: Challenge, lanes: list[str]) -> None:
        """Somebody listens to these lanes from now on: whoever was first there begins at the present number."""
        self._seen.setdefault(challenge.id, (challenge.epoch, challenge.seq))
        begun = [lane for lane in lanes if (challenge.id, lane) not in self._sent]
        if begun:
            for lane, seq in journal.lane_numbers(db.session(), challenge.chain_id, begun).items():
                self._sent.setdefault((challenge.id, lane), seq)
            self._moved |= {(challenge.id, lane) for lane in begun}

    def flush(self) -> None:
        """Send every lane what was gathered for it: one frame for each language."""
        # Each is looked up once, and only if there is something to send: a reveal goes to one lane for each author.
        # What is looked up must be held: the session forgets what nobody holds.
        challenge_of = cache(partial(db.session().get, Challenge))
        current = cache(partial(current_round, db.session()))

        def publish(challenge_id: int, lane: str, pending: Pending) -> None:
            if challenge_of(challenge_id) is None:
                return  # it was deleted meanwhile
            sent = self._sent.get((challenge_id, lane), pending.after)
            self._sent[challenge_id, lane] = max(sent, pending.seq)
            self._moved.add((challenge_id, lane))
            languages = self._audiences.languages(challenge_id, lane)
            if languages and (sent < pending.after or pending.of_others):
                pending = self._with_changes_of_others(current(challenge_id), lane, sent, pending)
            if lane == journal.ROOM and any(handle.startswith("round-") for handle in pending.handles):
                self._presence.begin(challenge_id, current(challenge_id).phase_key)
            for language in languages:
                event, payload = fragments.frame(
                    current(challenge_id), lane, pending.handles, language, after=pending.after, seq=pending.seq
                )
                self._fanout.send(challenge_id, lane, event, payload, language)

        self._coalescer.flush(publish)

    def _with_changes_of_others(self, round: Round, lane: str, sent: int, pending: Pending) -> Pending:
        """Add what another process wrote since: a frame that leaves a gap would make every page catch up."""
        if lane in (journal.ROOM, journal.FACILITATORS):
            self._rights.apply_changes_since(round.challenge_id, sent)
        missed = missed_since(db.session(), round, [lane], sent).handles.get(lane, [])
        return Pending(sent, pending.seq, dict.fromkeys(missed) | pending.handles)

    def watch(self) -> None:
        """Notice what another process (a command line, a second server) wrote: the database is the truth.

        It looks only at rooms to which somebody listens, and there only at what was touched since the last look.
        """
        listened = self._audiences.challenges()
        self._seen = {challenge_id: self._seen[challenge_id] for challenge_id in listened if challenge_id in self._seen}
        for challenge_id, chain_id, epoch, seq in journal.heads_of(db.session(), listened):
            self._look_at(challenge_id, chain_id, epoch, seq)

    def _look_at(self, challenge_id: int, chain_id: int, epoch: str, seq: int) -> None:
        """Look at what was touched in a challenge since the last look. After a restore the numbers begin anew."""
        seen_epoch, seen = self._seen.get(challenge_id, (epoch, 0))
        if seen_epoch != epoch:
            lanes = self._audiences.lanes(challenge_id)
            anew = journal.lane_numbers(db.session(), chain_id, lanes)
            self._sent |= {(challenge_id, lane): number for lane, number in anew.items()}
            self._moved |= {(challenge_id, lane) for lane in lanes}
        elif seq > seen:
            for lane, number in journal.lanes_touched_since(db.session(), chain_id, seen).items():
                sent = self._sent.get((challenge_id, lane))
                if sent is not None and number > sent:
                    self._coalescer.add(events.StreamAdvanced(chain_id, challenge_id, lane, number, number, ()))
        # Only now: if the database fails, the next look begins where this one did.
        self._seen[challenge_id] = epoch, seq

    def send_beats(self) -> None:
        """Send sockets the numbers that their lanes were sent: a page that is behind catches up.

        A socket on whose lanes nothing moved since the latest beat hears only one of `QUIET_BEATS`: it would be told
        what it knows, and thousands of silent phones would cost more than all other work.

        What another process wrote is not sent yet and follows with the next `watch`: a beat that overtook it would make
        every page catch up, and no page would show a reveal as one.
        """
        # A lane without listeners is forgotten; it starts anew with the next socket that joins.
        self._sent = {key: seq for key, seq in self._sent.items() if self._audiences.hears(*key)}
        moved, self._moved = self._moved, set()
        self._beats += 1
        for challenge_id in self._audiences.challenges():
            lanes = {lane for of, lane in moved if of == challenge_id}
            if self._beats % QUIET_BEATS == 0:
                lanes.add(journal.ROOM)  # everybody listens to it
            if challenge_id in self._seen and lanes:
                self._fanout.send_to_each(challenge_id, "beat", self._beats_of(challenge_id), lanes)

    def _beats_of(self, challenge_id: int) -> Callable[[tuple[str, ...]], str]:
        """The beat for given lanes as JSON. It is put together by hand, since nearly every socket gets another one."""
        epoch, _ = self._seen[challenge_id]
        begin = f'{{"epoch":"{epoch}","now":{clock.to_ms(clock.now())},"lanes":{{'

        def beat_of(lanes: tuple[str, ...]) -> str:
            return begin + ",".join(f'"{lane}":{self._sent.get((challenge_id, lane), 0)}' for lane in lanes) + "}}"

        return beat_of

    def send_presence(self) -> None:
        """Send the counts of every room in which they changed."""
        for challenge_id, counts in self._presence.due().items():
            self._fanout.send(challenge_id, journal.ROOM, "presence", counts)
        changed = [c for c in self._presence.changed() if self._audiences.hears(c, journal.FACILITATORS)]
        if changed:
            with self._context():
                for challenge_id in changed:
                    self._send_facilitation(challenge_id)

    def _send_facilitation(self, challenge_id: int) -> None:
        challenge = db.session.get(Challenge, challenge_id)
        if challenge is not None:
            facilitation = fragments.facilitation_of(challenge, self._presence.of(challenge_id))
            self._fanout.send(challenge_id, journal.FACILITATORS, "facilitation", facilitation)
