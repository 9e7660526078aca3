"""The console of a facilitator: the contents of a room, each list a page at a time."""

from dataclasses import dataclass, replace
from functools import cached_property

from flask import request
from sqlalchemy.orm import Session

from app import labels
from app.activities import PRESENTERS, Presenter, presenters_of
from app.inputs.lists import asked_of
from app.pages.discussions import DiscussionFigure, discussion_figures
from app.pages.readiness import RoundReadiness, round_readiness_of
from app.pages.screens import Places, places_of
from app.platform.parts import may_be_drawn
from app.rules import presenter_of, prompt_of
from app.rules.base import RulePresenter
from ideas import policy
from ideas.activities import activities_in
from ideas.blueprints import idea_rules_of
from ideas.brought import waiting_count
from ideas.models import Activity, Challenge, EntryStatus, Question, Round
from ideas.proxies import seed_lines_in
from ideas.queries.electorate import looked_of
from ideas.queries.flags import flagged_count
from ideas.queries.hands import HandsNow, hands_now
from ideas.queries.ideas import ArgumentRow, IdeaRow
from ideas.queries.jurors import JuryProgress, jury_progress_of
from ideas.queries.pages import IdeasQuery, ListPage, arguments_page, ideas_pages, people_page
from ideas.queries.rooms import (
    Figures,
    ParticipantRow,
    PhaseRow,
    current_phase,
    figures_of,
    phase_path,
    unvoted_count_of,
)
from ideas.queries.turns import AtTurn, DiscussedIdea, Startable, discussed_ideas, open_turns, startable_ideas
from ideas.queries.waves import WaveRow, waves_of
from ideas.voting.rules import BallotRule

# Rows on a page of each list.
CHECK, IDEAS, HIDDEN, ARGUMENTS, HANDS, PEOPLE = 12, 30, 10, 40, 12, 50

# The parts of the page with the reads of each: for a running round and for a closed one.
READ_BY = {
    "phase-steering": ("check", "startable", "discussed"),
    "crowd": ("unvoted",),
    "looked": ("looked",),
    "dots": ("looked",),
    "readiness": ("readiness",),
    "discussion": ("discussion",),
    "waves": ("waves",),
    "jury": ("jury",),
    "flagged": ("flagged",),
    "turns-start": ("startable", "discussed"),
    "turns": ("discussed", "at_turn"),
    "room-steering": ("spotlight",),
    "check": ("check",),
    "ideas-panel": ("ideas", "hidden"),
    "arguments-panel": ("arguments",),
    "hands-panel": ("hands", "halls"),
    "people-panel": ("people",),
    "tabs": ("check",),
}
READ_BY_CLOSED = {"phase-steering": ("places",), "people-panel": ("people",)}
LISTS = {"check", "ideas", "hidden", "hands"}  # of ideas, which are read together


@dataclass(frozen=True)
class HandRow:
    """A show of hands to be counted on one idea: `{value: n}`, zero included. `apart` hands were raised for ideas that
    were merged into it.
    """

    idea: IdeaRow
    counts: dict[int, int]
    apart: int

    @property
    def is_counted(self) -> bool:
        return any(self.counts.values())


@dataclass(frozen=True)
class Hall:
    """The shows of hands on one question. `prompt` is empty if the round has only one question."""

    question_id: int
    prompt: str
    presenter: RulePresenter[BallotRule]
    rows: list[HandRow]


