"""The pages of a room as all viewers of a kind see them, with holes for what belongs to one of them.

It is drawn for a stand-in, who has the rights of the kind and whose name, id and ideas are holes. So nothing of the
viewer for whom it is drawn first can get into the page of the next one.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from types import SimpleNamespace
from typing import cast

from flask import render_template
from flask_login import current_user
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from app.inputs.arguments import ArgumentDraft
from app.inputs.ideas import IdeaDraft
from app.pages.conditions import conditions_in
from app.pages.ideas import own_records_on, own_votes_on, reading_by, shown_idea_page_of
from app.pages.rooms import (
    Gathering,
    Mine,
    Room,
    changed_votes_of,
    gathering_of,
    own_ideas_of,
    progress_of,
    room_in,
    shown_groups_of,
    shown_ideas_of,
    without_figures,
)
from app.platform import countdown, page_cache, parts
from app.platform.holes import hole
from ideas import clock, policy
from ideas.database import db
from ideas.models import Idea, Participant
from ideas.queries.ideas import IdeaRow, RoundMoment, Said, own_entries, said_on, shown_entry
from ideas.queries.rights import RightsRow, rights_asked
from ideas.queries.rooms import PhaseRow
from ideas.queries.rounds import current_round
from ideas.queries.states import ChallengeState, state_of
from ideas.queries.turns import DiscussedIdea, discussed_ideas
from ideas.reading_order import ReadingPlace, begins_at

# At this distance from the end of a silent phase the page begins to tell the time of the reveal without its day.
TOLD_WITHOUT_DAY = timedelta(hours=12)

# The holes of the lines that tell a voter how far they are, one for each question.
PROGRESS = "abcdefgh"


def kept_room(access: policy.Access) -> Response:
    """The page of the room, as it is asked for without a search and without a draft."""
    return _OfRoom(access, state_of(db.session(), access.challenge)).answer()


def kept_idea(access: policy.Access, idea: Idea) -> Response | None:
    """The page of an idea, as `kept_room`; None for an idea that not everybody in the room sees."""
    state = state_of(db.session(), access.challenge)
    entry_id = shown_entry(db.session(), state.round_id, idea.id)
    return _OfIdea(access, state, idea, entry_id).answer() if entry_id else None


def kept_turns(access: policy.Access, duty: Callable[[list[DiscussedIdea]], str]) -> Response:
    """The page of a discussion in turns, or its parts. `duty` draws what this viewer has to do now, from the ideas
    under discussion.
    """
    return _OfTurns(access, state_of(db.session(), access.challenge), duty).answer()


@dataclass(frozen=True)
class _Viewing:
    """A viewer looks at a page of a room in this state."""

    access: policy.Access
    state: ChallengeState

    @property
    def participant(self) -> Participant | None:
        return self.access.participant if self.access.participates else None

    @property
    def stand_in(self) -> policy.Access:
        """The same access of nobody in particular."""
        return replace(self.access, participant=cast(Participant, _StandIn()) if self.participant else None)

    @property
    def page(self) -> Hashable:
        """Which page it is, with all that it depends on besides the state and the rights."""
        raise NotImplementedError

    def answer(self) -> Response:
        rights = (self.access.facilitates, self.participant is not None, current_user.account is not None)
        key = page_cache.key_of_request(self.access.challenge.id, self.state.digest, self.page, rights)
        kept = page_cache.finished(key, self.draw)
        return page_cache.answer(kept, self.fill(kept.about))

    def draw(self) -> page_cache.DrawnPage:
        raise NotImplementedError

    def render(self, template: str, room: Room, **values: object) -> page_cache.DrawnPage:
        nobody = page_cache.nobody(has_account=current_user.account is not None)
        html = render_template(template, room=room, current_user=nobody, **values)
        return page_cache.DrawnPage(html, _next_turn(room.phase), room.phase)

    def fill(self, phase: PhaseRow) -> dict[str, Callable[[], str]]:
        """The text of each hole, by name, for this viewer."""
        found: dict[str, Callable[[], str]] = {
            "left": lambda: countdown.time_left(phase),
            "dots": lambda: countdown.time_dots(phase),
            # It was read before the state, so all that it counts is on a page of this state.
            "seq": lambda: str(self.access.challenge.seq),
        }
        if (participant := self.participant) is not None:
            found |= {"name": lambda: escape(participant.name), "participant": lambda: str(participant.id)}
            found["mine"] = lambda: self.mine(participant)
        return found

    def mine(self, participant: Participant) -> str:
        """The viewer's own records."""
        raise NotImplementedError


