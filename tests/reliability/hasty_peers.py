"""The server with short intervals between processes, so that tests need not wait.

The beat, which repairs missed changes every few seconds, and the look for changes of other processes are postponed: the
tests must not depend on them, since PostgreSQL tells of changes at once.
"""

import os

import wsgi  # patches first
from realtime import peers, presence, server
from realtime.wsgi import serve

peers.PUBLISH_SECONDS = server.PAUSE_SECONDS = server.PRESENCE_SECONDS = 0.25
presence.LOST_SECONDS = 2.5
server.BEAT_SECONDS = server.WATCH_SECONDS = 600

serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
