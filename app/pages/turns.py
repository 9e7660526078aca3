"""The page of a discussion in turns: what the viewer has to do now, or what there is to read meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from markupsafe import Markup

from app.inputs.turns import TurnDraft
from app.pages.rooms import Room
from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import db
from ideas.models import Participant
from ideas.queries.ideas import ArgumentRow, argument_rows, own_entries
from ideas.queries.rooms import PhaseRow
from ideas.queries.turns import DiscussedIdea, OwnTurn, discussed_ideas, own_seat, responses_on
from ideas.services.turns import take_seat
from ideas.texts import ARGUMENT_MAX
from ideas.turns import STAYS

# Ideas that wait for an answer and that a page offers.
OFFERED = 5


@dataclass(frozen=True)
class TurnCard:
    """A turn with all that it takes: the idea, and for an answer what was said about it."""

    turn: OwnTurn
    said: list[ArgumentRow]
    is_own: bool  # everybody is asked, and the idea is the viewer's

    @property
    def clock(self) -> PhaseRow:
        """Its time in the form of a phase's, which `<phase-clock>` shows."""
        now, turn = clock.now(), self.turn
        stands = turn.ends_at is None
        ends_at = turn.ends_at or clock.from_ms(clock.to_ms(now) + (turn.left_ms or 0))
        return PhaseRow(
            position=1000,  # of no phase: the room does not take its end for that of one
            name="",
            state="now",
            activities=(),
            started_at=turn.offered_at,
            ends_at=ends_at,
            seconds=turn.seconds,
            paused_at=now if stands else None,
        )


@dataclass(frozen=True)
class TurnsPage:
    """The viewer's card, or else all the rest. `ideas`: how many are under discussion; `offered`: those that nobody
    answers for; `own`: the viewer's own that were discussed, and that can get a new version now.
    """

    card: TurnCard | None = None
    is_away: bool = False
    ideas: int = 0
    is_over: bool = False
    offered: Sequence[DiscussedIdea] = ()
    own: Sequence[DiscussedIdea] = ()
    text_max: int = ARGUMENT_MAX


def sit_down(room: Room, participant: Participant, actor: Actor) -> bool:
    """Take a seat for a viewer who opened the page, unless they have one for a while. :return: whether it wrote."""
    if not room.may_discuss_in_turns:
        return False
    seat = own_seat(db.session(), room.round, participant)
    if seat is not None and (seat.is_away or seat.here_until > clock.now() + STAYS / 2):
        return False
    take_seat(actor, room.challenge.id)
    return True


def duty_of(
    room: Room, participant: Participant, draft: TurnDraft, ideas: Sequence[DiscussedIdea] | None = None
) -> Markup:
    """What a viewer has to do now, drawn. The figures of the room are not read. `ideas`: those under discussion, read
    if they are not given.
    """
    page = turns_page_of(room, participant, ideas)
    return Markup(render_template("turns/duty.html", room=room, page=page, draft=draft))  # noqa: S704 (a template of ours)


def turns_page_of(room: Room, participant: Participant, discussed: Sequence[DiscussedIdea] | None = None) -> TurnsPage:
    session, round = db.session(), room.round
    seat = own_seat(session, round, participant)
    if seat is not None and seat.turn is not None:
        return TurnsPage(_card(room, seat.turn))
    if discussed is None:
        discussed = discussed_ideas(session, round)
    offered = [idea for idea in discussed if idea.waits_for_answer] if room.may_discuss_in_turns else []
    return TurnsPage(
        is_away=seat is not None and seat.is_away,
        ideas=len(discussed),
        is_over=bool(discussed) and all(idea.is_discussed for idea in discussed),
        offered=offered[:OFFERED],
        own=_own_discussed(room, participant, discussed),
    )


def _own_discussed(room: Room, participant: Participant, discussed: Sequence[DiscussedIdea]) -> list[DiscussedIdea]:
    found = [idea for idea in discussed if idea.is_discussed] if room.may_rewrite else []
    if not found:
        return []
    own = own_entries(db.session(), room.round.id, participant.id)
    changeable = {entry.idea_id for entry in own if entry.status in policy.EDITABLE}
    return [idea for idea in found if idea.idea_id in changeable]


def _card(room: Room, turn: OwnTurn) -> TurnCard:
    session = db.session()
    ids = responses_on(session, turn.exchange_id) if turn.is_answer else []
    said = argument_rows(session, room.round, ids=ids) if ids else []
    return TurnCard(turn, said, is_own=turn.is_answer and turn.asks_all)
