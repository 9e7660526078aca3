"""The big screen in the hall: what it shows follows from the round alone, so every reload is the same picture."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.activities import Presenter
from app.activities.presenter import ScreenLine
from app.activities.write import REVEALED
from app.pages.decisions import turnout_to_voters
from app.pages.results import ResultLine, line_of, parted_at, prompt_of_ranking, section_of
from app.pages.rooms import Room
from app.pages.verdicts import VerdictLine, VerdictPart, verdict_part
from app.rules import presenter_of
from app.rules.base import Dots, RulePresenter, Scale
from ideas.models import EntryStatus, Layout, Round
from ideas.queries.groups import GroupRow, group_rows
from ideas.queries.ideas import ArgumentRow, IdeaRow, excerpts_of, idea_rows
from ideas.queries.rankings import RankingOf, RankingRow, rankings_of
from ideas.queries.rooms import reveals_of
from ideas.queries.screens import Head, head_of, latest_argument, revealed_at, wall_of
from ideas.queries.turns import discussed_ideas, names_at_turn
from ideas.voting.electorate import Electorate
from ideas.voting.rules import BallotRule

# How many cards of one size fit: few large ones or many small ones. Under an argument there is less room.
WALL = {"large": 12, "middle": 20, "small": 35}
WALL_BELOW = {"large": 6, "middle": 12, "small": 15}

# From this place up each is a moment of its own; those below come all at once.
MOMENTS = 10

# Rows that fit beside the place of the moment.
BELOW = 7


@dataclass(frozen=True)
class Wall:
    """The cards that fit, their size, and how many more ideas there are. `groups`: by the idea whose card stands for
    the group.
    """

    ideas: list[IdeaRow]
    size: str
    more: int
    with_pictures: bool
    groups: dict[int, GroupRow]


@dataclass(frozen=True)
class Spotlight:
    """One idea as large as the screen allows, and what was said last for it and against it."""

    idea: IdeaRow
    said: list[ArgumentRow]


# Names of people at turn that fit on a line.
NAMES = 6


@dataclass(frozen=True)
class ScreenTurns:
    """How far a discussion in turns is. `names`: of people who have a turn, none where authors are hidden; `more`: how
    many others have one.
    """

    ideas: int
    discussed: int
    names: list[str]
    more: int


@dataclass(frozen=True)
class ScreenPlace:
    """What is shown of the `n` ideas on a place: one, or several that share it.

    `has_line`: every idea above it is told apart from every idea on this place and below.
    """

    place: int
    n: int
    rows: list[RankingRow]
    has_line: bool

    @property
    def is_shared(self) -> bool:
        return self.n > 1


@dataclass(frozen=True)
class Places:
    """How far the big screen shows a result: one question after the other, each from its last place up.

    A question of `size` ideas has `size` + 1 numbers: the first shows what was asked, the one `n` on its last `n`
    places. `shown` is such a number, `stops` those at which a key stops. A question without places among them has
    nothing to reveal: nobody spoke for what came first.
    """

    round_id: int
    shown: int
    size: int
    stops: tuple[int, ...]
    prompts: tuple[str, ...]

    @property
    def question(self) -> int:
        """Which question is shown, 0 the first."""
        return min(self.shown // (self.size + 1), len(self.prompts) - 1)

    @property
    def prompt(self) -> str:
        """What it asks, where there are several."""
        return self.prompts[self.question] if len(self.prompts) > 1 else ""

    @property
    def start(self) -> int:
        return self.question * (self.size + 1)

    @property
    def end(self) -> int:
        """The number at which this question is shown whole; `start` where it has no places to show."""
        return max((stop for stop in self.stops if stop <= self.start + self.size), default=self.start)

    @property
    def here(self) -> int:
        """How many places of this question are shown."""
        return min(self.shown, self.end) - self.start

    @property
    def all(self) -> int:
        return self.end - self.start

    @property
    def next(self) -> int | None:
        return next((stop for stop in self.stops if stop > self.shown), None)

    @property
    def goes_on(self) -> bool:
        """Whether another question comes next."""
        return self.next is not None and self.next > self.start + self.size

    @property
    def back(self) -> int | None:
        if self.shown == 0:
            return None
        return max((stop for stop in self.stops if stop < self.shown), default=0)


@dataclass(frozen=True)
class Drawn:
    """An idea's figures as the rule of the question says and draws them."""

    line: ResultLine
    dots: Dots
    verdict: VerdictLine | None = None  # where a jury has a part


