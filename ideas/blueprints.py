"""Blueprints: ready sets of phases to start a challenge from. They become rows; nothing refers back to them."""

from dataclasses import dataclass
from datetime import datetime

from ideas.models import Activity, Phase

CLOSED = "closed"


@dataclass(frozen=True)
class Step:
    """A phase to be: its name (a word that the edge translates) and what it permits."""

    name: str
    activities: tuple[Activity, ...]


@dataclass(frozen=True)
class Blueprint:
    name: str
    steps: tuple[Step, ...]

    def phases(self, closes_at: datetime | None) -> list[Phase]:
        """The phases of a new round, the closed one last; `closes_at` ends the last one before it."""
        steps = (*self.steps, Step(CLOSED, ()))
        phases = [
            Phase(position=position, name=step.name, activities=[str(a) for a in step.activities])
            for position, step in enumerate(steps)
        ]
        phases[-2].ends_at = closes_at
        return phases


_WRITE, _DEBATE, _VOTE = Activity.WRITE, Activity.DEBATE, Activity.VOTE

LIVE_BRAINSTORM = Blueprint(
    "live_brainstorm",
    (Step("write", (_WRITE,)), Step("debate", (_DEBATE,)), Step("vote", (_VOTE,))),
)
OPEN_CONTEST = Blueprint("open_contest", (Step("open", (_WRITE, _DEBATE, _VOTE)),))
# An import comes with its votes: it can only be voted on and closed.
IMPORTED = Blueprint("import", (Step("vote", (_VOTE,)),))

CHOICES = {b.name: b for b in (LIVE_BRAINSTORM, OPEN_CONTEST)}
