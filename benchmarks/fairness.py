"""Simulate crowds to see whether the fair feed finds the best ideas: `.venv/bin/python -m benchmarks.fairness`.

Print one JSON line for each scene, size of the crowd and way to vote; write the tables and the model to
docs/fairness.md. Target: the fair feed is not significantly worse than a public list by votes or a random draw, and if
all ideas exist from the start its reads differ by at most one. Exit with 1 if the target is missed.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ideas.voting import approval
from ideas.voting.arrays import Floats, Ints
from ideas.voting.feed import Spread, deal, spread_of
from ideas.voting.profiles import ScoreProfile
from ideas.voting.uncertainty import shares_of_top

TABLE = Path(__file__).parent.parent / "docs" / "fairness.md"

SEED = 2026
# `{voters: number of simulated crowds}`
CROWDS = {16: 400, 80: 200, 400: 60}
BEST = 5

LEANING = 0.5
SWAYED_UP_TO = 3

# The target allows for chance: a number of standard errors of the difference between two ways in the same crowds.
ERRORS = 2


@dataclass(frozen=True)
class Model:
    """The assumptions. `fall`: how much less often a place of a list is read than the one above.

    `influence` is log(1.32): Muchnik, Aral and Taylor 2013 found that one visible yes made the next 32 % likelier where
    a yes was rare.
    """

    ideas: int = 60
    reads: int = 15
    fall: float = 0.08
    influence: float = 0.28


PLAIN = Model()

# Variants with one assumption changed show how much of the result depends on the model.
VARIED_VOTERS = 80
VARIANTS = {
    "as above": PLAIN,
    "30 ideas": Model(ideas=30),
    "120 ideas": Model(ideas=120),
    "30 reads each": Model(reads=30),
    "counts influence nobody": Model(influence=0.0),
    "counts influence twice as much": Model(influence=0.56),
    "every place is read equally": Model(fall=0.0),
    "half the patience with the list": Model(fall=0.16),
}

TOGETHER, ONE_BY_ONE = "together", "one by one"
SCENES = {
    TOGETHER: "All ideas exist before the voting begins",
    ONE_BY_ONE: "Ideas arrive during the first half of the voting",
}

MODEL = f"""\
- {PLAIN.ideas} ideas. The quality of each is drawn from the standard normal distribution; the true top five are the
  {BEST} with the highest quality.
- Voters come one after the other and read {PLAIN.reads} ideas each, or all present ones. Without influence they like
  an idea with the log-odds *quality + leaning*; the leaning of a voter (kind or strict) is normal with deviation
  {LEANING}.
- **Public, by votes**: voters vote for ideas that they like; there is no vote against. The list is in the order of
  votes and shows the counts. Each place is {PLAIN.fall:.0%} less likely to be read than the one above it. Lerman and
  Hogg 2014 (PLoS ONE 9(6):e98914) measured that attention falls with the place, and that this effect exceeds the
  influence of counts; its size is our assumption. Visible counts influence voters: each vote adds {PLAIN.influence} to
  the log-odds, up to {SWAYED_UP_TO} votes. In the experiment of Muchnik, Aral and Taylor 2013 (Science 341:647-651) a
  single vote made the next one 32 % likelier; that three votes have three times this effect is our assumption. Leading
  ideas are read more and therefore stay ahead: Salganik, Dodds and Watts 2006 (Science 311:854-856).
- **Public, yes minus no**: the same with votes against. The list is in the order of yes minus no. Each yes in
  excess of the no influences as above; a no does not (in the same experiment its influence was soon corrected).
- **Sealed, at random**: yes or no without counts; the ideas are drawn at random for each voter.
- **Fair feed**: yes or no without counts; the ideas come from `ideas.voting.feed`, the least-read first.
- Public lists are counted as shown. Approval is the rule of Schwarm, the lower bound of the share of yes; sealed votes
  are counted by it too. Ideas that tie across the cut share the remaining places.
