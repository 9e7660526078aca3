"""Posting a challenge: draft, revise, publish."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from ideas import clock, journal, pictures, policy
from ideas.actor import Actor
from ideas.addresses import give_slug, keep_code, new_code
from ideas.blueprints import (
    CHOICES,
    PRIORITISE,
    CriterionPlan,
    IdeaRules,
    PhasePlan,
    QuestionPlan,
    check_decision,
    check_first_look,
    criteria_of,
    criterion_plan_of,
    first_look_of,
    idea_rules_of,
    phases_of,
    plan_of,
    questions_of,
)
from ideas.conditions import DEFAULT, FIELDS, Conditions, conditions_of
from ideas.database import Transaction, write
from ideas.drawing import SEED_BYTES
from ideas.errors import (
    AnonymityPromised,
    Changed,
    Conflict,
    CountsSealed,
    Invalid,
    Problems,
    RetentionPromised,
    RulesStand,
)
from ideas.events import ChallengePublished
from ideas.models import (
    STEERING,
    Anonymity,
    Category,
    Challenge,
    ImageRule,
    Layout,
    Moment,
    Origin,
    Retention,
    Rights,
    Round,
    TieRule,
    Visibility,
)
from ideas.pictures import CHALLENGE_SIDE, UNCHANGED, WORDS_MAX, PictureChange
from ideas.prizes import NO_PRIZES, PrizeRules, prize_rules_of, set_prizes
from ideas.promises import Change, opening_of, record_revision
from ideas.proxies import seed_lines_in
from ideas.queries.challenges import has_ideas
from ideas.queries.floors import floor_countries
from ideas.queries.ideas import VisibleHandles, visible_handles_of
from ideas.queries.rounds import current_round
from ideas.rights import renew_text
from ideas.services.phases import checked_plans, replace_phases
from ideas.services.rounds import start_round
from ideas.tags import checked_tags
from ideas.texts import TEXT_MAX, TITLE_MAX, cleaned, one_line
from ideas.uploads import Encoded

CAPACITY_MAX = 20_000
RETENTION_DAYS_MAX = 3650


@dataclass(frozen=True)
class ChallengeForm:
    """The data of a challenge as a company enters it. `texts` cleans the texts and checks every field.

    Without `questions`, the blueprint's questions are asked. `live_ranking` shows running counts to everybody;
    `auto_close` ends the round once further votes would change nothing.
    """

    title: str
    brief: str = ""
    rules: str = ""
    prize: str = ""
    picture_words: str = ""  # what its picture shows
    category: Category | None = None
    tags: tuple[str, ...] = ()
    language: str = "en"
    blueprint: str = "live_brainstorm"
    visibility: Visibility = Visibility.LINK
    anonymity: Anonymity = Anonymity.NAMED
    approval: bool = False
    capacity: int = 2000
    closes_at: datetime | None = None
    is_rehearsal: bool = False
    phases: tuple[PhasePlan, ...] | None = None  # None: those of the blueprint, until `closes_at`
    ideas: IdeaRules | None = None  # None: the blueprint's
    seed_ideas: str = ""  # the company's seed ideas, one per line
    questions: tuple[QuestionPlan, ...] = ()
    criteria: tuple[CriterionPlan, ...] = ()  # of the jury; without any there is none
    jury_percent: int = 0  # the weight of the jury in the decision; the rest is the crowd's
    live_ranking: bool = False
    auto_close: bool = False
    starts_at: datetime | None = None  # the clock starts the first phase then
    retention: Retention | None = None  # None: it is kept until somebody deletes it
    prizes: PrizeRules = NO_PRIZES
    conditions: Conditions = DEFAULT
    starts_at_once: bool | None = None  # None: as the blueprint does, unless `starts_at` is given

    @property
    def origin(self) -> Origin:
        return Origin.REHEARSAL if self.is_rehearsal else Origin.LIVE

    @property
    def plans(self) -> tuple[PhasePlan, ...]:
        return CHOICES[self.blueprint].plans_until(self.closes_at) if self.phases is None else self.phases

    @property
    def idea_rules(self) -> IdeaRules:
        return self.ideas or CHOICES[self.blueprint].ideas

    @property
    def asked(self) -> tuple[QuestionPlan, ...]:
        """The questions of the vote: the company's, or those of the blueprint."""
        return self.questions or CHOICES[self.blueprint].questions

    @property
    def is_started_at_once(self) -> bool:
        """Whether the publication starts the first phase."""
        if self.starts_at_once is None:
            return self.starts_at is None and CHOICES[self.blueprint].starts_at_once
        return self.starts_at_once

    def texts(self) -> dict[str, str]:
        """The texts in stored form.

        :raise Invalid: with a problem per field, also for fields that are no texts.
        """
        texts, problems = self.read()
        problems.refuse()
        return texts

    def read(self) -> tuple[dict[str, str], Problems]:
        """The texts in stored form that have no problem, and the problems of all fields."""
        problems, texts = Problems(), dict[str, str]()
        with problems.noted():
            texts["title"] = one_line("title", self.title, TITLE_MAX, required=True)
        for field in ("brief", "rules", "prize"):
            with problems.noted():
                texts[field] = cleaned(field, getattr(self, field), TEXT_MAX)
        if self.blueprint not in CHOICES:
            problems["blueprint"] = "unknown"
        if not 2 <= self.capacity <= CAPACITY_MAX:
            problems["capacity"] = "out_of_range"
        if self.retention and not 1 <= self.retention.days <= RETENTION_DAYS_MAX:
            problems["keeping_days"] = "out_of_range"
        if self.starts_at and self.starts_at <= clock.now():
            problems["starts_at"] = "past"
        checks = (self._check_ideas, self._check_phases, self._check_questions, self._check_tags, self.said_of_picture)
        for check in (*checks, self.prizes.checked, self.conditions.checked):
            with problems.noted():
                check()
        return texts, problems

    def said_of_picture(self) -> str:
        """The description of the picture in stored form. :raise Invalid:"""
        return one_line("picture_words", self.picture_words, WORDS_MAX)

    def _check_tags(self) -> None:
        checked_tags(self.tags)

    def _check_ideas(self) -> None:
        problems = Problems()
        if self.ideas and self.ideas.layout == Layout.GALLERY and self.ideas.image == ImageRule.NONE:
            problems["layout"] = "pictures_needed"
        if self.ideas and not 1 <= self.ideas.title_max <= TITLE_MAX:
            problems["idea_title_max"] = "out_of_range"
        elif self.blueprint in CHOICES:
            with problems.noted():
                seed_lines_in(self.seed_ideas, self.idea_rules)
        problems.refuse()

    def _check_phases(self) -> None:
        if self.phases is not None:
            problems = Problems()
            with problems.noted():
                checked_plans(self.phases, after=self.starts_at)
            with problems.noted():
                check_first_look(self.phases, self.asked[0].rule if self.blueprint in CHOICES else None)
            problems.refuse()

    def _check_questions(self) -> None:
        problems = Problems()
        with problems.noted():
            criteria_of(self.criteria)
        with problems.noted():
            check_decision(self.criteria, self.jury_percent, auto_close=self.auto_close)
        with problems.noted():
            if self.questions:
                questions_of(self.questions)
        problems.refuse()


