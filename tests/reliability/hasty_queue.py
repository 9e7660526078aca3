"""The server with little patience for the writer of casts, so that a test need not wait."""

import os

import wsgi  # patches first
from realtime import cast_queue
from realtime.wsgi import serve

cast_queue.PATIENCE_SECONDS, cast_queue.LOOK_SECONDS = 0.3, 0.05

serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
