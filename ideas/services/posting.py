"""Posting a challenge in steps: each step stores its own part of a draft, and a draft may stay incomplete."""

import hashlib
from dataclasses import fields, replace

from ideas import journal, pictures, policy
from ideas.actor import Actor
from ideas.addresses import give_slug
from ideas.blueprints import CHOICES
from ideas.database import write
from ideas.errors import Changed, Conflict, Problems
from ideas.models import STEERING, Challenge, PostingStep, Round
from ideas.pictures import UNCHANGED, PictureChange
from ideas.queries.rounds import current_round
from ideas.services.challenges import (
    ChallengeForm,
    add_draft,
    ask_anew,
    encoded_of,
    encoded_of_new,
    require_country,
    revise_draft,
    settings_of,
)
from ideas.services.phases import checked_plans, replace_phases

# The fields of `ChallengeForm` that a step stores. The conditions are all others.
_PARTS: dict[PostingStep, set[str]] = {
    PostingStep.CHALLENGE: {"title", "brief", "picture_words", "language", "category", "tags"},
    PostingStep.WAY: {"blueprint", "phases", "ideas", "seed_ideas", "questions", "live_ranking", "auto_close"},
    PostingStep.PEOPLE: {
        *("visibility", "anonymity", "approval", "capacity", "is_rehearsal", "retention"),
        *("starts_at", "starts_at_once"),
    },
}
_PARTS[PostingStep.CONDITIONS] = {each.name for each in fields(ChallengeForm)} - set().union(*_PARTS.values())
_PARTS[PostingStep.CONDITIONS] -= {"closes_at"}


def begin_posting(actor: Actor, organisation_id: int, part: ChallengeForm, picture: PictureChange = UNCHANGED) -> int:
    """Store a draft after the first step, with the defaults of all other fields.

    :return: the challenge's id.
    :raise NotFound: if the actor is no member. :raise Invalid: for a bad field. :raise ImageRefused: :raise Busy:
    """
    form = _with_part(ChallengeForm(title=""), PostingStep.CHALLENGE, part)
    texts = form.texts()
    encoded = encoded_of_new(actor, organisation_id, picture)
    with write() as transaction:
        policy.require_role(transaction.session, actor, organisation_id, STEERING)
        challenge = add_draft(transaction, organisation_id, form, texts, actor.account_id)
        pictures.change_picture(transaction.session, challenge, encoded, drop=False)
        challenge.step = PostingStep.WAY
        return challenge.id


def save_step(
    actor: Actor,
    challenge_id: int,
    step: PostingStep,
    part: ChallengeForm,
    *,
    then: PostingStep,
    seen: str | None,
    picture: PictureChange = UNCHANGED,
) -> None:
    """Store the part of a draft that belongs to a step; `part` has defaults in all other fields. The draft is continued
    at `then`. `seen` is the version of the part (`version_of`) with which the edit began.

    Problems of other parts do not refuse it, unless this part makes them: a start that has passed meanwhile is for the
    check before the publication.

    :raise Conflict: if the challenge is published, or a template. :raise Changed: if somebody else changed the part
        since. :raise Invalid: for a bad field. :raise ImageRefused: :raise Busy:
    """
    _problems_alone(step, part).refuse()  # a picture is not encoded for a part that is refused anyway
    encoded = encoded_of(actor, challenge_id, picture)
    with write() as transaction:
        session = transaction.session
        journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(session, actor, challenge_id)
        if challenge.published_at or challenge.is_template:
            raise Conflict
        round = current_round(session, challenge_id)
        settings = settings_of(challenge, round)
        if seen is not None and seen != version_of(challenge, round, step):
            raise Changed
        form = _with_part(settings, step, part)
        _problems_of(settings, form, step, part).refuse()
        require_country(session, form, challenge)
        revise_draft(challenge, round, form, form.read()[0])
        if step == PostingStep.CHALLENGE:
            give_slug(session, challenge)
            pictures.change_picture(session, challenge, encoded, drop=picture.drop)
        if step in (PostingStep.WAY, PostingStep.CONDITIONS):
            ask_anew(session, round, form)
        if step == PostingStep.WAY:
            replace_phases(session, round, 0, checked_plans(form.plans))
        challenge.step = then


def version_of(challenge: Challenge, round: Round, step: PostingStep) -> str:
    """The version of the part of a stored draft that a step edits: another one after any change."""
    settings = settings_of(challenge, round)
    part = [(name, getattr(settings, name)) for name in sorted(_PARTS[step])]
    if step == PostingStep.CHALLENGE:
        part.append(("picture", challenge.picture_id))
    return hashlib.sha256(repr(part).encode()).hexdigest()[:16]


def _with_part(settings: ChallengeForm, step: PostingStep, part: ChallengeForm) -> ChallengeForm:
    """The settings with the part of a step. A new blueprint proposes how the challenge starts, unless it has a time."""
    form = replace(settings, **{name: getattr(part, name) for name in _PARTS[step]})
    if step == PostingStep.WAY and form.blueprint != settings.blueprint and form.blueprint in CHOICES:
        at_once = CHOICES[form.blueprint].starts_at_once and form.starts_at is None
        form = replace(form, starts_at_once=at_once)
    return form


def _problems_of(settings: ChallengeForm, form: ChallengeForm, step: PostingStep, part: ChallengeForm) -> Problems:
    """The problems of a part alone, and those that it makes together with the other parts."""
    before = settings.read()[1]
    made = {field: problem for field, problem in form.read()[1].items() if before.get(field) != problem}
    found = Problems(_problems_alone(step, part) | made)
    if step == PostingStep.PEOPLE and any(field.startswith("phase-") for field in found):
        return Problems({"starts_at": "after_a_phase"} | {f: p for f, p in found.items() if not f.startswith("phase-")})
    return found


def _problems_alone(step: PostingStep, part: ChallengeForm) -> Problems:
    blank = ChallengeForm(title="-")
    return replace(blank, **{name: getattr(part, name) for name in _PARTS[step]}).read()[1]
