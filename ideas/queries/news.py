"""A person's news: their notifications that are still true and that they may still see."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ideas import clock, policy
from ideas.actor import Actor
from ideas.job_access import is_in_force, is_shown_to
from ideas.job_terms import languages_of, words_of
from ideas.models import (
    STEERING,
    Argument,
    Award,
    Challenge,
    Decision,
    DueEntry,
    Entry,
    Facilitation,
    Flag,
    Job,
    JobQuestion,
    Member,
    Notification,
    Participant,
    Role,
    Round,
    Terms,
    WorkOrder,
)
from ideas.orders import OrderState
from ideas.prizes import prize_names
from ideas.queries.ideas import acts_against
from ideas.queries.kept_places import author_may_apply_first
from ideas.queries.outcomes import OutcomeRow, outcomes_of_entries, waiting_in
from ideas.reasons import OPEN_FLAG, PENDING, REASONS, JobContext, NewsContext, OrderContext, Topic

# The number of newest notifications that the query reads. Older ones were seen long ago, or are no longer true.
LOOKED_AT = 100

# Their words have the reason of the moderator.
HIDDEN = ("idea_hidden", "argument_hidden")


@dataclass(frozen=True)
class NewsRow:
    """A notification with the data of its words; "", None or 0 for data that it does not have."""

    id: int
    reason: str
    at: datetime
    is_unread: bool
    challenge_id: int
    challenge_slug: str
    challenge_title: str
    language: str
    titles: Mapping[str, str] = field(default_factory=dict)  # of a job with two languages, by the language
    idea_id: int | None = None
    idea_title: str = ""
    other_id: int | None = None  # the second idea that it is about
    why: str = ""  # the facilitator's reason
    stance: str = ""
    argument_id: int | None = None
    phase: str = ""
    pending: int = 0
    outcome: Decision | None = None
    prizes: tuple[str, ...] = ()  # the names of the prizes of an award
    award_id: int = 0
    round_n: int = 1
    is_latest: bool = True  # no later round has begun
    is_shown: bool = False  # the room sees the idea
    hides_authors: bool = False  # nobody may learn who wrote what
    ends_at: datetime | None = None  # of the phase
    due_at: datetime | None = None  # of a promised answer; until when an order waits
    job_id: int = 0  # in place of a challenge; the title is that of the job
    job_code: str = ""
    is_job_hidden: bool = False  # by an operator
    asks_author: bool = False  # whether the author of the idea may apply before others are chosen
    order_id: int = 0
    order_state: OrderState | None = None
    open_cents: int = 0
    currency: str = ""

    @property
    def topic(self) -> Topic:
        return REASONS[self.reason].topic


@dataclass(frozen=True)
class News:
    """A person's news, the latest first. `outdated` are the unread ones that are no longer true or to be seen.

    `latest` is the highest id among all that were looked at, 0 for none.
    """

    rows: list[NewsRow]
    outdated: int = 0
    latest: int = 0


def unread_of(person_id: ColumnElement[int]) -> ScalarSelect[int]:
    """The number of unread notifications of a person, as a part of another statement."""
    count = select(func.count()).select_from(Notification)
    return count.where(Notification.person_id == person_id, Notification.read_at.is_(None)).scalar_subquery()


def unread_numbers(session: Session, people: Collection[int]) -> dict[int, int]:
    """`{person: number}` of the unread notifications of these persons; 0 is left out."""
    query = select(Notification.person_id, func.count()).where(Notification.read_at.is_(None))
    query = query.where(Notification.person_id.in_(people)).group_by(Notification.person_id)
    return dict(session.execute(query).tuples().all())


class NotificationKey(NamedTuple):
    """A notification by its key and its time, since a database may use a key again."""

    id: int
    person_id: int
    at: datetime


def notifications_since(session: Session, instant: datetime) -> list[NotificationKey]:
    """The notifications that were stored since then."""
    query = select(Notification.id, Notification.person_id, Notification.created_at)
    return [NotificationKey(*row) for row in session.execute(query.where(Notification.created_at >= instant))]


def news_of(session: Session, actor: Actor) -> list[NewsRow]:
    """The actor's news, the latest first. The number of statements does not grow with the list."""
    return all_news_of(session, actor).rows


def news_item_of(session: Session, actor: Actor, notification_id: int) -> NewsRow | None:
    """One of the actor's news; None if there is none, or none that may still be seen."""
    query = select(Notification).filter_by(person_id=actor.person_id, id=notification_id)
    found = session.scalar(query)
    rows = rows_of(session, actor, [found]) if found else []
    return rows[0] if rows else None


