"""Awards: which entries get which prizes, and how the amount of one is shared along the family tree. No database.

Amounts are integers in the smallest unit of their currency, so that all parts add up to the prize exactly. The result
follows from ids and never from the order of a list; a lower id is earlier.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class PartKind(StrEnum):
    """The reason for which somebody gets a part of a prize."""

    IDEA = "idea"
    PARENT = "parent"
    ARGUMENT = "argument"


@dataclass(frozen=True)
class Shares:
    """The shares of a prize in percent, 0 to 100 together. The idea takes what the others leave."""

    parents: int = 30
    arguments: int = 10

    @property
    def idea(self) -> int:
        return 100 - self.parents - self.arguments


@dataclass(frozen=True)
class Credit:
    """The author of an idea or argument, `source`. `takes` is false for facilitators and for what the company brought:
    these take no part.
    """

    source: int
    person: int
    takes: bool = True


@dataclass(frozen=True)
class Credits:
    """The authors of an idea, several if others were merged into it; those of each parent; its decisive arguments.

    `are_hidden`: authors are hidden for good. Then each of the merged ideas takes a part: one part for two of them
    would tell that one person wrote both.
    """

    idea: Sequence[Credit]
    parents: Sequence[Sequence[Credit]] = ()
    arguments: Sequence[Credit] = ()
    are_hidden: bool = False

    def takers(self, authors: Iterable[Credit]) -> list[Credit]:
        """Those who take a part, each person once, with the earliest of their ideas."""
        first: dict[int, Credit] = {}
        for author in sorted(authors, key=lambda author: author.source):
            if author.takes:
                first.setdefault(author.source if self.are_hidden else author.person, author)
        return list(first.values())


@dataclass(frozen=True)
class PrizePart:
    """A part of a prize. `person` is None if it stays with the organisation; `cents` is None without an amount."""

    kind: PartKind
    source: int
    person: int | None
    cents: int | None


def shared(cents: int | None, shares: Shares, credits: Credits) -> list[PrizePart]:
    """The parts of a prize, which add up to it.

    Parents share equally, decisive arguments too, and so do the authors of one idea. A part that nobody takes falls to
    the idea; it stays with the organisation if none of the idea's authors takes any. The cents that an equal division
    leaves over go to the earliest idea that takes a part.
    """
    total, left = cents or 0, 0
    given: list[PrizePart] = []
    for kind, percent, groups in (
        (PartKind.PARENT, shares.parents, [credits.takers(authors) for authors in credits.parents]),
        (PartKind.ARGUMENT, shares.arguments, [credits.takers([author]) for author in credits.arguments]),
    ):
        if percent and any(groups):
            whole = total * percent // 100
            parts = [part for takers in groups for part in _equal(kind, whole // len(groups), takers)]
            fallen = whole // len(groups) * sum(not takers for takers in groups)
            left += whole - fallen - _sum(parts)
            given += sorted(parts, key=lambda part: (part.source, part.person or 0))
    rest = total - left - _sum(given)
    own = _equal(PartKind.IDEA, rest, credits.takers(credits.idea))
    own = own or [PrizePart(PartKind.IDEA, min(author.source for author in credits.idea), None, rest)]
    left += rest - _sum(own)
    parts = _with_rest([*own, *given], left)
    return parts if cents is not None else [PrizePart(p.kind, p.source, p.person, None) for p in parts]


def _equal(kind: PartKind, cents: int, takers: Sequence[Credit]) -> list[PrizePart]:
    return [PrizePart(kind, taker.source, taker.person, cents // len(takers)) for taker in takers]


def _sum(parts: Iterable[PrizePart]) -> int:
    return sum(part.cents or 0 for part in parts)


def _with_rest(parts: list[PrizePart], left: int) -> list[PrizePart]:
    """Give the cents left over to the earliest idea; the organisation's own part comes last."""
    ideas = [part for part in parts if part.kind != PartKind.ARGUMENT]
    one = min(ideas, key=lambda part: (part.person is None, part.source, part.kind))
    return [PrizePart(p.kind, p.source, p.person, (p.cents or 0) + left) if p is one else p for p in parts]


@dataclass(frozen=True)
class Slot:
    """One prize for one winner. `prize` is its number, from 0; `cents` is None without an amount."""

    prize: int
    cents: int | None


@dataclass(frozen=True)
class Win:
    """An entry that wins: one prize, or its part of several that tied entries share."""

    entry: int
    prizes: tuple[int, ...]
    cents: int | None
    is_shared: bool = False
    is_drawn: bool = False


Draw = Callable[[Iterable[int]], list[int]]


def wins(places: Sequence[Sequence[int]], slots: Sequence[Slot], draw: Draw | None = None) -> list[Win]:
    """Who wins what. `places` holds the entries of each place, the best first; `slots` the prizes, the first one first.

    The prizes that tied entries reach are added up and shared equally, and cents left over go to the earliest entry.
    With `draw`, a tie is put in order by lot instead.
    """
    found: list[Win] = []
    for tied in places:
        reached = slots[len(found) :]
        if not reached:
            break
        if len(tied) > 1 and draw and not _are_alike(reached, len(tied)):
            found += [Win(e, (s.prize,), s.cents, is_drawn=True) for e, s in zip(draw(tied), reached, strict=False)]
        else:
            found += _together(sorted(tied), reached[: len(tied)])
    return found


def _are_alike(reached: Sequence[Slot], people: int) -> bool:
    """Whether all who are tied get the same prize anyway."""
    return len(reached) >= people and len(set(reached[:people])) == 1


def _together(tied: Sequence[int], slots: Sequence[Slot]) -> list[Win]:
    amounts = [slot.cents for slot in slots if slot.cents is not None]
    each, left = divmod(sum(amounts), len(tied))
    prizes = tuple(dict.fromkeys(slot.prize for slot in slots))
    is_shared = len(tied) > 1 and not _are_alike(slots, len(tied))
    cents = [each + (left if n == 0 else 0) if amounts else None for n in range(len(tied))]
    return [Win(entry, prizes, of, is_shared=is_shared) for entry, of in zip(tied, cents, strict=True)]
