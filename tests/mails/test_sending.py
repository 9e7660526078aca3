"""Mails through a real SMTP server: their content, their language, and retries."""

from datetime import timedelta

import pytest

import config
from app.mails import delivery
from app.mails.messages import LINKS
from app.mails.transport import TRANSPORT, ConsoleTransport, SmtpTransport
from ideas import clock
from ideas.database import db, write
from ideas.devices import digest_of
from ideas.errors import EmailTaken
from ideas.locales import Locale
from ideas.mail_queue import queue
from ideas.models import Account, AccountToken, Mail, MailKind, MailState
from ideas.people import add_account
from ideas.services import accounts, jurors, mails
from tests import factories, juries
from tests.smtp import MailServer


@pytest.fixture
def server():
    with MailServer() as started:
        yield started


@pytest.fixture
def posting(app, server):
    """The application sends through `server`."""
    before = app.extensions[TRANSPORT]
    app.extensions[TRANSPORT] = smtp(server)
    yield app
    app.extensions[TRANSPORT] = before


@pytest.fixture
def later(monkeypatch):
    """Move the clock forward by the given seconds."""
    passed = timedelta()

    def go_on(seconds):
        nonlocal passed
        passed += timedelta(seconds=seconds)

    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + passed)
    return go_on


def smtp(server, **options):
    return SmtpTransport(
        **{"host": "127.0.0.1", "port": server.port, "username": None, "password": None, "use_tls": False} | options,
        name="localhost",
    )


def the_mail():
    db.session.rollback()
    return db.session.query(Mail).one()


def add_mail(account_id, **fields):
    with write() as transaction:
        queue(transaction.session, MailKind.CONFIRM, account_id, **fields)


@pytest.fixture
def lea(app):
    """An account whose address is not confirmed."""
    with write() as transaction:
        return add_account(transaction, "lea@example.org", "x").id


# Delivery


def test_a_mail_has_text_and_html_and_a_working_link(posting, server, client):
    client.post("/sign-up", data={"email": "Lea@Example.org", "password": "a long enough one"})

    assert delivery.deliver_due() == 1

    [mail] = server.deliveries
    assert mail.receivers == ["lea@example.org"]
    assert mail.message["Subject"] == "Confirm your address"
    assert mail.message["From"] == "schwarm@localhost"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "Please confirm that this is your address." in mail.text
    assert "Please confirm that this is your address." in mail.html
    assert mail.path in mail.html
    assert client.post(mail.path).status_code == 302
    assert db.session.query(Account).one().confirmed_at is not None


@pytest.mark.parametrize(
    ("own", "asked", "subject"),
    [
        ("de", "en", "Bestätige deine Adresse"),
        (None, "de", "Bestätige deine Adresse"),
        (None, None, "Confirm your address"),
        ("xx", "de", "Confirm your address"),
    ],
)
def test_a_mail_uses_the_language_of_the_account_or_of_the_request(posting, server, lea, own, asked, subject):
    accounts.change_locale(lea, Locale(own))
    accounts.ask_confirmation(lea, Locale(asked))

    delivery.deliver_due()

    [mail] = server.deliveries
    assert mail.message["Subject"] == subject


def test_a_sign_up_stores_language_and_time_zone_of_the_browser(posting, server, client):
    fields = {"email": "lea@example.org", "password": "a long enough one", "time_zone": "Europe/Berlin"}
    client.post("/sign-up", data=fields, headers={"Accept-Language": "de-AT"})

    account = db.session.query(Account).one()
    assert (account.language, account.time_zone) == ("de", "Europe/Berlin")
    delivery.deliver_due()
    assert "bitte bestätige, dass das deine Adresse ist." in server.deliveries[0].text


def test_an_unknown_time_zone_is_not_stored(posting, client):
    client.post("/sign-up", data={"email": "l@example.org", "password": "a long enough one", "time_zone": "../../x"})

    assert db.session.query(Account).one().time_zone is None


def test_an_address_with_umlauts_is_encoded_for_the_mail_server(posting, server):
    factories.account("jörg@müller.example")
    accounts.ask_reset("jörg@müller.example")

    assert delivery.deliver_due() == 1

    assert server.deliveries[0].receivers == ["jörg@xn--mller-kva.example"]


def test_an_address_that_the_server_does_not_support_fails_for_good(app, posting):
    factories.account("jörg@example.org")
    accounts.ask_reset("jörg@example.org")
    with MailServer(utf8=False) as plain:
        app.extensions[TRANSPORT] = smtp(plain)

        assert delivery.deliver_due() == 0

    assert (the_mail().state, the_mail().error) == (MailState.FAILED, "SMTPNotSupportedError")


