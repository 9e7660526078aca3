"""What somebody else saved since a form was opened, next to what is typed in it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import labels
from app.activities import PRESENTERS
from app.inputs.challenges import Begin, Typed
from app.inputs.conditions import Answer
from app.inputs.decisions import Decides
from app.inputs.phases import PhaseDraft, Until
from app.inputs.prizes import PrizeDraft
from app.inputs.times import instant_of
from app.platform.i18n import LANGUAGES

Saved = list[tuple[str, str]]

_TEXTS: dict[str, Any] = {
    "title": _l("The challenge"),
    "brief": _l("What is it about?"),
    "prize": _l("Prize"),
    "rules": _l("Rules"),
    "tags": _l("Tags"),
    "picture_words": _l("What does the picture show?"),
    "seed_ideas": _l("Starting ideas"),
    "capacity": _l("Maximum number of people"),
    "idea_title_max": _l("Maximum length of a title"),
    "keeping_days": _l("Days after the close"),
    "rights_words": _l("The rights in your words"),
    "expected_people": _l("How many people do you expect?"),
    "expected_minutes": _l("Minutes for each of them"),
}

_WORDS: dict[str, tuple[Any, Mapping[str, Any]]] = {
    "blueprint": (_l("Blueprint"), labels.BLUEPRINTS),
    "language": (_l("Language of the challenge"), LANGUAGES),
    "category": (_l("Category"), {"": "–"} | labels.CATEGORIES),
    "idea_image": (_l("A picture"), labels.IMAGES),
    "layout": (_l("Show ideas as"), labels.LAYOUTS),
    "anonymity": (_l("Are ideas shown with names?"), labels.ANONYMITY),
    "keeping": (_l("After the close"), labels.KEEPING),
    "visibility": (_l("Who can find the challenge?"), labels.VISIBILITY),
    "rights": (_l("What happens to the rights?"), labels.RIGHTS),
    "floor_country": (_l("Compare with the minimum wage of"), {}),
}

_TICKS: dict[str, Any] = {
    "approval": _l("Ideas appear only after a moderator has approved them"),
    "idea_text": _l("Ideas can have an explanation"),
    "idea_prompts": _l("“Inspire me” shows questions that help to think on"),
    "live_ranking": _l("Live ranking"),
    "auto_close": _l("The round closes itself"),
    "is_rehearsal": _l("This is a rehearsal"),
}

_BEGINNINGS: dict[str, Any] = {
    Begin.HAND: _l("when I press Start"),
    Begin.AT_ONCE: _l("when I publish"),
}

# The form of a published challenge leaves these out, and so do forms without the section on ideas.
_OF_IDEAS = {"idea_text", "idea_prompts"}


def differences(typed: Typed, stored: Typed, sent: Collection[str]) -> Saved:
    """The saved values that differ from the typed ones, as `(label, value)`. `sent`: the names of the form's fields."""
    return list(_differences(typed, stored, sent))


def _differences(typed: Typed, stored: Typed, sent: Collection[str]) -> Iterator[tuple[str, str]]:
    def differs(name: str) -> bool:
        return bool(_plain(getattr(typed, name)) != _plain(getattr(stored, name)))

    for name, label in _TEXTS.items():
        if name in sent and differs(name):
            yield str(label), getattr(stored, name) or "–"
    for name, (label, words) in _WORDS.items():
        if name in sent and differs(name):
            yield str(label), str(words.get(getattr(stored, name), getattr(stored, name)))
    for name, label in _TICKS.items():
        if (name not in _OF_IDEAS or "idea_image" in sent) and differs(name):
            yield str(label), _("yes") if getattr(stored, name) else _("no")
    if "phases" in sent and (told := phases_in_words(stored.phases, typed.phases)) != phases_in_words(typed.phases):
        yield _("Phases"), told
    if _prizes(typed) != _prizes(stored) and "currency" in sent:
        yield _("Prizes with amounts"), _prizes_in_words(stored)
    ahead = typed.begin_utc_offset
    if "begin" in sent and (told := _beginning(stored, ahead)) != _beginning(typed, ahead):
        yield _("Start"), told
    ahead = typed.answer_utc_offset
    if "answer" in sent and (told := _answer(stored, ahead)) != _answer(typed, ahead):
        yield _("By when do you answer the authors?"), told
    if "decides" in sent and _decision(typed) != _decision(stored):
        yield _("Who decides?"), _decision(stored)
    if "c1_name" in sent and _criteria(typed) != _criteria(stored):
        yield _("Criteria of the jury"), "\n".join(line.name for line in stored.criteria if line.name) or "–"
    if typed.questions != stored.questions and any(name.startswith("q1_") for name in sent):
        yield _("Votes"), "\n".join(question.prompt for question in stored.questions if question.prompt) or "–"