@dataclass(frozen=True)
class Console:
    """Once the round is closed only the people are left of the lists."""

    session: Session
    challenge: Challenge
    round: Round

    def read(self) -> None:
        """Read all that the answer shows, so that no statement starts from a template."""
        for name in ("figures", "_found", *(name for name in self._shown if name not in LISTS)):
            getattr(self, name)
        if self.round.is_in_lobby:
            self.waiting_seeds  # noqa: B018 (read here, not in the template)

    @property
    def _shown(self) -> list[str]:
        """The names of the reads that the parts of the answer need."""
        read_by = READ_BY_CLOSED if self.round.is_closed else READ_BY
        return [name for part, names in read_by.items() if may_be_drawn(part) for name in names]

    @cached_property
    def _found(self) -> tuple[dict[str, ListPage[IdeaRow]], dict[int, IdeaRow]]:
        """The lists of ideas that the answer shows, and the rows of all of them with the one in the spotlight."""
        lists = {name: query for name, query in self._idea_lists().items() if name in self._shown}
        lit = self.round.spotlight_id if "spotlight" in self._shown else None
        return ideas_pages(self.session, self.round, lists, [lit] if lit else [])

    def _idea_lists(self) -> dict[str, IdeasQuery]:
        """The lists of ideas. What waits for approval and what a hall can be asked about begin with the oldest.

        The search among the ideas applies to the hidden and withdrawn ones, too.
        """
        check, hands = (asked_of(request.args, name, size) for name, size in (("check", CHECK), ("hands", HANDS)))
        hidden = asked_of(request.args, "hidden", HIDDEN, find="ideas")
        lists = {
            "check": IdeasQuery((EntryStatus.PENDING,), replace(check, oldest_first=True)),
            "ideas": IdeasQuery((EntryStatus.VISIBLE,), asked_of(request.args, "ideas", IDEAS)),
            "hidden": IdeasQuery((EntryStatus.HIDDEN, EntryStatus.MERGED, EntryStatus.WITHDRAWN), hidden),
            "hands": IdeasQuery((EntryStatus.VISIBLE,), replace(hands, oldest_first=True)),
        }
        return lists if self.takes_hands else {name: of for name, of in lists.items() if name != "hands"}

    @cached_property
    def path(self) -> list[PhaseRow]:
        return path_of(self.round)

    @cached_property
    def waiting_seeds(self) -> int:
        """How many starting ideas wait for the start of the round."""
        typed = seed_lines_in(self.challenge.seed_ideas, idea_rules_of(self.challenge))
        return len(typed) + waiting_count(self.session, self.challenge.id)

    @property
    def now(self) -> PhaseRow:
        return current_phase_of(self.round, self.path)

    @cached_property
    def figures(self) -> Figures:
        return figures_of(self.session, self.round)

    @property
    def check(self) -> ListPage[IdeaRow]:
        """The ideas that wait for approval."""
        return self._found[0]["check"]

    @property
    def ideas(self) -> ListPage[IdeaRow]:
        return self._found[0]["ideas"]

    @property
    def hidden(self) -> ListPage[IdeaRow]:
        """The hidden, the merged and the withdrawn ideas."""
        return self._found[0]["hidden"]

    @property
    def hands(self) -> ListPage[IdeaRow]:
        """The ideas that a hall can be asked about, in a phase that takes hands."""
        return self._found[0]["hands"]

    @property
    def spotlight(self) -> IdeaRow | None:
        """The idea in the spotlight."""
        return self._found[1].get(self.round.spotlight_id or 0)

    @cached_property
    def arguments(self) -> ListPage[ArgumentRow]:
        return arguments_page(self.session, self.round, asked_of(request.args, "arguments", ARGUMENTS))

    @cached_property
    def people(self) -> ListPage[ParticipantRow]:
        return people_page(self.session, self.challenge.id, asked_of(request.args, "people", PEOPLE))

    @property
    def presenters(self) -> list[Presenter]:
        """Every activity: the console keeps the part of each and a style shows those of now."""
        return list(PRESENTERS.values())

    @property
    def is_voting(self) -> bool:
        """Whether the console shows the turnout, in place of who is ready."""
        return self.takes_hands or self.round.is_closed

    @property
    def takes_hands(self) -> bool:
        """Whether hands may be counted now."""
        return any(activity.takes_marks for activity in policy.permitted_now(self.round))

    @property
    def is_closing_next(self) -> bool:
        """Whether the next step closes the round: then the turnout says how loud that step is."""
        return self.takes_hands and self.round.position == len(self.path) - 2

    @property
    def takes_ideas(self) -> bool:
        """Whether ideas from the hall are taken now."""
        return any(activity.adds_ideas for activity in policy.permitted_now(self.round))

    @property
    def is_lockable(self) -> bool:
        """Whether a lock of writing would stop anything in this phase."""
        return any(activity.is_lockable for activity in activities_in(self.now.activities))

    @property
    def next_deeds(self) -> list[str]:
        """What people can do in the next phase, in words."""
        following = self.path[self.round.position + 1 :]
        return [str(presenter.deed) for presenter in presenters_of(following[0].activities)] if following else []

    @cached_property
    def halls(self) -> list[Hall]:
        """The same ideas under each question; none, and nothing is read, in a phase that takes no hands."""
        if not self.takes_hands:
            return []
        questions = self.round.questions
        hands = hands_now(self.session, self.round)
        return [
            Hall(
                q.id,
                "" if len(questions) == 1 else prompt_of(q),
                presenter_of(q.ballot_rule),
                self._counted(q, hands),
            )
            for q in questions
        ]

    def _counted(self, question: Question, hands: HandsNow) -> list[HandRow]:
        values, counted = question.ballot_rule.hand_values, hands.counted[question.id]
        return [
            HandRow(
                idea,
                {value: counted.get(idea.entry_id, {}).get(value, 0) for value in values},
                hands.apart.get((question.id, idea.entry_id), 0),
            )
            for idea in self.hands.rows
        ]

    @cached_property
    def unvoted(self) -> int:
        """How many people have not voted; 0 while nobody may vote."""
        return unvoted_count_of(self.session, self.round) if self.takes_hands else 0

    @cached_property
    def looked(self) -> tuple[int, int] | None:
        """How many took the first look, of how many; None, and nothing is read, in a phase without it."""
        look = self.round.first_look if policy.permits(self.round, Activity.LOOK) else None
        return looked_of(self.session, self.round, look) if look else None

    @cached_property
    def places(self) -> Places | None:
        return places_of(self.session, self.round) if self.round.is_closed else None

    @cached_property
    def startable(self) -> Startable | None:
        """The ideas that can be put under discussion; None, and nothing is read, in a phase without turns."""
        return startable_ideas(self.session, self.round) if policy.permits(self.round, Activity.TURNS) else None

    @cached_property
    def discussed(self) -> list[DiscussedIdea]:
        """The ideas under discussion, in a phase for it."""
        return discussed_ideas(self.session, self.round) if self.startable else []

    @cached_property
    def at_turn(self) -> dict[int, list[AtTurn]]:
        """The open turns of each exchange; nothing is read where nobody has one."""
        is_open = any(idea.open or idea.answering for idea in self.discussed)
        return open_turns(self.session, self.round) if is_open else {}

    @cached_property
    def waves(self) -> list[WaveRow]:
        return waves_of(self.session, self.challenge.id)

    @cached_property
    def discussion(self) -> list[DiscussionFigure]:
        return discussion_figures(self.session, self.round)

    @cached_property
    def jury(self) -> JuryProgress | None:
        """How far the jury is; None, and nothing is read, in a round without one."""
        return jury_progress_of(self.session, self.round) if self.round.criteria else None

    @cached_property
    def flagged(self) -> int:
        """The number of texts that participants reported and nobody decided about."""
        return flagged_count(self.session, self.round)

    @cached_property
    def readiness(self) -> RoundReadiness:
        return round_readiness_of(self.session, self.round, self.figures)


def current_phase_of(round: Round, path: list[PhaseRow]) -> PhaseRow:
    """The row of the current phase under the name that people read."""
    now = current_phase(round, path)
    return replace(now, name=labels.phase(now.name))


def path_of(round: Round) -> list[PhaseRow]:
    """The phases under the names that people read."""
    return [replace(phase, name=labels.phase(phase.name)) for phase in phase_path(round)]
