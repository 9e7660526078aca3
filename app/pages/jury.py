"""The page of a juror: one idea after the other with all criteria, and the list of all."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from sqlalchemy.orm import Session

from app.inputs.jurors import SheetDraft
from app.rules.grades import GRADES
from ideas.models import Challenge, Juror, Question, Round
from ideas.queries.ideas import IdeaRow, idea_rows
from ideas.queries.jurors import SheetRow, sheets_of, shows_ideas
from ideas.voting.rules import NO_GRADE, SCALES


@dataclass(frozen=True)
class CriterionChoice:
    """A criterion as a juror grades it: the grades with their words, the worst first."""

    question: Question
    grades: list[tuple[int, str]]

    @property
    def name(self) -> str:
        return self.question.prompt


@dataclass(frozen=True)
class CriterionLine:
    """A criterion as a page about the jury names it, with its share of the weights, 0..1."""

    name: str
    share: float


def criterion_lines(round: Round) -> list[CriterionLine]:
    total = sum(question.weight for question in round.criteria)
    return [CriterionLine(question.prompt, question.weight / total) for question in round.criteria]


@dataclass(frozen=True)
class Sheet:
    """A juror's idea on the page. `idea` is None in a list that needs no text."""

    row: SheetRow
    idea: IdeaRow

    @property
    def state(self) -> str:
        if self.row.has_conflict:
            return "conflict"
        return "scored" if self.row.is_scored else "open"


@dataclass
class JuryPage:
    """The page of a juror. `wanted`: the entry that was asked for; `is_list`: all ideas instead of one."""

    session: Session
    challenge: Challenge
    round: Round
    juror: Juror
    wanted: int | None = None
    is_list: bool = False
    draft: SheetDraft | None = None

    def read(self) -> Self:
        """Read what the template shows, so that it starts no statement."""
        if self.current is None:
            self.sheets  # noqa: B018 (a cached property)
        return self

    @property
    def is_open(self) -> bool:
        """Whether ideas are shown: in a phase with a vote, and after the close."""
        return shows_ideas(self.round)

    @cached_property
    def rows(self) -> list[SheetRow]:
        return sheets_of(self.session, self.round, self.juror) if self.is_open else []

    @cached_property
    def criteria(self) -> list[CriterionChoice]:
        found = []
        for question in self.round.criteria:
            words = [str(GRADES[grade]) for grade in SCALES[int(question.options["steps"])]]
            found.append(CriterionChoice(question, list(enumerate(words))))
        return found

    @property
    def lines(self) -> list[CriterionLine]:
        return criterion_lines(self.round)

    @property
    def to_score(self) -> list[SheetRow]:
        return [row for row in self.rows if not row.has_conflict]

    @property
    def scored(self) -> int:
        return sum(row.is_scored for row in self.to_score)

    @property
    def is_done(self) -> bool:
        return bool(self.rows) and self.scored == len(self.to_score)

    @cached_property
    def current(self) -> Sheet | None:
        """The idea that was asked for, else the first that is not scored; None where the list is shown."""
        if self.is_list or self.round.is_closed:
            return None
        asked = next((row for row in self.rows if row.entry_id == self.wanted), None)
        row = asked or next((row for row in self.to_score if not row.is_scored), None)
        return self._sheets([row])[0] if row else None

    @property
    def place(self) -> int:
        """The number of the current idea in the juror's order, from 1."""
        return self.rows.index(self.current.row) + 1 if self.current else 0

    @property
    def before(self) -> int | None:
        """The entry before the current one."""
        return self.rows[self.place - 2].entry_id if self.place > 1 else None

    @property
    def after(self) -> int | None:
        """The next entry that is not scored, behind the current one first."""
        if self.current is None:
            return None
        around = [*self.rows[self.place :], *self.rows[: self.place - 1]]
        return next((row.entry_id for row in around if not row.has_conflict and not row.is_scored), None)

    @cached_property
    def sheets(self) -> list[Sheet]:
        """All ideas of the juror, in their order."""
        return self._sheets(self.rows)

    @property
    def shown(self) -> SheetDraft:
        """The sheet as its form shows it: as typed, or as stored."""
        if self.draft or self.current is None:
            return self.draft or SheetDraft()
        return SheetDraft(dict(self.current.row.grades), self.current.row.note)

    def said(self, row: SheetRow) -> list[tuple[str, str]]:
        """`(criterion, the word of the grade)` of what was given; the word is "" for "can't say"."""
        words = {choice.question.id: dict(choice.grades) for choice in self.criteria}
        names = {choice.question.id: choice.name for choice in self.criteria}
        return [
            (names[question], "" if grade == NO_GRADE else words[question].get(grade, ""))
            for question, grade in sorted(row.grades.items())
        ]

    def _sheets(self, rows: list[SheetRow]) -> list[Sheet]:
        ideas = {idea.id: idea for idea in idea_rows(self.session, self.round, ids=[row.idea_id for row in rows])}
        return [Sheet(row, ideas[row.idea_id]) for row in rows if row.idea_id in ideas]
