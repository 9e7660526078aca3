"""Inputs of the challenge form: its fields as typed or stored, and the parsed data of the challenge."""

import re
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeVar

from werkzeug.datastructures import MultiDict

from app.inputs import conditions, criteria, phases, prizes, questions
from app.inputs.conditions import Answer, ConditionFields, answer_of, rights_of, typed_number
from app.inputs.criteria import PROPOSED_STEPS, UNSCORED, CriterionDraft
from app.inputs.decisions import PROPOSED_PERCENT, Decides, decides_of, jury_percent_of, typed_percent
from app.inputs.phases import PhaseDraft, draft_of
from app.inputs.prizes import PrizeDraft, PrizeFields
from app.inputs.questions import UNASKED, QuestionDraft
from app.inputs.times import required_instant, wall_clock
from app.platform.i18n import DEFAULT, LANGUAGES
from ideas.blueprints import CHOICES, LIVE_BRAINSTORM, OPEN_CONTEST, Blueprint, IdeaRules, plan_of, questions_of
from ideas.conditions import Conditions, conditions_of
from ideas.errors import Problems
from ideas.models import (
    Anonymity,
    Category,
    Challenge,
    ImageRule,
    Layout,
    Origin,
    Retention,
    RetentionAct,
    Rights,
    Round,
    TieRule,
    Visibility,
)
from ideas.prizes import PrizeRules, prize_rules_of
from ideas.services.challenges import ChallengeForm

Form = MultiDict[str, str]
W = TypeVar("W", bound=StrEnum)


class Begin(StrEnum):
    """How a challenge leaves its lobby: a facilitator starts it, the clock does, or the publication itself."""

    HAND = "hand"
    TIME = "time"
    AT_ONCE = "at_once"


# The prefix of a hidden field that holds the previous value of a field that a blueprint replaced.
WAS = "was-"


@dataclass(frozen=True)
class Typed:
    """The fields of the form, as stored, or as typed if the form is shown again.

    Texts and ticks have the names of their fields, here as in the rows.
    """

    title: str = ""
    brief: str = ""
    rules: str = ""
    prize: str = ""
    picture_words: str = ""
    drop_picture: bool = False
    category: str = ""  # "": none
    tags: str = ""  # separated by commas
    language: str = DEFAULT
    blueprint: str = LIVE_BRAINSTORM.name
    planned: str = LIVE_BRAINSTORM.name  # the blueprint whose phases the editor shows, with or without edits
    visibility: str = Visibility.LINK
    anonymity: str = Anonymity.NAMED
    approval: bool = False
    is_rehearsal: bool = False
    capacity: str = str(ChallengeForm.capacity)
    idea_title_max: str = str(IdeaRules.title_max)
    idea_text: bool = True
    idea_image: str = ImageRule.OPTIONAL
    layout: str = Layout.LIST
    idea_prompts: bool = True
    seed_ideas: str = ""
    keeping: str = ""  # what is done after the close; "": nothing
    keeping_days: str = ""
    live_ranking: bool = False
    auto_close: bool = False
    begin: str = Begin.HAND
    begin_at: str = ""  # in the typist's local time
    begin_utc_offset: str = "0"  # minutes ahead of UTC
    begin_at_utc: datetime | None = None  # a stored time, which a script shows in local time
    currency: str = "EUR"
    parents_share: str = str(PrizeRules().shares.parents)
    arguments_share: str = str(PrizeRules().shares.arguments)
    tie_rule: str = TieRule.SHARED
    prizes: tuple[PrizeDraft, ...] = ()
    rights: str = Rights.STAY
    rights_words: str = ""
    answer: str = Answer.NONE
    answer_days: str = ""
    answer_on: str = ""  # in the typist's local time
    answer_utc_offset: str = "0"  # minutes ahead of UTC
    answer_on_utc: datetime | None = None  # a stored time, which a script shows in local time
    expected_people: str = ""
    expected_minutes: str = ""  # of each person
    floor_country: str = Conditions.floor_country
    decides: str = Decides.CROWD
    jury_percent: str = PROPOSED_PERCENT
    criteria: tuple[CriterionDraft, ...] = UNSCORED
    criteria_steps: str = PROPOSED_STEPS
    phases: tuple[PhaseDraft, ...] = ()
    questions: tuple[QuestionDraft, ...] = UNASKED
    # The values that the chosen blueprint replaced, as names and values of hidden fields, so that this can be undone.
    replaced: tuple[tuple[str, str], ...] = ()

    @property
    def prize_fields(self) -> PrizeFields:
        return PrizeFields(self.prizes, self.currency, self.parents_share, self.arguments_share, self.tie_rule)

    @property
    def condition_fields(self) -> ConditionFields:
        return ConditionFields(**{field.name: getattr(self, field.name) for field in fields(ConditionFields)})

    def after(self, way: Blueprint) -> Self:
        """The same fields with the phases and idea rules of a blueprint."""
        return replace(
            self,
            blueprint=way.name,
            planned=way.name,
            begin=Begin.AT_ONCE if way.starts_at_once else Begin.HAND,
            phases=tuple(draft_of(plan) for plan in way.plans),
            idea_title_max=str(way.ideas.title_max),
            idea_text=way.ideas.text,
            idea_image=way.ideas.image,
            layout=way.ideas.layout,
            idea_prompts=way.ideas.prompts,
        )

    def settled_as(self, stored: Self) -> Self:
        """The same fields with those that the publication fixed: the form does not send them any more."""
        return replace(
            self,
            language=stored.language,
            blueprint=stored.blueprint,
            is_rehearsal=stored.is_rehearsal,
            decides=stored.decides,
            jury_percent=stored.jury_percent,
            criteria=stored.criteria,
            criteria_steps=stored.criteria_steps,
            prizes=stored.prizes,
            currency=stored.currency,
            parents_share=stored.parents_share,
            arguments_share=stored.arguments_share,
            tie_rule=stored.tie_rule,
            answer=stored.answer,
            answer_days=stored.answer_days,
            answer_on=stored.answer_on,
            answer_on_utc=stored.answer_on_utc,
            expected_people=stored.expected_people,
            expected_minutes=stored.expected_minutes,
            floor_country=stored.floor_country,
        )

    def with_rules_of(self, stored: Self) -> Self:
        """The same fields with the rules, which stand in the lobby: its form does not send them."""
        return replace(
            self,
            rules=stored.rules,
            prize=stored.prize,
            rights=stored.rights,
            rights_words=stored.rights_words,
            anonymity=stored.anonymity,
            approval=stored.approval,
            live_ranking=stored.live_ranking,
            auto_close=stored.auto_close,
        )