@dataclass(frozen=True)
class ShownResult:
    """A result as far as it is shown: `now` came last, `below` stands under it, `more` places are not listed.

    `drawn`: by entry, those in `now` and `below`. `voters`: who marked anything on this question; `turnout` says it in
    a sentence. `decision`: what the group decided; empty until the first place is shown, and for a sample of voters.
    `decided`: who decided, where votes and jury did; empty without a jury.
    """

    places: Places
    now: ScreenPlace | None
    below: list[ScreenPlace]
    more: int
    voters: int
    electorate: Electorate | None
    turnout: str
    decision: str
    decided: str
    ideas: int
    presenter: RulePresenter[BallotRule]
    scale: Scale
    drawn: dict[int, Drawn]

    @property
    def people(self) -> int | None:
        """The number of people who could vote, if it is known."""
        return self.electorate.people if self.electorate else None

    @property
    def voted(self) -> int:
        """How many of them voted."""
        return min(self.voters, self.electorate.people) if self.electorate else self.voters

    @property
    def voted_unit(self) -> str:
        """What stands beside the number of voters."""
        if self.electorate is None:
            return _("have voted")
        return ngettext("of %(num)s person who joined voted", "of %(num)s who joined voted", self.electorate.people)

    @property
    def is_whole(self) -> bool:
        return 0 < self.places.all <= self.places.here


@dataclass(frozen=True)
class Screen:
    """`state` is lobby, ask, silent, wall, spotlight, result or the name of an activity; `alone` is its presenter.

    The parts that do not belong to the state are None. `words` stand at its foot.
    """

    state: str
    reveals: int
    head: Head | None
    words: ScreenLine | None = None
    alone: Presenter | None = None
    wall: Wall | None = None
    spotlight: Spotlight | None = None
    said: ArgumentRow | None = None
    turns: ScreenTurns | None = None
    result: ShownResult | None = None


def screen_of(session: Session, room: Room) -> Screen:
    """What the hall sees now: only what everybody in the room may see."""
    round = room.round
    reveals, head = reveals_of(session, round), head_of(session, round)
    if round.is_closed:
        return Screen("result", reveals, head, result=_reckoning(session, round))
    if round.is_in_lobby:
        return Screen("lobby", reveals, head)
    if not round.phase.others_visible:
        return Screen("silent", reveals, head)
    alone = _alone(room.presenters)
    if alone and not (alone.shows_turns and round.spotlight_id):
        screen = Screen(alone.name, reveals, head, words=alone.words_of(alone.name, reveals), alone=alone)
        return _with_turns(session, round, screen) if alone.shows_turns else screen
    ideas = idea_rows(session, round, statuses=(EntryStatus.VISIBLE,))
    lit = next((row for row in ideas if row.id == round.spotlight_id), None)
    if lit:
        said = excerpts_of(session, round, [lit.id]).get(lit.id, [])
        return Screen("spotlight", reveals, head, spotlight=Spotlight(lit, said))
    if not ideas:
        return Screen("ask", reveals, head, words=_words(room.presenters, "ask", reveals))
    shows_arguments = any(presenter.shows_arguments for presenter in room.presenters)
    said_last = latest_argument(session, round) if shows_arguments else None
    wall = _wall(session, round, ideas, WALL_BELOW if said_last else WALL)
    words = _words(room.presenters, "wall", reveals) or (REVEALED if reveals else None)
    return Screen("wall", reveals, head, words=words, wall=wall, said=said_last)


def _alone(presenters: list[Presenter]) -> Presenter | None:
    """The only activity of a phase, if it has a screen of its own."""
    return presenters[0] if len(presenters) == 1 and presenters[0].has("screen") else None


def _with_turns(session: Session, round: Round, screen: Screen) -> Screen:
    ideas, names = discussed_ideas(session, round), names_at_turn(session, round)
    discussed = sum(idea.is_discussed for idea in ideas)
    turns = ScreenTurns(len(ideas), discussed, names[:NAMES], max(0, len(names) - NAMES))
    return replace(screen, turns=turns, said=latest_argument(session, round, in_turns=True))


def _words(presenters: list[Presenter], state: str, reveals: int) -> ScreenLine | None:
    """The line of the last activity that has one for this state."""
    return next((words for one in reversed(presenters) if (words := one.words_of(state, reveals))), None)


def _wall(session: Session, round: Round, ideas: list[IdeaRow], sizes: dict[str, int]) -> Wall:
    groups = group_rows(session, round) if any(row.group_id for row in ideas) else []
    within = {idea.id for group in groups for idea in group.ideas[1:]}
    found, ideas = len(ideas), [row for row in ideas if row.id not in within]
    size = next((name for name, most in sizes.items() if len(ideas) <= most), "small")
    most = sizes[size] if len(ideas) <= sizes[size] else sizes[size] - 1  # the last place says how many more
    shown = wall_of(round, ideas, revealed_at(session, round), most)
    with_pictures = round.challenge.layout == Layout.GALLERY and any(row.image for row in shown)
    by_first = {group.ideas[0].id: group for group in groups}
    here = sum(len(by_first[row.id].ideas) if row.id in by_first else 1 for row in shown)
    return Wall(shown, size, found - here, with_pictures, by_first)


def places_of(session: Session, round: Round) -> Places:
    """Of a closed round. :raise NotClosed:"""
    return _places(round, _decided_rankings(session, round))


