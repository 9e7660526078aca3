"""A hall for benchmarks of the running server: people with cookies in rooms, written straight into a new database.

usage: python -m benchmarks.hall FOLDER PEOPLE ROOMS
FOLDER/hall.json: `{"rooms": [{"challenge", "idea"}]}`; FOLDER/cookies: `cookie<TAB>csrf token`, one line a person
"""

import json
import secrets
import sys
import uuid
from pathlib import Path

import flask_migrate
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, select

import config
from app import create_app
from ideas import clock
from ideas.actor import Actor
from ideas.blueprints import PhasePlan
from ideas.database import write
from ideas.devices import digest_of
from ideas.models import Activity, Device, Participant, Person, Tier, Visibility
from ideas.people import add_account, new_person
from ideas.services import challenges, ideas, organisations
from ideas.services.challenges import ChallengeForm

PHASES = (PhasePlan("debate", (Activity.WRITE, Activity.DEBATE)),)


def build(app: Flask, folder: Path, people: int, rooms: int) -> None:
    """Write the hall of an application's database."""
    flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
    tokens = [secrets.token_urlsafe(24) for _ in range(people)]
    first = _people(tokens)
    owner = _owner()
    organisation_id = organisations.create_organisation(owner, "Hall")
    made = [_room(owner, organisation_id, n, range(first, first + people)) for n in range(rooms)]
    (folder / "hall.json").write_text(json.dumps({"rooms": made}))
    (folder / "cookies").write_text("".join(f"{_cookie(app, token)}\n" for token in tokens))


def _people(tokens: list[str]) -> int:
    """:return: the first of their ids, which follow each other"""
    at = clock.now()
    with write() as transaction:
        session = transaction.session
        first = (session.scalar(select(Person.id).order_by(Person.id.desc()).limit(1)) or 0) + 1
        rows = list(enumerate(tokens, first))
        session.execute(
            insert(Person), [{"id": n, "return_nonce": uuid.uuid4().hex[:22], "created_at": at} for n, _ in rows]
        )
        devices = [{"token_digest": digest_of(token), "person_id": n, "created_at": at} for n, token in rows]
        session.execute(insert(Device), devices)
    return first


def _owner() -> Actor:
    with write() as transaction:
        person, account = new_person(transaction.session), add_account(transaction, "owner@example.org", "-")
        person.account_id = account.id
        return Actor(person.id, account.id)


def _room(owner: Actor, organisation_id: int, n: int, people: range) -> dict[str, int]:
    form = ChallengeForm(
        f"A full hall {n}",
        blueprint="open_contest",
        capacity=20_000,
        phases=PHASES,
        visibility=Visibility.LINK,
        starts_at_once=True,
    )
    challenge_id = challenges.draft_challenge(owner, organisation_id, form)
    challenges.publish_challenge(owner, challenge_id)
    at = clock.now()
    rows = [
        {
            "challenge_id": challenge_id,
            "person_id": person,
            "name": f"Person {person}",
            "name_key": f"person{person}",
            "look_key": f"person{person}",
            "tier": Tier.OPEN,
            "secret": secrets.token_bytes(16),
            "joined_at": at,
        }
        for person in people
    ]
    with write() as transaction:
        transaction.session.execute(insert(Participant), rows)
    idea_id = ideas.submit_idea(Actor(people[0]), challenge_id, ideas.IdeaForm("Crates"), str(uuid.uuid4()))
    return {"challenge": challenge_id, "idea": idea_id}


def _cookie(app: Flask, token: str) -> str:
    raw = secrets.token_hex(20)
    session = {"_user_id": token, "_fresh": True, "_permanent": True, "csrf_token": raw}
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    csrf = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(raw)
    return f"{signer.dumps(session)}\t{csrf}"


if __name__ == "__main__":
    application = create_app({"MAIL_BACKEND": "locmem", "REGISTRATION": "open"})
    with application.app_context():
        build(application, Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