class _OfRoom(_Viewing):
    @property
    def page(self) -> Hashable:
        asked = self.rights_asked
        return ("room", asked and asked.n, *(self.gathering.changes if self.gathering else ()))

    @cached_property
    def rights_asked(self) -> RightsRow | None:
        return rights_asked(db.session(), self.access.challenge, self.participant)

    @cached_property
    def gathering(self) -> Gathering | None:
        """The names and revisions that the lobby shows. None after the start."""
        if not self.state.is_in_lobby:
            return None
        return gathering_of(self.access, current_round(db.session(), self.access.challenge.id))

    def draw(self) -> page_cache.DrawnPage:
        room = room_in(self.stand_in, self.gathering)
        questions = room.round.at_hand if room.may_mark else []
        progress = tuple(hole(f"progress{letter}") for _, letter in zip(questions, PROGRESS, strict=False))
        own = {"html": hole("mine"), "progress": progress, "changed": hole("changed")}
        mine = SimpleNamespace(**own) if self.participant else None
        draft = IdeaDraft(op=hole("number"))
        shown = shown_ideas_of(room)
        lists = {"shown": shown, "groups": shown_groups_of(room, shown)}
        box = conditions_in(room)
        told = {"conditions": box, "rights_asked": self.rights_asked}
        drawn = self.render("rooms/show.html", room, **lists, **told, mine=mine, draft=draft, parents=[])
        return replace(drawn, until=min((at for at in (drawn.until, box.until) if at), default=None))

    def fill(self, phase: PhaseRow) -> dict[str, Callable[[], str]]:
        of_questions = {f"progress{letter}": partial(self._said, n) for n, letter in enumerate(PROGRESS)}
        return super().fill(phase) | of_questions | {"changed": lambda: changed_votes_of(self._room)}

    def mine(self, participant: Participant) -> str:
        challenge, own = self.access.challenge, own_entries(db.session(), self.state.round_id, participant.id)
        written, apart = len(own), list[IdeaRow]()
        if any(entry.is_apart for entry in own):
            written, apart = own_ideas_of(current_round(db.session(), challenge.id), participant)
        return Mine(challenge.id, written, apart, ()).html

    def _said(self, n: int) -> str:
        return escape(self._progress[n])

    @cached_property
    def _progress(self) -> tuple[str, ...]:
        assert self.participant is not None
        return progress_of(self._room, self.participant)

    @cached_property
    def _room(self) -> Room:
        """The room of the viewer, without its figures."""
        return without_figures(self.access)


@dataclass(frozen=True)
class _OfIdea(_Viewing):
    """`entry_id` is the entry of an idea that the whole room sees."""

    idea: Idea
    entry_id: int

    @property
    def page(self) -> Hashable:
        # Readers with the same order share a page. Where few argued, these are few orders.
        said, reading = self.said, self.reading
        sides = (said.pro, said.contra, said.open_questions, said.answered_questions)
        leads = reading.begins_with_second and bool(said.pro and said.contra)
        return ("idea", self.idea.id, leads, *(begins_at(side, reading) for side in sides))

    @cached_property
    def reading(self) -> ReadingPlace:
        return reading_by(self.participant, self.idea.id)

    @cached_property
    def said(self) -> Said:
        moment = RoundMoment(self.state.round_id, self.state.closed_at)
        return said_on(db.session(), moment, self.access.challenge.anonymity, self.idea.id)

    def draw(self) -> page_cache.DrawnPage:
        # The lobby of a later round has ideas already; what it gathers stands on no page of an idea.
        room = room_in(self.stand_in, Gathering([], []))
        mine = hole("mine") if self.participant else Markup()
        page = shown_idea_page_of(room, self.idea, self.reading, mine, hole("votes"))
        return self.render(
            "ideas/show.html", room, idea_page=page, shown=None, groups=[], draft=ArgumentDraft(op=hole("number"))
        )

    def fill(self, phase: PhaseRow) -> dict[str, Callable[[], str]]:
        return super().fill(phase) | {"votes": lambda: own_votes_on(self._room, self.idea, self.entry_id)}

    def mine(self, participant: Participant) -> str:
        return own_records_on(self._room, self.idea, None)

    @cached_property
    def _room(self) -> Room:
        """The room without its figures."""
        return without_figures(self.access)


@dataclass(frozen=True)
class _OfTurns(_Viewing):
    """In a hall everybody opens it at once, and asks for its parts at every step."""

    duty: Callable[[list[DiscussedIdea]], str]

    @property
    def page(self) -> Hashable:
        return ("turns", parts.are_wanted())

    def draw(self) -> page_cache.DrawnPage:
        room = room_in(self.stand_in, Gathering([], []))
        drawn = self.render("turns/show.html", room, duty=hole("duty"))
        html = str(parts.drawn()) if parts.are_wanted() else drawn.html
        return replace(drawn, html=html, about=_Discussion(room.phase, discussed_ideas(db.session(), room.round)))

    def fill(self, about: "_Discussion") -> dict[str, Callable[[], str]]:  # type: ignore[override]
        return super().fill(about.phase) | {"duty": lambda: self.duty(about.ideas)}


@dataclass(frozen=True)
class _Discussion:
    phase: PhaseRow
    ideas: list[DiscussedIdea]


class _StandIn:
    """A participant whose name and id are holes."""

    barred_at = None
    id = hole("participant")
    name = hole("name")
    lane = Markup("participant-{}").format(id)


def _next_turn(phase: PhaseRow) -> datetime | None:
    """The next instant at which the clock alone changes the page."""
    if phase.ends_at is None or phase.paused_at is not None:
        return None
    return min((at for at in (phase.ends_at - TOLD_WITHOUT_DAY, phase.ends_at) if at > clock.now()), default=None)
