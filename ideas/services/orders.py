"""Orders: apply, choose, confirm, hand in, review, object, cancel. One function for each act.

Each act locks the chain of the job, so that two acts, or an act and the clock, follow each other: the first one counts,
and the other is refused with `OrderMoved`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.dues import DueKind
from ideas.errors import (
    AddressUnconfirmed,
    AuthorFirst,
    Changed,
    Conflict,
    Forbidden,
    Invalid,
    JobFull,
    JobNotOpen,
    NotFound,
    OrderExists,
    OrderMoved,
    OwnJob,
    PlacesKept,
    Problems,
    SecondPerson,
)
from ideas.installation import CANCEL_SHARE, value_of
from ideas.job_access import JobAccess, job_access, present_terms
from ideas.job_lock import JobChain, locked_job
from ideas.mailboxes import mailbox_of
from ideas.models import (
    OWNING,
    STEERING,
    Account,
    Delivery,
    DeliveryKind,
    Job,
    Member,
    Objection,
    OrderDraft,
    Person,
    Refusing,
    Review,
    ReviewDecision,
    Ruling,
    Taking,
    WorkOrder,
)
from ideas.order_files import fixed_files
from ideas.order_steps import (
    LockedOrder,
    add_due,
    awaits_version,
    cancel,
    digest_of_version,
    free_nth,
    free_place,
    free_places,
    gives_places,
    latest_delivery,
    locked_order,
    move,
    note_review,
    release_places,
    require_step,
    take_back_place,
)
from ideas.orders import (
    CHANGES_LEAST,
    REASON_LEAST,
    REASON_WORDS,
    UNANSWERED,
    WRITABLE,
    By,
    OrderAct,
    OrderState,
    delivered_as,
    share_of,
    step_of,
    stopped_since,
)
from ideas.paragraphs import joined
from ideas.queries.blocking import blocking_spans
from ideas.queries.kept_places import author_may_apply_first, is_newcomer, places_kept
from ideas.queries.orders import is_second_person
from ideas.texts import NAME_MAX, TEXT_MAX, cleaned, is_seen, one_line
from ideas.words import count_words, different_words

SENTENCE_MAX = 500
WORK_MAX = 200_000  # characters of a text that is handed in
LINK_MAX = 2000
NOTE_MAX = 2000
FAULT_MAX = 1000
MINUTES_MAX = 100_000
CHANGES_DAYS = range(3, 31)


@dataclass(frozen=True)
class ApplicationForm:
    """How a person applies: the name that the company sees, and a sentence why. It is never a sample of the work."""

    name: str
    sentence: str = ""

    def checked(self) -> "ApplicationForm":
        """:raise Invalid: with a problem per field."""
        problems, name, sentence = Problems(), "", ""
        with problems.noted():
            name = one_line("name", self.name, NAME_MAX, required=True)
        with problems.noted():
            sentence = cleaned("sentence", self.sentence, SENTENCE_MAX)
        problems.refuse()
        return ApplicationForm(name, sentence)


@dataclass(frozen=True)
class WorkForm:
    """What is handed in. `ticked` are the numbers of the criteria, from 0; `minutes` may be left out, and are never
    refused: a report that cannot be is clamped where it is used. `paragraphs` are those of a translation, one for each
    of its source; they take the place of the text.
    """

    text: str = ""
    link: str = ""
    note: str = ""
    ticked: frozenset[int] = frozenset()
    minutes: int | None = None
    paragraphs: tuple[str, ...] = ()

    def checked(self) -> "WorkForm":
        """:raise Invalid: with a problem per field."""
        problems, texts = Problems(), dict[str, str]()
        with problems.noted():
            texts["text"] = self._text()
        with problems.noted():
            texts["note"] = cleaned("note", self.note, NOTE_MAX)
        with problems.noted():
            texts["link"] = one_line("link", self.link, LINK_MAX)
        if texts.get("link") and not _is_web_address(texts["link"]):
            problems["link"] = "not_https"
        problems.refuse()
        minutes = None if self.minutes is None else max(1, min(self.minutes, MINUTES_MAX))
        return WorkForm(texts["text"], texts["link"], texts["note"], self.ticked, minutes)

    def _text(self) -> str:
        """:raise Invalid: `{"text": "too_long"}`."""
        if not self.paragraphs:
            return cleaned("text", self.text, WORK_MAX)
        text = joined([cleaned("text", each, WORK_MAX) for each in self.paragraphs])
        if len(text) > WORK_MAX:
            raise Invalid(text="too_long")
        return text


def _is_web_address(link: str) -> bool:
    """Whether a link has the form of an https address with a host. It is never fetched."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "").strip(".") and not any(map(str.isspace, link))