TEXTS = [field.name for field in fields(Typed) if field.type is str]
TICKS = [field.name for field in fields(Typed) if field.type is bool]


def typed_in(form: Form) -> Typed:
    """The fields as sent."""
    chosen = form.get("blueprint", "")
    texts = {name: form[name] for name in TEXTS if name in form}
    ticks = {name: name in form for name in TICKS}
    return Typed(
        **{"blueprint": chosen, "planned": chosen} | texts,
        **ticks,
        phases=phases.drafts_in(form) or (),
        questions=questions.drafts_in(form),
        criteria=criteria.drafts_in(form),
        prizes=prizes.drafts_in(form),
        replaced=tuple((name, value) for name, value in form.items(multi=True) if name.startswith(WAS)),
    )


def stored_in(challenge: Challenge, round: Round) -> Typed:
    """The fields as stored."""
    rows, kept = (challenge, round), conditions_of(challenge)
    return Typed(
        **{name: str(getattr(row, name)) for row in rows for name in TEXTS if hasattr(row, name)}
        | {"decides": decides_of(round.jury_percent), "jury_percent": typed_percent(round.jury_percent)}
        | {"category": challenge.category or "", "tags": ", ".join(challenge.tags)}
        | {"criteria_steps": criteria.steps_of(round.criteria)}
        | {name: typed_number(getattr(kept, name)) for name in _NUMBERS},
        **{name: getattr(row, name) for row in rows for name in TICKS if hasattr(row, name)},
        planned=challenge.blueprint,
        answer=answer_of(kept),
        answer_on=wall_clock(kept.answer_at),
        answer_on_utc=kept.answer_at,
        is_rehearsal=round.origin == Origin.REHEARSAL,
        keeping=challenge.retention.act if challenge.retention else "",
        keeping_days=str(challenge.retention.days) if challenge.retention else "",
        begin=_begin_of(round),
        begin_at=wall_clock(round.starts_at),
        begin_at_utc=round.starts_at,
        phases=tuple(draft_of(plan_of(phase)) for phase in round.phases[:-1]),
        questions=UNASKED if _is_as_proposed(challenge, round) else questions.drafts_of(round.questions),
        criteria=criteria.drafts_of(round.criteria),
        prizes=prizes.drafts_of(prize_rules_of(challenge)),
    )


def _is_as_proposed(challenge: Challenge, round: Round) -> bool:
    """Whether a draft asks what its blueprint proposes, so that another blueprint may propose anew."""
    way = CHOICES.get(challenge.blueprint)
    if way is None or challenge.published_at is not None:
        return False
    proposed = [(each.rule, each.prompt, each.options) for each in questions_of(way.questions)]
    return proposed == [(each.rule, each.prompt, each.options) for each in round.questions]


_NUMBERS = ("answer_days", "expected_people", "expected_minutes")


def _begin_of(round: Round) -> Begin:
    if round.starts_at_once:
        return Begin.AT_ONCE
    return Begin.TIME if round.starts_at else Begin.HAND


# The parsed data of the challenge


