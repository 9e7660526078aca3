"""How well the discussion of a closed round went, as rows: as the close froze it, without persons and texts."""

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy.orm import Session

from ideas import policy
from ideas.errors import NotClosed
from ideas.models import Round
from ideas.queries.discussion import Discussion, discussion_of

DISCUSSION = ("figure", "n", "of", "share")

# The whole of which a figure is a part.
_WHOLES = {"without_objection": "ideas", "unanswered": "questions", "argued": "people"}
_ANSWERED = ("answered_by_organisation", "answered_for_idea")

# The figures in words, in the language of a table for people; programs get the names.
WORDS = {
    "en": {
        "ideas": "Ideas",
        "without_objection": "Ideas without an objection",
        "arguments": "Arguments",
        "replies": "Replies",
        "questions": "Questions",
        "unanswered": "Unanswered questions",
        "answered_by_organisation": "Questions that the organisation answered",
        "answered_for_idea": "Questions answered for the idea",
        "people": "People",
        "argued": "People who argued",
    },
    "de": {
        "ideas": "Ideen",
        "without_objection": "Ideen ohne Einwand",
        "arguments": "Argumente",
        "replies": "Antworten auf Argumente",
        "questions": "Rückfragen",
        "unanswered": "Unbeantwortete Rückfragen",
        "answered_by_organisation": "Rückfragen, die die Organisation beantwortet hat",
        "answered_for_idea": "Rückfragen, die für die Idee beantwortet wurden",
        "people": "Personen",
        "argued": "Personen, die argumentiert haben",
    },
}

WHAT_IT_IS = (
    "Ideas without an objection: without an argument against them. Unanswered questions: nobody else replied to them. "
    "Questions that the organisation answered: with a reply of the organisation; where authors are hidden instead "
    "questions answered for the idea: with a reply of the organisation or of the author of the idea. People who "
    "argued: who argued or replied; empty if authors are hidden and they are fewer than five."
)


def exported_discussion(session: Session, round: Round) -> dict[str, int | None]:
    """`{figure: n}`; None for a figure that is not told. :raise NotClosed: while the round is open."""
    if not round.is_closed:
        raise NotClosed
    named = policy.sees_authors(round.challenge.anonymity, is_closed=True)
    return _named(discussion_of(session, round), named=named)


def _named(found: Discussion, *, named: bool) -> dict[str, int | None]:
    return {(_ANSWERED[not named] if name == "answered" else name): n for name, n in asdict(found).items()}


def discussion_cells(figures: dict[str, int | None], language: str = "") -> Iterator[list[str | int | float | None]]:
    """The rows of the table, in the order of `DISCUSSION`. `language`: of the words for the figures, a key of `WORDS`;
    '' for their names.
    """
    words = WORDS.get(language, {})
    for name, n in figures.items():
        whole = "questions" if name in _ANSWERED else _WHOLES.get(name)
        of = figures[whole] if whole else None
        yield [words.get(name, name), n, of, n / of if n is not None and of else None]