# Getting a place


def apply_for_job(actor: Actor, job_id: int, form: ApplicationForm) -> int:
    """Apply for a job whose company chooses. :return: the order's id.

    :raise NotFound: for who does not see the job. :raise OwnJob: for members. :raise AddressUnconfirmed: :raise
        JobNotOpen: :raise OrderExists: with as many orders as the terms permit. :raise Invalid:
    """
    with write() as transaction:
        chain, found, person_id = _seeker(transaction, actor, job_id)
        form = form.checked()
        if found.terms.taking == Taking.FIRST_COME:
            raise JobNotOpen
        _require_time_to_apply(found)
        return _begin(chain, found, person_id, form, OrderAct.APPLY, actor)


def take_place(actor: Actor, job_id: int, terms_n: int, form: ApplicationForm) -> int:
    """Take a place of a job that gives them to whoever comes first, under the terms with this number.

    :return: the order's id.
    :raise JobFull: if all places are taken. :raise PlacesKept: if the free ones are kept for others.
    :raise Changed: if other terms are in force by now. :raise NotFound: :raise OwnJob: :raise AddressUnconfirmed:
    :raise JobNotOpen: :raise OrderExists: :raise Invalid: as `apply_for_job`.
    """
    with write() as transaction:
        chain, found, person_id = _seeker(transaction, actor, job_id)
        form = form.checked()
        if found.terms.taking != Taking.FIRST_COME:
            raise JobNotOpen
        if found.terms.n != terms_n:
            raise Changed
        _require_time_to_apply(found)
        return _begin(chain, found, person_id, form, OrderAct.TAKE, actor)


def _require_time_to_apply(found: JobAccess) -> None:
    if found.terms.apply_by and found.terms.apply_by <= clock.now():
        raise JobNotOpen


def _seeker(transaction: Transaction, actor: Actor, job_id: int) -> tuple[JobChain, JobAccess, int]:
    """Lock a job for a person who may work on it. :return: the chain, the access, and the person."""
    session = transaction.session
    found = job_access(session, actor, job_id)
    account = session.get(Account, actor.account_id) if actor.account_id else None
    if account is None or actor.person_id is None:
        raise Forbidden
    if not found.is_outside or _shares_mailbox(session, account, found.job.organisation_id):
        raise OwnJob
    if account.confirmed_at is None:
        raise AddressUnconfirmed
    chain = locked_job(transaction, job_id)
    release_places(chain, clock.now())
    found = job_access(session, actor, job_id)
    if not gives_places(found.job):
        raise JobNotOpen
    return chain, found, actor.person_id


def _shares_mailbox(session: Session, account: Account, organisation_id: int) -> bool:
    """Whether a member has an account with the same mailbox: a second account of one address. No more is known."""
    members = select(Account.email).join(Member, Member.account_id == Account.id)
    emails = session.scalars(members.where(Member.organisation_id == organisation_id))
    return mailbox_of(account.email) in {mailbox_of(email) for email in emails}


