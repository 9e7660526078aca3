"""Lanes: the kinds of audience of a room, as names of Socket.IO rooms."""

from ideas import journal
from ideas.policy import Standing


def lanes_of(standing: Standing) -> list[str]:
    """The lanes that somebody may listen to."""
    lanes = [journal.ROOM]
    if standing.facilitates:
        lanes.append(journal.FACILITATORS)
    if standing.participates and standing.participant:
        lanes.append(standing.participant.lane)
    return lanes


def channel(challenge_id: int, lane: str, language: str = "") -> str:
    """The Socket.IO room of a lane, or of those in it who read `language`."""
    return f"{challenge_id}/{lane}/{language}"
