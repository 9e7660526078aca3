"""Templates of an organisation: the settings of a challenge under a name, from which other drafts start.

A template is a draft that is never published (`Challenge.is_template`), so it has every setting that a challenge has,
and is changed on the same page.
"""

from dataclasses import replace

from ideas import journal, pictures, policy
from ideas.actor import Actor
from ideas.database import Transaction, write
from ideas.errors import Conflict, Invalid, NotFound
from ideas.models import STEERING, Challenge
from ideas.queries.rounds import current_round, first_round
from ideas.queries.templates import templates_of
from ideas.services.challenges import add_draft, ask_anew, remove_draft, revise_draft
from ideas.services.duplicating import lasting_settings
from ideas.services.phases import checked_plans, replace_phases
from ideas.texts import one_line

NAME_MAX = 60
TEMPLATES_MAX = 50  # of an organisation


def save_template(actor: Actor, challenge_id: int, name: str) -> int:
    """Store the settings of a challenge, in any state of it, as a template of its organisation.

    :return: the id of the template.
    :raise NotFound: if the actor is no member. :raise Invalid: for a bad name, or with too many templates.
    """
    with write() as transaction:
        session = transaction.session
        journal.locked(transaction, challenge_id)
        challenge = policy.role_access(session, actor, challenge_id, STEERING).challenge
        title = _free_name(transaction, challenge.organisation_id, name, None)
        form = replace(lasting_settings(challenge, first_round(session, challenge_id)), title=title)
        template = add_draft(transaction, challenge.organisation_id, form, form.texts(), actor.account_id)
        template.is_template = True
        pictures.copy_picture(session, challenge, template)
        return template.id


def rename_template(actor: Actor, template_id: int, name: str) -> None:
    """:raise NotFound: if it is no template of the actor's organisation. :raise Invalid: for a bad name."""
    with write() as transaction:
        template = _template(transaction, actor, template_id)
        template.title = _free_name(transaction, template.organisation_id, name, template.id)


def delete_template(actor: Actor, template_id: int) -> None:
    """Delete a template; drafts that started from it keep their settings.

    :raise NotFound: if it is no template of the actor's organisation.
    """
    with write() as transaction:
        remove_draft(transaction.session, _template(transaction, actor, template_id))


def apply_template(actor: Actor, challenge_id: int, template_id: int) -> None:
    """Give a draft the settings of a template. Its own words, picture, language, category and tags stay; a text
    or picture that it does not have yet comes from the template.

    :raise NotFound: if it is no template of the same organisation. :raise Conflict: if the challenge is published.
    """
    with write() as transaction:
        session = transaction.session
        journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(session, actor, challenge_id)
        template = _template(transaction, actor, template_id)
        if template.organisation_id != challenge.organisation_id or challenge.is_template:
            raise NotFound
        if challenge.published_at:
            raise Conflict
        round = current_round(session, challenge_id)
        settings = lasting_settings(template, current_round(session, template_id))
        form = replace(
            settings,
            title=challenge.title,
            brief=challenge.brief or settings.brief,
            picture_words=challenge.picture_words if challenge.picture else settings.picture_words,
            language=challenge.language,
            category=challenge.category or settings.category,
            tags=tuple(challenge.tags) or settings.tags,
            seed_ideas=challenge.seed_ideas,
        )
        revise_draft(challenge, round, form, form.texts())
        if not challenge.picture:
            pictures.copy_picture(session, template, challenge)
        ask_anew(session, round, form)
        replace_phases(session, round, 0, checked_plans(form.plans))


def _template(transaction: Transaction, actor: Actor, template_id: int) -> Challenge:
    found = policy.role_access(transaction.session, actor, template_id, STEERING).challenge
    if not found.is_template:
        raise NotFound
    return found


def _free_name(transaction: Transaction, organisation_id: int, typed: str, own_id: int | None) -> str:
    name = one_line("name", typed, NAME_MAX, required=True)
    others = [row for row in templates_of(transaction.session, organisation_id) if row.id != own_id]
    if name.casefold() in {row.name.casefold() for row in others}:
        raise Invalid(name="name_taken_by_template")
    if own_id is None and len(others) >= TEMPLATES_MAX:
        raise Invalid(name="too_many_templates")
    return name
