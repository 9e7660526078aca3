"""The marks of one participant that were combined because ideas were merged, for their eyes only."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select, true, union_all
from sqlalchemy.orm import Session

from ideas import journal
from ideas.database import alias_of
from ideas.models import Entry, IdeaVersion, Mark, MergedMark, Participant, Round


@dataclass(frozen=True)
class CombinedMarks:
    """A participant's marks on a question that count for one idea, since others were merged into it.

    `title` is that of the idea that stays, None if the room does not see it; `merged` are those of the other ideas on
    which they had voted; "" stands for erased words. `is_both`: they had voted on several of these ideas.
    """

    question_id: int
    entry_id: int
    title: str | None
    merged: list[str]
    is_both: bool


def combined_marks(session: Session, round: Round, participant: Participant) -> list[CombinedMarks]:
    """A participant's marks that were combined by the merges that stand, by question, in the order of the entries."""
    ids = [question.id for question in round.polled]
    rules = {question.id: question.ballot_rule for question in round.polled}
    parts = [
        select(table.question_id, subject.label("entry"), table.value).where(
            table.participant_id == participant.id, table.question_id.in_(ids), subject != 0, as_cast
        )
        for table, as_cast in ((MergedMark, true()), (Mark, Mark.client != journal.MERGED))
        for subject in (table.subject, table.versus)
    ]
    cast = union_all(*parts).subquery()
    root, kept = alias_of(Entry, "root"), alias_of(IdeaVersion, "kept")
    rows = session.execute(
        select(cast.c.question_id, cast.c.entry, cast.c.value, IdeaVersion.title)
        .add_columns(root.id.label("root"), root.shown.label("shown"), kept.title.label("into"))
        .join(Entry, Entry.id == cast.c.entry)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(root, root.id == func.coalesce(Entry.counted_as, Entry.id))
        .join(kept, kept.id == root.version_id)
        .order_by(cast.c.question_id, root.id, cast.c.entry)
    )
    families = defaultdict[tuple[int, int], dict[int, str]](dict)
    titles: dict[int, str | None] = {}
    for row in rows:
        if rules[row.question_id].says(row.value):
            families[row.question_id, row.root][row.entry] = row.title
            titles[row.root] = row.into if row.shown else None
    return [
        CombinedMarks(
            question, stays, titles[stays], [title for entry, title in on.items() if entry != stays], len(on) > 1
        )
        for (question, stays), on in families.items()
        if on.keys() - {stays}
    ]
