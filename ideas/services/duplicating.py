"""Duplicating a challenge: a new draft with the settings of an existing challenge, and with nothing that people did."""

from dataclasses import replace

from ideas import journal, policy
from ideas.actor import Actor
from ideas.blueprints import (
    CHOICES,
    PRIORITISE,
    PhasePlan,
    QuestionPlan,
    criterion_plan_of,
    idea_rules_of,
    plan_of,
)
from ideas.database import write
from ideas.models import Challenge, Phase, Round
from ideas.prizes import prize_rules_of
from ideas.queries.rounds import first_round
from ideas.services.challenges import CAPACITY_MAX, ChallengeForm, add_draft
from ideas.texts import TITLE_MAX, shortened


def duplicate_challenge(actor: Actor, challenge_id: int, mark: str) -> int:
    """Store a draft with the settings of a challenge, in any state of it, in the same organisation.

    `mark` follows the title ("(copy)"). The plan is the one of the first round: later rounds go on with ideas of an
    earlier one, and a draft has none. Dates would be over or meaningless, so phases that end at one have no end, and a
    facilitator starts what began at a time.

    :return: the id of the draft.
    :raise NotFound: if the actor is no member.
    """
    with write() as transaction:
        session = transaction.session
        journal.locked(transaction, challenge_id)  # no other change may come between the rows that are read
        challenge = policy.member_access(session, actor, challenge_id).challenge
        form = _form_of(challenge, first_round(session, challenge_id), mark)
        return add_draft(transaction, challenge.organisation_id, form, form.texts(), actor.account_id).id


def _form_of(challenge: Challenge, round: Round, mark: str) -> ChallengeForm:
    """The settings as somebody would enter them. A copy of a rehearsal is meant for real people."""
    return ChallengeForm(
        title=f"{shortened(challenge.title, TITLE_MAX - len(mark) - 1)} {mark}",
        brief=challenge.brief,
        rules=challenge.rules,
        prize=challenge.prize,
        language=challenge.language,
        # An import had its ideas at the start, as where a company provides them.
        blueprint=challenge.blueprint if challenge.blueprint in CHOICES else PRIORITISE.name,
        visibility=challenge.visibility,
        anonymity=challenge.anonymity,
        approval=challenge.approval,
        capacity=min(challenge.capacity, CAPACITY_MAX),
        phases=tuple(map(_undated, round.phases[:-1])),
        ideas=idea_rules_of(challenge),
        questions=tuple(QuestionPlan(each.rule, each.prompt, each.options) for each in round.questions),
        criteria=tuple(map(criterion_plan_of, round.criteria)),
        jury_percent=round.jury_percent,
        live_ranking=round.live_ranking,
        auto_close=round.auto_close,
        retention=challenge.retention,
        prizes=prize_rules_of(challenge),
        starts_at_once=round.starts_at_once,
    )


def _undated(phase: Phase) -> PhasePlan:
    return replace(plan_of(phase), ends_at=None)