def _orders_of_mailbox(session: Session, found: JobAccess, actor: Actor) -> int:
    """How many orders the accounts with the actor's mailbox have in a job: two spellings of an address are a person."""
    mine = session.get_one(Account, actor.account_id).email
    held = select(Account.email).join(Person, Person.account_id == Account.id)
    held = held.join(WorkOrder, WorkOrder.person_id == Person.id)
    held = held.where(WorkOrder.job_id == found.job.id, WorkOrder.nth.is_not(None))
    emails = session.scalars(held.where(Account.email.startswith(mine[:1], autoescape=True)))
    return sum(mailbox_of(email) == mailbox_of(mine) for email in emails)


def _place_for(session: Session, job: Job, person_id: int) -> int:
    """A free place for a person. :raise JobFull: :raise PlacesKept: if what is free is kept for others for now.
    :raise AuthorFirst: while the author of the idea may apply before others are chosen.
    """
    if author_may_apply_first(job, clock.now()):
        raise AuthorFirst
    place = free_place(session, job)
    if place is None:
        raise JobFull
    if not is_newcomer(session, person_id) and _only_kept(session, job):
        raise PlacesKept
    return place


def _only_kept(session: Session, job: Job) -> bool:
    """Whether every free place is kept for newcomers now."""
    kept = places_kept(session, job, present_terms(session, job), clock.now())
    return free_places(session, job) <= kept


def _begin(
    chain: JobChain, found: JobAccess, person_id: int, form: ApplicationForm, act: OrderAct, actor: Actor
) -> int:
    session, job, now = chain.transaction.session, found.job, clock.now()
    nth = free_nth(session, job, person_id)
    if nth is None or _orders_of_mailbox(session, found, actor) >= found.terms.per_person:
        raise OrderExists
    place = _place_for(session, job, person_id) if act == OrderAct.TAKE else None
    order = WorkOrder(
        job_id=job.id, terms_id=found.terms.id, person_id=person_id, name=form.name, sentence=form.sentence
    )
    order.place, order.nth, order.applied_at, order.since, order.state = place, nth, now, now, OrderState.APPLIED
    session.add(order)
    session.flush()
    step = next(step for step in _BEGINNINGS if step.act == act)
    move(LockedOrder(chain, order, now), step, actor, terms=found.terms.n)
    return order.id


def withdraw_order(actor: Actor, order_id: int) -> None:
    """Take an application back, or say no to an offer; it leaves no mark. :raise NotFound: :raise OrderMoved:"""
    with write() as transaction:
        found = _own(transaction, actor, order_id)
        move(found, require_step(found, OrderAct.WITHDRAW, By.WORKER), actor)


def refuse_application(actor: Actor, order_id: int, reason: Refusing) -> None:
    """Decline an application, with one of the reasons of the list, which the person reads.

    :raise NotFound: :raise Forbidden: :raise OrderMoved:
    """
    with write() as transaction:
        found = _managed(transaction, actor, order_id, STEERING)
        step = require_step(found, OrderAct.REFUSE, By.COMPANY)
        found.order.refusing = reason
        move(found, step, actor, reason=str(reason))


def offer_place(actor: Actor, order_id: int) -> None:
    """Offer an applicant a place under the terms in force. The place is held for them until the offer lapses.

    :raise NotFound: :raise Forbidden: for others than owners and moderators. :raise JobNotOpen: :raise JobFull: :raise
        PlacesKept: :raise AuthorFirst: :raise OrderMoved: :raise OwnJob: if the applicant became a member.
    """
    with write() as transaction:
        found = _managed(transaction, actor, order_id, STEERING)
        step, order = require_step(found, OrderAct.OFFER, By.COMPANY), found.order
        if not gives_places(found.job):
            raise JobNotOpen
        _require_no_member(found)
        release_places(found.chain, found.now)
        order.place = _place_for(found.session, found.job, order.person_id)
        order.terms = present_terms(found.session, found.job)
        move(found, step, actor, terms=order.terms.n)


