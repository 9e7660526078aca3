"""Lanes as names of Socket.IO rooms, and the name under which presence counts a person."""

from ideas.models import PROXIES
from ideas.policy import Access


def channel(challenge_id: int, lane: str, language: str = "") -> str:
    """The Socket.IO room of a lane, or of those in it who read `language`."""
    return f"{challenge_id}/{lane}/{language}"


def channels(challenge_id: int, lanes: list[str], language: str) -> list[str]:
    """The Socket.IO rooms of somebody who listens to `lanes` and reads `language`."""
    return [channel(challenge_id, lane, of) for lane in lanes for of in ("", language)]


def present_as(access: Access) -> str | None:
    """The participant's handle under which presence counts somebody; None for a person who only facilitates."""
    participant = access.participant
    if participant is None or not access.participates or participant.tier in PROXIES:
        return None
    return participant.handle
