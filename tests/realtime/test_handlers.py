"""The table of events: every event that passes the gate has a handler, and refusals have one form."""

import contextvars
import io
import json
import logging
import uuid

import pytest

from app.platform.logs import JsonLines
from ideas import policy
from ideas.actor import NOBODY
from ideas.database import db
from ideas.devices import device_by_token
from ideas.errors import Barred, Busy, Forbidden, NotFound
from ideas.services import accounts
from realtime import commands, gate
from realtime.commands import Malformed
from realtime.connections import Connection
from realtime.handlers import HANDLERS, Handler, handle, handle_cast, refusal_of
from tests import factories

CAST = {"op": str(uuid.uuid4()), "client": str(uuid.uuid4()), "n": 1, "round": 1, "marks": {"1": 1}}


def test_every_event_that_passes_the_gate_has_a_handler():
    assert {*HANDLERS, "cast"} == gate.EVENTS


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (Malformed(), {"ok": False, "error": "invalid"}),
        (Barred(), {"ok": False, "error": "barred"}),
        (Busy(3), {"ok": False, "error": "busy", "retry_after": 3}),
        (NotFound(), {"ok": False, "error": "not_found"}),
        (Forbidden(), {"ok": False, "error": "not_found"}),
    ],
)
def test_a_refusal_is_answered_with_its_word(error, answer):
    assert refusal_of(error) == answer


@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_a_malformed_command_is_refused_before_anybody_looks_who_sent_it(app, name):
    server = app.extensions["schwarm-realtime"]

    assert handle(server, name, "unknown", {"no": "field"}) == {"ok": False, "error": "invalid"}


def test_an_error_is_one_line_with_the_id_of_its_socket_and_is_answered_busy(app, monkeypatch):
    def fail(*_):
        raise RuntimeError("on purpose")

    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setitem(HANDLERS, "join", Handler(commands.join_of, fail, fail))
    server = app.extensions["schwarm-realtime"]
    server.connections.add(Connection("its-sid", "", NOBODY, 0, "en"))

    answer = contextvars.Context().run(handle, server, "join", "its-sid", {"room": "challenge-1"})

    server.connections.pop("its-sid")
    assert answer["error"] == "busy"
    [line] = out.getvalue().splitlines()
    entry = json.loads(line)
    assert (entry["message"], entry["socket"]) == ("the event join failed", "its-sid")
    assert "RuntimeError: on purpose" in entry["exception"]


@pytest.mark.parametrize(("data", "error"), [({"no": "field"}, "invalid"), (CAST, "not_found")])
def test_a_cast_of_nobody_is_refused_at_once(app, data, error):
    server, heard = app.extensions["schwarm-realtime"], []

    handle_cast(server, "unknown", data, heard.append)

    assert heard == [{"ok": False, "error": error}]


def test_a_socket_that_closed_during_its_join_is_not_counted(app):
    """Nothing would count it out again: its end has been dealt with."""
    room, server = factories.room(), app.extensions["schwarm-realtime"]
    person = factories.participant(room)
    device = device_by_token(accounts.new_device(person.actor.person_id))
    gone = Connection("closed", "token", person.actor, device.id, "en")
    access = policy.require_inside(db.session(), person.actor, room.id)

    with pytest.raises(NotFound):
        HANDLERS["join"].act(server, gone, (room.id, False), access)

    assert server.presence.counts(room.id)["here"] == 0


def test_a_socket_that_never_connected_finds_no_room(app):
    server = app.extensions["schwarm-realtime"]

    assert handle(server, "join", "unknown", {"room": "challenge-1"}) == {"ok": False, "error": "not_found"}