"""


@dataclass(frozen=True, eq=False)
class Crowd:
    """A crowd, the same for every way to vote. `arrival`: the number of the first voter who can read the idea."""

    quality: Floats
    leaning: Floats
    arrival: Ints
    model: Model
    chance: np.random.Generator

    def there(self, voter: int) -> Ints:
        return np.flatnonzero(self.arrival <= voter)

    def says(self, voter: int, read: Ints, swayed: Floats | float = 0.0) -> Floats:
        """The votes of a voter: 1 or -1 on each idea that they read."""
        odds = np.exp(-(self.quality[read] + self.leaning[voter] + swayed))
        return np.where(self.chance.random(len(read)) < 1 / (1 + odds), 1.0, -1.0)


@dataclass(frozen=True, eq=False)
class Votes:
    profile: ScoreProfile
    reads: Ints


def public_by_votes(crowd: Crowd) -> Votes:
    return _public(crowd, 0.0)


def public_yes_less_no(crowd: Crowd) -> Votes:
    return _public(crowd, -1.0)


def _public(crowd: Crowd, dislike: float) -> Votes:
    """Vote on a public list. `dislike`: the value of a vote on a disliked idea."""
    model = crowd.model
    shown, read, values = np.zeros(model.ideas), [], []
    for voter in range(len(crowd.leaning)):
        there = crowd.there(voter)
        order = there[np.argsort(-shown[there], kind="stable")]
        attention = np.arange(len(order)) * np.log(1 - model.fall)
        # Draw without replacement by these weights: take the largest sums of weight and Gumbel noise.
        seen = order[np.argsort(-(attention + crowd.chance.gumbel(size=len(order))))[: model.reads]]
        said = crowd.says(voter, seen, model.influence * np.clip(shown[seen], 0, SWAYED_UP_TO))
        said[said < 0] = dislike
        shown[seen] += said
        read.append(seen)
        values.append(said)
    return _votes(crowd, read, values)


def sealed_by_lot(crowd: Crowd) -> Votes:
    read = [crowd.chance.permutation(crowd.there(voter))[: crowd.model.reads] for voter in range(len(crowd.leaning))]
    return _votes(crowd, read, [crowd.says(voter, seen) for voter, seen in enumerate(read)])


def fair_feed(crowd: Crowd) -> Votes:
    reads: dict[int, int] = {}
    read = []
    for voter in range(len(crowd.leaning)):
        reads = dict.fromkeys(crowd.there(voter).tolist(), 0) | reads
        dealt = deal(reads, (), int(crowd.chance.integers(2**62)), crowd.model.reads)
        for idea in dealt:
            reads[idea] += 1
        read.append(np.array(dealt))
    return _votes(crowd, read, [crowd.says(voter, seen) for voter, seen in enumerate(read)])


def _votes(crowd: Crowd, read: list[Ints], values: list[Floats]) -> Votes:
    subject = np.concatenate(read)
    participant = np.repeat(np.arange(len(read)), [len(seen) for seen in read])
    ideas = crowd.model.ideas
    profile = ScoreProfile(len(read), ideas, participant, subject, np.concatenate(values))
    return Votes(profile, np.bincount(subject, minlength=ideas))


def by_votes(votes: Votes) -> Floats:
    return np.bincount(votes.form.subject, votes.form.value, votes.form.entries)


def by_approval(votes: Votes) -> Floats:
    return approval.tally(votes.form).key


# A way to vote and a way to count.
Way = tuple[Callable[[Crowd], Votes], Callable[[Votes], Floats]]
PUBLIC, BY_LOT, FAIR = "public, by votes", "sealed, at random", "fair feed"
WAYS: dict[str, Way] = {
    PUBLIC: (public_by_votes, by_votes),
    "public, yes minus no": (public_yes_less_no, by_votes),
    "public, yes minus no, counted as approval": (public_yes_less_no, by_approval),
    BY_LOT: (sealed_by_lot, by_approval),
    FAIR: (fair_feed, by_approval),
}


@dataclass(frozen=True, eq=False)
class Outcome:
    """The outcome of one way for all crowds of a size: `found[crowd]`, a share 0..1, and the mean spread of reads."""

    found: Floats
    reads: Spread

    @property
    def error(self) -> float:
        return float(self.found.std(ddof=1) / np.sqrt(len(self.found)))


def simulate(scene: str, voters: int, model: Model = PLAIN) -> dict[str, Outcome]:
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    spreads: dict[str, list[Spread]] = {name: [] for name in WAYS}
    for number in range(CROWDS[voters]):
        for name, (vote, count) in WAYS.items():
            crowd = _crowd(scene, voters, number, model)
            votes = vote(crowd)
            best = np.argsort(-crowd.quality)[:BEST]
            found[name].append(float(shares_of_top(count(votes)[None, :], BEST)[0, best].sum() / BEST))
            spreads[name].append(spread_of(votes.reads.tolist()))
    return {name: Outcome(np.array(found[name]), _mean(spreads[name])) for name in WAYS}


def _crowd(scene: str, voters: int, number: int, model: Model) -> Crowd:
    """Make the crowd of this number; it is the same for every way, including its random numbers."""
    chance = np.random.default_rng((SEED, voters, number))
    quality, leaning = chance.standard_normal(model.ideas), chance.normal(0, LEANING, voters)
    # A quarter of the ideas exists when the first voter comes.
    waves = np.linspace(-1 / 3, 1, model.ideas) * voters / 2
    arrival = np.maximum(0, waves).astype(np.int64) if scene == ONE_BY_ONE else np.zeros(model.ideas, np.int64)
    return Crowd(quality, leaning, arrival, model, chance)


def _mean(spreads: list[Spread]) -> Spread:
    columns = np.array([(s.least, s.median, s.most, s.gini) for s in spreads]).mean(axis=0)
    least, median, most, gini = (round(float(number), 3) for number in columns)
    return Spread(least, median, most, gini)


def missed(scene: str, outcomes: dict[str, Outcome]) -> list[str]:
    """The names of the ways that are significantly better than the fair feed; `reads` if its reads differ too much."""
    found = []
    for name in (PUBLIC, BY_LOT):
        ahead = outcomes[FAIR].found - outcomes[name].found
        error = float(ahead.std(ddof=1) / np.sqrt(len(ahead)))
        if ahead.mean() + ERRORS * error < 0:
            found.append(name)
    reads = outcomes[FAIR].reads
    if scene == TOGETHER and reads.most - reads.least > 1:
        found.append("reads")
    return found


Results = dict[int, dict[str, Outcome]]


def found_table(results: Results) -> str:
    return _table(results, lambda outcome: f"{outcome.found.mean():.0%} ± {2 * outcome.error:.0%}")


def reads_table(results: Results) -> str:
    cell = "{least:.0f} – {median:.0f} – {most:.0f}, {gini:.2f}"
    return _table(results, lambda outcome: cell.format(**vars(outcome.reads)))


def _table(results: Results, cell: Callable[[Outcome], str]) -> str:
    lines = ["| | " + " | ".join(f"{voters} voters" for voters in results) + " |", "|---|" + "---:|" * len(results)]
    lines += [f"| {name} | {' | '.join(cell(of[name]) for of in results.values())} |" for name in WAYS]
    return "\n".join(lines)


VARIED_WAYS = (PUBLIC, "public, yes minus no", BY_LOT, FAIR)


def varied_table(varied: dict[str, dict[str, Outcome]]) -> str:
    lines = ["| | " + " | ".join(VARIED_WAYS) + " |", "|---|" + "---:|" * len(VARIED_WAYS)]
    for name, of in varied.items():
        cells = [f"{of[way].found.mean():.0%} ± {2 * of[way].error:.0%}" for way in VARIED_WAYS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


# The conclusions are written by hand: read them again when the figures change.
WORDS = """\
- Compared with **a list sorted by votes, as most tools show it**, the fair feed finds about twice as many of the best
  ideas, with 80 and with 400 voters. With 16 voters no method finds much more than a third: four reads of an idea are
  too few.
