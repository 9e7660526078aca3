"""Ideas that are like another one, with the words that they share, on top of a list to choose from."""

from collections.abc import Iterable
from dataclasses import dataclass

from ideas.queries.ideas import IdeaRow
from ideas.similarity import shared_words

WORDS_MOST = 4


@dataclass(frozen=True)
class Alike:
    """An idea that is like another one; `words` are those that both have, as it writes them."""

    idea: IdeaRow
    words: tuple[str, ...]


def alike(idea: IdeaRow, others: Iterable[IdeaRow]) -> list[Alike]:
    """The others in their order, without those that share no whole word with the idea."""
    found = [Alike(other, tuple(shared_words(_text(other), _text(idea), WORDS_MOST))) for other in others]
    return [each for each in found if each.words]


def _text(idea: IdeaRow) -> str:
    return f"{idea.title} {idea.text}"
