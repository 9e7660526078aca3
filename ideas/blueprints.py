"""Blueprints: ready sets of phases and questions to start a challenge from.

They become rows; nothing refers back to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ideas.errors import Invalid
from ideas.models import Activity, Phase, Question
from ideas.texts import one_line
from ideas.voting.rules import WrongOptions, rule_of

CLOSED = "closed"


@dataclass(frozen=True)
class Step:
    """A phase to be: its name (a word that the edge translates) and what it permits."""

    name: str
    activities: tuple[Activity, ...]


# What a vote may ask in one round: more questions and people judge fewer ideas.
QUESTIONS_MAX = 2
PROMPT_MAX = 200


@dataclass(frozen=True)
class QuestionPlan:
    """A question to be: a ballot rule (`ideas.voting.rules.RULES`), its options, and what to ask in words.

    An empty prompt leaves the words to the edge.
    """

    rule: str = "approval"
    prompt: str = ""
    options: Mapping[str, int | bool] = field(default_factory=dict)


def questions_of(plans: Sequence[QuestionPlan]) -> list[Question]:
    """The questions of a new round; every option is stored, so that no default ever changes one.

    :raise Invalid: with a problem per field: `q1_rule`, `q2_prompt`, `q1_budget` …, or `questions`.
    """
    problems: dict[str, str] = {}
    found = []
    if not 1 <= len(plans) <= QUESTIONS_MAX:
        problems["questions"] = "out_of_range"
    for position, plan in enumerate(plans):
        prefix = f"q{position + 1}_"
        try:
            prompt = one_line(prefix + "prompt", plan.prompt, PROMPT_MAX)
            options = rule_of(plan.rule, plan.options).options()
        except WrongOptions as error:
            problems |= {prefix + field: problem for field, problem in error.problems.items()}
        except Invalid as error:
            problems |= error.problems
        else:
            found.append(Question(position=position, rule=plan.rule, prompt=prompt, options=options))
    if len({(plan.rule, plan.prompt.strip()) for plan in plans}) < len(plans):
        problems["q2_prompt"] = "twice"
    if problems:
        raise Invalid(**problems)
    return found


@dataclass(frozen=True)
class Blueprint:
    name: str
    steps: tuple[Step, ...]
    questions: tuple[QuestionPlan, ...] = (QuestionPlan(),)

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
