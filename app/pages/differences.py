"""What somebody else saved since a form was opened, next to what is typed in it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import labels
from app.inputs.challenges import Typed
from app.inputs.decisions import Decides
from app.inputs.phases import PhaseDraft
from app.platform.i18n import LANGUAGES

Saved = list[tuple[str, str]]

_TEXTS: dict[str, Any] = {
    "title": _l("The challenge"),
    "brief": _l("What is it about?"),
    "prize": _l("Prize"),
    "rules": _l("Rules"),
    "tags": _l("Tags"),
    "seed_ideas": _l("Starting ideas"),
    "capacity": _l("Maximum number of people"),
    "idea_title_max": _l("Maximum length of a title"),
    "keeping_days": _l("Days after the close"),
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
}

_TICKS: dict[str, Any] = {
    "approval": _l("Ideas appear only after a moderator has approved them"),
    "idea_text": _l("Ideas can have an explanation"),
    "live_ranking": _l("Live ranking"),
    "auto_close": _l("The round closes itself"),
}

# The form of a published challenge leaves these out, and so do forms without the section on ideas.
_OF_IDEAS = {"idea_text"}


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
    if "phases" in sent and _told(typed.phases) != _told(stored.phases):
        yield _("Phases"), phases_in_words(stored.phases)
    if _prizes(typed) != _prizes(stored) and "currency" in sent:
        yield _("Prizes with amounts"), "\n".join(line.name for line in stored.prizes) or "–"
    if "rights" in sent and differs("rights"):
        yield _("What happens to the rights?"), str(labels.RIGHTS.get(stored.rights, stored.rights))
    if "rights_words" in sent and differs("rights_words"):
        yield _("The rights in your words"), stored.rights_words or "–"
    if "decides" in sent and _decision(typed) != _decision(stored):
        yield _("Who decides?"), _decision(stored)
    if "c1_name" in sent and _criteria(typed) != _criteria(stored):
        yield _("Criteria of the jury"), "\n".join(line.name for line in stored.criteria if line.name) or "–"
    if typed.questions != stored.questions and any(name.startswith("q1_") for name in sent):
        yield _("Votes"), "\n".join(question.prompt for question in stored.questions if question.prompt) or "–"


def _prizes(of: Typed) -> tuple[object, ...]:
    lines = [(line.name, line.amount, line.winners) for line in of.prizes]
    return lines, of.currency, of.parents_share, of.arguments_share, of.tie_rule


def _criteria(of: Typed) -> tuple[object, ...]:
    return of.criteria_steps if not of.criteria[0].is_empty else "", of.criteria


def _decision(of: Typed) -> str:
    """Who decides, with the weight of the jury where both do."""
    weight = f" ({of.jury_percent} %)" if of.decides == Decides.BOTH else ""
    return str(labels.DECIDES.get(of.decides, "")) + weight


def phases_in_words(phases: tuple[PhaseDraft, ...]) -> str:
    """The phases in words, one a line."""
    return "\n".join(_told(phases)) or "–"


def _told(phases: tuple[PhaseDraft, ...]) -> list[str]:
    return [_phase(draft) for draft in phases]


def _phase(draft: PhaseDraft) -> str:
    length = f"{draft.length} {labels.UNITS.get(draft.unit, draft.unit)}" if draft.until == "length" else ""
    return " · ".join(filter(None, (draft.name, length)))


def _plain(value: Any) -> Any:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
