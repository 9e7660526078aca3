"""A mutant of the server: it acknowledges every tenth mark without storing it. Never part of the product.

The rehearsal must notice; otherwise its verdict proves nothing.
"""

import os

import wsgi  # patches first
from ideas.services.ballots import Answer, Cast
from realtime import cast_queue
from realtime.wsgi import serve


class ForgetfulQueue(cast_queue.CastQueue):
    heard = 0

    def cast(self, cast: Cast) -> Answer:
        self.heard += 1
        if self.heard % 10 == 0:
            return Answer(seq=10_000_000 + self.heard, receipt="never stored")
        return super().cast(cast)


server = wsgi.app.extensions["schwarm-realtime"]
server.casts = ForgetfulQueue(wsgi.app, server.transport)
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
