"""Planning a round's phases: phases that have not begun can be added, removed, reordered and rescheduled. In the lobby
only their dates change.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.activities import activities_in
from ideas.actor import Actor
from ideas.blueprints import CLOSED, PhasePlan, check_first_look, plan_of
from ideas.database import write
from ideas.errors import Changed, Conflict, Invalid, Problems, RulesStand
from ideas.events import PhasesPlanned
from ideas.models import Round
from ideas.promises import Change, record_revision
from ideas.round_lock import SHARED_LANES, locked_round
from ideas.texts import one_line

PHASES_MAX = 12
PHASE_NAME_MAX = 60
SECONDS_MIN, SECONDS_MAX = 1, 366 * 24 * 3600


@dataclass(frozen=True)
class RunningEnd:
    """The new end of the running phase, if it is still the one at `position`; None: it ends when a facilitator
    continues.
    """

    position: int
    ends_at: datetime | None
    advances: bool


def checked_plans(
    plans: tuple[PhasePlan, ...], *, begun: int = 0, after: datetime | None = None
) -> tuple[PhasePlan, ...]:
    """The plans with clean names. `begun` is the number of phases before them; `after` is the end of the last of those.

    :raise Invalid: `{"phases": …}` for the whole, `{"phase-2-name": …}` for the third plan's name.
    """
    problems = Problems()
    if not 1 <= begun + len(plans) <= PHASES_MAX:
        raise Invalid(phases="out_of_range")
    tidy = []
    now = clock.now()
    last_end = max(now, after or now)
    for i, plan in enumerate(plans):
        name = ""
        with problems.noted():
            name = one_line(f"phase-{i}-name", plan.name, PHASE_NAME_MAX, required=True)
        if not plan.others_visible and not all(a.is_solitary for a in activities_in(plan.activities)):
            problems[f"phase-{i}-activities"] = "hidden_permits_writing_only"
        if plan.seconds is not None and not SECONDS_MIN <= plan.seconds <= SECONDS_MAX:
            problems[f"phase-{i}-seconds"] = "out_of_range"
        if plan.seconds is None and plan.ends_at is not None:
            if plan.ends_at <= last_end:
                problems[f"phase-{i}-ends_at"] = "past" if plan.ends_at <= now else "out_of_order"
            last_end = max(last_end, plan.ends_at)
        tidy.append(
            PhasePlan(
                name=name,
                activities=plan.activities,
                others_visible=plan.others_visible,
                seconds=plan.seconds,
                ends_at=None if plan.seconds else plan.ends_at,
                advances=plan.advances and (plan.seconds or plan.ends_at) is not None,
            )
        )
    problems.refuse()
    return tuple(tidy)


def begun_of(round: Round) -> int:
    """The number of phases that have begun and are fixed; a phase that was stepped back from counts."""
    started = [p.position for p in round.phases if p.started_at is not None]
    return max([round.position, *started]) + 1


def plan_phases(
    actor: Actor,
    round_id: int,
    plans: tuple[PhasePlan, ...],
    *,
    places: Sequence[int | None],
    running: RunningEnd | None = None,
    seen: str | None = None,
) -> None:
    """Replace all phases that have not begun with `plans`, and move the end of the running phase.

    `places` holds for each plan the position at which the planner saw it, None for a new one. If the round went on in
    the meantime, plans of phases that have begun are dropped, wherever the planner put them. `seen` is the version of
    the plan (`plan_version_of`) with which the planner began.

    In the lobby the course stands as published: the plans may differ from it in their lengths, dates and ends only.

    :raise Invalid: as `checked_plans`, and `{"running-ends_at": "past"}`. :raise Conflict: if the running phase's clock
        is paused: its end moves with every second. :raise Changed: if somebody else planned anew.
        :raise RulesStand: for another course in the lobby. :raise RoundIsClosed: :raise Forbidden: :raise NotFound:
    """
    with write() as transaction:
        session = transaction.session
        chain, round = locked_round(transaction, round_id)
        policy.require_facilitator(session, actor, round.challenge_id)
        policy.require_open(round)
        kept = begun_of(round)
        if seen is not None and seen != plan_version_of(round):
            raise Changed
        is_moved = _move_end(round, running)
        after = round.phase.ends_at  # the lobby's end is the start time
        to_come = (p for p, place in zip(plans, places, strict=True) if place is None or place >= kept)
        plans = checked_plans(tuple(to_come), begun=kept, after=after)
        look = round.first_look
        check_first_look([*map(plan_of, round.phases[:kept]), *plans], look.rule if look else None, begun=kept)
        is_published = chain.challenge.published_at is not None
        if is_published and round.is_in_lobby:
            _require_same_course(round, plans)
        replace_phases(session, round, kept, plans)
        if not is_published:
            return
        if round.is_in_lobby:
            bodies = [_body(plan) for plan in plans]
            seq = record_revision(chain, round, actor, [Change.DATES], phases=bodies)
            chain.touch(seq, [round.handle], SHARED_LANES)
            return
        body: dict[str, object] = {"from": kept, "phases": [_body(plan) for plan in plans]}
        if is_moved:
            body["now"] = _body(plan_of(round.phase))
        seq = chain.append("plan", body, round)
        chain.act("plan", round.handle, actor, "", seq)
        chain.touch(seq, [round.handle], SHARED_LANES)
        transaction.record(PhasesPlanned(round.challenge_id, round.id, actor))


def plan_version_of(round: Round) -> str:
    """The version of a round's plan: another one after any change of it, but not when the round goes on."""
    plans = [
        (p.name, p.activities, p.others_visible, p.seconds, p.advances, p.ends_at if p.seconds is None else None)
        for p in round.phases
    ]
    return hashlib.sha256(repr(plans).encode()).hexdigest()[:16]


def _require_same_course(round: Round, plans: tuple[PhasePlan, ...]) -> None:
    """:raise RulesStand: if the plans differ from the published phases in more than their times."""
    published = [plan_of(phase) for phase in round.phases[:-1]]
    if [_course(plan) for plan in plans] != [_course(plan) for plan in published]:
        raise RulesStand


def _course(plan: PhasePlan) -> tuple[str, tuple[str, ...], bool]:
    return plan.name, tuple(str(a) for a in plan.activities), plan.others_visible


def _move_end(round: Round, running: RunningEnd | None) -> bool:
    phase = round.phase
    if running is None or running.position != round.position or phase.started_at is None:
        return False
    if phase.paused_at:
        raise Conflict
    if running.ends_at != phase.ends_at:
        if running.ends_at and running.ends_at <= clock.now():
            raise Invalid(**{"running-ends_at": "past"})
        # The planner chose a date: a return to this phase ends on that date, and not after the old length.
        phase.ends_at, phase.seconds = running.ends_at, None
    phase.advances = running.advances and phase.ends_at is not None
    return True


def _body(plan: PhasePlan) -> list[object]:
    """The journal's body of a plan: everything except the name, which is free text."""
    ends = clock.to_ms(plan.ends_at) if plan.ends_at else None
    return [[str(a) for a in plan.activities], int(plan.others_visible), plan.seconds, ends, int(plan.advances)]


def replace_phases(session: Session, round: Round, kept: int, plans: tuple[PhasePlan, ...]) -> None:
    """Keep the first `kept` phases, then add `plans`, then the closed phase."""
    del round.phases[kept:]
    session.flush()  # positions are unique: the old rows go first
    round.phases.extend(plan.row(kept + i) for i, plan in enumerate((*plans, PhasePlan(CLOSED, ()))))
    session.flush()
