"""The log of a server: one line an entry, as text or JSON, without what people wrote, addresses, secrets or codes.

Messages name records by their ids. What errors quote of the data is taken out again, as far as a program can see it.
"""

import io
import json
import logging
import re
import secrets
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, request
from werkzeug.wrappers import Response

from config import WrongSetting
from ideas.log_context import REQUEST, SOCKET

HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# An e-mail address; the values of a row that PostgreSQL quotes; a secret in a link; a code in a query.
_HIDDEN = (
    (re.compile(r"[^\s<>\"'(){}\[\],;:=]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"(DETAIL:).*"), r"\1 [hidden]"),
    (re.compile(r"""('D': )('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""), r"\1'[hidden]'"),
    (re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{22,}(?![\w-])"), "[secret]"),
    (re.compile(r"([?&](?:code|token|key|next)=)[^&\s\"']+"), r"\1[hidden]"),
)

_TRACE = "Traceback (most recent call last):"

# The values of LOG_LEVEL, from the most entries to the fewest.
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# The loggers of the product. Libraries stay at warnings: below these, some of them log the data that they handle.
OWN = ("app", "ideas", "realtime")

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Number the requests. A number of the proxy is taken over if there is a trusted one.

    :raise WrongSetting: if the level is unknown.
    """
    if app.config["LOG_LEVEL"] not in LEVELS:
        raise WrongSetting("LOG_LEVEL must be debug, info, warning or error.")
    app.before_request(_begin)
    app.after_request(_tell)


def _begin() -> None:
    given = request.headers.get(HEADER, "") if current_app.config["TRUSTED_PROXIES"] else ""
    REQUEST.set(given if _ID.fullmatch(given) else secrets.token_hex(8))


def _tell(response: Response) -> Response:
    response.headers[HEADER] = REQUEST.get()
    # The endpoint and not the path: paths contain codes, secrets and words.
    log.debug("%s %s is answered %d", request.method, request.endpoint or "(no page)", response.status_code)
    return response


def configure(form: str, level: str = "warning") -> None:
    """Send the log of this process to stderr. `form`: `text` or `json`; `level`: one of `LEVELS`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else HiddenText())
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(max(LEVELS[level], logging.WARNING))
    for name in OWN:
        logging.getLogger(name).setLevel(LEVELS[level])
    if form == "json":
        sys.stderr = StderrLines(handler)  # what libraries and dying threads print becomes lines of the log, too


def hidden(text: str) -> str:
    """A text without the data that errors quote."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text


class HiddenText(logging.Formatter):
    """Entries as text; an exception takes several lines."""

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record))


class JsonLines(logging.Formatter):
    """Each entry as one JSON object: time, level, logger, message; request, socket and exception where there are."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hidden(record.getMessage()),
        }
        entry |= {name: value for name, value in (("request", REQUEST.get()), ("socket", SOCKET.get())) if value}
        if record.exc_info and record.exc_info[0]:
            entry["exception"] = hidden(self.formatException(record.exc_info))
        elif record.exc_text:
            entry["exception"] = hidden(record.exc_text)
        return json.dumps(entry, ensure_ascii=False)


class StderrLines(io.TextIOBase):
    """Makes an entry of each printed line, and one of each printed trace."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler, self._lock = handler, threading.RLock()
        self._rest = ""
        self._trace: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                self._take(line)
        return len(text)

    def _take(self, line: str) -> None:
        if self._trace or line == _TRACE:
            self._trace.append(line)
            if line == _TRACE or line.startswith(" ") or not line:
                return
            trace, self._trace = "\n".join(self._trace), []
            self._emit(logging.ERROR, line, trace)
        elif line.strip():
            self._emit(logging.INFO, line)

    def _emit(self, level: int, message: str, trace: str | None = None) -> None:
        record = logging.LogRecord("stderr", level, "", 0, message, None, None)
        record.exc_text = trace
        self._handler.handle(record)