def settings_of(challenge: Challenge, round: Round) -> ChallengeForm:
    """The data of a stored challenge, with the plan of this round of it, as a company would enter them."""
    return ChallengeForm(
        title=challenge.title,
        brief=challenge.brief,
        rules=challenge.rules,
        prize=challenge.prize,
        picture_words=challenge.picture_words,
        category=challenge.category,
        tags=tuple(challenge.tags),
        language=challenge.language,
        # An import had its ideas at the start, as where a company provides them.
        blueprint=challenge.blueprint if challenge.blueprint in CHOICES else PRIORITISE.name,
        visibility=challenge.visibility,
        anonymity=challenge.anonymity,
        approval=challenge.approval,
        capacity=min(challenge.capacity, CAPACITY_MAX),
        is_rehearsal=round.origin == Origin.REHEARSAL,
        phases=tuple(plan_of(phase) for phase in round.phases[:-1]),
        ideas=idea_rules_of(challenge),
        seed_ideas=challenge.seed_ideas,
        questions=tuple(QuestionPlan(each.rule, each.prompt, each.options) for each in round.questions),
        criteria=tuple(map(criterion_plan_of, round.criteria)),
        jury_percent=round.jury_percent,
        live_ranking=round.live_ranking,
        auto_close=round.auto_close,
        starts_at=round.starts_at,
        retention=challenge.retention,
        prizes=prize_rules_of(challenge),
        conditions=conditions_of(challenge),
        starts_at_once=round.starts_at_once,
    )


