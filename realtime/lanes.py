"""Lanes: the kinds of audience of a room, as names of Socket.IO rooms; and as whom presence counts somebody."""

from ideas import clock, journal
from ideas.models import STAND_INS, Round
from ideas.policy import Standing
from realtime.presence import PhaseKey


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


def head_of(standing: Standing) -> str | None:
    """The handle under which somebody counts as here; None for who only facilitates."""
    participant = standing.participant
    if participant is None or not standing.participates or participant.tier in STAND_INS:
        return None
    return participant.handle


def phase_key(round: Round) -> PhaseKey:
    """The phase that a round stands in, told apart from the same one entered again."""
    began = round.phase.started_at
    return round.id, round.position, clock.to_ms(began) if began else 0
