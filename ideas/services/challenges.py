"""Posting a challenge: draft, revise, publish."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.addresses import give_slug, keep_code, new_code
from ideas.blueprints import CHOICES, IdeaRules, PhasePlan, QuestionPlan, idea_rules_of, phases_of, questions_of
from ideas.database import Transaction, write
from ideas.errors import AnonymityPromised, Conflict, CountsSealed, Problems
from ideas.events import ChallengePublished, ChallengeRevised, PhaseEntered
from ideas.models import Anonymity, Challenge, ImageRule, Layout, Origin, Round, Visibility
from ideas.proxies import add_seed_lines
from ideas.queries.challenges import has_ideas
from ideas.queries.ideas import VisibleHandles, visible_handles_of
from ideas.queries.rounds import current_round
from ideas.seed_lists import SeedLine, seed_lines_of
from ideas.services.phases import checked_plans, replace_phases
from ideas.services.rounds import start_phase
from ideas.texts import TEXT_MAX, TITLE_MAX, cleaned, one_line

CAPACITY_MAX = 20_000


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
    live_ranking: bool = False
    auto_close: bool = False

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

    def texts(self) -> dict[str, str]:
        """The texts in stored form.

        :raise Invalid: with a problem per field, also for fields that are no texts.
        """
        problems, texts = Problems(), {}
        with problems.noted():
            texts["title"] = one_line("title", self.title, TITLE_MAX, required=True)
        for field in ("brief", "rules", "prize"):
            with problems.noted():
                texts[field] = cleaned(field, getattr(self, field), TEXT_MAX)
        if self.blueprint not in CHOICES:
            problems["blueprint"] = "unknown"
        if not 2 <= self.capacity <= CAPACITY_MAX:
            problems["capacity"] = "out_of_range"
        for check in (self._check_ideas, self._check_phases, self._check_questions):
            with problems.noted():
                check()
        problems.refuse()
        return texts

    def _check_ideas(self) -> None:
        problems = Problems()
        if self.ideas and self.ideas.layout == Layout.GALLERY and self.ideas.image == ImageRule.NONE:
            problems["layout"] = "pictures_needed"
        if self.ideas and not 1 <= self.ideas.title_max <= TITLE_MAX:
            problems["idea_title_max"] = "out_of_range"
        elif self.blueprint in CHOICES:
            with problems.noted():
                _lines(self.seed_ideas, self.idea_rules)
        problems.refuse()

    def _check_phases(self) -> None:
        if self.phases is not None:
            checked_plans(self.phases)

    def _check_questions(self) -> None:
        if self.questions:
            questions_of(self.questions)


def _lines(seed_ideas: str, rules: IdeaRules) -> list[SeedLine]:
    """The seed ideas of a draft. :raise Invalid: `{"seed_ideas": …}`."""
    return seed_lines_of("seed_ideas", seed_ideas, title_max=rules.title_max, with_text=rules.text)


def draft_challenge(actor: Actor, organisation_id: int, form: ChallengeForm) -> int:
    """Store a new challenge as a draft that only its organisation sees.

    :return: the challenge's id.
    :raise NotFound: if the actor is no member. :raise Invalid: for a bad field.
    """
    texts = form.texts()
    with write() as transaction:
        policy.require_member(transaction.session, actor, organisation_id)
        challenge = new_challenge(transaction, organisation_id, form, texts, actor.account_id)
        round = add_round(transaction.session, challenge, checked_plans(form.plans), form.origin, form.asked)
        _settle(challenge, form)
        _count_as(round, form)
        return challenge.id


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
        **journal.begin(),
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
    challenge.visibility, challenge.anonymity = form.visibility, form.anonymity
    challenge.approval, challenge.capacity = form.approval, form.capacity


def _settle(challenge: Challenge, form: ChallengeForm) -> None:
    """Set the fields that are fixed at the publication."""
    rules = form.idea_rules
    challenge.language, challenge.blueprint, challenge.seed_ideas = form.language, form.blueprint, form.seed_ideas
    challenge.idea_title_max, challenge.idea_text = rules.title_max, rules.text
    challenge.idea_image, challenge.layout = rules.image, rules.layout


def _count_as(round: Round, form: ChallengeForm) -> None:
    """Set how running counts are shown and whether they end the round."""
    round.live_ranking, round.auto_close = form.live_ranking, form.auto_close


def add_round(
    session: Session,
    challenge: Challenge,
    plans: tuple[PhasePlan, ...],
    origin: Origin,
    asked: Sequence[QuestionPlan] = (QuestionPlan(),),
) -> Round:
    """Add the first round with its phases and its questions."""
    found = Round(challenge_id=challenge.id, n=1, origin=origin, key=secrets.token_bytes(32))
    found.phases = phases_of(plans)
    found.questions = questions_of(asked)
    session.add(found)
    session.flush()
    return found


def revise_challenge(actor: Actor, challenge_id: int, form: ChallengeForm) -> None:
    """Change a draft freely; after publication change its texts, visibility and capacity.

    The publication fixes the language, blueprint, questions, rehearsal flag and idea rules. `plan_phases` changes
    phases (`closes_at`, if given, moves the end of the last one). Anonymity can only be strengthened after the first
    idea. Counts that were sealed when somebody voted stay sealed until the close.

    :raise AnonymityPromised: on an attempt to weaken it. :raise CountsSealed: on an attempt to show running counts.
    :raise RoundIsClosed: after the close.
    """
    texts = form.texts()
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(session, actor, challenge_id)
        current = current_round(session, challenge_id)
        policy.require_open(current)
        _promise_kept(session, challenge, form.anonymity)
        if form.live_ranking and not current.live_ranking and current.turnout:
            raise CountsSealed
        renamed = form.anonymity != challenge.anonymity
        _say(challenge, form, texts)
        _count_as(current, form)
        if challenge.published_at is None:
            give_slug(session, challenge)  # people know the slug from the publication on: then it stays
            _plan_anew(session, challenge, current, form)
            return
        if form.closes_at and current.phases[-2].seconds is None:
            current.phases[-2].ends_at = form.closes_at
        _tell(chain, current, renamed=renamed)
        transaction.record(ChallengeRevised(challenge_id, current.id, actor))


def _plan_anew(session: Session, challenge: Challenge, round: Round, form: ChallengeForm) -> None:
    """Set the fields that may change in a draft only."""
    _settle(challenge, form)
    round.origin = form.origin
    round.questions.clear()
    session.flush()
    round.questions = questions_of(form.asked)
    replace_phases(session, round, 0, checked_plans(form.plans))


def _tell(chain: journal.Chain, round: Round, *, renamed: bool) -> None:
    """Record a revision and touch its handles. `renamed`: authors' names change, so every screen must redraw their
    ideas.
    """
    seq = chain.append("revise", {"rules": rules_digest(chain.challenge, round)}, round)
    written = visible_handles_of(chain.transaction.session, round) if renamed else VisibleHandles([], [])
    for lane, handles in ((journal.ROOM, written.room), (journal.FACILITATORS, written.facilitators)):
        chain.touch(seq, [chain.challenge.handle, round.handle, *handles], [lane])


def _promise_kept(session: Session, challenge: Challenge, wanted: Anonymity) -> None:
    weaker = wanted.strength < challenge.anonymity.strength
    if weaker and has_ideas(session, challenge.id):
        raise AnonymityPromised


def publish_challenge(actor: Actor, challenge_id: int) -> None:
    """Publish a draft: its code works, its journal begins, its first phase starts, its seed ideas enter the round.

    :raise Conflict: if it is published already.
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(transaction.session, actor, challenge_id)
        if challenge.published_at:
            raise Conflict
        round = current_round(transaction.session, challenge_id)
        open_challenge(chain, round, actor)
        _add_seed_ideas(chain, round)


