"""A real SMTP server for tests, in a separate thread."""

import asyncio
import contextlib
import email
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.servers import free_port

SECONDS = 30


@dataclass
class Delivery:
    """A mail that the server accepted."""

    receivers: list[str]
    message: EmailMessage

    @property
    def id(self) -> str:
        return self.message["Message-ID"]

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def path(self) -> str:
        """The path of the link in the mail."""
        return re.search(r"https?://[^/\s]+(/\S+)", self.text)[1]

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert isinstance(part, EmailMessage)
        return part.get_content()


@dataclass
class MailServer:
    """Answers MAIL, RCPT and DATA from `to_mail`, `to_rcpt` and `to_data`, one entry each; an empty list accepts."""

    utf8: bool = True
    password: str | None = None  # with one, it offers a login for every name
    tls: ssl.SSLContext | None = None  # with one, it offers STARTTLS
    tls_at_once: bool = False  # or it speaks TLS from the first byte
    seconds: float = 0.0  # the duration of one delivery
    deliveries: list[Delivery] = field(default_factory=list)
    to_mail: list[str] = field(default_factory=list)
    to_rcpt: list[str] = field(default_factory=list)
    to_data: list[str] = field(default_factory=list)
    attempts: int = 0

    def __post_init__(self) -> None:
        self.port = free_port()
        login = {"authenticator": self._authenticate, "auth_require_tls": False} if self.password else {}
        secured = {"ssl_context": self.tls} if self.tls_at_once else {"tls_context": self.tls}
        self._controller = Controller(self, "127.0.0.1", self.port, enable_SMTPUTF8=self.utf8, **secured, **login)

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()

    def _authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        assert self.password is not None
        return AuthResult(success=data.password == self.password.encode(), handled=False)

    async def handle_MAIL(self, _server, _session, envelope, address, options) -> str:
        if self.to_mail:
            return self.to_mail.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:
        self.attempts += 1
        if self.to_rcpt:
            return self.to_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:
        await asyncio.sleep(self.seconds)
        if self.to_data:
            return self.to_data.pop(0)
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.deliveries.append(Delivery(list(envelope.rcpt_tos), message))
        return "250 taken"

    def wait_for(self, count: int) -> list[Delivery]:
        """Wait until the server has accepted `count` mails."""
        deadline = time.monotonic() + SECONDS
        while len(self.deliveries) < count:
            assert time.monotonic() < deadline, f"{len(self.deliveries)} of {count} mails came"
            time.sleep(0.05)
        return self.deliveries


@contextlib.contextmanager
def one_line_server(line: bytes) -> Iterator[int]:
    """The port of a server that greets with `line` and hangs up; with an empty line it says nothing and stays."""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as open_sockets:

        def greet() -> None:
            connection, _peer = listener.accept()
            open_sockets.enter_context(connection)
            connection.sendall(line)
            if line:
                connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()
