"""The lobby: the names of those who wait, and what changed since somebody joined."""

import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.journal import chain_of
from ideas.models import Act, JournalEntry, Participant, Round
from ideas.promises import Change
from ideas.queries.electorate import people_of


def waiting_names(session: Session, challenge_id: int, most: int) -> list[str]:
    """The names of at most `most` people who take part, the latest first."""
    query = people_of(challenge_id).where(Participant.is_here)
    return list(session.scalars(query.with_only_columns(Participant.name).order_by(Participant.id.desc()).limit(most)))


def changes_since(session: Session, round: Round, at: datetime) -> list[Change]:
    """What revisions of the round changed after the instant `at`, each once."""
    rows = session.scalars(
        select(JournalEntry.body)
        .join(Act, (Act.chain_id == JournalEntry.chain_id) & (Act.seq == JournalEntry.seq))
        .where(JournalEntry.chain_id == chain_of(round.challenge_id), JournalEntry.round_id == round.id)
        .where(JournalEntry.kind == "revise", Act.kind == "revise", Act.at > at)
    )
    changed = {word for body in rows for word in json.loads(body)["changed"]}
    return [change for change in Change if change in changed]
