"""Juries for tests, made through the services."""

from dataclasses import dataclass

from sqlalchemy import select

from ideas.actor import NOBODY, Actor
from ideas.blueprints import CriterionPlan
from ideas.database import db
from ideas.models import Juror
from ideas.services import jurors, scoring
from ideas.services.scoring import Scores
from tests import factories
from tests.factories import Room

CRITERIA = (CriterionPlan("Useful?", 2), CriterionPlan("Doable?"))


@dataclass(frozen=True)
class Judge:
    """A juror: the actor and the id."""

    actor: Actor
    id: int

    @property
    def row(self) -> Juror:
        return db.session.get_one(Juror, self.id)


def room(**fields: object) -> Room:
    """An open room with a jury, whose phase permits voting."""
    return factories.room(**{"criteria": CRITERIA, **fields})


def juror(of: Room, actor: Actor = NOBODY, name: str = "Luchs") -> Judge:
    """A person who accepted an invitation: a new guest, or `actor`."""
    seated = jurors.accept_seat(actor, jurors.invite_juror(of.owner, of.round_id), name)
    found = select(Juror.id).filter_by(round_id=of.round_id, person_id=seated.person_id)
    return Judge(Actor(seated.person_id, actor.account_id), db.session.scalars(found).one())


def score(of: Room, who: Judge, entry: int, *grades: int, note: str = "") -> bool:
    """Grade an entry, one grade for each criterion in order."""
    given = {q.id: grade for q, grade in zip(of.round.criteria, grades, strict=True)} if grades else {}
    return scoring.score_entry(who.actor, of.round_id, entry, Scores(given, note))
