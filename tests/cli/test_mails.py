"""`mails test` against real mail servers: it says whether the message was accepted, or what to change."""

import os
import smtplib
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import config
from app.mails import transport
from app.mails.faults import MailFault, explained, fault_of
from app.mails.transport import TRANSPORT, MailDelayed, MailNotSent, MailStep, SmtpTransport
from ideas.database import db
from ideas.models import Mail
from tests.smtp import MailServer, one_line_server


@pytest.fixture
def trial(app):
    """Run `mails test` with the given settings: `trial(server.port, MAIL_USE_TLS=True)`."""
    before = app.extensions[TRANSPORT]

    def run(port, address="lea@example.org", **settings):
        app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, **settings})
        app.extensions[TRANSPORT] = SmtpTransport.of(app.config)
        return app.test_cli_runner().invoke(args=["mails", "test", address])

    yield run
    app.extensions[TRANSPORT] = before


@pytest.fixture
def impatient(monkeypatch):
    """Wait for half a second for each answer of a mail server."""
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.5)


@pytest.fixture
def own_certificate(tmp_path):
    """The file with key and certificate of a server on this machine; nobody has signed it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "mail.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


def encrypting(certificate, *, at_once=False):
    """A mail server that offers STARTTLS and a login, or `at_once` speaks TLS from the first byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return MailServer(password="right", tls=context, tls_at_once=at_once)


def test_an_accepted_message_is_told_and_was_delivered(trial):
    with MailServer() as server:
        result = trial(server.port, PUBLIC_URL="https://ideas.example.org", MAIL_SENDER="Ideas <ideas@example.org>")

    assert result.exit_code == 0, result.output
    assert f"127.0.0.1, port {server.port}, accepted the message" in result.stdout
    [mail] = server.deliveries
    assert mail.receivers == ["lea@example.org"]
    assert mail.message["From"] == "Ideas <ideas@example.org>"
    assert mail.message["Subject"] == "Test of the mails of Schwarm"
    assert "This is a test message from https://ideas.example.org." in mail.text
    assert db.session.query(Mail).count() == 0, "it stands in no queue"


def test_an_encrypted_connection_with_a_login_sends(trial, own_certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(own_certificate))  # this machine knows the issuer

    with encrypting(own_certificate) as server:
        result = trial(server.port, MAIL_USE_TLS=True, MAIL_USERNAME="schwarm", MAIL_PASSWORD="right")

    assert result.exit_code == 0, result.output
    assert len(server.deliveries) == 1


def test_a_server_that_wants_tls_at_once_takes_the_message(trial, own_certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(own_certificate))  # this machine knows the issuer

    with encrypting(own_certificate, at_once=True) as server:
        result = trial(server.port, MAIL_USE_SSL=True, MAIL_USERNAME="schwarm", MAIL_PASSWORD="right")

    assert result.exit_code == 0, result.output
    assert len(server.deliveries) == 1


def test_faults_of_tls_at_once_are_told(trial, own_certificate):
    with encrypting(own_certificate, at_once=True) as server:
        unsigned = trial(server.port, MAIL_USE_SSL=True)
    with MailServer() as plain:
        no_tls = trial(plain.port, MAIL_USE_SSL=True)

    assert "is not valid here: self-signed certificate." in unsigned.stderr
    assert "agree on no encryption" in no_tls.stderr
    assert "MAIL_PORT" in no_tls.stderr


@pytest.mark.parametrize(
    ("answers", "sentences"),
    [
        (
            {"to_mail": ["550 not your domain"]},
            ["refuses the sender schwarm@localhost: 550 not your domain.", "Set MAIL_SENDER"],
        ),
        ({"to_mail": ["530 log in"]}, ["wants a login first: 530 log in.", "Set MAIL_USERNAME and MAIL_PASSWORD"]),
        ({"to_rcpt": ["550 no relay"]}, ["refuses the receiver: 550 no relay.", "Check the address."]),
        ({"to_rcpt": ["451 greylisted"]}, ["only later: 451 greylisted.", "try again"]),
        ({"to_data": ["554 \x1b[31mspam"]}, ["refuses the message: 554", "Look into the log"]),
    ],
    ids=["sender", "login", "receiver", "later", "message"],
)
def test_a_refusal_is_told_with_the_words_of_the_server_and_what_to_change(trial, answers, sentences):
    with MailServer(**answers) as server:
        result = trial(server.port)

    assert result.exit_code == 1
    assert f"Error: Not sent. 127.0.0.1, port {server.port} " in result.stderr
    for sentence in sentences:
        assert sentence in result.stderr
    assert "\x1b" not in result.output
    assert "Traceback" not in result.output
    assert server.deliveries == []


def test_a_wrong_login_is_told_without_the_password(trial):
    with MailServer(password="right") as server:
        result = trial(server.port, MAIL_USERNAME="schwarm", MAIL_PASSWORD="not-the-right-one")

    assert result.exit_code == 1
    assert "refuses the login: 535" in result.stderr
    assert "Correct MAIL_USERNAME and MAIL_PASSWORD" in result.stderr
    assert "not-the-right-one" not in result.output


def test_a_server_without_login_points_to_encryption(trial):
    with MailServer() as server:
        result = trial(server.port, MAIL_USERNAME="schwarm", MAIL_PASSWORD="x")

    assert "offers no login on an unencrypted connection. Set MAIL_USE_TLS=1" in result.stderr


