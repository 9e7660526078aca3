"""Acts of operators: the log that says who changed what at the installation."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model
from ideas.models.account import Account


class OperatorAct(Model):
    """One act. `kind` is a name of `app.operator_acts`, `details` holds what its sentence needs: ids, words of the
    operator, and settings.

    Without an account it was done at the command line (`is_command`), or its operator has closed the account since.
    """

    __tablename__ = "operator_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    is_command: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(30))
    # The account that it concerns, if it concerns one; its address goes with the account.
    concerns: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    details: Mapped[dict[str, str | int]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant, index=True)

    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])
    subject: Mapped[Account | None] = relationship(foreign_keys=[concerns])
