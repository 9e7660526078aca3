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
    def put(self, cast: Cast, tell: cast_queue.Teller) -> None:
        tell(CastAnswer(seq=1, receipt="1-too-early"))
        self._transport.spawn(self._later, cast)

    def _later(self, cast: Cast) -> None:
        self._transport.sleep(0.05)
        super().put(cast, lambda answer: None)


server = wsgi.app.extensions["schwarm-realtime"]
server.casts = EarlyQueue(wsgi.app, server.transport)
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
