"""A process that takes places of a job: `python -m tests.reliability.taking JOB PERSON:ACCOUNT,…` with `DATABASE_URL`.

It says "ready", waits for a line, tries to take a place for each person, and says who got one and who was refused.
"""

import sys

from app import create_app
from ideas.actor import Actor
from ideas.database import db
from ideas.errors import JobFull
from ideas.services import orders
from ideas.services.orders import ApplicationForm


def main(job_id: int, people: list[Actor]) -> str:
    app, taken, refused = create_app(), 0, 0
    with app.app_context():
        db.session.connection()
        db.session.rollback()
        print("ready", flush=True)
        sys.stdin.readline()
        for person in people:
            try:
                orders.take_place(person, job_id, 1, ApplicationForm("Kim"))
                taken += 1
            except JobFull:
                refused += 1
            db.session.rollback()
    return f"{taken} {refused}"


if __name__ == "__main__":
    pairs = (pair.split(":") for pair in sys.argv[2].split(","))
    print(main(int(sys.argv[1]), [Actor(int(person), int(account)) for person, account in pairs]), flush=True)
