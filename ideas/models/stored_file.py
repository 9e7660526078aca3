"""Uploaded files that lie in the folder of files, outside the database."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class StoredFile(Model):
    """One upload. Rows with the same content have the same `digest` (SHA-256, hex) and one file on the disk.

    `name` is for showing only. `type` is the end of the name, one of the listed ones. `owner_kind` and `owner_id` name
    the record that it belongs to (`ideas.stored_files.FileOwnerKind`). `person_id` is who sent it, if that is known.
    """

    __tablename__ = "stored_file"
    __table_args__ = (Index("ix_stored_file_owner", "owner_kind", "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)  # in bytes
    name: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(10))
    owner_kind: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
