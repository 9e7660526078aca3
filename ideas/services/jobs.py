"""Jobs: drafting the terms, publishing them under a number, and ending a job.

The journal of a job has a chain of its own; its bodies hold ids, enum words and cents, and no text.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, events, journal, policy
from ideas.actor import Actor
from ideas.codes import ALPHABET
from ideas.contact_hints import contact_hints
from ideas.database import db, require, write
from ideas.errors import Changed, Conflict, Invalid, NotClosed, NotFound, OrderMoved, PaymentOverdue, Problems
from ideas.installation import (
    CONTACT_ASKED,
    IMPRINT_NEEDED,
    JOB_FLOOR,
    JOB_KINDS,
    OPEN_DUES_MAX,
    OVERDUE_STOPS,
    FloorRule,
    value_of,
)
from ideas.job_access import JobAccess, draft_of, job_access, present_terms
from ideas.job_lock import locked_for, locked_for_operator, locked_job
from ideas.job_terms import JobForm, as_draft_of, form_of, set_terms, terms_digest, version_of
from ideas.models import (
    ENDED_JOBS,
    OWNING,
    RUNNING_JOBS,
    STEERING,
    Challenge,
    Entry,
    Job,
    JobInvitation,
    JobQuestion,
    JobState,
    Taking,
    Terms,
)
from ideas.operator_log import note_act
from ideas.order_steps import move_clock, orders_at_work
from ideas.queries.dues import overdue_orders, unsettled_orders
from ideas.queries.job_pay import is_below_floor, job_pay
from ideas.texts import REASON_MAX, cleaned

CODE_LENGTH = 10
QUESTION_MAX = 1000
INVITED_MAX = 200


def begin_job(
    actor: Actor, organisation_id: int, form: JobForm, *, from_entry_id: int | None = None, asks_author: bool = False
) -> int:
    """Store a new job as a draft that only its organisation sees.

    :param from_entry_id: the entry of a closed round of the organisation from which the job grows.
    :param asks_author: whether the author of the idea has some days to apply before anybody gets a place.
    :return: the job's id.
    :raise NotFound: if the actor is no member, and for an entry that others see no text of. :raise Forbidden: for a
        viewer. :raise NotClosed: while the round of the entry is open. :raise Invalid: with a problem per field.
    """
    with write() as transaction:
        session = transaction.session
        policy.require_role(session, actor, organisation_id, STEERING)
        form = form.checked()
        _require_room(session, organisation_id, form)
        if from_entry_id is not None:
            require_source(session, organisation_id, from_entry_id)
        job = Job(organisation_id=organisation_id, from_entry_id=from_entry_id, created_by=actor.account_id)
        job.asks_author = asks_author and may_ask_author(session, from_entry_id)
        job.chain, job.created_at, job.code = journal.begin(), clock.now(), _new_code(session)
        session.add(job)
        session.flush()
        draft = Terms(job_id=job.id, n=1, saves=0, estimate_account_id=actor.account_id)
        set_terms(draft, form)
        session.add(draft)
        return job.id


def may_ask_author(session: Session, entry_id: int | None) -> bool:
    """Whether the author of this idea may be asked first: the round shows its authors, so asking tells nothing new."""
    entry = session.get(Entry, entry_id) if entry_id is not None else None
    return entry is not None and policy.sees_authors(entry.round.challenge.anonymity, entry.round.is_closed)


def require_source(session: Session, organisation_id: int, entry_id: int) -> Entry:
    """The entry from which a job of an organisation may grow: shown, and of a closed round of it.

    :raise NotFound: :raise NotClosed:
    """
    entry = require(session, Entry, entry_id)
    if entry.round.challenge.organisation_id != organisation_id or not entry.shown:
        raise NotFound
    if not entry.round.is_closed:
        raise NotClosed
    return entry


def _require_room(session: Session, organisation_id: int, form: JobForm) -> None:
    """:raise Invalid: for a room that is no published one of the organisation."""
    room = session.get(Challenge, form.room_id) if form.room_id is not None else None
    if form.room_id is not None and (room is None or room.organisation_id != organisation_id or not room.published_at):
        raise Invalid(room_id="unknown")


def _new_code(session: Session) -> str:
    """A code that no job has; ten signs, so that nobody finds a job by trying."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if session.scalar(select(Job.id).filter_by(code=code)) is None:
            return code


