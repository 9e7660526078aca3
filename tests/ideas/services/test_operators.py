"""Who operates the installation, and what operators do to accounts and mails."""

from datetime import timedelta

import pytest

from ideas import clock, installation, policy
from ideas.actor import OPERATOR
from ideas.database import db, write
from ideas.devices import device_by_token
from ideas.errors import AccountDisabled, Conflict, EmailTaken, Invalid, NotFound
from ideas.installation import Environment
from ideas.mail_queue import queue
from ideas.models import Account, Mail, MailKind, MailState, OperatorAct
from ideas.models.account import TokenPurpose
from ideas.queries import operators as queries
from ideas.queries.pages import PageQuery
from ideas.services import accounts, devices, operators, own_account
from ideas.tokens import add_token
from tests import factories

ADDRESS = "operator@example.org"


@pytest.fixture
def listed(app, monkeypatch):
    """OPERATORS names this address, and mails are sent."""
    known = Environment(frozenset({ADDRESS}), sends_mails=True)
    monkeypatch.setattr(installation, "_read", lambda: known)


def account(email: str, *, confirmed: bool = True) -> Account:
    actor = factories.account(email)
    with write() as transaction:
        found = transaction.session.get_one(Account, actor.account_id)
        found.confirmed_at = clock.now() if confirmed else None
    return db.session.get_one(Account, actor.account_id)


def operates(account: Account) -> bool:
    db.session.expire_all()
    return policy.is_operator(account)


def test_the_list_counts_for_confirmed_addresses_only(listed):
    assert operates(account(ADDRESS))
    assert not operates(account("someone@example.org"))


def test_an_unconfirmed_address_of_the_list_operates_nothing(listed):
    assert not operates(account(ADDRESS, confirmed=False))


def test_without_mails_the_list_makes_nobody_an_operator(listed, monkeypatch):
    monkeypatch.setattr(installation, "_read", lambda: Environment(frozenset({ADDRESS})))
    found = account(ADDRESS)
    assert not operates(found)

    operators.make_operator(ADDRESS)

    assert operates(found)


def test_the_list_wins_over_the_command_line(app, monkeypatch):
    found = account("someone@example.org")
    operators.make_operator(found.email)
    assert operates(found)

    monkeypatch.setattr(installation, "_read", lambda: Environment(frozenset({ADDRESS}), sends_mails=True))

    assert not operates(found)


def test_a_moved_address_is_no_operator_and_none_moves_to_the_list(listed, monkeypatch):
    moved, thief = account(ADDRESS), account("thief@example.org")
    tokens = {}
    for of, email in ((moved, "elsewhere@example.org"), (thief, ADDRESS)):
        with write() as transaction:
            tokens[email] = add_token(transaction.session, of.id, TokenPurpose.MOVE, email)
    own_account.move(tokens["elsewhere@example.org"])
    assert not operates(moved)

    with pytest.raises(EmailTaken):
        own_account.move(tokens[ADDRESS])

    assert not operates(thief)


def test_an_operator_of_the_command_line_is_none_after_a_move(app):
    found = account("someone@example.org")
    operators.make_operator(found.email)
    with write() as transaction:
        token = add_token(transaction.session, found.id, TokenPurpose.MOVE, "elsewhere@example.org")

    own_account.move(token)

    assert not operates(found)


def test_a_stranger_who_opened_an_account_of_the_list_loses_it_when_the_owner_confirms(listed):
    """A password of the stranger must not become an operator's when the owner of the mailbox presses *Confirm*."""
    found = account(ADDRESS, confirmed=False)
    before, token = found.password_hash, accounts.issue_token(found.id, TokenPurpose.CONFIRM)
    cookie = devices.become(accounts.person_of_account(found.id), None, set())

    accounts.confirm_email(token)

    db.session.expire_all()
    assert found.password_hash != before
    assert device_by_token(cookie) is None
    assert db.session.scalars(db.select(Mail.kind)).all() == [MailKind.RESET]


def test_the_command_takes_an_unconfirmed_account_from_whoever_opened_it(app):
    found = account(ADDRESS, confirmed=False)
    before, cookie = found.password_hash, devices.become(accounts.person_of_account(found.id), None, set())

    token = operators.make_operator(ADDRESS)

    db.session.expire_all()
    assert operates(found)
    assert found.password_hash != before
    assert device_by_token(cookie) is None
    accounts.reset_password(token, "a long new password")


@pytest.fixture
def operator(app):
    found = account(ADDRESS)
    operators.make_operator(ADDRESS)
    return factories.Actor(accounts.person_of_account(found.id), found.id)