def confirm_terms(actor: Actor, order_id: int, terms_n: int) -> None:
    """Confirm the terms of an offer by their number; the time to deliver begins.

    :raise NotFound: :raise OrderMoved: after 48 hours, or if the offer was taken back. :raise Changed: if the number is
        not that of the terms which were offered. :raise OwnJob: for who became a member. :raise JobNotOpen: if an
        operator hid the job.
    """
    with write() as transaction:
        found = _own(transaction, actor, order_id)
        step = require_step(found, OrderAct.CONFIRM, By.WORKER)
        if found.terms.n != terms_n:
            raise Changed
        _require_no_member(found)
        if found.job.is_hidden:
            raise JobNotOpen
        move(found, step, actor, terms=terms_n)


def _require_no_member(found: LockedOrder) -> None:
    """An applicant, or somebody with the same mailbox, may have become a member of the company since. :raise OwnJob:"""
    person = found.session.get_one(Person, found.order.person_id)
    if person.account and _shares_mailbox(found.session, person.account, found.job.organisation_id):
        raise OwnJob


def hand_back(actor: Actor, order_id: int) -> None:
    """Give the place back. It leaves no mark, and somebody else can take it. :raise NotFound: :raise OrderMoved:"""
    with write() as transaction:
        found = _own(transaction, actor, order_id)
        move(found, require_step(found, OrderAct.HAND_BACK, By.WORKER), actor)


def leave_order(actor: Actor, order_id: int) -> int:
    """Leave an order, since nobody answered for three days what blocks the work. It leaves no mark.

    :return: the cents that are owed for it: the share of a cancellation.
    :raise NotFound: :raise OrderMoved: :raise Conflict: as long as nobody has waited so long, or after the answer.
    """
    with write() as transaction:
        found = _own(transaction, actor, order_id)
        step, order = require_step(found, OrderAct.LEAVE, By.WORKER), found.order
        since = stopped_since(blocking_spans(found.session, order), order.begun_at or found.now)
        if since is None or found.now < since + UNANSWERED:
            raise Conflict
        cents = share_of(found.terms.cents or 0, value_of(CANCEL_SHARE))
        move(found, step, actor, cents=cents)
        if cents:
            add_due(found, DueKind.PART, cents, actor)
        return cents


# Handing in


def save_draft(actor: Actor, order_id: int, form: WorkForm, *, seen: int | None = None) -> int:
    """Save what the worker has written so far, as pages do while it is typed. It needs no lock and no journal.

    :param seen: the number of the draft with which the page began; None to write over it.
    :return: the number of the draft now.
    :raise NotFound: :raise OrderMoved: if nothing can be handed in any more. :raise Changed: if another page saved it
        meanwhile. :raise Invalid:
    """
    with write() as transaction:
        session = transaction.session
        order = _require_own(session, actor, order_id)
        form = form.checked()
        if order.state not in WRITABLE:
            raise OrderMoved(order.state)
        draft = session.get(OrderDraft, order_id, with_for_update=True)
        if seen is not None and seen != (draft.saves if draft else 0):
            raise Changed
        return _keep_draft(session, order_id, draft, form)


def _keep_draft(session: Session, order_id: int, draft: OrderDraft | None, form: WorkForm) -> int:
    if draft is None:
        draft = OrderDraft(order_id=order_id, saves=0)
        session.add(draft)
    draft.text, draft.link, draft.note = form.text, form.link, form.note
    draft.saves, draft.saved_at = draft.saves + 1, clock.now()
    session.flush()
    return draft.saves


