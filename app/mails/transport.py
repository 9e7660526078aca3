"""How a mail leaves: through an SMTP server, or to the console if none is set."""

import contextlib
import smtplib
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum, auto
from typing import Any, Protocol
from urllib.parse import urlsplit

# The key of the transport among the application's extensions.
TRANSPORT = "schwarm-mail-transport"

# How long the server may take for one answer.
ANSWER_SECONDS = 15
# How long the server may take for the whole mail once it is asked to take it: four answers.
HANDING_OVER_SECONDS = 4 * ANSWER_SECONDS


class MailStep(Enum):
    """The step of a delivery at which a mail server failed."""

    CONNECT = auto()
    ENCRYPT = auto()
    LOG_IN = auto()
    HAND_OVER = auto()


class MailNotSent(Exception):
    """The mail did not leave. `error` names the failure; it holds no address and no text of the mail.

    `step` is None if the mail server had no part in it.
    """

    def __init__(self, error: str, step: MailStep | None = None) -> None:
        super().__init__(error)
        self.error, self.step = error, step


class MailRefused(MailNotSent):
    """The server refused this mail for good."""


class MailDelayed(MailNotSent):
    """The mail may be sent later."""


class MailTransport(Protocol):
    def send(self, message: EmailMessage, may_go_on: Callable[[], bool]) -> None:
        """Hand a mail over, unless `may_go_on()` says no at the last moment. :raise MailRefused: :raise MailDelayed:"""


@dataclass(frozen=True)
class SmtpTransport:
    """The operator's mail server."""

    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool  # begin in plain text, then STARTTLS
    name: str  # what this machine says it is called; a look-up of the name could stop every socket
    use_ssl: bool = False  # TLS from the first byte, usually at port 465

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "SmtpTransport":
        return cls(
            settings["MAIL_SERVER"],
            settings["MAIL_PORT"],
            settings["MAIL_USERNAME"],
            settings["MAIL_PASSWORD"],
            settings["MAIL_USE_TLS"],
            urlsplit(settings["PUBLIC_URL"]).hostname or "localhost",
            settings["MAIL_USE_SSL"],
        )

    def send(self, message: EmailMessage, may_go_on: Callable[[], bool]) -> None:
        with _delayed(MailStep.CONNECT):
            server = self._connected()
        try:
            self._introduce(server)
            if not may_go_on():
                raise MailDelayed("ClaimLost")
            with _delayed(MailStep.HAND_OVER), _judged():
                server.send_message(message)
        finally:
            with contextlib.suppress(OSError):  # after the mail was taken, a farewell that fails changes nothing
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self.use_ssl:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, self.name, timeout=ANSWER_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, self.name, timeout=ANSWER_SECONDS)

    def _introduce(self, server: smtplib.SMTP) -> None:
        if self.use_tls:
            with _delayed(MailStep.ENCRYPT):
                server.starttls(context=ssl.create_default_context())
        if self.username:
            with _delayed(MailStep.LOG_IN):
                server.login(self.username, self.password or "")


@contextmanager
def _delayed(step: MailStep) -> Iterator[None]:
    """A server that can't be reached, or does not let us in, is the operator's to mend: nothing is lost meanwhile."""
    try:
        yield
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
        raise MailDelayed(_name(error), step) from error


@contextmanager
def _judged() -> Iterator[None]:
    """Tell a refusal of this mail from one that may pass."""
    try:
        yield
    except smtplib.SMTPNotSupportedError as error:  # the address needs SMTPUTF8, which the server does not have
        raise MailRefused(_name(error), MailStep.HAND_OVER) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        raise _of_code(error, max(codes)) from error
    except smtplib.SMTPResponseException as error:
        raise _of_code(error, error.smtp_code) from error
    except ValueError as error:  # the message can't be written: it will never be
        raise MailRefused(_name(error), MailStep.HAND_OVER) from error


def _of_code(error: Exception, code: int) -> MailNotSent:
    kind = MailRefused if 500 <= code < 600 else MailDelayed
    return kind(f"{_name(error)} {code}", MailStep.HAND_OVER)


def _name(error: Exception) -> str:
    return type(error).__name__


class ConsoleTransport:
    """Prints mails, for a server without a mail server."""

    def send(self, message: EmailMessage, may_go_on: Callable[[], bool]) -> None:
        if not may_go_on():
            raise MailDelayed("ClaimLost")
        text = message.get_body(("plain",))
        assert isinstance(text, EmailMessage)
        heads = "".join(f"{name}: {message[name]}\n" for name in ("From", "To", "Subject", "Message-ID"))
        sys.stdout.write(f"{heads}\n{text.get_content()}{'-' * 79}\n")
        sys.stdout.flush()
