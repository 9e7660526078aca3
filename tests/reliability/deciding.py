"""A process that sets outcomes: `python -m tests.reliability.deciding ACCOUNT ROUND DECISION ENTRY,…`.

It says "ready", waits for a line, and says how many ideas got the outcome, or "changed". It needs `DATABASE_URL`.
"""

import sys

from app import create_app
from ideas.actor import Actor
from ideas.errors import Changed
from ideas.models import Decision
from ideas.services.outcomes import set_outcomes


def main(account: str, round_id: str, decision: str, entries: str) -> str:
    with create_app().app_context():
        print("ready", flush=True)
        sys.stdin.readline()
        chosen = [int(entry) for entry in entries.split(",")]
        actor = Actor(account_id=int(account))
        try:
            return str(set_outcomes(actor, int(round_id), chosen, Decision(decision), "Because.", seen=0))
        except Changed:
            return "changed"


if __name__ == "__main__":
    print(main(*sys.argv[1:]), flush=True)