def test_a_server_without_encryption_is_told(trial):
    with MailServer() as server:
        result = trial(server.port, MAIL_USE_TLS=True)

    assert result.exit_code == 1
    assert "offers no encryption (STARTTLS). Correct MAIL_PORT" in result.stderr


def test_a_certificate_that_nobody_signed_is_told(trial, own_certificate):
    with encrypting(own_certificate) as server:
        result = trial(server.port, MAIL_USE_TLS=True)

    assert result.exit_code == 1
    assert "is not valid here: self-signed certificate. MAIL_SERVER must be the name" in result.stderr


def test_an_address_outside_ascii_is_told_if_the_server_does_not_take_it(trial):
    with MailServer(utf8=False) as server:
        result = trial(server.port, "jörg@example.org")

    assert result.exit_code == 1
    assert "(SMTPUTF8)" in result.stderr


def test_a_port_at_which_nothing_listens_is_told(trial):
    result = trial(1)

    assert result.exit_code == 1
    assert "Nothing takes connections at 127.0.0.1, port 1." in result.stderr
    assert "correct MAIL_SERVER and MAIL_PORT" in result.stderr


@pytest.mark.usefixtures("impatient")
def test_a_server_that_never_answers_is_told(trial):
    with one_line_server(b"") as port:
        result = trial(port)

    assert result.exit_code == 1
    assert "takes the connection and says nothing within" in result.stderr
    assert "set MAIL_USE_SSL=1 for port 465" in result.stderr


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stops_to_answer_is_told(trial):
    with MailServer(seconds=2) as server:
        result = trial(server.port)

    assert result.exit_code == 1
    assert "stopped answering" in result.stderr


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"554 go away\r\n", "serves nothing to this machine: 554 go away."),
        (b"HTTP/1.1 400 Bad Request\r\n", "is no mail server. It says: /1.1 400 Bad Request."),
        (b"\r\n", "is no mail server."),
    ],
    ids=["refusal", "web server", "nothing"],
)
def test_a_wrong_greeting_is_told(trial, line, sentence):
    with one_line_server(line) as port:
        result = trial(port)

    assert result.exit_code == 1
    assert sentence in result.stderr


def test_without_a_mail_server_the_settings_are_named(app):
    result = app.test_cli_runner().invoke(args=["mails", "test", "lea@example.org"])

    assert result.exit_code == 1
    assert "No mail server is set" in result.stderr
    assert "Set MAIL_SERVER and PUBLIC_URL" in result.stderr


def test_a_mail_server_without_a_public_address_ends_the_command_with_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "mails", "test", "lea@example.org"],
        cwd=config.ROOT,
        env=os.environ | {"MAIL_SERVER": "127.0.0.1", "PUBLIC_URL": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "MAIL_SERVER is set: set PUBLIC_URL too, the address that links in mails begin with.\n"


def test_a_port_that_is_no_number_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setenv("MAIL_PORT", "smtp")

    with pytest.raises(config.WrongSetting, match=r"^MAIL_PORT must be a whole number\.$"):
        config.settings()


@pytest.mark.parametrize("address", ["lea", "lea@", "lea@example.org\nBcc: all@example.org", ""])
def test_what_is_no_address_is_refused_before_a_connection(trial, address):
    with MailServer() as server:
        result = trial(server.port, address)

    assert result.exit_code == 2
    assert "Invalid value for ADDRESS" in result.stderr
    assert server.attempts == 0


@pytest.mark.parametrize(
    ("step", "cause", "fault"),
    [
        (MailStep.CONNECT, socket.gaierror(-2, "Name or service not known"), MailFault.NO_SUCH_NAME),
        (MailStep.CONNECT, UnicodeError("label too long"), MailFault.NO_NAME),
        (MailStep.CONNECT, OSError(113, "No route to host"), MailFault.NO_WAY),
        (MailStep.CONNECT, TimeoutError("timed out"), MailFault.NO_WAY),
        (MailStep.CONNECT, smtplib.SMTPServerDisconnected("closed"), MailFault.HUNG_UP_AT_FIRST),
        (MailStep.ENCRYPT, ssl.SSLError(1, "wrong version number"), MailFault.TLS_FAILED),
        (MailStep.ENCRYPT, smtplib.SMTPResponseException(454, b"TLS not available"), MailFault.NOT_NOW),
        (MailStep.ENCRYPT, ConnectionResetError(104, "reset"), MailFault.HUNG_UP),
        (MailStep.LOG_IN, smtplib.SMTPAuthenticationError(454, b"busy"), MailFault.NOT_NOW),
        (MailStep.LOG_IN, smtplib.SMTPException("No suitable method"), MailFault.NO_KNOWN_LOGIN),
        (MailStep.LOG_IN, UnicodeEncodeError("ascii", "ß", 0, 1, "no"), MailFault.LOGIN_NOT_ASCII),
        (MailStep.HAND_OVER, smtplib.SMTPServerDisconnected("closed"), MailFault.HUNG_UP),
        (MailStep.HAND_OVER, ValueError("no"), MailFault.OTHER),
        (None, None, MailFault.OTHER),
    ],
)
def test_failures_that_no_local_server_shows_have_their_fault_and_words(step, cause, fault):
    server = SmtpTransport("mail.example.org", 25, None, None, use_tls=False, name="localhost")
    failure: MailNotSent = MailDelayed("Failure", step)
    failure.__cause__ = cause

    assert fault_of(failure, server) is fault
    words = explained(failure, server, "schwarm@localhost")
    assert "mail.example.org" in words or fault is MailFault.LOGIN_NOT_ASCII
    assert "{" not in words
