"""Persons and the browsers they use. A guest is a person without an account."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model
from ideas.models.account import Account


class Person(Model):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    return_nonce: Mapped[str] = mapped_column(String(22))  # in the private return link; a new one revokes it
    created_at: Mapped[datetime] = mapped_column(Instant)
    language: Mapped[str | None] = mapped_column(String(10))  # of a guest; account holders have the account's
    time_zone: Mapped[str | None] = mapped_column(String(64))

    account: Mapped[Account | None] = relationship()


class Device(Model):
    """A browser that is signed in as a person. The row holds the digest of its token; the cookie holds the token."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    person: Mapped[Person] = relationship()


class DevicePerson(Model):
    """Another person who uses a shared browser. `Device.person_id` is the active person."""

    __tablename__ = "device_person"

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)

    person: Mapped[Person] = relationship()
