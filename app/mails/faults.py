"""Why a mail server did not take a mail, as sentences for the operator: the fault, and the setting to change."""

import smtplib
import socket
import ssl
from enum import Enum

from app.mails.transport import ANSWER_SECONDS, MailNotSent, MailStep, SmtpTransport

# Servers answer 530 to a sender who should have logged in first (RFC 4954, section 6).
LOGIN_REQUIRED = 530


class MailFault(Enum):
    """A fault; the value says what happened and what to change.

    `{server}` is the server with its port, `{said}` its answer or the words of the system.
    """

    NO_SUCH_NAME = "This machine finds no address for {host}. Correct MAIL_SERVER, or the name server of this machine."
    NO_NAME = "{host} is no name of a server. Correct MAIL_SERVER."
    CLOSED_PORT = (
        "Nothing takes connections at {server}. Start the mail server there, or correct MAIL_SERVER and MAIL_PORT "
        "(usually 587 with MAIL_USE_TLS=1, and 25 without)."
    )
    NO_WAY = (
        "{server} can't be reached ({said}). Correct MAIL_SERVER and MAIL_PORT, or permit the connection in the "
        "firewall. Some hosters block port 25; then use 587 with MAIL_USE_TLS=1."
    )
    SILENT_AT_FIRST = (
        "{server} takes the connection and says nothing within {seconds} seconds. Correct MAIL_PORT: behind it may be "
        "no mail server, or one that wants TLS at once: set MAIL_USE_SSL=1 for port 465, or use 587 with "
        "MAIL_USE_TLS=1."
    )
    HUNG_UP_AT_FIRST = (
        "{server} ends the connection without a greeting. Permit this machine in the settings of the mail server, or "
        "correct MAIL_PORT."
    )
    NOT_WELCOME = (
        "{server} serves nothing to this machine: {said}. Permit this machine in the settings of the mail server, or "
        "correct MAIL_SERVER and MAIL_PORT."
    )
    NO_MAIL_SERVER = "The program at {server} is no mail server. It says: {said}. Correct MAIL_SERVER and MAIL_PORT."
    NO_TLS = (
        "{server} offers no encryption (STARTTLS). Correct MAIL_PORT (usually 587). If the server stands on this "
        "machine or in a network of your own, leave MAIL_USE_TLS out."
    )
    BAD_CERTIFICATE = (
        "The certificate of {server} is not valid here: {said}. MAIL_SERVER must be the name that stands in the "
        "certificate, and this machine must know the issuer (install it among the certificates of the system)."
    )
    TLS_FAILED = "{server} and this machine agree on no encryption: {said}. Update the older one, or correct MAIL_PORT."
    WRONG_LOGIN = (
        "{server} refuses the login: {said}. Correct MAIL_USERNAME and MAIL_PASSWORD. Some providers want a password "
        "of its own for programs."
    )
    LOGIN_NOT_ASCII = "MAIL_USERNAME or MAIL_PASSWORD has letters outside ASCII, which can't be sent. Choose others."
    NO_LOGIN_WITHOUT_TLS = (
        "{server} offers no login on an unencrypted connection. Set MAIL_USE_TLS=1 (and usually MAIL_PORT=587), or "
        "leave MAIL_USERNAME out."
    )
    NO_LOGIN = "{server} offers no login. Leave MAIL_USERNAME and MAIL_PASSWORD out, or correct MAIL_PORT."
    NO_KNOWN_LOGIN = (
        "{server} offers no login by password that Schwarm knows (CRAM-MD5, PLAIN, LOGIN). Permit one of them in the "
        "settings of the mail server, or use another server."
    )
    LOGIN_WANTED = "{server} wants a login first: {said}. Set MAIL_USERNAME and MAIL_PASSWORD."
    SENDER_REFUSED = (
        "{server} refuses the sender {sender}: {said}. Set MAIL_SENDER to an address for which this server may send."
    )
    RECEIVER_REFUSED = (
        "{server} refuses the receiver: {said}. Check the address. If it is right, this server passes no mail on for "
        "you: set MAIL_USERNAME and MAIL_PASSWORD, or permit this machine in its settings."
    )
    NO_UTF8 = (
        "{server} takes no addresses with letters outside ASCII before the @ (SMTPUTF8). Use another address here and "
        "in MAIL_SENDER, and leave MAIL_UTF8 out."
    )
    MESSAGE_REFUSED = (
        "{server} refuses the message: {said}. Look into the log of the mail server; often MAIL_SENDER or the name of "
        "this machine is the reason."
    )
    NOT_NOW = (
        "{server} takes the message only later: {said}. Wait some minutes and try again. Mails of people are tried "
        "again by themselves for two days."
    )
    SILENT = "{server} stopped answering for {seconds} seconds. Look into the log of the mail server."
    HUNG_UP = "{server} ended the connection while Schwarm talked to it. Look into the log of the mail server."
    OTHER = "{server} did not take the message: {said}. Look into the log of the mail server."


