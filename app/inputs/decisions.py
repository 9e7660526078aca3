"""Inputs of who decides a round: the crowd, a jury, or both with weights."""

from enum import StrEnum

from ideas.errors import Problems

# The weight of the jury that the form proposes where both decide.
PROPOSED_PERCENT = "50"


class Decides(StrEnum):
    """The sides that can decide about winners and the shortlist."""

    CROWD = "crowd"
    JURY = "jury"
    BOTH = "both"


def decides_of(jury_percent: int) -> Decides:
    """The side that decides by a stored weight of the jury."""
    return {0: Decides.CROWD, 100: Decides.JURY}.get(jury_percent, Decides.BOTH)


def typed_percent(jury_percent: int) -> str:
    """The field of the weight as the form shows it."""
    return str(jury_percent) if decides_of(jury_percent) == Decides.BOTH else PROPOSED_PERCENT


def jury_percent_of(decides: str, percent: str, unread: Problems) -> int:
    """Parse the weight of the jury. The field of the weight is read only where both decide."""
    if decides not in list(Decides):
        unread["decides"] = "unknown"
    if decides != Decides.BOTH:
        return 100 if decides == Decides.JURY else 0
    number = percent.strip().removesuffix("%").strip()
    if not (number.isascii() and number.isdecimal() and len(number) < 4):
        unread["jury_percent"] = "number"
        return 0
    if not 0 < int(number) < 100:
        unread["jury_percent"] = "out_of_range"
        return 0
    return int(number)
