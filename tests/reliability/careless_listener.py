"""A mutant of the server for the tests of connections: it accepts without admission, as eventlet does by itself.

The first failed accept ends its loop, and with it the listening socket. The tests must catch it.
"""

import os

import wsgi  # patches first
from realtime import wsgi as serving

serving.connections_within = lambda files_max, _: 100 * files_max
serving.Listener = lambda listening, *_: listening
serving.serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