def test_the_queue_contains_no_text_and_no_working_link(posting, server, lea):
    accounts.ask_confirmation(lea)
    delivery.deliver_due()

    row = the_mail()
    token = server.deliveries[0].path.rpartition("/")[2]
    stored = {str(getattr(row, column.key)) for column in Mail.__table__.columns}
    assert not any(token in value for value in stored)
    assert db.session.query(AccountToken).one().digest == digest_of(token)
    assert row.ids == {}


def test_an_outdated_mail_is_not_sent(posting, server, lea):
    accounts.ask_confirmation(lea)
    accounts.confirm_email(accounts.issue_token(lea, accounts.TokenPurpose.CONFIRM))

    assert delivery.deliver_due() == 0

    assert db.session.query(Mail).count() == 0


def test_a_failed_action_queues_no_mail(posting, server, lea):
    with pytest.raises(EmailTaken):
        accounts.sign_up("lea@example.org", "a long enough one")

    assert db.session.query(Mail).count() == 0


# Errors


def test_a_temporary_refusal_is_retried_with_the_same_message_id(posting, server, lea, later):
    server.to_rcpt = ["451 greylisted"]
    server.to_data = ["452 no room"]
    accounts.ask_confirmation(lea)

    assert delivery.deliver_due() == 0
    assert (the_mail().state, the_mail().error) == (MailState.WAITING, "SMTPRecipientsRefused 451")
    assert delivery.deliver_due() == 0
    assert server.attempts == 1, "it is not tried again before its pause is over"

    later(2 * mails.PAUSE_SECONDS)
    assert delivery.deliver_due() == 0
    assert the_mail().error == "SMTPDataError 452"

    later(3 * mails.PAUSE_SECONDS)
    assert delivery.deliver_due() == 1
    assert server.deliveries[0].id == f"<{the_mail().message_id}@localhost>"


@pytest.mark.parametrize("door", ["to_rcpt", "to_data"])
def test_a_permanent_refusal_is_not_retried(posting, server, lea, later, door):
    setattr(server, door, ["550 no such person"])
    accounts.ask_confirmation(lea)

    assert delivery.deliver_due() == 0
    later(10 * 24 * 3600)
    assert delivery.deliver_due() == 0

    assert server.attempts == 1
    assert the_mail().state == MailState.FAILED
    assert the_mail().error.endswith(" 550")


def test_an_unreachable_or_refusing_server_loses_no_mail(app, posting, server, lea, later):
    accounts.ask_confirmation(lea)
    app.extensions[TRANSPORT] = smtp(server, port=1)
    assert delivery.deliver_due() == 0
    assert the_mail().error == "ConnectionRefusedError"

    later(2 * mails.PAUSE_SECONDS)
    app.extensions[TRANSPORT] = smtp(server, username="schwarm", password="wrong")
    assert delivery.deliver_due() == 0
    assert the_mail().error == "SMTPNotSupportedError", "it has no AUTH: that is the operator's to mend"
    assert the_mail().state == MailState.WAITING

    later(4 * mails.PAUSE_SECONDS)
    app.extensions[TRANSPORT] = smtp(server)
    assert delivery.deliver_due() == 1


def test_a_mail_fails_after_two_days_of_attempts(app, posting, server, lea, later):
    accounts.ask_confirmation(lea)
    app.extensions[TRANSPORT] = smtp(server, port=1)
    begun, attempts = clock.now(), 0
    while the_mail().state == MailState.WAITING:
        delivery.deliver_due()
        attempts += 1
        later(1.1 * mails.PAUSE_SECONDS_MAX)

    assert attempts == mails.ATTEMPTS_MAX
    pauses = sum(min(mails.PAUSE_SECONDS * 2**n, mails.PAUSE_SECONDS_MAX) for n in range(mails.ATTEMPTS_MAX - 1))
    assert 40 < pauses / 3600 < 60
    assert clock.now() - begun > timedelta(days=2)


def test_a_mail_that_kills_its_process_at_each_attempt_fails(posting, server, lea, later):
    accounts.ask_confirmation(lea)
    for _ in range(mails.ATTEMPTS_MAX):
        assert mails.claim_mail()
        later(mails.CLAIM_SECONDS + 1)

    assert mails.claim_mail() is None
    assert (the_mail().state, the_mail().error) == (MailState.FAILED, "AttemptsUsedUp")


