"""The board on which facilitators group the ideas of a round: its groups, a page of the other ideas, and proposals."""

from collections import Counter
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import policy
from ideas.models import Entry, IdeaVersion, Round
from ideas.queries.groups import GroupedIdea, GroupRow, group_rows, stands_alone
from ideas.queries.likeness import index_of
from ideas.queries.pages import ListPage, PageQuery
from ideas.similarity import groups_among, shared_words

# Among more ideas than this, only the latest ones are looked through.
LOOKED_THROUGH = 200

PROPOSED = 12


@dataclass(frozen=True)
class Proposal:
    """Ideas that might be a group, and the words that they share."""

    ideas: tuple[GroupedIdea, ...]
    words: tuple[str, ...]

    @property
    def ids(self) -> list[int]:
        return [idea.id for idea in self.ideas]


@dataclass(frozen=True)
class GroupBoard:
    """The groups, the ideas that stand alone, the latest first, and proposals among the latest of them."""

    groups: list[GroupRow]
    alone: ListPage[GroupedIdea]
    proposals: list[Proposal]


def group_board(session: Session, round: Round, asked: PageQuery) -> GroupBoard:
    """The board with the asked page of the ideas that stand alone. Everything is empty while groups are hidden."""
    if policy.hides_groups(round):
        return GroupBoard([], ListPage([], asked, 0, 0), [])
    query = (
        select(Entry.idea_id, IdeaVersion.title, IdeaVersion.text)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id == round.id, Entry.shown, stands_alone(round), IdeaVersion.redacted_at.is_(None))
        .order_by(Entry.idea_id.desc())
    )
    texts = {idea_id: (title, text) for idea_id, title, text in session.execute(query)}
    language = round.challenge.language
    alone = {idea_id: GroupedIdea(idea_id, title, language) for idea_id, (title, _) in texts.items()}
    latest = dict(list(texts.items())[:LOOKED_THROUGH])
    found = [
        Proposal(tuple(alone[i] for i in group), _shared_by([" ".join(texts[i]) for i in group]))
        for group in groups_among(index_of(session, round), latest)[:PROPOSED]
    ]
    wanted = [alone[idea_id] for idea_id, words in texts.items() if not asked.search or asked.finds(words)]
    return GroupBoard(group_rows(session, round), _cut(wanted, asked, len(alone)), found)


def _cut(found: list[GroupedIdea], asked: PageQuery, all: int) -> ListPage[GroupedIdea]:
    """The asked page; the last one if the list has become shorter."""
    asked = replace(asked, page=max(1, min(asked.page, -(-len(found) // asked.size))))
    start = (asked.page - 1) * asked.size
    return ListPage(found[start : start + asked.size], asked, len(found), all)


def _shared_by(texts: list[str]) -> tuple[str, ...]:
    """The words of the first text that most of the others have, too."""
    first, *others = texts
    counts = Counter(word for other in others for word in shared_words(first, other))
    return tuple(word for word, n in counts.most_common(4) if 2 * n >= len(others))
