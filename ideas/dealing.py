"""Dealing turns: which idea is put to which person next, so that ideas and people get evenly many. No database.

A step deals to the people who are free, at most one turn each. It looks at the ideas with the fewest turns, and at the
people who were dealt the fewest, so that nobody is ever more than one turn ahead of anybody else.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from random import Random

# Respondents of an idea; three where that gives nobody a second turn.
RESPONDENTS, RESPONDENTS_MAX = 2, 3

# Where authors are hidden, whoever knows to whom an idea was dealt knows who did not write it. So it is dealt only
# where this many people are left to whom it could be dealt; else everybody is asked, its authors too.
LEFT_MIN = 5


def respondents_for(ideas: int, people: int) -> int:
    """How many respondents each of so many ideas gets."""
    return RESPONDENTS_MAX if ideas * RESPONDENTS_MAX <= people else RESPONDENTS


@dataclass(frozen=True)
class Dealable:
    """An idea. `holders`: the people whose turn on it is open or done; `asked`: these, and those who passed or whose
    time was up; `credited`: its authors and those of the ideas from which it came; `asks_all`: everybody is asked,
    those too.
    """

    id: int
    wanted: int
    holders: frozenset[int] = frozenset()
    asked: frozenset[int] = frozenset()
    credited: frozenset[int] = frozenset()
    asks_all: bool = False

    @property
    def missing(self) -> int:
        """The number of turns that it still wants."""
        most = LEFT_MIN + RESPONDENTS_MAX + len(self.credited) if self.asks_all else self.wanted
        return max(0, most - len(self.holders))

    def could(self, people: Set[int]) -> Set[int]:
        """Those of these people to whom it could be dealt now."""
        return people - self.asked - (frozenset() if self.asks_all else self.credited)

    def left(self, people: Set[int]) -> int:
        """How many of these people could be its respondents: it is in their hands, or could be dealt to them."""
        return len((people - self.asked | people & self.holders) - self.credited)


@dataclass(frozen=True)
class Dealt:
    """`turns`: `(idea, person)`; `loads`: the load of everybody afterwards; `asks_all`: ideas about which everybody is
    asked from now on.
    """

    turns: list[tuple[int, int]]
    loads: dict[int, int]
    asks_all: list[int]


def first_load(least: int | None, own: int = 0) -> int:
    """The load with which a person comes or comes back to a table where `least` is the smallest load, None at an empty
    one: nobody has to catch up on turns that others had before.
    """
    return max(own, least or 0)


def deal(
    ideas: Sequence[Dealable], loads: Mapping[int, int], free: Set[int], chance: Random, *, hides_authors: bool
) -> Dealt:
    """Deal to free people as many turns as can be dealt evenly now.

    :param loads: the turns that each person at the table was dealt so far.
    :param free: those of them who have no turn now.
    """
    table = _Table({idea.id: idea for idea in ideas}, dict(loads), set(free), chance)
    if hides_authors:
        table.ask_all_where_few_are_left()
    while table.step():
        pass
    return Dealt(table.turns, table.loads, table.asks_all)


class _Table:
    def __init__(self, ideas: dict[int, Dealable], loads: dict[int, int], free: set[int], chance: Random) -> None:
        self.loads, self.turns, self.asks_all = loads, list[tuple[int, int]](), list[int]()
        self._free = free
        self._all = frozenset(loads)
        self._ideas = {key: idea for key, idea in ideas.items() if idea.missing}
        self._could = {key: set(idea.could(self._all)) for key, idea in self._ideas.items()}
        self._held = {key: len(idea.holders) for key, idea in self._ideas.items()}
        self._missing = {key: idea.missing for key, idea in self._ideas.items()}
        self._order = [*self._ideas]
        chance.shuffle(self._order)
        people = sorted(loads)
        chance.shuffle(people)
        self._rank = {person: n for n, person in enumerate(people)}

    def ask_all_where_few_are_left(self) -> None:
        for key, idea in self._ideas.items():
            if idea.asks_all or idea.left(self._all) >= LEFT_MIN:
                continue
            asking = replace(idea, asks_all=True)
            self.asks_all.append(key)
            self._could[key], self._missing[key] = set(asking.could(self._all)), asking.missing

    def step(self) -> bool:
        """Deal one turn each to free people of the least load, for the ideas with the fewest turns.

        :return: whether any was dealt.
        """
        open_ideas = [key for key in self._order if self._missing[key] and self._could[key]]
        if not open_ideas:
            return False
        level = min(self._held[key] for key in open_ideas)
        lowest_ideas = sorted(
            (key for key in open_ideas if self._held[key] == level), key=lambda key: len(self._could[key])
        )
        players = set[int]().union(*(self._could[key] for key in lowest_ideas))
        load = min(self.loads[person] for person in players)
        dealt_to = {person for person in players & self._free if self.loads[person] == load}
        pairs = self._matched(lowest_ideas, dealt_to)
        for key, person in pairs.items():
            self._deal(key, person)
        if pairs:
            # A person to whom nothing could be dealt sits out a turn, and need not catch up on it.
            for person in self._all - players:
                self.loads[person] = max(self.loads[person], load)
        return bool(pairs)

    def _deal(self, key: int, person: int) -> None:
        self.turns.append((key, person))
        self.loads[person] += 1
        self._free.discard(person)
        self._held[key] += 1
        self._missing[key] -= 1
        self._could[key].discard(person)

    def _matched(self, ideas: Sequence[int], people: set[int]) -> dict[int, int]:
        """As many pairs of an idea and a person as there can be (augmenting paths: Berge 1957)."""
        choices = {key: sorted(self._could[key] & people, key=self._rank.__getitem__) for key in ideas}
        idea_of: dict[int, int] = {}
        for key in ideas:
            if len(idea_of) == len(people):
                break
            _augment(key, choices, idea_of)
        return {key: person for person, key in idea_of.items()}


def _augment(start: int, choices: Mapping[int, Sequence[int]], idea_of: dict[int, int]) -> None:
    """Give a person to one more idea, if others can be given another person for it. Breadth first."""
    came_from: dict[int, int] = {}  # person: the idea that wants them
    queue = [start]
    for key in queue:
        for person in choices[key]:
            if person in came_from:
                continue
            came_from[person] = key
            if person in idea_of:
                queue.append(idea_of[person])
                continue
            while True:
                taken = came_from[person]
                before = next((other for other, of in idea_of.items() if of == taken), None)
                idea_of[person] = taken
                if before is None:
                    return
                person = before
