"""The page on which a participant reports an idea or an argument."""

from dataclasses import dataclass

from flask import url_for

from ideas import policy
from ideas.actor import Actor
from ideas.database import db, require
from ideas.errors import NotFound
from ideas.models import Activity, Argument, Challenge, EntryStatus, Idea, Round
from ideas.queries.flags import has_open_flag
from ideas.queries.ideas import argument_rows, idea_rows
from ideas.queries.rounds import current_round


@dataclass(frozen=True)
class ReportedText:
    """A text that the viewer may report. `words` is the title of an idea, or an argument.

    `is_flagged`: the viewer reported it, and no moderator decided yet. `is_own`: the viewer wrote it.
    """

    challenge: Challenge
    noun: str
    words: str
    more: str
    is_flagged: bool
    is_own: bool
    url: str  # of the form
    back_url: str
    kinder_url: str = ""  # at which the author of the idea asks for kinder words; "" for everybody else
    is_asked_kindly: bool = False  # that was done


def reported_idea(actor: Actor, idea_id: int) -> ReportedText:
    """:raise NotFound: :raise Forbidden: :raise Barred: :raise RoundIsClosed:"""
    session = db.session()
    idea = require(session, Idea, idea_id)
    round, *own = _asked(actor, idea.challenge_id, idea)
    rows = idea_rows(session, round, ids=[idea_id], statuses=(EntryStatus.VISIBLE, EntryStatus.MERGED))
    if not rows or rows[0].is_redacted or (rows[0].stays and not rows[0].stays.into_shown):
        raise NotFound
    [row] = rows
    url = url_for("flags.idea", idea_id=idea_id)
    back = url_for("ideas.show", challenge_id=round.challenge_id, idea_id=row.stays.into_id if row.stays else idea_id)
    return ReportedText(round.challenge, "idea", row.title, row.text, *own, url, back)


def reported_argument(actor: Actor, argument_id: int) -> ReportedText:
    """Errors as of `reported_idea`."""
    session = db.session()
    argument = require(session, Argument, argument_id)
    round, is_flagged, is_own = _asked(actor, argument.idea.challenge_id, argument)
    rows = argument_rows(session, round, ids=[argument_id])
    if not rows or rows[0].is_redacted:
        raise NotFound
    [row] = rows
    url = url_for("flags.argument", argument_id=argument_id)
    back = url_for(
        "ideas.show", challenge_id=round.challenge_id, idea_id=row.idea_id, argument=row.id, _anchor=row.handle
    )
    may_ask = not is_own and policy.permits(round, Activity.DEBATE) and _is_about_own_idea(actor, argument)
    kinder_url = url_for("arguments.ask_for_kinder_words", argument_id=argument_id) if may_ask else ""
    is_asked = argument.kinder is not None
    return ReportedText(
        round.challenge, "argument", row.text, "", is_flagged, is_own, url, back, kinder_url, is_asked_kindly=is_asked
    )


def _is_about_own_idea(actor: Actor, argument: Argument) -> bool:
    participant = policy.participation(db.session(), actor, argument.idea.challenge_id)
    return participant is not None and participant.id == argument.idea.author_id


def _asked(actor: Actor, challenge_id: int, text: Idea | Argument) -> tuple[Round, bool, bool]:
    """The round, and whether the viewer reported the text, or wrote it."""
    session = db.session()
    participant = policy.require_participant(session, actor, challenge_id)
    round = current_round(session, challenge_id)
    policy.require_open(round)
    return round, has_open_flag(session, participant, text), text.author_id == participant.id