def explained(failure: MailNotSent, server: SmtpTransport, sender: str) -> str:
    """The sentences about a failure."""
    return fault_of(failure, server).value.format(
        host=server.host,
        server=f"{server.host}, port {server.port}",
        sender=sender,
        seconds=ANSWER_SECONDS,
        said=_said(failure.__cause__) or failure.error,
    )


def fault_of(failure: MailNotSent, server: SmtpTransport) -> MailFault:
    """The fault behind a failure, by the step at which it happened and by its cause."""
    cause, step = failure.__cause__, failure.step
    if isinstance(cause, smtplib.SMTPServerDisconnected):
        is_silent = isinstance(cause.__context__, TimeoutError)
        if step is MailStep.CONNECT:
            return MailFault.SILENT_AT_FIRST if is_silent else MailFault.HUNG_UP_AT_FIRST
        return MailFault.SILENT if is_silent else MailFault.HUNG_UP
    if step is MailStep.CONNECT:
        return _of_connection(cause)
    if isinstance(cause, TimeoutError):
        return MailFault.SILENT
    if isinstance(cause, ConnectionError):
        return MailFault.HUNG_UP
    match step:
        case MailStep.ENCRYPT:
            return _of_encryption(cause)
        case MailStep.LOG_IN:
            return _of_login(cause, server)
        case MailStep.HAND_OVER:
            return _of_message(cause)
    return MailFault.OTHER


def _of_connection(cause: object) -> MailFault:
    match cause:
        case ssl.SSLError():  # TLS from the first byte
            return _of_encryption(cause)
        case socket.gaierror():
            return MailFault.NO_SUCH_NAME
        case ConnectionRefusedError():
            return MailFault.CLOSED_PORT
        case smtplib.SMTPResponseException(smtp_code=-1):
            return MailFault.NO_MAIL_SERVER
        case smtplib.SMTPException():
            return MailFault.NOT_WELCOME
        case OSError():
            return MailFault.NO_WAY
        case ValueError():
            return MailFault.NO_NAME
    return MailFault.OTHER


def _of_encryption(cause: object) -> MailFault:
    match cause:
        case smtplib.SMTPNotSupportedError():
            return MailFault.NO_TLS
        case ssl.SSLCertVerificationError():
            return MailFault.BAD_CERTIFICATE
        case smtplib.SMTPResponseException(smtp_code=code) if 400 <= code < 500:
            return MailFault.NOT_NOW
        case OSError():
            return MailFault.TLS_FAILED
    return MailFault.OTHER


def _of_login(cause: object, server: SmtpTransport) -> MailFault:
    match cause:
        case smtplib.SMTPNotSupportedError():
            return MailFault.NO_LOGIN if server.use_tls or server.use_ssl else MailFault.NO_LOGIN_WITHOUT_TLS
        case smtplib.SMTPResponseException(smtp_code=code) if 400 <= code < 500:
            return MailFault.NOT_NOW
        case smtplib.SMTPAuthenticationError():
            return MailFault.WRONG_LOGIN
        case smtplib.SMTPResponseException():
            return MailFault.OTHER
        case smtplib.SMTPException():
            return MailFault.NO_KNOWN_LOGIN
        case ValueError():
            return MailFault.LOGIN_NOT_ASCII
    return MailFault.OTHER


def _of_message(cause: object) -> MailFault:
    code = _code(cause)
    if code == LOGIN_REQUIRED:
        return MailFault.LOGIN_WANTED
    if 400 <= code < 500:
        return MailFault.NOT_NOW
    match cause:
        case smtplib.SMTPNotSupportedError():
            return MailFault.NO_UTF8
        case smtplib.SMTPSenderRefused():
            return MailFault.SENDER_REFUSED
        case smtplib.SMTPRecipientsRefused():
            return MailFault.RECEIVER_REFUSED
        case smtplib.SMTPDataError():
            return MailFault.MESSAGE_REFUSED
    return MailFault.OTHER


def _code(cause: object) -> int:
    """The number with which the server answered; 0 if it did not."""
    match cause:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            return max(int(code) for code, _text in refused.values())
        case smtplib.SMTPResponseException(smtp_code=code):
            return int(code)
    return 0


def _said(cause: object) -> str:
    """The answer of the server or of the system in one line, without what could steer a terminal."""
    match cause:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            text = " ".join(f"{code} {_decoded(words)}" for code, words in refused.values())
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=words):
            text = _decoded(words) if code == -1 else f"{code} {_decoded(words)}"
        case ssl.SSLCertVerificationError(verify_message=words):
            text = words
        case OSError(strerror=str(words)):
            text = words
        case _:
            text = str(cause or "")
    return "".join(letter if letter.isprintable() else " " for letter in text).strip().rstrip(".")


def _decoded(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
