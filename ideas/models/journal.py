"""The journal of a chain, its stream for catching up, and the acts of facilitators with their reasons."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.account import Account


class JournalEntry(Model):
    __tablename__ = "journal"

    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"))
    kind: Mapped[str] = mapped_column(String(12))
    body: Mapped[bytes] = mapped_column(LargeBinary)  # the exact canonical bytes
    h: Mapped[bytes] = mapped_column(LargeBinary(32))


class Moment(StrEnum):
    """The moment at which people are shown the head of a journal."""

    PUBLICATION = "publication"
    START = "start"
    PHASE = "phase"
    CLOSE = "close"


class KeptHead(Model):
    """The head of a journal at a moment at which people saw it: on the big screen, on their pages, in a mail."""

    __tablename__ = "kept_head"

    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    h: Mapped[bytes] = mapped_column(LargeBinary(32))
    moment: Mapped[Moment] = mapped_column(Word(Moment))
    at: Mapped[datetime] = mapped_column(Instant)


class StreamItem(Model):
    """The latest number that touched a handle on a lane: enough to render everything that a client missed.

    The latest number of a lane is the highest one among its items.
    """

    __tablename__ = "stream"
    __table_args__ = (
        Index("ix_stream_chain_id_lane_seq", "chain_id", "lane", "seq"),
        Index("ix_stream_chain_id_seq", "chain_id", "seq"),
    )

    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True)
    lane: Mapped[str] = mapped_column(String(40), primary_key=True)
    handle: Mapped[str] = mapped_column(String(40), primary_key=True)
    seq: Mapped[int]


class Act(Model):
    """An act of a facilitator and its reason in words. It can be erased, so it is not in the journal."""

    __tablename__ = "act"

    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    handle: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # a guest who facilitates has no account
    reason: Mapped[str] = mapped_column(Text, default="")
    # The state before the act, which an undo restores; "" if the act cannot be undone. It can be erased, too.
    before: Mapped[str] = mapped_column(Text, default="")
    batch: Mapped[int | None]  # of acts that were done at once: the number of the first one
    undoes: Mapped[int | None]  # the number of the act that this one undid
    at: Mapped[datetime] = mapped_column(Instant)

    account: Mapped[Account | None] = relationship()
