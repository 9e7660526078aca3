"""Frames: what a lane hears of the records that changed, rendered from the database under that lane's rights.

Push and catch-up call the same function with the same handles; pages include the same templates.
"""

from collections.abc import Iterable
from dataclasses import asdict

from flask import current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.database import db
from ideas.models import Anonymity, Challenge, EntryStatus, Round, Stance
from ideas.queries.groups import group_rows
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, idea_rows, with_replies
from ideas.queries.rooms import figures_of, participant_rows, reveals_of
from realtime.presence import Present

# With more changed ideas and arguments than this a frame lists none: a reveal of 1,000 ideas would be two megabytes
# for each of 1,000 people. The page fetches its lists, which are rendered and compressed once for all.
RECORDS_MAX = 100

Frame = dict[str, object]
Fragment = dict[str, object]


def frame(round: Round, lane: str, handles: Iterable[str], language: str, *, after: int, seq: int) -> tuple[str, Frame]:
    """The event that brings a lane from `after` to `seq`: its name and its payload."""
    touched = _by_noun(handles)
    body: Frame = {"lane": lane, "after": after, "seq": seq}
    if lane.startswith("participant-"):
        return "refresh", body | {"refresh": ["mine"]}
    session = db.session()
    is_long = len(touched.get("idea", ())) + len(touched.get("argument", ())) > RECORDS_MAX
    if is_long:
        body["lists"] = True
    else:
        with force_locale(language):
            render = _for_facilitators if lane == journal.FACILITATORS else _for_room
            fragments, removed = render(session, round, touched)
        if fragments or removed:
            body |= {"fragments": fragments, "removed": removed}
    if "figures" in touched:
        body["figures"] = asdict(figures_of(session, round))
    if "round" in touched or "challenge" in touched:
        return "phase", body | {"phase": phase_of(round)}
    return ("fragments" if {"fragments", "lists"} & body.keys() else "figures"), body


def phase_of(round: Round) -> Frame:
    """The state of a round for scripts; the page fetches its own new parts."""
    phase = round.phase
    return {
        "round": round.id,
        "position": round.position,
        "name": phase.name,
        "activities": phase.activities,
        "others_visible": phase.others_visible,
        "closed": round.is_closed,
        "ends_at": clock.to_ms(phase.ends_at) if phase.ends_at else None,
        "paused_at": clock.to_ms(phase.paused_at) if phase.paused_at else None,
        "locked": round.writing_locked,
        "reveals": reveals_of(db.session(), round),
        "spotlight": f"idea-{round.spotlight_id}" if round.spotlight_id else None,
        "places": round.places_shown,
    }


def facilitation_of(challenge: Challenge, present: Present) -> Frame:
    """Presence for facilitators. Where names are hidden it names nobody: that would tell who wrote what."""
    frame: Frame = {**present.counts, "asked": present.asked, "facilitators": present.facilitators}
    frame["looking"] = present.looking
    return frame | ({"people": present.people} if challenge.anonymity == Anonymity.NAMED else {})


def _by_noun(handles: Iterable[str]) -> dict[str, list[int]]:
    """`{"idea": [12, 3], "figures": []}` for `idea-12`, `idea-3`, `figures`."""
    found: dict[str, list[int]] = {}
    for handle in handles:
        noun, _, number = handle.partition("-")
        ids = found.setdefault(noun, [])
        if number and int(number) not in ids:
            ids.append(int(number))
    return found


def _for_room(session: Session, round: Round, touched: dict[str, list[int]]) -> tuple[list[Fragment], list[str]]:
    draw = current_app.extensions["schwarm-fragments"]
    ideas = {row.id: row for row in _ideas(session, round, touched, (EntryStatus.VISIBLE,))}
    arguments = {row.id: row for row in _arguments(session, round, touched, (EntryStatus.VISIBLE,))}
    fragments: list[Fragment] = []
    for idea in ideas.values():
        card = draw("ideas/_idea.html", idea=idea)
        detail = draw("ideas/_detail.html", idea=idea)
        fragments.append(_fragment(idea.handle, card, idea.order, "ideas"))
        fragments.append(_fragment(f"detail-{idea.id}", detail, idea.order, None))
    for argument in with_replies(session, round, [*arguments.values()]):
        is_reply = argument.reply_to is not None
        html = draw("arguments/_reply.html" if is_reply else "arguments/_argument.html", argument=argument)
        into = f"replies-{argument.reply_to}" if is_reply else _list_of(argument)
        fragments.append(_fragment(argument.handle, html, argument.order, into))
    groups = {row.id: row for row in group_rows(session, round, ids=touched["group"])} if "group" in touched else {}
    for group in groups.values():
        html = draw("groups/_group.html", group=group)
        fragments.append(_fragment(group.handle, html, group.order, "groups"))
    removed = [f"{noun}-{i}" for i in touched.get("idea", ()) if i not in ideas for noun in ("idea", "detail")]
    removed += [f"group-{i}" for i in touched.get("group", ()) if i not in groups]
    removed += [f"argument-{i}" for i in touched.get("argument", ()) if i not in arguments]
    return fragments, removed


def _list_of(argument: ArgumentRow) -> str:
    """The list in which an argument stands: questions have one of their own."""
    name = f"arguments-{argument.idea_id}"
    return f"{name}-question" if argument.stance == Stance.QUESTION else name


def _for_facilitators(
    session: Session, round: Round, touched: dict[str, list[int]]
) -> tuple[list[Fragment], list[str]]:
    draw = current_app.extensions["schwarm-fragments"]
    fragments: list[Fragment] = []
    for idea in _ideas(session, round, touched, None):
        shelf = "hidden" if idea.status in (EntryStatus.WITHDRAWN, EntryStatus.MERGED) else idea.status
        html = draw("console/_idea.html", idea=idea)
        fragments.append(_fragment(idea.handle, html, idea.order, f"console-{shelf}"))
    for argument in _arguments(session, round, touched, None):
        html = draw("console/_argument.html", argument=argument)
        fragments.append(_fragment(argument.handle, html, argument.order, "console-arguments"))
    for person in (
        participant_rows(session, round.challenge_id, touched["participant"]) if touched.get("participant") else ()
    ):
        html = draw("console/_participant.html", participant=person)
        fragments.append(_fragment(person.handle, html, person.id, "console-participants"))
    known = {f["handle"] for f in fragments}
    removed = [f"participant-{i}" for i in touched.get("participant", ()) if f"participant-{i}" not in known]
    return fragments, removed


def _ideas(
    session: Session, round: Round, touched: dict[str, list[int]], statuses: tuple[EntryStatus, ...] | None
) -> list[IdeaRow]:
    return idea_rows(session, round, ids=touched["idea"], statuses=statuses) if touched.get("idea") else []


def _arguments(
    session: Session, round: Round, touched: dict[str, list[int]], statuses: tuple[EntryStatus, ...] | None
) -> list[ArgumentRow]:
    if not touched.get("argument"):
        return []
    return argument_rows(session, round, ids=touched["argument"], statuses=statuses)


def _fragment(handle: str, html: str, order: int, into: str | None) -> Fragment:
    return {"handle": handle, "html": html.strip(), "order": order, "into": into}
