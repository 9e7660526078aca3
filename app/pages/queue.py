"""The moderation queue: the list of what waits, the text that is open, and who looks at what."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.inputs.queue import QueueDraft, QueueQuery
from app.platform.looks import looks
from ideas import policy
from ideas.models import STEERING, Challenge, Round
from ideas.queries.flags import FlaggedText
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, idea_rows
from ideas.queries.queue import (
    IDEA,
    QueueAct,
    QueuedText,
    Why,
    act_of,
    facilitator_names,
    latest_act_on,
    of_same_author,
    order_of,
    queue_of,
)

# Rows of the list: some before the open text, the others after it.
ROWS, ROWS_BEFORE = 50, 3


@dataclass(frozen=True)
class QueueItem:
    """A text with what the list says about it. `lookers` are the other facilitators who look at it now."""

    text: IdeaRow | ArgumentRow
    queued: QueuedText
    lookers: tuple[str, ...]

    @property
    def handle(self) -> str:
        return self.text.handle

    @property
    def is_idea(self) -> bool:
        return isinstance(self.text, IdeaRow)

    @property
    def version(self) -> int | None:
        return self.text.version if isinstance(self.text, IdeaRow) else None

    @property
    def value(self) -> str:
        """The text and the version that is read, for a form."""
        until = self.flagged.until if self.flagged else 0
        return f"{self.handle}.{self.version or 0}.{until}"

    @property
    def why(self) -> Why:
        return self.queued.why

    @property
    def flagged(self) -> FlaggedText | None:
        return self.queued.flagged

    @property
    def may_be_hidden(self) -> bool:
        """A part of another idea is separated first."""
        return not (self.flagged and self.flagged.is_merged)


class QueuePage:
    """One page of the queue, as `asked`; `draft` is a form that was refused."""

    def __init__(
        self, session: Session, access: policy.Access, round: Round, asked: QueueQuery, draft: QueueDraft, viewer: int
    ) -> None:
        self._session, self._access, self.round, self.asked, self.draft = session, access, round, asked, draft
        self._viewer = viewer
        self.queue = queue_of(session, round)
        self._looks = {
            handle: [person for person in people if person != viewer]
            for handle, people in looks().looks(access.challenge.id).items()
        }
        self.opened = self._opened()

    def read(self, *, looks_at_it: bool) -> None:
        """Read all that the template shows; with `looks_at_it` the others learn which text is open."""
        for name in ("names", "items", "item", "gone", "done", "same_author"):
            getattr(self, name)
        if looks_at_it:
            looks().look(self.challenge.id, self._viewer, self.item.handle if self.item else "")

    @property
    def challenge(self) -> Challenge:
        return self._access.challenge

    @property
    def steers(self) -> bool:
        """Whether the viewer steers for the organisation; others were given the facilitation."""
        return self._access.has_role(STEERING)

    @property
    def total(self) -> int:
        return len(self.queue)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {one.handle: n for n, one in enumerate(self.queue)}

    def _opened(self) -> str:
        """The handle of the open text; "" if nothing waits and none is asked for."""
        if self.asked.item:
            return self.asked.item
        if self.asked.before:
            return self._back_from(self.asked.before)
        return self._next_after(self.asked.after)

    def _next_after(self, handle: str) -> str:
        """The next text that nobody else looks at; if others look at all of them, the next one. "" if none is left."""
        others = [one.handle for one in self._ring_after(handle) if one.handle != handle]
        free = [one for one in others if not self._looks.get(one)]
        return next(iter((*free, *others)), "")

    def _back_from(self, handle: str) -> str:
        ring = [one.handle for one in self._ring_after(handle) if one.handle != handle]
        return ring[-1] if ring else ""

    def _ring_after(self, handle: str) -> list[QueuedText]:
        """The queue from the place behind a text, which need not wait any more, and around to it."""
        if handle in self._places:
            at = self._places[handle] + 1
        else:
            order = order_of(self.asked.place)
            at = bisect_right([one.order for one in self.queue], order) if order else 0
        return [*self.queue[at:], *self.queue[:at]]

    @property
    def number(self) -> int:
        """The place of the open text in the queue, from 1; 0 if it does not wait."""
        return self._places.get(self.opened, -1) + 1

    @property
    def next_handle(self) -> str:
        return self._next_after(self.opened) if self.opened else ""

    @property
    def back_handle(self) -> str:
        return self._back_from(self.opened) if self.opened else ""

    @property
    def address(self) -> str:
        """The address of this page, at which it shows the same text and the same list again."""
        lists = {"of": self.asked.of} if self.asked.of in self._places else {"list": 1} if self.shows_list else {}
        return self.address_of(item=self.opened or None, place=self.place or None, **lists)

    @property
    def item_address(self) -> str:
        """The address at which a phone shows the open text."""
        return self.address_of(item=self.opened or None, place=self.place or None)

    @property
    def place(self) -> str:
        """Where the open text stands or stood in the queue."""
        return self.queue[self._places[self.opened]].place if self.opened in self._places else self.asked.place

    def address_of(self, **query: object) -> str:
        return url_for("queue.show", challenge_id=self.challenge.id, **query)

    @cached_property
    def _listed(self) -> list[QueuedText]:
        if self.asked.of in self._places:
            return self._same_author_as(self.asked.of)
        first = max(0, min(self.number - 1 - ROWS_BEFORE, self.total - ROWS))
        return self.queue[first : first + ROWS]

    @cached_property
    def items(self) -> list[QueueItem]:
        """The rows of the list."""
        return [self._item(one) for one in self._listed if one.handle in self._texts]

    @cached_property
    def item(self) -> QueueItem | None:
        """The open text, if it waits."""
        if self.opened not in self._places or self.opened not in self._texts:
            return None
        return self._item(self.queue[self._places[self.opened]])

    @cached_property
    def gone(self) -> "GoneText | None":
        """The open text if it does not wait any more."""
        if self.item or not self.opened or self.opened not in self._texts:
            return None
        act = latest_act_on(self._session, self.challenge.id, self.opened)
        return GoneText(self._texts[self.opened], act, self._signed(act))

    @cached_property
    def _texts(self) -> dict[str, IdeaRow | ArgumentRow]:
        """The rows of all texts on the page by their handles."""
        wanted = [*(one.handle for one in self._listed), self.opened]
        ideas, arguments = (_ids(wanted, noun) for noun in (IDEA, "argument"))
        rows: list[IdeaRow | ArgumentRow] = [*idea_rows(self._session, self.round, ids=ideas)] if ideas else []
        if arguments:
            rows += argument_rows(self._session, self.round, ids=arguments, statuses=None)
        return {row.handle: row for row in rows}

    def _item(self, one: QueuedText) -> QueueItem:
        people = self._looks.get(one.handle, ())
        return QueueItem(self._texts[one.handle], one, tuple(self.names[person] for person in people))

    @cached_property
    def names(self) -> Mapping[int, str]:
        """The names of the others who look at something."""
        people = {person for group in self._looks.values() for person in group}
        found = facilitator_names(self._session, self.challenge.id, people) if people else {}
        return {person: self._named(found.get(person)) for person in people}

    def _named(self, name: str | None) -> str:
        """Facilitators who are no members do not learn the addresses of members."""
        hidden = not name or ("@" in name and not self.steers)
        return _("another moderator") if hidden else name or ""

    def _signed(self, act: QueueAct | None) -> str:
        return self._named(act.by) if act else ""

    @cached_property
    def done(self) -> "DoneAct | None":
        """What the viewer has just done."""
        act = act_of(self._session, self.challenge.id, self.asked.done) if self.asked.done else None
        return DoneAct(act) if act else None

    @cached_property
    def same_author(self) -> int:
        """How many texts in the queue one act can concern because the author of the open one wrote them."""
        return len(self._same_author_as(self.opened)) if self.item else 0

    def _same_author_as(self, handle: str) -> list[QueuedText]:
        return of_same_author(self._session, self.round, self.queue[self._places[handle]], self.queue)

    @property
    def ticked(self) -> Collection[str]:
        """The handles that are ticked in the list."""
        if self.asked.ticks:
            return {item.handle for item in self.items}
        return {text.handle for text in self.draft.chosen} if self.asked.lists else ()

    @property
    def refusals(self) -> Sequence[str]:
        """The reasons that the organisation uses again, or ours."""
        return refusals_of(self.challenge)

    @property
    def shows_list(self) -> bool:
        """Whether a phone shows the list in place of the open text."""
        return self.asked.lists and bool(self.items)


@dataclass(frozen=True)
class GoneText:
    """A text that was open and does not wait any more: `by` did `act`, or its author changed it."""

    text: IdeaRow | ArgumentRow
    act: QueueAct | None
    by: str

    @property
    def said(self) -> str:
        """What became of it, in a sentence without its end."""
        if self.text.status == "withdrawn":
            return _("Its author withdrew it.")
        if self.text.status == "merged":
            return _("It was merged with another idea.")
        if self.act is None:
            return _("It does not wait any more.")
        return {
            "hidden": _("Rejected by %(name)s.", name=self.by),
            "visible": _("Kept by %(name)s.", name=self.by)
            if self.act.kind == "keep"
            else _("Approved by %(name)s.", name=self.by),
        }.get(str(self.text.status), _("It does not wait any more."))


@dataclass(frozen=True)
class DoneAct:
    """What was just done, and whether it can be undone."""

    act: QueueAct

    @property
    def said(self) -> str:
        n = self.act.texts
        match self.act.kind:
            case "approve":
                return ngettext("Approved.", "%(num)s approved.", n)
            case "hide" | "hide_flood":
                return ngettext("Rejected.", "%(num)s rejected.", n)
            case "keep":
                return ngettext("Kept.", "%(num)s kept.", n)
            case "correct":
                return _("Corrected. The author’s version is kept.")
            case "undo":
                return ngettext("Undone.", "%(num)s undone.", n)
        return _("Done.")


def _ids(handles: Sequence[str], noun: str) -> list[int]:
    """The ids of one noun among handles, which may come from an address."""
    numbers = (handle.removeprefix(f"{noun}-") for handle in handles if handle.startswith(f"{noun}-"))
    return sorted({int(number) for number in numbers if number.isdecimal() and len(number) <= 18})


def refusals_of(challenge: Challenge) -> list[str]:
    return challenge.organisation.refusals.splitlines() or [
        _("Insults someone"),
        _("Identifies a person"),
        _("Does not answer the challenge"),
        _("Already exists"),
        _("Advertising"),
    ]