def require_country(session: Session, form: ChallengeForm, challenge: Challenge | None = None) -> None:
    """:raise Invalid: `{"floor_country": "unknown"}` for a country without a floor. A stored one may stay."""
    known = {DEFAULT.floor_country, challenge.floor_country if challenge else DEFAULT.floor_country}
    if form.conditions.floor_country not in known | {*floor_countries(session)}:
        raise Invalid(floor_country="unknown")


def draft_challenge(actor: Actor, organisation_id: int, form: ChallengeForm, picture: PictureChange = UNCHANGED) -> int:
    """Store a new challenge as a draft that only its organisation sees.

    :return: the challenge's id.
    :raise NotFound: if the actor is no member. :raise Invalid: for a bad field. :raise ImageRefused: :raise Busy:
    """
    texts = form.texts()
    encoded = encoded_of_new(actor, organisation_id, picture)
    with write() as transaction:
        policy.require_role(transaction.session, actor, organisation_id, STEERING)
        require_country(transaction.session, form)
        challenge = add_draft(transaction, organisation_id, form, texts, actor.account_id)
        pictures.change_picture(transaction.session, challenge, encoded, drop=False)
        return challenge.id


def encoded_of_new(actor: Actor, organisation_id: int, picture: PictureChange) -> Encoded | None:
    """The uploaded picture of a challenge that is not stored yet. :raise ImageRefused: :raise Busy: :raise NotFound:"""
    require = partial(policy.require_role, roles=STEERING)
    return pictures.encoded(picture.upload, require, actor, organisation_id, CHALLENGE_SIDE)


def encoded_of(actor: Actor, challenge_id: int, picture: PictureChange) -> Encoded | None:
    """The uploaded picture of a stored challenge. :raise ImageRefused: :raise Busy: :raise NotFound:"""
    return pictures.encoded(picture.upload, policy.require_facilitator, actor, challenge_id, CHALLENGE_SIDE)


def add_draft(
    transaction: Transaction, organisation_id: int, form: ChallengeForm, texts: dict[str, str], creator: int | None
) -> Challenge:
    """Add a draft with its round. :raise Invalid: for phases that do not follow each other."""
    challenge = new_challenge(transaction, organisation_id, form, texts, creator)
    plans = checked_plans(form.plans, after=form.starts_at)
    round = add_round(transaction.session, challenge, plans, form.origin, form.asked, form.criteria)
    _settle_draft(challenge, round, form)
    return challenge


def new_challenge(
    transaction: Transaction,
    organisation_id: int,
    form: ChallengeForm,
    texts: dict[str, str],
    creator: int | None,
) -> Challenge:
    """Add a challenge with an unused code and an unused slug."""
    session = transaction.session
    challenge = Challenge(
        organisation_id=organisation_id,
        created_by=creator,
        created_at=clock.now(),
        language=form.language,
        blueprint=form.blueprint,
        code=new_code(session),
        slug="",
        chain=journal.begin(),
    )
    _say(challenge, form, texts)
    session.add(challenge)
    session.flush()
    keep_code(session, challenge)
    give_slug(session, challenge)
    return challenge


