"""How each act in the log is undone: at once, on the page of the opposite act, or not at all."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.acts import act_name
from app.viewers.identity import actor
from ideas.database import db
from ideas.models import Round
from ideas.queries.acts import ListedAct, undoable_act
from ideas.services.queue import UNDOS


@dataclass(frozen=True)
class WayBack:
    """`undo` undoes an act exactly, by one press; `page` is the page of the opposite act; `final` says why there is
    none. All are "" after the close, and for an act that was undone.
    """

    undo: str = ""
    page: str = ""
    final: str = ""


def way_back(challenge_id: int, round: Round, row: ListedAct) -> WayBack:
    if round.is_closed or row.is_undone or row.round_n != round.n:
        return WayBack()
    if row.has_before and row.kind in UNDOS:
        return WayBack(undo=url_for("queue.undo", challenge_id=challenge_id, seq=row.seq))
    page = PAGES.get(row.kind) or (PAGES_OF_PEOPLE.get(row.kind) if row.subject.noun == "participant" else None)
    return WayBack(page=page(challenge_id, row.subject.key) if page else "", final=str(FINAL.get(row.kind, "")))


@dataclass(frozen=True)
class UndoableAct:
    """An act of the viewer, in words, and the address that undoes it."""

    words: str
    undo: str


def done_act(challenge_id: int, after: int) -> UndoableAct | None:
    """The viewer's act after this number of the journal; None if it cannot be undone by one press."""
    found = undoable_act(db.session(), challenge_id, actor(), after)
    if found is None or found[1] not in UNDOS:
        return None
    seq, kind = found
    return UndoableAct(f"{act_name(kind)}.", url_for("queue.undo", challenge_id=challenge_id, seq=seq))


def _console_at(shelf: str) -> Callable[[int, int], str]:
    return lambda challenge, _key: url_for("console.show", challenge_id=challenge, _anchor=shelf)


# `(challenge, id of the record) -> address`, for acts of which the log holds no state.
PAGES: dict[str, Callable[[int, int], str]] = {
    "bar": lambda challenge, key: url_for("console.readmit", challenge_id=challenge, participant_id=key),
    "readmit": lambda challenge, key: url_for("console.bar", challenge_id=challenge, participant_id=key),
    "exclude": lambda _challenge, key: url_for("console.restore_wave", wave_id=key),
    "restore": lambda _challenge, key: url_for("console.exclude_wave", wave_id=key),
    "unmerge": lambda _challenge, key: url_for("merging.choose", idea_id=key),
    "group": lambda challenge, _key: url_for("groups.show", challenge_id=challenge),
    "ungroup": lambda challenge, _key: url_for("groups.show", challenge_id=challenge),
    "plan": lambda challenge, _key: url_for("phases.edit", challenge_id=challenge),
    "revise": lambda challenge, _key: url_for("challenges.edit", challenge_id=challenge),
    **dict.fromkeys(("spotlight", "lock", "notice", "time", "phase"), _console_at("flow")),
    **dict.fromkeys(("hall", "bring"), _console_at("ideas-panel")),
}

PAGES_OF_PEOPLE = dict.fromkeys(("share", "unshare"), _console_at("people-panel"))

# Why some acts cannot be undone, or not entirely.
FINAL = {
    "redact": _l("Final: the words are gone."),
    "next": _l("Final: people take part in it."),
    "code": _l("Final: others may have the former code."),
    "phase": _l("What was revealed stays visible."),
}
