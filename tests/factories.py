"""People, companies and rooms for tests, made through the services, so that they are as real as in production.

Every function needs an application context (the fixture `app` pushes one).
"""

import io
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import BinaryIO

import pillow_heif
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from PIL import Image as Pillow
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import audit, clock, events, journal, pictures, uploads
from ideas.actor import NOBODY, Actor
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.entries import IdeaContent, enter_idea
from ideas.marks import Cast
from ideas.models import (
    LOBBY,
    Activity,
    Anonymity,
    Arrival,
    Challenge,
    Entry,
    EntryStatus,
    Floor,
    Idea,
    Participant,
    Role,
    Round,
    Stance,
    Visibility,
    Wave,
)
from ideas.people import add_account, new_person
from ideas.queries.ballots import own_ballot
from ideas.queries.flags import flagged_texts
from ideas.queries.rounds import current_round
from ideas.services import (
    accounts,
    arguments,
    ballots,
    challenges,
    ideas,
    moderation,
    organisations,
    participants,
    queue,
    rounds,
)
from tests.stock import Made, Stock

# The simple course: everybody sees every idea at once, and a facilitator starts each phase.
STEPS = (
    PhasePlan("write", (Activity.WRITE,)),
    PhasePlan("debate", (Activity.DEBATE,)),
    PhasePlan("vote", (Activity.VOTE,)),
)

# Write alone first: ideas written in `write` are sealed until a later phase begins.
ALONE_FIRST = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False),
    PhasePlan("build", (Activity.WRITE,)),
    PhasePlan("debate", (Activity.DEBATE,)),
    PhasePlan("vote", (Activity.VOTE,)),
)

PASSWORD = "correct horse battery"
# A cheap hash on purpose: no test measures its speed. It verifies like any other.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_PASSWORD_HASH = CHEAP_HASHER.hash(PASSWORD)

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Company:
    id: int
    owner: Actor


@dataclass(frozen=True)
class Room:
    """A challenge with its round; `owner` is its facilitator."""

    id: int
    round_id: int
    organisation_id: int
    code: str
    owner: Actor

    @property
    def path(self) -> str:
        """The address of its pages, with its slug."""
        return f"/challenges/{db.session.get_one(Challenge, self.id).slug}"

    @property
    def round(self) -> Round:
        return db.session.get_one(Round, self.round_id)

    @property
    def chain_id(self) -> int:
        return db.session.get_one(Challenge, self.id).chain_id

    @property
    def question_id(self) -> int:
        return self.round.questions[0].id


@dataclass(frozen=True)
class Somebody:
    """A participant: the actor, and the id and name in the room."""

    actor: Actor
    id: int
    name: str

    @property
    def row(self) -> Participant:
        return db.session.get_one(Participant, self.id)


STOCK = Stock()

# Fields of a room that depends on the time at which it is made.
TIMED = {"starts_at", "closes_at", "blueprint"}


def floor(country: str) -> None:
    """A minimum wage of a country that has none in the table."""
    with write() as transaction:
        row = Floor(country=country, since=date(2026, 1, 1), cents=2400, currency="CHF", time_zone="Europe/Zurich")
        transaction.session.add(row)


def idea_path(idea_id: int) -> str:
    """The address of an idea's page."""
    challenge = db.session.get_one(Challenge, db.session.get_one(Idea, idea_id).challenge_id)
    return f"/challenges/{challenge.slug}/ideas/{idea_id}"


def op() -> str:
    return str(uuid.uuid4())


def account(email: str | None = None) -> Actor:
    """A person with a confirmed account; the password is `PASSWORD`."""
    email = email or f"person{next(_numbers)}@example.org"
    with write() as transaction:
        person, found = new_person(transaction.session), add_account(transaction, email, _PASSWORD_HASH)
        person.account_id = found.id
        return Actor(person.id, found.id)


def guest() -> Actor:
    """A person without an account."""
    with write() as transaction:
        return Actor(new_person(transaction.session).id)


def company(owner: Actor | None = None, name: str = "Mill & Oven") -> Company:
    owner = owner or account()
    return Company(organisations.create_organisation(owner, name), owner)


def member(organisation_id: int, owner: Actor, role: Role = Role.MODERATOR) -> Actor:
    """A colleague who accepted an invitation."""
    colleague = account()
    organisations.accept_invitation(colleague, organisations.invite(owner, organisation_id, role))
    return colleague


def form(**fields: object) -> challenges.ChallengeForm:
    """The form of a challenge; an open contest, so that every activity is permitted at once. Its publication starts it,
    unless `fields` say otherwise.
    """
    return replace(
        challenges.ChallengeForm(
            "A name for the new bread line",
            brief="It is *dark* and sour.",
            rules="One idea per entry.",
            prize="A basket of bread",
            blueprint="open_contest",
            starts_at_once=True,
        ),
        **fields,  # type: ignore[arg-type]
    )


