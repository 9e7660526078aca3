"""Mechanics of deleting a whole challenge: everything that belongs to it, and the guests who were only there.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from ideas import operations
from ideas.database import Base, Transaction
from ideas.devices import end_devices
from ideas.events import ChallengeDeleted
from ideas.exposures import lock_ledger
from ideas.models import (
    Act,
    Address,
    Argument,
    ArgumentAtClose,
    Arrival,
    Assessment,
    Award,
    AwardClaim,
    AwardPart,
    Ballot,
    ChainEnd,
    Challenge,
    DevicePerson,
    Entry,
    Exchange,
    ExcludedBallot,
    ExcludedMark,
    Exposure,
    Facilitation,
    Flag,
    GoodPoint,
    HandCount,
    Idea,
    IdeaEdge,
    IdeaGroup,
    IdeaVersion,
    Image,
    JournalEntry,
    Juror,
    JurorInvitation,
    KeptHead,
    Mark,
    MergedMark,
    Notification,
    Outcome,
    Participant,
    Person,
    PersonalInvitation,
    Phase,
    Question,
    Readiness,
    Reads,
    Reminder,
    Result,
    Reveal,
    RightsConsent,
    RightsText,
    Round,
    ScoreSheet,
    Seat,
    ShareLink,
    StreamItem,
    SwitchedOff,
    Tally,
    TimeReport,
    Turn,
    Wave,
    WorkOrder,
)
from ideas.receivers import forget_mails
from ideas.statements import one_of
from ideas.stored_files import drop_files_of_challenge, forget_sender

OF_QUESTION: tuple[type[Base], ...] = (
    Mark,
    MergedMark,
    Ballot,
    ExcludedMark,
    ExcludedBallot,
    Tally,
    HandCount,
    Exposure,
    Reads,
    Readiness,
)
OF_ROUND: tuple[type[Base], ...] = (
    Turn,
    Exchange,
    Seat,
    ArgumentAtClose,
    GoodPoint,
    Outcome,
    Result,
    Assessment,
    Reveal,
    Flag,
    JurorInvitation,
    Juror,
)
OF_CHALLENGE: tuple[type[Base], ...] = (
    Arrival,
    Wave,
    Facilitation,
    PersonalInvitation,
    Notification,
    SwitchedOff,
    Reminder,
    TimeReport,
)
OF_CHAIN: tuple[type[Base], ...] = (JournalEntry, KeptHead, StreamItem, Act)

Ids = Select[tuple[int]]


def remove_challenge(transaction: Transaction, challenge: Challenge) -> None:
    """Delete a challenge with its texts, pictures, ballots, journal and result."""
    session, challenge_id, picture_id = transaction.session, challenge.id, challenge.picture_id
    chain_id = challenge.chain_id
    rounds = select(Round.id).where(Round.challenge_id == challenge_id)
    questions = select(Question.id).where(Question.round_id.in_(rounds))
    people = set(session.scalars(select(Participant.person_id).filter_by(challenge_id=challenge_id)))
    people |= set(session.scalars(select(Juror.person_id).where(Juror.round_id.in_(rounds))))
    handles = list(session.scalars(select(Participant.id).filter_by(challenge_id=challenge_id)))
    lock_ledger(session, session.scalars(questions))  # nobody is dealt an idea meanwhile
    drop_files_of_challenge(session, challenge_id)
    session.expunge_all()  # the statements below do not look at loaded rows
    for table in OF_QUESTION:
        _drop(session, table, "question_id", questions)
    _drop(session, ScoreSheet, "juror_id", select(Juror.id).where(Juror.round_id.in_(rounds)))
    for table in OF_ROUND:
        _drop(session, table, "round_id", rounds)
    for table in OF_CHALLENGE:
        session.execute(delete(table).filter_by(challenge_id=challenge_id))
    for table in OF_CHAIN:
        session.execute(delete(table).filter_by(chain_id=chain_id))
    _remove_awards(session, rounds)
    _remove_texts(session, challenge_id)
    _drop(session, IdeaGroup, "round_id", rounds)
    _drop(session, Phase, "round_id", rounds)
    _drop(session, Question, "round_id", rounds)
    session.execute(delete(Round).filter_by(challenge_id=challenge_id))
    _remove_participants(session, challenge_id, handles)
    session.execute(delete(Address).filter_by(challenge_id=challenge_id))
    session.execute(delete(Challenge).filter_by(id=challenge_id))
    session.execute(delete(ChainEnd).filter_by(id=chain_id))
    session.execute(delete(Image).where(Image.id == picture_id))
    for person_id in sorted(people):
        forget_guest(transaction, person_id)
    transaction.record(ChallengeDeleted(challenge_id))


def _drop(session: Session, table: type[Base], column: str, ids: Ids) -> None:
    statement = delete(table).where(getattr(table, column).in_(ids))
    session.execute(statement.execution_options(synchronize_session=False))


def _remove_awards(session: Session, rounds: Ids) -> None:
    awards = select(Award.id).where(Award.round_id.in_(rounds))
    _drop(session, AwardClaim, "award_id", awards)
    _drop(session, AwardPart, "award_id", awards)
    replaced = update(Award).where(Award.round_id.in_(rounds)).values(replaces_id=None)
    session.execute(replaced.execution_options(synchronize_session=False))
    _drop(session, Award, "round_id", rounds)


def _remove_texts(session: Session, challenge_id: int) -> None:
    ideas = select(Idea.id).where(Idea.challenge_id == challenge_id)
    pictures = select(IdeaVersion.image_id).where(IdeaVersion.idea_id.in_(ideas), IdeaVersion.image_id.is_not(None))
    images = list(session.scalars(pictures.distinct()))
    _drop(session, IdeaEdge, "child_id", ideas)
    session.execute(
        update(Entry)
        .where(Entry.idea_id.in_(ideas))
        .values(merged_into=None, counted_as=None)
        .execution_options(synchronize_session=False)
    )
    for table in (Argument, Entry, IdeaVersion):
        _drop(session, table, "idea_id", ideas)
    session.execute(delete(Image).where(one_of(session, Image.id, images)))
    session.execute(delete(Idea).filter_by(challenge_id=challenge_id))
    texts = select(RightsText.id).where(RightsText.challenge_id == challenge_id)
    _drop(session, RightsConsent, "rights_text_id", texts)
    session.execute(delete(RightsText).filter_by(challenge_id=challenge_id))


def _remove_participants(session: Session, challenge_id: int, ids: list[int]) -> None:
    operations.forget_commands(session, ids)
    session.execute(update(Participant).filter_by(challenge_id=challenge_id).values(merged_into=None))
    session.execute(delete(Participant).filter_by(challenge_id=challenge_id))
    session.execute(delete(ShareLink).filter_by(challenge_id=challenge_id))


# The references to a person that keep a guest.
_REFERS = (
    Participant.person_id,
    Juror.person_id,
    Facilitation.person_id,
    Act.person_id,
    Reveal.person_id,
    DevicePerson.person_id,
    WorkOrder.person_id,
)


def forget_guest(transaction: Transaction, person_id: int) -> None:
    """Delete a guest who is nowhere else, and end their browsers."""
    session = transaction.session
    person = session.get(Person, person_id)
    if person is None or person.account_id is not None:
        return
    if any(session.scalar(select(column).where(column == person_id).limit(1)) is not None for column in _REFERS):
        return
    session.execute(delete(Notification).filter_by(person_id=person_id))
    forget_mails(session, [person_id])
    end_devices(transaction, person_id)
    forget_sender(session, person_id)
    session.flush()
    session.delete(person)
    session.flush()
