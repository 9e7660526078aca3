"""What operators see of the installation: accounts, organisations, storage and their log. No content of challenges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, lazyload

from ideas import clock, policy
from ideas.database import alias_of
from ideas.installation import ANNOUNCED, retention_rule
from ideas.models import (
    Account,
    Act,
    Challenge,
    Device,
    Idea,
    IdeaVersion,
    Image,
    Lease,
    Mail,
    MailKind,
    MailState,
    Member,
    OperatorAct,
    Organisation,
    Participant,
    Person,
    Retention,
    RetentionAct,
    Role,
    Round,
    StoredFile,
)
from ideas.queries.pages import ListPage, PageQuery

Instants = Mapping[int, datetime]


@dataclass(frozen=True)
class AccountRow:
    """An account in the operators' list. `organisations` is the number of those that it is a member of."""

    id: int
    email: str
    created_at: datetime
    is_confirmed: bool
    is_disabled: bool
    is_operator: bool
    organisations: int


@dataclass(frozen=True)
class MembershipRow:
    organisation: str
    role: Role


@dataclass(frozen=True)
class AccountSheet:
    """An account as its operator sees it. `browsers` is the number of those that are signed in."""

    row: AccountRow
    disabled_at: datetime | None
    disabled_reason: str
    language: str | None
    memberships: list[MembershipRow]
    browsers: int


@dataclass(frozen=True)
class OrganisationUse:
    """What an organisation uses. `name` is "" for what is left of a deleted one. `pictures` is in bytes; `active_on` is
    to be shown as a day.
    """

    id: int
    name: str
    created_at: datetime
    members: int
    people: int
    challenges: int
    pictures: int
    active_on: datetime


@dataclass(frozen=True)
class RetentionEffect:
    """What a new rule does to challenges that are closed: how many it erases or deletes, the first one at this instant,
    and `soon` of them as early as it may.
    """

    number: int = 0
    soon: int = 0
    first_at: datetime | None = None


@dataclass(frozen=True)
class LogRow:
    """An act of an operator. `by` and `about` are addresses, "" where the account is gone or none was meant."""

    kind: str
    by: str
    is_command: bool
    about: str
    about_id: int | None
    details: Mapping[str, str | int]
    at: datetime


@dataclass(frozen=True)
class Totals:
    """The numbers of the overview. `database`, `pictures` and `files` are in bytes; `revision` is that of the tables.

    `left_work` names the work of leases that ran out and that no process took over.
    """

    organisations: int
    accounts: int
    disabled: int
    waiting: int
    failed: int
    oldest_waiting: datetime | None
    database: int
    pictures: int
    picture_count: int
    revision: str
    left_work: tuple[str, ...] = ()
    files: int = 0
    file_count: int = 0


def totals(session: Session) -> Totals:
    """Six statements, whatever there is."""
    mails = {
        state: (number, oldest)
        for state, number, oldest in session.execute(
            select(Mail.state, func.count(), func.min(Mail.created_at))
            .where(Mail.state != MailState.SENT)
            .group_by(Mail.state)
        )
    }
    number, size = session.execute(select(func.count(), func.coalesce(func.sum(func.length(Image.data)), 0))).one()
    contents = select(func.max(StoredFile.size).label("size")).group_by(StoredFile.digest).subquery()
    file_count, files = session.execute(select(func.count(), func.coalesce(func.sum(contents.c.size), 0))).one()
    organisations, accounts, disabled = session.execute(
        select(
            select(func.count()).select_from(Organisation).where(Organisation.name != "").scalar_subquery(),
            select(func.count()).select_from(Account).scalar_subquery(),
            select(func.count()).select_from(Account).where(Account.disabled_at.is_not(None)).scalar_subquery(),
        )
    ).one()
    unsent = [mails[state] for state in (MailState.WAITING, MailState.SENDING) if state in mails]
    return Totals(
        organisations=organisations,
        accounts=accounts,
        disabled=disabled,
        waiting=sum(number for number, _ in unsent),
        failed=mails.get(MailState.FAILED, (0, None))[0],
        oldest_waiting=min((oldest for _, oldest in unsent), default=None),
        database=_database_size(session),
        pictures=int(size),
        picture_count=number,
        revision=session.scalar(text("SELECT version_num FROM alembic_version")) or "",
        left_work=tuple(session.scalars(select(Lease.name).where(Lease.until < clock.now()).order_by(Lease.name))),
        files=int(files),
        file_count=file_count,
    )


def _database_size(session: Session) -> int:
    asked = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    return int(session.execute(text(asked[session.get_bind().dialect.name])).scalar_one())


