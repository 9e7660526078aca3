"""The server in a hall where so many join that most of the crowd solves a puzzle at the door, and where whoever closes
the page is gone soon.
"""

import os

import wsgi  # patches first
from app.viewers import join_codes
from realtime import tables
from realtime.wsgi import serve

join_codes.FREE_JOINS = 2
tables.GONE_SECONDS = 0.5

serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