def test_a_disabled_account_is_signed_out_and_kept_out_until_it_is_enabled(operator):
    found = account("someone@example.org")
    person = accounts.person_of_account(found.id)
    cookie = devices.become(person, None, set())

    operators.disable_account(operator, found.id, "Spam")

    assert device_by_token(cookie) is None
    with pytest.raises(AccountDisabled, match="Spam"):
        devices.become(person, None, set())
    with pytest.raises(Conflict):
        operators.disable_account(operator, found.id, "Again")
    operators.enable_account(operator, found.id)
    assert device_by_token(devices.become(person, None, set())) is not None


def test_the_command_line_makes_no_operator_of_a_disabled_account(operator):
    found = account("someone@example.org")
    operators.disable_account(operator, found.id, "Spam")

    with pytest.raises(Conflict):
        operators.make_operator(found.email)


def test_disabling_needs_a_reason_and_spares_operators(operator):
    found = account("someone@example.org")

    with pytest.raises(Invalid):
        operators.disable_account(operator, found.id, " ")
    with pytest.raises(Conflict):
        operators.disable_account(operator, operator.account_id, "Oops")
    with pytest.raises(NotFound):
        operators.disable_account(operator, 10**9, "Nobody")


def test_only_operators_act(app):
    owner, found = factories.company().owner, account("someone@example.org")
    with write() as transaction:
        queue(transaction.session, MailKind.RESET, found.email)
    mail = db.session.scalars(db.select(Mail.id)).one()

    for act in (
        lambda: operators.disable_account(owner, found.id, "Spam"),
        lambda: operators.enable_account(owner, found.id),
        lambda: operators.send_reset(owner, found.id),
        lambda: operators.retry_mail(owner, mail),
        lambda: operators.drop_mail(owner, mail),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_failed_mail_is_tried_again_or_dropped(operator):
    with write() as transaction:
        queue(transaction.session, MailKind.RESET, "someone@example.org")
    mail = db.session.scalars(db.select(Mail)).one()
    number = mail.id
    with write() as transaction:
        row = transaction.session.get_one(Mail, number)
        row.state, row.attempts, row.error = MailState.FAILED, 20, "SMTPRecipientsRefused 550"

    operators.retry_mail(operator, number)
    db.session.expire_all()
    assert (mail.state, mail.attempts, mail.error) == (MailState.WAITING, 0, None)

    operators.drop_mail(operator, number)
    assert db.session.get(Mail, number) is None


def test_a_mail_that_is_being_sent_or_lost_its_receiver_is_left_alone(operator):
    with write() as transaction:
        queue(transaction.session, MailKind.RESET, "someone@example.org")
    number = db.session.scalars(db.select(Mail.id)).one()
    with write() as transaction:
        row = transaction.session.get_one(Mail, number)
        row.state, row.lease_until = MailState.SENDING, clock.now() + timedelta(seconds=60)
    with pytest.raises(Conflict):
        operators.drop_mail(operator, number)

    with write() as transaction:
        row = transaction.session.get_one(Mail, number)
        row.state, row.address = MailState.FAILED, None
    with pytest.raises(Conflict):
        operators.retry_mail(operator, number)


def test_each_act_stands_in_the_log_until_it_is_old(operator):
    found = account("someone@example.org")
    operators.disable_account(operator, found.id, "Spam")

    rows = queries.log_page(db.session(), PageQuery(10)).rows

    assert [(row.kind, row.by, row.is_command, row.about) for row in rows] == [
        ("disable", ADDRESS, False, "someone@example.org"),
        ("make_operator", "", True, ADDRESS),
    ]
    with write() as transaction:
        for act in transaction.session.scalars(db.select(OperatorAct)):
            act.at = clock.now() - timedelta(days=operators.KEPT_DAYS + 1)
    operators.prune_log()
    assert db.session.scalars(db.select(OperatorAct)).all() == []


def test_the_log_forgets_an_account_that_is_closed(operator):
    found = account("someone@example.org")
    operators.disable_account(operator, found.id, "Writes as somebody else")
    operators.enable_account(operator, found.id)
    person = accounts.person_of_account(found.id)

    own_account.close_account(factories.Actor(person, found.id), own_account.Parting.NAME)

    assert {(row.about, str(row.details)) for row in queries.log_page(db.session(), PageQuery(10)).rows[:2]} == {
        ("", "{}")
    }


def test_the_command_line_needs_no_account(app):
    operators.send_reset(OPERATOR, account("someone@example.org").id)

    assert db.session.scalars(db.select(Mail.address)).all() == ["someone@example.org"]
