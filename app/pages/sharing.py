"""The named links of a challenge on the page for sharing it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.platform.addresses import absolute
from app.viewers import join_codes
from ideas.models import Challenge
from ideas.queries.statistics import links_of


@dataclass(frozen=True)
class LinkDraft:
    """A label as it was typed, with what is wrong with it; `link_id` is 0 for a link that is not made yet."""

    label: str = ""
    error: str = ""
    link_id: int = 0


@dataclass(frozen=True)
class NamedLink:
    """A link with a label and its address."""

    id: int
    label: str
    address: str
    is_retired: bool


def links_part(session: Session, challenge: Challenge) -> list[NamedLink]:
    """The named links of a challenge, those in use first."""
    return [
        NamedLink(link.id, link.label, _address(challenge, link.token), link.retired_at is not None)
        for link in links_of(session, challenge.id)
    ]


def _address(challenge: Challenge, token: str) -> str:
    key = join_codes.key_of(challenge.code)
    return absolute("participants.join", code=challenge.code, key=key, via=token)
