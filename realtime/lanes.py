"""Lanes as names of Socket.IO rooms, and the names under which presence counts people and phases."""

from ideas import clock
from ideas.models import PROXIES, Round
from ideas.policy import Access
from realtime.presence import PhaseKey


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


def phase_key(round: Round) -> PhaseKey:
    """The current phase of a round. The same phase entered again has another key."""
    began = round.phase.started_at
    return round.id, round.position, clock.to_ms(began) if began else 0
