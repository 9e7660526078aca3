"""A mutant of the server: it acknowledges a mark before it is on disk. Never part of the product.

The crash test must fail on it; otherwise the crash test proves nothing.
"""

import os

import wsgi  # patches first
from ideas.services.ballots import Cast, CastAnswer
from realtime import ballots
from realtime.wsgi import serve


class EarlyBox(ballots.BallotBox):
    def cast(self, cast: Cast) -> CastAnswer:
        self._socketio.start_background_task(self._later, cast)
        return CastAnswer(seq=1, receipt="1-too-early")

    def _later(self, cast: Cast) -> None:
        self._socketio.sleep(0.05)
        super().cast(cast)


hub = wsgi.app.extensions["schwarm-realtime"]
hub.ballots = EarlyBox(wsgi.app, hub.socketio)
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
