"""Statistics of one challenge for its organisation: what happened when, by which links people came, how far they went.

Sealed ideas count nowhere, and of the vote nothing is told but who took part in it, as a number. Numbers of people
below `LEAST` are pooled or left out by the page; they never name anybody.
"""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from ideas.models import (
    Argument,
    Audience,
    Ballot,
    Entry,
    EntryStatus,
    Exposure,
    Idea,
    InvitationKind,
    Participant,
    PersonalInvitation,
    Question,
    Round,
    ShareLink,
)
from ideas.queries.dashboard import happenings, people_here

SLOT_MS = 15 * 60 * 1000  # every time zone is a whole number of these away from UTC


@dataclass(frozen=True)
class Happened:
    """`{slot: number}` of each kind of act; a slot is a quarter of an hour, counted from the epoch."""

    joined: Counter[int]
    ideas: Counter[int]
    arguments: Counter[int]


def happened_in(session: Session, challenge_id: int) -> Happened:
    """When people joined, wrote and argued, in quarters of an hour. One statement."""
    acts = union_all(
        *(
            select(literal(kind).label("kind"), (type_coerce(at, BigInteger) // SLOT_MS).label("slot")).where(
                challenge == challenge_id, *conditions
            )
            for kind, challenge, at, conditions in happenings()
        )
    ).subquery()
    found = {"joined": Counter[int](), "ideas": Counter[int](), "arguments": Counter[int]()}
    for kind, slot, n in session.execute(select(*acts.c, func.count()).group_by(*acts.c)):
        found[kind][slot] = n
    return Happened(**found)


def links_of(session: Session, challenge_id: int) -> list[ShareLink]:
    """The named links of a challenge, those in use first, each part in the order in which they were made."""
    in_use = case((ShareLink.retired_at.is_(None), 0), else_=1)
    query = select(ShareLink).filter_by(challenge_id=challenge_id)
    return list(session.scalars(query.order_by(in_use, ShareLink.id)))


@dataclass(frozen=True)
class LinkSource:
    """The people who came by one link. `label` is "" for people who came without a label."""

    label: str
    joined: int
    voted: int
    is_personal: bool = False  # the links of all personal invitations together


def sources_of(session: Session, challenge_id: int, round: Round) -> list[LinkSource]:
    """How many people came by each link, and how many of them voted in this round; people who left or were removed are
    out. Links that nobody has used are among them. One statement.

    Personal invitations are one source: a link for one person would show what that person did.
    """
    invited = exists().where(
        PersonalInvitation.challenge_id == challenge_id,
        PersonalInvitation.kind == InvitationKind.PARTICIPANT,
        PersonalInvitation.person_id == Participant.person_id,
    )
    voted = exists().where(Ballot.participant_id == Participant.id, Ballot.question_id.in_(_voted_on(round)))
    people = union_all(
        select(
            Participant.link_id,
            case((and_(Participant.link_id.is_(None), invited), 1), else_=0).label("is_personal"),
            literal(1).label("joined"),
            case((voted, 1), else_=0).label("voted"),
        ).where(Participant.challenge_id == challenge_id, people_here()),
        select(ShareLink.id, literal(0), literal(0), literal(0)).where(ShareLink.challenge_id == challenge_id),
    ).subquery()
    query = select(ShareLink.label, people.c.is_personal, func.sum(people.c.joined), func.sum(people.c.voted))
    query = query.select_from(people).outerjoin(ShareLink, ShareLink.id == people.c.link_id)
    rows = session.execute(query.group_by(ShareLink.id, ShareLink.label, people.c.is_personal))
    return [LinkSource(label or "", int(n), int(voted), bool(personal)) for label, personal, n, voted in rows]


def _voted_on(round: Round) -> Select[tuple[int]]:
    of_round = select(Question.id).where(Question.round_id == round.id)
    return of_round.where(Question.audience == Audience.EVERYBODY, ~Question.is_first_look)


@dataclass(frozen=True)
class Steps:
    """How far the people of a challenge went. `read` counts those who were dealt an idea to judge."""

    joined: int
    wrote: int
    read: int
    voted: int


def steps_of(session: Session, challenge_id: int, round: Round) -> Steps:
    """How far people went, up to voting in this round. One statement for any number of people."""
    questions = _voted_on(round)
    on_shown = exists().where(
        Entry.idea_id == Idea.id,
        Entry.sealed == false(),
        Entry.status.in_((EntryStatus.VISIBLE, EntryStatus.MERGED)),
    )
    wrote = exists().where(Idea.author_id == Participant.id, on_shown)
    argued = exists().where(
        and_(
            Argument.author_id == Participant.id,
            Argument.status == EntryStatus.VISIBLE,
            Argument.idea_id == Idea.id,
            on_shown,
        )
    )
    read = exists().where(Exposure.participant_id == Participant.id, Exposure.question_id.in_(questions))
    voted = exists().where(Ballot.participant_id == Participant.id, Ballot.question_id.in_(questions))
    sums = (func.coalesce(func.sum(case((step, 1), else_=0)), 0) for step in (or_(wrote, argued), read, voted))
    row = session.execute(
        select(func.count(), *sums)
        .select_from(Participant)
        .where(Participant.challenge_id == challenge_id, people_here())
    ).one()
    return Steps(*row)
