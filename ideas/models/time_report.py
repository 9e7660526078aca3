"""Time reports: the minutes that people say a challenge took them, for the pay line."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Model


class TimeReport(Model):
    """The minutes of one participant, who may change or withdraw them; `participant_id` is None once it is anonymised.

    No time is stored: beside the times of requests it would tell whose report it is.
    """

    __tablename__ = "time_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"), index=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), unique=True)
    minutes: Mapped[int]
