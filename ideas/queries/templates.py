"""Templates of an organisation, by name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from ideas.models import Challenge


@dataclass(frozen=True)
class TemplateRow:
    id: int
    slug: str
    name: str
    language: str
    blueprint: str
    created_at: datetime


def templates_of(session: Session, organisation_id: int) -> list[TemplateRow]:
    rows = session.execute(
        select(
            Challenge.id, Challenge.slug, Challenge.title, Challenge.language, Challenge.blueprint, Challenge.created_at
        )
        .where(Challenge.organisation_id == organisation_id, Challenge.is_template == true())
        .order_by(Challenge.title, Challenge.id)
    )
    return [TemplateRow(*row) for row in rows]
