"""The name under which presence counts a person."""

from ideas.models import PROXIES
from ideas.policy import Access


def present_as(access: Access) -> str | None:
    """The participant's handle under which presence counts somebody; None for a person who only facilitates."""
    participant = access.participant
    if participant is None or not access.participates or participant.tier in PROXIES:
        return None
    return participant.handle
