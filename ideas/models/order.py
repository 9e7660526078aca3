"""Orders: one person's place in a job, from the application to the pay, and what was handed in and decided for it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.dues import DueKind
from ideas.models.job import Job, Terms
from ideas.orders import OrderState


class Refusing(StrEnum):
    """The reasons for which an application is declined."""

    FULL = "full"  # the places went to others
    UNFIT = "unfit"  # what the person says does not fit the job
    LANGUAGE = "language"
    QUESTION = "question"  # an answer that the company needed did not come
    ENDED = "ended"  # the job is not needed any more


class WorkOrder(Model):
    """An order; it begins as an application. It is bound to the terms with which it was offered or taken.

    `place` is that of the order among the places of its job, as long as it holds one, so that no two orders have the
    same. `nth` is its number among those that the person may have in the job, as long as it counts. `until` is the
    moment at which silence ends the state, and `remind_at` the next reminder before it; both are None while the clock
    of the work stands.
    """

    __tablename__ = "job_order"
    __table_args__ = (
        UniqueConstraint("job_id", "place"),
        UniqueConstraint("job_id", "person_id", "nth"),
        Index("ix_job_order_job_id_state", "job_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id"), index=True)
    # The row stays when its person is forgotten: then nothing in it tells who it was.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(40), default="")  # by which the company knows the person
    sentence: Mapped[str] = mapped_column(Text, default="")  # why the person would do it
    state: Mapped[OrderState] = mapped_column(Word(OrderState))
    place: Mapped[int | None]
    nth: Mapped[int | None]
    applied_at: Mapped[datetime] = mapped_column(Instant)
    since: Mapped[datetime] = mapped_column(Instant)  # when the state began
    until: Mapped[datetime | None] = mapped_column(Instant, index=True)
    remind_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    begun_at: Mapped[datetime | None] = mapped_column(Instant)  # when the terms were confirmed
    deadline: Mapped[datetime | None] = mapped_column(Instant)  # of the first version
    refusing: Mapped[Refusing | None] = mapped_column(Word(Refusing))
    # The last day on which everything that is open can be paid in time, and when the clock found it overdue.
    pay_by: Mapped[datetime | None] = mapped_column(Instant, index=True)
    overdue_at: Mapped[datetime | None] = mapped_column(Instant)

    job: Mapped[Job] = relationship()
    terms: Mapped[Terms] = relationship()

    @property
    def handle(self) -> str:
        return f"order-{self.id}"

    @property
    def clock_stands(self) -> bool:
        """Whether the time to deliver stands, since a blocking question of the worker is open."""
        return self.state == OrderState.WORKING and self.until is None


class OrderDraft(Model):
    """What a worker has written so far. It is saved on the server as it is typed, and stays after every deadline."""

    __tablename__ = "order_draft"

    order_id: Mapped[int] = mapped_column(ForeignKey("job_order.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(String(2000), default="")
    note: Mapped[str] = mapped_column(Text, default="")  # parts of others (fonts, pictures), and tools that were used
    files: Mapped[list[int]] = mapped_column(JSON, default=list)  # ids of `StoredFile`, in their order
    saves: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime] = mapped_column(Instant)


class Delivery(Model):
    """A version that was handed in. It never changes: `digest` is that of everything in it."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("order_id", "n"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("job_order.id"))
    n: Mapped[int]  # from 1
    text: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(String(2000), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    files: Mapped[list[list[int | str]]] = mapped_column(JSON, default=list)  # [[id of the file, its digest], …]
    words: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int | None]  # as the worker reported them; never shown for one person while there are few
    digest: Mapped[str] = mapped_column(String(64))
    delivered_at: Mapped[datetime] = mapped_column(Instant)
    is_late: Mapped[bool] = mapped_column(default=False)
    emptied_at: Mapped[datetime | None] = mapped_column(Instant)  # the texts were erased; the digest stays

    order: Mapped[WorkOrder] = relationship()

    @property
    def handle(self) -> str:
        return f"delivery-{self.id}"


class ReviewDecision(StrEnum):
    """What a review says of a version."""

    ACCEPT = "accept"
    CHANGES = "changes"
    DECLINE = "decline"


class Review(Model):
    """A decision on a version. `account_id` is None for the clock, and where the account is gone."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    decision: Mapped[ReviewDecision] = mapped_column(Word(ReviewDecision))
    by_clock: Mapped[bool] = mapped_column(default=False)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    # What has to change, or why it is declined: [[number of the criterion from 0, text], …].
    faults: Mapped[list[list[int | str]]] = mapped_column(JSON, default=list)
    decided_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)  # for the next version

    delivery: Mapped[Delivery] = relationship()


class Ruling(StrEnum):
    """An answer to an objection."""

    GIVE_IN = "give_in"
    SETTLE = "settle"
    STAY = "stay"


class Objection(Model):
    """A worker's objection to a decline, with the company's answer and that of a second person.

    An account is None for the clock, and where the account is gone; `by_clock` tells these apart.
    """

    __tablename__ = "objection"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("job_order.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    objected_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[Ruling | None] = mapped_column(Word(Ruling))
    answer_text: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    second: Mapped[Ruling | None] = mapped_column(Word(Ruling))
    second_text: Mapped[str] = mapped_column(Text, default="")
    second_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    second_at: Mapped[datetime | None] = mapped_column(Instant)
    by_clock: Mapped[bool] = mapped_column(default=False)

    order: Mapped[WorkOrder] = relationship()


class DueEntry(Model):
    """An entry of the ledger (`ideas/dues.py`). It is never changed, and stays when everything else is emptied.

    `change` is by how much it changes what is open; their sum over an order is what is open. Entries of one act share
    its `op`.
    """

    __tablename__ = "due_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("job_order.id"), index=True)
    kind: Mapped[DueKind] = mapped_column(Word(DueKind))
    cents: Mapped[int]
    change: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime] = mapped_column(Instant)
    # Later than `at` only if the clock dated it back; the time to pay runs from here.
    written_at: Mapped[datetime] = mapped_column(Instant)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)  # who made it
    about_id: Mapped[int | None] = mapped_column(ForeignKey("due_entry.id"), index=True)
    paid_on: Mapped[date | None] = mapped_column(Date)
    reference: Mapped[str] = mapped_column(String(140), default="")
    op: Mapped[str] = mapped_column(String(36), default="")

    order: Mapped[WorkOrder] = relationship()


class Feedback(Model):
    """What one side says of the other after the end of an order: of the brief or the work, of answers, and whether it
    would again.
    """

    __tablename__ = "feedback"

    order_id: Mapped[int] = mapped_column(ForeignKey("job_order.id", ondelete="CASCADE"), primary_key=True)
    by_worker: Mapped[bool] = mapped_column(primary_key=True)
    clear: Mapped[bool]
    answered: Mapped[bool]
    again: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Instant)
