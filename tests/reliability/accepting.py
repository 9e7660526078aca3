"""A process that accepts deliveries: `python -m tests.reliability.accepting PERSON:ACCOUNT ORDER:OP,…`, with
`DATABASE_URL`. Each acceptance is a command with its number, and the process says "accepted ORDER" when it is done.

With `--hasty` it is broken on purpose: the due is written in a second transaction.
"""

import sys

from app import create_app
from ideas import operations
from ideas.actor import Actor
from ideas.database import write
from ideas.dues import DueKind
from ideas.order_steps import add_due, locked_order
from ideas.services import orders


def accept(actor: Actor, order_id: int, op: str) -> None:
    operations.begin(operations.Command(op, f"account-{actor.account_id}", "", ""))
    try:
        orders.accept_delivery(actor, order_id, 1)
    except operations.Repeated:
        pass
    finally:
        operations.begin(None)


def accept_hastily(actor: Actor, order_id: int, op: str) -> None:
    kept, orders.add_due = orders.add_due, lambda *_args, **_kwargs: 0
    try:
        accept(actor, order_id, op)
    finally:
        orders.add_due = kept
    with write() as transaction:
        add_due(locked_order(transaction, order_id), DueKind.OWED, 1200, actor)


def main(actor: Actor, commands: list[tuple[int, str]], *, hasty: bool) -> None:
    with create_app().app_context():
        print("ready", flush=True)
        for order_id, op in commands:
            (accept_hastily if hasty else accept)(actor, order_id, op)
            print("accepted", order_id, flush=True)


if __name__ == "__main__":
    person, account = sys.argv[1].split(":")
    pairs = [pair.split(":") for pair in sys.argv[2].split(",")]
    main(Actor(int(person), int(account)), [(int(n), op) for n, op in pairs], hasty="--hasty" in sys.argv)
