"""What every page in a room stands on: the question, the way through it, the figures, and who is looking."""

from dataclasses import dataclass, replace
from functools import cached_property

from flask import render_template, request, url_for
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.activities import PRESENTERS, Presenter, presenters_of
from app.inputs.lists import idea_query
from app.platform import parts, slugs
from app.platform.errors import NotKnown
from app.platform.holes import hole, is_drawing
from app.rules import progress_at
from ideas import policy
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import STEERING, Activity, Challenge, EntryStatus, Participant, Question, Round
from ideas.promises import Change
from ideas.queries.ballots import OwnMarks, OwnVotes, deck_of, own_marks_of, own_votes_of
from ideas.queries.groups import GroupRow, group_rows
from ideas.queries.ideas import IdeaRow, idea_rows, own_entries
from ideas.queries.lobby import changes_since, waiting_names
from ideas.queries.pages import ListPage, room_page
from ideas.queries.rooms import Figures, PhaseRow, current_phase, figures_and_reveals_of, phase_path
from ideas.queries.rounds import current_round
from ideas.queries.turns import has_turn

NAMES_SHOWN = 40  # names in a lobby

NO_FIGURES = Figures(people=0, ideas=0, sealed=0, arguments=0, voted=0, authors=0, electorate=0)


@dataclass(frozen=True)
class Gathering:
    """What a lobby shows besides its figures.

    `names`: the latest people who joined, none where the challenge hides authors; `changes`: what was revised since the
    viewer joined.
    """

    names: list[str]
    changes: list[Change]


@dataclass(frozen=True)
class Room:
    """A room as one viewer sees it. `participant` is None for a facilitator who has not joined."""

    access: policy.Access
    round: Round
    phases: list[PhaseRow]
    figures: Figures
    reveals: int  # how often hidden ideas became visible so far
    spotlight: IdeaRow | None = None  # the idea that the facilitators point at, if the room sees it
    gathering: Gathering | None = None  # in the lobby
    at_turn: bool = False  # in a discussion in turns; only read for the part of the page that says so

    @property
    def challenge(self) -> Challenge:
        return self.access.challenge

    @property
    def participant(self) -> Participant | None:
        return self.access.participant if self.access.participates else None

    @property
    def facilitates(self) -> bool:
        return self.access.facilitates

    @property
    def answers(self) -> bool:
        """Whether the viewer may begin to take part with an answer to a question, for the organisation."""
        return self.access.participant is None and self.access.has_role(STEERING)

    @property
    def phase(self) -> PhaseRow:
        return current_phase(self.round, self.phases)

    @property
    def lanes(self) -> str:
        """What this viewer's page listens to, for `<live-room data-lanes>`."""
        return " ".join(["room", *([self.participant.lane] if self.participant else [])])

    @property
    def seq(self) -> str:
        """The journal's number, for `<live-room data-seq>`. A page for many is kept while marks move it."""
        return hole("seq") if is_drawing() else str(self.challenge.seq)

    @property
    def owner_key(self) -> str:
        """Whose drafts and unsent things a browser keeps for this page: several people may share one."""
        assert self.participant is not None
        return owner_key(self.round.challenge_id, self.participant.id)

    @property
    def is_closed(self) -> bool:
        return self.round.is_closed

    @property
    def is_sealed(self) -> bool:
        """Whether running counts are seen by nobody."""
        return not policy.sees_counts(self.round)

    @property
    def is_silent(self) -> bool:
        """Whether everybody writes alone now."""
        return not self.is_closed and not self.phase.others_visible

    @property
    def reveals_next(self) -> bool:
        """Whether the reveal comes with the end of this phase."""
        return self.is_silent and self.phases[self.round.position + 1].others_visible

    @property
    def halt(self) -> str:
        """What stops writing for the moment though the phase is there for it: "locked", "over" or ""."""
        if self.is_closed or self.round.is_in_lobby:
            return ""
        return "locked" if self.round.writing_locked else "over" if self.phase.is_over else ""

    def halt_of(self, activity: str) -> str:
        """The halt, if the viewer's phase is there for this activity and the halt alone stands in the way; else ""."""
        return self.halt if self.participant is not None and activity in self.phase.activities else ""

    @property
    def debate_halt(self) -> str:
        return self.halt_of(Activity.DEBATE)

    @property
    def presenters(self) -> list[Presenter]:
        """The activities of this phase."""
        return presenters_of(self.phase.activities)

    @cached_property
    def permitted(self) -> list[Presenter]:
        """What the viewer may do now."""
        if self.participant is None:
            return []
        return presenters_of(activity.name for activity in policy.permitted_now(self.round))

    @property
    def hints(self) -> list[Presenter]:
        """The activities whose hints stand in the room; a hint may cover the activities behind it."""
        found: list[Presenter] = []
        for presenter in self.permitted:
            if not any(presenter.name in before.covers for before in found):
                found.append(presenter)
        return found

    def action(self, *, is_typed: bool) -> Presenter | None:
        """The activity whose action stands at the foot of the room.

        A form stays while it is halted, and while something is typed in it (`is_typed`).
        """
        for presenter in PRESENTERS.values() if self.participant else ():
            stays = presenter.is_form and (bool(self.halt_of(presenter.name)) or is_typed)
            if presenter.has("action") and (presenter in self.permitted or stays):
                return presenter
        return None

    @property
    def form_halt(self) -> str:
        """The halt of which a form of this phase speaks itself; "" where there is none."""
        return next((halt for one in self.presenters if one.is_form and (halt := self.halt_of(one.name))), "")

    @property
    def figures_shown(self) -> list[tuple[str, str, int]]:
        """The figures of activities: those of this phase, and those that are not 0. `(name, caption, number)`."""
        shown = [(one, getattr(self.figures, one.figure[0]), one.figure) for one in PRESENTERS.values() if one.figure]
        return [(name, str(label), n) for one, n, (name, label) in shown if n or one in self.presenters]

    @cached_property
    def marks(self) -> OwnMarks:
        """What the viewer marked, read once for a page."""
        assert self.participant is not None
        return own_marks_of(db.session(), self.round, self.participant)

    @cached_property
    def votes(self) -> OwnVotes:
        """The same with what the viewer was dealt, read once for a page."""
        assert self.participant is not None
        return own_votes_of(db.session(), self.round, self.participant, self.marks)

    def with_votes(self, votes: OwnVotes) -> "Room":
        """The same room after its viewer was dealt something."""
        found = replace(self)
        found.__dict__["votes"] = votes  # where `cached_property` keeps it
        return found

    @property
    def may_write(self) -> bool:
        return self._may(Activity.WRITE)

    @property
    def may_rewrite(self) -> bool:
        """Whether the viewer may write new versions of their ideas."""
        return self.participant is not None and policy.may_rewrite(self.round)

    @property
    def may_debate(self) -> bool:
        return self._may(Activity.DEBATE)

    @property
    def may_vote(self) -> bool:
        return self._may(Activity.VOTE)

    @property
    def may_mark(self) -> bool:
        """Whether the viewer may mark ideas now: in the vote, or at the first look."""
        return self.may_vote or self._may(Activity.LOOK)

    def takes_marks_on(self, question: Question) -> bool:
        """Whether the viewer may mark ideas on this question now."""
        return self._may(question.activity)

    @property
    def may_discuss_in_turns(self) -> bool:
        return self._may(Activity.TURNS)

    @property
    def has_turns(self) -> bool:
        """Whether the viewer's phase is there for a discussion in turns, be it halted or not."""
        return self.may_discuss_in_turns or bool(self.halt_of(Activity.TURNS))

    def _may(self, activity: str) -> bool:
        return self.participant is not None and policy.permits(self.round, activity)