def _decided_rankings(session: Session, round: Round) -> list[RankingOf]:
    """The rankings of a round; the first one in the order that decides, without ideas that this leaves out."""
    return [_as_decided(ranking) for ranking in rankings_of(session, round)]


def _as_decided(ranking: RankingOf) -> RankingOf:
    verdict = ranking.verdict
    if verdict is None:
        return ranking
    shared, rows = Counter(verdict.places.values()), {row.figures.entry: row for row in ranking.places}
    places = [replace(rows[e], place=place, is_tied=shared[place] > 1) for e, place in verdict.places.items()]
    # Lines between places and how sure they are belong to the order of the votes.
    return replace(ranking, places=places, assessed=None)


def _places(round: Round, rankings: list[RankingOf]) -> Places:
    size = max(len(ranking.places) for ranking in rankings)
    stops: list[int] = []
    for n, ranking in enumerate(rankings):
        start = n * (size + 1)
        stops += [start] if n else []  # the first is where everything begins
        stops += [start + stop for stop in _stops(ranking)]
    prompts = tuple(prompt_of_ranking(r) for r in rankings)
    return Places(round.id, round.places_shown, size, tuple(stops), prompts)


def _stops(ranking: RankingOf) -> list[int]:
    """How many places of one question are shown at each stop; none where nobody spoke for what came first."""
    rows = ranking.places
    if not rows or not _leads(ranking):
        return []
    # Ideas that share a place are shown together: the number of places down from the first of them.
    stops = sorted(len(rows) - (one.place - 1) for one in _shown_places(ranking, len(rows)))
    solo = [stop for stop in stops if stop > len(rows) - MOMENTS]
    below = [stop for stop in stops if stop <= len(rows) - MOMENTS]
    return [*below[-1:], *solo]


def _leads(ranking: RankingOf) -> bool:
    """Whether something speaks for what came first: votes, or a jury that has a part."""
    if ranking.verdict is not None and ranking.verdict.percent:
        return True
    first = ranking.places[0].figures
    return bool(presenter_of(ranking.rule).dots(ranking.rule, first, ranking.voters).inside)


def _shown_places(ranking: RankingOf, shown: int) -> list[ScreenPlace]:
    """The last `shown` rows of a ranking, those who share a place together."""
    rows, parted = ranking.places, parted_at(ranking)
    found = []
    first = 1
    for _place, sharing in groupby(rows, lambda row: row.place):
        of = list(sharing)
        seen = of[max(0, len(rows) - shown - (first - 1)) :]
        if seen:
            found.append(ScreenPlace(first, len(of), seen, first - 1 in parted))
        first += len(of)
    return found


def _reckoning(session: Session, round: Round) -> ShownResult:
    rankings = _decided_rankings(session, round)
    places = _places(round, rankings)
    ranking = rankings[places.question]
    verdict = _verdict_of(session, round, places)
    sides = {line.row.entry: line for line in verdict.lines} if verdict else {}
    shown = _shown_places(ranking, places.here)
    now, below = (shown[0], shown[1:]) if shown else (None, [])
    listed = _that_fit(below, BELOW)
    more = sum(len(one.rows) for one in below) - sum(len(one.rows) for one in listed)
    rule, presenter = ranking.rule, presenter_of(ranking.rule)
    scale = presenter.scale(rule, ranking)
    section = section_of(ranking) if 0 < places.all <= places.here and not verdict else None
    return ShownResult(
        places=places,
        now=now,
        below=listed,
        more=more,
        voters=ranking.voters,
        electorate=ranking.electorate,
        turnout=turnout_to_voters(ranking),
        decision=section.decision if section else "",
        decided=_decided_said(verdict) if verdict else "",
        ideas=len(verdict.lines) if verdict else len(ranking.places),
        presenter=presenter,
        scale=scale,
        drawn={
            row.figures.entry: Drawn(
                line_of(ranking, scale, row),
                presenter.dots(rule, row.figures, ranking.voters),
                sides.get(row.figures.entry),
            )
            for one in [*shown[:1], *listed]
            for row in one.rows
        },
    )


def _verdict_of(session: Session, round: Round, places: Places) -> VerdictPart | None:
    """How votes and jury decided, if the shown question is the one that they decided."""
    return verdict_part(rankings_of(session, round)[0]) if places.question == 0 and round.criteria else None


def _decided_said(verdict: VerdictPart) -> str:
    """Who decided; empty where the votes did alone."""
    if not verdict.percent:
        return ""
    return verdict.decided_said if verdict.firsts else _("Nothing is decided: too few jurors scored the ideas.")


def _that_fit(places: list[ScreenPlace], most: int) -> list[ScreenPlace]:
    """The first places, cut off after `most` rows."""
    listed = []
    for one in places:
        if most <= 0:
            break
        listed.append(replace(one, rows=one.rows[:most]))
        most -= len(one.rows)
    return listed
