"""Ideas of those who have no device or no name in the room: a facilitator enters them for a stand-in participant."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import images, journal, policy
from ideas.actor import Actor
from ideas.database import db, write
from ideas.models import Activity, Challenge, EntryStatus, Participant, Tier
from ideas.offload import run_blocking
from ideas.services import operations
from ideas.services.challenges import current_round
from ideas.services.ideas import IdeaForm, Written, enter, require_ruled
from ideas.services.participants import new_participant, new_person
from ideas.texts import name_key

# Under which name an idea stands that a hall called out, in the language of the question.
HALL_NAMES = {"en": "From the hall", "de": "Aus dem Saal"}


def enter_for_hall(actor: Actor, challenge_id: int, form: IdeaForm, op: str) -> int:
    """Hand in an idea that somebody without a device called out; the same `op` again changes nothing.

    It follows the phase like any other: in a silent one it is sealed, and not even whoever typed it sees it again
    before the reveal. It needs no approval: a facilitator wrote it.

    :return: the idea's id.
    :raise PhaseForbids: :raise RoundClosed: :raise Invalid: :raise ImageRefused: :raise Forbidden: :raise NotFound:
    """
    op = operations.checked_op(op)
    title, text = form.texts()
    picture = _encoded(actor, challenge_id, form.image)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        author = stand_in(session, chain.challenge, Tier.HALL, _hall_name(chain.challenge))
        before = operations.answer_before(session, author, op, "idea")
        if before is not None:
            return before
        round = current_round(session, challenge_id)
        policy.require_permits(round, Activity.WRITE)
        require_ruled(chain.challenge, title, text, has_image=picture is not None)
        idea = enter(chain, round, author, Written(title, text, picture), EntryStatus.VISIBLE)
        operations.remember(session, author, op, "idea", idea.id)
        chain.act("hall", idea.handle, actor, "", chain.challenge.seq)
        return idea.id


def stand_in(session: Session, challenge: Challenge, tier: Tier, name: str) -> Participant:
    """The one participant of a challenge who stands for those of a tier; made when it is first needed."""
    found = session.scalar(select(Participant).filter_by(challenge_id=challenge.id, tier=tier))
    if found is None:
        found = new_participant(challenge.id, new_person(session).id, _free_name(session, challenge, name), tier)
        session.add(found)
        session.flush()
    return found


def _free_name(session: Session, challenge: Challenge, name: str) -> str:
    """The name, or with a number behind it where somebody in the room has taken it."""
    taken = set(session.scalars(select(Participant.name_key).filter_by(challenge_id=challenge.id)))
    n, free = 1, name
    while name_key(free) in taken:
        n += 1
        free = f"{name} {n}"
    return free


def _hall_name(challenge: Challenge) -> str:
    return HALL_NAMES.get(challenge.language.split("-")[0], HALL_NAMES["en"])


def _encoded(actor: Actor, challenge_id: int, upload: bytes | None) -> images.Encoded | None:
    """The picture of an upload; nobody but a facilitator makes the server do that work."""
    if upload is None:
        return None
    policy.require_facilitator(db.session(), actor, challenge_id)
    db.session.rollback()  # hold no read transaction while the picture is made
    return run_blocking(images.encode, upload)
