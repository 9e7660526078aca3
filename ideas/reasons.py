"""The reasons for notifications: one record each. `app.reasons` has one presenter for each.

A reason defines its events, its receivers, and when its statement is still true. A notification never holds names: it
does not name the author of an argument, whatever the anonymity of the challenge.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import Session

from ideas import clock, events, journal
from ideas.actor import Actor
from ideas.dues import DueKind
from ideas.job_access import is_shown_to
from ideas.models import (
    OWNING,
    PROXIES,
    STEERING,
    Account,
    Anonymity,
    Argument,
    Audience,
    Award,
    AwardPart,
    Challenge,
    Decision,
    DueEntry,
    Entry,
    EntryStatus,
    Facilitation,
    Flag,
    FlagState,
    Idea,
    IdeaEdge,
    Job,
    JobInvitation,
    JobQuestion,
    JobState,
    Kindness,
    Mark,
    Member,
    MergedMark,
    Notification,
    Participant,
    Person,
    Question,
    Role,
    Round,
    Stance,
    Terms,
    WorkOrder,
)
from ideas.orders import By, OrderState
from ideas.statements import one_of

People = Select[tuple[int]]


class Topic(StrEnum):
    """A group of reasons that a person switches off together."""

    DECISION = "decision"  # of moderators about what the person wrote or reported
    REPLY = "reply"
    QUESTION = "question"
    ARGUMENT = "argument"
    FAMILY = "family"  # merged, built on
    VERSION = "version"  # of ideas that the person marked
    PHASE = "phase"
    LAST_DAY = "last_day"
    RESULT = "result"
    OUTCOME = "outcome"
    AWARD = "award"
    WAITING = "waiting"  # what waits for the people who moderate
    WORK = "work"  # the orders and the pay of somebody who works
    HIRING = "hiring"  # what waits for the organisation of a job


# The topics of those who moderate; the others are of those who take part.
OF_FACILITATORS = frozenset({Topic.WAITING, Topic.HIRING})

# The topics of jobs, which no challenge has.
OF_JOBS = frozenset({Topic.WORK, Topic.HIRING})


@dataclass(frozen=True)
class Notice:
    """The notification to store for each of `people`, which selects ids of persons."""

    challenge_id: int
    subject: str
    people: People
    ids: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class JobNotice:
    """As `Notice`, about something of a job."""

    job_id: int
    subject: str
    people: People
    ids: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnNotices:
    """A notification for the author of each of these ideas, about the idea; `ids` stands beside the id of the idea.

    `subject` is the handle of another record that it is about: each of two has a notification of its own.
    """

    challenge_id: int
    idea_ids: Sequence[int]
    ids: dict[str, int]
    subject: str = ""


@dataclass(frozen=True)
class NewsContext:
    """The present state around a notification when it is read or sent; None for missing records."""

    round: Round
    participant: Participant | None
    facilitates: bool
    is_latest: bool = True  # whether no later round of the challenge has begun
    is_latest_close: bool = True  # whether no later round of the challenge is closed
    entry: Entry | None = None
    other: Entry | None = None  # of a second idea
    argument: Argument | None = None
    answered: Argument | None = None  # to which that one replies
    pending: int = 0  # ideas that wait for approval
    flags: int = 0  # open flags, as far as a notification speaks of them
    outcome: Decision | None = None  # of the entry
    award: Award | None = None
    unanswered: bool = False  # ideas of the round have no answer
    unawarded: bool = False  # the round has prizes and no award

    @property
    def participates(self) -> bool:
        return self.participant is not None and self.participant.is_here

    @property
    def is_author(self) -> bool:
        """Whether the idea is the reader's own."""
        return self.participates and self.entry is not None and self.entry.idea.author_id == self.participant.id  # type: ignore[union-attr]

    @property
    def is_debated(self) -> bool:
        """Whether the room reads arguments on the idea: also on one that was merged."""
        return self.entry is not None and (self.entry.shown or self.entry.status == EntryStatus.MERGED)

    @property
    def argues(self) -> bool:
        """Whether the argument is the reader's own."""
        return self.participates and self.argument is not None and self.argument.author_id == self.participant.id  # type: ignore[union-attr]


@dataclass(frozen=True)
class OrderContext:
    """The present state around a notification about an order when it is read or sent."""

    order: WorkOrder
    is_worker: bool
    roles: frozenset[Role]  # of the reader in the organisation of the job: one or none
    open_cents: int = 0


