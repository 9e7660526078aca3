"""The server, with processes that speak oftener and give each other up sooner, so that a test need not wait for it.

The beat, which mends every few seconds whatever was missed, is put off: what has to happen at once must not need it.
"""

import os

import wsgi  # patches first
from realtime import peers, presence, server
from realtime.wsgi import serve

peers.PUBLISH_SECONDS = server.PAUSE_SECONDS = server.PRESENCE_SECONDS = 0.25
presence.LOST_SECONDS = 2.5
server.BEAT_SECONDS = 600

serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