def accounts_page(session: Session, asked: PageQuery) -> ListPage[AccountRow]:
    """The accounts whose address contains the search, the latest first."""
    query = select(Account).order_by(Account.id.desc())
    all_ = session.scalar(select(func.count()).select_from(Account)) or 0
    if asked.search:
        query = query.where(Account.email.contains(asked.search.lower(), autoescape=True))
    rows, asked, found = _cut(session, query, asked)
    accounts: list[Account] = [row[0] for row in rows]
    belongs = _counts(session, Member.account_id, [account.id for account in accounts])
    return ListPage([_row(account, belongs.get(account.id, 0)) for account in accounts], asked, found, all_)


def _row(account: Account, organisations: int) -> AccountRow:
    return AccountRow(
        id=account.id,
        email=account.email,
        created_at=account.created_at,
        is_confirmed=account.confirmed_at is not None,
        is_disabled=account.disabled_at is not None,
        is_operator=policy.is_operator(account),
        organisations=organisations,
    )


def account_sheet(session: Session, account_id: int) -> AccountSheet | None:
    """One account; None if there is none."""
    account = session.get(Account, account_id)
    if account is None:
        return None
    belongs = select(Organisation.name, Member.role).join(Member, Member.organisation_id == Organisation.id)
    rows = session.execute(belongs.where(Member.account_id == account_id).order_by(Organisation.name))
    memberships = [MembershipRow(*row) for row in rows]
    browsers = select(func.count()).select_from(Device).join(Person, Person.id == Device.person_id)
    return AccountSheet(
        row=_row(account, len(memberships)),
        disabled_at=account.disabled_at,
        disabled_reason=account.disabled_reason,
        language=account.language,
        memberships=memberships,
        browsers=session.scalar(browsers.where(Person.account_id == account_id)) or 0,
    )


def organisations_page(session: Session, asked: PageQuery) -> ListPage[OrganisationUse]:
    """What organisations use, the latest first; nine statements for any number of them."""
    query = select(Organisation).order_by(Organisation.id.desc())
    all_ = session.scalar(select(func.count()).select_from(Organisation)) or 0
    if asked.search:
        query = query.where(func.lower(Organisation.name).contains(asked.search.lower(), autoescape=True))
    rows, asked, found = _cut(session, query, asked)
    organisations: list[Organisation] = [row[0] for row in rows]
    ids = [organisation.id for organisation in organisations]
    members = _counts(session, Member.organisation_id, ids)
    challenges = _counts(session, Challenge.organisation_id, ids)
    people, pictures, active = _people(session, ids), _pictures(session, ids), _activity(session, ids)
    return ListPage(
        [
            OrganisationUse(
                id=of.id,
                name=of.name,
                created_at=of.created_at,
                members=members.get(of.id, 0),
                people=people.get(of.id, 0),
                challenges=challenges.get(of.id, 0),
                pictures=pictures.get(of.id, 0),
                active_on=max(of.created_at, active.get(of.id, of.created_at)),
            )
            for of in organisations
        ],
        asked,
        found,
        all_,
    )


def _people(session: Session, organisations: list[int]) -> dict[int, int]:
    """The persons who take part in a challenge of an organisation, each of them once."""
    query = select(Challenge.organisation_id, func.count(Participant.person_id.distinct()))
    query = query.join(Participant, Participant.challenge_id == Challenge.id)
    query = query.where(Challenge.organisation_id.in_(organisations), Participant.left_at.is_(None))
    return dict(session.execute(query.group_by(Challenge.organisation_id)).tuples().all())


def _pictures(session: Session, organisations: list[int]) -> dict[int, int]:
    """The bytes of the pictures of an organisation's challenges and of the ideas in them; several versions of an idea
    may have the same picture.
    """
    used = (
        select(Challenge.organisation_id, IdeaVersion.image_id)
        .join(Idea, Idea.challenge_id == Challenge.id)
        .join(IdeaVersion, IdeaVersion.idea_id == Idea.id)
        .where(Challenge.organisation_id.in_(organisations), IdeaVersion.image_id.is_not(None))
        .distinct()
        .subquery()
    )
    query = select(used.c.organisation_id, func.sum(func.length(Image.data)))
    query = query.join(Image, Image.id == used.c.image_id).group_by(used.c.organisation_id)
    found = {organisation: int(size or 0) for organisation, size in session.execute(query)}
    own = select(Challenge.organisation_id, func.sum(func.length(Image.data))).join(
        Image, Image.id == Challenge.picture_id
    )
    own = own.where(Challenge.organisation_id.in_(organisations)).group_by(Challenge.organisation_id)
    for organisation, size in session.execute(own):
        found[organisation] = found.get(organisation, 0) + int(size)
    return found


