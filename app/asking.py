"""What a vote asks, in the form of a question: the fields as they stand, the rules in words, and what may be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from app.ballot_words import PROMPTS
from app.words import GRADES, RULES
from ideas.blueprints import PROMPT_MAX, QUESTIONS_MAX
from ideas.models import Question, Round
from ideas.voting import rules
from ideas.voting.rules import SCALES, BallotRule, Grades, Points, Ranked, Stars

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Option:
    """A field for one of a rule's options: a number from `least` to `most`, or yes or no."""

    name: str
    least: int = 0
    most: int = 0
    is_box: bool = False


@dataclass(frozen=True)
class QuestionDraft:
    """A question as its fields stand. `rule` is empty where the blueprint proposes one, or where none is asked."""

    rule: str = ""
    prompt: str = ""
    options: Mapping[str, str | bool] = field(default_factory=dict)

    def value(self, name: str) -> str | bool:
        return self.options.get(name, DEFAULTS[name])


@dataclass(frozen=True)
class Asking:
    """What the vote asks, as the form shows it. `is_sealed`: people voted under seal, which stays until the close."""

    questions: tuple[QuestionDraft, ...]
    live_ranking: bool = False
    auto_close: bool = False
    is_sealed: bool = False
    frozen: tuple[str, ...] = ()  # once published: what is asked, in words

    errors: Mapping[str, str] = field(default_factory=dict)
    prompt_max: int = PROMPT_MAX

    @property
    def options(self) -> dict[str, list[Option]]:
        return OPTIONS

    @property
    def scales(self) -> list[tuple[int, str]]:
        """The scales of grades to choose from: how many steps, and their words."""
        return [(steps, ", ".join(str(GRADES[grade]) for grade in scale)) for steps, scale in SCALES.items()]


# Of each rule the fields of its options, `top` apart, which all have.
OPTIONS: dict[str, list[Option]] = {
    name: [
        Option(f.name, is_box=True) if isinstance(f.default, bool) else Option(f.name, *kind.ranges[f.name])
        for f in fields(kind)
        if f.name != "top"
    ]
    for name, kind in rules.RULES.items()
}
DEFAULTS: dict[str, str | bool] = {
    f.name: f.default if isinstance(f.default, bool) else str(f.default)
    for kind in rules.RULES.values()
    for f in fields(kind)
}


def asking_in(form: Form, round: Round | None) -> Asking:
    """The fields as they were sent."""
    drafts = []
    for n in range(1, QUESTIONS_MAX + 1):
        sent = {name: _sent(form, f"q{n}_{name}", DEFAULTS[name]) for name in DEFAULTS}
        drafts.append(QuestionDraft(form.get(f"q{n}_rule", ""), form.get(f"q{n}_prompt", ""), sent))
    return Asking(tuple(drafts), "live_ranking" in form, "auto_close" in form, _is_sealed(round), _frozen(round))


def asking_of(round: Round | None) -> Asking:
    """The fields as they are stored; of a new question as they are proposed."""
    if round is None:
        return Asking(tuple(QuestionDraft() for _n in range(QUESTIONS_MAX)))
    drafts = [QuestionDraft(q.rule, q.prompt, _options(q.ballot_rule)) for q in round.questions]
    drafts += [QuestionDraft() for _n in range(QUESTIONS_MAX - len(drafts))]
    return Asking(tuple(drafts), round.live_ranking, round.auto_close, _is_sealed(round), _frozen(round))


def _sent(form: Form, name: str, default: str | bool) -> str | bool:
    return name in form if isinstance(default, bool) else form.get(name, default)


def _options(rule: BallotRule) -> dict[str, str | bool]:
    return {name: value if isinstance(value, bool) else str(value) for name, value in rule.options().items()}


def _is_sealed(round: Round | None) -> bool:
    return round is not None and not round.live_ranking and round.turnout > 0


def _frozen(round: Round | None) -> tuple[str, ...]:
    if round is None or round.challenge.published_at is None:
        return ()
    return tuple(described(question) for question in round.questions)


def described(question: Question) -> str:
    """What a question asks and how it is answered, in a line: "A good idea?: Points, 10 each"."""
    rule = question.ballot_rule
    said = [str(RULES[rule.name])]
    match rule:
        case Points():
            said.append(ngettext("%(num)s for each person", "%(num)s for each person", rule.budget))
            if rule.quadratic:
                said.append(_("several cost their square"))
        case Grades():
            said.append(" – ".join(str(GRADES[grade]) for grade in (rule.scale[0], rule.scale[-1])))
        case Stars():
            numbers = {"stars": rule.stars, "lemons": rule.lemons, "sample": rule.sample}
            said.append(_("%(stars)s stars, %(lemons)s lemons, %(sample)s ideas for each person", **numbers))
        case Ranked():
            said.append(_("up to %(n)s", n=rule.most))
    said.append(_("winners: %(n)s", n=rule.top))
    return f"{question.prompt or PROMPTS[rule.name]} · {', '.join(said)}"
