"""The check of a draft before its publication: what is missing, and what is odd."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.activities import activities_in
from ideas.models import (
    STEERING,
    Anonymity,
    Challenge,
    Member,
    Origin,
    Phase,
    PostingStep,
    RetentionAct,
    Round,
    Visibility,
)

# One person approves about this many ideas in an evening.
QUEUE_OF_ONE = 200
# Fewer people than this can be told apart by their style.
FEW_PEOPLE = 5
SHORT_VOTE_SECONDS = 120
# Answers and prizes take a while after the close.
EARLY_DELETION_DAYS = 14
TITLE_SHORT = 10  # characters


class Weight(StrEnum):
    """How a finding counts: it stops the publication, it is odd, or it is a reminder."""

    STOP = "stop"
    ODD = "odd"
    NOTE = "note"


@dataclass(frozen=True)
class DraftFinding:
    """Something about a draft, with the step in which it is mended. `n`: the number of the phase, from 1."""

    kind: str
    step: PostingStep
    weight: Weight
    n: int = 0


def findings_of(session: Session, challenge: Challenge, round: Round, *, waiting: int) -> list[DraftFinding]:
    """What is missing or odd in a draft, the most important first. `waiting`: the number of ideas from files."""
    found = [*_of_words(challenge), *_of_way(challenge, round, waiting), *_of_people(session, challenge, round)]
    found += _of_conditions(challenge, round)
    return sorted(found, key=lambda finding: list(Weight).index(finding.weight))


def stops_publication(findings: list[DraftFinding]) -> bool:
    return any(finding.weight == Weight.STOP for finding in findings)


def _of_words(challenge: Challenge) -> Iterator[DraftFinding]:
    step = PostingStep.CHALLENGE
    if not challenge.brief:
        yield DraftFinding("no_brief", step, Weight.ODD)
    if challenge.picture and not challenge.picture.words:
        yield DraftFinding("picture_unsaid", step, Weight.ODD)
    if len(challenge.title) < TITLE_SHORT:
        yield DraftFinding("short_title", step, Weight.ODD)


def _of_way(challenge: Challenge, round: Round, waiting: int) -> Iterator[DraftFinding]:
    step, phases = PostingStep.WAY, round.phases[:-1]
    yield from _of_dates(round, phases)
    adds_ideas = any(each.adds_ideas for phase in phases for each in activities_in(phase.activities))
    if not adds_ideas and not challenge.seed_ideas.strip() and not waiting:
        yield DraftFinding("no_ideas", step, Weight.ODD)
    votes = [phase for phase in phases if any(each.takes_marks for each in activities_in(phase.activities))]
    if not votes:
        yield DraftFinding("no_vote", step, Weight.ODD)
    for phase in votes:
        if phase.seconds is not None and phase.seconds < SHORT_VOTE_SECONDS:
            yield DraftFinding("short_vote", step, Weight.ODD, phase.position + 1)
    if phases and not phases[-1].others_visible:
        yield DraftFinding("never_shown", step, Weight.ODD)
    if round.live_ranking:
        yield DraftFinding("live_ranking", step, Weight.NOTE)


def _of_dates(round: Round, phases: list[Phase]) -> Iterator[DraftFinding]:
    """Dates that have passed, and phases that end before they begin."""
    now, last = clock.now(), _start_of(round)
    for phase in phases:
        if phase.seconds is not None or phase.ends_at is None:
            continue
        if phase.ends_at <= now:
            yield DraftFinding("phase_past", PostingStep.WAY, Weight.STOP, phase.position + 1)
        elif phase.ends_at <= last:
            yield DraftFinding("phase_before_start", PostingStep.WAY, Weight.STOP, phase.position + 1)
        last = max(last, phase.ends_at)


def _start_of(round: Round) -> datetime:
    return max(round.starts_at or clock.now(), clock.now())


def _of_people(session: Session, challenge: Challenge, round: Round) -> Iterator[DraftFinding]:
    step = PostingStep.PEOPLE
    if round.starts_at and round.starts_at <= clock.now():
        yield DraftFinding("start_past", step, Weight.STOP)
    if round.origin == Origin.REHEARSAL:
        yield DraftFinding(
            "rehearsal_listed" if challenge.visibility == Visibility.LISTED else "rehearsal", step, Weight.NOTE
        )
    elif challenge.visibility == Visibility.LINK and round.starts_at_once and _is_short(round.phases[0]):
        yield DraftFinding("nobody_there", step, Weight.ODD)
    elif challenge.visibility == Visibility.LINK:
        yield DraftFinding("by_link", step, Weight.NOTE)
    if challenge.approval and challenge.capacity > QUEUE_OF_ONE and _moderators(session, challenge) == 1:
        yield DraftFinding("queue_of_one", step, Weight.ODD)
    if challenge.anonymity != Anonymity.NAMED and challenge.capacity < FEW_PEOPLE:
        yield DraftFinding("few_anonymous", step, Weight.ODD)
    kept = challenge.retention
    if kept and kept.act == RetentionAct.DELETE and kept.days < EARLY_DELETION_DAYS:
        yield DraftFinding("early_deletion", step, Weight.ODD)


def _is_short(phase: Phase) -> bool:
    """Whether it is over before a link has gone round."""
    return phase.seconds is not None and phase.seconds <= 3600


def _moderators(session: Session, challenge: Challenge) -> int:
    of_it = (Member.organisation_id == challenge.organisation_id, Member.role.in_(STEERING))
    return session.scalar(select(func.count()).select_from(Member).where(*of_it)) or 0


def _of_conditions(challenge: Challenge, round: Round) -> Iterator[DraftFinding]:
    step = PostingStep.CONDITIONS
    if round.jury_percent:
        yield DraftFinding("invite_jurors", step, Weight.NOTE)
    elif round.criteria:
        yield DraftFinding("jury_without_weight", step, Weight.NOTE)
    if not challenge.prizes and not challenge.prize:
        yield DraftFinding("no_prize", step, Weight.NOTE)
