"""What every ballot rule says and shows: the presenter that each rule has, and the shapes that its methods return."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from flask_babel import LazyString, format_number, format_percent, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import BallotFile
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting.agreement import Agreement
from ideas.voting.other_methods import Comparison
from ideas.voting.profiles import CountingMethod
from ideas.voting.rules import BallotRule
from ideas.voting.scores import Score

UNKNOWN = "–"
TICKS = 5


@dataclass(frozen=True)
class Scale:
    """What scores are drawn on. `ticks`: where a line stands, 0..1, and what is written there, if anything."""

    least: float
    most: float
    ticks: list[tuple[float, str]]

    def at(self, value: float | None) -> float | None:
        """Where on the scale a value stands, 0..1."""
        if value is None:
            return None
        return min(1.0, max(0.0, (value - self.least) / (self.most - self.least)))


@dataclass(frozen=True)
class Bar:
    """A piece of a bar of shares: a grade's word and step (0 the worst), how many gave it, where it stands, 0..1."""

    word: str
    step: int
    n: int
    start: float
    share: float


@dataclass(frozen=True)
class Dots:
    """How many speak for an idea and how many do not, to be drawn as dots; `said` is the sentence."""

    inside: int
    outside: int
    said: str


@dataclass(frozen=True)
class Option:
    """An option of a rule in a form: its label and help, and the values to choose from, if it is no plain number."""

    label: LazyString
    help: LazyString | None = None
    choices: Callable[[], list[tuple[int, str]]] | None = None


@dataclass(frozen=True)
class CountFormat:
    """A kind of ballot file that `flask count` takes. `name`: the argument of the command.

    `columns` and `meaning`: its line in the help. `noticed`: what the rule notices besides ties and too few votes.
    """

    name: str
    counting: CountingMethod[Any]
    columns: str
    meaning: str
    read: Callable[[Path], BallotFile]
    noticed: Callable[[BallotFile], Mapping[str, object]]


def notices_nothing(_file: BallotFile) -> Mapping[str, object]:
    return {}


# The option that every rule has.
TOP = Option(_l("How many winners are you looking for?"), help=_l("The result shows how certain the winners are."))

RuleT_contra = TypeVar("RuleT_contra", bound=BallotRule, contravariant=True)


class RulePresenter(Protocol[RuleT_contra]):
    """How a ballot rule is presented. A presenter that leaves out a member without a default is a type error.

    The pictures and longer texts of a rule are in `templates/rules/<name>/`: `ballot.html` (its ballot), `card.html`
    (what is judged next, unless the rule is limited), `choice.html` (the answers on the page of an idea, where each
    idea is judged by itself), `picture.html` (its picture in a form), `legend.html` (how to read its ranking),
    `words.html` (how it counts) and `formula.html` (the same with the numbers of an idea).
    """

    name: ClassVar[str]
    title: ClassVar[LazyString]
    # What it is good for, for a person who chooses a rule.
    sentence: ClassVar[LazyString]
    # The question, where the organisation does not ask in its own words.
    prompt: ClassVar[LazyString]
    # Of each option but `top`, in the order of the form.
    options: ClassVar[Mapping[str, Option]]
    # What a hall is asked, by value, and why its hands are not added to the votes; None where they can be.
    hand_labels: ClassVar[Mapping[int, LazyString]]
    hands_note: ClassVar[LazyString | None]
    # What becomes of a person's marks on two ideas that are merged.
    merging: ClassVar[LazyString]
    # What a dot of a result stands for; None where it is the yes or no of one person.
    dots_note: ClassVar[LazyString | None]
    count_formats: ClassVar[Sequence[CountFormat]]
    # What is said where no idea is in the lead.
    nobody: ClassVar[LazyString] = _l("Nobody voted for an idea")
    nobody_leads: ClassVar[LazyString] = _l("Nobody voted for an idea, so there is no first place.")
    # What introduces the page that explains the counting.
    counting_note: ClassVar[LazyString] = _l(
        "In plain words, with the numbers of each idea and the source of every formula."
    )

    # The vote

    @abstractmethod
    def help(self, rule: RuleT_contra, ideas: int) -> str:
        """How a question about so many ideas is answered, in one or two sentences."""

    @abstractmethod
    def progress(self, rule: RuleT_contra, deck: Deck, values: list[int]) -> str:
        """How far a voter is; `values` are all marks of the ballot."""

    @abstractmethod
    def mark(self, rule: RuleT_contra, value: int) -> str:
        """What a mark on one idea means."""

    @abstractmethod
    def details(self, rule: RuleT_contra) -> list[str]:
        """The options in words, for a line that describes the question."""

    # The result

    @abstractmethod
    def scale(self, rule: RuleT_contra, ranking: RankingOf) -> Scale:
        """What the scores of a ranking are drawn on."""

    @abstractmethod
    def value(self, rule: RuleT_contra, value: float) -> str:
        """A number of the scale in words."""

    @abstractmethod
    def counts(self, rule: RuleT_contra, figures: Score, voters: int) -> str:
        """How many gave which mark."""

    @abstractmethod
    def dots(self, rule: RuleT_contra, figures: Score, voters: int) -> Dots:
        """How many speak for an idea and how many do not."""

    @abstractmethod
    def formula(self, rule: RuleT_contra, ranking: RankingOf, figures: Score) -> object:
        """The numbers of an idea as `formula.html` takes them (`numbers`)."""

    def is_known(self, figures: Score) -> bool:
        """Whether an idea has a score."""
        return figures.score is not None

    def bars(self, _rule: RuleT_contra, _figures: Score) -> list[Bar]:
        """The shares of each grade, worst first; empty for other rules."""
        return []

    def estimate(self, rule: RuleT_contra, figures: Score) -> float | None:
        """The value that the interval is about, on the scale: what people gave, unless the rule estimates another."""
        return rule.given(figures.values, figures.score)

    def interval(self, _low: float, _high: float) -> str:
        """What the interval of the first place says, as a sentence, where a sentence can say it; shares 0..1."""
        return ""

    def noticed(self, _rule: RuleT_contra, _ranking: RankingOf) -> list[str]:
        """What else a reader should know before they believe the order."""
        return []

    def comparison(self, _rule: RuleT_contra, _ranking: RankingOf) -> Comparison | None:
        """How other methods count the same ballots."""
        return None

    def given(self, _rule: RuleT_contra, values: Sequence[int]) -> str:
        """What a voter gave in all, in a sentence to them; `values` are those that say something."""
        return ngettext("You voted on %(num)s idea.", "You voted on %(num)s ideas.", len(values))

    def agreed(self, _rule: RuleT_contra, found: Agreement) -> str:
        """How a voter's ballot goes along with the places of the group, in a sentence; "" if nothing can be said."""
        if not found.front or not found.backed:
            return ""
        if found.backed == 1:
            if found.in_front:
                return _("Your favourite has one of the first %(front)s places.", front=found.front)
            return _("Your favourite has none of the first %(front)s places.", front=found.front)
        if not found.in_front:
            return _(
                "None of your %(backed)s favourites has one of the first %(front)s places.",
                backed=found.backed,
                front=found.front,
            )
        return ngettext(
            "Of your %(backed)s favourites, %(num)s has one of the first %(front)s places.",
            "Of your %(backed)s favourites, %(num)s have one of the first %(front)s places.",
            found.in_front,
            backed=found.backed,
            front=found.front,
        )

    # Shared

    def score(self, rule: RuleT_contra, figures: Score) -> str:
        """What people gave, in the rule's own unit."""
        given = rule.given(figures.values, figures.score)
        return UNKNOWN if given is None or not self.is_known(figures) else self.value(rule, given)

    def template(self, part: str) -> str:
        """The path of one of the rule's templates."""
        return f"rules/{self.name}/{part}.html"


