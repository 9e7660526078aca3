"""When people voted, told so that nobody's own time of voting can be read from it.

A person counts at the time of their first mark. The time is cut into steps of equal length, and neighbouring steps are
joined until each part has at least `LEAST` people.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LEAST = 5  # people of one part

MINUTE, HOUR, DAY = 60, 3600, 86400

# Lengths of a step in seconds; the first one is taken with which the time has at most `STEPS_MAX` steps.
STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY)
STEPS_MAX = 24


@dataclass(frozen=True)
class TimelinePart:
    """`people` voted between the end of the part before and `until`, in seconds after the beginning."""

    until: int
    people: int


@dataclass(frozen=True)
class Timeline:
    """The parts of a vote in order, none if they would tell too much: there are at least two, or none.

    `step` is the length of a step in seconds. The last part ends with the vote.
    """

    step: int
    parts: tuple[TimelinePart, ...]

    @property
    def people(self) -> int:
        return sum(part.people for part in self.parts)

    @property
    def seconds(self) -> int:
        """How long the vote took, in whole steps."""
        return self.parts[-1].until if self.parts else 0

    def until_half(self) -> int:
        """The end of the first part after which at least half of the people had voted."""
        voted = 0
        for part in self.parts:
            voted += part.people
            if 2 * voted >= self.people:
                return part.until
        return 0


def timeline_of(times: Sequence[float], seconds: float) -> Timeline:
    """The timeline of a vote that took so many seconds. `times`: the first mark of each person, in seconds after the
    beginning of the vote; what is outside of it counts at its ends.
    """
    step = next((step for step in STEPS if seconds <= step * STEPS_MAX), STEPS[-1])
    steps = max(1, -int(-seconds // step))
    in_step = Counter(min(steps - 1, max(0, int(time // step))) for time in times)
    ends = _joined([in_step[n] for n in range(steps)])
    parts = [
        TimelinePart(end * step, sum(in_step[n] for n in range(begin, end))) for begin, end in pairwise([0, *ends])
    ]
    return Timeline(step, tuple(parts) if len(parts) > 1 else ())


def _joined(counts: Sequence[int]) -> list[int]:
    """The ends of the parts, as numbers of steps. What is left over belongs to the last part."""
    ends, open_people = [], 0
    for n, people in enumerate(counts, start=1):
        open_people += people
        if open_people >= LEAST:
            ends.append(n)
            open_people = 0
    return [*ends[:-1], len(counts)] if ends else []
