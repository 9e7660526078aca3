"""The server with short intervals between processes, so that tests need not wait.

The beat, which repairs missed changes every few seconds, is postponed: the tests must not depend on it.
"""

import os

import wsgi  # patches first
from realtime import peers, presence, server
from realtime.wsgi import serve

peers.PUBLISH_SECONDS = server.PAUSE_SECONDS = server.PRESENCE_SECONDS = 0.25
presence.LOST_SECONDS = 2.5
server.BEAT_SECONDS = 600

serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
