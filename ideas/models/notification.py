"""Notifications: events that concern a person. The words are made when a page shows them."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Notification(Model):
    """One event for one person, an account holder or a guest. A row gives no permission to see the record that it
    names.
    """

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_person_id_created_at", "person_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    # One of both: the challenge or the job that it belongs to.
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(30))  # a name of `ideas.reasons.REASONS`
    subject: Mapped[str] = mapped_column(String(40))  # the handle of the record that it is about
    ids: Mapped[dict[str, int]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)  # digests look for new ones
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    # The digest that it stands in, as long as that is kept. None: it waits for one; 0: it goes into none.
    digest_id: Mapped[int | None]

    @property
    def of_challenge(self) -> int:
        """The challenge that it belongs to, 0 for one of a job."""
        return self.challenge_id or 0
