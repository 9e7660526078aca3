"""How one person's marks on merged entries combine to one ballot. No database.

A merge keeps people, not sums: two marks of one person on two merged entries count as one. Each ballot rule states
which one (`combined`, beside its count). A mark that was given to the entry that stays after the merge is about the
merged entry, so it replaces every mark from before the merge.

The combination follows from the marks as they were cast and from the merges that stand. It changes neither, so the end
of a merge restores every mark.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

Key: TypeAlias = tuple[int, int]  # `(entry, 0)` or a pair of entries, the lower one first


@dataclass(frozen=True)
class Given:
    """A mark as it was cast: its value, the number of its journal entry, and its subject."""

    value: int
    seq: int
    key: Key = (0, 0)


@dataclass(frozen=True)
class Merged:
    """An entry was merged into another one by the journal entry `seq`."""

    into: int
    seq: int


Merges: TypeAlias = Mapping[int, Merged]

# From one person's marks on merged entries, that on the entry that stays first, the one that counts.
Combine: TypeAlias = Callable[[Sequence[Given]], Given]


def latest(marks: Sequence[Given]) -> Given:
    """The mark with the highest journal number; of one command, the mark on the entry that stays."""
    return max(marks, key=lambda mark: mark.seq)  # the first of equals


def latest_of_given(marks: Sequence[Given]) -> Given:
    """`latest` among the marks that were not taken back, if there are any."""
    return latest([mark for mark in marks if mark.value] or marks)


def stays(entry: int, merges: Merges) -> int:
    """The entry that stands for an entry: itself, unless it was merged."""
    while entry in merges:
        entry = merges[entry].into
    return entry


def above(entry: int, merges: Merges) -> list[int]:
    """The entries that stand for an entry, the nearest first."""
    found = []
    while entry in merges:
        entry = merges[entry].into
        found.append(entry)
    return found


def kin_of(entry: int, merges: Merges) -> list[int]:
    """The entries that the same entry stands for: that entry first, then by the order of the merges, deep first."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for child in sorted(merges, key=lambda one: merges[one].seq):
        children[merges[child].into].append(child)

    def walk(one: int) -> Iterator[int]:
        yield one
        for child in children[one]:
            yield from walk(child)

    return list(walk(stays(entry, merges)))


def combined(combine: Combine, marks: Mapping[Key, Given], merges: Merges) -> dict[Key, Given]:
    """One person's ballot as it counts: `{subject: mark}`.

    A mark's `key` is the subject to which it was given. Answers between two merged entries do not count.
    """
    order = {entry: n for root in {stays(m.into, merges) for m in merges.values()}
             for n, entry in enumerate(kin_of(root, merges))}  # fmt: skip
    groups: defaultdict[Key, list[Given]] = defaultdict(list)
    counts: dict[Key, Given] = {}
    for key, mark in marks.items():
        if key[0] not in order and key[1] not in order:
            counts[key] = replace(mark, key=key)
            continue
        one, other = (stays(entry, merges) for entry in key)
        if one == other:
            continue
        value = mark.value if one < other or not key[1] else -mark.value
        subject = (one, 0) if not key[1] else (min(one, other), max(one, other))
        groups[subject].append(Given(value, mark.seq, key))
    for subject, found in groups.items():
        found.sort(key=lambda mark: [order.get(entry, 0) for entry in mark.key])
        counts[subject] = combine(_standing(found, merges))
    return counts


def _standing(marks: list[Given], merges: Merges) -> list[Given]:
    """The marks without those that a later one replaced: given after the merge to the entry that stood for theirs."""
    return [mark for mark in marks if not any(_replaces(later, mark, merges) for later in marks)]


def _replaces(later: Given, mark: Given, merges: Merges) -> bool:
    if later is mark or later.key[1]:
        return False  # of answers to pairs the latest counts anyway
    entry = mark.key[0]
    while entry in merges:
        merge = merges[entry]
        entry = merge.into
        if entry == later.key[0]:
            return later.seq > merge.seq and later.seq > mark.seq
    return False
