"""Inputs of the phase editor: the phases in its fields, and the pressed button."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache

from werkzeug.datastructures import MultiDict

from app import labels
from app.inputs.times import instant_of, wall_clock
from ideas import clock
from ideas.activities import activities_in
from ideas.blueprints import CHOICES, PhasePlan
from ideas.errors import Problems
from ideas.queries.rooms import PhaseRow
from ideas.services.phases import PHASES_MAX, RunningEnd, checked_plans

Form = MultiDict[str, str]

UNITS = {"days": 24 * 3600, "hours": 3600, "minutes": 60, "seconds": 1}  # in seconds, the longest first

ACT = "phase_act"


class Until(StrEnum):
    """The end of a phase: after a length, on a date, or when a facilitator continues."""

    LENGTH = "length"
    DATE = "date"
    OPEN = "open"


@dataclass(frozen=True)
class PhaseDraft:
    """A phase as its fields show it. `ends_at` is in the typist's local time, `utc_offset` is in minutes ahead of UTC.
    A stored date comes as `ends_at_utc`, which a script shows in local time. `place` is the position of a stored phase.
    """

    name: str = ""
    activities: tuple[str, ...] = ()
    hidden: bool = False
    until: str = Until.OPEN
    length: str = ""
    unit: str = "minutes"
    ends_at: str = ""
    utc_offset: str = "0"
    ends_at_utc: datetime | None = None
    advances: bool = False
    place: int | None = None

    def has_begun(self, begun: int) -> bool:
        """Whether it is one of the phases that began after the page was shown."""
        return self.place is not None and self.place < begun


def draft_of(plan: PhasePlan, place: int | None = None) -> PhaseDraft:
    """A plan in the form of the editor's fields."""
    number, unit = labels.length_of(plan.seconds) if plan.seconds else (0, "minutes")
    return PhaseDraft(
        name=labels.phase(plan.name),
        activities=tuple(str(activity) for activity in plan.activities),
        hidden=not plan.others_visible,
        until=Until.LENGTH if plan.seconds else Until.DATE if plan.ends_at else Until.OPEN,
        length=str(number or ""),
        unit=unit,
        ends_at=wall_clock(plan.ends_at),
        ends_at_utc=plan.ends_at,
        advances=plan.advances,
        place=place,
    )


def drafts_in(form: Form) -> tuple[PhaseDraft, ...] | None:
    """The phases as typed; None if the form has none."""
    if "phases" not in form:
        return None
    count = form.get("phases", type=_number) or 0
    return tuple(_draft_at(form, f"phase-{i}-") for i in range(min(count, PHASES_MAX + 1)))


def _number(text: str) -> int:
    """:raise ValueError: if the text is no number."""
    return int(text[:9])


def _draft_at(form: Form, at: str) -> PhaseDraft:
    texts = {field: form.get(at + field, "") for field in ("name", "until", "length", "unit", "ends_at", "utc_offset")}
    return PhaseDraft(
        activities=tuple(form.getlist(at + "activities")),
        hidden=at + "hidden" in form,
        advances=at + "advances" in form,
        place=form.get(at + "place", type=_number),
        **texts,
    )


def plans_of(drafts: tuple[PhaseDraft, ...], problems: dict[str, str]) -> tuple[PhasePlan, ...]:
    """Parse the planned phases; the domain checks its own rules. Unreadable fields are noted in `problems`:
    `{"phase-2-ends_at": "date"}` for the third phase's date.
    """
    return tuple(_plan(draft, f"phase-{i}-", problems) for i, draft in enumerate(drafts))


def _plan(draft: PhaseDraft, at: str, problems: dict[str, str]) -> PhasePlan:
    known = tuple(activity.name for activity in activities_in(draft.activities))
    if len(known) != len(set(draft.activities)):
        problems[at + "activities"] = "unknown"
    if draft.until not in list(Until):
        problems[at + "until"] = "unknown"
    plan = PhasePlan(_name(draft, known), known, others_visible=not draft.hidden, advances=draft.advances)
    if draft.until == Until.LENGTH:
        return replace(plan, seconds=_seconds(draft, at, problems))
    if draft.until == Until.DATE:
        return replace(plan, ends_at=_date(draft, at, problems))
    return plan


def _name(draft: PhaseDraft, activities: tuple[str, ...]) -> str:
    """The name to store. One of our names follows the only activity of a phase unless a blueprint has both together; a
    company's own name stays.
    """
    name = labels.phase_named(draft.name)
    if name not in labels.PHASES or len(activities) != 1 or (name, activities) in _of_blueprints():
        return name
    return activities[0] if activities[0] in labels.PHASES else name


@cache
def _of_blueprints() -> set[tuple[str, tuple[str, ...]]]:
    """The names of the phases of all blueprints, with their activities."""
    return {(plan.name, plan.activities) for way in CHOICES.values() for plan in way.plans}


