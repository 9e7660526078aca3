"""Plurality, a ballot rule that this suite adds: everybody has one vote for one idea.

`Plurality` with its counting, its presenter and its folder of templates are all that a rule needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from flask_babel import LazyString, format_number, format_percent
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import one_of, read_scores
from app.rules.base import (
    CountFormat,
    Dots,
    Option,
    RulePresenter,
    Scale,
    notices_nothing,
    share_scale,
)
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting import intervals, weights
from ideas.voting.arrays import np
from ideas.voting.combining import Given, latest_of_given
from ideas.voting.profiles import Counted, CountingMethod, Floats, Profile, ScoreProfile, Sums
from ideas.voting.rules import BallotRule
from ideas.voting.scores import Score

TEMPLATES = Path(__file__).parent / "templates"


class VoteCounting:
    """The share of the voters who chose an entry, with Wilson's interval; places go by the number of votes."""

    def tally(self, profile: ScoreProfile, weight: Floats | None = None, people: float | None = None) -> Counted:
        votes = weights.sums(profile, profile.value, weight)
        n = max(1.0, weights.voters(profile, weight) if people is None else people)
        low, high = intervals.wilson(votes, n + 0 * votes)
        return Counted(votes / n, low, high, key=votes)

    def keys(self, profile: ScoreProfile, weight: Floats) -> Floats:
        return weights.sums_of_runs(profile, profile.value, weight)

    def sums(self, profile: ScoreProfile, numbers: Floats, _people: float) -> Sums:
        return Sums(self.keys(profile, numbers[None])[0], self.keys, np.array, np.array)


COUNTING = VoteCounting()


@dataclass(frozen=True)
class Plurality(BallotRule):
    """One vote (1) for one entry; 0 takes it back."""

    name: ClassVar[str] = "plurality"
    counting: ClassVar[CountingMethod[Any]] = COUNTING
    is_paired: ClassVar[bool] = False
    is_limited: ClassVar[bool] = True
    is_one_by_one: ClassVar[bool] = False
    is_ordered: ClassVar[bool] = False
    has_signed_marks: ClassVar[bool] = False
    hand_values: ClassVar[tuple[int, ...]] = (1,)
    adds_hands: ClassVar[bool] = True
    is_smoothed: ClassVar[bool] = False
    figures_note: ClassVar[str] = "score is the share of the voters who chose it. Places go by the votes."

    def takes(self, value: int) -> bool:
        return value in (1, 0)

    def fits(self, values) -> bool:
        return sum(values) <= 1

    def combined(self, marks: Sequence[Given]) -> Given:
        return latest_of_given(marks)

    def tally(self, profile: Profile, weights: Floats | None = None, people: float | None = None) -> Counted:
        assert isinstance(profile, ScoreProfile)
        return COUNTING.tally(profile, weights, people)


@dataclass(frozen=True)
class VoteNumbers:
    votes: int
    voters: int


class PluralityPresenter(RulePresenter[Plurality]):
    name: ClassVar[str] = "plurality"
    title: ClassVar[LazyString] = _l("One vote")
    sentence: ClassVar[LazyString] = _l("Everyone chooses one idea.")
    prompt: ClassVar[LazyString] = _l("Which one do you choose?")
    options: ClassVar[Mapping[str, Option]] = {}
    hand_labels: ClassVar[Mapping[int, LazyString]] = {1: _l("Hands that choose it")}
    hands_note: ClassVar[LazyString | None] = None
    merging: ClassVar[LazyString] = _l("The latest vote counts.")
    dots_note: ClassVar[LazyString | None] = _l("Each dot is a voter; those on the disc chose this idea.")
    count_formats: ClassVar[list[CountFormat]] = [
        CountFormat(
            "plurality",
            COUNTING,
            "participant,idea,value",
            "1 for the chosen idea",
            lambda path: read_scores(path, lambda cell: one_of(cell, (1,))),
            notices_nothing,
        )
    ]

    def help(self, rule: Plurality, ideas: int) -> str:
        return "You have one vote."

    def progress(self, rule: Plurality, deck: Deck, values: list[int]) -> str:
        return "Your vote is given." if sum(values) else "Your vote is not given yet."

    def mark(self, rule: Plurality, value: int) -> str:
        return "Chosen" if value else "Not chosen"

    def details(self, rule: Plurality) -> list[str]:
        return ["one for each person"]

    def scale(self, rule: Plurality, ranking: RankingOf) -> Scale:
        return share_scale()

    def value(self, rule: Plurality, value: float) -> str:
        return str(format_percent(value))

    def counts(self, rule: Plurality, figures: Score, voters: int) -> str:
        return f"chosen by {format_number(figures.yes)} of {format_number(voters)}"

    def dots(self, rule: Plurality, figures: Score, voters: int) -> Dots:
        return Dots(figures.yes, voters - figures.yes, f"{figures.yes} of {voters} chose it.")

    def formula(self, rule: Plurality, ranking: RankingOf, figures: Score) -> VoteNumbers:
        return VoteNumbers(figures.yes, ranking.voters)
