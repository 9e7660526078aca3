"""The demo, so that a first visitor has something to do: an open challenge with ideas, arguments and votes, a live
brainstorm in its lobby, which a facilitator starts, and a small paid job.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from ideas import clock
from ideas.actor import NOBODY, Actor
from ideas.blueprints import LIVE_BRAINSTORM
from ideas.database import db
from ideas.entries import IdeaForm
from ideas.job_terms import JobForm, version_of
from ideas.marks import Cast
from ideas.models import Anonymity, Challenge, EstimateBy, Stance, Taking, Terms, Visibility
from ideas.queries.ideas import idea_rows
from ideas.queries.rounds import current_round
from ideas.services import accounts, arguments, ballots, challenges, ideas, jobs, organisations, participants

EMAIL = "demo@example.org"
ORGANISATION = "Demo"
OPEN_DAYS = 21

QUESTION = challenges.ChallengeForm(
    title="How do we halve the packaging waste of our canteen?",
    brief="""Our canteen serves **640 meals a day** and throws away eleven sacks of packaging. About half of it is
take-away: boxes, cups, cutlery, sauce sachets. The rest comes from the kitchen's suppliers.

We look for ideas that

- we can try within three months,
- make lunch no slower than it is now,
- cost less than 20,000 euros in the first year.

The kitchen team reads everything. Whatever wins is tried in the autumn, and we will say here what became of it.""",
    rules="One idea per entry. Say what it is, not who is to blame. Everybody may vote on everything but their own.",
    prize="Lunch for your whole team for a week, and your name on the door of the new return station.",
    language="en",
    blueprint="open_contest",
    visibility=Visibility.LISTED,
    anonymity=Anonymity.NAMED,
)

LIVE = challenges.ChallengeForm(
    title="What would make our Monday meeting worth an hour?",
    brief=(
        "A live brainstorm, to be played through: join with two or three browsers by its code, "
        "and press Start in the moderation.\n\n"
        "At first everyone writes alone; nobody sees the others’ ideas until you continue."
    ),
    language="en",
    blueprint=LIVE_BRAINSTORM.name,
    visibility=Visibility.LISTED,
    anonymity=Anonymity.UNTIL_RESULT,
)

JOB = JobForm(
    title="A text of 300 words for the return station",
    brief="""People stand in front of the new return station with a box in their hand and have ten seconds. We need a
text for the wall beside it:

- how to return a box, in three steps
- what happens to the deposit
- why we do this, in two sentences

