"""The page of a room as all viewers of a kind see it, with holes for what belongs to one of them.

It is drawn for a stand-in, who has the rights of the kind and whose name, id and ideas are holes. So nothing of the
viewer for whom it is drawn first can get into the page of the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import cast

from flask import render_template, request
from flask_babel import get_locale
from flask_login import current_user
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from app.inputs.ideas import IdeaDraft
from app.pages.rooms import Gathering, Mine, gathering_of, own_ideas_of, progress_of, room_in, shown_ideas_of
from app.platform import countdown, page_cache
from app.platform.holes import hole
from ideas import clock, policy
from ideas.database import db
from ideas.models import Challenge, Participant
from ideas.queries.ideas import own_entries
from ideas.queries.rooms import PhaseRow
from ideas.queries.rounds import current_round
from ideas.queries.states import State, state_of

# At this distance from the end of a silent phase the page begins to tell the time of the reveal without its day.
TOLD_WITHOUT_DAY = timedelta(hours=12)

# The holes of the lines that tell a voter how far they are, one for each question.
PROGRESS = "abcdefgh"


def kept_room(access: policy.Access) -> Response:
    """The page of the room, as it is asked for without a search and without a draft."""
    return _Viewing(access, state_of(db.session(), access.challenge)).answer()


@dataclass(frozen=True)
class _Viewing:
    """A viewer looks at a room in this state."""

    access: policy.Access
    state: State

    @property
    def participant(self) -> Participant | None:
        return self.access.participant if self.access.participates else None

    def answer(self) -> Response:
        rights = (self.access.facilitates, self.participant is not None, current_user.account is not None)
        at = (str(get_locale()), request.host_url, request.script_root)
        changes = tuple(self.gathering.changes) if self.gathering else ()
        key = page_cache.Key(self.access.challenge.id, self.state.digest, ("room", rights, at, changes))
        page = page_cache.finished(key, self.draw)
        return page_cache.answer(page, self.fill(page.about))

    @cached_property
    def gathering(self) -> Gathering | None:
        """What the lobby shows besides its figures."""
        if not self.state.is_in_lobby:
            return None
        return gathering_of(self.access, current_round(db.session(), self.access.challenge.id))

    def draw(self) -> page_cache.Drawn:
        participant = cast(Participant, _StandIn()) if self.participant else None
        room = room_in(replace(self.access, participant=participant), self.gathering)
        questions = room.round.questions if room.may_vote else []
        progress = tuple(hole(f"progress{letter}") for _, letter in zip(questions, PROGRESS, strict=False))
        html = render_template(
            "rooms/show.html",
            room=room,
            shown=shown_ideas_of(room),
            mine=SimpleNamespace(html=hole("mine"), progress=progress if room.may_vote else ())
            if participant
            else None,
            draft=IdeaDraft(op=hole("number")),
            current_user=page_cache.nobody(has_account=current_user.account is not None),
        )
        return page_cache.Drawn(html, _next_turn(room.phase), room.phase)

    def fill(self, phase: PhaseRow) -> page_cache.Fill:
        """What goes into the holes."""
        found: dict[str, Callable[[], str]] = {
            "left": lambda: countdown.time_left(phase),
            "dots": lambda: countdown.time_dots(phase),
        }
        if (participant := self.participant) is not None:
            found |= {
                "name": lambda: escape(participant.name),
                "participant": lambda: str(participant.id),
                "mine": lambda: self._mine(participant),
            }
            for n, letter in enumerate(PROGRESS):
                found[f"progress{letter}"] = lambda n=n: escape(self._progress[n])  # type: ignore[misc]
        return found

    def _mine(self, participant: Participant) -> str:
        challenge: Challenge = self.access.challenge
        own = own_entries(db.session(), self.state.round_id, participant.id)
        apart = any(entry.is_apart for entry in own)
        written, rows = (
            own_ideas_of(current_round(db.session(), challenge.id), participant) if apart else (len(own), [])
        )
        return Mine(challenge.id, written, rows, ()).html

    @cached_property
    def _progress(self) -> tuple[str, ...]:
        assert self.participant is not None
        return progress_of(room_in(self.access), self.participant)


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
