"""A mutant of the server for the tests of the clock: it checks before the transaction whether a phase is over.

Two such servers both find the same phase over, and both step. The tests must catch it.
"""

import os
import time

import wsgi  # patches first
from ideas import clock
from ideas.database import db, write
from ideas.round_lock import locked_round
from ideas.services import rounds
from realtime import server
from realtime.wsgi import serve

# Longer than the clock's interval, so that both servers have checked before one of them steps.
DAWDLE_SECONDS = server.CLOCK_SECONDS + 0.2


def advance_due_rounds() -> int:
    due = rounds.due_rounds(db.session())
    db.session.rollback()
    if due:
        time.sleep(DAWDLE_SECONDS)
    return sum(_step(round_id) for round_id in due)


def _step(round_id: int) -> int:
    with write() as transaction:
        chain, round = locked_round(transaction, round_id)
        if not round.is_closed and round.position < len(round.phases) - 2:
            rounds._enter(chain, round, round.position + 1, clock.now(), None)
    return 1


server.advance_due_rounds = advance_due_rounds
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