def draft(of: Company | None = None, **fields: object) -> Room:
    of = of or company()
    challenge_id = challenges.draft_challenge(of.owner, of.id, form(**fields))
    return _room(challenge_id, of.owner)


def room(of: Company | None = None, **fields: object) -> Room:
    """A challenge in its first phase. `fields` override the form: blueprint, anonymity, approval, visibility …"""
    if of is None:
        return stocked(lambda: _published(company(), fields), "room", **fields)
    return _published(of, fields)


def stocked(make: Callable[[], Made], *key: object, **form: object) -> Made:
    """What `make` makes, from the stock where it is there. `key` and the fields of the form tell what it makes.

    A test that replaces a part of the product, and wants it at work here, names the company `of` which the room is.
    """
    if "of" in form or _is_timed(form):
        return make()
    return STOCK.take(repr((key, sorted(form.items()))), make)


def _is_timed(fields: dict[str, object]) -> bool:
    """Whether a room depends on the time at which it is made."""
    phases = fields.get("phases") or ()
    assert isinstance(phases, tuple)
    return not TIMED.isdisjoint(fields) or any(phase.seconds or phase.ends_at for phase in phases)


def _published(of: Company, fields: dict[str, object]) -> Room:
    drafted = draft(of, **fields)
    challenges.publish_challenge(drafted.owner, drafted.id)
    return drafted


def depict(of: Room, words: str = "A loaf on a board", size: tuple[int, int] = (960, 540)) -> None:
    """Give a challenge a picture."""
    encoded = uploads.encode(picture("JPEG", size, "#c98a3b"))
    with write() as transaction:
        challenge = transaction.session.get_one(Challenge, of.id)
        pictures.change_picture(transaction.session, challenge, encoded, drop=False)
        challenge.picture_words = words


def lobby(of: Company | None = None, **fields: object) -> Room:
    """A published challenge that waits for its start."""
    return room(of, **{"starts_at_once": False, **fields})


def start(of: Room) -> None:
    """Start the round, as a facilitator does."""
    rounds.step_to_phase(of.owner, of.round_id, 0, since=LOBBY)


def listed_room(**fields: object) -> Room:
    return room(visibility=Visibility.LISTED, **fields)


def sealed_room(**fields: object) -> Room:
    return room(anonymity=Anonymity.FOR_GOOD, **fields)


def _room(challenge_id: int, owner: Actor) -> Room:
    round = current_round(db.session(), challenge_id)
    challenge = round.challenge
    return Room(challenge_id, round.id, challenge.organisation_id, challenge.code, owner)


def participant(of: Room, name: str | None = None, actor: Actor = NOBODY, network: str = "") -> Somebody:
    """A person who joined the room, from a network if one is given: a new guest, or `actor`."""
    name = name or f"Biene {next(_numbers)}"
    joined = participants.join_challenge(actor, of.code, name, network=network)
    return Somebody(Actor(joined.person_id, actor.account_id), joined.participant_id, name)


def idea(of: Room, author: Somebody, title: str | None = None, text: str = "", image: BinaryIO | None = None) -> int:
    """Submit an idea by `author`. :return: its id."""
    title = title or f"Idea number {next(_numbers)}"
    return ideas.submit_idea(author.actor, of.id, ideas.IdeaForm(title, text, image), op())


def many_pending(of: Room, author: Somebody, count: int) -> list[int]:
    """So many ideas that wait for approval, in one transaction. :return: their ids, the oldest first."""
    with write() as transaction:
        chain, round = journal.locked(transaction, of.id), current_round(transaction.session, of.id)
        contents = [IdeaContent(f"Idea {n + 1}", "") for n in range(count)]
        return [enter_idea(chain, round, author.row, each, EntryStatus.PENDING).id for each in contents]


def entry_id(idea_id: int) -> int:
    return db.session.scalars(select(Entry.id).filter_by(idea_id=idea_id)).one()


def shown(idea_id: int) -> bool:
    """Tell whether the participants of the room see an idea."""
    db.session.rollback()
    return db.session.scalars(select(Entry).filter_by(idea_id=idea_id)).one().shown


def wave(of: Room, *people: Somebody) -> int:
    """A wave of people who take part already. :return: its id."""
    with write() as transaction:
        found = Wave(challenge_id=of.id)
        transaction.session.add(found)
        transaction.session.flush()
        transaction.session.add_all(
            Arrival(participant_id=person.id, challenge_id=of.id, at=clock.now(), wave_id=found.id) for person in people
        )
        return found.id


