"""Ideas and arguments as rows for pages and fragments. The rows are neutral: they carry no author id.

`handles_of` lists a participant's own records, and the page marks them by handle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, Subquery, and_, case, exists, false, func, literal, select, true, union_all
from sqlalchemy.orm import Session

from ideas import policy
from ideas.models import (
    Act,
    Argument,
    Decision,
    Entry,
    EntryStatus,
    Idea,
    IdeaEdge,
    IdeaVersion,
    Image,
    Layout,
    Participant,
    Round,
    Stance,
)
from ideas.queries.floods import HIDE_FLOOD
from ideas.queries.outcomes import outcomes_of


@dataclass(frozen=True)
class ImageRow:
    id: int
    width: int  # pixels
    height: int


@dataclass(frozen=True)
class IdeaRow:
    """An idea in a round. `author` is None if anonymity hides it.

    `reason` is the facilitator's reason for hiding or erasing it, for its author and the facilitators.
    """

    id: int
    entry_id: int
    handle: str
    title: str
    text: str
    image: ImageRow | None
    author: str | None
    by_member: bool  # the author is a member of the organisation, and is named
    status: EntryStatus
    is_edited: bool
    is_redacted: bool
    written_at: datetime
    language: str  # of the challenge
    source_id: str | None
    arguments: dict[str, int] = field(hash=False)  # by stance, visible ones, zero included
    reason: str = ""
    sealed: bool = False
    in_gallery: bool = False  # the gallery shows it as a picture with a title
    round_id: int = 0
    challenge_id: int = 0
    in_spotlight: bool = False  # the spotlight leads every screen to it
    version: int = 1  # the number of its version
    in_flood: bool = False  # hidden together with other texts of its author, whose name is shown
    # What the organisation decided after the close, and why; None and "" until then.
    outcome: Decision | None = None
    outcome_reason: str = ""
    # The time that may be told: beside the list of people it would tell who wrote a text whose author is hidden.
    told_at: datetime | None = None
    builds_on: bool = False  # it names ideas from which it grew

    @property
    def order(self) -> int:
        """Its position in a list: later ideas come first."""
        return self.id


@dataclass(frozen=True)
class ArgumentRow:
    """An argument and the title of its idea; `reason` as on `IdeaRow`."""

    id: int
    handle: str
    idea_id: int
    stance: Stance
    text: str
    author: str | None
    by_member: bool  # as on `IdeaRow`
    status: EntryStatus
    is_redacted: bool
    written_at: datetime
    language: str  # of the challenge
    about: str = ""
    reason: str = ""
    challenge_id: int = 0
    in_flood: bool = False  # as on `IdeaRow`
    told_at: datetime | None = None  # as on `IdeaRow`

    @property
    def order(self) -> int:
        return self.id


def idea_rows(
    session: Session,
    round: Round,
    *,
    ids: Sequence[int] | None = None,
    statuses: Sequence[EntryStatus] | None = None,
    author_id: int | None = None,
) -> list[IdeaRow]:
    """The ideas of a round, latest first; optionally limited to `ids`, to `statuses`, or to one author.

    Sealed ideas are absent, except for a query of one author: only that author may run it.
    """
    counts = _argument_counts(round, ids)
    query = (
        select(
            Idea.id,
            Idea.created_at,
            Idea.source_id,
            Entry.id.label("entry_id"),
            func.coalesce(Entry.counted_as, Entry.id).label("answered"),
            Entry.status,
            Entry.sealed,
            IdeaVersion.n,
            IdeaVersion.title,
            IdeaVersion.text,
            IdeaVersion.image_id,
            IdeaVersion.redacted_at,
            Participant.name.label("author"),
            policy.acts_for(round.challenge.organisation_id),
            Image.width,
            Image.height,
            exists().where(IdeaEdge.child_id == Idea.id).label("builds_on"),
            *(counts.c[stance] for stance in Stance),
        )
        .join_from(Entry, Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Participant, Participant.id == Idea.author_id)
        .join(Image, Image.id == IdeaVersion.image_id, isouter=True)
        .join(counts, counts.c.idea_id == Idea.id, isouter=True)
        .where(Entry.round_id == round.id)
        .order_by(Idea.id.desc())
    )
    if ids is not None:
        query = query.where(Idea.id.in_(ids))
    if statuses is not None:
        query = query.where(Entry.status.in_(statuses))
    if author_id is not None:
        query = query.where(Idea.author_id == author_id)
    else:
        query = query.where(Entry.sealed == false())
    found = session.execute(query).all()
    gone = [f"idea-{row.id}" for row in found if _has_reason(row.status, row.redacted_at)]
    acts = acts_against(session, round.challenge_id, gone) if gone else {}
    outcomes = outcomes_of(session, round.id) if round.is_closed and found else {}
    named = policy.sees_authors(round.challenge.anonymity, round.is_closed)
    in_gallery, spotlight_id, round_id = round.challenge.layout == Layout.GALLERY, round.spotlight_id, round.id
    language = round.challenge.language
    return [
        IdeaRow(
            id=row.id,
            entry_id=row.entry_id,
            handle=f"idea-{row.id}",
            title=row.title,
            text=row.text,
            image=ImageRow(row.image_id, row.width, row.height) if row.image_id else None,
            author=row.author if named else None,
            by_member=named and row.acts_for,
            status=row.status,
            is_edited=row.n > 1,
            is_redacted=row.redacted_at is not None,
            written_at=row.created_at,
            language=language,
            source_id=row.source_id,
            arguments={stance: row._mapping[stance.value] or 0 for stance in Stance},
            reason=acts.get(f"idea-{row.id}", NO_ACT).reason,
            sealed=row.sealed,
            in_gallery=in_gallery,
            round_id=round_id,
            challenge_id=round.challenge_id,
            in_spotlight=row.id == spotlight_id,
            version=row.n,
            in_flood=named and acts.get(f"idea-{row.id}", NO_ACT).in_flood,
            outcome=outcomes[row.answered].decision if row.answered in outcomes else None,
            outcome_reason=outcomes[row.answered].reason if row.answered in outcomes else "",
            told_at=row.created_at if named else None,
            builds_on=row.builds_on,
        )
        for row in found
    ]


@dataclass(frozen=True)
class OwnEntry:
    """A participant's idea as it stands in a round."""

    idea_id: int
    status: EntryStatus
    sealed: bool

    @property
    def is_apart(self) -> bool:
        """Whether the room's list does not show it."""
        return self.sealed or self.status != EntryStatus.VISIBLE


