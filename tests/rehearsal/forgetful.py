"""A mutant of the server for the rehearsal's test: it acknowledges every tenth mark without storing it.

The rehearsal must notice it; otherwise its verdict proves nothing.
"""

import os

import wsgi  # patches first
from ideas.marks import Cast
from ideas.services.ballots import CastAnswer
from realtime import cast_queue
from realtime.wsgi import serve


class ForgetfulQueue(cast_queue.CastQueue):
    heard = 0

    def put(self, cast: Cast, tell: cast_queue.Teller) -> None:
        self.heard += 1
        if self.heard % 10 == 0:
            tell(CastAnswer(seq=10_000_000 + self.heard, receipt="never stored"))
        else:
            super().put(cast, tell)


server = wsgi.app.extensions["schwarm-realtime"]
server.casts = ForgetfulQueue(wsgi.app, server.transport)
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
