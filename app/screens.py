"""The big screen in the hall: what it shows follows from the round alone, so every reload is the same picture."""

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy.orm import Session

from app.ballot_words import PROMPTS
from app.rooms import Room
from app.scores import Heap, Line, Scale, heap_of, line_of, scale_of
from ideas.models import Activity, EntryStatus, Layout, Round
from ideas.queries.ideas import ArgumentRow, IdeaRow, excerpts_of, idea_rows
from ideas.queries.rankings import Ranked, RankingOf, ranking_of
from ideas.queries.rooms import reveals_of
from ideas.queries.screens import Head, head_of, latest_argument, revealed_at, wall_of
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
    """The cards that fit, their size, and how many more ideas there are."""

    ideas: list[IdeaRow]
    size: str
    more: int
    with_pictures: bool


@dataclass(frozen=True)
class Focus:
    """One idea as large as the screen allows, and what was said last for it and against it."""

    idea: IdeaRow
    said: list[ArgumentRow]


@dataclass(frozen=True)
class Band:
    """What is shown of the ideas that stand on places `first` to `last`: one, or several that are tied."""

    first: int
    last: int
    rows: list[Ranked]

    @property
    def is_tie(self) -> bool:
        return self.last > self.first


@dataclass(frozen=True)
class Places:
    """How many places of a result the big screen shows, from the last one up, and at which numbers it stops.

    Without `stops` there is nothing to reveal: nobody spoke for what came first.
    """

    round_id: int
    shown: int
    stops: tuple[int, ...]

    @property
    def all(self) -> int:
        return self.stops[-1] if self.stops else 0

    @property
    def next(self) -> int | None:
        return next((stop for stop in self.stops if stop > self.shown), None)

    @property
    def back(self) -> int | None:
        if self.shown == 0:
            return None
        return max((stop for stop in self.stops if stop < self.shown), default=0)


@dataclass(frozen=True)
class Drawn:
    """An idea's figures as the rule of the question says and draws them."""

    line: Line
    heap: Heap


@dataclass(frozen=True)
class Reckoning:
    """A result as far as it is shown: `now` came last, `below` stands under it, `more` places are not listed.

    `drawn`: by entry, those in `now` and `below`. `prompt`: which question it answers, where there are several.
    """

    places: Places
    now: Band | None
    below: list[Band]
    more: int
    turnout: int
    ideas: int
    rule: BallotRule
    prompt: str
    scale: Scale
    drawn: dict[int, Drawn]

    @property
    def is_whole(self) -> bool:
        return 0 < self.places.all <= self.places.shown


@dataclass(frozen=True)
class Screen:
    """`state` is ask, silent, wall, focus, vote or result; the parts that do not belong to it are None."""

    state: str
    reveals: int
    head: Head | None
    wall: Wall | None = None
    focus: Focus | None = None
    said: ArgumentRow | None = None
    result: Reckoning | None = None


def screen_of(session: Session, room: Room) -> Screen:
    """What the hall sees now: only what everybody in the room may see."""
    round = room.round
    common = (reveals_of(session, round), head_of(session, round))
    if round.is_closed:
        return Screen("result", *common, result=_reckoning(session, round))
    if not round.phase.others_visible:
        return Screen("silent", *common)
    if round.phase.activities == [Activity.VOTE]:
        return Screen("vote", *common)
    ideas = idea_rows(session, round, statuses=(EntryStatus.VISIBLE,))
    focused = next((row for row in ideas if row.id == round.focus_id), None)
    if focused:
        said = excerpts_of(session, round, [focused.id]).get(focused.id, [])
        return Screen("focus", *common, focus=Focus(focused, said))
    if not ideas:
        return Screen("ask", *common)
    said_last = latest_argument(session, round) if Activity.DEBATE in round.phase.activities else None
    wall = _wall(session, round, ideas, WALL_BELOW if said_last else WALL)
    return Screen("wall", *common, wall=wall, said=said_last)


def _wall(session: Session, round: Round, ideas: list[IdeaRow], sizes: dict[str, int]) -> Wall:
    size = next((name for name, most in sizes.items() if len(ideas) <= most), "small")
    most = sizes[size] if len(ideas) <= sizes[size] else sizes[size] - 1  # the last place says how many more
    shown = wall_of(round, ideas, revealed_at(session, round), most)
    with_pictures = round.challenge.layout == Layout.GALLERY and any(row.image for row in shown)
    return Wall(shown, size, len(ideas) - len(shown), with_pictures)


def places_of(session: Session, round: Round) -> Places:
    """Of a closed round. :raise NotClosed:"""
    return _places(round, ranking_of(session, round))


def _places(round: Round, ranking: RankingOf) -> Places:
    rows = ranking.places
    if not rows or not heap_of(ranking.rule, rows[0].figures, ranking.voters).inside:
        return Places(round.id, 0, ())
    # A tie is shown as a whole: the number of places down from each band's first row.
    stops = sorted(len(rows) - (band.first - 1) for band in _bands(rows, len(rows)))
    solo = [stop for stop in stops if stop > len(rows) - MOMENTS]
    below = [stop for stop in stops if stop <= len(rows) - MOMENTS]
    return Places(round.id, round.places_shown, (*below[-1:], *solo))


def _bands(rows: list[Ranked], shown: int) -> list[Band]:
    """The last `shown` rows of a ranking, those who share a place together."""
    bands = []
    first = 1
    for _place, sharing in groupby(rows, lambda row: row.place):
        of = list(sharing)
        last = first + len(of) - 1
        seen = of[max(0, len(rows) - shown - (first - 1)) :]
        if seen:
            bands.append(Band(first, last, seen))
        first = last + 1
    return bands


def _reckoning(session: Session, round: Round) -> Reckoning:
    ranking = ranking_of(session, round)
    places = _places(round, ranking)
    bands = _bands(ranking.places, min(places.shown, places.all))
    now, below = (bands[0], bands[1:]) if bands else (None, [])
    listed = _that_fit(below, BELOW)
    more = sum(len(band.rows) for band in below) - sum(len(band.rows) for band in listed)
    scale, rule = scale_of(ranking), ranking.rule
    return Reckoning(
        places=places,
        now=now,
        below=listed,
        more=more,
        turnout=ranking.turnout,
        ideas=len(ranking.places),
        rule=rule,
        prompt=(ranking.question.prompt or str(PROMPTS[rule.name])) if len(round.questions) > 1 else "",
        scale=scale,
        drawn={
            row.figures.entry: Drawn(line_of(ranking, scale, row), heap_of(rule, row.figures, ranking.voters))
            for band in [*bands[:1], *listed]
            for row in band.rows
        },
    )


def _that_fit(bands: list[Band], most: int) -> list[Band]:
    """The first bands, cut off after `most` rows."""
    listed = []
    for band in bands:
        if most <= 0:
            break
        listed.append(Band(band.first, band.last, band.rows[:most]))
        most -= len(band.rows)
    return listed
