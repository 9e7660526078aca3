"""A mutant of the server for the crash test: it acknowledges a mark before the mark is on disk.

The crash test must catch it; otherwise that test proves nothing.
"""

import os

import wsgi  # patches first
from ideas.marks import Cast
from ideas.services.ballots import CastAnswer
from realtime import cast_queue
from realtime.wsgi import serve


class EarlyQueue(cast_queue.CastQueue):
    def cast(self, cast: Cast) -> CastAnswer:
        self._transport.spawn(self._later, cast)
        return CastAnswer(seq=1, receipt="1-too-early")

    def _later(self, cast: Cast) -> None:
        self._transport.sleep(0.05)
        super().cast(cast)


server = wsgi.app.extensions["schwarm-realtime"]
server.casts = EarlyQueue(wsgi.app, server.transport)
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
