"""What the form of a question sends, and how its fields stand."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Self, TypeVar

from werkzeug.datastructures import MultiDict

from app.i18n import DEFAULT, LANGUAGES
from app.inputs.phases import ACT, PhaseDraft, acted_on, draft_of, drafts_in, plans_of
from ideas.blueprints import (
    CHOICES,
    LIVE_BRAINSTORM,
    OPEN_CONTEST,
    QUESTIONS_MAX,
    Blueprint,
    IdeaRules,
    PhasePlan,
    QuestionPlan,
    plan_of,
)
from ideas.errors import Invalid
from ideas.models import Anonymity, Challenge, ImageRule, Layout, Origin, Round, Visibility
from ideas.services.challenges import ChallengeForm
from ideas.voting.rules import RULES

Form = MultiDict[str, str]
W = TypeVar("W", bound=StrEnum)


def challenge_of(form: Form, *, is_published: bool = False) -> ChallengeForm:
    """The question as the company wants it; where it is published already, phases and ideas are not asked for.

    :raise Invalid: with a problem per field, those of the texts included.
    """
    problems: dict[str, str] = {}
    visibility = _word(form, "visibility", Visibility, Visibility.LINK, problems)
    anonymity = _word(form, "anonymity", Anonymity, Anonymity.NAMED, problems)
    wanted = ChallengeForm(
        title=form.get("title", ""),
        brief=form.get("brief", ""),
        rules=form.get("rules", ""),
        prize=form.get("prize", ""),
        # Blueprint, language and rehearsal are settled by the publication; the service leaves them alone.
        language=DEFAULT if is_published else _language(form, problems),
        blueprint=OPEN_CONTEST.name if is_published else form.get("blueprint", ""),
        visibility=visibility,
        anonymity=anonymity,
        approval="approval" in form,
        capacity=_whole(form, "capacity", ChallengeForm.capacity, problems),
        is_rehearsal="is_rehearsal" in form,
        phases=None if is_published else _phases(form, problems),
        ideas=None if is_published else _idea_rules(form, problems),
        given="" if is_published else form.get("given", ""),
        questions=() if is_published else _questions(form, problems),
        live_ranking="live_ranking" in form,
        auto_close="auto_close" in form,
    )
    try:
        wanted.texts()
    except Invalid as error:
        problems = error.problems | problems
    if problems:
        raise Invalid(**problems)
    return wanted


def _phases(form: Form, problems: dict[str, str]) -> tuple[PhasePlan, ...] | None:
    """The phases of the editor; None, and so the blueprint's, where the form has no editor."""
    drafts = drafts_in(form)
    return None if drafts is None else plans_of(form, drafts, problems)


def _idea_rules(form: Form, problems: dict[str, str]) -> IdeaRules | None:
    """What an idea consists of; None, and so the blueprint's, where the form does not say it."""
    if "idea_image" not in form:
        return None
    return IdeaRules(
        title_max=_whole(form, "idea_title_max", IdeaRules.title_max, problems),
        text="idea_text" in form,
        image=_word(form, "idea_image", ImageRule, ImageRule.OPTIONAL, problems),
        layout=_word(form, "layout", Layout, Layout.LIST, problems),
    )


def _word(form: Form, field: str, words: type[W], default: W, problems: dict[str, str]) -> W:
    try:
        return words(form.get(field, default))
    except ValueError:
        problems[field] = "unknown"
        return default


def _language(form: Form, problems: dict[str, str]) -> str:
    language = form.get("language", DEFAULT)
    if language not in LANGUAGES:
        problems["language"] = "unknown"
    return language


def _whole(form: Form, field: str, default: int, problems: dict[str, str]) -> int:
    """A number; what is out of range is found by the check of the texts."""
    typed = form.get(field, "").strip()
    if not typed:
        return default
    try:
        return int(typed)
    except ValueError:
        problems[field] = "out_of_range"
        return default


def _questions(form: Form, problems: dict[str, str]) -> tuple[QuestionPlan, ...]:
    """What the vote asks: of each question `q1_rule`, `q1_prompt`, and the rule's options, such as `q1_budget`.

    None at all where the form leaves that to the blueprint; a second one only where it names a rule, and then beside
    what the blueprint proposes where the first names none.
    """
    numbers = [n for n in range(1, QUESTIONS_MAX + 1) if form.get(f"q{n}_rule")]
    prompt = form.get("q1_prompt", "")
    if 1 not in numbers and (numbers or prompt.strip()):
        proposed = CHOICES.get(form.get("blueprint", ""), OPEN_CONTEST).questions[0]
        return (replace(proposed, prompt=prompt), *_chosen(form, numbers, problems))
    return _chosen(form, numbers, problems)


