"""A process that deals ideas: `python -m tests.reliability.dealing QUESTION,… PERSON,…` with `DATABASE_URL`.

It says "ready", waits for a line, deals on each question to each person, and says how many deals went through.
"""

import sys

from app import create_app
from ideas.actor import Actor
from ideas.database import db
from ideas.services import feeds

TURNS = 5


def main(questions: list[int], people: list[int]) -> int:
    app, done = create_app(), 0
    with app.app_context():
        print("ready", flush=True)
        sys.stdin.readline()
        for person_id in people:
            for turn in range(1, TURNS + 1):
                feeds.deal(Actor(person_id), questions[turn % len(questions)], turn)
                done += 1
                db.session.rollback()
    return done


if __name__ == "__main__":
    print(main(*([int(n) for n in argument.split(",")] for argument in sys.argv[1:3])), flush=True)
