"""Rounds that a crowd and a jury decide: the votes, and grades from seats that no juror holds."""

from ideas.blueprints import CriterionPlan
from ideas.database import write
from ideas.marks import Cast
from ideas.models import Tier
from ideas.people import new_participant, new_person
from ideas.services.ballots import cast_ballot
from tests import factories
from tests.factories import Room

CRITERIA = (CriterionPlan("Useful?", 2), CriterionPlan("Doable?"))

# The grades of each idea on the two criteria, one of each juror; the crowd likes the first idea best, then the next.
AGREEING = (((4, 4, 3), (4, 4, 4)), ((3, 3, 3), (3, 2, 3)), ((1, 2, 2), (2, 2, 2)), ((0, 1, 0), (1, 1, 0)))
DISAGREEING = (((0, 1, 0), (1, 0, 1)), ((3, 3, 3), (3, 2, 3)), ((1, 2, 2), (2, 2, 2)), ((4, 4, 4), (4, 4, 3)))
# No idea has the grades of two jurors on both criteria.
TOO_FEW = (((4,), (4,)), ((3, 3), (3,)), ((), ()), ((0,), ()))

# Two jurors, of whom only the median is told, and a tie.
TWO = (((4, 1), (4, 4)), ((3, 2), (4, 4)), ((1, 2), (-1, 2)), ((0, 0), (1, 1)))

JURIES = {"agreeing": AGREEING, "disagreeing": DISAGREEING, "too few": TOO_FEW, "two": TWO}

TITLES = ("Bring your own box", "A bin for bread", "Smaller plates", "A swap shelf")


def seats(room: Room, many: int) -> list[int]:
    """The seats of so many jurors: participants that are no people in the room."""
    with write() as transaction:
        made = [
            new_participant(room.id, new_person(transaction.session).id, factories.op()[:30], Tier.JURY)
            for _ in range(many)
        ]
        transaction.session.add_all(made)
        transaction.session.flush()
        return [seat.id for seat in made]


def grade(room: Room, seat: int, question: int, marks: dict[int, int]) -> None:
    """One juror's grades on a criterion."""
    if marks:
        assert cast_ballot(Cast(seat, room.round_id, factories.op(), "tab", 1, marks, question)).ok


def scored(room: Room, entries: list[int], grades: tuple[tuple[tuple[int, ...], ...], ...]) -> list[int]:
    """Let a jury grade: `grades[idea][criterion][juror]`. :return: the seats."""
    jury = seats(room, max((len(given) for of in grades for given in of), default=0))
    for n, criterion in enumerate(room.round.criteria):
        for k, seat in enumerate(jury):
            marks = {entry: of[n][k] for entry, of in zip(entries, grades, strict=True) if k < len(of[n])}
            grade(room, seat, criterion.id, marks)
    return jury


def voted(grades: tuple[tuple[tuple[int, ...], ...], ...], percent: int, **form: object) -> Room:
    """An open room with ideas that six people voted on, the first one the best, and that a jury graded."""
    return factories.stocked(lambda: _voted(grades, percent, form), "jury voted", grades, percent, **form)


def _voted(grades: tuple[tuple[tuple[int, ...], ...], ...], percent: int, form: dict[str, object]) -> Room:
    room = factories.room(criteria=CRITERIA, jury_percent=percent, **form)
    author, people = factories.participant(room), [factories.participant(room) for _ in range(6)]
    ideas = [factories.idea(room, author, title) for title in TITLES[: len(grades)]]
    for k, person in enumerate(people):
        marks = {idea: 1 if k < 6 - n else -1 for n, idea in enumerate(ideas)}
        factories.mark(room, person, marks, question_id=room.question_id)
    scored(room, [factories.entry_id(idea) for idea in ideas], grades)
    return room


def closed(grades: tuple[tuple[tuple[int, ...], ...], ...], percent: int, **form: object) -> Room:
    return factories.stocked(lambda: _closed(grades, percent, form), "jury closed", grades, percent, **form)


def _closed(grades: tuple[tuple[tuple[int, ...], ...], ...], percent: int, form: dict[str, object]) -> Room:
    room = _voted(grades, percent, form)
    factories.close(room)
    return room
