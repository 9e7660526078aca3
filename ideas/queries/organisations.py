"""Organisations of an account, and members of an organisation."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Account, Member, Organisation, Role


@dataclass(frozen=True)
class OrganisationRow:
    id: int
    name: str
    role: Role


@dataclass(frozen=True)
class MemberRow:
    id: int
    account_id: int
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
        select(Member.id, Account.id, Account.email, Member.role)
        .join(Account)
        .where(Member.organisation_id == organisation_id)
        .order_by(Member.role.desc(), Account.email)  # owners first
    )
    return [MemberRow(*row) for row in rows]
