"""The private hooks of the transport were checked with the versions of the libraries that are locked."""

import inspect
import re
from importlib.metadata import version

import pytest
from engineio.base_socket import BaseSocket
from engineio.server import Server as Engine
from engineio.socket import Socket
from socketio.base_manager import BaseManager
from socketio.manager import Manager

import config
from realtime.clients import Clients
from realtime.lines import Line
from realtime.transport import CHECKED_VERSIONS


def locked_versions() -> dict[str, str]:
    """Of the product, and of the tests, which lock the optional server."""
    texts = [(config.ROOT / name).read_text() for name in ("requirements-dev.txt", "requirements.txt")]
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", "\n".join(texts), re.MULTILINE))


def test_the_locked_versions_are_read():
    assert locked_versions()["flask-login"] == version("flask-login")


@pytest.mark.parametrize("library", CHECKED_VERSIONS)
def test_the_hooks_were_checked_with_the_locked_version(library):
    """After an update of a library read the hooks in `realtime/transport.py` again, then change the version there."""
    assert locked_versions()[library] == CHECKED_VERSIONS[library]
    assert version(library) == CHECKED_VERSIONS[library]


def test_the_private_hooks_are_in_one_file():
    hook = re.compile(r"\.eio\b|\b_handle_|\._async\b|async_drivers|eio_sid|get_hub\b|detach\(\)$", re.MULTILINE)
    users = {path.name for path in (config.ROOT / "realtime").glob("*.py") if hook.search(path.read_text())}

    assert users == {"transport.py", "clients.py", "hubs.py", "wsgi.py"}


def test_the_library_still_has_what_the_hooks_replace(app):
    """Each name is read or replaced by a hook. A library that renames one fails here and not in a full hall."""
    transport = app.extensions["schwarm-realtime"].transport
    server, eio = transport._server, transport._server.eio

    assert inspect.signature(Engine._handle_connect).parameters.keys() == {
        "self",
        "environ",
        "start_response",
        "transport",
        "jsonp_index",
    }
    assert set(eio.handlers) == {"connect", "message", "disconnect"}
    assert eio._handle_connect == transport._connect
    assert (server.environ, eio.sockets) == ({}, {})
    assert server.manager is transport._clients
    assert set(Manager.__dict__) - set(Clients.__dict__) <= LEFT_TO_THE_LIBRARY
    assert {name for name in vars(BaseManager) if not name.startswith("_")} - vars(
        Clients
    ).keys() <= LEFT_TO_THE_LIBRARY
    assert _names_of(Socket) - {*dir(Line)} == NOT_OF_A_LINE


# What the manager of clients does not replace: it works without rooms, or is not used here.
LEFT_TO_THE_LIBRARY = {
    *("__module__", "__doc__", "__dict__", "__weakref__"),
    *("can_disconnect", "close_room", "emit", "enter_room", "leave_room", "trigger_callback"),
    *("basic_close_room", "basic_disconnect", "basic_enter_room", "basic_leave_room", "initialize", "is_sid_room"),
    *("set_server",),
}

# What the library's socket has for long polling, upgrades and its own tasks.
NOT_OF_A_LINE = {
    *("check_ping_timeout", "handle_get_request", "handle_post_request", "poll", "receive", "schedule_ping"),
    *("last_ping", "queue", "server", "session", "upgrade_protocols", "upgrading"),
}


def _names_of(socket: type) -> set[str]:
    """The public methods and attributes of the library's socket."""
    named = re.findall(r"self\.([a-z]\w*) = ", inspect.getsource(BaseSocket.__init__))
    return {name for name in dir(socket) if not name.startswith("_")} | set(named)