def _say(challenge: Challenge, form: ChallengeForm, texts: dict[str, str]) -> None:
    """Set the fields that may change until the close."""
    for field, value in texts.items():
        setattr(challenge, field, value)
    challenge.category, challenge.tags = form.category, checked_tags(form.tags)
    challenge.picture_words = form.said_of_picture()
    challenge.visibility, challenge.anonymity = form.visibility, form.anonymity
    challenge.approval, challenge.capacity = form.approval, form.capacity
    wanted = form.conditions.checked()
    challenge.rights, challenge.rights_words = wanted.rights, wanted.rights_words
    kept = form.retention
    challenge.retention_act, challenge.retention_days = (kept.act, kept.days) if kept else (None, None)


def _settle(challenge: Challenge, form: ChallengeForm) -> None:
    """Set the fields that are fixed at the publication."""
    rules = form.idea_rules
    challenge.language, challenge.blueprint, challenge.seed_ideas = form.language, form.blueprint, form.seed_ideas
    challenge.idea_title_max, challenge.idea_text = rules.title_max, rules.text
    challenge.idea_image, challenge.layout, challenge.idea_prompts = rules.image, rules.layout, rules.prompts
    set_prizes(challenge, form.prizes.checked())
    for field, value in vars(form.conditions.checked()).items():
        setattr(challenge, field, value)


def _settle_draft(challenge: Challenge, round: Round, form: ChallengeForm) -> None:
    """Set what is fixed at the publication, on the challenge and on its round."""
    _settle(challenge, form)
    _count_as(round, form)
    round.origin, round.jury_percent = form.origin, form.jury_percent
    round.starts_at, round.starts_at_once = form.starts_at, form.is_started_at_once


def _count_as(round: Round, form: ChallengeForm) -> None:
    """Set how running counts are shown and whether they end the round."""
    round.live_ranking, round.auto_close = form.live_ranking, form.auto_close


def add_round(
    session: Session,
    challenge: Challenge,
    plans: tuple[PhasePlan, ...],
    origin: Origin,
    asked: Sequence[QuestionPlan] = (QuestionPlan(),),
    criteria: Sequence[CriterionPlan] = (),
) -> Round:
    """Add the first round with its phases, its questions and its criteria."""
    found = Round(challenge_id=challenge.id, n=1, origin=origin, key=secrets.token_bytes(32))
    found.phases = phases_of(plans)
    found.asked = [*questions_of(asked), *criteria_of(criteria), *first_look_of(plans, asked)]
    session.add(found)
    session.flush()
    return found


