"""The table of events: every event that passes the gate has a handler, and refusals have one form."""

import pytest

from ideas.errors import Barred, Busy, Forbidden, NotFound
from realtime import gate
from realtime.commands import Malformed
from realtime.handlers import HANDLERS, handle, refusal_of


def test_every_event_that_passes_the_gate_has_a_handler():
    assert set(HANDLERS) == gate.EVENTS


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


def test_a_socket_that_never_connected_finds_no_room(app):
    server = app.extensions["schwarm-realtime"]

    assert handle(server, "join", "unknown", {"room": "challenge-1"}) == {"ok": False, "error": "not_found"}