def _activity(session: Session, organisations: list[int]) -> dict[int, datetime]:
    """The latest sign of life in an organisation's challenges: a challenge, a person, an idea, an act."""
    found: dict[int, datetime] = {}
    of = Challenge.organisation_id
    for latest in (
        select(of, func.max(Challenge.created_at)),
        select(of, func.max(Participant.joined_at)).join(Participant, Participant.challenge_id == Challenge.id),
        select(of, func.max(Idea.created_at)).join(Idea, Idea.challenge_id == Challenge.id),
        select(of, func.max(Act.at)).join(Act, Act.chain_id == Challenge.chain_id),
    ):
        for organisation, at in session.execute(latest.where(of.in_(organisations)).group_by(of)):
            found[organisation] = max(at, found.get(organisation, at))
    return found


@dataclass(frozen=True)
class MailRow:
    """A mail that is not sent. `receiver` is an address, "" once the mail has lost it; the day is all of its time."""

    id: int
    kind: MailKind
    receiver: str
    is_failed: bool
    is_being_sent: bool
    error: str
    created_at: datetime


def mails_page(session: Session, asked: PageQuery, *, failed: bool) -> ListPage[MailRow]:
    """The mails that failed for good, or those that wait; the oldest first."""
    states = [MailState.FAILED] if failed else [MailState.WAITING, MailState.SENDING]
    query = (
        select(Mail, Account.email)
        .outerjoin(Account, Account.id == Mail.account_id)
        .where(Mail.state.in_(states))
        .order_by(Mail.created_at, Mail.id)
    )
    rows, asked, found = _cut(session, query, asked)
    return ListPage(
        [
            MailRow(
                id=mail.id,
                kind=mail.kind,
                receiver=mail.address or email or "",
                is_failed=mail.state == MailState.FAILED,
                is_being_sent=mail.state == MailState.SENDING,
                error=mail.error or "",
                created_at=mail.created_at,
            )
            for mail, email in rows
        ],
        asked,
        found,
        found,
    )


def retention_effect(session: Session, rule: Retention | None) -> RetentionEffect:
    """What this rule would do to the closed challenges, beyond what their own rules and the present one do."""
    if rule is None:
        return RetentionEffect()
    present, soonest = retention_rule(), clock.now() + ANNOUNCED
    wanted = replace(rule, not_before=soonest)
    query = select(Challenge, func.max(Round.closed_at), func.count(case((Round.closed_at.is_(None), 1))))
    query = query.join(Round, Round.challenge_id == Challenge.id).group_by(Challenge.id)
    query = query.options(lazyload(Challenge.chain))  # it would have to be grouped by, too
    due: list[datetime] = []
    for challenge, closed_at, running in session.execute(query.having(func.count(Round.closed_at) > 0)):
        if running or (rule.act == RetentionAct.ANONYMISE and challenge.anonymised_at is not None):
            continue
        at = wanted.due_at(closed_at)
        if not any(_does_as_much(of, rule, at, closed_at) for of in challenge.retentions(present)):
            due.append(at)
    return RetentionEffect(len(due), sum(at <= soonest for at in due), min(due, default=None))


def _does_as_much(of: Retention, rule: Retention, at: datetime, closed_at: datetime) -> bool:
    """Whether another rule does the same or more, not later than `at`."""
    return of.act.strength >= rule.act.strength and of.due_at(closed_at) <= at


def log_page(session: Session, asked: PageQuery) -> ListPage[LogRow]:
    """The acts of operators, the latest first."""
    subject, account = alias_of(Account, "subject"), alias_of(Account, "doer")
    query = (
        select(OperatorAct, account.email, subject.email)
        .outerjoin(account, account.id == OperatorAct.account_id)
        .outerjoin(subject, subject.id == OperatorAct.concerns)
        .order_by(OperatorAct.id.desc())
    )
    rows, asked, found = _cut(session, query, asked)
    return ListPage(
        [
            LogRow(act.kind, by or "", act.is_command, about or "", act.concerns, act.details, act.at)
            for act, by, about in rows
        ],
        asked,
        found,
        found,
    )


def _cut(session: Session, query: Select[Any], asked: PageQuery) -> tuple[list[Row[Any]], PageQuery, int]:
    """The rows of the page that is asked for, or of the last one if there are fewer."""
    found = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = max(1, min(asked.page, -(-found // asked.size)))
    rows = session.execute(query.limit(asked.size).offset((page - 1) * asked.size)).all()
    return list(rows), replace(asked, page=page), found


def _counts(session: Session, column: InstrumentedAttribute[int], ids: list[int]) -> dict[int, int]:
    """`{id: number of rows}` by a column that refers to these ids."""
    query = select(column, func.count()).where(column.in_(ids)).group_by(column)
    return dict(session.execute(query).tuples().all())
