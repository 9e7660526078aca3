"""`count`: count a file of ballots by any rule, without a server and without a database."""

import json
from pathlib import Path

import click

from app.rules import count_formats
from app.rules.ballot_files import BallotFile, rounded, with_ideas
from app.rules.base import CountFormat
from ideas.voting.arrays import Floats, Ints, np
from ideas.voting.places import places, ties
from ideas.voting.profiles import Counted, PairProfile, Profile, ScoreProfile
from ideas.voting.rules import BallotRule
from ideas.voting.uncertainty import FEW_PEOPLE, FEW_READS, RUNS, Uncertainty, bootstrap, marks_of

LATER_LINES = (
    "A later line of the same person on the same idea replaces the earlier one, but for pairs, where every line "
    "counts. A weight multiplies what an order counts; it is one person's all the same."
)


class _FormatChoice(click.Choice):
    """The names of the file formats that the rules have at the time of the call."""

    def __init__(self) -> None:
        super().__init__([])

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(count_formats())

    @choices.setter
    def choices(self, _none: tuple[str, ...]) -> None:
        """Ignore the empty list of the constructor."""


class _CountCommand(click.Command):
    """The command, whose help describes the columns of every format."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lines = [(f.name, f.columns, f.meaning) for _rule, f in count_formats().values()]
        widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
        table = [f"  {name:{widths[0]}}  {columns:{widths[1]}}   {meaning}" for name, columns, meaning in lines]
        self.help = "\n".join([str(count.callback.__doc__), "", "\b", "Columns of the CSV:", *table, "", LATER_LINES])
        super().format_help_text(ctx, formatter)


@click.command("count", cls=_CountCommand)
@click.argument("rule", type=_FormatChoice())
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Seed of the random draws behind p_top and places.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Number of winners; p_top is the chance to be one.",
)
@click.option("--idea", "ideas", multiple=True, help="A further idea, on which nobody voted. May be repeated.")
def count(rule: str, file: Path, seed: int, top: int, ideas: tuple[str, ...]) -> None:
    """Count a file of ballots. Print a line of JSON for each idea, best first, and one with observations.

    CSV in UTF-8 or UTF-16 with commas, semicolons, tabs or bars; or a file of PrefLib (.soc .soi .toc .toi) or Pabulib
    (.pb). What had to be interpreted stands under "interpreted".
    """
    kind, form = count_formats()[rule]
    ballots = with_ideas(form.read(file), ideas)
    noticed: dict[str, object] = {"rule": rule, "voters": ballots.ballots.people, "ideas": len(ballots.names)}
    noticed |= {"marks": ballots.marks, "replaced": ballots.replaced}
    if ballots.interpreted:
        noticed["interpreted"] = ballots.interpreted
    if ballots.names:
        counted = form.counting.tally(ballots.ballots)
        chance = bootstrap(ballots.ballots, form.counting, RUNS, seed, top)
        for line in _ideas(kind, ballots, counted, chance):
            click.echo(json.dumps(line, ensure_ascii=False))
        noticed |= _noticed(kind, form, ballots, counted)
        noticed |= {"seed": seed, "runs": RUNS, "top": top, "stability": rounded(chance.stability)}
    click.echo(json.dumps({"noticed": noticed}, ensure_ascii=False))


def _ideas(
    rule: type[BallotRule], ballots: BallotFile, counted: Counted, chance: Uncertainty
) -> list[dict[str, object]]:
    """The ideas, best first; within a place sorted by name, without meaning."""
    found = places(counted.key)
    given = _shares(ballots.ballots) if rule.is_smoothed else counted.score
    return [
        {
            "idea": ballots.names[entry],
            "place": int(found[entry]),
            "places": [int(chance.places_low[entry]), int(chance.places_high[entry])],
            "score": rounded(given[entry]),
            "low": rounded(counted.low[entry]),
            "high": rounded(counted.high[entry]),
            "p_top": rounded(chance.p_top[entry]),
        }
        | ({"smoothed": rounded(counted.score[entry])} if rule.is_smoothed else {})
        for entry in np.argsort(found, kind="stable")
    ]


def _shares(profile: Profile) -> Floats:
    """The share of yes, or of won comparisons, of each entry; nan without any."""
    if isinstance(profile, PairProfile):
        subject = np.concatenate([profile.left, profile.right])
        value = np.concatenate([profile.outcome, -profile.outcome])
    else:
        assert isinstance(profile, ScoreProfile)
        subject, value = profile.subject, profile.value.astype(np.int64)
    won, lost = (np.bincount(subject[value == sign], minlength=profile.entries) for sign in (1, -1))
    return np.divide(won, won + lost, out=np.full(profile.entries, np.nan), where=won + lost > 0)


def _noticed(rule: type[BallotRule], form: CountFormat, ballots: BallotFile, counted: Counted) -> dict[str, object]:
    """Ties, too few votes, and what else the rule has to say."""
    return {
        "ties": [ballots.named(tie) for tie in ties(counted.key)],
        "too_few": ballots.named(_too_few(rule, ballots)),
        **form.noticed(ballots),
    }


def _too_few(rule: type[BallotRule], ballots: BallotFile) -> Ints:
    """The entries whose place rests on too few votes."""
    profile = ballots.ballots
    if profile.people < FEW_PEOPLE:
        return np.arange(profile.entries)
    return np.flatnonzero(marks_of(profile) < FEW_READS) if rule.is_one_by_one else np.arange(0)
