"""A mutant of the server for the crash test: its commits do not wait until PostgreSQL has written them.

The crash test must catch it; otherwise that test proves nothing.
"""

import os

import wsgi  # patches first
from ideas import database
from realtime.wsgi import serve

database._set_up_postgresql = lambda connection: None

serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