def share_scale() -> Scale:
    """From 0 to 100 %."""
    return Scale(0.0, 1.0, [(n / 4, format_percent(n / 4) if n in (0, 4) else format_number(n * 25)) for n in range(5)])


def counting_scale(ranking: RankingOf) -> Scale:
    """Of a sum: from the least to the most that any interval reaches, in round steps, zero among them."""
    ends = [end for r in ranking.places for end in (r.figures.low, r.figures.high, r.figures.score) if end is not None]
    least, most = min([0.0, *ends]), max([1.0, *ends])
    step = _round_step((most - least) / (TICKS - 1))
    first, last = floor(least / step), ceil(most / step)
    width = (last - first) * step
    return Scale(
        first * step,
        last * step,
        [((n - first) * step / width, signed(n * step)) for n in range(first, last + 1)],
    )


def signed(number: int) -> str:
    """With a minus sign, which a hyphen is not."""
    return ("−" if number < 0 else "") + str(format_number(abs(number)))


def judged(deck: Deck) -> str:
    """How far a voter is who judges idea after idea."""
    done = min(deck.judged, deck.goal)
    if not done:
        return ngettext("%(num)s idea waits for your vote.", "%(num)s ideas wait for your vote.", deck.goal)
    if deck.goal == 1:
        return ngettext("You have voted on the only idea.", "You have voted on all %(num)s ideas.", 1)
    return _("You have voted on %(done)s of %(all)s ideas.", done=done, all=deck.goal)


def looked(deck: Deck) -> str:
    """How far somebody is who takes a first look at idea after idea, which is no vote."""
    done = min(deck.judged, deck.goal)
    if not done:
        return ngettext("%(num)s idea waits for your first look.", "%(num)s ideas wait for your first look.", deck.goal)
    return ngettext(
        "You have looked at %(done)s of %(num)s idea.",
        "You have looked at %(done)s of %(num)s ideas.",
        deck.goal,
        done=done,
    )


def backers(figures: Score) -> int:
    """How many gave an idea something."""
    return sum(n for value, n in figures.values.items() if value > 0)


def _round_step(least: float) -> int:
    """The next of 1, 2, 5, 10, 20 … that is at least so large."""
    power = 10 ** floor(log10(max(1.0, least)))
    return int(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= max(1.0, least)))
