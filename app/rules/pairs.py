"""Pairs: which of two ideas is better?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from flask_babel import LazyString, format_number, format_percent, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import BallotFile, numbered, rows_of
from app.rules.base import CountFormat, Dots, Option, RulePresenter, Scale, share_scale
from app.rules.duels import Duel, duels_of
from app.rules.wrong_cells import WrongCell
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting import pairs
from ideas.voting.agreement import Agreement
from ideas.voting.arrays import np
from ideas.voting.other_methods import groups, strengths
from ideas.voting.profiles import LEFT, RIGHT, SKIP, PairProfile
from ideas.voting.rules import Pairwise
from ideas.voting.scores import Score

OUTCOMES = {"left": LEFT, "right": RIGHT, "skip": SKIP}


@dataclass(frozen=True)
class StrengthNumbers:
    """`n` answers speak of the idea; it has this `strength` among `others`, and met them in `duels`."""

    n: int
    strength: float
    others: int
    duels: list[Duel]


def _outcome(cell: str) -> int:
    if cell not in OUTCOMES:
        raise WrongCell(f"{cell!r} is not one of {', '.join(OUTCOMES)}")
    return OUTCOMES[cell]


def _read(path: Path) -> BallotFile:
    answers: list[tuple[str, str, str, int]] = []
    rows = rows_of(path, ("participant", "left", "right", "winner"))
    for row in rows:
        person, left, right = row.name("participant"), row.name("left"), row.name("right")
        if left == right:
            raise row.wrong(f"{left!r} is compared with itself")
        answers.append((person, left, right, row.checked(_outcome, "winner")))
    people, names = numbered(a[0] for a in answers), numbered(idea for a in answers for idea in a[1:3])
    table = np.array(
        [(people[person], names[left], names[right], outcome) for person, left, right, outcome in answers],
        dtype=np.int64,
    ).reshape(-1, 4)
    return rows.complete(BallotFile(PairProfile(len(people), len(names), *table.T), tuple(names), len(answers), 0))


def _noticed(file: BallotFile) -> Mapping[str, object]:
    assert isinstance(file.ballots, PairProfile)
    found = pairs.parts(file.ballots)
    return {
        "skips": pairs.skips(file.ballots),
        "disconnected": [file.named(group) for group in found] if len(found) > 1 else [],
    }


class PairsPresenter(RulePresenter[Pairwise]):
    name: ClassVar[str] = Pairwise.name
    title: ClassVar[LazyString] = _l("Pairs")
    sentence: ClassVar[LazyString] = _l(
        "Two ideas at a time: which one is better? Good for names and pictures, where people easily "
        "say yes to everything."
    )
    prompt: ClassVar[LazyString] = _l("Which one is better?")
    options: ClassVar[Mapping[str, Option]] = {}
    hand_labels: ClassVar[Mapping[int, LazyString]] = {1: _l("Hands for it")}
    hands_note: ClassVar[LazyString | None] = _l(
        "A show of hands gives no order. Ask who is for an idea: the number is shown with the result "
        "but never added to it."
    )
    merging: ClassVar[LazyString] = _l(
        "Comparisons with other ideas move to the idea that stays. The comparison between these two does not count."
    )
    dots_note: ClassVar[LazyString | None] = _l(
        "Each dot is one comparison. In those on the disc, this idea was chosen."
    )
    counting_note: ClassVar[LazyString] = _l(
        "Each idea is compared with the others: a win against a strong idea counts for more than one against "
        "a weak idea."
    )
    count_formats: ClassVar[list[CountFormat]] = [
        CountFormat(Pairwise.name, pairs, "participant,left,right,winner", "left, right or skip", _read, _noticed)
    ]

    def help(self, rule: Pairwise, ideas: int) -> str:
        return _("Choose the better of two ideas. If you can’t decide, choose “Don’t know”: it counts against neither.")

    def progress(self, rule: Pairwise, deck: Deck, values: list[int]) -> str:
        done = min(deck.judged, deck.goal)
        if deck.goal == 1:
            return _("You have compared the only pair.") if done else _("One pair waits for your choice.")
        return _("You have compared %(done)s of %(all)s pairs.", done=done, all=deck.goal)

    def mark(self, rule: Pairwise, value: int) -> str:
        return str({LEFT: _("Yes"), RIGHT: _("No"), SKIP: _("Skipped")}[value])

    def details(self, rule: Pairwise) -> list[str]:
        return []

    def scale(self, rule: Pairwise, ranking: RankingOf) -> Scale:
        return share_scale()

    def value(self, rule: Pairwise, value: float) -> str:
        return format_percent(value)

    def is_known(self, figures: Score) -> bool:
        return figures.score is not None and figures.yes + figures.no > 0

    def counts(self, rule: Pairwise, figures: Score, voters: int) -> str:
        compared = figures.yes + figures.no
        said = (
            ngettext(
                "better in %(yes)s of %(num)s comparison",
                "better in %(yes)s of %(num)s comparisons",
                compared,
                yes=figures.yes,
            )
            if compared
            else _("no comparisons")
        )
        if figures.skip:
            said += " · " + ngettext("%(num)s “don’t know”", "%(num)s “don’t know”", figures.skip)
        return said

    def dots(self, rule: Pairwise, figures: Score, voters: int) -> Dots:
        yes, no = figures.yes, figures.no
        said = _("%(yes)s of %(n)s comparisons won.", yes=format_number(yes), n=format_number(yes + no))
        return Dots(yes, no, said)

    def estimate(self, rule: Pairwise, figures: Score) -> float | None:
        """The strength: it takes into account which other ideas it met."""
        return figures.score

    def noticed(self, rule: Pairwise, ranking: RankingOf) -> list[str]:
        """Whether the comparisons hang together."""
        found = groups(rule, ranking.entries, ranking.counts)
        if len(found) < 2:
            return []
        return [
            _(
                "The comparisons form %(n)s separate groups of ideas. The order between these groups is not known.",
                n=len(found),
            )
        ]

    def given(self, rule: Pairwise, values: Sequence[int]) -> str:
        return ngettext("You compared %(num)s pair of ideas.", "You compared %(num)s pairs of ideas.", len(values))

    def agreed(self, rule: Pairwise, found: Agreement) -> str:
        if not found.backed:
            return ""
        return ngettext(
            "In %(agreed)s of %(num)s comparison, the group puts the idea that you chose ahead, too.",
            "In %(agreed)s of %(num)s comparisons, the group puts the idea that you chose ahead, too.",
            found.backed,
            agreed=found.in_front,
        )

    def formula(self, rule: Pairwise, ranking: RankingOf, figures: Score) -> StrengthNumbers:
        found = strengths(rule, ranking.entries, ranking.counts)
        others = {entry: [0, 0] for entry in ranking.entries}
        for one, other, value, n in ranking.counts.rows:
            if figures.entry in (one, other) and value and other in others and one in others:
                rival, won = (other, value > 0) if one == figures.entry else (one, value < 0)
                others[rival][0 if won else 1] += n
        met = [(entry, won, lost) for entry, (won, lost) in others.items() if won + lost]
        return StrengthNumbers(
            figures.yes + figures.no, found[figures.entry], len(ranking.entries) - 1, duels_of(ranking, met)
        )