We send you photos of the station and a list of the questions that people asked in the first week.""",
    example="Our sign at the coffee machine: “Press. Wait for the green light. Take your cup.” No sentence is longer.",
    criteria=(
        "It has 280 to 320 words.",
        "It has the three steps, the deposit and the reason, in this order.",
        "No sentence has more than 15 words.",
    ),
    words_min=280,
    words_max=320,
    places=2,
    cents=4500,
    minutes=120,
    estimate_by=EstimateBy.DONE,
    taking=Taking.APPLY,
    licence_use="on our walls, screens and pages",
    language="en",
)

PEOPLE = (
    "Biene 12",
    "Otter 7",
    "Heron 31",
    "Hedgehog 4",
    "Lynx 58",
    "Swift 19",
    "Badger 83",
    "Wren 26",
    "Dolphin 65",
    "Magpie 40",
)


@dataclass(frozen=True)
class Remark:
    by: str
    stance: Stance
    text: str


@dataclass(frozen=True)
class Contribution:
    """An idea of the demo. `votes` are the marks of `PEOPLE`, in their order: y, n, s(kip) or - (not yet)."""

    by: str
    title: str
    text: str
    votes: str
    remarks: tuple[Remark, ...] = ()


CONTRIBUTIONS = (
    Contribution(
        "Biene 12",
        "Returnable boxes with a deposit of five euros",
        "Steel boxes with a lid. The deposit is on the staff card, and comes back by itself when the box does. "
        "The hospital across the road does this and loses **two boxes a week**.",
        "-yyynyyys-",
        (
            Remark("Heron 31", Stance.FOR, "They fit into the dishwasher we have. I measured."),
            Remark("Badger 83", Stance.AGAINST, "Five euros is a lot for our apprentices. Why not two?"),
            Remark("Wren 26", Stance.QUESTION, "Where do I return a box when I work from home the next day?"),
        ),
    ),
    Contribution(
        "Otter 7",
        "Bring your own cup: coffee 20 cents cheaper",
        "A discount is felt, a surcharge is resented. The till needs one new button.",
        "y-yyysyy-y",
        (
            Remark("Lynx 58", Stance.FOR, "That works without buying anything, and from Monday on."),
            Remark("Dolphin 65", Stance.AGAINST, "The hygiene rules want a tray for foreign cups. It slows the queue."),
        ),
    ),
    Contribution(
        "Heron 31",
        "Sauces and sugar from a dispenser instead of sachets",
        "We hand out about 900 sachets a day. A dispenser costs 60 euros: ketchup, mustard, mayonnaise, sugar.",
        "yy-yyyy-yy",
        (Remark("Biene 12", Stance.FOR, "And the portion is as large as I want it."),),
    ),
    Contribution(
        "Hedgehog 4",
        "Ask every supplier for crates that go back",
        "Vegetables come in 14 cardboard boxes a day. Three of our five suppliers already have reusable crates; "
        "nobody has asked them.",
        "yys-yy-yny",
        (
            Remark("Magpie 40", Stance.FOR, "I buy for the kitchen: two of them said yes on the phone today."),
            Remark("Otter 7", Stance.QUESTION, "Where would we keep the empty crates until they are fetched?"),
        ),
    ),
    Contribution(
        "Lynx 58",
        "No take-away at all between 11:30 and 13:00",
        "There are enough seats. Whoever sits down needs no box.",
        "nnsn-nyn-n",
        (
            Remark("Swift 19", Stance.AGAINST, "I care for my mother at lunchtime. Take-away is why I can work here."),
            Remark("Badger 83", Stance.AGAINST, "There are 210 seats for 640 meals. There are not enough."),
        ),
    ),
    Contribution(
        "Swift 19",
        "Show the number of boxes saved on the screen at the entrance",
        "One number, big, every day. What is measured in public changes.",
        "sy-ny-ysny",
    ),
    Contribution(
        "Badger 83",
        "Cutlery only if you ask for it",
        "Everybody has a fork in the desk drawer. Today the cutlery is in the bag before anybody can say no.",
        "yyyy-y-yyy",
        (Remark("Hedgehog 4", Stance.FOR, "Costs nothing and can start tomorrow."),),
    ),
    Contribution(
        "Wren 26",
        "Edible bowls for soup and salad",
        "Made of bran, baked in the next town. A bowl holds soup for about half an hour.",
        "nysnnsn-nn",
        (Remark("Dolphin 65", Stance.QUESTION, "What do they cost? I found 85 cents apiece, ours are 9."),),
    ),
)

VALUES = {"y": 1, "n": -1, "s": 0}


def owner() -> int:
    """The account that owns the demo; creates the account, company and challenges if they do not exist."""
    return accounts.account_by_email(EMAIL) or _make()


def _make() -> int:
    account_id = accounts.open_confirmed_account(EMAIL)
    actor = Actor(accounts.person_of_account(account_id), account_id)
    organisation_id = organisations.create_organisation(actor, ORGANISATION)
    challenge_id = challenges.draft_challenge(actor, organisation_id, _question())
    challenges.publish_challenge(actor, challenge_id)
    _fill(challenge_id)
    challenges.publish_challenge(actor, challenges.draft_challenge(actor, organisation_id, LIVE))
    _offer_job(actor, organisation_id)
    return account_id


def _offer_job(actor: Actor, organisation_id: int) -> None:
    job_id = jobs.begin_job(actor, organisation_id, JOB)
    draft = db.session.scalars(select(Terms).filter_by(job_id=job_id)).one()
    jobs.publish_job(actor, job_id, seen=version_of(draft))


def _question() -> challenges.ChallengeForm:
    closes_at = (clock.now() + timedelta(days=OPEN_DAYS)).replace(hour=16, minute=0, second=0, microsecond=0)
    return challenges.ChallengeForm(**(vars(QUESTION) | {"closes_at": closes_at}))


def _fill(challenge_id: int) -> None:
    code = db.session.get_one(Challenge, challenge_id).code
    people = {name: participants.join_challenge(NOBODY, code, name) for name in PEOPLE}
    actors = {name: Actor(joined.person_id) for name, joined in people.items()}
    for contribution in CONTRIBUTIONS:
        form = IdeaForm(contribution.title, contribution.text)
        idea_id = ideas.submit_idea(actors[contribution.by], challenge_id, form, _op())
        for remark in contribution.remarks:
            words = arguments.ArgumentForm(remark.stance, remark.text)
            arguments.argue(actors[remark.by], idea_id, words, _op())
    _vote(challenge_id, {name: joined.participant_id for name, joined in people.items()})


def _vote(challenge_id: int, people: dict[str, int]) -> None:
    round = current_round(db.session(), challenge_id)
    entries = {row.title: row.entry_id for row in idea_rows(db.session(), round)}
    casts = []
    for place, name in enumerate(PEOPLE):
        answers = {entries[c.title]: VALUES.get(c.votes[place]) for c in CONTRIBUTIONS}
        marks = {entry: value for entry, value in answers.items() if value is not None}
        casts.append(Cast(people[name], round.id, _op(), _op(), 1, marks))
    refused = [answer.error for answer in ballots.cast_ballots(casts) if answer.error]
    assert not refused, refused


def _op() -> str:
    return str(uuid.uuid4())