@dataclass(frozen=True)
class JobContext:
    """The present state around a notification about a job when it is read or sent.

    `is_seen`: the reader is of its audience, or works on it. `waits`: a question has no answer. `is_answered`: the
    question that the notification names has one.
    """

    job: Job
    roles: frozenset[Role]  # of the reader in the organisation of the job: one or none
    is_seen: bool
    waits: bool
    is_answered: bool


Source = Callable[[Session, Any], Notice | JobNotice | OwnNotices | None]


@dataclass(frozen=True)
class Reason:
    """`sources` maps a kind of event to the notice that it gives, if any.

    `may_read` is checked whenever a notification is read or sent, with its ids. One `at_once` has a mail of its own and
    stands in no digest. `is_mailed` is False where a mail would tell for which ideas somebody voted.
    """

    name: str
    topic: Topic
    sources: dict[type[events.Event], Source]
    may_read: Callable[[NewsContext, dict[str, int]], bool]
    at_once: bool = False
    is_mailed: bool = True
    # In place of `may_read`, for one about an order, and for one about a job.
    of_order: Callable[[OrderContext], bool] | None = None
    of_job: Callable[[JobContext], bool] | None = None


# Receivers


def participants(challenge_id: int) -> People:
    """The people who take part, without proxies."""
    return select(Participant.person_id).where(
        Participant.challenge_id == challenge_id,
        Participant.is_here,
        Participant.merged_into.is_(None),
        Participant.tier.not_in(PROXIES),
    )


def _participants_but(challenge_id: int, by: object) -> People:
    """All participants except the actor."""
    person_id = getattr(by, "person_id", None)
    people = participants(challenge_id)
    return people.where(Participant.person_id != person_id) if person_id else people


def _participant(challenge_id: int, participant_id: int) -> People:
    return participants(challenge_id).where(Participant.id == participant_id)


def authors_of(challenge_id: int, idea_ids: Sequence[int]) -> Select[tuple[int, int]]:
    """`(person, idea)` of these ideas, as far as their authors take part."""
    authors = participants(challenge_id).add_columns(Idea.id)
    return authors.where(Idea.author_id == Participant.id, Idea.id.in_(idea_ids))


def members(challenge_id: int) -> People:
    """The members of the organisation who moderate."""
    return (
        select(Person.id)
        .join(Member, Member.account_id == Person.account_id)
        .join(Challenge, Challenge.organisation_id == Member.organisation_id)
        .where(Challenge.id == challenge_id, Member.role.in_(STEERING))
    )


def facilitators(challenge_id: int, but: int = 0) -> People:
    """The people who facilitate, except the participant `but`."""
    given = select(Facilitation.person_id).filter_by(challenge_id=challenge_id)
    author = select(Participant.person_id).where(Participant.id == but)
    return select(Person.id).where(Person.id.in_(given.union(members(challenge_id))), Person.id.not_in(author))


# Notices of events


def _about_own_idea(_session: Session, event: events.IdeaEvent) -> Notice:
    people = _participant(event.challenge_id, event.author_id)
    return Notice(event.challenge_id, f"idea-{event.idea_id}", people, {"idea": event.idea_id})


def _merged_marks(session: Session, event: events.IdeaMerged) -> Notice:
    """For the people who marked the merged idea, but not its authors: their marks count for the idea that stays."""
    gone = select(Entry.id).where(Entry.round_id == event.round_id, Entry.idea_id == event.idea_id).scalar_subquery()
    of = or_(MergedMark.subject == gone, MergedMark.versus == gone)
    people = participants(event.challenge_id).where(Participant.id.in_(select(MergedMark.participant_id).where(of)))
    people = people.where(Participant.id != event.author_id)
    return Notice(event.challenge_id, f"idea-{event.into_id}", people, {"idea": event.into_id, "other": event.idea_id})


def _lessened_marks(session: Session, event: events.IdeaUnmerged) -> Notice:
    """For the people of whom the end of a merge took points back that they had given twice."""
    questions = select(Question.id).where(Question.round_id == event.round_id)
    fell = select(Mark.participant_id).where(
        Mark.question_id.in_(questions), Mark.client == journal.UNMERGED, Mark.seq > event.seq
    )
    people = participants(event.challenge_id).where(Participant.id.in_(fell))
    return Notice(event.challenge_id, f"round-{event.round_id}", people)


