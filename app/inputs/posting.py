"""Inputs of the steps of posting: each sends its own fields, and all others are as stored."""

from dataclasses import fields, replace

from werkzeug.datastructures import MultiDict

from app.inputs.challenges import Typed, read_in, typed_in
from app.inputs.phases import ACT
from app.inputs.planning import is_planning
from ideas.blueprints import CHOICES
from ideas.models import PostingStep
from ideas.services.challenges import ChallengeForm

Form = MultiDict[str, str]

# The fields of `Typed` that a step shows. The conditions are all others.
_SHOWN: dict[PostingStep, set[str]] = {
    PostingStep.CHALLENGE: {"title", "brief", "picture_words", "drop_picture", "language", "category", "tags"},
    PostingStep.WAY: {
        *("blueprint", "planned", "phases", "questions", "replaced", "idea_title_max", "idea_text", "idea_image"),
        *("idea_prompts", "layout", "seed_ideas", "live_ranking", "auto_close"),
    },
    PostingStep.PEOPLE: {
        *("visibility", "anonymity", "approval", "capacity", "is_rehearsal", "keeping", "keeping_days"),
        *("begin", "begin_at", "begin_utc_offset", "begin_at_utc"),
    },
    PostingStep.CHECK: set(),
}
_SHOWN[PostingStep.CONDITIONS] = {each.name for each in fields(Typed)} - set().union(*_SHOWN.values())


def with_step(stored: Typed, step: PostingStep, typed: Typed) -> Typed:
    """The stored fields with those of a step as typed."""
    return replace(stored, **{name: getattr(typed, name) for name in _SHOWN[step]})


def typed_in_step(stored: Typed, step: PostingStep, form: Form) -> Typed:
    """The stored fields with those that a step sent. A blueprint that was just chosen brings its own phases."""
    typed = typed_in(form)
    if _takes_blueprint(step, form):
        typed = typed.after(CHOICES[typed.blueprint])
    return with_step(stored, step, typed)


def part_of(step: PostingStep, form: Form) -> ChallengeForm:
    """Parse the fields of a step. All others have their defaults.

    :raise Invalid: for fields that can't be read.
    """
    wanted, unread = read_in(form)
    if _takes_blueprint(step, form):
        return replace(wanted, phases=None, ideas=None)
    unread.refuse()
    return wanted


def _takes_blueprint(step: PostingStep, form: Form) -> bool:
    """Whether a blueprint was chosen whose phases the form does not show: the next step begins with them."""
    return step == PostingStep.WAY and ACT not in form and is_planning(form)


def step_after(step: PostingStep, form: Form) -> PostingStep:
    """The step that the pressed button leads to; `step` itself if it leads elsewhere."""
    pressed = form.get("then", "next")
    if pressed == "next":
        return step.next
    return PostingStep(pressed) if pressed in list(PostingStep) else step
