"""The electorate of a round, and what it means for a result: its floors, and whether the voters are a sample at all.

A floor is the number of votes below which a result says "too few votes". It is more than half of the people who could
have voted, and at most `FEW_PEOPLE` or `FEW_READS`: in a room of six people nobody can ask for ten votes.

If everybody voted, there is no sampling error. The order is then what the group decided, and chances and intervals
would speak of other people, who were never there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ideas.voting.rules import BallotRule
from ideas.voting.uncertainty import FEW_PEOPLE, FEW_READS

# The share of the possible votes from which an idea counts as judged by everybody: the feed deals ideas at random, so
# a smaller share would be a sample.
NEARLY_ALL = 0.8


@dataclass(frozen=True)
class Floors:
    """The numbers of voters, and of votes on an idea, below which there are too few votes."""

    people: int = FEW_PEOPLE
    marks: int = FEW_READS


@dataclass(frozen=True)
class Electorate:
    """The people who could vote: all who joined and were not removed, without facilitators who never voted.

    `voted` is the number of these with a mark, `late` the number of those who joined after the vote began, and
    `may_vote_on_own` tells whether authors vote on their own ideas.
    """

    people: int
    voted: int
    late: int = 0
    may_vote_on_own: bool = False

    @property
    def all_voted(self) -> bool:
        return 0 < self.people <= self.voted

    @property
    def is_known(self) -> bool:
        """Whether nobody else could have voted: joining ended before the vote, or all who joined voted."""
        return self.all_voted or not self.late

    def possible_marks(self, rule: BallotRule, entries: int) -> int:
        """The number of marks that an entry can get from this electorate, at least: it does not ask who wrote it."""
        if rule.is_paired:
            others = self.people if self.may_vote_on_own else self.people - 2  # neither author compares the two
            return max(1, others * (entries - 1))
        return max(1, self.people if self.may_vote_on_own else self.people - 1)

    def floors(self, rule: BallotRule, entries: int) -> Floors:
        return Floors(
            people=min(FEW_PEOPLE, _more_than_half(self.people)),
            marks=min(FEW_READS, _more_than_half(self.possible_marks(rule, entries))),
        )

    def is_everybody(self, rule: BallotRule, voters: int, judged: Sequence[int]) -> bool:
        """Whether a question was decided by everybody, so that there is no sampling error.

        A person who had the chance and did not vote abstained. An idea that was dealt to some people only was judged by
        a sample of them.

        :param judged: the number of marks on each ranked entry.
        """
        if not self.is_known or voters < _more_than_half(self.people):
            return False
        dealt, entries = rule.deals_at_most(), len(judged)
        if dealt is not None and dealt < entries - (not self.may_vote_on_own):
            return False
        enough = NEARLY_ALL * self.possible_marks(rule, entries)
        return not rule.is_one_by_one or all(n >= enough for n in judged)


def floors_of(electorate: Electorate | None, rule: BallotRule, entries: int) -> Floors:
    """The floors of a question; of an unknown electorate the largest ones."""
    return electorate.floors(rule, entries) if electorate else Floors()


def _more_than_half(n: int) -> int:
    return n // 2 + 1