def room_of(challenge_id: int) -> Room:
    """The room of a challenge for whoever asks.

    :raise NotFound: :raise Forbidden: :raise Barred: if the viewer is not inside.
    """
    return room_in(inside(challenge_id))


def room_in(access: policy.Access, gathering: Gathering | None = None, round: Round | None = None) -> Room:
    """The room of a challenge for somebody with this access, who is inside.

    `gathering` is what the lobby shows, and `round` the current one; they are read if they are not given.
    """
    session, challenge_id = db.session(), access.challenge.id
    round = round or current_round(session, challenge_id)
    figures, reveals = figures_and_reveals_of(session, round)
    room = Room(
        access,
        round,
        phase_path(round),
        figures,
        reveals,
        spotlight=_spotlight_of(session, round),
        gathering=(gathering or gathering_of(access, round)) if round.is_in_lobby else None,
    )
    return replace(room, at_turn=True) if _is_at_turn(session, room) else room


def _is_at_turn(session: Session, room: Room) -> bool:
    """Whether the viewer has a turn, as far as the answer says so: a whole page is the same for many people."""
    if not (parts.are_wanted() and parts.wants("turn-call", "phase own") and room.has_turns):
        return False
    return room.participant is not None and has_turn(session, room.round, room.participant)


def _spotlight_of(session: Session, round: Round) -> IdeaRow | None:
    if round.spotlight_id is None:
        return None
    rows = idea_rows(session, round, ids=[round.spotlight_id], statuses=(EntryStatus.VISIBLE,))
    return rows[0] if rows else None


def gathering_of(access: policy.Access, round: Round) -> Gathering:
    session, participant = db.session(), access.participant
    shows_names = policy.sees_authors(access.challenge.anonymity, is_closed=False)
    return Gathering(
        names=waiting_names(session, round.challenge_id, NAMES_SHOWN) if shows_names else [],
        changes=changes_since(session, round, participant.joined_at) if participant else [],
    )


