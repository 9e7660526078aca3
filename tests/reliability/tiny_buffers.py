"""The server with tiny buffers of the system, so that tests see what happens when a receiver takes only a part."""

import os
import socket

import wsgi  # patches first
from realtime import wsgi as serving

SEND_BUFFER = 4096

send_at_once = serving._send_at_once


def send_little_at_once(connection: socket.socket) -> None:
    send_at_once(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


serving._send_at_once = send_little_at_once
serving.serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
