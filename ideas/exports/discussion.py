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

WHAT_IT_IS = (
    "without_objection: ideas without an argument against them. unanswered: questions to which nobody else replied. "
    "answered_by_organisation: questions with a reply of the organisation; where authors are hidden instead "
    "answered_for_idea: with a reply of the organisation or of the author of the idea. argued: people who argued or "
    "replied; empty if authors are hidden and they are fewer than five."
)


def exported_discussion(session: Session, round: Round) -> dict[str, int | None]:
    """`{figure: n}`; None for a figure that is not told. :raise NotClosed: while the round is open."""
    if not round.is_closed:
        raise NotClosed
    named = policy.sees_authors(round.challenge.anonymity, is_closed=True)
    return _named(discussion_of(session, round), named=named)


def _named(found: Discussion, *, named: bool) -> dict[str, int | None]:
    return {(_ANSWERED[not named] if name == "answered" else name): n for name, n in asdict(found).items()}


def discussion_cells(figures: dict[str, int | None]) -> Iterator[list[str | int | float | None]]:
    """The rows of the table, in the order of `DISCUSSION`."""
    for name, n in figures.items():
        whole = "questions" if name in _ANSWERED else _WHOLES.get(name)
        of = figures[whole] if whole else None
        yield [name, n, of, n / of if n is not None and of else None]
