"""Chains: the end of a journal and its stream, and what owns one."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from ideas.database import Model


class ChainEnd(Model):
    """The end of a chain. The journal and the stream share its numbers; kept heads and acts refer to them.

    Nothing in it tells whose it is: its owner refers to it (`Chained`). The epoch changes when a backup is restored.
    """

    __tablename__ = "chain"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)  # of the latest entry
    head: Mapped[bytes] = mapped_column(LargeBinary(32))  # its link
    epoch: Mapped[str] = mapped_column(String(16))


class Chained:
    """A table whose rows own a chain each. The end is read and locked with its owner, by the same statement."""

    id: Mapped[int] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), unique=True)

    @declared_attr
    def chain(cls) -> Mapped[ChainEnd]:
        return relationship(lazy="joined", innerjoin=True)

    @property
    def seq(self) -> int:
        """The number of the latest entry of its journal."""
        return self.chain.seq

    @property
    def head(self) -> bytes:
        """The link (32 bytes) of that entry."""
        return self.chain.head

    @property
    def epoch(self) -> str:
        """The word by which pages notice that the numbers began anew."""
        return self.chain.epoch
