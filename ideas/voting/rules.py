"""The ballot rules of the product: the permitted marks, the limits of a ballot, and how both are counted.

A rule is a frozen value: its class is the kind of rule, its fields are the options that a question stores. Code outside
`ideas.voting` asks the rule and does not depend on its name; `app.rules` holds the presenter of each rule.

A *subject* is the object of a mark: an entry, or by the rule of pairs an unordered pair of entries, the lower id first.
Every rule takes integers. By every rule except grades, 0 says nothing: it takes back the previous mark.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Protocol, TypeAlias

from ideas.voting import approval, grades, pairs, points, ranked, stars
from ideas.voting.arrays import Floats, Ints, np
from ideas.voting.combining import Given
from ideas.voting.profiles import UNPLACED, Counted, CountingMethod, OrderProfile, PairProfile, Profile, ScoreProfile

Pair: TypeAlias = tuple[int, int]
Subject: TypeAlias = int | Pair

# The permitted numbers of winners that a company looks for.
TOP_RANGE = (1, 100)

# No rule permits a larger mark. Input is checked against this limit before its rule is known.
VALUE_MAX = 1000

# Scales of grades by their length, worst first. A company chooses one of these scales; the edge provides the words.
SCALES = {
    3: ("reject", "acceptable", "good"),
    4: ("reject", "acceptable", "good", "excellent"),
    5: ("reject", "poor", "acceptable", "good", "excellent"),
    6: grades.NAMES,
}

# By most rules a hall is asked one thing: who is for the idea.
FOR_IT = (approval.YES,)

# "Can't say" in the rule of grades. It is a mark, so that the feed does not deal the entry again, but it is no grade.
NO_GRADE = -1


class WrongOptions(ValueError):
    """Options that a rule does not have; `problems` maps a field to a word, as `ideas.errors.Invalid` does."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks on one question, one row each; people and entries count from 0. `versus` is -1 except for pairs."""

    people: int
    entries: int
    participant: Ints
    subject: Ints
    versus: Ints
    value: Ints


@dataclass(frozen=True)
class BallotRule(Protocol):
    """What every rule declares. A class that leaves out a member without a default is a type error at `register`.

    `top`: how many winners the company looks for, for "the chance to be among them".
    """

    top: int = 3

    name: ClassVar[str]
    counting: ClassVar[CountingMethod[Any]]
    # Whether a subject is a pair of entries.
    is_paired: ClassVar[bool]
    # Whether the limit applies to the whole ballot, so that the whole ballot must be known when marks are added.
    is_limited: ClassVar[bool]
    # Whether only its readers judge an entry. Otherwise each voter says something about every entry.
    is_one_by_one: ClassVar[bool]
    # Whether a mark is a place, 1 for the best, and the orders themselves are counted.
    is_ordered: ClassVar[bool]
    # Whether the marks 1, -1 and 0 mean yes, no and skip or the like, so that exports fill these columns.
    has_signed_marks: ClassVar[bool]
    # The values for which a hall raises hands, in order.
    hand_values: ClassVar[tuple[int, ...]]
    # Whether a raised hand means the same as a mark, so that it can be added to the votes.
    adds_hands: ClassVar[bool]
    # Whether the score is not what people gave but an estimate from it, which exports name "smoothed".
    is_smoothed: ClassVar[bool]
    # Whether two marks of a person on one idea can be compared, so that a first look can precede the vote.
    compares_marks: ClassVar[bool] = True
    # What the figures of an export mean, in English.
    figures_note: ClassVar[str]
    # The minimum and maximum of each numeric option; options that are missing here are yes or no.
    ranges: ClassVar[dict[str, tuple[int, int]]] = {}

    def __post_init__(self) -> None:
        if problems := self.problems():
            raise WrongOptions(problems)

    def problems(self) -> dict[str, str]:
        """Problems with the options, `{field: word}`; the constructor refuses them."""
        allowed = {"top": TOP_RANGE} | self.ranges
        found: dict[str, str] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            least, most = allowed.get(field.name, (False, True))
            if type(value) is not type(least):  # True is no number of points
                found[field.name] = "unknown"
            elif not least <= value <= most:
                found[field.name] = "out_of_range"
        return found

    def options(self) -> dict[str, int | bool]:
        """The options in stored form: `rule_of(rule.name, rule.options()) == rule`."""
        return asdict(self)

    @abstractmethod
    def takes(self, value: int) -> bool:
        """Whether `value` is a mark of this rule."""

    def fits(self, values: Iterable[int]) -> bool:
        """Whether a ballot with these marks is within the limits."""
        return True

    @abstractmethod
    def combined(self, marks: Sequence[Given]) -> Given:
        """Of a person's marks on merged entries the one that counts. That on the entry that stays is first."""

    def lessened(self, value: int) -> Iterable[int]:
        """The values that a mark may fall to, the next one first, if the end of a merge leaves too little for it."""
        return (0,)

    def says(self, value: int) -> bool:
        """Whether a mark with this value says something about its subject; "can't say" does, a mark that was taken back
        does not.
        """
        return not self.is_limited or value != 0

    def level(self, value: int) -> int | None:
        """How far a mark speaks for its idea, the more the higher; None if it takes no side or was taken back.

        Of two marks of a person the later one moved up if it is higher, by any rule that `compares_marks`.
        """
        return value if self.says(value) else None

    def backed(self, marks: Mapping[Subject, int]) -> list[Subject]:
        """The subjects that a ballot speaks for most."""
        return [subject for subject, value in marks.items() if value > 0]

    def deals_at_most(self) -> int | None:
        """The number of subjects that the feed deals to one person; None for all."""
        return None

    def given(self, values: Mapping[int, int], score: float | None) -> float | None:
        """What people gave an entry, in the unit of the score; None if nobody gave anything.

        :param values: `{value: number of people}`.
        """
        return score

    def profile(self, marks: Marks) -> Profile:
        """Convert the marks to a profile for counting."""
        return ScoreProfile(
            marks.people, marks.entries, marks.participant, marks.subject, marks.value.astype(np.float64)
        )

    def tally(self, profile: Profile, weights: Floats | None = None, people: float | None = None) -> Counted:
        """Count. `people` is the number of voters, if a row of `profile` stands for many people (`weights`)."""
        return self.counting.tally(profile, weights)