def shown_entry(session: Session, round_id: int, idea_id: int) -> int | None:
    """The entry of an idea that the whole room sees; None for any other."""
    query = select(Entry.id).where(Entry.round_id == round_id, Entry.idea_id == idea_id, Entry.shown)
    return session.scalar(query)


def own_entries(session: Session, round_id: int, author_id: int) -> list[OwnEntry]:
    """The ideas of one participant in a round, without their words."""
    query = select(Entry.idea_id, Entry.status, Entry.sealed).join(Idea, Idea.id == Entry.idea_id)
    rows = session.execute(query.where(Entry.round_id == round_id, Idea.author_id == author_id))
    return [OwnEntry(*row) for row in rows]


def _has_reason(status: EntryStatus, redacted_at: datetime | None) -> bool:
    return status == EntryStatus.HIDDEN or redacted_at is not None


def _argument_counts(round: Round, ids: Sequence[int] | None) -> Subquery:
    """The number of visible arguments on each idea of a round, or on these ideas, one column per stance."""
    columns = [func.count(case((Argument.stance == stance, 1))).label(stance.value) for stance in Stance]
    query = select(Argument.idea_id, *columns).join(Entry, Entry.idea_id == Argument.idea_id)
    query = query.where(Entry.round_id == round.id, Argument.status == EntryStatus.VISIBLE)
    if round.closed_at is not None:
        query = query.where(Argument.written_at <= round.closed_at)
    if ids is not None:
        query = query.where(Argument.idea_id.in_(ids))
    return query.group_by(Argument.idea_id).subquery()


def argument_rows(
    session: Session,
    round: Round,
    *,
    idea_id: int | None = None,
    ids: Sequence[int] | Select[tuple[int]] | None = None,
    statuses: Sequence[EntryStatus] | None = (EntryStatus.VISIBLE,),
) -> list[ArgumentRow]:
    """Arguments on the ideas of a round, oldest first; an argument is visible only if its idea's entry is.

    A closed round has none of those that a later round brought.
    """
    query: Select[tuple[Argument, str, str, bool]] = (
        select(Argument, Participant.name, IdeaVersion.title, policy.acts_for(round.challenge.organisation_id))
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Participant, Participant.id == Argument.author_id)
        .where(Entry.round_id == round.id)
        .order_by(Argument.id)
    )
    if round.closed_at is not None:
        query = query.where(Argument.written_at <= round.closed_at)
    if idea_id is not None:
        query = query.where(Argument.idea_id == idea_id)
    if ids is not None:
        query = query.where(Argument.id.in_(ids))
    if statuses is not None:
        query = query.where(Argument.status.in_(statuses))
        if EntryStatus.HIDDEN not in statuses:
            query = query.where(Entry.shown)
    found = session.execute(query).all()
    gone = [a.handle for a, *_ in found if _has_reason(a.status, a.redacted_at)]
    acts = acts_against(session, round.challenge_id, gone) if gone else {}
    named = policy.sees_authors(round.challenge.anonymity, round.is_closed)
    language = round.challenge.language
    return [
        ArgumentRow(
            id=a.id,
            handle=a.handle,
            idea_id=a.idea_id,
            stance=a.stance,
            text=a.text,
            author=name if named else None,
            by_member=named and acts_for,
            status=a.status,
            is_redacted=a.redacted_at is not None,
            written_at=a.written_at,
            language=language,
            about=title,
            challenge_id=round.challenge_id,
            reason=acts.get(a.handle, NO_ACT).reason,
            in_flood=named and acts.get(a.handle, NO_ACT).in_flood,
            told_at=a.written_at if named else None,
        )
        for a, name, title, acts_for in found
    ]


