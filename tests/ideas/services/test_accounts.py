"""Accounts: a one-time link works once, passwords stay secret, and a sign-out holds everywhere."""

import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, text

from ideas import clock, passwords, tokens
from ideas.database import db, write
from ideas.devices import device_by_token, digest_of
from ideas.errors import EmailTaken, Invalid, TokenSpent, WrongCredentials
from ideas.events import DeviceSignedOut
from ideas.models import Account, AccountToken, Device, Person
from ideas.models.account import TokenPurpose
from ideas.people import add_account
from ideas.services import accounts, own_account
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.usefixtures("app")

SPEND = {
    TokenPurpose.CONFIRM: accounts.confirm_email,
    TokenPurpose.SIGN_IN: accounts.sign_in_by_token,
    TokenPurpose.RESET: lambda token: accounts.reset_password(token, "a new password"),
    TokenPurpose.MOVE: own_account.move,
    TokenPurpose.MOVE_BACK: own_account.move_back,
}


def link(account_id, purpose):
    """A one-time link's secret, as its mail carries it."""
    with write() as transaction:
        return tokens.add_token(transaction.session, account_id, purpose, f"{purpose.value}@example.org")


def test_a_password_hash_has_the_recommended_cost(product_hasher):
    recommended = PasswordHasher()

    assert product_hasher.memory_cost >= recommended.memory_cost
    assert product_hasher.time_cost >= recommended.time_cost


def test_a_new_account_signs_in_only_with_its_own_password():
    account_id = accounts.sign_up("Anna@Example.org", PASSWORD)

    assert accounts.authenticate("anna@example.ORG", PASSWORD) == account_id
    for email, password in (
        ("anna@example.org", PASSWORD + "x"),
        ("anna@example.org", ""),
        ("x@example.org", PASSWORD),
    ):
        with pytest.raises(WrongCredentials):
            accounts.authenticate(email, password)


def test_the_password_itself_is_not_stored():
    accounts.sign_up("anna@example.org", PASSWORD)

    account = db.session.scalars(select(Account)).one()
    assert PASSWORD not in account.password_hash
    assert account.password_hash.startswith("$argon2id$")
    assert account.confirmed_at is None


def test_an_address_has_one_account():
    accounts.sign_up("anna@example.org", PASSWORD)

    with pytest.raises(EmailTaken):
        accounts.sign_up("ANNA@example.org", PASSWORD)


@pytest.mark.parametrize(("password", "problem"), [("x" * 9, "too_short"), ("x" * 201, "too_long")])
def test_a_password_has_a_minimum_and_a_maximum_length(password, problem):
    with pytest.raises(Invalid) as refusal:
        accounts.sign_up("anna@example.org", password)

    assert refusal.value.problems == {"password": problem}
    assert passwords.checked_password("x" * 10)
    assert passwords.checked_password("x" * 200)


def test_every_letter_of_a_long_password_counts():
    accounts.sign_up("anna@example.org", "x" * 200)

    assert accounts.authenticate("anna@example.org", "x" * 200)
    for wrong in ("x" * 199, "x" * 201, "x" * 199 + "y"):
        with pytest.raises(WrongCredentials):
            accounts.authenticate("anna@example.org", wrong)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(monkeypatch, product_hasher):
    monkeypatch.setattr(passwords, "HASHER", product_hasher)
    with write() as transaction:
        add_account(transaction, "anna@example.org", product_hasher.hash(PASSWORD))

    def seconds(email: str) -> float:
        tries = []
        for _ in range(3):
            began = time.process_time()
            with pytest.raises(WrongCredentials):
                accounts.authenticate(email, "wrong password")
            tries.append(time.process_time() - began)
        return min(tries)

    known, unknown = seconds("anna@example.org"), seconds("nobody@example.org")

    assert known / 2 < unknown < known * 2


def test_no_transaction_is_open_while_a_password_is_verified(monkeypatch):
    accounts.sign_up("anna@example.org", PASSWORD)
    seen = []
    monkeypatch.setattr(passwords, "run_blocking", lambda *args: seen.append(db.session().in_transaction()))

    accounts.authenticate("anna@example.org", PASSWORD)

    assert seen == [False]