def save_terms(actor: Actor, job_id: int, form: JobForm, *, seen: str, asks_author: bool | None = None) -> str:
    """Store the draft of the next terms as it is typed; a published job gets one with the first save.

    :param seen: the version (`version_of`) with which the edit began. :param asks_author: as of `begin_job`, until the
        job is published; None keeps it.
    :return: the version after it.
    :raise NotFound: :raise Forbidden: for others than owners and moderators. :raise Conflict: if the job has ended.
    :raise Changed: if somebody else saved it meanwhile. :raise Invalid: with a problem per field.
    """
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, STEERING)
        job = chain.job
        session = transaction.session
        if job.state in ENDED_JOBS:
            raise Conflict
        form = form.checked()
        _require_room(session, job.organisation_id, form)
        draft = draft_of(session, job) or _next_draft(session, job)
        if seen != version_of(draft):
            raise Changed
        if job.state == JobState.DRAFT and asks_author is not None:
            job.asks_author = asks_author and may_ask_author(session, job.from_entry_id)
        if form == form_of(draft) and draft.saves:
            return version_of(draft)
        if (form.minutes, form.estimate_by) != (draft.minutes, draft.estimate_by):
            draft.estimate_account_id = actor.account_id
        set_terms(draft, form)
        draft.saves += 1
        return version_of(draft)


def _next_draft(session: Session, job: Job) -> Terms:
    in_force = session.execute(select(Terms).filter_by(job_id=job.id, n=job.terms_n)).scalar_one()
    draft = as_draft_of(in_force, job.terms_n + 1)
    session.add(draft)
    session.flush()
    return draft


def discard_draft(actor: Actor, job_id: int) -> bool:
    """Delete the draft of the next terms; of a job that was never published, the whole job.

    :return: whether the job still exists.
    :raise NotFound: :raise Forbidden: :raise Conflict: if there is no draft.
    """
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, STEERING)
        job = chain.job
        session = transaction.session
        draft = draft_of(session, job)
        if draft is None:
            raise Conflict
        if job.state != JobState.DRAFT:
            session.delete(draft)
            return True
        session.delete(draft)
        session.flush()
        session.delete(job)
        session.flush()
        session.delete(chain.end)
        return False


def publish_job(actor: Actor, job_id: int, *, seen: str, needs_no_contact: bool = False) -> int:
    """Freeze the draft under its number: the job opens, or new orders get these terms from now on.

    A job that paused since the pay fell below the floor goes on if the new pay is not below.

    :param seen: the version of the draft that the actor saw. :param needs_no_contact: the actor says that nobody has to
        get in touch outside, although the words have hints at it.
    :return: the number of the terms.
    :raise NotFound: :raise Forbidden: for others than owners. :raise Conflict: without a draft, and after the end.
    :raise PaymentOverdue: for a new job or more places while a payment is overdue, unless the operator permits it.
    :raise Changed: :raise Invalid: for what is missing; `{"kind": "not_permitted"}`, `{"cents": "below_floor"}`,
        `{"dues": "too_many_dues"}`, `{"contact": "contact_outside"}`.
    """
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, OWNING)
        job = chain.job
        session = transaction.session
        draft = draft_of(session, job)
        if draft is None or job.state in ENDED_JOBS:
            raise Conflict
        if seen != version_of(draft):
            raise Changed
        if (
            _offers_more(session, job, draft)
            and value_of(OVERDUE_STOPS)
            and overdue_orders(session, job.organisation_id)
        ):
            raise PaymentOverdue
        problems, hints = problems_of_publication(session, job, draft), hints_at_contact(form_of(draft))
        if hints and not needs_no_contact:
            problems["contact"] = "contact_outside"
        problems.refuse()
        is_first = job.state == JobState.DRAFT
        draft.frozen_at, job.terms_n = clock.now(), draft.n
        body: dict[str, object] = {"terms": draft.n, "cents": draft.cents, "currency": draft.currency}
        body |= {"places": draft.places, "work": str(draft.kind), "organisation": job.organisation_id}
        body |= {"digest": terms_digest(draft)}
        if hints:
            body |= {"contact": "not_needed"}  # a person said so
        if is_first:
            job.state, job.published_at = JobState.OPEN, clock.now()
        elif job.below_floor_at:
            job.state, job.below_floor_at = JobState.OPEN, None
        chain.note(actor, "terms", **body)
        if is_first:
            transaction.record(events.JobPublished(job.id, job.organisation_id, job.from_entry_id, actor))
        else:
            transaction.record(events.TermsPublished(job.id, job.organisation_id, draft.n, actor))
        return draft.n


