"""Sending: the one place from which anything goes down a socket to more than one receiver."""

from flask_socketio import SocketIO

from realtime.lanes import channel


def send(
    socketio: SocketIO, challenge_id: int, lane: str, event: str, payload: dict[str, object], language: str = ""
) -> None:
    """Send one event to a lane, or to those in it who read `language`."""
    socketio.server.emit(event, payload, room=channel(challenge_id, lane, language))
