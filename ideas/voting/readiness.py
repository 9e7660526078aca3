"""Readiness: how certain the winners of a running vote are, and what is missing, at a bounded cost.

A small vote is measured by the bootstrap, as its result will be (`uncertainty.certainty`). A large one is measured by
its sums: a run is the sum of everybody plus how far the sum of a random sample of voters deviates when its people are
drawn again, scaled to the number of people that the run stands for. Keys are functions of such sums, and the sum of
many people is nearly normal, so only its mean and its variance matter. Nobody is drawn one by one for a larger crowd.
`benchmarks.honesty` compares both.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

from ideas.voting.arrays import Floats, Ints, np
from ideas.voting.places import places
from ideas.voting.profiles import CountingMethod, OrderProfile, PairProfile, Profile, ScoreProfile, Sums
from ideas.voting.uncertainty import (
    FEW_PEOPLE,
    FEW_READS,
    SETTLED,
    Certainty,
    certainty,
    certainty_of,
    draws_of,
    marks_of,
    sizes_of_chances,
    sizes_of_runs,
    stability,
    voters,
)

# Fewer runs than for a result: readiness is advice and is computed repeatedly.
RUNS = 200

# The estimate of missing marks tries crowds larger by these factors, with this many runs each.
GROWTH = tuple(1.25**step for step in range(1, 20))
RUNS_OF_ESTIMATE = 100

# Up to this size, a vote is measured by the bootstrap.
EXACT_MARKS, EXACT_ENTRIES = 5_000, 100

# The size of the sample: its people times the sums of each.
CELLS = 5_000_000


# An entry that no run places among so many times the winners has no chance in a larger crowd.
NEAR = 4

ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Crowd:
    """A running vote as far as it was read.

    `sample` holds the whole ballots of some voters, or of all. A row of `whole` stands for `numbers[person]` of the
    `counted` people whom the sums are of; these are all the `people` who voted, except by a rule that has no counters,
    if there are too many to read. `marks` is the number of all marks; of ranked ballots, of the ballots.
    """

    sample: Profile
    whole: Profile
    numbers: Floats
    counted: int
    people: int
    marks: int

    @staticmethod
    def of_everybody(profile: Profile) -> "Crowd":
        """A vote of which every ballot was read."""
        people = len(voters(profile))
        marks = people if isinstance(profile, OrderProfile) else len(profile.participant)
        return Crowd(profile, profile, np.ones(profile.people), people, people, marks)

    @property
    def is_small(self) -> bool:
        rows = int(marks_of(self.sample).sum())
        return len(voters(self.sample)) == self.people and rows <= EXACT_MARKS and self.sample.entries <= EXACT_ENTRIES


@dataclass(frozen=True)
class ReadinessEstimate:
    """Whether a vote may end. `marks_missing` is None if even 70 times as many people would not settle it.

    `sampled` is the number of voters in the sample on which the certainty rests; None if it rests on all.
    """

    people_missing: int
    reads_missing: int
    stability: float
    marks_missing: int | None
    sampled: int | None = None

    @property
    def is_settled(self) -> bool:
        return not (self.people_missing or self.reads_missing) and self.stability >= SETTLED


def estimate_readiness(
    crowd: Crowd,
    rule: CountingMethod[Profile],
    reads: Ints,
    seed: int = 0,
    top: int = 3,
    least: tuple[int, int] = (FEW_PEOPLE, FEW_READS),
) -> tuple[ReadinessEstimate, Certainty]:
    """Compute how certain the winners are and what is missing to the floors, and estimate how many more marks would
    settle the winners; the same seed gives the same estimate.

    The estimate assumes that further people vote like those so far and give as many marks each. The crowd grows in
    steps of a quarter, until the winners are the present ones in `SETTLED` of the runs. The present gaps between
    entries are taken as the true ones, so it gives only an order of magnitude.

    :param reads: `[entry]`: the number of times each entry was dealt; `marks_of(profile)` if nobody recorded it.
    :param least: the floors: the numbers of voters and of reads of each entry.
    """
    runs = _Runs(crowd, rule, seed, top)
    is_exact = crowd.is_small
    found = certainty(crowd.sample, rule, RUNS, seed, top) if is_exact else runs.certainty()
    people, reads_each = least
    estimate = ReadinessEstimate(
        people_missing=max(0, people - crowd.people),
        reads_missing=int(np.maximum(0, reads_each - reads).sum()),
        stability=found.stability,
        marks_missing=0 if found.stability >= SETTLED or not crowd.people else runs.marks_missing(found),
        sampled=None if is_exact or runs.sampled == crowd.people else runs.sampled,
    )
    return estimate, replace(found, people=crowd.people)


class _Runs:
    """The runs of a crowd, by its sums."""

    def __init__(self, crowd: Crowd, rule: CountingMethod[Profile], seed: int, top: int) -> None:
        self.crowd, self.rule, self.seed, self.top = crowd, rule, seed, top
        self.near: Ints | slice = ALL  # the entries that can be among the winners of a larger crowd

    @cached_property
    def sums(self) -> Sums:
        return self.rule.sums(self.crowd.whole, self.crowd.numbers, self.crowd.counted)

    @cached_property
    def sample(self) -> Profile:
        """The ballots of the sample's voters, as many as `CELLS` permits."""
        who = voters(self.crowd.sample)
        most = max(1, CELLS // max(1, self.sums.total.size))
        if len(who) > most:
            who = np.sort(who[np.random.PCG64(self.seed).random_raw(len(who)).argsort()[:most]])
        return _of_people(self.crowd.sample, who)

    @property
    def sampled(self) -> int:
        return self.sample.people

    @cached_property
    def deviations(self) -> Floats:
        """`[run, …]`: how far the sums of a crowd of one person deviate; those of n people do sqrt(n) times as far."""
        draws = draws_of(self.sample, RUNS, self.seed, self.sampled)
        found = np.concatenate([self.sums.of_runs(self.sample, weights - 1) for weights in draws])
        return found / sqrt(max(1, self.sampled))

    @cached_property
    def key(self) -> Floats:
        found: Floats = self.sums.keys(self.sums.total[None])[0]
        return found

    def of(self, size: float | Ints, runs: int = RUNS, near: Ints | slice = ALL) -> Floats:
        """`[run, …]`: the sums of runs of `size` people, all alike or `size[run]`; of all entries, or those `near`."""
        people = np.broadcast_to(size, runs).reshape(-1, *(1 for _ in self.sums.total.shape))
        deviations = np.sqrt(people) * self.deviations[:runs, near]
        found: Floats = people / max(1, self.crowd.counted) * self.sums.total[near] + deviations
        return found

    def certainty(self) -> Certainty:
        people = self.crowd.counted
        at, of_runs = self.sums.scale(self.sums.total[None])[0], self.sums.scale(self.of(people))
        sizes = sizes_of_runs(people, at, of_runs)
        of_chances = self.sums.keys(self.of(sizes_of_chances(self.rule, sizes, people)))
        if self.sums.is_by_entry:
            self.near = np.flatnonzero((places(of_chances) <= NEAR * self.top).any(axis=0))
        return certainty_of(self.key, of_chances, sizes, people, self.top)

    def marks_missing(self, found: Certainty) -> int | None:
        def is_settled(growth: float) -> bool:
            # The part of the differences that is chance is in inverse proportion to the number of people.
            share = growth * found.share_drawn / (1 + (growth - 1) * found.share_drawn)
            people = growth * self.crowd.counted
            size = int(sizes_of_chances(self.rule, share * people, people))
            keys = self.sums.keys(self.of(size, RUNS_OF_ESTIMATE, self.near))
            return stability(self.key[self.near], keys, self.top) >= SETTLED

        step = bisect_left(GROWTH, True, key=is_settled)
        if step == len(GROWTH):
            return None
        more = GROWTH[step] * self.crowd.counted / self.crowd.people - 1
        return max(0, round(more * self.crowd.marks))


def _of_people(profile: Profile, who: Ints) -> Profile:
    """The ballots of some people, who are numbered in the order of `who`."""
    if isinstance(profile, OrderProfile):
        return OrderProfile(profile.ranks[who], None if profile.weight is None else profile.weight[who])
    number = np.full(profile.people, -1)
    number[who] = np.arange(len(who))
    kept = number[profile.participant] >= 0
    participant = number[profile.participant[kept]]
    if isinstance(profile, PairProfile):
        rows = (profile.left[kept], profile.right[kept], profile.outcome[kept])
        return PairProfile(len(who), profile.entries, participant, *rows)
    return ScoreProfile(len(who), profile.entries, participant, profile.subject[kept], profile.value[kept])