def _offers_more(session: Session, job: Job, draft: Terms) -> bool:
    """Whether a draft makes new work: a new job, or more places in one that is published."""
    return job.state == JobState.DRAFT or draft.places > present_terms(session, job).places


def problems_of_publication(session: Session, job: Job, draft: Terms) -> Problems:
    """What stops a draft from being published, `{field: message key}`."""
    form = form_of(draft)
    problems = form.missing()
    if form.kind not in value_of(JOB_KINDS):
        problems["kind"] = "not_permitted"
    if value_of(IMPRINT_NEEDED) and not job.organisation.imprint:
        problems["imprint"] = "imprint_missing"
    if job.asks_author and form.taking == Taking.FIRST_COME:
        problems["taking"] = "author_applies"
    most = value_of(OPEN_DUES_MAX)
    if most and _offers_more(session, job, draft) and unsettled_orders(session, job.organisation_id) > most:
        problems["dues"] = "too_many_dues"
    if form.cents and form.minutes:
        pay = job_pay(session, job, draft)
        if pay.line.is_below and value_of(JOB_FLOOR) == FloorRule.REFUSE:
            problems["cents"] = "below_floor"
    return problems


def hints_at_contact(form: JobForm) -> list[str]:
    """What in the words of terms reads like contact outside; nothing where the operator does not ask about it."""
    said = (form, form.second) if form.second else (form,)
    texts = (text for words in said for text in (words.title, words.brief, words.example, *words.criteria, words.costs))
    return contact_hints(texts) if value_of(CONTACT_ASKED) else []


def pause_job(actor: Actor, job_id: int) -> None:
    """Give no new places for now; running orders go on.

    :raise NotFound: :raise Forbidden: for others than owners and moderators. :raise Conflict: unless it is open.
    """
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, STEERING)
        job = chain.job
        _require_state(job, {JobState.OPEN})
        job.state = JobState.PAUSED
        chain.note(actor, "job-pause")
        transaction.record(events.JobPaused(job.id, job.organisation_id, actor))


def resume_job(actor: Actor, job_id: int) -> None:
    """Give places again.

    :raise NotFound: :raise Forbidden: for others than owners. :raise Conflict: unless it is paused, and while its pay
        is below the floor.
    """
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, OWNING)
        job = chain.job
        _require_state(job, {JobState.PAUSED})
        if job.below_floor_at:
            raise Conflict
        job.state = JobState.OPEN
        chain.note(actor, "job-resume")
        transaction.record(events.JobResumed(job.id, job.organisation_id, actor))


def close_job(actor: Actor, job_id: int) -> None:
    """End the search for people; running orders go on to their end.

    :raise NotFound: :raise Forbidden: for others than owners. :raise Conflict: unless it is open or paused.
    """
    _end_job(actor, job_id, JobState.CLOSED, "job-close", events.JobClosed)