def all_news_of(session: Session, actor: Actor) -> News:
    """The actor's news with the number of those that are outdated."""
    if actor.person_id is None:
        return News([])
    query = select(Notification).filter_by(person_id=actor.person_id)
    found = list(
        session.scalars(query.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(LOOKED_AT))
    )
    rows = rows_of(session, actor, found)
    unread = sum(notification.read_at is None for notification in found)
    outdated = unread - sum(row.is_unread for row in rows)
    return News(rows, outdated, max((notification.id for notification in found), default=0))


def rows_of(session: Session, actor: Actor, notifications: list[Notification]) -> list[NewsRow]:
    """Those of these notifications of the actor that are still true and to be seen."""
    if not notifications:
        return []
    of_rooms = [each for each in notifications if each.challenge_id is not None]
    things = _NewsSources(session, actor, of_rooms) if of_rooms else None
    of_jobs = [each for each in notifications if each.job_id is not None]
    roles = _roles_of(session, actor) if of_jobs else {}
    by_id = _order_rows(session, actor, of_jobs, roles) | _job_rows(session, actor, of_jobs, roles)
    jobs = _jobs_seen(session, actor, of_rooms)
    found = []
    for notification in notifications:
        if notification.id in by_id:
            found.append(by_id[notification.id])
        elif notification.challenge_id is not None and things is not None and things.may_read(notification):
            row = things.row(notification)
            if "job" not in notification.ids:
                found.append(row)
            elif job := jobs.get(notification.ids["job"]):
                found.append(replace(row, job_code=job.code, asks_author=author_may_apply_first(job, clock.now())))
    return found


def _jobs_seen(session: Session, actor: Actor, notifications: list[Notification]) -> dict[int, Job]:
    """The jobs that grew from ideas by their ids, as far as the actor may see them."""
    jobs = {each.ids["job"] for each in notifications if "job" in each.ids}
    if not jobs:
        return {}
    query = select(Job).join(Terms).where(Job.id.in_(jobs), is_shown_to(session, actor)).options(joinedload(Job.chain))
    return {job.id: job for job in session.scalars(query)}


# The role of a reader, or none, in each organisation.
Roles = Mapping[int, frozenset[Role]]


def _order_rows(session: Session, actor: Actor, notifications: list[Notification], roles: Roles) -> dict[int, NewsRow]:
    """`{notification: row}` of those about orders that are still true and to be seen, in two statements."""
    ids = {each.ids["order"] for each in notifications if "order" in each.ids}
    if not ids:
        return {}
    query = (
        select(WorkOrder).where(WorkOrder.id.in_(ids)).options(joinedload(WorkOrder.job), joinedload(WorkOrder.terms))
    )
    known = {order.id: order for order in session.scalars(query)}
    sums = select(DueEntry.order_id, func.sum(DueEntry.change)).where(DueEntry.order_id.in_(ids))
    unpaid = dict(session.execute(sums.group_by(DueEntry.order_id)).tuples().all())
    found = {}
    for each in notifications:
        order, check = known.get(each.ids.get("order", 0)), REASONS[each.reason].of_order
        if order is None or check is None:
            continue
        roles_here = roles.get(order.job.organisation_id, frozenset())
        context = OrderContext(order, order.person_id == actor.person_id, roles_here, unpaid.get(order.id, 0))
        if check(context):
            found[each.id] = _order_row(each, context)
    return found


def _order_row(of: Notification, context: OrderContext) -> NewsRow:
    order = context.order
    return replace(
        _job_row(of, order.job, order.terms),
        order_id=order.id,
        order_state=order.state,
        open_cents=context.open_cents,
        currency=order.terms.currency,
        due_at=order.pay_by if of.reason in ("due_noted", "due_waits") else order.until,
    )


def _roles_of(session: Session, actor: Actor) -> Roles:
    mine = select(Member.organisation_id, Member.role).where(Member.account_id == (actor.account_id or 0))
    return {of: frozenset({role}) for of, role in session.execute(mine).tuples()}


def _job_rows(session: Session, actor: Actor, notifications: list[Notification], roles: Roles) -> dict[int, NewsRow]:
    """`{notification: row}` of those about jobs that are still true and to be seen, in four statements."""
    mine = [each for each in notifications if REASONS[each.reason].of_job is not None]
    ids = {each.job_id for each in mine}
    if not ids:
        return {}
    query = select(Job, Terms).join(Terms, is_in_force()).where(Job.id.in_(ids)).options(joinedload(Job.chain))
    known = {job.id: (job, terms) for job, terms in session.execute(query).tuples()}
    seen = set(session.scalars(select(Job.id).join(Terms).where(Job.id.in_(ids), is_shown_to(session, actor))))
    works = select(WorkOrder.job_id).where(WorkOrder.job_id.in_(ids), WorkOrder.person_id == (actor.person_id or 0))
    seen |= set(session.scalars(works))
    asked = select(JobQuestion.id, JobQuestion.job_id, JobQuestion.answered_at).where(JobQuestion.job_id.in_(ids))
    questions = session.execute(asked).tuples().all()
    waiting = {job_id for _, job_id, answered_at in questions if answered_at is None}
    answered = {question_id for question_id, _, answered_at in questions if answered_at is not None}
    found = {}
    for each in mine:
        job, terms = known.get(each.job_id or 0, (None, None))
        check = REASONS[each.reason].of_job
        if job is None or terms is None or check is None:
            continue
        roles_here = roles.get(job.organisation_id, frozenset())
        is_answered = each.ids.get("question") in answered
        if check(JobContext(job, roles_here, job.id in seen, job.id in waiting, is_answered)):
            found[each.id] = _job_row(each, job, terms)
    return found


