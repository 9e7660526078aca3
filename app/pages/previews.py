"""A question as people see it before they join, while it is still being written."""

from dataclasses import dataclass
from datetime import datetime

from app import labels
from app.inputs.challenges import Typed, start_of, tags_in
from app.inputs.conditions import conditions_of
from app.inputs.decisions import jury_percent_of
from app.inputs.phases import last_end
from app.inputs.prizes import rules_of
from app.pages.conditions import ConditionsBox, Sight, unsaved_box
from app.platform.i18n import DEFAULT, LANGUAGES
from ideas.blueprints import CLOSED
from ideas.conditions import prize_cents
from ideas.database import db
from ideas.errors import Invalid, Problems
from ideas.models import Anonymity, ChallengePicture, Organisation, ResultShare, Round
from ideas.prizes import PrizeRules
from ideas.queries.pay import Offer, pays_before_close
from ideas.services.phases import PHASE_NAME_MAX
from ideas.tags import checked_tags
from ideas.texts import TEXT_MAX, TITLE_MAX


@dataclass(frozen=True)
class ChallengePreview:
    title: str
    organisation: str
    language: str
    brief: str
    category: str
    tags: tuple[str, ...]
    picture: ChallengePicture | None
    prize: str
    prizes: PrizeRules
    phases: tuple[str, ...]
    starts_at: datetime | None
    closes_at: datetime | None
    anonymity: str
    approval: bool
    is_rehearsal: bool
    jury_percent: int  # the weight of the jury; 0 if the votes decide
    conditions: ConditionsBox


def preview_of(
    organisation: Organisation, typed: Typed, running: Round | None, picture: ChallengePicture | None = None
) -> ChallengePreview:
    """The fields as they stand, cut where they would not be stored; of a round that runs its own phases. `picture` is
    the stored one.
    """
    phases, closes_at = _way(running) if running else _planned_way(typed)
    return ChallengePreview(
        title=typed.title[:TITLE_MAX],
        organisation=organisation.name,
        language=typed.language if typed.language in LANGUAGES else DEFAULT,
        brief=typed.brief[:TEXT_MAX],
        category=typed.category if typed.category in labels.CATEGORIES else "",
        tags=tags_shown(typed.tags),
        picture=None if typed.drop_picture else picture,
        prize=typed.prize[:TEXT_MAX],
        prizes=rules_of(typed.prize_fields, Problems()),
        phases=phases,
        starts_at=start_of(typed, Problems()),
        closes_at=closes_at,
        anonymity=typed.anonymity if typed.anonymity in labels.ANONYMITY else Anonymity.NAMED,
        approval=typed.approval,
        is_rehearsal=typed.is_rehearsal,
        jury_percent=running.jury_percent
        if running
        else jury_percent_of(typed.decides, typed.jury_percent, Problems()),
        conditions=_conditions(organisation, typed),
    )


def tags_shown(typed: str) -> tuple[str, ...]:
    """The tags as they would be stored; none while they would be refused."""
    try:
        return tuple(checked_tags(tags_in(typed)))
    except Invalid:
        return ()


def _conditions(organisation: Organisation, typed: Typed) -> ConditionsBox:
    prizes = rules_of(typed.prize_fields, Problems())
    conditions = conditions_of(typed.condition_fields, Problems())
    offer = Offer(organisation.id, prize_cents(prizes, typed.prize), prizes.currency, conditions)
    [pay] = pays_before_close(db.session(), [offer])
    return unsaved_box(conditions, prizes, pay, Sight(typed.anonymity, typed.approval, False, ResultShare.OFF))


def _way(running: Round) -> tuple[tuple[str, ...], datetime | None]:
    return tuple(phase.name for phase in running.phases), running.phases[-2].ends_at


def _planned_way(typed: Typed) -> tuple[tuple[str, ...], datetime | None]:
    return (*(phase.name[:PHASE_NAME_MAX] for phase in typed.phases), CLOSED), last_end(typed.phases)
