"""Jurors, the ideas that they may score, and how far they are. Nothing here tells a grade but to its own juror."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.models import (
    Activity,
    Challenge,
    Entry,
    Idea,
    Juror,
    JurorInvitation,
    Mark,
    Organisation,
    Participant,
    Round,
    ScoreSheet,
)
from ideas.voting.verdict import JURORS

# The client of the marks that a conflict put in the place of grades.
CONFLICT = "conflict"


def juror_of(session: Session, actor: Actor, round_id: int) -> Juror | None:
    """The actor's juror in a round."""
    if actor.person_id is None:
        return None
    return session.scalar(select(Juror).filter_by(round_id=round_id, person_id=actor.person_id))


def jury_round_of(session: Session, actor: Actor, challenge_id: int) -> Round | None:
    """The latest round of a challenge on whose jury the actor is."""
    if actor.person_id is None:
        return None
    query = select(Round).join(Juror, Juror.round_id == Round.id)
    query = query.where(Round.challenge_id == challenge_id, Juror.person_id == actor.person_id)
    return session.scalars(query.order_by(Round.n.desc()).limit(1)).first()


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that nobody has accepted yet; `email` is "" for a link that a moderator passes on."""

    id: int
    email: str
    created_at: datetime
    expires_at: datetime


def open_invitations(session: Session, round_id: int) -> list[OpenInvitation]:
    """The earliest first, one for each address."""
    query = select(JurorInvitation).filter_by(round_id=round_id).where(JurorInvitation.expires_at > clock.now())
    found: dict[str | int, OpenInvitation] = {}
    for row in session.scalars(query.order_by(JurorInvitation.id)):
        found.setdefault(row.email or row.id, OpenInvitation(row.id, row.email, row.created_at, row.expires_at))
    return list(found.values())


def jurors_in(session: Session, round_id: int) -> list[Juror]:
    """In the order in which they accepted."""
    return list(session.scalars(select(Juror).filter_by(round_id=round_id).order_by(Juror.accepted_at, Juror.id)))


def closed_to(session: Session, juror: Juror) -> set[int]:
    """The entries that a juror does not score: own ones, those that stand for an own one, and those with a conflict.

    Own is what the juror wrote as a participant. A conflict about an idea that was merged is one about the idea that
    stands for it, too.
    """
    return _own(session, [juror])[juror.id] | _conflicts(session, [juror])[juror.id]


def _own(session: Session, jurors: Sequence[Juror]) -> dict[int, set[int]]:
    """By juror."""
    mine = and_(Participant.person_id == Juror.person_id, Participant.challenge_id == Round.challenge_id)
    return _by_juror(
        session,
        jurors,
        select(Juror.id, Entry.id, Entry.counted_as)
        .join(Round, Round.id == Juror.round_id)
        .join(Participant, mine)
        .join(Idea, Idea.author_id == Participant.id)
        .join(Entry, and_(Entry.idea_id == Idea.id, Entry.round_id == Round.id)),
    )


def _conflicts(session: Session, jurors: Sequence[Juror]) -> dict[int, set[int]]:
    """By juror."""
    return _by_juror(
        session,
        jurors,
        select(Juror.id, Entry.id, Entry.counted_as)
        .join(ScoreSheet, and_(ScoreSheet.juror_id == Juror.id, ScoreSheet.conflict_at.is_not(None)))
        .join(Entry, Entry.id == ScoreSheet.entry_id),
    )


def _by_juror(
    session: Session, jurors: Sequence[Juror], query: Select[tuple[int, int, int | None]]
) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {juror.id: set() for juror in jurors}
    for juror, entry, stays in session.execute(query.where(Juror.id.in_(list(found)))):
        found[juror] |= {entry} if stays is None else {entry, stays}
    return found


@dataclass(frozen=True)
class SheetRow:
    """What a juror gave one idea. `grades`: `{question: grade}`, -1 for "can't say". `note` is theirs alone."""

    entry_id: int
    idea_id: int
    grades: Mapping[int, int]
    note: str
    has_conflict: bool
    is_scored: bool


def sheets_of(session: Session, round: Round, juror: Juror) -> list[SheetRow]:
    """The ideas of a juror in their own order, which differs for every juror and stays: the shown ones but their own.

    Ideas with a conflict are among them, so that the conflict can be taken back.
    """
    own, conflicts = _own(session, [juror])[juror.id], _conflicts(session, [juror])[juror.id]
    criteria = [question.id for question in round.criteria]
    entries = [(entry, idea) for entry, idea in _shown(session, round) if entry not in own]
    written = select(ScoreSheet.entry_id, ScoreSheet.note).filter_by(juror_id=juror.id)
    notes = dict(session.execute(written).tuples().all())
    marks = _grades(session, round, [juror])[juror.seat_id]
    rows = [
        SheetRow(
            entry,
            idea,
            marks.get(entry, {}),
            notes.get(entry, ""),
            entry in conflicts,
            len(marks.get(entry, {})) == len(criteria),
        )
        for entry, idea in entries
    ]
    secret = juror.seat.secret
    return sorted(rows, key=lambda row: journal.shuffle_key(secret, row.entry_id))


@dataclass(frozen=True)
class JuryProgress:
    """The size of a jury, how many of its jurors have scored every idea that they may score, and how many ideas of the
    room would have no jury score if the round closed now.
    """

    jurors: int
    done: int
    unscored: int


def jury_progress_of(session: Session, round: Round) -> JuryProgress:
    """Five statements for any number of jurors and ideas."""
    jurors, criteria = jurors_in(session, round.id), len(round.criteria)
    own, conflicts, given = _own(session, jurors), _conflicts(session, jurors), _grades(session, round, jurors)
    shown = {entry for entry, _ in _shown(session, round)}

    def is_done(juror: Juror) -> bool:
        to_score = shown - own[juror.id] - conflicts[juror.id]
        return bool(to_score) and all(len(given[juror.seat_id].get(entry, {})) == criteria for entry in to_score)

    grades = Counter(
        (entry, criterion)
        for sheets in given.values()
        for entry, sheet in sheets.items()
        for criterion, grade in sheet.items()
        if grade >= 0
    )
    asked = [question.id for question in round.criteria]
    unscored = sum(any(grades[entry, criterion] < JURORS for criterion in asked) for entry in shown)
    return JuryProgress(len(jurors), sum(map(is_done, jurors)), unscored)


def _shown(session: Session, round: Round) -> list[tuple[int, int]]:
    """`(entry, idea)` of the ideas that the room sees."""
    query = select(Entry.id, Entry.idea_id).where(Entry.round_id == round.id, Entry.shown).order_by(Entry.id)
    return [(entry, idea) for entry, idea in session.execute(query)]


def _grades(session: Session, round: Round, jurors: Sequence[Juror]) -> dict[int, dict[int, dict[int, int]]]:
    """`{seat: {entry: {criterion: grade}}}`; what a conflict put in the place of a grade is none."""
    found: dict[int, dict[int, dict[int, int]]] = {juror.seat_id: {} for juror in jurors}
    criteria = [question.id for question in round.criteria]
    query = select(Mark.participant_id, Mark.subject, Mark.question_id, Mark.value)
    query = query.where(Mark.participant_id.in_(list(found)), Mark.question_id.in_(criteria), Mark.client != CONFLICT)
    for seat, entry, question, value in session.execute(query):
        found[seat].setdefault(entry, {})[question] = value
    return found


def shows_ideas(round: Round) -> bool:
    """Whether jurors see ideas: while they can score them, and after the close."""
    return round.is_closed or policy.permits(round, Activity.VOTE)


def may_see_picture(session: Session, actor: Actor, entry: Entry) -> bool:
    """Whether the actor is a juror to whom the page of the jury shows this idea."""
    return entry.shown and juror_of(session, actor, entry.round_id) is not None and shows_ideas(entry.round)


@dataclass(frozen=True)
class JurySeat:
    """A challenge on whose jury a person is, for a link to the page of the jury."""

    challenge_id: int
    slug: str
    title: str
    language: str
    organisation: str


def seats_of(session: Session, person_id: int) -> list[JurySeat]:
    """The latest challenge first."""
    query = (
        select(Challenge.id, Challenge.slug, Challenge.title, Challenge.language, Organisation.name)
        .join(Organisation, Organisation.id == Challenge.organisation_id)
        .where(Challenge.id.in_(select(Round.challenge_id).join(Juror).where(Juror.person_id == person_id)))
    )
    return [JurySeat(*row) for row in session.execute(query.order_by(Challenge.id.desc()))]