def revise_challenge(
    actor: Actor,
    challenge_id: int,
    form: ChallengeForm,
    *,
    seen: str | None = None,
    picture: PictureChange = UNCHANGED,
) -> None:
    """Change a draft freely; after publication change its texts, visibility and capacity.

    The publication fixes the language, blueprint, questions, prizes, rehearsal flag, idea rules, who decides, and the
    conditions but the rights. Other words on rights hold for ideas that are given after them, with a new consent.
    `plan_phases` changes phases (`closes_at`, if given, moves the end of the last one). In the lobby, the start time
    may change, and the rules stand as published. Anonymity can only be strengthened after the first idea. Counts that
    were sealed when somebody voted stay sealed until the close. `seen` is the version (`version_of`) with which the
    edit began.

    :raise RetentionPromised: on an attempt to keep it longer.
    :raise Changed: if somebody else changed it since. :raise RulesStand: on an attempt to change, in the lobby, what
        people joined for. :raise AnonymityPromised: on an attempt to weaken it. :raise CountsSealed: on an attempt to
        show running counts. :raise RoundIsClosed: after the close. :raise ImageRefused: :raise Busy:
    """
    texts = form.texts()
    encoded = encoded_of(actor, challenge_id, picture)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(session, actor, challenge_id)
        current = current_round(session, challenge_id)
        policy.require_open(current)
        if seen is not None and seen != version_of(challenge, current):
            raise Changed
        is_published = challenge.published_at is not None
        if is_published and current.is_in_lobby:
            _require_same_rules(challenge, current, form, texts)
        _promise_kept(session, challenge, form.anonymity)
        if is_published:
            _require_no_longer(challenge, form)
        else:
            require_country(session, form, challenge)
        if form.live_ranking and not current.live_ranking and current.turnout:
            raise CountsSealed
        if is_published and form.auto_close and current.jury_percent:
            raise Invalid(auto_close="jury")
        renamed = form.anonymity != challenge.anonymity
        changed = [Change(field) for field, text in texts.items() if text != getattr(challenge, field)]
        if form.retention != challenge.retention:
            changed.append(Change.RETENTION)
        if _rights_of(form.conditions.checked()) != _rights_of(conditions_of(challenge)):
            changed.append(Change.RIGHTS)
        is_replaced = pictures.change_picture(session, challenge, encoded, drop=picture.drop)
        if is_replaced or (challenge.picture and form.said_of_picture() != challenge.picture_words):
            changed.append(Change.PICTURE)
        _say(challenge, form, texts)
        _count_as(current, form)
        if not is_published:
            give_slug(session, challenge)  # people know the slug from the publication on: then it stays
            _plan_anew(session, challenge, current, form)
            return
        renew_text(session, challenge)
        if current.is_in_lobby and form.starts_at != current.starts_at:
            current.starts_at = form.starts_at
            _check_start(current)
            changed.append(Change.START)
        if form.closes_at and current.phases[-2].seconds is None:
            current.phases[-2].ends_at = form.closes_at
            changed.append(Change.DATES)
        seq = record_revision(chain, current, actor, changed)
        _touch_revised(chain, seq, current, renamed=renamed)


def _rights_of(conditions: Conditions) -> tuple[Rights, str]:
    return conditions.rights, conditions.rights_words


def _require_same_rules(challenge: Challenge, round: Round, form: ChallengeForm, texts: dict[str, str]) -> None:
    """:raise RulesStand: if the form changes a rule."""
    published = (challenge.rules, challenge.prize, challenge.anonymity, challenge.approval)
    if (texts["rules"], texts["prize"], form.anonymity, form.approval) != published:
        raise RulesStand
    if (form.live_ranking, form.auto_close) != (round.live_ranking, round.auto_close):
        raise RulesStand
    if _rights_of(form.conditions.checked()) != _rights_of(conditions_of(challenge)):
        raise RulesStand


def _check_start(round: Round) -> None:
    """Check the start time against the clock and the dates of the phases. :raise Invalid: `{"starts_at": …}`."""
    if round.starts_at is None:
        return
    if round.starts_at <= clock.now():
        raise Invalid(starts_at="past")
    if any(p.seconds is None and p.ends_at and p.ends_at <= round.starts_at for p in round.phases):
        raise Invalid(starts_at="out_of_order")


def _plan_anew(session: Session, challenge: Challenge, round: Round, form: ChallengeForm) -> None:
    """Set the fields that may change in a draft only."""
    _settle_draft(challenge, round, form)
    ask_anew(session, round, form)
    replace_phases(session, round, 0, checked_plans(form.plans, after=form.starts_at))


def revise_draft(challenge: Challenge, round: Round, form: ChallengeForm, texts: dict[str, str]) -> None:
    """Set the fields of a draft, except for its phases and questions."""
    _say(challenge, form, texts)
    _settle_draft(challenge, round, form)


def ask_anew(session: Session, round: Round, form: ChallengeForm) -> None:
    """Replace the questions and the criteria of a draft, and its first look."""
    round.asked.clear()
    session.flush()
    round.asked = [*questions_of(form.asked), *criteria_of(form.criteria), *first_look_of(form.plans, form.asked)]


