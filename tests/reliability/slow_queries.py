"""Five queries of a second in a green server: it prints how often another task ran until all had ended."""

import wsgi  # patches first
from ideas.database import db

transport = wsgi.app.extensions["schwarm-realtime"].transport
ended, turns = list[int](), 0


def ask() -> None:
    with wsgi.app.app_context():
        db.session.execute(db.text("SELECT pg_sleep(1)"))
    ended.append(1)


for _ in range(5):
    transport.spawn(ask)
while len(ended) < 5:
    transport.sleep(0.01)
    turns += 1
print(turns)