def room_to_act_in(challenge_id: int) -> Room:
    """The same without its figures, for a post that answers with a redirect.

    :raise NotFound: :raise Forbidden: :raise Barred: if the viewer is not inside.
    """
    return without_figures(inside(challenge_id))


def without_figures(access: policy.Access) -> Room:
    round = current_round(db.session(), access.challenge.id)
    return Room(access, round, phase_path(round), NO_FIGURES, 0)


def inside(challenge_id: int) -> policy.Access:
    """The viewer's access to a room. :raise NotFound: :raise Forbidden: :raise Barred: if they are not inside."""
    access = policy.require_inside(db.session(), current_user.actor, challenge_id)
    slugs.know({challenge_id: access.challenge.slug})
    return access


def room_of_round(room: Room, round_id: int) -> Room:
    """The same room as it stood in another round of its challenge. :raise NotFound: if that is no round of it."""
    round = db.session.get(Round, round_id)
    if round is None or round.challenge_id != room.challenge.id:
        raise NotFound
    return replace(room, round=round, phases=phase_path(round), spotlight=None, gathering=None)


def shown_ideas_of(room: Room) -> ListPage[IdeaRow]:
    """A page of the ideas that everybody in the room sees, as the viewer's address looks for them, besides those on the
    cards of groups.

    A request for other parts of the page does not need them.
    """
    asked = replace(idea_query(request.args, room.participant.id if room.participant else None), without_grouped=True)
    return room_page(db.session(), room.round, asked) if parts.wants("list") else ListPage([], asked, 0, 0)


def shown_groups_of(room: Room, shown: ListPage[IdeaRow]) -> list[GroupRow]:
    """The groups above the first page of the ideas that everybody sees; a search finds each idea for itself."""
    if not parts.wants("list") or not shown.asked.is_plain or shown.number > 1:
        return []
    return group_rows(db.session(), room.round)


def owner_key(challenge_id: int, participant_id: int) -> str:
    return f"{challenge_id}-{participant_id}"


def require_owner(challenge_id: int, owner: str) -> None:
    """Take what waited in a browser from nobody but whoever wrote it; `owner` is "" for a form without a script.

    :raise NotKnown: if the browser is nobody or somebody else by now: it must not be handed in under their name.
    """
    if owner:
        participant = policy.participation(db.session(), current_user.actor, challenge_id)
        if participant is None or owner != owner_key(challenge_id, participant.id):
            raise NotKnown


@dataclass(frozen=True)
class Mine:
    """The ideas of a participant in a round, and their progress with each question. Only the participant sees them.

    `written` counts all ideas; `apart` are those that the room's list does not show.
    """

    challenge_id: int
    written: int
    apart: list[IdeaRow]
    progress: tuple[str, ...]
    changed: str = ""  # as of `changed_votes_of`

    @property
    def html(self) -> Markup:
        """The part of the page that shows the ideas."""
        return Markup(render_template("rooms/_mine.html", mine=self))  # noqa: S704 (a template of ours)


def mine_of(room: Room, participant: Participant) -> Mine:
    own = own_ideas_of(room.round, participant)
    return Mine(room.challenge.id, *own, progress_of(room, participant), changed_votes_of(room))


def own_ideas_of(round: Round, participant: Participant) -> tuple[int, list[IdeaRow]]:
    """The number of a participant's ideas in a round, and those that the room's list does not show."""
    session = db.session()
    own = own_entries(session, round.id, participant.id)
    apart = [entry.idea_id for entry in own if entry.is_apart]
    return len(own), idea_rows(session, round, ids=apart, author_id=participant.id) if apart else []


def progress_of(room: Room, participant: Participant) -> tuple[str, ...]:
    """How far a participant is with each question, while they may mark ideas."""
    return tuple(_progress(q, participant, room.votes) for q in room.round.at_hand) if room.may_mark else ()


def _progress(question: Question, participant: Participant, votes: OwnVotes) -> str:
    deck = deck_of(db.session(), question, participant, votes)
    return progress_at(question, deck, [row.value for row in votes.marks[question.id]])


def changed_votes_of(room: Room) -> Markup:
    """The line that says how many of the viewer's marks are on ideas with a new version; empty for none."""
    if room.participant is None or not room.may_mark:
        return Markup()
    changed = {question.id: _changed_on(room, question) for question in room.round.at_hand}
    first = next((question for question, n in changed.items() if n), None)
    if first is None:
        return Markup()
    said = ngettext(
        "One of your votes is on an idea that has changed since.",
        "%(num)s of your votes are on ideas that have changed since.",
        sum(changed.values()),
    )
    url = url_for("ballots.marks", challenge_id=room.challenge.id, question=first)
    return Markup(render_template("ballots/changed.html", said=said, url=url))  # noqa: S704 (a template of ours)


def _changed_on(room: Room, question: Question) -> int:
    return sum(row.is_outdated and question.ballot_rule.says(row.value) for row in room.marks.marks[question.id])
