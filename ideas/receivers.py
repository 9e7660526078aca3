"""The people to whom mails about news may go: those with a confirmed address who did not switch mails off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from ideas.locales import Locale
from ideas.models import MAILS, OF_NEWS, Account, GuestAddress, Mail, MailKind, Person, SwitchedOff

# The mails that go to the address of a guest.
TO_GUESTS = (*OF_NEWS, MailKind.ADDRESS)


@dataclass(frozen=True)
class Receiver:
    """A person with an address. `account_id` is None for a guest, who gets a private link with `return_nonce`."""

    person_id: int
    account_id: int | None
    email: str
    locale: Locale
    return_nonce: str

    @property
    def target(self) -> int | str:
        """The receiver as the mail queue takes it."""
        return self.account_id or self.email


def receivers(session: Session, people: Select[tuple[int]] | Sequence[int]) -> list[Receiver]:
    """Those of these persons who get mails about news."""
    refused = select(SwitchedOff.person_id).filter_by(topic=MAILS)
    query = (
        select(Person, Account, GuestAddress)
        .outerjoin(Account, Account.id == Person.account_id)
        .outerjoin(GuestAddress, GuestAddress.person_id == Person.id)
        .where(Person.id.in_(people), Person.id.not_in(refused))
        .where(or_(Account.confirmed_at.is_not(None), Account.id.is_(None) & GuestAddress.confirmed_at.is_not(None)))
        .order_by(Person.id)
    )
    return [_receiver(*row) for row in session.execute(query)]


def _receiver(person: Person, account: Account | None, address: GuestAddress | None) -> Receiver:
    of = account or person
    email = account.email if account else address.email if address else ""
    account_id = account.id if account else None
    return Receiver(person.id, account_id, email, Locale(of.language, of.time_zone), person.return_nonce)


def switched_off(session: Session, person_id: int) -> set[tuple[int | None, str]]:
    """`{(challenge or None, topic)}`: what a person switched off."""
    query = select(SwitchedOff.challenge_id, SwitchedOff.topic).filter_by(person_id=person_id)
    return {*session.execute(query).tuples()}


def forget_address(session: Session, person_id: int) -> None:
    """Delete the address of a guest, and what waits to be sent there."""
    address = session.get(GuestAddress, person_id)
    if address is not None:
        session.execute(delete(Mail).where(Mail.address == address.email, Mail.kind.in_(TO_GUESTS)))
        session.delete(address)
        session.flush()


def forget_mails(session: Session, people: Iterable[int]) -> None:
    """Delete everything that mails about news need of these persons."""
    for person_id in people:
        forget_address(session, person_id)
        session.execute(delete(SwitchedOff).filter_by(person_id=person_id))