def deliver(actor: Actor, order_id: int, form: WorkForm) -> int:
    """Hand in a version. It is never too late: after the deadline it says so, and after the lapse it takes the place
    again, or goes beside the work of the person who has it now.

    :return: the number of the version.
    :raise NotFound: :raise OrderMoved: if nothing can be handed in. :raise Invalid: `{"text": "missing"}` for nothing
        at all, of a picture or a file `{"file": "no_file"}`; `{"criteria": "unticked"}` unless all criteria are ticked.
    """
    with write() as transaction:
        found = _own(transaction, actor, order_id)
        session, order = found.session, found.order
        step = require_step(found, OrderAct.DELIVER, By.WORKER)
        asked = awaits_version(session, order)
        if order.state == OrderState.DELIVERED and not asked:
            raise OrderMoved(order.state)
        form = form.checked()
        draft = session.get(OrderDraft, order_id)
        files = fixed_files(session, draft)
        _require_whole(found, form, has_files=bool(files))
        before = latest_delivery(session, order_id)
        version = Delivery(order_id=order_id, n=before.n + 1 if before else 1, text=form.text, link=form.link)
        version.files = files
        version.note, version.words, version.minutes = form.note, count_words(form.text), form.minutes
        version.delivered_at, version.is_late = found.now, _is_late(session, order, before, found)
        version.digest = digest_of_version(version)
        target = delivered_as(order.state, has_place=order.state != OrderState.LAPSED or take_back_place(found))
        session.add(version)
        _keep_draft(session, order_id, draft, form)
        move(found, step, actor, target=target, version=version.n, digest=version.digest)
        return version.n


def _require_whole(found: LockedOrder, form: WorkForm, *, has_files: bool) -> None:
    problems = Problems()
    if not (is_seen(form.text) or form.link or has_files):
        is_file = found.terms.delivery in (DeliveryKind.PICTURE, DeliveryKind.FILE)
        problems["file" if is_file else "text"] = "no_file" if is_file else "missing"
    if not set(range(len(found.terms.criteria))) <= form.ticked:
        problems["criteria"] = "unticked"
    problems.refuse()


def _is_late(session: Session, order: WorkOrder, before: Delivery | None, found: LockedOrder) -> bool:
    if before is None:
        return order.deadline is not None and found.now > order.deadline and not order.clock_stands
    query = select(Review.until).where(Review.delivery_id == before.id, Review.until.is_not(None))
    until = session.scalar(query.order_by(Review.id.desc()).limit(1))
    return until is not None and found.now > until


# Reviewing


def accept_delivery(actor: Actor, order_id: int, version_n: int) -> None:
    """Accept the newest version; the pay is owed from now on.

    :raise NotFound: :raise Forbidden: for others than owners and moderators, and for one's own work. :raise OrderMoved:
        :raise Changed: if there is a newer version than the actor saw.
    """
    with write() as transaction:
        found = _reviewed(transaction, actor, order_id, version_n)
        step = require_step(found, OrderAct.ACCEPT, By.COMPANY)
        note_review(found, ReviewDecision.ACCEPT, actor)
        move(found, step, actor, version=version_n)
        add_due(found, DueKind.OWED, found.terms.cents or 0, actor)


@dataclass(frozen=True)
class Fault:
    """What has to change. `criterion` is the number of the one that the version does not meet, from 0."""

    criterion: int
    text: str


def ask_for_changes(actor: Actor, order_id: int, version_n: int, faults: Sequence[Fault], days: int = 3) -> None:
    """Ask for another version within so many days. Each fault names a criterion.

    :raise NotFound: :raise Forbidden: :raise OrderMoved: :raise Changed: as `accept_delivery`.
    :raise Invalid: `faults` no_criterion (none), unknown (no such criterion) or used_up (as many rounds as agreed were
        asked); `days` out_of_range; `fault-0`, named by the criterion, missing or too_long.
    """
    with write() as transaction:
        found = _reviewed(transaction, actor, order_id, version_n)
        step = require_step(found, OrderAct.ASK_CHANGES, By.COMPANY)
        kept, problems = list[list[int | str]](), Problems()
        for fault in faults:
            with problems.noted():
                kept.append(_checked_fault(found, fault, f"fault-{fault.criterion}"))
        if not faults:
            problems["faults"] = "no_criterion"
        if _rounds_asked(found.session, order_id) >= found.terms.revisions:
            problems["faults"] = "used_up"
        if days not in CHANGES_DAYS:
            problems["days"] = "out_of_range"
        problems.refuse()
        span = max(timedelta(days=days), CHANGES_LEAST)
        note_review(found, ReviewDecision.CHANGES, actor, faults=kept, until=found.now + span)
        move(found, step, actor, changes=span, version=version_n, criteria=[fault[0] for fault in kept])


