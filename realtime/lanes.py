"""Lanes: the kinds of audience of a room, as names of Socket.IO rooms; and as whom presence counts somebody."""

from ideas import clock, journal
from ideas.models import PROXIES, Round
from ideas.policy import Access
from realtime.presence import PhaseKey


def lanes_of(access: Access) -> list[str]:
    """The lanes that somebody may listen to."""
    lanes = [journal.ROOM]
    if access.facilitates:
        lanes.append(journal.FACILITATORS)
    if access.participates and access.participant:
        lanes.append(access.participant.lane)
    return lanes


def channel(challenge_id: int, lane: str, language: str = "") -> str:
    """The Socket.IO room of a lane, or of those in it who read `language`."""
    return f"{challenge_id}/{lane}/{language}"


def head_of(access: Access) -> str | None:
    """The handle under which somebody counts as here; None for who only facilitates."""
    participant = access.participant
    if participant is None or not access.participates or participant.tier in PROXIES:
        return None
    return participant.handle


def phase_key(round: Round) -> PhaseKey:
    """The phase that a round stands in, told apart from the same one entered again."""
    began = round.phase.started_at
    return round.id, round.position, clock.to_ms(began) if began else 0
