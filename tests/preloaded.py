"""A process that has imported the product, and forks a server whenever a test wants one.

A server spends most of its start on imports: more than a second of processor time, and the tests start more than a
hundred. A fork begins with the imports done, sets its folder, environment, arguments and outputs as a new process would
have them, and then runs the same program. Orders and answers are lines of JSON.

    python -m tests.preloaded ORDERS ANSWERS    two descriptors
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
import time
import warnings
from typing import BinaryIO

Order = dict[str, object]


def preload() -> None:
    """Import what a server imports, under the patches that `wsgi.py` applies first."""
    gc.disable()
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    import eventlet

    eventlet.monkey_patch(psycopg=False)
    hidden = [name for name in ("aiohttp", "redis", "requests", "websocket") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    importlib.import_module("flask_socketio")
    for name in hidden:
        del sys.modules[name]

    for module in ("app", "app.platform.logs", "app.platform.startup", "realtime.wsgi"):
        importlib.import_module(module)

    gc.freeze()


def hide_flask() -> None:
    """Hide Flask until `wsgi.py` patches: if it found Flask, it would take the process for the `flask` command."""
    import eventlet

    flask = sys.modules.pop("flask")
    eventlet.monkey_patch = lambda **_: sys.modules.update(flask=flask)


def next_order(orders: BinaryIO, answers: BinaryIO) -> Order:
    """Wait for orders. :return: in a forked process, the order that it is to carry out."""
    while line := orders.readline():
        order: Order = json.loads(line)
        if "start" in order:
            answer = os.fork()
            if answer == 0:
                orders.close()
                answers.close()
                return order
        else:
            answer = _status_of(int(str(order["pid"])))
        answers.write(json.dumps(answer).encode() + b"\n")
    raise SystemExit


def _status_of(pid: int) -> int | None:
    """The exit status of a forked process as `subprocess` gives it; None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def become(order: Order) -> list[str]:
    """Take the place of a new process. :return: the arguments of its Python."""
    program, environment, log = order["start"], order["environment"], order["log"]
    assert isinstance(program, list)
    assert isinstance(environment, dict)
    os.environ.clear()
    os.environ.update(environment)
    null, output = os.open(os.devnull, os.O_RDONLY), os.open(str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for descriptor, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, target)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    time.tzset()
    return program


def run(arguments: list[str]) -> None:
    """Run a program as `python ARGUMENTS` does."""
    hide_flask()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    preload()
    reading, writing = (os.fdopen(int(text), mode, 0) for text, mode in zip(sys.argv[1:], ("rb", "wb"), strict=True))
    run(become(next_order(reading, writing)))