def _checked_fault(found: LockedOrder, fault: Fault, field: str, least: int = 1) -> list[int | str]:
    """:raise Invalid: `faults` unknown, or a problem with the words, under the name of their field."""
    if fault.criterion not in range(len(found.terms.criteria)):
        raise Invalid(faults="unknown")
    text = cleaned(field, fault.text, FAULT_MAX, required=True)
    if len(text) < least:
        raise Invalid(**{field: f"too_short:{least}"})
    if least > 1 and different_words(text) < REASON_WORDS:
        raise Invalid(**{field: "missing"})
    return [fault.criterion, text]


def _rounds_asked(session: Session, order_id: int) -> int:
    asked = select(func.count()).select_from(Review).join(Delivery)
    return session.scalar(asked.where(Delivery.order_id == order_id, Review.decision == ReviewDecision.CHANGES)) or 0


def decline_delivery(actor: Actor, order_id: int, version_n: int, fault: Fault) -> None:
    """Decline the newest version: a person does it, for one order, with a criterion and a reason of 30 characters.

    Nothing is owed, the rights stay with the worker, and the worker may object.

    :raise NotFound: :raise Forbidden: without an account, for others than owners and moderators, and for one's own
        work. :raise OrderMoved: :raise Changed: as `accept_delivery`. :raise Invalid: `faults` unknown; `reason`
        missing (no words), too_long, too_short, or used (for another order of the job: a decline is not done in bulk).
    """
    if actor.account_id is None:
        raise Forbidden
    with write() as transaction:
        found = _reviewed(transaction, actor, order_id, version_n)
        step = require_step(found, OrderAct.DECLINE, By.COMPANY)
        kept = _checked_fault(found, fault, "reason", REASON_LEAST)
        if _is_used(found, str(kept[1])):
            raise Invalid(reason="used")
        note_review(found, ReviewDecision.DECLINE, actor, faults=[kept])
        move(found, step, actor, version=version_n, criteria=[kept[0]])


def _is_used(found: LockedOrder, text: str) -> bool:
    """Whether another order of the job was declined with the same words."""
    query = select(Review.faults).join(Delivery).join(WorkOrder, WorkOrder.id == Delivery.order_id)
    others = query.where(
        WorkOrder.job_id == found.job.id, WorkOrder.id != found.order.id, Review.decision == ReviewDecision.DECLINE
    )
    plain = " ".join(text.split()).casefold()
    return any(" ".join(str(said).split()).casefold() == plain for [[_, said]] in found.session.scalars(others))


# Objecting


def object_to_decline(actor: Actor, order_id: int, text: str) -> None:
    """Object to a decline. If the company does not answer within seven days, the objection succeeds.

    :raise NotFound: :raise OrderMoved: after 14 days. :raise Invalid:
    """
    with write() as transaction:
        found = _own(transaction, actor, order_id)
        step = require_step(found, OrderAct.OBJECT, By.WORKER)
        text = cleaned("text", text, TEXT_MAX, required=True)
        found.session.add(Objection(order_id=order_id, text=text, objected_at=found.now))
        move(found, step, actor)


