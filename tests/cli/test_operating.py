"""The commands `operator` and `confirm`."""

import re

from ideas import clock, policy
from ideas.database import db, write
from ideas.models import Account, OperatorAct
from tests import factories


def account(email: str) -> Account:
    db.session.expire_all()
    return db.session.scalars(db.select(Account).filter_by(email=email)).one()


def test_the_command_makes_an_operator_and_takes_it_away(app):
    actor = factories.account("boss@example.org")
    with write() as transaction:
        transaction.session.get_one(Account, actor.account_id).confirmed_at = clock.now()
    run = app.test_cli_runner().invoke

    made = run(args=["operator", "Boss@example.org"])

    assert made.exit_code == 0, made.output
    assert policy.is_operator(account("boss@example.org"))
    assert "/reset/" not in made.output, "the address was confirmed"
    assert run(args=["operator", "--remove", "boss@example.org"]).exit_code == 0
    assert not policy.is_operator(account("boss@example.org"))
    assert run(args=["operator", "--remove", "boss@example.org"]).exit_code == 1


def test_the_command_opens_an_account_with_a_link_for_its_password(app, client):
    done = app.test_cli_runner().invoke(args=["operator", "new@example.org"])

    [path] = re.findall(r"http://[^/]+(/reset/\S+)", done.output)
    entered = client.post(path, data={"password": "a long new password"})

    assert entered.status_code == 302
    assert client.get("/operator").status_code == 200


def test_the_command_does_not_contradict_the_list(app):
    app.config["OPERATORS"] = ["listed@example.org"]

    refused = app.test_cli_runner().invoke(args=["operator", "other@example.org"])

    assert refused.exit_code == 1
    assert "OPERATORS" in refused.output


def test_a_wrong_address_is_refused(app):
    assert app.test_cli_runner().invoke(args=["operator", "nobody"]).exit_code == 2


def test_an_address_is_confirmed_without_a_mail_and_the_log_says_so(app):
    factories.account("worker@example.org")
    run = app.test_cli_runner().invoke

    confirmed = run(args=["confirm", "Worker@example.org"])

    assert (confirmed.exit_code, account("worker@example.org").confirmed_at is None) == (0, False)
    assert [act.kind for act in db.session.scalars(db.select(OperatorAct))] == ["confirm_address"]
    assert "confirmed before" in run(args=["confirm", "worker@example.org"]).output
    assert run(args=["confirm", "unknown@example.org"]).exit_code == 1


def test_the_address_of_a_future_operator_is_not_confirmed_with_the_password_of_whoever_opened_the_account(app):
    app.config["OPERATORS"] = ["boss@example.org"]
    factories.account("boss@example.org")

    refused = app.test_cli_runner().invoke(args=["confirm", "boss@example.org"])

    assert "flask --app wsgi operator boss@example.org" in refused.output
    assert account("boss@example.org").confirmed_at is None