def _add_seed_ideas(chain: journal.Chain, round: Round) -> None:
    """Add the draft's seed ideas to the round and empty the list, so that an erased idea leaves no copy."""
    lines = _lines(chain.challenge.seed_ideas, idea_rules_of(chain.challenge))
    chain.challenge.seed_ideas = ""
    if lines:
        add_seed_lines(chain, round, lines)


def open_challenge(chain: journal.Chain, round: Round, actor: Actor) -> None:
    """Begin the journal and start the first phase."""
    challenge = chain.challenge
    challenge.published_at = clock.now()
    start_phase(round.phase, challenge.published_at)
    body = {
        "rules": rules_digest(challenge, round),
        "questions": [[q.id, q.rule, q.options] for q in round.questions],
        "live": round.live_ranking,
        "eligible": "code",
        "ends": [_ms(p.ends_at) for p in round.phases],
        "origin": str(round.origin),
    }
    seq = chain.append("open", body, round)
    chain.touch(seq, [challenge.handle, round.handle], [journal.ROOM, journal.FACILITATORS])
    chain.transaction.record(ChallengePublished(challenge.id, round.id, actor))
    chain.transaction.record(PhaseEntered(challenge.id, round.id, round.position, actor))


def rules_digest(challenge: Challenge, round: Round) -> str:
    """SHA-256 (hex) over the promises: texts, anonymity, approval, phases, questions, and how counts are shown."""
    promised = {
        "title": challenge.title,
        "brief": challenge.brief,
        "rules": challenge.rules,
        "prize": challenge.prize,
        "anonymity": str(challenge.anonymity),
        "approval": challenge.approval,
        "phases": [
            [p.name, p.activities, p.others_visible, p.seconds, p.advances, _ms(p.ends_at)] for p in round.phases
        ],
        "ideas": [challenge.idea_title_max, challenge.idea_text, str(challenge.idea_image)],
        "questions": [[q.rule, q.prompt, q.options] for q in round.questions],
        "live_ranking": round.live_ranking,
        "auto_close": round.auto_close,
    }
    return hashlib.sha256(journal.canonical(promised)).hexdigest()


def _ms(instant: datetime | None) -> int | None:
    return clock.to_ms(instant) if instant else None


def delete_draft(actor: Actor, challenge_id: int) -> None:
    """Delete a draft.

    :raise Conflict: if it is published: a challenge with participants stays.
    """
    with write() as transaction:
        session = transaction.session
        challenge = policy.require_facilitator(session, actor, challenge_id)
        if challenge.published_at:
            raise Conflict
        session.delete(current_round(session, challenge_id))
        session.flush()
        session.delete(challenge)
