"""Rooms in which a crowd voted by a given rule: their result pages show everything that a result can hold."""

from itertools import combinations

from ideas.blueprints import QuestionPlan
from ideas.marks import Cast
from ideas.services import ballots
from tests import factories
from tests.factories import Room, Somebody

TITLES = (
    "Boxes that come back",
    "Deposit cups, shared with the neighbours",
    "Bring a bag and pay 20 cents less",
    "Counter paper only on request",
    "Ask suppliers for bulk",
)

RULES = ("approval", "pairs", "points", "grades", "stars", "ranked")

# Parts of the sentences that only the result of a sample has.
UNCERTAINTY = (
    "too few votes",
    "Too few votes",
    "fewer than",
    "ractically",
    "certainty",
    "With other voters",
    "ikely among",
)

Marks = dict[int | tuple[int, int], int]


def voted(rule: str, *more: QuestionPlan, voters: int = 24, **form: object) -> Room:
    """An open room with five ideas that `voters` people judged. The first idea is the best, the last is the worst; the
    second and the third are close. `more` are further questions with the same answers.
    """
    return factories.stocked(lambda: _voted(rule, more, voters, form), "voted", rule, more, voters, **form)


def _voted(rule: str, more: tuple[QuestionPlan, ...], voters: int, form: dict[str, object]) -> Room:
    of = factories.room(questions=(QuestionPlan(rule), *more), **form)
    author = factories.participant(of, "Kranich 5")
    entries = [factories.entry_id(factories.idea(of, author, title)) for title in TITLES]
    people = [factories.participant(of) for _ in range(voters)]
    casts = [
        _cast(of, person, question.id, ballot(question.rule, entries, n))
        for question in of.round.questions
        for n, person in enumerate(people)
    ]
    assert all(answer.ok for answer in ballots.cast_ballots(casts))
    return of


def closed(rule: str, *more: QuestionPlan, voters: int = 24, **form: object) -> Room:
    return factories.stocked(lambda: _closed(rule, more, voters, form), "closed", rule, more, voters, **form)


def _closed(rule: str, more: tuple[QuestionPlan, ...], voters: int, form: dict[str, object]) -> Room:
    of = _voted(rule, more, voters, form)
    factories.close(of)
    return of


def cast(of: Room, person: Somebody, question_id: int, marks: Marks) -> None:
    assert ballots.cast_ballot(_cast(of, person, question_id, marks)).ok


def _cast(of: Room, person: Somebody, question_id: int, marks: Marks) -> Cast:
    return Cast(person.id, of.round_id, factories.op(), factories.op(), 1, marks, question_id)


def ballot(rule: str, entries: list[int], n: int) -> Marks:
    """The marks of the `n`-th person."""
    order = _order(entries, n)
    if rule == "pairs":
        rank = {entry: place for place, entry in enumerate(order)}
        # Everybody compares four of the ten pairs.
        met = [pair for k, pair in enumerate(combinations(sorted(entries), 2)) if (k + n) % 5 < 2]
        return {(one, other): 1 if rank[one] < rank[other] else -1 for one, other in met}
    if rule == "points":
        return {order[0]: 4 + n % 3, order[1]: 3, order[2]: 1}
    if rule == "grades":
        return {entry: max(0, 5 - place - (n + place) % 2) for place, entry in enumerate(order)}
    if rule == "stars":
        return {order[0]: 1, order[1]: 1, order[-1]: -1}
    if rule == "ranked":
        return {entry: place + 1 for place, entry in enumerate(order[:4])}
    return {entry: 1 if place < 2 + n % 2 else -1 for place, entry in enumerate(order)}


def _order(entries: list[int], n: int) -> list[int]:
    """The given order with some swaps: each third person swaps the first two, each second person the next two."""
    order = list(entries)
    if n % 3 == 0:
        order[0], order[1] = order[1], order[0]
    if n % 2 == 0:
        order[1], order[2] = order[2], order[1]
    if n % 7 == 0:
        order[-1], order[0] = order[0], order[-1]
    return order


def group(rule: str, *, people: int = 6, voters: int | None = None, **form: object) -> tuple[Room, list[Somebody]]:
    """An open room in which each of a few people wrote an idea, and they voted on all ideas of the others; only the
    first `voters` of them, if that is given. A moderator looks on and does not vote.
    """
    of = factories.room(questions=(QuestionPlan(rule),), **form)
    factories.participant(of, "Steering", actor=of.owner)
    everybody = [factories.participant(of, f"Person {n + 1}") for n in range(people)]
    entries = [
        factories.entry_id(factories.idea(of, person, f"Idea of person {n + 1}")) for n, person in enumerate(everybody)
    ]
    for person, own in list(zip(everybody, entries, strict=True))[:voters]:
        others = [entry for entry in entries if entry != own]
        marks = whole_ballot(rule, others)
        cast(of, person, of.question_id, marks)
    return of, everybody


def whole_ballot(rule: str, entries: list[int]) -> Marks:
    """The marks of a person for whom an earlier idea is better, on all `entries`."""
    values: dict[str, Marks] = {
        "approval": {entry: -1 if n else 1 for n, entry in enumerate(entries)},
        "pairs": dict.fromkeys(combinations(sorted(entries), 2), 1),
        "points": {entry: 4 - n for n, entry in enumerate(entries[:4])},
        "grades": {entry: max(0, 5 - n) for n, entry in enumerate(entries)},
        "stars": {entries[0]: 1, entries[-1]: -1},
        "ranked": {entry: n + 1 for n, entry in enumerate(entries)},
    }
    return values[rule]