NewWords = events.IdeaEdited | events.IdeaCorrected


def _new_words(session: Session, event: NewWords) -> Notice | None:
    """For the people who marked an earlier version of an idea, once the room sees the new one."""
    entry = session.scalar(select(Entry).filter_by(round_id=event.round_id, idea_id=event.idea_id))
    if entry is None or not entry.shown or entry.version.n == 1:
        return None
    questions = select(Question.id).where(
        Question.round_id == event.round_id,
        Question.audience == Audience.EVERYBODY,
        ~Question.is_first_look,  # what people thought at first stays as it was
    )
    marked = select(Mark.participant_id).where(
        Mark.question_id.in_(questions),
        or_(Mark.subject == entry.id, Mark.versus == entry.id),
        Mark.at < entry.version.written_at,
    )
    people = participants(event.challenge_id).where(Participant.id.in_(marked))
    return Notice(event.challenge_id, f"idea-{event.idea_id}", people, {"idea": event.idea_id})


def _argument(session: Session, event: events.ArgumentEntered) -> Notice | None:
    return _on_idea(session, event) if _stance(session, event) in (Stance.FOR, Stance.AGAINST) else None


def _question(session: Session, event: events.ArgumentEntered) -> Notice | None:
    return _on_idea(session, event) if _stance(session, event) == Stance.QUESTION else None


def _stance(session: Session, event: events.ArgumentEntered) -> Stance:
    return session.get_one(Argument, event.argument_id).stance


def _on_idea(session: Session, event: events.ArgumentEntered) -> Notice | None:
    """For the author of the idea, unless they argue themselves."""
    idea = session.get_one(Idea, event.idea_id)
    if idea.author_id == event.author_id:
        return None
    ids = {"idea": idea.id, "argument": event.argument_id}
    return Notice(event.challenge_id, idea.handle, _participant(event.challenge_id, idea.author_id), ids)


def _answer(session: Session, event: events.ArgumentEntered) -> Notice | None:
    """For the author of the argument to which this one replies."""
    to = session.get_one(Argument, event.argument_id).reply_to
    if to is None or to.author_id == event.author_id:
        return None
    ids = {"idea": event.idea_id, "argument": event.argument_id, "to": to.id}
    return Notice(event.challenge_id, to.handle, _participant(event.challenge_id, to.author_id), ids)


def _more(session: Session, event: events.ArgumentEntered) -> Notice | None:
    """For the others who argued on the idea. Its author has a notice of their own, and so has whom a reply answers."""
    if _stance(session, event) == Stance.REPLY:
        return None
    author = select(Idea.author_id).where(Idea.id == event.idea_id).scalar_subquery()
    others = select(Argument.author_id).where(
        Argument.idea_id == event.idea_id,
        Argument.status == EntryStatus.VISIBLE,
        Argument.author_id.not_in((event.author_id, author)),
    )
    people = participants(event.challenge_id).where(Participant.id.in_(others))
    ids = {"idea": event.idea_id, "argument": event.argument_id}
    return Notice(event.challenge_id, f"idea-{event.idea_id}", people, ids)


def _kinder_words(_session: Session, event: events.KinderWordsAsked) -> Notice:
    """For the author of the argument. The author of the idea is not named."""
    people = _participant(event.challenge_id, event.author_id)
    ids = {"idea": event.idea_id, "argument": event.argument_id}
    return Notice(event.challenge_id, f"argument-{event.argument_id}", people, ids)


def _argument_hidden(_session: Session, event: events.ArgumentHidden) -> Notice:
    people = _participant(event.challenge_id, event.author_id)
    ids = {"idea": event.idea_id, "argument": event.argument_id}
    return Notice(event.challenge_id, f"argument-{event.argument_id}", people, ids)


def _built_on(session: Session, event: events.IdeaEntered | events.IdeaApproved) -> OwnNotices | None:
    """For the authors of the ideas that this one grew from, once the room sees it."""
    if isinstance(event, events.IdeaEntered) and not event.grew:
        return None
    others = select(Idea.id).join(IdeaEdge, IdeaEdge.parent_id == Idea.id).where(IdeaEdge.child_id == event.idea_id)
    parents = session.scalars(others.where(Idea.author_id != event.author_id)).all()
    if not parents:
        return None
    shown = select(Entry.id).where(Entry.idea_id == event.idea_id, Entry.round_id == event.round_id, Entry.shown)
    is_shown = session.scalar(shown) is not None
    return OwnNotices(event.challenge_id, parents, {"other": event.idea_id}) if is_shown else None


