"""The verdict of crowd and jury, in words and as positions on a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.pages.decisions import titles_said
from app.platform.rendering import percent
from app.rules.grades import GRADES
from ideas.queries.ideas import IdeaRow
from ideas.queries.rankings import RankingOf
from ideas.queries.verdicts import CriterionRow, JointVerdict
from ideas.voting.verdict import Decided, far_apart

# So many ideas are named on which both are far apart.
APART_SHOWN = 5


@dataclass(frozen=True)
class VerdictLine:
    """An idea in the verdict. `medians`: in grades by criterion, "–" where too few jurors graded.

    `crowd_at` and `jury_at`: the shares of other ideas beaten, in percent from the left; None without a score.
    """

    row: Decided
    idea: IdeaRow
    score: str
    medians: tuple[str, ...]
    said: str
    crowd_at: float | None
    jury_at: float | None

    @property
    def place(self) -> int | None:
        return self.row.place


@dataclass(frozen=True)
class VerdictPart:
    """The verdict as a page shows it, best first; ideas without a place are last."""

    of: JointVerdict
    lines: list[VerdictLine]

    @property
    def percent(self) -> int:
        return self.of.percent

    @property
    def criteria(self) -> list[CriterionRow]:
        return self.of.criteria

    @cached_property
    def firsts(self) -> list[VerdictLine]:
        return [line for line in self.lines if line.place == 1]

    @property
    def weights_are_equal(self) -> bool:
        return len({criterion.weight for criterion in self.criteria}) == 1

    @property
    def example_said(self) -> str:
        """The shares of the idea that came first, in percent."""
        line = self.firsts[0]
        return _(
            "%(title)s: votes %(votes)s, jury %(jury)s, together %(mean)s of 100.",
            title=_named([line]),
            votes=_hundredths(line.row.crowd_share),
            jury=_hundredths(line.row.jury_share),
            mean=_hundredths(line.row.combined),
        )

    @property
    def grades(self) -> list[str]:
        """The words of the grades that the jury gave, worst first."""
        return [str(GRADES[word]) for word in self.criteria[0].scale]

    @cached_property
    def unscored(self) -> int:
        """The number of ideas without a score of the jury."""
        return sum(line.row.score is None for line in self.lines)

    @property
    def decided_said(self) -> str:
        """Who decided, in a sentence."""
        if self.percent == 0:
            return _("The votes decided. The scores of the jury stand beside them.")
        if self.percent == 100:
            return _("The jury decided. The votes stand beside its scores.")
        weights = {"crowd": percent(100 - self.percent), "jury": percent(self.percent)}
        return _("The votes decided with %(crowd)s, the jury with %(jury)s.", **weights)

    @property
    def firsts_said(self) -> str:
        """Whether votes and jury put the same idea first; empty where the jury has no first place."""
        crowd = [line for line in self.lines if line.row.crowd_place == 1]
        jury = [line for line in self.lines if line.row.jury_place == 1]
        if not jury:
            return ""
        if crowd == jury:
            return _("Votes and jury agree on the first place.")
        return _("The votes put %(crowd)s first, the jury %(jury)s.", crowd=_named(crowd), jury=_named(jury))

    @cached_property
    def apart(self) -> list[VerdictLine]:
        """The ideas on which votes and jury are far apart, the farthest first."""
        lines = {line.row.entry: line for line in self.lines}
        return [lines[row.entry] for row in far_apart(self.of.rows, APART_SHOWN)]


def _named(lines: Sequence[VerdictLine]) -> str:
    return titles_said([title_of(line.idea) for line in lines])


def _hundredths(share: Fraction | None) -> str:
    return format_decimal(round(100 * float(share or 0), 1))


def title_of(idea: IdeaRow) -> str:
    return idea.title or _("Erased")


def verdict_part(ranking: RankingOf) -> VerdictPart | None:
    """The verdict of a round from the ranking of its first question; None without a jury or without ideas."""
    verdict = ranking.verdict
    if verdict is None or not verdict.rows:
        return None
    ideas = {row.figures.entry: row.idea for row in ranking.places}
    return VerdictPart(verdict, [_line(verdict, row, ideas[row.entry]) for row in verdict.rows])


def verdict_sentences(part: VerdictPart) -> list[str]:
    """Who decided, what came first, and whether both sides agree on that."""
    if not part.firsts:
        return [_("Nothing is decided: too few jurors scored the ideas.")]
    first = _("In first place: %(titles)s.", titles=_named(part.firsts))
    return [sentence for sentence in (part.decided_said, first, part.firsts_said) if sentence]


def ideas_as_decided(ranking: RankingOf) -> list[IdeaRow]:
    """The ranked ideas in the order that decides, those without a place last."""
    if ranking.verdict is None:
        return [row.idea for row in ranking.places]
    ideas = {row.figures.entry: row.idea for row in ranking.places}
    return [ideas[row.entry] for row in ranking.verdict.rows]


def _line(verdict: JointVerdict, row: Decided, idea: IdeaRow) -> VerdictLine:
    score = "" if row.score is None else format_decimal(round(float(row.score * verdict.best), 2))
    return VerdictLine(
        row=row,
        idea=idea,
        score=score,
        medians=tuple("–" if twice is None else format_decimal(twice / 2) for twice in row.twice_medians),
        said=_said(row, score, verdict.best),
        crowd_at=None if row.crowd_share is None else round(100 * float(row.crowd_share), 1),
        jury_at=None if row.jury_share is None else round(100 * float(row.jury_share), 1),
    )


def _said(row: Decided, score: str, best: int) -> str:
    if row.score is None:
        return _("Votes: place %(n)s · no score of the jury: fewer than two jurors", n=row.crowd_place)
    return _(
        "Votes: place %(crowd)s · Jury: place %(jury)s (score %(score)s of %(best)s)",
        crowd=row.crowd_place,
        jury=row.jury_place,
        score=score,
        best=best,
    )