def _job_row(of: Notification, job: Job, terms: Terms) -> NewsRow:
    return NewsRow(
        id=of.id,
        reason=of.reason,
        at=of.created_at,
        is_unread=of.read_at is None,
        challenge_id=0,
        challenge_slug="",
        challenge_title=terms.title,
        language=terms.language,
        titles={language: words_of(terms, language).title for language in languages_of(terms)},
        job_id=job.id,
        job_code=job.code,
        is_job_hidden=job.hidden_at is not None,
    )


class _NewsSources:
    """All records that a list of notifications names, loaded together."""

    def __init__(self, session: Session, actor: Actor, notifications: list[Notification]) -> None:
        self._person_id = actor.person_id or 0
        challenges = {n.of_challenge for n in notifications}
        ideas = {n.ids[which] for n in notifications for which in ("idea", "other") if which in n.ids}
        arguments = {n.ids[which] for n in notifications for which in ("argument", "to") if which in n.ids}
        self._challenges = {c.id: c for c in session.scalars(select(Challenge).where(Challenge.id.in_(challenges)))}
        rounds = select(Round).where(Round.challenge_id.in_(challenges)).options(selectinload(Round.phases))
        self._by_id = {r.id: r for r in session.scalars(rounds.order_by(Round.n))}
        # the last round of each challenge wins
        self._rounds = {r.challenge_id: r for r in self._by_id.values()}
        self._facilitators = policy.facilitators_of(session, challenges)
        mine = select(Participant).filter_by(person_id=self._person_id, merged_into=None)
        self._participants = {
            p.challenge_id: p for p in session.scalars(mine.where(Participant.challenge_id.in_(challenges)))
        }
        round_ids = [r.id for r in self._rounds.values()]
        entries = select(Entry).where(Entry.idea_id.in_(ideas)).order_by(Entry.id)
        both = (joinedload(Entry.idea), joinedload(Entry.version))
        found = list(session.scalars(entries.options(*both))) if ideas else []
        self._entries = {(e.round_id, e.idea_id): e for e in found}
        self._latest = {e.idea_id: e for e in found}
        decided = [self._entry(n) for n in notifications if n.reason == "outcome_set"]
        self._outcomes = outcomes_of_entries(session, [e.counted_as or e.id for e in decided if e]) if decided else {}
        said = select(Argument).where(Argument.id.in_(arguments))
        self._arguments = {a.id: a for a in session.scalars(said)} if arguments else {}
        awarded = {n.ids["award"] for n in notifications if "award" in n.ids}
        given = select(Award).where(Award.id.in_(awarded))
        self._awards = {a.id: a for a in session.scalars(given)} if awarded else {}
        waiting = select(Entry.round_id, func.count()).where(Entry.round_id.in_(round_ids), *PENDING)
        self._pending = dict(session.execute(waiting.group_by(Entry.round_id)).tuples().all())
        open_flags = select(Round.challenge_id, func.count()).join(Flag, Flag.round_id == Round.id).where(OPEN_FLAG)
        flagged = {n.of_challenge for n in notifications if n.reason in ("reports_wait", "queue_waits")}
        open_flags = open_flags.where(Round.challenge_id.in_(flagged)).group_by(Round.challenge_id)
        self._flags = dict(session.execute(open_flags).tuples().all()) if flagged else {}
        self._why = self._reasons(session, notifications)
        asked = {n.of_challenge for n in notifications if n.reason == "answers_owed"}
        self._unanswered = waiting_in(session, asked).keys() if asked else set()
        self._unawarded = self._without_awards(session, [n for n in notifications if n.reason == "prizes_owed"])

    def may_read(self, of: Notification) -> bool:
        return REASONS[of.reason].may_read(self.context(of), of.ids)

    def context(self, of: Notification) -> NewsContext:
        """The present state of the records around a notification."""
        round, latest = self._round(of), self._rounds[of.of_challenge]
        outcome = self._outcome(of)
        return NewsContext(
            round=round,
            participant=self._participants.get(of.of_challenge),
            facilitates=(of.of_challenge, self._person_id) in self._facilitators,
            is_latest=round is latest,
            is_latest_close=round is latest or (round.n + 1 == latest.n and not latest.is_closed),
            entry=self._entry(of),
            other=self._latest.get(of.ids.get("other", 0)),
            argument=self._arguments.get(of.ids.get("argument", 0)),
            answered=self._arguments.get(of.ids.get("to", 0)),
            pending=self._pending.get(round.id, 0),
            flags=self._flags.get(of.of_challenge, 0),
            outcome=outcome.decision if outcome else None,
            award=self._awards.get(of.ids.get("award", 0)),
            unanswered=of.of_challenge in self._unanswered,
            unawarded=round.id in self._unawarded,
        )

    def _without_awards(self, session: Session, notifications: list[Notification]) -> set[int]:
        """The rounds of these notifications in whose challenges prizes wait to be given."""
        rounds = {self._round(n).id for n in notifications if self._challenges[n.of_challenge].prizes}
        given = select(Award.round_id).where(Award.round_id.in_(rounds), Award.withdrawn_seq.is_(None))
        return rounds - {*session.scalars(given)} if rounds else set()

    def _round(self, of: Notification) -> Round:
        """The round that a notification is about, or the latest one."""
        noun, _, key = of.subject.partition("-")
        known = self._by_id.get(int(key)) if noun == "round" else self._by_id.get(of.ids.get("round", 0))
        return known or self._rounds[of.of_challenge]

    def _entry(self, of: Notification) -> Entry | None:
        """The entry of its idea: in the round that it is about, or the latest one."""
        idea = of.ids.get("idea", 0)
        return self._entries.get((of.ids["round"], idea)) if "round" in of.ids else self._latest.get(idea)

    def _outcome(self, of: Notification) -> OutcomeRow | None:
        entry = self._entry(of)
        return self._outcomes.get(entry.counted_as or entry.id) if entry and of.reason == "outcome_set" else None

    def row(self, of: Notification) -> NewsRow:
        context, challenge = self.context(of), self._challenges[of.of_challenge]
        version = context.entry.version if context.entry else None
        position, outcome = of.ids.get("position"), self._outcome(of)
        return NewsRow(
            id=of.id,
            reason=of.reason,
            at=of.created_at,
            is_unread=of.read_at is None,
            challenge_id=of.of_challenge,
            challenge_slug=challenge.slug,
            challenge_title=challenge.title,
            language=challenge.language,
            idea_id=of.ids.get("idea"),
            argument_id=of.ids.get("argument"),
            other_id=of.ids.get("other"),
            idea_title="" if version is None or version.redacted_at else version.title,
            why=outcome.reason if outcome else self._why.get(of.subject, "") if of.reason in HIDDEN else "",
            stance=str(context.argument.stance) if context.argument else "",
            phase="" if position is None else context.round.phases[position].name,
            pending=context.pending,
            outcome=context.outcome,
            award_id=of.ids.get("award", 0),
            prizes=prize_names(challenge, context.award.prizes) if context.award else (),
            round_n=context.round.n,
            is_latest=context.is_latest,
            is_shown=bool(context.entry and context.entry.shown),
            hides_authors=not policy.sees_authors(challenge.anonymity, context.round.is_closed),
            ends_at=None if position is None else context.round.phases[position].ends_at,
            due_at=clock.from_ms(of.ids["due"]) if "due" in of.ids else None,
        )

    def _reasons(self, session: Session, notifications: list[Notification]) -> dict[str, str]:
        """The facilitators' reasons for hiding these texts: `{handle: reason}`."""
        handles = [n.subject for n in notifications if n.reason in HIDDEN]
        found = acts_against(session, None, handles) if handles else {}
        return {handle: act.reason for handle, act in found.items()}


@dataclass(frozen=True)
class NewsPlace:
    """A challenge from which a person may get news."""

    id: int
    slug: str
    title: str
    language: str
    facilitates: bool


def news_places(session: Session, actor: Actor) -> list[NewsPlace]:
    """The published challenges in which the actor takes part or which they moderate, the newest first."""
    joined = select(Participant.challenge_id).where(
        Participant.person_id == actor.person_id, Participant.is_here, Participant.merged_into.is_(None)
    )
    given = select(Facilitation.challenge_id).filter_by(person_id=actor.person_id)
    companies = select(Member.organisation_id).where(Member.account_id == actor.account_id, Member.role.in_(STEERING))
    moderated = or_(Challenge.id.in_(given), Challenge.organisation_id.in_(companies))
    query = select(Challenge.id, Challenge.slug, Challenge.title, Challenge.language, moderated)
    query = query.where(or_(Challenge.id.in_(joined), moderated), Challenge.published_at.is_not(None))
    return [NewsPlace(*row) for row in session.execute(query.order_by(Challenge.id.desc()).limit(LOOKED_AT))]
