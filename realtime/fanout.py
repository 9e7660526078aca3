"""The fan-out: the one place from which anything is sent to more than one receiver."""

from realtime.lanes import channel
from realtime.transport import SocketTransport


def send(
    transport: SocketTransport, challenge_id: int, lane: str, event: str, payload: dict[str, object], language: str = ""
) -> None:
    """Send one event to a lane, or to those in it who read `language`."""
    transport.emit(event, payload, to=channel(challenge_id, lane, language))
