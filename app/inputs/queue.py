"""Inputs of the moderation queue: what its address asks for, and the texts that a form decides about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from werkzeug.datastructures import MultiDict

from ideas.services.queue import TEXTS_MAX, ChosenText


@dataclass(frozen=True)
class QueueQuery:
    """`item`: the open text. `after`, `before`: open the next one or the one before. `place`: where that text stood in
    the queue, if it does not wait any more. `done`: the act just done.

    `lists`: a phone shows the list in place of the open text. `of`: only the texts of the author of this one.
    `ticks`: every text of the list is ticked.
    """

    item: str = ""
    after: str = ""
    before: str = ""
    place: str = ""
    done: int = 0
    lists: bool = False
    of: str = ""
    ticks: bool = False

    @classmethod
    def read(cls, query: MultiDict[str, str]) -> Self:
        return cls(
            item=query.get("item", ""),
            after=query.get("after", ""),
            before=query.get("before", ""),
            place=query.get("place", ""),
            done=query.get("done", 0, int),
            lists="list" in query or "of" in query,
            of=query.get("of", ""),
            ticks="all" in query or "of" in query,
        )


@dataclass(frozen=True)
class QueueDraft:
    """A form of the queue as it was sent: the fields by name, and what is wrong. `problem` concerns all of it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    chosen: tuple[ChosenText, ...] = ()
    opens: str = ""  # the part that is open: "reject", "correct" or ""


def chosen_of(form: MultiDict[str, str]) -> list[ChosenText]:
    """The texts `item`, each a handle, the version of an idea and the latest flag: "idea-12.3.0".

    One more than `TEXTS_MAX` is enough to be refused.
    """
    return [_chosen(text) for text in form.getlist("item")[: TEXTS_MAX + 1]]


def _chosen(text: str) -> ChosenText:
    handle, version, until = (*text.split("."), "", "")[:3]
    return ChosenText(handle, _number(version), _number(until))


def _number(text: str) -> int | None:
    """A number above 0, or None."""
    return int(text) or None if text.isdecimal() and len(text) <= 18 else None
