"""How the marks of one person go along with the places of the group, by any ballot rule.

Only places are compared, which the result shows to everybody: nothing here needs a count or a mark of somebody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ideas.voting.rules import BallotRule, Subject, key_of

# A larger ranking is compared by at most so many of its first places.
FRONT_MAX = 10


@dataclass(frozen=True)
class Agreement:
    """`said`: the marks that say something. `backed`: the entries that the person spoke for most, of those with a
    place; `in_front` of them have one of the first `front` places. `front` is 0 if nothing lies behind.

    By pairs, `backed` are the comparisons with a winner between entries on different places, and in `in_front` of them
    the group puts the same entry ahead; `front` is 0.
    """

    said: int
    backed: int
    in_front: int
    front: int


def agreement_of(rule: BallotRule, marks: Mapping[Subject, int], places: Mapping[int, int]) -> Agreement:
    """Compare the marks of a ballot with `places`, `{entry: place}`."""
    said = sum(rule.says(value) for value in marks.values())
    if rule.is_paired:
        chosen = [key_of(subject)[:: value or 1] for subject, value in marks.items() if value]
        apart = [(places[one], places[other]) for one, other in chosen if one in places and other in places]
        apart = [(winner, loser) for winner, loser in apart if winner != loser]
        return Agreement(said, len(apart), sum(winner < loser for winner, loser in apart), 0)
    front = front_of(rule, len(places))
    backed = [places[entry] for subject in rule.backed(marks) if (entry := key_of(subject)[0]) in places]
    return Agreement(said, len(backed), sum(place <= front for place in backed), front)


def front_of(rule: BallotRule, entries: int) -> int:
    """How many places of so many entries are in front: those that are looked for, or the upper half; 0 for all."""
    front = max(2, min(FRONT_MAX, max(rule.top, entries // 2)))
    return front if front < entries else 0
