"""The addresses of a challenge, its slugs and codes: give new ones, find a challenge by one."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideas import codes
from ideas.models import Address, AddressKind, Challenge
from ideas.slugs import free_slug, slug_of


def challenge_at(session: Session, kind: AddressKind, text: str) -> Challenge | None:
    """The challenge that has or had this slug or code."""
    return session.scalar(select(Challenge).join(Address).where(Address.kind == kind, Address.text == text))


def new_code(session: Session) -> str:
    """A code that no challenge has or had."""
    while True:
        code = codes.new_code()
        if challenge_at(session, AddressKind.CODE, code) is None:
            return code


def keep_code(session: Session, challenge: Challenge) -> None:
    """Store the present code of a stored challenge as one of its addresses."""
    session.add(Address(kind=AddressKind.CODE, text=challenge.code, challenge_id=challenge.id))


def give_slug(session: Session, challenge: Challenge) -> None:
    """Give a stored challenge the slug of its title. A slug that it had before is free for it."""
    near = select(Address.text, Address.challenge_id).where(
        Address.kind == AddressKind.SLUG, Address.text.startswith(slug_of(challenge.title), autoescape=True)
    )
    found = dict(session.execute(near).tuples().all())
    taken = {text for text, challenge_id in found.items() if challenge_id != challenge.id}
    challenge.slug = free_slug(challenge.title, taken)
    while challenge.slug not in found and not _is_kept(session, challenge):
        taken.add(challenge.slug)
        challenge.slug = free_slug(challenge.title, taken)


def _is_kept(session: Session, challenge: Challenge) -> bool:
    """Store the slug as an address. False if another process took it since it was looked up."""
    try:
        with session.begin_nested():
            session.add(Address(kind=AddressKind.SLUG, text=challenge.slug, challenge_id=challenge.id))
    except IntegrityError:
        return False
    return True
