"""Who got the ballot file of a round."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.actor import Actor
from ideas.journal import chain_of
from ideas.models import Account, Act, Round

# The kind of the act, and of its entry in the journal.
RELEASE = "release"


@dataclass(frozen=True)
class Release:
    """One release of a ballot file. `by` is none for the command line and for accounts that were deleted since."""

    at: datetime
    by: str | None


def releases_of(session: Session, round: Round) -> list[Release]:
    """All releases, latest first."""
    query = select(Act.at, Account.shown_name).outerjoin(Account, Account.id == Act.account_id)
    query = query.filter(Act.chain_id == chain_of(round.challenge_id), Act.kind == RELEASE, Act.handle == round.handle)
    return [Release(*row) for row in session.execute(query.order_by(Act.seq.desc()))]


def is_released_to(session: Session, actor: Actor, round: Round, seq: int) -> bool:
    """Whether this act gave the ballot file of the round to this account."""
    act = session.get(Act, (round.challenge.chain_id, seq))
    is_release = act is not None and (act.kind, act.handle) == (RELEASE, round.handle)
    return is_release and act is not None and actor.account_id is not None and act.account_id == actor.account_id