@dataclass(frozen=True)
class Approval(BallotRule):
    """Yes (1), no (-1) or skip (0) on each entry."""

    name: ClassVar[str] = "approval"
    counting: ClassVar[CountingMethod[Any]] = approval
    is_paired: ClassVar[bool] = False
    is_limited: ClassVar[bool] = False
    is_one_by_one: ClassVar[bool] = True
    is_ordered: ClassVar[bool] = False
    has_signed_marks: ClassVar[bool] = True
    hand_values: ClassVar[tuple[int, ...]] = (approval.YES, approval.NO)
    adds_hands: ClassVar[bool] = True
    is_smoothed: ClassVar[bool] = True
    figures_note: ClassVar[str] = (
        "score is the share of yes, yes / (yes + no). smoothed is (yes + 1) / (yes + no + 2), Laplace's rule of "
        "succession. low and high are Wilson's score interval "
        "of yes / (yes + no) at 95 % (Wilson 1927, z = 1.959963984540054, no continuity correction); 0 and 1 where "
        "nobody said yes or no. Places go by low."
    )

    def takes(self, value: int) -> bool:
        return value in approval.VALUES

    def level(self, value: int) -> int | None:
        return value or None  # a skip takes no side

    def combined(self, marks: Sequence[Given]) -> Given:
        return approval.combined(marks)

    def given(self, values: Mapping[int, int], score: float | None) -> float | None:
        return share_of(values)


@dataclass(frozen=True)
class Pairwise(BallotRule):
    """One of two entries: 1 for the first of the pair (the lower id), -1 for the second, 0 for "can't say"."""

    name: ClassVar[str] = "pairs"
    counting: ClassVar[CountingMethod[Any]] = pairs
    is_paired: ClassVar[bool] = True
    is_limited: ClassVar[bool] = False
    is_one_by_one: ClassVar[bool] = True
    is_ordered: ClassVar[bool] = False
    has_signed_marks: ClassVar[bool] = True
    hand_values: ClassVar[tuple[int, ...]] = FOR_IT
    adds_hands: ClassVar[bool] = False
    compares_marks: ClassVar[bool] = False
    is_smoothed: ClassVar[bool] = True
    figures_note: ClassVar[str] = (
        "yes is how often it was chosen, no how often the other was. score is yes / (yes + no). smoothed is the chance "
        "to be chosen over another idea drawn by lot, by the model of Bradley and Terry (1952) with a weak prior; low "
        "and high are its interval at 95 % with people as the unit (Liang and Zeger 1986), empty for fewer than 20 "
        "people. Places go by the strength."
    )

    def takes(self, value: int) -> bool:
        return value in (1, -1, 0)

    def level(self, value: int) -> int | None:
        return None  # an answer is about two ideas

    def combined(self, marks: Sequence[Given]) -> Given:
        return pairs.combined(marks)

    def given(self, values: Mapping[int, int], score: float | None) -> float | None:
        return share_of(values)

    def profile(self, marks: Marks) -> PairProfile:
        return PairProfile(marks.people, marks.entries, marks.participant, marks.subject, marks.versus, marks.value)


