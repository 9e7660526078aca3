"""The buttons of the challenge form: choose a blueprint, undo that, and the buttons of the phase editor."""

import re
from dataclasses import replace

from werkzeug.datastructures import MultiDict

from app.inputs.challenges import WAS, Typed, idea_rules_of, typed_in
from app.inputs.phases import ACT, acted_on, plans_of
from ideas.blueprints import CHOICES, LIVE_BRAINSTORM
from ideas.errors import Problems

Form = MultiDict[str, str]

# The fields that a blueprint fills.
_FILLED = re.compile(r"phases|phase-\d+-\w+|planned|begin|idea_\w+|layout")


def is_planning(form: Form) -> bool:
    """Whether to show the form again instead of storing it: a button of the editor was pressed, or a blueprint was
    chosen whose phases the editor does not show yet.
    """
    chosen = form.get("blueprint")
    return ACT in form or (chosen in CHOICES and form.get("planned", chosen) != chosen)


def planned_in(form: Form) -> tuple[Typed, str]:
    """The form after the pressed button, and the control that gets the keyboard focus."""
    act = form.get(ACT, "use")
    typed = typed_in(_undone(form) if act == "undo" else form)
    if act == "undo":
        return typed, "phase-0-name"
    if act == "use":
        way = CHOICES.get(typed.blueprint, LIVE_BRAINSTORM)
        return replace(typed.after(way), replaced=_replaced(form, typed)), "phase-0-name"
    drafts, focus = acted_on(form, typed.phases)
    return replace(typed, phases=drafts), focus


def _replaced(form: Form, typed: Typed) -> tuple[tuple[str, str], ...]:
    """The values that a blueprint is about to replace. If they are exactly another blueprint's proposal, the values
    that this one replaced are kept instead.
    """
    if _is_as_proposed(typed):
        return typed.replaced
    stood = [(name, value) for name, value in form.items(multi=True) if _FILLED.fullmatch(name)]
    return tuple((WAS + name, value) for name, value in [*stood, ("blueprint", typed.planned)])


def _is_as_proposed(typed: Typed) -> bool:
    way, unread = CHOICES.get(typed.planned), Problems()
    if way is None:
        return False
    is_same = plans_of(typed.phases, unread) == way.plans and idea_rules_of(typed, unread) == way.ideas
    return is_same and not unread


def _undone(form: Form) -> Form:
    """The form with the replaced values restored; all other fields as sent."""
    back = [(name.removeprefix(WAS), value) for name, value in form.items(multi=True) if name.startswith(WAS)]
    if not back:
        return form
    kept = [(name, value) for name, value in form.items(multi=True) if not _is_undone(name)]
    return MultiDict([*kept, *back])


def _is_undone(name: str) -> bool:
    return name == "blueprint" or name.startswith(WAS) or _FILLED.fullmatch(name) is not None