- **This advantage is much smaller if people can also vote no and all ideas exist from the start**: a no corrects a
  wrong favourite. Counted by the lower bound of the share of yes, such a list is as good as the fair feed. It falls
  behind if ideas arrive during the voting, which is the usual case.
- **The visible count does most of the harm.** If it influences nobody, a list with yes and no is at least as good as
  the fair feed, since it sends readers to the contenders. If people are influenced twice as much, it is far worse.
  Sealed counts do not depend on the influence.
- **Compared with a random draw the fair feed finds no significantly larger share.** Its advantage is fairness: every
  idea has the same number of readers, including late ones, and no author can say that their idea was not read.
- An earlier estimate names 41 % for a public list and 79 % for sealed counts with the least-read ideas first, at 80
  voters; its model is unknown. **This model does not reproduce these figures**: both are lower here, while their ratio
  is much the same. The level depends on the number of ideas and of reads, as the table of changed assumptions shows.
  The assumptions were not chosen to meet the figures.
- The model defines how people vote, and its authors want the fair feed to be good. It has no friends who vote for each
  other, no divisive ideas, and no voters who are tired after ten ideas. It is an argument, not evidence.
"""


# The figures are those of `benchmarks.honesty readiness`.
READINESS = """\
While people vote, the console says how certain the present winners are ("Enough votes?"). It is advice, and a round
that closes by itself follows it; the result is counted and assessed from all ballots after the close.