def test_a_process_without_its_claim_neither_sends_nor_writes(posting, server, lea, later):
    accounts.ask_confirmation(lea)
    first = mails.claim_mail()
    later(mails.CLAIM_SECONDS + 1)
    second = mails.claim_mail()

    assert not mails.is_claimed(first, 0)
    mails.keep_sent(first)
    assert the_mail().state == MailState.SENDING
    assert first.message_id == second.message_id
    assert mails.is_claimed(second, 0)
    assert not mails.is_claimed(second, mails.CLAIM_SECONDS + 1), "no time is left to hand it over"


# Sign-up as a stranger sees it


def test_a_retried_sign_up_mail_is_still_the_welcome_mail(posting, server, later):
    accounts.ask_sign_up("lea@example.org", Locale("de", "Europe/Berlin"))
    server.to_data = ["451 later"]
    delivery.deliver_due()
    later(2 * mails.PAUSE_SECONDS)

    delivery.deliver_due()

    assert server.deliveries[0].message["Subject"] == "Dein Konto"
    account = db.session.query(Account).one()
    assert (account.language, account.time_zone) == ("de", "Europe/Berlin")
    with pytest.raises(accounts.WrongCredentials):
        accounts.authenticate("lea@example.org", "")


@pytest.mark.parametrize("form", ["/sign-up", "/reset"])
def test_known_and_unknown_addresses_run_the_same_statements(posting, app, client, form):
    factories.account("lea@example.org")
    app.config["MAIL_SERVER"] = "mail.example.org"
    heard: list[str] = []
    client.post(form, data={"email": "first@example.org"})  # fill the caches of compiled statements

    def note(_connection, _cursor, statement, *_more):
        heard.append(statement)

    db.event.listen(db.engine, "before_cursor_execute", note)
    client.post(form, data={"email": "lea@example.org"})
    known = list(heard)
    heard.clear()
    client.post(form, data={"email": "tom@example.org"})
    db.event.remove(db.engine, "before_cursor_execute", note)

    assert known == heard
    assert any(statement.startswith("INSERT INTO mail") for statement in known)


# Old mails


def test_the_row_of_a_sent_mail_is_emptied_after_a_day(posting, server, lea, later):
    accounts.ask_confirmation(lea)
    accounts.ask_reset("lea@example.org")
    delivery.deliver_due()

    later(23 * 3600)
    assert mails.empty_old_mails() == 0
    later(2 * 3600)
    assert mails.empty_old_mails() == 2

    db.session.rollback()
    assert [(mail.account_id, mail.address, mail.ids) for mail in db.session.query(Mail)] == [(None, None, {})] * 2
    assert mails.empty_old_mails() == 0


def test_the_row_of_a_waiting_mail_is_not_emptied(posting, server, lea, later):
    accounts.ask_confirmation(lea)
    later(90 * 24 * 3600)

    assert mails.empty_old_mails() == 0
    assert delivery.deliver_due() == 1


def test_the_console_shows_mails_if_there_is_no_mail_server(app, lea, capsys):
    assert isinstance(app.extensions[TRANSPORT], ConsoleTransport)
    accounts.ask_confirmation(lea, Locale("de"))

    assert delivery.deliver_due() == 1

    printed = capsys.readouterr().out
    assert "To: lea@example.org" in printed
    assert "Subject: Bestätige deine Adresse" in printed
    assert "/confirm/" in printed


def test_the_mails_command_lists_kind_age_and_error_only(posting, server, lea, later):
    server.to_data = ["451 later"]
    accounts.ask_confirmation(lea)
    delivery.deliver_due()
    later(3 * 3600)

    listed = posting.test_cli_runner().invoke(args=["mails"]).output

    assert "confirm\twaiting\t3 h old\t1 attempts\tSMTPDataError 451" in listed
    assert "lea" not in listed
    assert "http" not in listed


def test_every_mail_has_a_subject_a_text_and_html():
    parts = {"subject.txt", "txt", "html"}
    found = {tuple(path.name.split(".", 1)) for path in (config.ROOT / "templates" / "mails").iterdir()}

    assert found == {(name, part) for name in LINKS for part in parts}


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "You are invited to a jury:"), ("de", "Du bist in eine Jury eingeladen:")]
)
def test_an_invitation_to_a_jury_has_a_working_link(posting, server, client, language, subject):
    room = juries.room(title="What next?")
    jurors.invite_juror_by_mail(room.owner, room.round_id, "luchs@example.org", Locale(language))

    assert delivery.deliver_due() == 1

    [mail] = server.deliveries
    assert mail.receivers == ["luchs@example.org"]
    assert mail.message["Subject"].startswith(subject)
    assert "What next?" in mail.text
    assert mail.path in mail.html
    assert client.get(mail.path).status_code == 200
