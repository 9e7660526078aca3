"""`count`: count a file of ballots by any rule, without a server and without a database."""

import json
import math
from pathlib import Path
from typing import Any

import click
import numpy as np

from app.cli import ballot_files
from app.cli.ballot_files import BallotFile
from ideas.voting import approval, grades, pairs, points, ranked, runoff, stars
from ideas.voting.places import places, ties
from ideas.voting.profiles import Counted, CountingMethod, Ints, OrderProfile, PairProfile, Profile, ScoreProfile
from ideas.voting.uncertainty import FEW_PEOPLE, FEW_READS, RUNS, Uncertainty, bootstrap, marks_of

RULES: dict[str, CountingMethod[Any]] = {
    "approval": approval,
    "pairs": pairs,
    "points": points,
    "quadratic": points.quadratic,
    "grades": grades,
    "stars": stars,
    "ranked": ranked,
}

# By these rules only its readers judge an idea. By the other rules each voter says something about every idea.
JUDGED_ONE_BY_ONE = {"approval", "pairs", "grades"}

DIGITS = 6


@click.command("count")
@click.argument("rule", type=click.Choice(list(RULES)))
@click.argument("file", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the draws behind p_top, bands."
)
@click.option(
    "--top", type=click.IntRange(min=1), default=3, show_default=True, help="p_top is the chance to be among so many."
)
def count(rule: str, file: Path, seed: int, top: int) -> None:
    """Count a file of ballots: one line of JSON for each idea, best first, then one with what was noticed.

    \b
    Columns of the CSV:
      approval   participant,idea,value          1 yes, 0 skip, -1 no
      pairs      participant,left,right,winner   left, right or skip
      points     participant,idea,value          the points given
      quadratic  participant,idea,value          the credits spent; their roots count
      grades     participant,idea,value          excellent ... reject, or whole numbers, 0 the worst
      stars      participant,idea,value          1 star, -1 lemon
      ranked     participant,order[,weight]      a>b=c>d, missing ones last

    A later line of the same person on the same idea replaces the earlier one, but for pairs, where every line counts.
    A weight multiplies what an order counts; it is one person's all the same.
    """
    ballots = ballot_files.read(file, rule)
    noticed: dict[str, object] = {"rule": rule, "voters": ballots.ballots.people, "ideas": len(ballots.names)}
    noticed |= {"marks": ballots.marks, "replaced": ballots.replaced}
    if ballots.names:
        counted = RULES[rule].tally(ballots.ballots)
        chance = bootstrap(ballots.ballots, RULES[rule], RUNS, seed, top)
        for line in _ideas(ballots, counted, chance):
            click.echo(json.dumps(line, ensure_ascii=False))
        noticed |= _noticed(rule, ballots, counted)
        noticed |= {"seed": seed, "runs": RUNS, "top": top, "stability": _rounded(chance.stability)}
    click.echo(json.dumps({"noticed": noticed}, ensure_ascii=False))


def _ideas(ballots: BallotFile, counted: Counted, chance: Uncertainty) -> list[dict[str, object]]:
    """The ideas, best first; within a place sorted by name, without meaning."""
    found = places(counted.key)
    band_of = {place: band for band in chance.bands for place in range(band[0], band[1] + 1)}
    return [
        {
            "idea": ballots.names[entry],
            "place": int(found[entry]),
            "band": [int(end) for end in band_of[int(found[entry])]],
            "score": _rounded(counted.score[entry]),
            "low": _rounded(counted.low[entry]),
            "high": _rounded(counted.high[entry]),
            "p_top": _rounded(chance.p_top[entry]),
        }
        for entry in np.argsort(found, kind="stable")
    ]


def _noticed(rule: str, ballots: BallotFile, counted: Counted) -> dict[str, object]:
    """Ties, too few votes, and other remarks of the rule."""
    profile, names = ballots.ballots, ballots.names
    noticed: dict[str, object] = {
        "ties": [_names(names, tie) for tie in ties(counted.key)],
        "too_few": _names(names, _too_few(rule, profile)),
    }
    if rule == "approval" and isinstance(profile, ScoreProfile):
        noticed["skips"] = int(np.count_nonzero(profile.value == approval.SKIP))
    if isinstance(profile, PairProfile):
        groups = pairs.parts(profile)
        noticed["skips"] = pairs.skips(profile)
        noticed["disconnected"] = [_names(names, group) for group in groups] if len(groups) > 1 else []
    if isinstance(profile, OrderProfile):
        borda = ranked.borda(ranked.pairwise(profile), float(ranked.weights_of(profile).sum()))
        noticed["borda"] = {names[entry]: _rounded(borda[entry]) for entry in np.argsort(-borda, kind="stable")}
        noticed["instant_runoff"] = _names(names, np.array(runoff.instant_runoff(profile).winners, dtype=np.int64))
    return noticed


def _too_few(rule: str, profile: Profile) -> Ints:
    """The entries whose place depends on too few votes."""
    if profile.people < FEW_PEOPLE:
        return np.arange(profile.entries)
    return np.flatnonzero(marks_of(profile) < FEW_READS) if rule in JUDGED_ONE_BY_ONE else np.arange(0)


def _names(names: tuple[str, ...], entries: Ints) -> list[str]:
    return [names[entry] for entry in entries]


def _rounded(number: float) -> float | None:
    return None if math.isnan(number) else round(float(number), DIGITS)