def cancel_job(actor: Actor, job_id: int) -> None:
    """End a job and its running orders, for which the rules of cancelling hold.

    :raise NotFound: :raise Forbidden: for others than owners. :raise Conflict: unless it is open or paused.
    """
    _end_job(actor, job_id, JobState.CANCELLED, "job-cancel", events.JobCancelled)


def _end_job(
    actor: Actor, job_id: int, state: JobState, kind: str, event: type[events.JobClosed] | type[events.JobCancelled]
) -> None:
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, OWNING)
        job = chain.job
        _require_state(job, RUNNING_JOBS)
        job.state, job.ended_at = state, clock.now()
        chain.note(actor, kind)
        transaction.record(event(job.id, job.organisation_id, actor))


def hide_job(actor: Actor, job_id: int, reason: str) -> None:
    """Take a job away from everybody but its organisation and the people who work on it, as an operator.

    :raise NotFound: for others. :raise Invalid: without a reason. :raise Conflict: if it is hidden, or a draft.
    """
    with write() as transaction:
        chain = locked_for_operator(transaction, actor, job_id)
        job = chain.job
        reason = cleaned("reason", reason, REASON_MAX, required=True)
        if job.hidden_at or job.state == JobState.DRAFT:
            raise Conflict
        job.hidden_at, job.hidden_reason = clock.now(), reason
        chain.note(actor, "job-hide")
        note_act(transaction, actor, "hide_job", job=job.id, reason=reason)
        transaction.record(events.JobHidden(job.id, job.organisation_id, actor))


def restore_job(actor: Actor, job_id: int) -> None:
    """Show a hidden job again, as an operator. :raise NotFound: for others. :raise Conflict: unless it is hidden."""
    with write() as transaction:
        chain = locked_for_operator(transaction, actor, job_id)
        job = chain.job
        if job.hidden_at is None:
            raise Conflict
        job.hidden_at, job.hidden_reason = None, ""
        chain.note(actor, "job-restore")
        note_act(transaction, actor, "restore_job")
        transaction.record(events.JobRestored(job.id, job.organisation_id, actor))


def invite_to_job(actor: Actor, job_id: int, emails: Iterable[str]) -> int:
    """Let accounts with these confirmed addresses see a job.

    :param emails: in lower case, checked by the edge.
    :return: how many were not invited before.
    :raise NotFound: :raise Forbidden: for others than owners and moderators. :raise Invalid: for too many.
    """
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, STEERING)
        job = chain.job
        session = transaction.session
        known = set(session.scalars(select(JobInvitation.email).filter_by(job_id=job.id)))
        new = list(dict.fromkeys(email for email in emails if email not in known))
        if len(known) + len(new) > INVITED_MAX:
            raise Invalid(emails="out_of_range")
        session.add_all(JobInvitation(job_id=job.id, email=email, invited_at=clock.now()) for email in new)
        if new:
            session.flush()
            transaction.record(events.InvitedToJob(job.id, job.organisation_id, actor))
        return len(new)


def uninvite_from_job(actor: Actor, job_id: int, email: str) -> None:
    """Take an invitation back; what the person applied for or works on stays. :raise NotFound: :raise Forbidden:"""
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, STEERING)
        job = chain.job
        row = transaction.session.get(JobInvitation, (job.id, email))
        if row is None:
            raise NotFound
        transaction.session.delete(row)


