"""A room on Flask-SocketIO as it comes, on eventlet; as room.js. usage: python room_stock.py PORT"""

import sys

import eventlet

eventlet.monkey_patch()

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, join_room  # noqa: E402

BARE = len('42["fragments",{"html":""}]')
app = Flask(__name__)
sockets = SocketIO(app, async_mode="eventlet", transports=["websocket"])


@sockets.on("connect")
def enter(auth: object = None) -> None:
    join_room("room")


@sockets.on("go")
def go(asked: dict[str, int]) -> None:
    for _ in range(asked["count"]):
        sockets.emit("fragments", {"html": "x" * max(1, asked["bytes"] - BARE)}, to="room")


@sockets.on("typing")
def typing(_: object) -> dict[str, bool]:
    return {"ok": True}


@app.get("/")
def index() -> str:
    return "ok"


sockets.run(app, "127.0.0.1", int(sys.argv[1]), log_output=False, max_size=30_000)
