"""Inputs of the jury: the name of a juror, and the sheet of one idea."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from ideas.models import Question
from ideas.services.scoring import Scores

Form = MultiDict[str, str]


@dataclass(frozen=True)
class SheetDraft:
    """A sheet as its form shows it: `{question: grade}`, the note, and the errors."""

    grades: dict[int, int] = field(default_factory=dict)
    note: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def sheet_in(form: Form, criteria: Sequence[Question]) -> SheetDraft:
    """The sheet as sent. A value that is no grade of its criterion counts as none."""
    grades = {}
    for question in criteria:
        typed = form.get(f"q{question.id}", "")
        grade = int(typed) if typed.lstrip("-").isdecimal() and typed.isascii() and len(typed) < 4 else None
        if grade is not None and question.ballot_rule.takes(grade):
            grades[question.id] = grade
    return SheetDraft(grades, form.get("note", ""))


def scores_of(draft: SheetDraft) -> Scores:
    return Scores(draft.grades, draft.note)
