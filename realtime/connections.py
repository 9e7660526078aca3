"""Open sockets: whose they are, and which lanes they listen to."""

import time
from dataclasses import dataclass, field
from functools import cached_property

from ideas.actor import Actor
from ideas.devices import device_by_token, digest_of

# A sign-out closes sockets at once. This is how old a look-up may be where that message was lost.
TRUSTED_SECONDS = 1.0


@dataclass(frozen=True)
class Identity:
    """Whose socket it is, and which language its page reads."""

    token: str
    actor: Actor
    device_id: int
    language: str


@dataclass
class Connection:
    """A socket. `lanes` maps challenge ids to the lanes it listens to.

    In the challenges of `watching` the socket is a big screen, which presence does not count. `facilitating` holds the
    challenges that its person facilitated when it joined. A page of a job listens to `job_id`; `job_mark` is the mark
    that it heard last.
    """

    sid: str
    token: str
    actor: Actor
    device_id: int
    language: str
    checked_at: float = field(default_factory=time.monotonic)
    lanes: dict[int, list[str]] = field(default_factory=dict)
    watching: set[int] = field(default_factory=set)
    facilitating: set[int] = field(default_factory=set)
    job_id: int | None = None
    job_mark: str = ""

    @property
    def person_id(self) -> int:
        """The person behind the socket; 0 for none."""
        return self.actor.person_id or 0

    @cached_property
    def browser(self) -> str:
        """The digest of its browser's secret."""
        return digest_of(self.token)

    def is_valid(self) -> bool:
        """Whether the browser still is the person that it was when it connected; looked up at most every second."""
        if time.monotonic() - self.checked_at < TRUSTED_SECONDS:
            return True
        device = device_by_token(self.token)
        self.checked_at = time.monotonic()
        return device is not None and device.person_id == self.actor.person_id

    def participates(self, challenge_id: int) -> bool:
        return any(lane.startswith("participant-") for lane in self.lanes.get(challenge_id, ()))


class Connections:
    """All sockets of this process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Connection] = {}
        self.added = 0  # how many there were since the start

    def add(self, connection: Connection) -> None:
        self.added += 1
        self._by_sid[connection.sid] = connection

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def pop(self, sid: str) -> Connection | None:
        return self._by_sid.pop(sid, None)

    def __len__(self) -> int:
        return len(self._by_sid)

    def all(self) -> list[Connection]:
        return list(self._by_sid.values())