def _seconds(draft: PhaseDraft, at: str, problems: dict[str, str]) -> int | None:
    typed = draft.length.strip()
    if not typed:
        problems[at + "seconds"] = "missing"
        return None
    try:
        return _number(typed) * UNITS[draft.unit]
    except (ValueError, KeyError):
        problems[at + "seconds"] = "number"
        return None


def _date(draft: "PhaseDraft | RunningDraft", at: str, problems: dict[str, str]) -> datetime | None:
    try:
        found = instant_of(draft.ends_at, draft.utc_offset)
    except ValueError:
        problems[at + "ends_at"] = "date"
        return None
    if found is None:
        problems[at + "ends_at"] = "missing"
    return found


def last_end(drafts: tuple[PhaseDraft, ...]) -> datetime | None:
    """The typed date at which the last phase ends, for the preview."""
    if not drafts or drafts[-1].until != Until.DATE:
        return None
    return drafts[-1].ends_at_utc or _date(drafts[-1], "", {})


# The editor's buttons


def acted_on(form: Form, drafts: tuple[PhaseDraft, ...]) -> tuple[tuple[PhaseDraft, ...], str]:
    """The phases after the pressed button, and the control that gets the keyboard focus."""
    act, _, place = form.get(ACT, "").partition("-")
    at = int(place) if place.isdecimal() and len(place) < 3 else -1
    phases = list(drafts)
    if act == "add" and len(phases) < PHASES_MAX:
        phases.append(_after(phases[-1] if phases else None))
        return tuple(phases), f"phase-{len(phases) - 1}-name"
    if act == "drop" and 0 <= at < len(phases):
        del phases[at]
        return tuple(phases), f"phase-{min(at, len(phases) - 1)}-name" if phases else "add"
    if act in ("up", "down"):
        to = at - 1 if act == "up" else at + 1
        if 0 <= at < len(phases) and 0 <= to < len(phases):
            phases[at], phases[to] = phases[to], phases[at]
            is_at_the_end = to == (0 if act == "up" else len(phases) - 1)
            return tuple(phases), f"phase-{to}-{({'up': 'down', 'down': 'up'}[act]) if is_at_the_end else act}"
    return drafts, ""


def _after(last: PhaseDraft | None) -> PhaseDraft:
    """A further phase, as long as the one before it, or ten minutes: a length that is missing would be an error."""
    if last is None or not last.length or last.unit not in UNITS:
        return PhaseDraft(until=Until.LENGTH, length="10", unit="minutes")
    return PhaseDraft(until=Until.LENGTH, length=last.length, unit=last.unit)


# The running phase


@dataclass(frozen=True)
class RunningDraft:
    """The end of the running phase as its fields show it; `was` is the original value, "" for no end."""

    position: int
    until: str
    ends_at: str
    utc_offset: str
    ends_at_utc: datetime | None
    advances: bool
    was: str
    advanced: bool


def running_draft(phase: PhaseRow) -> RunningDraft:
    was = str(clock.to_ms(phase.ends_at)) if phase.ends_at else ""
    until = Until.DATE if phase.ends_at else Until.OPEN
    return RunningDraft(
        phase.position, until, wall_clock(phase.ends_at), "0", phase.ends_at, phase.advances, was, phase.advances
    )


def running_typed(form: Form) -> RunningDraft | None:
    """The end as typed; None if it was not to be changed."""
    position = form.get("running-position", type=_number)
    if position is None:
        return None
    texts = {field: form.get(f"running-{field}", "") for field in ("until", "ends_at", "utc_offset", "was")}
    return RunningDraft(
        position=position,
        ends_at_utc=None,
        advances="running-advances" in form,
        advanced="running-advanced" in form,
        **texts,
    )


@dataclass(frozen=True)
class Replanned:
    """The parsed page of a running round: the future phases, and the end of the running one."""

    plans: tuple[PhasePlan, ...]
    places: tuple[int | None, ...]
    running: RunningEnd | None


def replanned(drafts: tuple[PhaseDraft, ...], running: RunningDraft | None, *, begun: int) -> Replanned:
    """Parse the phases after the first `begun` ones, which do not change.

    :raise Invalid: with a problem per field, those of the domain's rules included.
    """
    unread, wrong = Problems(), Problems()
    plans = plans_of(drafts, unread)
    end = _running_end(running, unread)
    with wrong.noted():
        checked_plans(plans, begun=begun)
    Problems(wrong | unread).refuse()
    return Replanned(plans, tuple(draft.place for draft in drafts), end)


def _running_end(draft: RunningDraft | None, problems: dict[str, str]) -> RunningEnd | None:
    """The new end; None keeps the present end, even if the clock changed it in the meantime."""
    if draft is None:
        return None
    ends_at = _date(draft, "running-", problems) if draft.until == Until.DATE else None
    was = clock.from_ms(int(draft.was)) if draft.was.isdecimal() and len(draft.was) < 15 else None
    # Fields show whole minutes: an unchanged field means the exact original instant.
    if ends_at and was and ends_at == was.replace(second=0, microsecond=0):
        ends_at = was
    if (ends_at, draft.advances) == (was, draft.advanced):
        return None
    return RunningEnd(draft.position, ends_at, draft.advances)