def argument(idea_id: int, author: Somebody, text: str = "Why not?", stance: Stance = Stance.FOR) -> int:
    return arguments.argue(author.actor, idea_id, arguments.ArgumentForm(stance, text), op())


def keep(of: Room, actor: Actor, handle: str) -> int:
    """Keep a flagged text in the queue. :return: the number of the act."""
    text = next(text for text in flagged_texts(db.session(), of.round) if text.handle == handle)
    db.session.rollback()
    return queue.approve_texts(actor, of.id, [queue.ChosenText(handle, text.version or None, text.until)])


def cast(of: Room, voter: Somebody, marks: dict[int, int], **fields: object) -> Cast:
    """A command that marks ideas: `marks` maps idea ids to values."""
    values = {entry_id(i): value for i, value in marks.items()}
    command = Cast(voter.id, of.round_id, op(), op(), 1, values)
    return replace(command, **fields)  # type: ignore[arg-type]


def mark(of: Room, voter: Somebody, marks: dict[int, int], **fields: object) -> ballots.CastAnswer:
    """Cast marks on ideas."""
    return ballots.cast_ballot(cast(of, voter, marks, **fields))


def used_room() -> Room:
    """A room in which two people wrote, argued and voted."""
    found = room()
    people = [participant(found) for _ in range(2)]
    written = idea(found, people[0])
    argument(written, people[1])
    mark(found, people[1], {written: 1})
    return found


def own_marks(session: Session, round: Round, who: Participant) -> dict[int, int]:
    """`{entry: value}`: one participant's marks on single ideas, on the round's first question."""
    own = own_ballot(session, round.questions[0].id, who.id)
    return {subject: value for subject, value in own.items() if isinstance(subject, int)}


def step(of: Room, name: str) -> None:
    """Move to the phase of this name."""
    position = next(p.position for p in of.round.phases if p.name == name)
    rounds.step_to_phase(of.owner, of.round_id, position)


def lane_updates(recorded: list[events.Event]) -> list[tuple[str, tuple[str, ...]]]:
    """The updates of lanes in order: `(lane, handles)`. The recorded events are cleared afterwards."""
    heard = [(e.lane, e.handles) for e in recorded if isinstance(e, events.StreamAdvanced)]
    recorded.clear()
    return heard


def close(of: Room) -> None:
    rounds.close_round(of.owner, of.round_id)


@dataclass(frozen=True)
class Noise:
    """A room beside the room under test; nothing of it may ever show there."""

    room: Room
    people: list[Somebody]
    ideas: list[int]
    arguments: list[int]


def noise() -> Noise:
    """A second company with a listed challenge of its own: people, ideas of every status, arguments, marks."""
    other = listed_room(of=company(name="Noise Ltd"), title="Noise challenge")
    people = [participant(other, f"Noise {n}") for n in range(3)]
    found = [idea(other, person, f"Noise idea {n}", "Noise text") for n, person in enumerate(people)]
    remarks = [argument(i, people[0], f"Noise argument on {i}") for i in found]
    mark(other, people[0], {found[1]: 1, found[2]: -1})
    mark(other, people[1], {found[0]: 1})
    hidden = idea(other, people[2], "Noise idea that was hidden")
    moderation.hide_idea(other.owner, hidden, "Noise reason")
    withdrawn = idea(other, people[2], "Noise idea that was withdrawn")
    ideas.withdraw_idea(people[2].actor, withdrawn)
    return Noise(other, people, [*found, hidden, withdrawn], remarks)


def picture(
    kind: str = "PNG", size: tuple[int, int] = (40, 30), colour: str = "orange", **options: object
) -> io.BytesIO:
    """An upload: a plain picture."""
    out = io.BytesIO()
    Pillow.new("RGB", size, colour).save(out, kind, **options)
    out.seek(0)
    return out


def heic(size: tuple[int, int], colour: str = "orange", **options: object) -> bytes:
    """A plain picture in the format of phones."""
    out = io.BytesIO()
    pillow_heif.from_pillow(Pillow.new("RGB", size, colour)).save(out, **options)
    return out.getvalue()


def sign_in(browser: FlaskClient, who: Actor | Somebody) -> None:
    """Sign this person in to a test browser, with the cookie of `app.viewers.identity.enter_as`."""
    actor = who.actor if isinstance(who, Somebody) else who
    assert actor.person_id is not None
    token = accounts.new_device(actor.person_id)
    with browser.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True


def journal_holds(challenge_id: int | None = None) -> list[str]:
    """The problems that `journal check` finds, as words, in one challenge or in all; empty if the journals hold."""
    db.session.rollback()
    found = [b for b in audit.check(db.session()) if challenge_id is None or b.owner == f"challenge {challenge_id}"]
    return [f"{b.owner.removeprefix('challenge ')}/{b.seq}: {b.problem}" for b in found]