def _touch_revised(chain: journal.Chain, seq: int, round: Round, *, renamed: bool) -> None:
    """Touch the handles of a revision. `renamed`: authors' names change, so every screen must redraw their ideas."""
    written = visible_handles_of(chain.transaction.session, round) if renamed else VisibleHandles([], [])
    for lane, handles in ((journal.ROOM, written.room), (journal.FACILITATORS, written.facilitators)):
        chain.touch(seq, [chain.challenge.handle, round.handle, *handles], [lane])


def _promise_kept(session: Session, challenge: Challenge, wanted: Anonymity) -> None:
    weaker = wanted.strength < challenge.anonymity.strength
    if weaker and has_ideas(session, challenge.id):
        raise AnonymityPromised


def _require_no_longer(challenge: Challenge, form: ChallengeForm) -> None:
    """:raise RetentionPromised: if the challenge would be kept longer than people were told when they joined."""
    promised = challenge.retention
    if promised and (form.retention is None or form.retention.is_weaker_than(promised)):
        raise RetentionPromised


def publish_challenge(actor: Actor, challenge_id: int) -> None:
    """Publish a draft: its code works, its journal begins, and people can join. The round waits in its lobby, or starts
    at once if the draft says so.

    :raise Conflict: if it is published already, or a template. :raise Invalid: `{"starts_at": "past"}` or
        `{"answer_at": "past"}`.
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(transaction.session, actor, challenge_id)
        if challenge.published_at or challenge.is_template:
            raise Conflict
        round = current_round(transaction.session, challenge_id)
        _check_start(round)
        if challenge.answer_at and challenge.answer_at <= clock.now():
            raise Invalid(answer_at="past")
        open_challenge(chain, round, actor)
        if round.starts_at_once:
            start_round(chain, round, actor)


def open_challenge(chain: journal.Chain, round: Round, actor: Actor) -> None:
    """Begin the journal."""
    challenge = chain.challenge
    challenge.published_at = clock.now()
    if challenge.prizes and challenge.tie_rule == TieRule.DRAWN:
        challenge.draw_seed = secrets.token_bytes(SEED_BYTES)
    renew_text(chain.transaction.session, challenge)
    seq = chain.append("open", opening_of(challenge, round), round)
    chain.act("open", challenge.handle, actor, "", seq)
    chain.keep_head(Moment.PUBLICATION)
    chain.touch(seq, [challenge.handle, round.handle], [journal.ROOM, journal.FACILITATORS])
    chain.transaction.record(ChallengePublished(challenge.id, round.id, actor))


def version_of(challenge: Challenge, round: Round) -> str:
    """The version of everything that the form of a challenge edits: another one after any change."""
    planned = [] if challenge.published_at else [plan_of(phase) for phase in round.phases[:-1]]
    seen = (
        *(getattr(challenge, name) for name in _FORM_FIELDS),
        *(round.live_ranking, round.auto_close, round.origin, round.starts_at, planned, round.jury_percent),
        [(q.rule, q.prompt, q.options, q.weight) for q in round.asked],
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


_FORM_FIELDS = (
    *(
        "title",
        "brief",
        "rules",
        "prize",
        "picture_id",
        "picture_words",
        "category",
        "tags",
        "language",
        "blueprint",
        "visibility",
        "anonymity",
        "approval",
        "capacity",
    ),
    *("retention_act", "retention_days", "seed_ideas", "idea_title_max", "idea_text", "idea_image", "layout"),
    "idea_prompts",
    *("prizes", "currency", "parents_share", "arguments_share", "tie_rule"),
    *FIELDS,
)


def delete_draft(actor: Actor, challenge_id: int) -> None:
    """Delete a draft.

    :raise Conflict: if it is published: a challenge with participants stays.
    """
    with write() as transaction:
        session = transaction.session
        challenge = policy.require_facilitator(session, actor, challenge_id)
        if challenge.published_at:
            raise Conflict
        remove_draft(session, challenge)


def remove_draft(session: Session, challenge: Challenge) -> None:
    session.delete(current_round(session, challenge.id))
    session.flush()
    pictures.change_picture(session, challenge, None, drop=True)
    session.delete(challenge)