def excerpts_of(session: Session, round: Round, idea_ids: Sequence[int]) -> dict[int, list[ArgumentRow]]:
    """`{idea: its latest argument for and its latest argument against}`; ideas without either are left out."""
    latest = (
        select(func.max(Argument.id))
        .where(
            Argument.idea_id.in_(idea_ids),
            Argument.status == EntryStatus.VISIBLE,
            Argument.stance.in_((Stance.FOR, Stance.AGAINST)),
        )
        .group_by(Argument.idea_id, Argument.stance)
    )
    found: dict[int, list[ArgumentRow]] = {}
    for row in argument_rows(session, round, ids=latest):
        found.setdefault(row.idea_id, []).append(row)
    return {idea: sorted(rows, key=lambda row: row.stance != Stance.FOR) for idea, rows in found.items()}


def handles_of(session: Session, participant: Participant) -> list[str]:
    """The handles of all records that a participant wrote. Only that participant may see them."""
    ideas = select(literal("idea"), Idea.id).where(Idea.author_id == participant.id)
    arguments = select(literal("argument"), Argument.id).where(Argument.author_id == participant.id)
    rows = session.execute(union_all(ideas, arguments)).tuples()
    return [f"{noun}-{key}" for noun, key in sorted(rows, key=lambda row: (row[0] != "idea", row[1]))]


def own_arguments_on(session: Session, participant: Participant, idea_id: int) -> list[int]:
    """The ids of a participant's arguments on an idea."""
    return list(session.scalars(select(Argument.id).filter_by(idea_id=idea_id, author_id=participant.id)))


@dataclass(frozen=True)
class VisibleHandles:
    """The handles of ideas and arguments that each audience may receive."""

    room: list[str]
    facilitators: list[str]


def visible_handles_of(session: Session, round: Round, author_id: int | None = None) -> VisibleHandles:
    """The visible handles of a round, or of one author in it.

    A push to a lane that names a handle it may not see answers "gone", and so reveals that the record exists. Lanes
    must get these handles only.
    """
    ideas = select(Entry.idea_id, Entry.shown).where(Entry.round_id == round.id, Entry.sealed == false())
    arguments = (
        select(Argument.id, and_(Entry.shown, Argument.status == EntryStatus.VISIBLE))
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(Entry.round_id == round.id, Entry.sealed == false())
    )
    if author_id is not None:
        ideas = ideas.join(Idea, Idea.id == Entry.idea_id).where(Idea.author_id == author_id)
        arguments = arguments.where(Argument.author_id == author_id)
    found = [(f"idea-{i}", shown) for i, shown in session.execute(ideas.order_by(Entry.idea_id))]
    found += [(f"argument-{i}", shown) for i, shown in session.execute(arguments.order_by(Argument.id))]
    return VisibleHandles([handle for handle, shown in found if shown], [handle for handle, _ in found])


@dataclass(frozen=True)
class ActAgainst:
    """The latest act that hid or erased a text: its reason, and whether it hid other texts of the author too."""

    reason: str = ""
    in_flood: bool = False


NO_ACT = ActAgainst()


def acts_against(session: Session, challenge_id: int | None, handles: Sequence[str]) -> dict[str, ActAgainst]:
    """The facilitators' latest act of hiding or erasing each handle.

    `challenge_id` None: the handles belong to several challenges.
    """
    rows = session.execute(
        select(Act.handle, Act.reason, Act.kind)
        .where(Act.handle.in_(handles), Act.kind.in_(("hide", HIDE_FLOOD, "redact")))
        .where(Act.challenge_id == challenge_id if challenge_id else true())
        .order_by(Act.seq)
    )
    return {handle: ActAgainst(reason, kind == HIDE_FLOOD) for handle, reason, kind in rows}
