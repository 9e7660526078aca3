"""A mutant of the server: it acknowledges every tenth mark without storing it. Never part of the product.

The rehearsal must notice; otherwise its verdict proves nothing.
"""

import os

import wsgi  # patches first
from ideas.services.ballots import Cast, CastAnswer
from realtime import ballots
from realtime.wsgi import serve


class ForgetfulBox(ballots.BallotBox):
    heard = 0

    def cast(self, cast: Cast) -> CastAnswer:
        self.heard += 1
        if self.heard % 10 == 0:
            return CastAnswer(seq=10_000_000 + self.heard, receipt="never stored")
        return super().cast(cast)


hub = wsgi.app.extensions["schwarm-realtime"]
hub.ballots = ForgetfulBox(wsgi.app, hub.socketio)
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
