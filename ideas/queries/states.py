"""The state of a challenge: a value that changes whenever anything that its pages show changes.

Pages that are kept (app/platform/page_cache.py) have it in their key.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, ScalarSelect, Select, String, bindparam, cast, func, inspect, select
from sqlalchemy.orm import Session

from ideas.models import LOBBY, STEERING, Challenge, Floor, Member, Participant, Person, Round, StreamItem

# The latest number that touched any lane tells of everything that pages of an open round show; the mark of a person who
# has voted before touches none. After the close nobody votes, and the journal's number tells of everything. The columns
# are compared as well, because a few settings have no entry: how the result is shared, the name of the organisation,
# and who acts for it; and two things stand outside of it: the minimum wages that its pay is compared with, and how long
# the contests of the organisation took.
UNSHOWN = {"key"}


@dataclass(frozen=True)
class ChallengeState:
    """A challenge as it is now: the digest of all that is shown of it, and its present round."""

    digest: bytes
    round_id: int
    position: int
    closed_at: datetime | None

    @property
    def is_in_lobby(self) -> bool:
        return self.position == LOBBY


def state_of(session: Session, challenge: Challenge) -> ChallengeState:
    """The state of a challenge that was read just now, in one statement."""
    of = {
        "challenge": challenge.id,
        "chain": challenge.chain_id,
        "organisation": challenge.organisation_id,
        "country": challenge.floor_country,
    }
    row = session.execute(_round_query(), of).one()
    columns = inspect(Challenge).columns.keys()
    own = [getattr(challenge, name) for name in columns if name not in UNSHOWN]
    seq = challenge.seq if row.closed_at else None
    shown = repr((own, challenge.epoch, challenge.organisation.name, seq, tuple(row)))
    return ChallengeState(hashlib.sha256(shown.encode()).digest(), row.id, row.position, row.closed_at)


def _of_pay() -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
    """The floors of the country, and a number that changes with the time reports of the organisation."""
    floors = select(
        func.aggregate_strings(
            cast(Floor.since, String) + "=" + cast(Floor.cents, String) + Floor.currency + Floor.time_zone, ","
        )
    ).where(Floor.country == bindparam("country", type_=String))
    reports = select(func.sum(Challenge.time_reports))
    reports = reports.where(Challenge.organisation_id == bindparam("organisation", type_=Integer))
    return floors.scalar_subquery(), reports.scalar_subquery()


@cache
def _round_query() -> Select[Any]:
    """The columns of the present round, the latest number that touched a lane, and the participants who act for the
    organisation, as a list of ids.
    """
    columns = [column for column in Round.__table__.c if column.name not in UNSHOWN]
    members = (
        select(func.aggregate_strings(cast(Participant.id, String), ","))
        .join(Person, Person.id == Participant.person_id)
        .join(Member, Member.account_id == Person.account_id)
        .where(
            Participant.challenge_id == bindparam("challenge", type_=Integer),
            Member.organisation_id == bindparam("organisation", type_=Integer),
            Member.role.in_(STEERING),
        )
    )
    touched = select(func.max(StreamItem.seq)).where(StreamItem.chain_id == bindparam("chain", type_=Integer))
    return (
        select(*columns, touched.scalar_subquery(), members.scalar_subquery(), *_of_pay())
        .where(Round.__table__.c.challenge_id == bindparam("challenge", type_=Integer))
        .order_by(Round.__table__.c.n.desc())
        .limit(1)
    )
