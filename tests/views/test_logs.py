"""The log: one entry a line, the number of the request, and nothing of people or secrets."""

import io
import json
import logging
import re
import sys
import threading

import pytest
from sqlalchemy.exc import SQLAlchemyError

import config
from app.platform import logs
from ideas.database import db

TOKEN = "q8ZsW3fJ0pTnA-xY7uLk2Rb_"


@pytest.fixture
def lines(monkeypatch):
    """Entries of the log as they are written, each read from its line."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.JsonLines())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_number_of_a_request_is_returned_and_only_a_trusted_proxy_gives_one(app, client):
    own = client.get("/healthz", headers={"X-Request-ID": "from-outside-1"}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", own)
    assert client.get("/healthz").headers["X-Request-ID"] != own

    app.config["TRUSTED_PROXIES"] = 1
    assert client.get("/healthz", headers={"X-Request-ID": "from-proxy-1"}).headers["X-Request-ID"] == "from-proxy-1"
    for wrong in ("short", "x" * 65, "a b c d e f", 'x"}{"level":"x'):
        assert client.get("/healthz", headers={"X-Request-ID": wrong}).headers["X-Request-ID"] != wrong


def test_an_error_is_one_line_with_the_number_of_its_request_and_no_secret(app, client, lines, monkeypatch):
    def fail(**_):
        raise ValueError(f"no link {TOKEN} for eve@example.org in /join?code=AB12CD")

    monkeypatch.setitem(app.view_functions, "accounts.sign_in_by_token", fail)

    answer = client.get(f"/sign-in/{TOKEN}")

    assert answer.status_code == 500
    [entry] = lines()
    assert entry["request"] == answer.headers["X-Request-ID"]
    assert entry["level"] == "error"
    assert "ValueError: no link [secret] for [address] in /join?code=[hidden]" in entry["exception"]
    for word in (TOKEN, "eve@", "AB12CD"):
        assert word not in json.dumps(entry)


def test_an_error_of_the_database_quotes_no_values(app, lines):
    name = " ".join(("Eve", "Adams"))  # the trace quotes this source
    try:
        db.session.execute(db.text("select 1 from nowhere where name = :name"), {"name": name})
    except SQLAlchemyError:
        logging.getLogger("test").exception("a wrong statement")

    [entry] = lines()
    assert "from nowhere where name" in entry["exception"]
    assert "Eve Adams" not in json.dumps(entry)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Key (name)=(Eve Adams) already\nDETAIL: Key (name)=(Eve) exists.", "Eve) exists"),
        ("{'M': 'duplicate', 'D': 'Key (name)=(Eve Adams) exists', 'R': 'x'}", "Eve Adams"),
        ("to jörg.müller@bäckerei.example refused", "jörg"),
        ("GET /devices/q8ZsW3fJ0pTnA-xY7uLk2Rb_ failed", TOKEN),
    ],
)
def test_what_errors_quote_is_hidden(text, hidden):
    assert hidden in text
    assert hidden not in logs.hidden(text)


@pytest.mark.parametrize(
    "text", ["idea-12 in challenge-3", "the loop readiness failed", "6f1c2d1e-9a53-4c0e-8f0e-0b6f5f0c9c11"]
)
def test_ids_of_records_stay(text):
    assert logs.hidden(text) == text


@pytest.fixture
def levels():
    """Put the levels of the loggers back after the test."""
    loggers = [logging.getLogger(name) for name in (None, *logs.OWN)]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.usefixtures("levels")
@pytest.mark.parametrize(
    ("level", "kept"),
    [
        ("debug", ["own debug", "own info", "own warning", "own error", "other warning", "other error"]),
        ("info", ["own info", "own warning", "own error", "other warning", "other error"]),
        ("warning", ["own warning", "own error", "other warning", "other error"]),
        ("error", ["own error", "other error"]),
    ],
)
def test_the_level_holds_for_the_product_and_libraries_stay_at_warnings(monkeypatch, level, kept):
    out = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(sys, "stderr", out)
    logs.configure("text", level)

    for name, logger in (("own", "app.mails.delivery"), ("other", "PIL.TiffImagePlugin")):
        for kind in logs.LEVELS:
            getattr(logging.getLogger(logger), kind)("%s %s", name, kind)

    assert out.getvalue().splitlines() == kept


def test_an_unknown_level_is_refused(make_app):
    with pytest.raises(RuntimeError, match="LOG_LEVEL must be debug, info, warning or error"):
        make_app(LOG_LEVEL="loud")


def test_the_level_may_be_written_in_capitals(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "INFO")

    assert config.settings()["LOG_LEVEL"] == "info"


def test_a_request_is_logged_for_debugging_by_its_endpoint_and_without_its_path(client, lines, caplog):
    caplog.set_level(logging.DEBUG, logger=logs.log.name)

    client.get(f"/sign-in/{TOKEN}")

    [entry] = lines()
    assert entry["message"] == "GET accounts.sign_in_by_token is answered 404"
    assert entry["level"] == "debug"


@pytest.mark.usefixtures("levels")
def test_whatever_is_printed_becomes_lines_of_the_log(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(sys, "stderr", out)
    logs.configure("json")

    def die():
        raise RuntimeError("in a thread")

    print("serving on http://127.0.0.1", file=sys.stderr)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    logging.getLogger("test").warning("with\nbreak")

    entries = [json.loads(line) for line in out.getvalue().splitlines()]
    assert entries[0]["message"] == "serving on http://127.0.0.1"
    [trace] = [entry for entry in entries if "exception" in entry]
    assert trace["message"] == "RuntimeError: in a thread"
    assert "in die" in trace["exception"]
    assert entries[-1]["message"] == "with\nbreak"
