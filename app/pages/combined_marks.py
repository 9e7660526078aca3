"""What became of a voter's marks on ideas that were merged, in sentences to the voter."""

from collections.abc import Sequence

from flask_babel import gettext as _

from app.platform.rendering import isolated
from app.rules import presenter_of
from ideas.models import Question
from ideas.queries.combined_marks import CombinedMarks


def combined_said(question: Question, combined: Sequence[CombinedMarks]) -> list[str]:
    """One sentence or two for each idea on `question` that stands for others on which they had voted."""
    return [_said(question, each) for each in combined if each.question_id == question.id]


def _said(question: Question, marks: CombinedMarks) -> str:
    stays = _named(marks.title) if marks.title is not None else _("an idea that is no longer visible")
    merged = ", ".join(_named(title) for title in marks.merged)
    if marks.is_both:
        said = _("You voted on %(stays)s and on %(merged)s, which are one idea now.", stays=stays, merged=merged)
        return f"{said} {presenter_of(question.ballot_rule).merging}"
    return _("%(merged)s is part of %(stays)s now. Your vote on it counts there.", stays=stays, merged=merged)


def _named(title: str) -> str:
    return _("“%(title)s”", title=isolated(title)) if title else _("an erased idea")