- Up to 5,000 marks on at most 100 ideas, it is computed as the result will be: by redrawing all voters.
- A larger vote is still counted as a whole, from all ballots or, above 200,000 marks, from the counters. How far the
  count would vary with other voters comes from sums, which are nearly normal for so many people. If these are too large
  to redraw, a random sample of the voters is redrawn instead, and the page says so. For ranked ballots and 60
  ideas these are 1,388 voters, for grades on 1,000 ideas 833. The sample is drawn by the number of the round and of the
  latest mark, so it is the same whenever it is drawn.
- Above 200,000 marks, the ballots of a random sample of voters are read. Ranked ballots have no counters; there, and
  for pairs of very many ideas, the readiness is that of the sample alone, as if nobody else had voted.

Measured in votes of 2,000 people on 12 ideas with one to three winners, 150 for each rule, by a sample of 500 voters
and by all ballots (`.venv/bin/python -m benchmarks.honesty readiness`). Both find the same winners in all votes.

| | mean difference of the certainty | by the sample it is higher by | "enough" differs | and is wrong, sample / all |
|---|---:|---:|---:|---:|
| approval | 1.1 points | 0.2 points | 2.7% of votes | 0 / 0 votes |
| pairs | 1.5 | -0.2 | 4.0% | 0 / 0 |
| points | 1.1 | -0.2 | 4.0% | 0 / 0 |
| grades | 0.7 | 0.1 | 0.7% | 0 / 0 |
| stars and lemons | 1.3 | 0.2 | 4.0% | 1 / 1 |
| ranked | 0.9 | 0.1 | 1.3% | 1 / 1 |

"Enough" is said from a certainty of 95 % on. Two measurements by all ballots with other draws of 200 runs differ by 0.7
to 1.4 points too, and on "enough" in 0 to 3 of 100 votes.
"""


def page(scenes: dict[str, Results], varied: dict[str, dict[str, Outcome]]) -> str:
    crowds = ", ".join(f"{count} of {voters} voters" for voters, count in CROWDS.items())
    found = "\n\n".join(f"## {SCENES[scene]}\n\n{found_table(results)}" for scene, results in scenes.items())
    reads = "\n\n".join(f"{SCENES[scene]}:\n\n{reads_table(results)}" for scene, results in scenes.items())
    return f"""\
# How many of the best ideas are found

Written by `.venv/bin/python -m benchmarks.fairness`. This is a simulation: it shows consequences of the model below,
not the behaviour of people. The figures are the share of the true top five among the first five of the result, ± two
standard errors.

{found}

## Conclusions

{WORDS}
## With other assumptions

The same at {VARIED_VOTERS} voters with one assumption changed; all ideas exist before the voting begins.

{varied_table(varied)}

## Reads

Reads of an idea: least – median – most, and the Gini coefficient (0 if all ideas have the same number).

{reads}

## Whether a vote has enough votes

{READINESS}
## The model

{MODEL}- Crowds: {crowds}; the same crowds and ideas for every way.
"""


def main() -> int:
    scenes: dict[str, Results] = {}
    is_missed = False
    for scene in SCENES:
        scenes[scene] = {}
        for voters in CROWDS:
            scenes[scene][voters] = outcomes = simulate(scene, voters)
            behind = missed(scene, outcomes)
            is_missed |= bool(behind)
            for name, outcome in outcomes.items():
                line = {"ideas": scene, "voters": voters, "way": name, "found": round(float(outcome.found.mean()), 4)}
                line |= {"error": round(outcome.error, 4), "crowds": len(outcome.found), "reads": vars(outcome.reads)}
                print(json.dumps(line | ({"missed": behind} if name == FAIR else {})), flush=True)
    varied = {name: simulate(TOGETHER, VARIED_VOTERS, model) for name, model in VARIANTS.items()}
    for name, of in varied.items():
        found = {way: round(float(outcome.found.mean()), 4) for way, outcome in of.items()}
        print(json.dumps({"assumption": name, "voters": VARIED_VOTERS, "found": found}), flush=True)
    TABLE.write_text(page(scenes, varied), encoding="utf-8")
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
