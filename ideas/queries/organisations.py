"""Organisations of an account, and members of an organisation."""

from dataclasses import dataclass

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from ideas.models import Account, Member, Organisation, Role

# Owners first, viewers last.
_FIRST = case((Member.role == Role.OWNER, 0), (Member.role == Role.MODERATOR, 1), else_=2)


@dataclass(frozen=True)
class OrganisationRow:
    id: int
    name: str
    role: Role


@dataclass(frozen=True)
class MemberRow:
    id: int
    account_id: int
    name: str  # the chosen one, or the address
    email: str
    role: Role


def organisations_of(session: Session, account_id: int) -> list[OrganisationRow]:
    rows = session.execute(
        select(Organisation.id, Organisation.name, Member.role)
        .join(Member)
        .where(Member.account_id == account_id)
        .order_by(Organisation.name)
    )
    return [OrganisationRow(*row) for row in rows]


def members_of(session: Session, organisation_id: int) -> list[MemberRow]:
    rows = session.execute(
        select(Member.id, Account.id, Account.shown_name, Account.email, Member.role)
        .join(Account)
        .where(Member.organisation_id == organisation_id)
        .order_by(_FIRST, Account.email)
    )
    return [MemberRow(*row) for row in rows]
