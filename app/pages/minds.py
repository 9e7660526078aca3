"""Minds changed, as a result shows it: how many people marked an idea otherwise in the vote than at the first look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import format_number
from flask_babel import gettext as _

from ideas.queries.ideas import ArgumentRow, IdeaRow
from ideas.queries.rankings import RankingOf
from ideas.voting.minds import AGREED, BOTH, MOVED, STAYED, Minds


@dataclass(frozen=True)
class MindsLine:
    """An idea with its figures, and the arguments beside them that readers still see."""

    idea: IdeaRow
    minds: Minds
    arguments: list[ArgumentRow]

    @property
    def title(self) -> str:
        return self.idea.title or _("Erased")

    @property
    def counts(self) -> str:
        of = self.minds
        return _(
            "%(down)s lower · %(stayed)s the same · %(up)s higher",
            up=format_number(of.up),
            stayed=format_number(of.stayed),
            down=format_number(of.down),
        )


@dataclass(frozen=True)
class MindsPart:
    """The ideas that have figures, the largest share of people who moved first."""

    lines: list[MindsLine]

    @property
    def argued(self) -> list[MindsLine]:
        """Those with arguments beside them."""
        return [line for line in self.lines if line.arguments]

    @property
    def floors_said(self) -> str:
        """How many people it takes, in a sentence."""
        return _(
            "Only ideas are shown that at least %(both)s people marked both times, where at least %(moved)s changed "
            "their mark and at least %(stayed)s did not.",
            both=BOTH,
            moved=MOVED,
            stayed=STAYED,
        )

    @property
    def argued_said(self) -> str:
        return _(
            "Of those who changed their mark on an idea, at least %(people)s found these arguments good. That does not "
            "tell why they changed it.",
            people=AGREED,
        )


def minds_part(ranking: RankingOf, arguments: Mapping[int, Sequence[ArgumentRow]] | None = None) -> MindsPart | None:
    """The part of a result about the first look, from the ranking of the first question; None without a first look.

    `arguments`: `{idea: visible arguments}`.
    """
    if ranking.minds is None:
        return None
    lines = []
    for row in ranking.places:
        minds = ranking.minds.get(row.figures.entry)
        if minds is not None:
            on_it = (arguments or {}).get(row.idea.id, ())
            lines.append(
                MindsLine(
                    row.idea, minds, [each for each in on_it if each.id in minds.arguments and not each.is_redacted]
                )
            )
    return MindsPart(sorted(lines, key=lambda line: -line.minds.moved / line.minds.both))
