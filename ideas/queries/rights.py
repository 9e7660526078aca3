"""The words on rights: the version that a person has to agree to, and the one under which each idea was given."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Challenge, Idea, Participant, Rights, RightsConsent, RightsText
from ideas.rights import present_text


@dataclass(frozen=True)
class RightsRow:
    """A version of the words on rights."""

    n: int
    rights: Rights
    words: str


def rights_asked(session: Session, challenge: Challenge, participant: Participant | None) -> RightsRow | None:
    """The version that a participant has to consent to with their next idea; None if there is none, or they did."""
    text = present_text(session, challenge)
    if text is None or participant is None or session.get(RightsConsent, (participant.id, text.id)) is not None:
        return None
    return RightsRow(text.n, text.rights, text.words)


def rights_given(session: Session, idea_ids: Collection[int]) -> dict[int, RightsRow]:
    """`{idea: the version under which it was given}`; ideas whose rights stay with the author are left out."""
    query = select(Idea.id, RightsText.n, RightsText.rights, RightsText.words)
    rows = session.execute(query.join(RightsText, RightsText.id == Idea.rights_text_id).where(Idea.id.in_(idea_ids)))
    return {idea_id: RightsRow(n, rights, words) for idea_id, n, rights, words in rows}


@dataclass(frozen=True)
class RightsOfIdeas:
    """All versions of a challenge, and the one that each idea was given under: `{idea: n}`. Ideas for which nobody had
    to agree are left out. No time is here: the time of a version would narrow down when an idea was written.
    """

    versions: list[RightsRow]
    of: Mapping[int, int]

    def row(self, idea_id: int) -> RightsRow | None:
        n = self.of.get(idea_id)
        return next((row for row in self.versions if row.n == n), None)


def rights_in(session: Session, challenge_id: int) -> RightsOfIdeas:
    """The versions of a challenge with the ideas given under each; in one statement where there is none."""
    texts = select(RightsText).filter_by(challenge_id=challenge_id).order_by(RightsText.n)
    versions = {text.id: RightsRow(text.n, text.rights, text.words) for text in session.scalars(texts)}
    if not versions:
        return RightsOfIdeas([], {})
    given = select(Idea.id, Idea.rights_text_id).where(Idea.rights_text_id.in_(versions))
    of = {idea_id: versions[text_id].n for idea_id, text_id in session.execute(given).tuples() if text_id}
    return RightsOfIdeas(list(versions.values()), of)
