"""Approval: yes, no or skip on each idea."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from flask_babel import LazyString, format_number, format_percent, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import BallotFile, one_of, read_scores
from app.rules.base import CountFormat, Dots, Option, RulePresenter, Scale, judged, share_scale
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting import approval
from ideas.voting.arrays import np
from ideas.voting.profiles import ScoreProfile
from ideas.voting.rules import Approval
from ideas.voting.scores import Score
from ideas.voting.uncertainty import LEVEL

MARKS = {approval.YES: _l("Yes"), approval.NO: _l("No"), approval.SKIP: _l("Skipped")}


@dataclass(frozen=True)
class ApprovalNumbers:
    """`n` people said yes or no, `share` of them yes, 0..1."""

    n: int
    share: float


def _noticed(file: BallotFile) -> Mapping[str, object]:
    assert isinstance(file.ballots, ScoreProfile)
    return {"skips": int(np.count_nonzero(file.ballots.value == approval.SKIP))}


class ApprovalPresenter(RulePresenter[Approval]):
    name: ClassVar[str] = Approval.name
    title: ClassVar[LazyString] = _l("Yes or no")
    sentence: ClassVar[LazyString] = _l("Each idea separately: yes, no or skip. Quick, even with many ideas.")
    prompt: ClassVar[LazyString] = _l("A good idea?")
    options: ClassVar[Mapping[str, Option]] = {}
    hand_labels: ClassVar[Mapping[int, LazyString]] = {approval.YES: _l("Yes"), approval.NO: _l("No")}
    hands_note: ClassVar[LazyString | None] = None
    merging: ClassVar[LazyString] = _l("Everyone who voted on both counts once, with their latest vote.")
    dots_note: ClassVar[LazyString | None] = None
    nobody: ClassVar[LazyString] = _l("Nobody said yes")
    nobody_leads: ClassVar[LazyString] = _l("Nobody said yes, so there is no first place.")
    counting_note: ClassVar[LazyString] = _l(
        "The order follows the share of yes that is certain: three yes out of three are less certain "
        "than ninety out of a hundred."
    )
    count_formats: ClassVar[list[CountFormat]] = [
        CountFormat(
            Approval.name,
            approval,
            "participant,idea,value",
            "1 yes, 0 skip, -1 no",
            lambda path: read_scores(path, lambda cell: one_of(cell, (1, 0, -1)), ("approval",)),
            _noticed,
        )
    ]

    def help(self, rule: Approval, ideas: int) -> str:
        return _("Judge each idea separately: yes, no or skip.")

    def progress(self, rule: Approval, deck: Deck, values: list[int]) -> str:
        return judged(deck)

    def mark(self, rule: Approval, value: int) -> str:
        return str(MARKS[value])

    def details(self, rule: Approval) -> list[str]:
        return []

    def scale(self, rule: Approval, ranking: RankingOf) -> Scale:
        return share_scale()

    def value(self, rule: Approval, value: float) -> str:
        return format_percent(value)

    def is_known(self, figures: Score) -> bool:
        return figures.yes + figures.no > 0

    def counts(self, rule: Approval, figures: Score, voters: int) -> str:
        n = figures.yes + figures.no
        said = [_("%(yes)s of %(n)s yes", yes=format_number(figures.yes), n=format_number(n))] if n else []
        if figures.skip:
            said.append(_("%(n)s skipped", n=format_number(figures.skip)))
        return " · ".join(said) or _("no votes")

    def dots(self, rule: Approval, figures: Score, voters: int) -> Dots:
        yes, no = figures.yes, figures.no
        numbers = {"yes": format_number(yes), "n": format_number(yes + no)}
        return Dots(yes, no, ngettext("%(yes)s of %(n)s say yes.", "%(yes)s of %(n)s say yes.", yes, **numbers))

    def interval(self, low: float, high: float) -> str:
        return _(
            "With %(level)s certainty, the share of yes is between %(low)s and %(high)s.",
            level=format_percent(LEVEL),
            low=format_percent(low),
            high=format_percent(high),
        )

    def given(self, rule: Approval, values: Sequence[int]) -> str:
        yes, skipped = values.count(approval.YES), values.count(approval.SKIP)
        judged = len(values) - skipped
        said = (
            [
                ngettext(
                    "You said yes to %(yes)s of %(num)s idea.",
                    "You said yes to %(yes)s of %(num)s ideas.",
                    judged,
                    yes=yes,
                )
            ]
            if judged
            else []
        )
        if skipped:
            said.append(ngettext("You skipped %(num)s idea.", "You skipped %(num)s ideas.", skipped))
        return " ".join(said)

    def formula(self, rule: Approval, ranking: RankingOf, figures: Score) -> ApprovalNumbers:
        n = figures.yes + figures.no
        return ApprovalNumbers(n, figures.yes / n if n else 0.0)
