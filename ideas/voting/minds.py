"""Minds changed: how many people marked an idea otherwise in the vote than at the first look, before the discussion.

Pure: it knows marks, and neither the database nor names. The figures tell nothing of a person, so an idea has them only
where at least `BOTH` people marked it both times, and at least `MOVED` of them moved and `STAYED` did not; where all or
nearly all did the same, the figures would be what each of them did. An argument stands beside them where at least
`AGREED` of those who moved found it good. That is no cause: other things happened in between, too.

Only these figures may leave a round. The counts of a first look are never shown: beside the counts of the vote they
would tell what the floors hide.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ideas.voting.rules import BallotRule

BOTH, MOVED, STAYED, AGREED = 5, 2, 2, 5  # people

# `{person: value}` of the marks on one idea.
Marks = Mapping[int, int]


@dataclass(frozen=True)
class Minds:
    """The people who marked an idea both times: `up` think better of it now, `down` worse, `stayed` as before.

    `arguments` stand beside them, in the order of their ids.
    """

    up: int
    down: int
    stayed: int
    arguments: tuple[int, ...] = ()

    @property
    def moved(self) -> int:
        return self.up + self.down

    @property
    def both(self) -> int:
        return self.moved + self.stayed

    @property
    def is_enough(self) -> bool:
        """Whether enough people did each of both for the figures to be shown."""
        return self.both >= BOTH and self.moved >= MOVED and self.stayed >= STAYED


def minds_on(
    rule: BallotRule, first: Marks, last: Marks, good: Mapping[int, Collection[int]] | None = None
) -> Minds | None:
    """The figures of one idea; None where they stay hidden.

    A mark that takes no side ("can't say") says nothing of a mind, so its person does not count as one who marked it
    both times.

    :param first: the marks at the first look. :param last: those of the vote, by the same rule.
    :param good: `{argument: people who found it good}`, of the arguments on the idea.
    """
    changes: dict[int, int] = {}
    for person in first.keys() & last.keys():
        before, after = rule.level(first[person]), rule.level(last[person])
        if before is not None and after is not None:
            changes[person] = after - before
    moved = {person for person, change in changes.items() if change}
    up = sum(change > 0 for change in changes.values())
    beside = (argument for argument, people in (good or {}).items() if len(moved.intersection(people)) >= AGREED)
    found = Minds(up, len(moved) - up, len(changes) - len(moved), tuple(sorted(beside)))
    return found if found.is_enough else None