@pytest.mark.parametrize("purpose", list(TokenPurpose))
class TestTokens:
    def test_a_link_works_once(self, purpose):
        actor = factories.account()
        token = link(actor.account_id, purpose)

        assert SPEND[purpose](token) == actor.account_id

        with pytest.raises(TokenSpent):
            SPEND[purpose](token)

    def test_a_link_works_only_for_its_purpose(self, purpose):
        token = link(factories.account().account_id, purpose)

        for other in set(TokenPurpose) - {purpose}:
            with pytest.raises(TokenSpent):
                SPEND[other](token)
        assert SPEND[purpose](token)

    def test_a_link_expires(self, purpose, monkeypatch):
        token = link(factories.account().account_id, purpose)
        later = clock.now() + tokens.LIFETIME[purpose]
        monkeypatch.setattr(clock, "now", lambda: later + timedelta(seconds=1))

        with pytest.raises(TokenSpent):
            SPEND[purpose](token)

        monkeypatch.setattr(clock, "now", lambda: later - timedelta(seconds=1))
        assert SPEND[purpose](token)

    def test_only_the_digest_of_a_link_is_stored(self, purpose):
        token = link(factories.account().account_id, purpose)

        kept = db.session.scalars(select(AccountToken.digest)).one()

        assert kept == digest_of(token)
        assert token not in kept

    def test_an_unknown_token_is_refused(self, purpose):
        for token in ("", "x" * 32, "\x00"):
            with pytest.raises(TokenSpent):
                SPEND[purpose](token)

    def test_expired_links_are_deleted(self, purpose, monkeypatch):
        actor = factories.account()
        link(actor.account_id, purpose)
        later = clock.now() + tokens.LIFETIME[purpose] + timedelta(days=1)
        monkeypatch.setattr(clock, "now", lambda: later)

        link(actor.account_id, purpose)

        assert db.session.scalar(select(func.count()).select_from(AccountToken)) == 1


def test_a_confirmation_link_confirms_the_address():
    account_id = accounts.sign_up("anna@example.org", PASSWORD)

    accounts.confirm_email(accounts.issue_token(account_id, TokenPurpose.CONFIRM))

    assert db.session.get_one(Account, account_id).confirmed_at


class TestReset:
    def test_a_reset_replaces_the_password(self):
        account_id = accounts.sign_up("anna@example.org", PASSWORD)

        accounts.reset_password(accounts.issue_token(account_id, TokenPurpose.RESET), "a new password")

        assert accounts.authenticate("anna@example.org", "a new password") == account_id
        with pytest.raises(WrongCredentials):
            accounts.authenticate("anna@example.org", PASSWORD)
        assert db.session.get_one(Account, account_id).confirmed_at

    def test_a_reset_signs_out_every_browser_of_that_account_only(self, recorded):
        anna, ben = factories.account(), factories.account()
        tokens = [accounts.new_device(anna.person_id) for _ in range(2)]
        bens = accounts.new_device(ben.person_id)
        devices = {device_by_token(token).id for token in tokens}

        accounts.reset_password(accounts.issue_token(anna.account_id, TokenPurpose.RESET), "a new password")

        assert [device_by_token(token) for token in tokens] == [None, None]
        assert device_by_token(bens)
        assert {e for e in recorded if isinstance(e, DeviceSignedOut)} == {
            DeviceSignedOut(device) for device in devices
        }

    def test_a_reset_cancels_the_earlier_links_of_that_account(self):
        anna, ben = factories.account(), factories.account()
        old = {purpose: link(anna.account_id, purpose) for purpose in TokenPurpose}
        bens = accounts.issue_token(ben.account_id, TokenPurpose.RESET)

        accounts.reset_password(accounts.issue_token(anna.account_id, TokenPurpose.RESET), "a new password")

        for purpose, token in old.items():
            with pytest.raises(TokenSpent):
                SPEND[purpose](token)
        assert accounts.reset_password(bens, "a new password") == ben.account_id

    def test_a_refused_password_does_not_spend_the_link(self):
        token = accounts.issue_token(factories.account().account_id, TokenPurpose.RESET)

        with pytest.raises(Invalid):
            accounts.reset_password(token, "short")

        assert accounts.reset_password(token, "long enough")


class TestDevices:
    def test_a_browser_is_identified_by_its_secret(self):
        actor = factories.account()

        token = accounts.new_device(actor.person_id)

        assert device_by_token(token).person_id == actor.person_id
        assert device_by_token(token + "x") is None
        stored = db.session.scalars(text("SELECT token_digest FROM device")).one()
        assert token not in stored

    def test_a_sign_out_ends_only_one_browser(self, recorded):
        actor = factories.account()
        one, other = accounts.new_device(actor.person_id), accounts.new_device(actor.person_id)
        device = device_by_token(one).id

        accounts.sign_out_device(one)

        assert device_by_token(one) is None
        assert device_by_token(other)
        assert recorded[-1] == DeviceSignedOut(device)
        recorded.clear()
        accounts.sign_out_device(one)
        assert recorded == []
        assert db.session.scalar(select(func.count()).select_from(Device)) == 1


def test_an_account_is_one_person():
    with write() as transaction:
        account_id = add_account(transaction, "anna@example.org", "x").id

    person = accounts.person_of_account(account_id)

    assert accounts.person_of_account(account_id) == person
    assert db.session.get_one(Person, person).account_id == account_id