def _revised(session: Session, event: events.ChallengeRevised) -> Notice | None:
    if not session.get_one(Round, event.round_id).is_in_lobby:
        return None
    people = _participants_but(event.challenge_id, event.by)
    return Notice(event.challenge_id, f"round-{event.round_id}", people)


def _outcomes(_session: Session, event: events.OutcomesSet) -> OwnNotices:
    return OwnNotices(event.challenge_id, event.idea_ids, {"round": event.round_id})


JobSeenAnew = events.JobPublished | events.TermsPublished | events.InvitedToJob


def _job_from_idea(session: Session, event: JobSeenAnew) -> OwnNotices | None:
    """For the author of the idea from which a job grew, once the author may see the job.

    Where authors are hidden for good, nobody is told: what an author does next would tell who they are.
    """
    job = session.get_one(Job, event.job_id)
    entry = session.get(Entry, job.from_entry_id) if job.from_entry_id is not None else None
    if entry is None or entry.round.challenge.anonymity == Anonymity.FOR_GOOD:
        return None
    author = select(Person).join(Participant, Participant.person_id == Person.id)
    person = session.scalars(author.join(Idea, Idea.author_id == Participant.id).where(Idea.id == entry.idea_id)).one()
    shown = (
        select(Job.id).join(Terms).where(Job.id == job.id, is_shown_to(session, Actor(person.id, person.account_id)))
    )
    told = select(Notification.id).filter_by(person_id=person.id, reason="job_from_idea", subject=job.handle)
    if session.scalar(shown) is None or session.scalar(told.limit(1)) is not None:
        return None
    return OwnNotices(entry.round.challenge_id, [entry.idea_id], {"round": entry.round_id, "job": job.id}, job.handle)


def _award(session: Session, event: events.AwardGiven | events.AwardWithdrawn) -> Notice:
    """For the people who have a part of it. Their number tells nobody else who they are."""
    award = session.get_one(Award, event.award_id)
    parts = select(AwardPart.participant_id).where(AwardPart.award_id == award.id)
    people = participants(event.challenge_id).where(Participant.id.in_(parts))
    ids = {"award": award.id, "round": event.round_id}
    return Notice(event.challenge_id, award.handle, people, ids)


def _next_round(_session: Session, event: events.NextRoundBegun) -> Notice:
    people = _participants_but(event.challenge_id, event.by)
    return Notice(event.challenge_id, f"round-{event.round_id}", people)


def _phase(_session: Session, event: events.PhaseEntered) -> Notice:
    people = _participants_but(event.challenge_id, event.by)
    return Notice(event.challenge_id, f"round-{event.round_id}", people, {"position": event.position})


def _result(_session: Session, event: events.RoundClosed) -> Notice:
    people = _participants_but(event.challenge_id, event.by)
    return Notice(event.challenge_id, f"round-{event.round_id}", people)


def _pending_idea(session: Session, event: events.IdeaEntered) -> Notice | None:
    challenge = session.get_one(Challenge, event.challenge_id)
    if not challenge.approval:
        return None
    return _pending(session, event, Idea.id == event.idea_id, event.author_id)


def _pending_ideas(session: Session, event: events.IdeasRevealed) -> Notice | None:
    return _pending(session, event, one_of(session, Idea.id, event.idea_ids), 0)


def _pending(session: Session, event: events.RoundEvent, which: Any, author_id: int) -> Notice | None:
    """A notice for the facilitators if one of these ideas waits for them; sealed ideas are hidden from them, too."""
    query = select(Entry.id).join(Idea).where(which, Entry.round_id == event.round_id, *PENDING)
    if session.scalar(query.limit(1)) is None:
        return None
    return Notice(event.challenge_id, f"round-{event.round_id}", facilitators(event.challenge_id, author_id))


def _flags_decided(_session: Session, event: events.FlagsDecided) -> Notice:
    """For the people whose flags were decided; it names nobody who decided."""
    subject = f"idea-{event.idea_id}" if event.argument_id is None else f"argument-{event.argument_id}"
    flagged = select(Flag.participant_id).where(Flag.decided_seq == event.seq)
    people = _participants_but(event.challenge_id, event.by).where(Participant.id.in_(flagged))
    return Notice(event.challenge_id, subject, people, {"idea": event.idea_id})