def _chosen(form: Form, numbers: list[int], problems: dict[str, str]) -> tuple[QuestionPlan, ...]:
    return tuple(
        QuestionPlan(form[f"q{n}_rule"], form.get(f"q{n}_prompt", ""), _options(form, f"q{n}_", problems))
        for n in numbers
    )


def _options(form: Form, prefix: str, problems: dict[str, str]) -> dict[str, int | bool]:
    """The options of the rule that was chosen, as far as the form has them; a box that is not ticked is no."""
    rule = RULES.get(form[prefix + "rule"])
    found: dict[str, int | bool] = {}
    for field in fields(rule) if rule else ():
        name = prefix + field.name
        if isinstance(field.default, bool):
            found[field.name] = name in form
        elif form.get(name, "").strip():
            try:
                found[field.name] = int(form[name])
            except ValueError:
                problems[name] = "out_of_range"
    return found


@dataclass(frozen=True)
class Typed:
    """What stands in the form: as stored, or as typed when it has to be looked at again."""

    title: str = ""
    brief: str = ""
    rules: str = ""
    prize: str = ""
    language: str = ""
    blueprint: str = LIVE_BRAINSTORM.name
    planned: str = LIVE_BRAINSTORM.name  # the blueprint whose phases the editor shows, edited or not
    visibility: str = Visibility.LINK
    anonymity: str = Anonymity.NAMED
    approval: bool = False
    is_rehearsal: bool = False
    capacity: str = str(ChallengeForm.capacity)
    phases: tuple[PhaseDraft, ...] = ()
    idea_title_max: str = str(IdeaRules.title_max)
    idea_text: bool = True
    idea_image: str = ImageRule.OPTIONAL
    layout: str = Layout.LIST
    given: str = ""

    def after(self, way: Blueprint) -> Self:
        """As the company asked for it, with the phases and the ideas of a blueprint."""
        return replace(
            self,
            blueprint=way.name,
            planned=way.name,
            phases=tuple(draft_of(plan) for plan in way.plans),
            idea_title_max=str(way.ideas.title_max),
            idea_text=way.ideas.text,
            idea_image=way.ideas.image,
            layout=way.ideas.layout,
        )


def typed_in(form: Form) -> Typed:
    """The fields as they were sent."""
    texts = {field: form.get(field, "") for field in ("title", "brief", "rules", "prize", "given")}
    names = ("language", "blueprint", "visibility", "anonymity", "capacity", "idea_title_max", "idea_image", "layout")
    choices = {field: form[field] for field in names if field in form}
    return Typed(
        approval="approval" in form,
        is_rehearsal="is_rehearsal" in form,
        phases=drafts_in(form) or (),
        planned=form.get("planned", form.get("blueprint", "")),
        idea_text="idea_text" in form,
        **texts,
        **choices,
    )


def stored_in(challenge: Challenge, round: Round) -> Typed:
    """The fields as they are stored."""
    return Typed(
        title=challenge.title,
        brief=challenge.brief,
        rules=challenge.rules,
        prize=challenge.prize,
        language=challenge.language,
        blueprint=challenge.blueprint,
        planned=challenge.blueprint,
        visibility=challenge.visibility,
        anonymity=challenge.anonymity,
        approval=challenge.approval,
        is_rehearsal=round.origin == Origin.REHEARSAL,
        capacity=str(challenge.capacity),
        phases=tuple(draft_of(plan_of(phase)) for phase in round.phases[:-1]),
        idea_title_max=str(challenge.idea_title_max),
        idea_text=challenge.idea_text,
        idea_image=challenge.idea_image,
        layout=challenge.layout,
        given=challenge.given,
    )


def is_planning(form: Form) -> bool:
    """Whether the form is to be shown again instead of stored: a button of the editor was pressed, or a blueprint was
    chosen whose phases the editor does not show yet.
    """
    chosen = form.get("blueprint")
    return ACT in form or (chosen in CHOICES and form.get("planned", chosen) != chosen)


def planned_in(form: Form) -> tuple[Typed, str]:
    """The form after the button that was pressed, and the control that the keyboard is to be at next."""
    typed = typed_in(form)
    if form.get(ACT, "use") == "use":
        way = CHOICES.get(typed.blueprint, LIVE_BRAINSTORM)
        return typed.after(way), "phase-0-name"
    phases, focus = acted_on(form, typed.phases)
    return replace(typed, phases=phases), focus
