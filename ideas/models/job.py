"""Jobs: small pieces of paid work that an organisation offers, their numbered terms, and the questions about them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.chain import Chained
from ideas.models.organisation import Organisation


class JobState(StrEnum):
    """Whether people can take a place. That a job is full follows from its orders and is stored nowhere."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


# The states in which a job can still get an order.
RUNNING_JOBS = frozenset({JobState.OPEN, JobState.PAUSED})
ENDED_JOBS = frozenset({JobState.CLOSED, JobState.CANCELLED})


class WorkKind(StrEnum):
    """The kinds of work; ideas/work_kinds.py has the rules of each."""

    TEXT = "text"
    TRANSLATION = "translation"
    PICTURE = "picture"
    PAGE = "page"
    RESEARCH = "research"
    MARKETING = "marketing"
    SOFTWARE = "software"
    PHONE = "phone"
    OFFICE = "office"
    OTHER = "other"


class DeliveryKind(StrEnum):
    """The form in which work is handed in."""

    TEXT = "text"
    TRANSLATION = "translation"
    PICTURE = "picture"
    FILE = "file"
    LINK = "link"


class Taking(StrEnum):
    """How somebody gets a place."""

    APPLY = "apply"  # people apply, and the organisation chooses
    FIRST_COME = "first_come"
    INVITED = "invited"  # the organisation offers places to people whom it invited


class EstimateBy(StrEnum):
    """How the organisation came to its estimate of the minutes."""

    DONE = "done"  # a member did one
    GUESS = "guess"


class Licence(StrEnum):
    """The right of use that passes with the noted payment; the copyright itself stays with the author."""

    SIMPLE = "simple"
    EXCLUSIVE = "exclusive"


class AiRule(StrEnum):
    """Whether work may be made with tools that generate it."""

    FREE = "free"
    SAID = "said"  # it must be said with the delivery
    UNWANTED = "unwanted"


class SeenBy(StrEnum):
    """Who sees a job beside the members of its organisation and the people who work on it."""

    PUBLIC = "public"
    ROOM = "room"  # the people of one challenge
    INVITED = "invited"  # accounts with a confirmed address that the organisation named


class Job(Chained, Model):
    """A job. What it asks for and pays stands in its `Terms`, one row for each version."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    code: Mapped[str] = mapped_column(String(10), unique=True)  # in its address
    from_entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id", ondelete="SET NULL"), index=True)
    # The author of that idea has some days to apply before anybody gets a place.
    asks_author: Mapped[bool] = mapped_column(default=False)
    copied_from: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)

    state: Mapped[JobState] = mapped_column(Word(JobState), default=JobState.DRAFT, index=True)
    terms_n: Mapped[int] = mapped_column(default=0)  # of the terms that new orders get; 0 in a draft
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)  # closed or cancelled
    # Paused since the pay fell below the floor; the organisation cannot resume it before it pays more.
    below_floor_at: Mapped[datetime | None] = mapped_column(Instant)
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)  # by an operator
    hidden_reason: Mapped[str] = mapped_column(Text, default="")

    organisation: Mapped[Organisation] = relationship()

    @property
    def handle(self) -> str:
        return f"job-{self.id}"

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None


class Terms(Model):
    """The terms of a job with their number, from 1. Frozen terms never change: each order is bound to one number.

    At most one row of a job is not frozen: the draft of the next number, which is saved as it is typed.
    """

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("job_id", "n"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    n: Mapped[int]
    frozen_at: Mapped[datetime | None] = mapped_column(Instant)
    saves: Mapped[int] = mapped_column(default=0)  # times that the draft was saved: the version that an editor saw

    title: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[WorkKind] = mapped_column(Word(WorkKind), default=WorkKind.TEXT)
    artistic: Mapped[bool] = mapped_column(default=True)  # artistic or publicistic work, for the statements
    language: Mapped[str] = mapped_column(String(12), default="en")  # of the texts, and of the work
    brief: Mapped[str] = mapped_column(Text, default="")
    example: Mapped[str] = mapped_column(Text, default="")  # of good work
    criteria: Mapped[list[str]] = mapped_column(JSON, default=list)  # a decline can name nothing else
    # The same words in a second language: {language: {field: text or lines}}, with the fields of job_terms.JobWords.
    also: Mapped[dict[str, dict[str, str | list[str]]]] = mapped_column(JSON, default=dict)

    delivery: Mapped[DeliveryKind] = mapped_column(Word(DeliveryKind), default=DeliveryKind.TEXT)
    words_min: Mapped[int | None]  # of a text, or of a translation's source; a hint at delivery and no barrier
    words_max: Mapped[int | None]
    files_max: Mapped[int] = mapped_column(default=1)
    file_types: Mapped[list[str]] = mapped_column(JSON, default=list)  # endings without a dot; none: all listed ones
    source: Mapped[str] = mapped_column(Text, default="")  # of a translation
    target_language: Mapped[str] = mapped_column(String(12), default="")

    places: Mapped[int] = mapped_column(default=1)
    per_person: Mapped[int] = mapped_column(default=1)
    taking: Mapped[Taking] = mapped_column(Word(Taking), default=Taking.APPLY)
    cents: Mapped[int | None]  # for an accepted delivery, without VAT; None until it is typed
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    floor_country: Mapped[str] = mapped_column(String(2), default="DE")
    costs: Mapped[str] = mapped_column(String(200), default="")  # that the worker bears
    minutes: Mapped[int | None]  # estimated, with reading the brief and one revision
    estimate_by: Mapped[EstimateBy] = mapped_column(Word(EstimateBy), default=EstimateBy.GUESS)
    estimate_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    revisions: Mapped[int] = mapped_column(default=1)
    revision_cents: Mapped[int | None]  # of a further one; None: there is none

    apply_by: Mapped[datetime | None] = mapped_column(Instant)
    deliver_hours: Mapped[int] = mapped_column(default=72)  # from the confirmed terms on
    review_days: Mapped[int] = mapped_column(default=7)
    pay_days: Mapped[int] = mapped_column(default=14)

    licence: Mapped[Licence] = mapped_column(Word(Licence), default=Licence.SIMPLE)
    licence_use: Mapped[str] = mapped_column(String(300), default="")  # for what
    licence_months: Mapped[int | None]  # None: without an end
    may_edit: Mapped[bool] = mapped_column(default=True)
    names_author: Mapped[bool] = mapped_column(default=False)
    ai: Mapped[AiRule] = mapped_column(Word(AiRule), default=AiRule.SAID)

    seen_by: Mapped[SeenBy] = mapped_column(Word(SeenBy), default=SeenBy.PUBLIC)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("challenge.id", ondelete="SET NULL"), index=True)

    job: Mapped[Job] = relationship()

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None


class JobInvitation(Model):
    """An address that an organisation invited to a job: the account with this confirmed address sees it."""

    __tablename__ = "job_invitation"

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), primary_key=True, index=True)  # lower case
    invited_at: Mapped[datetime] = mapped_column(Instant)


class JobQuestion(Model):
    """A question about a job and its answer; everybody who sees the job reads both.

    A blocking question of a worker stops the clock of their order until it is answered.
    """

    __tablename__ = "job_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    is_blocking: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def handle(self) -> str:
        return f"job-question-{self.id}"