def _prizes(of: Typed) -> tuple[object, ...]:
    lines = [(line.name, line.amount, line.winners) for line in of.prizes]
    return lines, of.currency, of.parents_share, of.arguments_share, of.tie_rule


def _prizes_in_words(of: Typed) -> str:
    shares = f"{of.parents_share} % · {of.arguments_share} % · {labels.TIES.get(of.tie_rule, of.tie_rule)}"
    return "\n".join([*(_prize(line, of.currency) for line in of.prizes), shares]) if of.prizes else "–"


def _prize(line: PrizeDraft, currency: str) -> str:
    amount = f"{line.amount} {currency}" if line.amount else ""
    return " · ".join(filter(None, (line.name, amount, f"× {line.winners}")))


def _beginning(of: Typed, ahead: str) -> str:
    if of.begin == Begin.TIME:
        return _moment(of.begin_at, of.begin_utc_offset, ahead)
    return str(_BEGINNINGS.get(of.begin, of.begin))


def _answer(of: Typed, ahead: str) -> str:
    if of.answer == Answer.DATE:
        return _moment(of.answer_on, of.answer_utc_offset, ahead)
    return f"{_('Days after the close')}: {of.answer_days}" if of.answer == Answer.DAYS else _("No promise")


def _moment(typed: str, utc_offset: str, ahead: str) -> str:
    """A typed time on a clock that is `ahead` minutes of UTC, with that clock's name."""
    try:
        at, minutes = instant_of(typed, utc_offset), int(ahead or 0)
    except ValueError:
        return typed
    if at is None:
        return "–"
    clock = f"{minutes / 60:+g}" if minutes else ""
    return f"{format_datetime(at + timedelta(minutes=minutes), 'short', rebase=False)} UTC{clock}"


def _criteria(of: Typed) -> tuple[object, ...]:
    return of.criteria_steps if not of.criteria[0].is_empty else "", of.criteria


def _decision(of: Typed) -> str:
    """Who decides, with the weight of the jury where both do."""
    weight = f" ({of.jury_percent} %)" if of.decides == Decides.BOTH else ""
    return str(labels.DECIDES.get(of.decides, "")) + weight


def phases_in_words(phases: tuple[PhaseDraft, ...], typed: tuple[PhaseDraft, ...] | None = None) -> str:
    """The phases in words, one a line. Dates are on the clock of those who typed the phases, or other ones."""
    drafts = phases if typed is None else typed
    ahead = next((draft.utc_offset for draft in drafts if draft.until == Until.DATE and draft.ends_at), "0")
    return "\n".join(_phase(draft, ahead) for draft in phases) or "–"


def _phase(draft: PhaseDraft, ahead: str) -> str:
    ends = {
        Until.LENGTH: f"{draft.length} {labels.UNITS.get(draft.unit, draft.unit)}",
        Until.DATE: _moment(draft.ends_at, draft.utc_offset, ahead),
    }
    can = ", ".join(str(PRESENTERS[name].label) for name in PRESENTERS if name in draft.activities)
    alone = _("Everyone sees only their own ideas") if draft.hidden else ""
    goes = _("Continues automatically") if draft.advances else ""
    return " · ".join(filter(None, (draft.name, ends.get(draft.until, ""), can, alone, goes)))


def _plain(value: Any) -> Any:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
