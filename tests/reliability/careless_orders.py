"""A mutant of the server for the tests of the clock of orders: it looks before the transaction whether time is over.

Two such servers both find the same delivery silent, and both accept it. The tests must catch it.
"""

import os
import time

import wsgi  # patches first
from ideas import clock, order_steps
from ideas.database import db, require, write
from ideas.job_lock import locked_job
from ideas.models import WorkOrder
from ideas.services import order_clock
from realtime.server import ORDERS_SECONDS
from realtime.wsgi import serve

# Longer than the clock's interval, so that both servers have looked before one of them accepts.
DAWDLE_SECONDS = ORDERS_SECONDS + 0.5


def tick(order_id: int) -> bool:
    seen = require(db.session(), WorkOrder, order_id)
    state, until = seen.state, seen.until
    db.session.rollback()
    time.sleep(DAWDLE_SECONDS)
    with write() as transaction:
        chain = locked_job(transaction, require(transaction.session, WorkOrder, order_id).job_id)
        order = require(transaction.session, WorkOrder, order_id)
        order.state, order.until = state, until
        return order_steps.catch_up(order_steps.LockedOrder(chain, order, clock.now()))


order_clock._tick = tick
serve(wsgi.app, os.environ["HOST"], int(os.environ["PORT"]))