@dataclass(frozen=True)
class Points(BallotRule):
    """0 or more points on an entry, within a budget. `quadratic`: v points on one entry cost v * v."""

    name: ClassVar[str] = "points"
    counting: ClassVar[CountingMethod[Any]] = points
    is_paired: ClassVar[bool] = False
    is_limited: ClassVar[bool] = True
    is_one_by_one: ClassVar[bool] = False
    is_ordered: ClassVar[bool] = False
    has_signed_marks: ClassVar[bool] = False
    hand_values: ClassVar[tuple[int, ...]] = FOR_IT
    adds_hands: ClassVar[bool] = False
    is_smoothed: ClassVar[bool] = False
    figures_note: ClassVar[str] = (
        "score is the sum of the points. counts says how many gave how many points. Places go by the sum."
    )
    budget: int = 10
    quadratic: bool = False

    ranges: ClassVar[dict[str, tuple[int, int]]] = {"budget": (1, VALUE_MAX)}

    def takes(self, value: int) -> bool:
        return 0 <= value <= self.budget

    def combined(self, marks: Sequence[Given]) -> Given:
        return points.combined(marks)

    def lessened(self, value: int) -> Iterable[int]:
        return range(value - 1, -1, -1)

    def cost(self, values: Iterable[int]) -> int:
        """The part of the budget that the marks use."""
        return points.quadratic_cost(values) if self.quadratic else points.cost(values)

    def fits(self, values: Iterable[int]) -> bool:
        return self.cost(values) <= self.budget

    def tally(self, profile: Profile, weights: Floats | None = None, people: float | None = None) -> Counted:
        assert isinstance(profile, ScoreProfile)
        return points.tally(profile, weights, people)


@dataclass(frozen=True)
class Grades(BallotRule):
    """A grade for each entry, 0 the worst, from a scale with `steps` grades (`SCALES`); -1 for "can't say"."""

    name: ClassVar[str] = "grades"
    counting: ClassVar[CountingMethod[Any]] = grades
    is_paired: ClassVar[bool] = False
    is_limited: ClassVar[bool] = False
    is_one_by_one: ClassVar[bool] = True
    is_ordered: ClassVar[bool] = False
    has_signed_marks: ClassVar[bool] = False
    hand_values: ClassVar[tuple[int, ...]] = FOR_IT
    adds_hands: ClassVar[bool] = False
    is_smoothed: ClassVar[bool] = False
    figures_note: ClassVar[str] = (
        "counts says how many gave which grade, 0 the worst, -1 for no grade. score is the majority gauge of Balinski "
        "and Laraki (2007). Places go by the majority value."
    )
    steps: int = 6

    ranges: ClassVar[dict[str, tuple[int, int]]] = {"steps": (min(SCALES), max(SCALES))}

    @property
    def scale(self) -> tuple[str, ...]:
        """The grades' words, worst first: `scale[value]`."""
        return SCALES[self.steps]

    def takes(self, value: int) -> bool:
        return NO_GRADE <= value < self.steps

    def level(self, value: int) -> int | None:
        return None if value == NO_GRADE else value

    def combined(self, marks: Sequence[Given]) -> Given:
        return grades.combined(marks)

    def backed(self, marks: Mapping[Subject, int]) -> list[Subject]:
        """Those with the best grade that the ballot gives, unless that is the worst of the scale."""
        best = max(marks.values(), default=0)
        return [subject for subject, value in marks.items() if value == best > 0]

    def profile(self, marks: Marks) -> ScoreProfile:
        given = marks.value != NO_GRADE
        value = marks.value[given].astype(np.float64)
        return ScoreProfile(marks.people, marks.entries, marks.participant[given], marks.subject[given], value)


