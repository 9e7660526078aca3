"""Lanes as names of Socket.IO rooms, and the names under which presence counts people and phases."""

from ideas import clock
from ideas.models import STAND_INS, Round
from ideas.policy import Standing
from realtime.presence import PhaseKey


def channel(challenge_id: int, lane: str, language: str = "") -> str:
    """The Socket.IO room of a lane, or of those in it who read `language`."""
    return f"{challenge_id}/{lane}/{language}"


def channels(challenge_id: int, lanes: list[str], language: str) -> list[str]:
    """The Socket.IO rooms of somebody who listens to `lanes` and reads `language`."""
    return [channel(challenge_id, lane, of) for lane in lanes for of in ("", language)]


def present_as(standing: Standing) -> str | None:
    """The participant's handle under which presence counts somebody; None for a person who only facilitates."""
    participant = standing.participant
    if participant is None or not standing.participates or participant.tier in STAND_INS:
        return None
    return participant.handle


def phase_key(round: Round) -> PhaseKey:
    """The current phase of a round. The same phase entered again has another key."""
    began = round.phase.started_at
    return round.id, round.position, clock.to_ms(began) if began else 0
