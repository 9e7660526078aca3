"""What the form of a question sends."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from app.i18n import DEFAULT, LANGUAGES
from app.inputs.times import instant_of
from ideas import clock
from ideas.blueprints import CHOICES, OPEN_CONTEST, QUESTIONS_MAX, QuestionPlan
from ideas.errors import Invalid
from ideas.models import Anonymity, Visibility
from ideas.services.challenges import ChallengeForm
from ideas.voting.rules import RULES

Form = MultiDict[str, str]
W = TypeVar("W", bound=StrEnum)


@dataclass(frozen=True)
class Settled:
    """What no longer changes in a question that is published, and when it was to close so far."""

    closes_at: datetime | None


def challenge_of(form: Form, settled: Settled | None = None) -> ChallengeForm:
    """The question as the company wants it; `settled` where it is published already.

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
        language=DEFAULT if settled else _language(form, problems),
        blueprint=OPEN_CONTEST.name if settled else form.get("blueprint", ""),
        visibility=visibility,
        anonymity=anonymity,
        approval="approval" in form,
        capacity=_capacity(form, problems),
        closes_at=_closing(form, settled, problems),
        is_rehearsal="is_rehearsal" in form,
        questions=() if settled else _questions(form, problems),
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


def _capacity(form: Form, problems: dict[str, str]) -> int:
    """How many may take part; what is out of range is found by the texts' check."""
    typed = form.get("capacity", "").strip()
    if not typed:
        return ChallengeForm.capacity
    try:
        return int(typed)
    except ValueError:
        problems["capacity"] = "out_of_range"
        return ChallengeForm.capacity


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


def _closing(form: Form, settled: Settled | None, problems: dict[str, str]) -> datetime | None:
    """When it closes; a date that has passed only stays where it was set before."""
    try:
        closes_at = instant_of(form, "closes_at")
    except Invalid as error:
        problems |= error.problems
        return None
    before = settled.closes_at if settled else None
    if closes_at and before and closes_at == before.replace(second=0, microsecond=0):
        return before
    if closes_at and closes_at <= clock.now():
        problems["closes_at"] = "past"
    return closes_at
