"""Duplicating a challenge: a new draft with the settings of an existing challenge, and with nothing that people did."""

from dataclasses import replace

from ideas import journal, pictures, policy
from ideas.actor import Actor
from ideas.database import write
from ideas.models import STEERING, Challenge, Round
from ideas.queries.rounds import first_round
from ideas.services.challenges import ChallengeForm, add_draft, settings_of
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
        challenge = policy.role_access(session, actor, challenge_id, STEERING).challenge
        title = f"{shortened(challenge.title, TITLE_MAX - len(mark) - 1)} {mark}"
        form = replace(lasting_settings(challenge, first_round(session, challenge_id)), title=title)
        copy = add_draft(transaction, challenge.organisation_id, form, form.texts(), actor.account_id)
        pictures.copy_picture(session, challenge, copy)
        return copy.id


def lasting_settings(challenge: Challenge, round: Round) -> ChallengeForm:
    """The settings that another challenge can have, without dates and starting ideas. A copy of a rehearsal is meant
    for real people.
    """
    settings = settings_of(challenge, round)
    phases = tuple(replace(plan, ends_at=None) for plan in settings.plans)
    conditions = replace(settings.conditions, answer_at=None)
    dateless = replace(settings, phases=phases, conditions=conditions, starts_at=None)
    return replace(dateless, seed_ideas="", is_rehearsal=False)