@dataclass(frozen=True)
class Stars(BallotRule):
    """A star (1) for the best and a lemon (-1) for the worst of the entries that a person is shown, a few of each."""

    name: ClassVar[str] = "stars"
    counting: ClassVar[CountingMethod[Any]] = stars
    is_paired: ClassVar[bool] = False
    is_limited: ClassVar[bool] = True
    is_one_by_one: ClassVar[bool] = False
    is_ordered: ClassVar[bool] = False
    has_signed_marks: ClassVar[bool] = True
    hand_values: ClassVar[tuple[int, ...]] = FOR_IT
    adds_hands: ClassVar[bool] = False
    is_smoothed: ClassVar[bool] = False
    figures_note: ClassVar[str] = (
        "yes is the number of stars, no of lemons. score is stars less lemons. Places go by the score."
    )
    stars: int = 3
    lemons: int = 3
    sample: int = 20  # the number of entries that are dealt to each person

    ranges: ClassVar[dict[str, tuple[int, int]]] = {"stars": (1, 20), "lemons": (0, 20), "sample": (2, 200)}

    def takes(self, value: int) -> bool:
        return value in (stars.STAR, stars.LEMON, 0)

    def combined(self, marks: Sequence[Given]) -> Given:
        return stars.combined(marks)

    def fits(self, values: Iterable[int]) -> bool:
        given = list(values)
        return given.count(stars.STAR) <= self.stars and given.count(stars.LEMON) <= self.lemons

    def deals_at_most(self) -> int:
        return self.sample

    def tally(self, profile: Profile, weights: Floats | None = None, people: float | None = None) -> Counted:
        assert isinstance(profile, ScoreProfile)
        return stars.tally(profile, weights, people)


@dataclass(frozen=True)
class Ranked(BallotRule):
    """The place of an entry, 1 for the best; 0 for none. The number of placed entries is limited; ties are allowed."""

    name: ClassVar[str] = "ranked"
    counting: ClassVar[CountingMethod[Any]] = ranked
    is_paired: ClassVar[bool] = False
    is_limited: ClassVar[bool] = True
    is_one_by_one: ClassVar[bool] = False
    is_ordered: ClassVar[bool] = True
    has_signed_marks: ClassVar[bool] = False
    hand_values: ClassVar[tuple[int, ...]] = FOR_IT
    adds_hands: ClassVar[bool] = False
    is_smoothed: ClassVar[bool] = False
    figures_note: ClassVar[str] = (
        "counts says how many placed it where. score is the mean share of the others placed below it. Places go by "
        "Schulze's method with winning votes (2011)."
    )
    most: int = 10

    ranges: ClassVar[dict[str, tuple[int, int]]] = {"most": (1, 50)}

    def takes(self, value: int) -> bool:
        return 0 <= value <= self.most

    def level(self, value: int) -> int | None:
        return -value if value else None  # a lower place is a better one

    def combined(self, marks: Sequence[Given]) -> Given:
        return ranked.combined(marks)

    def fits(self, values: Iterable[int]) -> bool:
        return sum(value != 0 for value in values) <= self.most

    def profile(self, marks: Marks) -> OrderProfile:
        ranks = np.full((marks.people, marks.entries), UNPLACED, dtype=np.int16)
        placed = marks.value != 0
        ranks[marks.participant[placed], marks.subject[placed]] = marks.value[placed]
        return OrderProfile(ranks)


# The rules on offer, by name, in the order in which a form shows them.
RULES: dict[str, type[BallotRule]] = {}


def register(kind: type[BallotRule]) -> None:
    """Offer a rule."""
    RULES[kind.name] = kind


register(Approval)
register(Pairwise)
register(Points)
register(Grades)
register(Stars)
register(Ranked)

# The first format of a result's body knew one rule only and does not name it.
RULE_OF_FIRST_FORMAT = Approval()


def rule_of(name: str, options: Mapping[str, object]) -> BallotRule:
    """The rule with this name and these options; missing options get their defaults.

    :raise WrongOptions: for an unknown rule or option, or an option out of range.
    """
    kind = RULES.get(name)
    if kind is None:
        raise WrongOptions({"rule": "unknown"})
    strange = options.keys() - {field.name for field in fields(kind)}
    if strange:
        raise WrongOptions(dict.fromkeys(sorted(strange), "unknown"))
    return kind(**options)  # type: ignore[arg-type]


def option_ranges() -> dict[str, tuple[int, int]]:
    """Of each numeric option of every rule, the least and the most."""
    return {"top": TOP_RANGE} | {name: span for kind in RULES.values() for name, span in kind.ranges.items()}


def share_of(values: Mapping[int, int]) -> float | None:
    """The share of 1 among 1 and -1; None if there are none."""
    for_it, against = values.get(1, 0), values.get(-1, 0)
    return for_it / (for_it + against) if for_it + against else None


def key_of(subject: Subject) -> Pair:
    """A subject in the form of the tables: `(entry, 0)` or `(lower, higher)`."""
    return (subject, 0) if isinstance(subject, int) else subject


def subject_of(key: Pair) -> Subject:
    """The subject of a key; the inverse of `key_of`."""
    return key if key[1] else key[0]


def written(subject: Subject) -> str:
    """A subject as text, for the protocol, forms and files: `12`, or `12-15`."""
    one, other = key_of(subject)
    return f"{one}-{other}" if other else str(one)