def challenge_of(form: Form, published: Round | None = None) -> ChallengeForm:
    """Parse the challenge. After publication, the fixed fields are not read; in the lobby, the rules are not either.

    :raise Invalid: with a problem per field, those of the domain's rules included.
    """
    wanted, unread = read_in(form, published)
    Problems(wanted.read()[1] | unread).refuse()
    return wanted


def read_in(form: Form, published: Round | None = None) -> tuple[ChallengeForm, Problems]:
    """The challenge as parsed, and the fields that can't be read. The rules of the domain are not asked."""
    typed, unread = typed_in(form), Problems()
    if published and published.is_in_lobby:
        typed = typed.with_rules_of(stored_in(published.challenge, published))
    wanted = _anytime(typed, unread)
    if "begin" in form and (published is None or published.is_in_lobby):
        wanted = replace(wanted, starts_at_once=typed.begin == Begin.AT_ONCE, starts_at=start_of(typed, unread))
    if not published:
        wanted = _until_publication(wanted, typed, unread)
        wanted = replace(
            wanted,
            # A form without an editor, or without the section on ideas, leaves them to the blueprint.
            phases=phases.plans_of(typed.phases, unread) if "phases" in form else None,
            ideas=idea_rules_of(typed, unread) if "idea_image" in form else None,
        )
    return wanted, unread


def _anytime(typed: Typed, unread: Problems) -> ChallengeForm:
    return ChallengeForm(
        title=typed.title,
        brief=typed.brief,
        rules=typed.rules,
        prize=typed.prize,
        picture_words=typed.picture_words,
        category=_word("category", typed.category, Category.PRODUCT, unread) if typed.category else None,
        tags=tags_in(typed.tags),
        visibility=_word("visibility", typed.visibility, Visibility.LINK, unread),
        anonymity=_word("anonymity", typed.anonymity, Anonymity.NAMED, unread),
        approval=typed.approval,
        capacity=_number("capacity", typed.capacity, ChallengeForm.capacity, unread),
        live_ranking=typed.live_ranking,
        auto_close=typed.auto_close,
        retention=_retention_of(typed, unread),
        conditions=rights_of(typed.condition_fields, unread),
    )


def tags_in(typed: str) -> tuple[str, ...]:
    """The tags as typed, separated by commas, semicolons or line breaks."""
    return tuple(re.split(r"[,;\n]", typed))


def _retention_of(typed: Typed, unread: Problems) -> Retention | None:
    if not typed.keeping:
        return None
    if not typed.keeping_days.strip():
        unread["keeping_days"] = "missing"
    act = _word("keeping", typed.keeping, RetentionAct.ANONYMISE, unread)
    return Retention(act, _number("keeping_days", typed.keeping_days, 1, unread))


def start_of(typed: Typed, unread: Problems) -> datetime | None:
    """The typed start time; None if a facilitator or the publication starts the round."""
    if typed.begin not in list(Begin):
        unread["begin"] = "unknown"
    if typed.begin != Begin.TIME:
        return None
    return required_instant("starts_at", typed.begin_at, typed.begin_utc_offset, unread)


def _until_publication(wanted: ChallengeForm, typed: Typed, unread: Problems) -> ChallengeForm:
    if typed.language not in LANGUAGES:
        unread["language"] = "unknown"
    proposed = CHOICES.get(typed.blueprint, OPEN_CONTEST).questions[0]
    return replace(
        wanted,
        language=typed.language,
        blueprint=typed.blueprint,
        is_rehearsal=typed.is_rehearsal,
        seed_ideas=typed.seed_ideas,
        questions=questions.plans_of(typed.questions, proposed, unread),
        prizes=prizes.rules_of(typed.prize_fields, unread),
        conditions=conditions.conditions_of(typed.condition_fields, unread),
        jury_percent=jury_percent_of(typed.decides, typed.jury_percent, unread),
        criteria=criteria.plans_of(typed.criteria, typed.criteria_steps, unread),
    )


def idea_rules_of(typed: Typed, unread: Problems) -> IdeaRules:
    """Parse the idea rules. Unreadable fields are noted in `unread`."""
    return IdeaRules(
        title_max=_number("idea_title_max", typed.idea_title_max, IdeaRules.title_max, unread),
        text=typed.idea_text,
        image=_word("idea_image", typed.idea_image, ImageRule.OPTIONAL, unread),
        layout=_word("layout", typed.layout, Layout.LIST, unread),
        prompts=typed.idea_prompts,
    )


def _word(field: str, typed: str, default: W, unread: Problems) -> W:
    try:
        return type(default)(typed)
    except ValueError:
        unread[field] = "unknown"
        return default


def _number(field: str, typed: str, default: int, unread: Problems) -> int:
    """Parse a number; the domain checks its range."""
    try:
        return int(typed.strip() or default)
    except ValueError:
        unread[field] = "out_of_range"
        return default
