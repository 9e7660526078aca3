"""The other participants on a shared browser."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Device, DevicePerson, Participant


@dataclass(frozen=True)
class CompanionRow:
    """A person who used this browser in the challenge before. An account holder comes back by signing in."""

    participant_id: int
    name: str
    has_account: bool


def companions_of(session: Session, device: Device, challenge_id: int) -> list[CompanionRow]:
    """The companions in the order of joining, without the active one and those who were removed or left."""
    query = (
        select(Participant)
        .join(DevicePerson, DevicePerson.person_id == Participant.person_id)
        .where(
            DevicePerson.device_id == device.id,
            Participant.challenge_id == challenge_id,
            Participant.person_id != device.person_id,
            Participant.merged_into.is_(None),
            Participant.is_here,
        )
        .order_by(Participant.id)
    )
    return [CompanionRow(p.id, p.name, p.person.account_id is not None) for p in session.scalars(query)]
