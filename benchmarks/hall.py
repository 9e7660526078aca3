"""A hall for benchmarks of the running server: people with cookies in rooms, written straight into a new database.

usage: python -m benchmarks.hall FOLDER PEOPLE ROOMS [IDEAS] [turns]
FOLDER/hall.json: `{"rooms": [{"challenge", "round", "idea", "entries"}], "moderator": [cookie, csrf token]}`
FOLDER/cookies: `cookie<TAB>csrf token`, one line a person

With `turns` the rooms have a second phase, a discussion in turns, and each idea has another author.
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
from ideas.database import db, write
from ideas.devices import add_device, digest_of
from ideas.models import Activity, Device, Entry, Participant, Person, Tier, Visibility
from ideas.people import add_account, new_person
from ideas.queries.rounds import current_round
from ideas.services import challenges, ideas, organisations
from ideas.services.challenges import ChallengeForm

PHASES = (PhasePlan("debate", (Activity.WRITE, Activity.DEBATE, Activity.VOTE)),)
IN_TURNS = (*PHASES, PhasePlan("turns", (Activity.TURNS,)))
AUTHORS = 10


def build(app: Flask, folder: Path, people: int, rooms: int, ideas_each: int = 1, *, in_turns: bool = False) -> None:
    """Write the hall of an application's database."""
    flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
    tokens = [secrets.token_urlsafe(24) for _ in range(people)]
    everybody = _people(tokens)
    owner, owner_token = _owner()
    organisation_id = organisations.create_organisation(owner, "Hall")
    made = [_room(owner, organisation_id, n, everybody, ideas_each, in_turns) for n in range(rooms)]
    moderator = _cookie(app, owner_token).split("\t")
    (folder / "hall.json").write_text(json.dumps({"rooms": made, "moderator": moderator}))
    (folder / "cookies").write_text("".join(f"{_cookie(app, token)}\n" for token in tokens))


def _people(tokens: list[str]) -> list[int]:
    """:return: their ids, in the order of the tokens"""
    at = clock.now()
    with write() as transaction:
        rows = [{"return_nonce": uuid.uuid4().hex[:22], "created_at": at} for _ in tokens]
        adding = insert(Person).returning(Person.id, sort_by_parameter_order=True)
        people = list(transaction.session.scalars(adding, rows))
        devices = [
            {"token_digest": digest_of(token), "person_id": person, "created_at": at}
            for person, token in zip(people, tokens, strict=True)
        ]
        transaction.session.execute(insert(Device), devices)
    return people


def _owner() -> tuple[Actor, str]:
    """:return: the owner, and the secret of their browser"""
    with write() as transaction:
        person, account = new_person(transaction.session), add_account(transaction, "owner@example.org", "-")
        person.account_id = account.id
        return Actor(person.id, account.id), add_device(transaction.session, person.id)[1]


def _room(
    owner: Actor, organisation_id: int, n: int, people: list[int], ideas_each: int, in_turns: bool
) -> dict[str, object]:
    form = ChallengeForm(
        f"A full hall {n}",
        blueprint="open_contest",
        capacity=20_000,
        phases=IN_TURNS if in_turns else PHASES,
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
    # The last people write: a benchmark of votes lets the first ones vote, who have no ideas of their own.
    authors = ideas_each if in_turns else AUTHORS
    written = [
        ideas.submit_idea(
            Actor(people[-1 - k % authors]), challenge_id, ideas.IdeaForm(f"Crates {k}"), str(uuid.uuid4())
        )
        for k in range(ideas_each)
    ]
    round_id = current_round(db.session(), challenge_id).id
    entries = list(db.session.scalars(select(Entry.id).filter_by(round_id=round_id).order_by(Entry.id)))
    return {"challenge": challenge_id, "round": round_id, "idea": written[0], "entries": entries}


def _cookie(app: Flask, token: str) -> str:
    raw = secrets.token_hex(20)
    session = {"_user_id": token, "_fresh": True, "_permanent": True, "csrf_token": raw}
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    csrf = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(raw)
    return f"{signer.dumps(session)}\t{csrf}"


if __name__ == "__main__":
    application = create_app({"MAIL_BACKEND": "locmem", "REGISTRATION": "open"})
    with application.app_context():
        numbers = [int(word) for word in sys.argv[2:] if word.isdigit()]
        build(application, Path(sys.argv[1]), *numbers, in_turns="turns" in sys.argv)
