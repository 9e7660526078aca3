"""A server that takes files for challenges, at an address of the tests: `python -m tests.reliability.uploading`."""

import os

import wsgi  # patches first
from realtime.wsgi import serve
from tests import uploads

uploads.install(wsgi.app)
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