def answer_objection(actor: Actor, order_id: int, ruling: Ruling, text: str, cents: int | None = None) -> None:
    """Answer an objection for the company, or decide as the second person if the company stayed with its decline.

    The second person neither declined nor answered. If the company has nobody else, an operator decides.

    :param cents: the part of the pay, with `Ruling.SETTLE`.
    :raise NotFound: :raise Forbidden: without an account. :raise SecondPerson: for who declined or answered. :raise
        OrderMoved: after the time: the objection succeeded. :raise Invalid:
    """
    if actor.account_id is None:
        raise Forbidden
    with write() as transaction:
        session = transaction.session
        is_second = _require_ruler(session, actor, order_id)
        found = locked_order(transaction, order_id)
        by = By.SECOND if found.order.state == OrderState.SECOND else By.COMPANY
        if by == By.COMPANY and not policy.has_role(session, actor, found.job.organisation_id, STEERING):
            raise NotFound
        act = {Ruling.GIVE_IN: OrderAct.GIVE_IN, Ruling.SETTLE: OrderAct.SETTLE, Ruling.STAY: OrderAct.STAY}[ruling]
        step = require_step(found, act, by)
        objection = session.scalars(select(Objection).filter_by(order_id=order_id)).one()
        if by == By.SECOND and not is_second:
            raise SecondPerson
        _require_not_own(actor, found.order)
        text = cleaned("text", text, TEXT_MAX, required=ruling != Ruling.GIVE_IN)
        pay = found.terms.cents or 0
        if ruling == Ruling.SETTLE and (cents is None or not 0 < cents < pay):
            raise Invalid(cents="out_of_range")
        if by == By.SECOND:
            objection.second, objection.second_text = ruling, text
            objection.second_by, objection.second_at = actor.account_id, found.now
        else:
            objection.answer, objection.answer_text = ruling, text
            objection.answered_by, objection.answered_at = actor.account_id, found.now
        move(found, step, actor)
        if ruling == Ruling.GIVE_IN:
            add_due(found, DueKind.OWED, pay, actor)
        elif ruling == Ruling.SETTLE:
            add_due(found, DueKind.PART, cents or 0, actor)


def _require_ruler(session: Session, actor: Actor, order_id: int) -> bool:
    """Whether the actor may decide as a second person. :raise NotFound: for who may not even answer."""
    order = require(session, WorkOrder, order_id)
    if is_second_person(session, actor, order):
        return True
    policy.require_role(session, actor, order.job.organisation_id, STEERING)
    return False


# Cancelling


def cancel_order(actor: Actor, order_id: int) -> int:
    """Cancel an order before its delivery, as an owner. :return: the cents that are owed for it.

    The pay is owed if more than half of the time is over, else the share that the operator set.

    :raise NotFound: :raise Forbidden: for others than owners. :raise OrderMoved:
    """
    with write() as transaction:
        found = _managed(transaction, actor, order_id, OWNING)
        return cancel(found, actor)


# Who acts


def _require_own(session: Session, actor: Actor, order_id: int) -> WorkOrder:
    order = require(session, WorkOrder, order_id)
    if actor.person_id is None or order.person_id != actor.person_id:
        raise NotFound
    return order


def _own(transaction: Transaction, actor: Actor, order_id: int) -> LockedOrder:
    """Lock the actor's own order. :raise NotFound: for the orders of others."""
    _require_own(transaction.session, actor, order_id)
    return locked_order(transaction, order_id)


def _managed(transaction: Transaction, actor: Actor, order_id: int, roles: policy.Roles) -> LockedOrder:
    """Lock an order as a member of its company in one of these roles. :raise NotFound: :raise Forbidden:"""
    job = require(transaction.session, Job, require(transaction.session, WorkOrder, order_id).job_id)
    policy.require_role(transaction.session, actor, job.organisation_id, roles)
    found = locked_order(transaction, order_id)
    _require_not_own(actor, found.order)
    return found


def _reviewed(transaction: Transaction, actor: Actor, order_id: int, version_n: int) -> LockedOrder:
    found = _managed(transaction, actor, order_id, STEERING)
    newest = latest_delivery(found.session, order_id)
    if newest is not None and newest.n != version_n:
        raise Changed
    return found


def _require_not_own(actor: Actor, order: WorkOrder) -> None:
    """Somebody may have become a member after they got the order. :raise Forbidden:"""
    if actor.person_id is not None and actor.person_id == order.person_id:
        raise Forbidden


_BEGINNINGS = [step for act in (OrderAct.APPLY, OrderAct.TAKE) if (step := step_of(act, None, By.WORKER))]
