"""Blueprints: sets of phases, rules and questions to start from. They are copied into rows; no row refers to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ideas.activities import activities_in
from ideas.errors import Invalid, Problems
from ideas.models import Activity, Audience, Challenge, ImageRule, Layout, Phase, Question
from ideas.texts import one_line
from ideas.voting.rules import RULES, SCALES, WrongOptions, rule_of

CLOSED = "closed"

MINUTE, DAY = 60, 24 * 3600  # seconds


@dataclass(frozen=True)
class PhasePlan:
    """A planned phase. `name` is a word that the edge translates ("write"), or the company's own.

    It lasts for `seconds` from its start, or until `ends_at`, or until a facilitator continues; with `advances` the
    round continues by itself at its end.
    """

    name: str
    activities: tuple[str, ...]
    others_visible: bool = True
    seconds: int | None = None
    ends_at: datetime | None = None
    advances: bool = False

    def row(self, position: int) -> Phase:
        return Phase(
            position=position,
            name=self.name,
            activities=[str(a) for a in self.activities],
            others_visible=self.others_visible,
            seconds=self.seconds,
            ends_at=self.ends_at,
            advances=self.advances,
        )


def plan_of(phase: Phase) -> PhasePlan:
    """The plan of an existing phase."""
    return PhasePlan(
        name=phase.name,
        activities=tuple(phase.activities),
        others_visible=phase.others_visible,
        seconds=phase.seconds,
        ends_at=None if phase.seconds else phase.ends_at,
        advances=phase.advances,
    )


@dataclass(frozen=True)
class IdeaRules:
    """The parts of an idea, the layout of ideas in the room, and whether questions help people to think on."""

    title_max: int = 200  # characters
    text: bool = True
    image: ImageRule = ImageRule.OPTIONAL
    layout: Layout = Layout.LIST
    prompts: bool = True


def idea_rules_of(challenge: Challenge) -> IdeaRules:
    """The idea rules of a challenge."""
    of = challenge
    return IdeaRules(of.idea_title_max, of.idea_text, of.idea_image, of.layout, of.idea_prompts)


# The maximum number of questions in one round: with more questions, people judge fewer ideas.
QUESTIONS_MAX = 2
PROMPT_MAX = 200


@dataclass(frozen=True)
class QuestionPlan:
    """A planned question: a ballot rule (`ideas.voting.rules.RULES`), its options, and the prompt.

    The edge provides the words for an empty prompt.
    """

    rule: str = "approval"
    prompt: str = ""
    options: Mapping[str, int | bool] = field(default_factory=dict)


def questions_of(plans: Sequence[QuestionPlan]) -> list[Question]:
    """The questions of a new round. Every option is stored, so that a changed default does not change a round.

    :raise Invalid: with a problem per field: `q1_rule`, `q2_prompt`, `q1_budget` …, or `questions`.
    """
    problems = Problems()
    found = []
    if not 1 <= len(plans) <= QUESTIONS_MAX:
        problems["questions"] = "out_of_range"
    for position, plan in enumerate(plans):
        prefix = f"q{position + 1}_"
        with problems.noted():
            prompt = one_line(prefix + "prompt", plan.prompt, PROMPT_MAX)
            options = _options(plan, prefix)
            found.append(Question(position=position, rule=plan.rule, prompt=prompt, options=options))
    if len({(plan.rule, plan.prompt.strip()) for plan in plans}) < len(plans):
        problems["q2_prompt"] = "twice"
    problems.refuse()
    return found


def first_look_of(plans: Sequence[PhasePlan], asked: Sequence[QuestionPlan]) -> list[Question]:
    """The first look of a new round: the first question of the vote once more. None if no phase is for it.

    :raise Invalid: as `questions_of`.
    """
    if not any(activity.looks_first for plan in plans for activity in activities_in(plan.activities)):
        return []
    first = questions_of(asked)[0]
    first.activity = Activity.LOOK
    return [first]


def check_first_look(plans: Sequence[PhasePlan], rule: str | None, *, begun: int = 0) -> None:
    """Check the phase of a first look: only one, without discussion and vote, with a discussion in a later phase and
    the vote after that. `rule` is that of the question asked in it, None if the round can't have a first look any more.
    A phase among the first `begun` ones stands as it is.

    :raise Invalid: `{"phase-1-activities": …}` for the second phase after those.
    """
    found = [activities_in(plan.activities) for plan in plans]
    looks = [n for n, of in enumerate(found) if any(activity.looks_first for activity in of)]
    discussed = [n for n, of in enumerate(found) if any(activity.is_discussion for activity in of)]
    votes = [n for n, of in enumerate(found) if any(activity.takes_marks for activity in of)]
    problems = Problems()
    for n in (n for n in looks if n >= begun):
        field = f"phase-{n - begun}-activities"
        if not any(n < one < other for one in discussed for other in votes):
            problems[field] = "look_first"
        elif n in discussed or n in votes or n != looks[0]:
            problems[field] = "look_alone"
        elif rule is None:
            problems[field] = "look_late"
        elif rule in RULES and not RULES[rule].compares_marks:
            problems[field] = "look_rule"
    problems.refuse()


# More criteria make a juror's card longer than a phone.
CRITERIA_MAX = 6
WEIGHT_MAX = 100
CRITERIA_STEPS = 5


@dataclass(frozen=True)
class CriterionPlan:
    """A planned criterion of the jury: its name, and its weight relative to the other ones. `steps` is the number of
    grades of its scale, which all criteria of a round share, so that their medians can be averaged.
    """

    name: str
    weight: int = 1
    steps: int = CRITERIA_STEPS

    def row(self, position: int) -> Question:
        options = rule_of("grades", {"steps": self.steps}).options()
        return Question(
            position=position,
            rule="grades",
            prompt=self.name,
            options=options,
            audience=Audience.JURY,
            weight=self.weight,
        )


def criterion_plan_of(question: Question) -> CriterionPlan:
    """The plan of an existing criterion."""
    return CriterionPlan(question.prompt, question.weight, int(question.options["steps"]))


def criteria_of(plans: Sequence[CriterionPlan]) -> list[Question]:
    """The criteria of a new round; none for a round without a jury.

    :raise Invalid: with a problem per field: `c1_name`, `c2_weight`, `criteria`, `criteria_steps`.
    """
    problems, found = Problems(), list[Question]()
    if len(plans) > CRITERIA_MAX:
        problems["criteria"] = "out_of_range"
    if len({plan.steps for plan in plans}) > 1 or any(plan.steps not in SCALES for plan in plans):
        problems["criteria_steps"] = "unknown"
    problems.refuse()
    for n, plan in enumerate(plans, 1):
        with problems.noted():
            name = one_line(f"c{n}_name", plan.name, PROMPT_MAX, required=True)
            if name.casefold() in {other.prompt.casefold() for other in found}:
                problems[f"c{n}_name"] = "criterion_twice"
            found.append(replace(plan, name=name).row(n - 1))
        if not 1 <= plan.weight <= WEIGHT_MAX:
            problems[f"c{n}_weight"] = "out_of_range"
    problems.refuse()
    return found


def check_decision(criteria: Sequence[CriterionPlan], jury_percent: int, *, auto_close: bool) -> None:
    """Check who decides a new round: the crowd (0), the jury (100), or both by these weights.

    :raise Invalid: `jury_percent`, out of range; `criteria`, if the jury has none; `auto_close`, because votes of the
        crowd do not tell when the jury is done.
    """
    problems = Problems()
    if not 0 <= jury_percent <= 100:
        problems["jury_percent"] = "out_of_range"
    elif jury_percent and not criteria:
        problems["criteria"] = "no_criteria"
    if jury_percent and auto_close:
        problems["auto_close"] = "jury"
    problems.refuse()


def _options(plan: QuestionPlan, prefix: str) -> dict[str, int | bool]:
    try:
        return rule_of(plan.rule, plan.options).options()
    except WrongOptions as error:
        raise Invalid(**{prefix + field: problem for field, problem in error.problems.items()}) from error


@dataclass(frozen=True)
class Blueprint:
    """`has_seed_ideas`: the company provides the ideas. `starts_at_once`: the publication starts the first phase; else
    the challenge waits in its lobby.
    """

    name: str
    plans: tuple[PhasePlan, ...]
    ideas: IdeaRules = field(default=IdeaRules())
    has_seed_ideas: bool = False
    starts_at_once: bool = False
    questions: tuple[QuestionPlan, ...] = (QuestionPlan(),)

    def plans_until(self, closes_at: datetime | None) -> tuple[PhasePlan, ...]:
        """The phases of the blueprint; a closing date replaces the length of the last one."""
        if closes_at is None:
            return self.plans
        return (*self.plans[:-1], replace(self.plans[-1], seconds=None, ends_at=closes_at))


def phases_of(plans: tuple[PhasePlan, ...]) -> list[Phase]:
    """The phases of a new round, the closed one last."""
    return [plan.row(position) for position, plan in enumerate((*plans, PhasePlan(CLOSED, ())))]


_WRITE, _DEBATE, _VOTE = Activity.WRITE, Activity.DEBATE, Activity.VOTE

# People work alone first and then together: Girotra, Terwiesch & Ulrich 2010.
LIVE_BRAINSTORM = Blueprint(
    "live_brainstorm",
    (
        PhasePlan("write", (_WRITE,), others_visible=False, seconds=5 * MINUTE),
        PhasePlan("build", (_WRITE,), seconds=8 * MINUTE),
        PhasePlan("debate", (_DEBATE,), seconds=10 * MINUTE),
        PhasePlan("vote", (_VOTE,), seconds=7 * MINUTE),
    ),
)
IDEA_CONTEST = Blueprint(
    "idea_contest",
    (
        PhasePlan("collect", (_WRITE, _DEBATE), seconds=14 * DAY, advances=True),
        PhasePlan("vote", (_VOTE,), seconds=7 * DAY),
    ),
    starts_at_once=True,
)
PICK_A_NAME = Blueprint(
    "pick_a_name",
    (
        PhasePlan("write", (_WRITE,), others_visible=False, seconds=5 * MINUTE),
        PhasePlan("vote", (_VOTE,), seconds=5 * MINUTE),
    ),
    IdeaRules(title_max=60, text=False, image=ImageRule.NONE),
    # A single name easily gets "nice"; a comparison of two forces a choice.
    questions=(QuestionPlan("pairs"),),
)
PRIORITISE = Blueprint(
    "prioritise",
    (
        PhasePlan("debate", (_DEBATE,), seconds=10 * MINUTE),
        PhasePlan("vote", (_VOTE,), seconds=7 * MINUTE),
    ),
    has_seed_ideas=True,
    # Prioritising means distributing a scarce budget.
    questions=(QuestionPlan("points"),),
)
DESIGN_CONTEST = Blueprint(
    "design_contest",
    (
        PhasePlan("collect", (_WRITE, _DEBATE), seconds=14 * DAY, advances=True),
        PhasePlan("vote", (_VOTE,), seconds=7 * DAY),
    ),
    IdeaRules(image=ImageRule.REQUIRED, layout=Layout.GALLERY),
    starts_at_once=True,
    # Designs are many and quickly seen: people mark a few in a sample (Klein & Garcia 2015).
    questions=(QuestionPlan("stars"),),
)
OPEN_CONTEST = Blueprint("open_contest", (PhasePlan("open", (_WRITE, _DEBATE, _VOTE)),), starts_at_once=True)
# An import brings its votes: it can only be voted on and closed.
IMPORTED = Blueprint("import", (PhasePlan("vote", (_VOTE,)),))

CHOICES = {b.name: b for b in (LIVE_BRAINSTORM, IDEA_CONTEST, PICK_A_NAME, PRIORITISE, DESIGN_CONTEST, OPEN_CONTEST)}
