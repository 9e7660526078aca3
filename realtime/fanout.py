"""The fan-out: the one place from which anything is sent to more than one receiver."""

from collections.abc import Callable

from realtime.audiences import Audiences
from realtime.transport import SocketTransport


class Fanout:
    """Sends an event to a lane: encoded and framed once, whatever the number of its receivers."""

    def __init__(self, transport: SocketTransport, audiences: Audiences) -> None:
        self._transport, self._audiences = transport, audiences

    def send(self, challenge_id: int, lane: str, event: str, payload: dict[str, object], language: str = "") -> None:
        """Send one event to a lane, or to those in it who read `language`."""
        self._transport.emit_to_all(event, payload, self._audiences.sids(challenge_id, lane, language))

    def send_to_each(
        self, challenge_id: int, event: str, payload_of: Callable[[tuple[str, ...]], str], lanes: set[str]
    ) -> None:
        """Send one event to everybody who listens to one of these lanes of a challenge, with a payload (JSON) for all
        lanes that a socket listens to.
        """
        everybody = self._audiences.lanes_of_each(challenge_id, lanes).items()
        self._transport.emit_to_each(event, ((sid, payload_of(own)) for sid, own in everybody))