def _flags_wait(_session: Session, event: events.TextFlagged) -> Notice:
    """For the facilitators who have no unread notice of this kind: a newer one would tell when each flag came."""
    told = select(Notification.person_id).filter_by(
        challenge_id=event.challenge_id, reason="reports_wait", read_at=None
    )
    people = facilitators(event.challenge_id, 0).where(Person.id.not_in(told))
    return Notice(event.challenge_id, f"round-{event.round_id}", people)


# Ideas that wait for approval.
PENDING = (Entry.status == EntryStatus.PENDING, Entry.sealed == false())


# Checks that a notice is still true


def _is_approved(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.is_author and bool(context.entry and context.entry.shown)


def _is_hidden(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.is_author and bool(context.entry and context.entry.status == EntryStatus.HIDDEN)


def _is_corrected(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.is_author and bool(context.entry and context.entry.version.is_correction)


def _is_merged(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.is_author and bool(context.entry and context.entry.status == EntryStatus.MERGED)


def _stands_for_another(context: NewsContext, _ids: dict[str, int]) -> bool:
    entry, other = context.entry, context.other
    return context.participates and bool(entry and entry.shown and other and other.merged_into == entry.id)


def _has_new_words(context: NewsContext, _ids: dict[str, int]) -> bool:
    is_shown = bool(context.entry and context.entry.shown and context.entry.version.n > 1)
    return context.participates and is_shown and context.is_latest and not context.round.is_closed


def _is_voting(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.participates and not context.round.is_closed


def _is_argued_on(context: NewsContext, _ids: dict[str, int]) -> bool:
    if context.argument is None or not (context.entry and context.entry.shown):
        return False
    return context.is_author and context.argument.status == EntryStatus.VISIBLE


def _is_replied_to(context: NewsContext, _ids: dict[str, int]) -> bool:
    if context.argument is None or not (context.entry and context.entry.shown):
        return False
    return context.participates and not context.is_author and context.argument.status == EntryStatus.VISIBLE


def _is_answered(context: NewsContext, _ids: dict[str, int]) -> bool:
    """Whether the room sees the reply, and the argument of the reader to which it replies."""
    if context.argument is None or context.answered is None or not context.participates:
        return False
    both = (context.argument, context.answered)
    return context.is_debated and all(of.status == EntryStatus.VISIBLE for of in both)


def _may_reword(context: NewsContext, _ids: dict[str, int]) -> bool:
    is_there = context.argues and context.is_debated and not context.round.is_closed
    return is_there and context.argument.kinder == Kindness.ASKED and context.argument.status == EntryStatus.VISIBLE  # type: ignore[union-attr]


def _lost_argument(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.argues and context.argument is not None and context.argument.status == EntryStatus.HIDDEN


def _is_built_on(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.is_author and bool(context.other and context.other.shown)


def _waits_for_start(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.participates and context.round.is_in_lobby


def _is_running(context: NewsContext, ids: dict[str, int]) -> bool:
    inside = context.participates or context.facilitates
    return inside and context.is_latest and not context.round.is_closed and context.round.position == ids["position"]


def _has_begun(context: NewsContext, _ids: dict[str, int]) -> bool:
    return (context.participates or context.facilitates) and context.is_latest and not context.round.is_closed


def _has_result(context: NewsContext, _ids: dict[str, int]) -> bool:
    return (context.participates or context.facilitates) and context.round.is_closed


def _is_decided(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.is_author and context.outcome is not None


def _grew_into_job(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.is_author


def _has_award(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.participates and context.award is not None and context.award.withdrawn_seq is None


def _lost_award(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.participates and context.award is not None and context.award.withdrawn_seq is not None


def _waits(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.facilitates and not context.round.is_closed and context.pending > 0


def _takes_part(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.participates


def _has_flags(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.facilitates and context.is_latest and not context.round.is_closed and context.flags > 0


def _is_last_day(context: NewsContext, ids: dict[str, int]) -> bool:
    """While the phase runs that ends at the time of the notice."""
    return context.participates and _is_running(context, ids) and _ends_at(context) == ids["ends"]


def _ends_at(context: NewsContext) -> int:
    ends_at = context.round.phase.ends_at
    return clock.to_ms(ends_at) if ends_at and context.round.phase.paused_at is None else 0


def _queue_waits(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.facilitates and not context.round.is_closed and context.pending + context.flags > 0


def _is_over(context: NewsContext, ids: dict[str, int]) -> bool:
    return context.facilitates and _is_running(context, ids) and context.round.phase.is_over(clock.now())


def _owes_answers(context: NewsContext, ids: dict[str, int]) -> bool:
    """A reminder before the promised day is outdated after it: then there is another one."""
    is_past = "due" in ids and "overdue" not in ids and clock.now() >= clock.from_ms(ids["due"])
    owes = context.facilitates and context.is_latest_close and context.round.is_closed
    return owes and context.unanswered and not is_past


def _owes_prizes(context: NewsContext, _ids: dict[str, int]) -> bool:
    return context.facilitates and context.is_latest and context.round.is_closed and context.unawarded


# Orders of jobs. The words tell the present state of the order, so a notice holds its number only.

# The states in which a clock runs against the worker: these have a mail of their own.
PRESSING = frozenset({OrderState.OFFERED, OrderState.CHANGES, OrderState.DECLINED, OrderState.LATE})

# The states in which the organisation has something to do or to know.
_OF_COMPANY = frozenset(
    {
        *(OrderState.APPLIED, OrderState.DELIVERED, OrderState.EXTRA, OrderState.OBJECTED, OrderState.SECOND),
        *(OrderState.LAPSED, OrderState.HANDED_BACK, OrderState.WITHDRAWN, OrderState.EXPIRED, OrderState.WORKING),
        OrderState.LEFT,
    }
)


def _of_order(event: events.OrderEvent, people: People) -> JobNotice:
    return JobNotice(event.job_id, f"order-{event.order_id}", people, {"order": event.order_id})


def _worker_of(event: events.OrderEvent) -> People:
    return select(Person.id).where(Person.id == event.person_id)


def _members(organisation_id: int, roles: frozenset[Role]) -> People:
    people = select(Person.id).join(Member, Member.account_id == Person.account_id)
    return people.where(Member.organisation_id == organisation_id, Member.role.in_(roles))


def _hiring(event: events.OrderEvent, roles: frozenset[Role]) -> People:
    return _members(event.organisation_id, roles).where(Person.id != event.person_id)


def _job_asked(session: Session, event: events.JobQuestionAsked) -> JobNotice | None:
    """For those who answer. A question that stops a clock is told with its order."""
    if session.get_one(JobQuestion, event.question_id).is_blocking:
        return None
    people = _members(event.organisation_id, STEERING)
    return JobNotice(event.job_id, f"job-{event.job_id}", people)


def _job_answered(session: Session, event: events.JobQuestionAnswered) -> JobNotice | None:
    """For who asked, if they still have an account."""
    question = session.get_one(JobQuestion, event.question_id)
    people = select(Person.id).where(Person.id == (question.person_id or 0))
    return JobNotice(event.job_id, question.handle, people, {"question": question.id})


def _job_stopped(_session: Session, event: events.JobHidden | events.JobPaused) -> JobNotice | None:
    """For the organisation, of what it did not do itself."""
    if isinstance(event, events.JobPaused) and event.by is not None:
        return None
    return JobNotice(event.job_id, f"job-{event.job_id}", _members(event.organisation_id, STEERING))


def _job_invited(session: Session, event: JobSeenAnew) -> JobNotice | None:
    """For the accounts whose confirmed addresses were invited, once. A draft invites nobody yet."""
    if session.get_one(Job, event.job_id).state == JobState.DRAFT:
        return None
    told = select(Notification.person_id).filter_by(reason="job_invited", job_id=event.job_id)
    members = select(Member.account_id).filter_by(organisation_id=event.organisation_id)
    people = select(Person.id).join(Account, Account.id == Person.account_id)
    people = people.join(JobInvitation, JobInvitation.email == Account.email)
    people = people.where(JobInvitation.job_id == event.job_id, Account.confirmed_at.is_not(None))
    people = people.where(Account.disabled_at.is_(None), Account.id.not_in(members), Person.id.not_in(told))
    # Read now: once the rows are stored, all of them were told.
    found = session.scalars(people).all()
    return JobNotice(event.job_id, f"job-{event.job_id}", select(Person.id).where(Person.id.in_(found)))


def _pressing(_session: Session, event: events.OrderMovedOn) -> JobNotice | None:
    return _of_order(event, _worker_of(event)) if event.state in PRESSING else None


def _moved(_session: Session, event: events.OrderMovedOn) -> JobNotice | None:
    if event.by == By.WORKER or event.state in PRESSING or event.state == OrderState.OBJECTED:
        return None
    return _of_order(event, _worker_of(event))


def _reminded(_session: Session, event: events.OrderReminded) -> JobNotice:
    return _of_order(event, _worker_of(event))


def _order_waits(_session: Session, event: events.OrderMovedOn) -> JobNotice | None:
    if event.by in (By.COMPANY, By.SECOND) and event.state != OrderState.SECOND:
        return None
    if event.state in _OF_COMPANY or (event.by == By.CLOCK and event.state == OrderState.ACCEPTED):
        return _of_order(event, _hiring(event, STEERING))
    return None


def _runs_again(_session: Session, event: events.OrderClockMoved) -> JobNotice | None:
    return None if event.stands else _of_order(event, _worker_of(event))


def _stands(_session: Session, event: events.OrderClockMoved) -> JobNotice | None:
    return _of_order(event, _hiring(event, STEERING)) if event.stands else None


def _paid(session: Session, event: events.DueEntered) -> JobNotice | None:
    """For the worker, of what the organisation noted; what is owed for an accepted delivery comes with that news."""
    kinds = (DueKind.BONUS, DueKind.CORRECTION, DueKind.PAID)
    made_by = session.get_one(DueEntry, event.entry_id).account_id
    is_own = made_by is not None and made_by == session.get_one(Person, event.person_id).account_id
    return _of_order(event, _worker_of(event)) if event.kind in kinds and not is_own else None


def _contested(_session: Session, event: events.DueEntered) -> JobNotice | None:
    return _of_order(event, _hiring(event, OWNING)) if event.kind == DueKind.CONTESTED else None


def _overdue(_session: Session, event: events.DueOverdue) -> JobNotice:
    return _of_order(event, _hiring(event, OWNING))


def _unpaid(_session: Session, event: events.DueOverdue) -> JobNotice:
    return _of_order(event, _worker_of(event))


def _no_challenge(_context: NewsContext, _ids: dict[str, int]) -> bool:
    return False


def _steers(context: OrderContext | JobContext) -> bool:
    return bool(context.roles & STEERING)


def is_stopped(job: Job) -> bool:
    """Whether nobody gets a place in a job for now, though it is not closed."""
    return job.hidden_at is not None or job.state == JobState.PAUSED


def _owes(context: OrderContext) -> bool:
    return bool(context.roles & OWNING) and context.open_cents > 0


REASONS = {
    reason.name: reason
    for reason in (
        Reason("idea_approved", Topic.DECISION, {events.IdeaApproved: _about_own_idea}, _is_approved),
        Reason("idea_hidden", Topic.DECISION, {events.IdeaHidden: _about_own_idea}, _is_hidden),
        Reason("argument_hidden", Topic.DECISION, {events.ArgumentHidden: _argument_hidden}, _lost_argument),
        Reason("idea_corrected", Topic.DECISION, {events.IdeaCorrected: _about_own_idea}, _is_corrected),
        Reason("report_answered", Topic.DECISION, {events.FlagsDecided: _flags_decided}, _takes_part),
        Reason("argument_answered", Topic.REPLY, {events.ArgumentEntered: _answer}, _is_answered),
        Reason("kinder_words", Topic.REPLY, {events.KinderWordsAsked: _kinder_words}, _may_reword),
        Reason("replied", Topic.REPLY, {events.ArgumentEntered: _more}, _is_replied_to),
        Reason("idea_asked", Topic.QUESTION, {events.ArgumentEntered: _question}, _is_argued_on),
        Reason("idea_argued", Topic.ARGUMENT, {events.ArgumentEntered: _argument}, _is_argued_on),
        Reason("idea_merged", Topic.FAMILY, {events.IdeaMerged: _about_own_idea}, _is_merged),
        Reason("built_on", Topic.FAMILY, {events.IdeaEntered: _built_on, events.IdeaApproved: _built_on}, _is_built_on),
        Reason(
            "marks_combined", Topic.FAMILY, {events.IdeaMerged: _merged_marks}, _stands_for_another, is_mailed=False
        ),
        Reason("marks_lessened", Topic.FAMILY, {events.IdeaUnmerged: _lessened_marks}, _is_voting, is_mailed=False),
        Reason(
            "words_changed",
            Topic.VERSION,
            dict.fromkeys((events.IdeaEdited, events.IdeaCorrected), _new_words),
            _has_new_words,
            is_mailed=False,
        ),
        Reason("lobby_revised", Topic.PHASE, {events.ChallengeRevised: _revised}, _waits_for_start),
        Reason("phase_opened", Topic.PHASE, {events.PhaseEntered: _phase}, _is_running),
        Reason("round_begun", Topic.PHASE, {events.NextRoundBegun: _next_round}, _has_begun),
        Reason("last_day", Topic.LAST_DAY, {}, _is_last_day, at_once=True),
        Reason("result_there", Topic.RESULT, {events.RoundClosed: _result}, _has_result),
        Reason("outcome_set", Topic.OUTCOME, {events.OutcomesSet: _outcomes}, _is_decided),
        Reason(
            "job_from_idea",
            Topic.OUTCOME,
            {
                events.JobPublished: _job_from_idea,
                events.TermsPublished: _job_from_idea,
                events.InvitedToJob: _job_from_idea,
            },
            _grew_into_job,
        ),
        Reason("award_given", Topic.AWARD, {events.AwardGiven: _award}, _has_award, at_once=True),
        Reason("award_withdrawn", Topic.AWARD, {events.AwardWithdrawn: _award}, _lost_award),
        Reason(
            "approval_wanted",
            Topic.WAITING,
            {events.IdeaEntered: _pending_idea, events.IdeasRevealed: _pending_ideas},
            _waits,
        ),
        Reason("reports_wait", Topic.WAITING, {events.TextFlagged: _flags_wait}, _has_flags),
        Reason("queue_waits", Topic.WAITING, {}, _queue_waits, at_once=True),
        Reason("phase_over", Topic.WAITING, {}, _is_over),
        Reason("answers_owed", Topic.WAITING, {}, _owes_answers),
        Reason("prizes_owed", Topic.WAITING, {}, _owes_prizes),
        Reason(
            "order_pressing",
            Topic.WORK,
            {events.OrderMovedOn: _pressing},
            _no_challenge,
            at_once=True,
            of_order=lambda context: context.is_worker and context.order.state in PRESSING,
        ),
        Reason(
            "order_reminder",
            Topic.WORK,
            {events.OrderReminded: _reminded},
            _no_challenge,
            at_once=True,
            of_order=lambda context: context.is_worker and context.order.remind_at is not None,
        ),
        Reason(
            "order_moved",
            Topic.WORK,
            {events.OrderMovedOn: _moved, events.OrderClockMoved: _runs_again},
            _no_challenge,
            of_order=lambda context: context.is_worker and context.order.state not in PRESSING,
        ),
        Reason(
            "due_noted",
            Topic.WORK,
            {events.DueEntered: _paid, events.DueOverdue: _unpaid},
            _no_challenge,
            of_order=lambda context: context.is_worker,
        ),
        Reason(
            "order_waits",
            Topic.HIRING,
            {events.OrderMovedOn: _order_waits, events.OrderClockMoved: _stands},
            _no_challenge,
            of_order=_steers,
        ),
        Reason(
            "due_waits",
            Topic.HIRING,
            {events.DueEntered: _contested, events.DueOverdue: _overdue},
            _no_challenge,
            of_order=_owes,
        ),
        Reason(
            "job_invited",
            Topic.WORK,
            {
                events.InvitedToJob: _job_invited,
                events.JobPublished: _job_invited,
                events.TermsPublished: _job_invited,
            },
            _no_challenge,
            at_once=True,
            of_job=lambda context: context.is_seen and context.job.state == JobState.OPEN,
        ),
        Reason(
            "job_answered",
            Topic.WORK,
            {events.JobQuestionAnswered: _job_answered},
            _no_challenge,
            of_job=lambda context: context.is_seen and context.is_answered,
        ),
        Reason(
            "job_asked",
            Topic.HIRING,
            {events.JobQuestionAsked: _job_asked},
            _no_challenge,
            of_job=lambda context: _steers(context) and context.waits,
        ),
        Reason(
            "job_stopped",
            Topic.HIRING,
            {events.JobHidden: _job_stopped, events.JobPaused: _job_stopped},
            _no_challenge,
            of_job=lambda context: _steers(context) and is_stopped(context.job),
        ),
    )
}

# The flags that wait.
OPEN_FLAG = Flag.state == FlagState.OPEN

# Who receives one of these marked a certain idea; they go when the ballots are forgotten.
OF_MARKS = ("marks_combined", "marks_lessened", "words_changed")
