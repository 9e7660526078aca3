"""Operations: the commands that were done, with their answers."""

from datetime import datetime

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Operation(Model):
    """A completed command. A repetition changes nothing and gets the same answer.

    `owner` is a participant's handle, else an account (`account-3`), else a browser (`browser-<digest of its token>`).
    `digest` is that of the content: the same number with other content is refused. `browser` is the browser that sent
    the command; it is recognised there after its person changed. For a cast, `client`, `n` and `subjects` name the
    later changes that a late command must not undo.
    """

    __tablename__ = "operation"
    __table_args__ = (Index("ix_operation_client", "owner", "client"),)

    op: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner: Mapped[str] = mapped_column(String(40), primary_key=True)
    digest: Mapped[str | None] = mapped_column(String(32))
    answer: Mapped[dict[str, object]] = mapped_column(JSON)
    browser: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    client: Mapped[str | None] = mapped_column(String(36))
    n: Mapped[int | None]
    subjects: Mapped[list[int | list[int]] | None] = mapped_column(JSON)
