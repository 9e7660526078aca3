"""A served room: a real server, real sockets, and the domain beside it as the command line has it."""

import uuid
from dataclasses import dataclass

import pytest

from ideas.actor import NOBODY, Actor
from ideas.database import db
from ideas.models import Anonymity, Challenge
from ideas.queries.rounds import current_round
from ideas.services import challenges, ideas, organisations, participants
from ideas.services.challenges import ChallengeForm
from tests import factories
from tests.servers import Server, cookie_of
from tests.sockets import Caller


@pytest.fixture
def server(served):
    return served


@dataclass
class Room:
    """A published challenge with its facilitator and three participants."""

    server: Server
    challenge_id: int
    round_id: int
    facilitator: Actor
    people: list[Actor]

    def submit(self, actor: Actor, title: str = "Reusable crates") -> int:
        return ideas.submit_idea(actor, self.challenge_id, ideas.IdeaForm(title), str(uuid.uuid4()))

    def entry(self, idea_id: int) -> int:
        return db.session.execute(db.text("select id from entry where idea_id = :i"), {"i": idea_id}).scalar_one()

    @property
    def chain_id(self) -> int:
        return db.session.get_one(Challenge, self.challenge_id).chain_id

    @property
    def name(self) -> str:
        return f"challenge-{self.challenge_id}"

    def caller(self, actor: Actor, language: str = "en", url: str = "") -> Caller:
        return Caller(url or self.server.url, cookie_of(self.server.app, actor.person_id), self.challenge_id, language)

    def cast(self, idea_id: int, value: int = 1, **fields: object) -> dict[str, object]:
        return {
            "op": str(uuid.uuid4()),
            "client": str(uuid.uuid4()),
            "n": 1,
            "round": self.round_id,
            "marks": {str(self.entry(idea_id)): value},
        } | fields


@pytest.fixture
def room(server, domain) -> Room:
    return make_room(server)


def make_room(server: Server, people: int = 3, **form: object) -> Room:
    facilitator = factories.account(f"{uuid.uuid4().hex[:12]}@example.org")
    organisation_id = organisations.create_organisation(facilitator, "Bakery")
    options = {
        "blueprint": "open_contest",
        "anonymity": Anonymity.NAMED,
        "starts_at_once": "starts_at" not in form,
    } | form
    challenge_id = challenges.draft_challenge(facilitator, organisation_id, ChallengeForm("Less packaging?", **options))
    challenges.publish_challenge(facilitator, challenge_id)
    code = db.session.get(Challenge, challenge_id).code
    crowd = [Actor(participants.join_challenge(NOBODY, code, f"Bee {n}").person_id) for n in range(people)]
    return Room(server, challenge_id, current_round(db.session(), challenge_id).id, facilitator, crowd)