def ask_about_job(actor: Actor, job_id: int, text: str, *, is_blocking: bool = False) -> int:
    """Ask a question that everybody who sees the job reads, without the name of who asks.

    :param is_blocking: the actor works on an order and cannot go on without the answer; its clock stands until then.
    :return: the question's id.
    :raise NotFound: for who does not see the job, and without an account. :raise Forbidden: for members.
    :raise Conflict: after the end, except for who is at work. :raise OrderMoved: for a blocking question of
        somebody who is not. :raise Invalid:
    """
    with write() as transaction:
        session = transaction.session
        found = job_access(session, actor, job_id)
        if actor.account_id is None or actor.person_id is None:
            raise NotFound
        _require_outside(found)
        text = cleaned("text", text, QUESTION_MAX, required=True)
        chain, now = locked_job(transaction, job_id), clock.now()
        at_work = orders_at_work(chain, actor.person_id, now)
        if is_blocking and not at_work:
            raise OrderMoved
        if chain.job.state in ENDED_JOBS and not at_work:
            raise Conflict
        question = JobQuestion(job_id=job_id, person_id=actor.person_id, text=text, asked_at=now, answer="")
        question.is_blocking = is_blocking
        session.add(question)
        session.flush()
        chain.touch_job(chain.append("job-ask", {"job": job_id, "question": question.id}), question.handle)
        transaction.record(events.JobQuestionAsked(job_id, chain.job.organisation_id, question.id))
        for order in at_work if is_blocking else ():
            move_clock(order, question.id)
        return question.id


def answer_about_job(actor: Actor, job_id: int, question_id: int, text: str) -> None:
    """Answer a question about a job, or change the answer; everybody who sees the job reads it.

    :raise NotFound: :raise Forbidden: for others than owners and moderators. :raise Invalid:
    """
    with write() as transaction:
        chain = locked_for(transaction, actor, job_id, STEERING)
        job = chain.job
        session = transaction.session
        text = cleaned("text", text, QUESTION_MAX, required=True)
        question = require(session, JobQuestion, question_id)
        if question.job_id != job.id:
            raise NotFound
        question.answer, question.answered_by = text, actor.account_id
        is_first, now = question.answered_at is None, clock.now()
        question.answered_at = question.answered_at or now
        chain.touch_job(chain.append("job-answer", {"job": job.id, "question": question.id}), question.handle)
        transaction.record(events.JobQuestionAnswered(job.id, job.organisation_id, question.id, actor))
        if question.is_blocking and is_first and question.person_id is not None:
            for order in orders_at_work(chain, question.person_id, now):
                move_clock(order, question.id)


def pause_below_floor(now: datetime) -> int:
    """Pause the open jobs whose pay is below the floor since a step of it began or since people reported their times.

    :return: how many were paused.
    """
    paused = 0
    with write() as transaction:
        for job_id, n in _below_floor(transaction.session, now):
            chain = locked_job(transaction, job_id)
            job = chain.job
            if job.state != JobState.OPEN or job.terms_n != n:
                continue  # somebody was faster
            job.state, job.below_floor_at, paused = JobState.PAUSED, now, paused + 1
            chain.touch_job(chain.append("job-floor", {"job": job.id}))
            transaction.record(events.JobPaused(job.id, job.organisation_id, None))
    return paused


def _below_floor(session: Session, now: datetime) -> list[tuple[int, int]]:
    """`(job, its terms)` of the open jobs that must pause, in the order in which several are locked."""
    if value_of(JOB_FLOOR) != FloorRule.REFUSE:
        return []
    query = select(Job.id, Job.terms_n).join(Terms, (Terms.job_id == Job.id) & (Terms.n == Job.terms_n))
    query = query.where(Job.state == JobState.OPEN, is_below_floor(session, now)).order_by(Job.id)
    return list(session.execute(query).tuples())


def pause_jobs_below_floor() -> int:
    """The same now, without a write where nothing is below. :return: how many were paused."""
    session = db.session()
    is_any = _below_floor(session, clock.now())
    session.rollback()
    return pause_below_floor(clock.now()) if is_any else 0


def _require_outside(found: JobAccess) -> None:
    if found.role is not None:
        raise Conflict


def _require_state(job: Job, states: Iterable[JobState]) -> None:
    if job.state not in states:
        raise Conflict
