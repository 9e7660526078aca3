"""Ideas and arguments as rows for pages and fragments. The rows are neutral: they carry no author id.

`handles_of` lists a participant's own records, and the page marks them by handle.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.database import alias_of
from ideas.journal import chain_of
from ideas.models import (
    STANDS,
    Act,
    Activity,
    Anonymity,
    Argument,
    ArgumentAtClose,
    Decision,
    Entry,
    EntryStatus,
    GoodPoint,
    Idea,
    IdeaEdge,
    IdeaVersion,
    Image,
    Kindness,
    Layout,
    Participant,
    Round,
    Stance,
)
from ideas.queries.floods import HIDE_FLOOD
from ideas.queries.groups import group_shown
from ideas.queries.outcomes import outcomes_of
from ideas.queries.versions import VersionNumbers, number_shown
from ideas.statements import one_of


@dataclass(frozen=True)
class ImageRow:
    id: int
    width: int  # pixels
    height: int


@dataclass(frozen=True)
class MergedRow:
    """An idea that was merged into another one, as the card of that one credits it; `author` as on `IdeaRow`."""

    id: int
    title: str
    text: str
    author: str | None
    by_member: bool
    into_id: int  # the idea that stays
    into_title: str
    into_shown: bool  # the room sees the idea that stays
    direct_id: int  # the idea into which it was merged: that, or one that was merged into it later
    is_credited: bool  # its author did not withdraw it
    arguments: dict[str, int] = field(hash=False)

    @property
    def handle(self) -> str:
        return f"idea-{self.id}"


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
    number: int = 1  # of its version as the room counts them
    is_corrected: bool = False  # a facilitator corrected the author's words
    in_flood: bool = False  # hidden together with other texts of its author, whose name is shown
    # What the organisation decided after the close, and why; None and "" until then.
    outcome: Decision | None = None
    outcome_reason: str = ""
    # The time that may be told: beside the list of people it would tell who wrote a text whose author is hidden.
    told_at: datetime | None = None
    builds_on: bool = False  # it names ideas from which it grew
    merged: tuple[MergedRow, ...] = ()  # the ideas for which it stands, too; `arguments` counts theirs
    stays: MergedRow | None = None  # set if it was merged itself: where it went
    group_id: int | None = None  # the group on whose card it is shown

    @property
    def order(self) -> int:
        """Its position in a list: later ideas come first."""
        return self.id


@dataclass(frozen=True)
class ArgumentRow:
    """An argument and the title of its idea; `reason` as on `IdeaRow`.

    If that idea was merged, `idea_id` is the idea that stays, `written_on` the idea that it is about, and `origin` the
    title of that.
    """

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
    origin: str | None = None
    written_on: int = 0
    reason: str = ""
    challenge_id: int = 0
    in_flood: bool = False  # as on `IdeaRow`
    told_at: datetime | None = None  # as on `IdeaRow`
    is_reportable: bool = False  # the round is open, and the words were not erased
    is_markable: bool = False  # as a good point, in this phase
    points: int | None = None  # how many people find it good; None while counts are sealed
    reply_to: int | None = None  # the argument to which it replies
    replies: tuple["ArgumentRow", ...] = ()  # those that the room sees, the oldest first, as far as they were asked for
    is_answered: bool = False  # somebody else replied; where authors are hidden, anybody
    is_answer: bool = False  # a reply to a question by the author of the idea, or by somebody of the organisation
    is_edited: bool = False
    is_asked_kindly: bool = False  # for kinder words; only its author is told
    # The number of the version, as the room counts, on which it was made; None if that is the present one.
    on_version: int | None = None
    for_idea: bool = False  # the answer of a discussion in turns: it is signed for the idea, whoever gave it

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
    counts, merged = _argument_counts(round, ids), alias_of(Entry, "merged")
    query = (
        select(
            Idea.id,
            Idea.created_at,
            Idea.source_id,
            Entry.id.label("entry_id"),
            func.coalesce(Entry.counted_as, Entry.id).label("answered"),
            Entry.status,
            Entry.sealed,
            Entry.counted_as,
            exists().where(merged.counted_as == Entry.id).label("has_merged"),
            IdeaVersion.n,
            number_shown().label("number"),
            IdeaVersion.title,
            IdeaVersion.text,
            IdeaVersion.image_id,
            IdeaVersion.redacted_at,
            IdeaVersion.is_correction,
            Participant.name.label("author"),
            policy.acts_for(round.challenge.organisation_id),
            Image.width,
            Image.height,
            exists().where(IdeaEdge.child_id == Idea.id).label("builds_on"),
            group_shown(round).label("group_id"),
            *(counts.c[stance] for stance in STANDS),
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
    kin = _merged_in(session, round, named=named) if any(row.has_merged or row.counted_as for row in found) else {}
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
            arguments=_with_those_of(
                {stance: row._mapping[stance.value] or 0 for stance in STANDS}, kin.get(row.entry_id, ())
            ),
            reason=acts.get(f"idea-{row.id}", NO_ACT).reason,
            sealed=row.sealed,
            in_gallery=in_gallery,
            round_id=round_id,
            challenge_id=round.challenge_id,
            in_spotlight=row.id == spotlight_id,
            version=row.n,
            number=row.number,
            is_corrected=row.is_correction,
            in_flood=named and acts.get(f"idea-{row.id}", NO_ACT).in_flood,
            outcome=outcomes[row.answered].decision if row.answered in outcomes else None,
            outcome_reason=outcomes[row.answered].reason if row.answered in outcomes else "",
            told_at=row.created_at if named else None,
            builds_on=row.builds_on,
            merged=tuple(one for one in kin.get(row.entry_id, ()) if one.is_credited),
            stays=next((one for one in kin.get(row.counted_as or 0, ()) if one.id == row.id), None),
            group_id=row.group_id,
        )
        for row in found
    ]


def wordless_rows(session: Session, round: Round, entry_ids: Collection[int]) -> list[IdeaRow]:
    """Rows of these entries of a round that know their ids only: a large round costs one small statement."""
    wanted = set(entry_ids)
    rows = session.execute(select(Entry.id, Entry.idea_id).where(Entry.round_id == round.id)).tuples()
    return [
        IdeaRow(
            id=idea_id,
            entry_id=entry_id,
            handle=f"idea-{idea_id}",
            title="",
            text="",
            image=None,
            author=None,
            by_member=False,
            status=EntryStatus.VISIBLE,
            is_edited=False,
            is_redacted=False,
            written_at=round.closed_at or clock.now(),
            language=round.challenge.language,
            source_id=None,
            arguments={},
            round_id=round.id,
            challenge_id=round.challenge_id,
        )
        for entry_id, idea_id in rows
        if entry_id in wanted
    ]


def _with_those_of(arguments: dict[str, int], merged: Sequence[MergedRow]) -> dict[str, int]:
    return {
        stance: n + sum(one.arguments[stance] for one in merged if one.is_credited) for stance, n in arguments.items()
    }


def _merged_in(session: Session, round: Round, *, named: bool) -> dict[int, list[MergedRow]]:
    """`{entry that stays: the ideas that were merged into it}`, in the order of the merges."""
    counts, kept = _argument_counts(round, None), alias_of(IdeaVersion, "kept")
    root, direct = alias_of(Entry, "root"), alias_of(Entry, "direct")
    rows = session.execute(
        select(Entry.counted_as, Entry.status, Entry.idea_id, IdeaVersion.title, IdeaVersion.text)
        .add_columns(Participant.name, policy.acts_for(round.challenge.organisation_id), root.idea_id.label("into"))
        .add_columns(
            direct.idea_id.label("direct"),
            kept.title.label("into_title"),
            root.shown.label("into_shown"),
            *(counts.c[stance] for stance in STANDS),
        )
        .join_from(Entry, Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Participant, Participant.id == Idea.author_id)
        .join(root, root.id == Entry.counted_as)
        .join(direct, direct.id == Entry.merged_into)
        .join(kept, kept.id == root.version_id)
        .join(counts, counts.c.idea_id == Entry.idea_id, isouter=True)
        .where(Entry.round_id == round.id)
        .order_by(Entry.merged_seq)
    )
    found: dict[int, list[MergedRow]] = {}
    for row in rows:
        one = MergedRow(
            id=row.idea_id,
            title=row.title,
            text=row.text,
            author=row.name if named else None,
            by_member=named and row.acts_for,
            into_id=row.into,
            into_title=row.into_title,
            into_shown=row.into_shown,
            direct_id=row.direct,
            is_credited=row.status == EntryStatus.MERGED,
            arguments={stance: row._mapping[stance.value] or 0 for stance in STANDS},
        )
        found.setdefault(row.counted_as, []).append(one)
    return found


def words_before_correction(session: Session, idea_id: int) -> IdeaVersion | None:
    """The author's own words of an idea that facilitators corrected; None if it shows the author's words."""
    latest = select(IdeaVersion).where(IdeaVersion.idea_id == idea_id).order_by(IdeaVersion.n.desc())
    now, *before = session.scalars(latest)
    if not now.is_correction or now.redacted_at:
        return None
    return next((version for version in before if not version.is_correction), None)


def is_debated() -> ColumnElement[bool]:
    """SQL: whether the room reads the arguments on an `Entry`: it is shown, or part of one that is shown."""
    root = alias_of(Entry, "stays")
    of_shown = exists().where(root.id == Entry.counted_as, root.shown)
    return or_(Entry.shown, and_(Entry.status == EntryStatus.MERGED, of_shown))


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


def is_credited(session: Session, entry_id: int, participant_id: int) -> bool:
    """Whether a participant wrote the idea of an entry, or one that was merged into it."""
    query = select(Entry.id).join(Idea, Idea.id == Entry.idea_id).where(Idea.author_id == participant_id)
    return session.scalar(query.where(or_(Entry.id == entry_id, Entry.counted_as == entry_id)).limit(1)) is not None


def idea_that_stays(session: Session, round_id: int, idea_id: int) -> int | None:
    """The idea that stands for a merged one, if the room sees it; None for any other."""
    root = alias_of(Entry, "root")
    query = select(root.idea_id).join(Entry, Entry.counted_as == root.id)
    return session.scalar(query.where(Entry.round_id == round_id, Entry.idea_id == idea_id, root.shown))


def own_entries(session: Session, round_id: int, author_id: int) -> list[OwnEntry]:
    """The ideas of one participant in a round, without their words."""
    query = select(Entry.idea_id, Entry.status, Entry.sealed).join(Idea, Idea.id == Entry.idea_id)
    rows = session.execute(query.where(Entry.round_id == round_id, Idea.author_id == author_id))
    return [OwnEntry(*row) for row in rows]


def _has_reason(status: EntryStatus, redacted_at: datetime | None) -> bool:
    return status == EntryStatus.HIDDEN or redacted_at is not None


@dataclass(frozen=True)
class RoundMoment:
    """A round as far as the visibility of arguments depends on it."""

    id: int
    closed_at: datetime | None


def status_in(round: Round | RoundMoment, of: type[Argument] = Argument) -> ColumnElement[EntryStatus]:
    """The SQL of the status of an `Argument` in a round: of a closed one, that at its close."""
    if round.closed_at is None:
        return of.status  # type: ignore[return-value]
    then = select(ArgumentAtClose.status).where(
        ArgumentAtClose.argument_id == of.id, ArgumentAtClose.round_id == round.id
    )
    return func.coalesce(then.correlate(of).scalar_subquery(), of.status)


def is_answered(of: type[Argument], *, named: bool) -> ColumnElement[bool]:
    """The SQL of whether somebody else replied to an argument. Where authors are hidden anybody counts: the answer
    would tell which texts are one person's.
    """
    reply = alias_of(Argument, "reply")
    by_others = [reply.author_id != of.author_id] if named else []
    return exists().where(reply.reply_to_id == of.id, reply.status == EntryStatus.VISIBLE, *by_others)


def _points_in(round: Round) -> ColumnElement[int | None]:
    """The SQL of the number of people who find an `Argument` good in a round; NULL while counts are sealed."""
    if not policy.sees_counts(round):
        return null()  # type: ignore[return-value]
    points = select(func.count(GoodPoint.id)).where(
        GoodPoint.round_id == round.id, GoodPoint.argument_id == Argument.id, ~GoodPoint.is_excluded
    )
    return points.correlate(Argument).scalar_subquery()


def _argument_counts(round: Round, ids: Sequence[int] | None) -> Subquery:
    """The number of visible arguments on each idea of a round, or on these ideas, one column per stance."""
    columns = [func.count(case((Argument.stance == stance, 1))).label(stance.value) for stance in STANDS]
    query = select(Argument.idea_id, *columns).join(Entry, Entry.idea_id == Argument.idea_id)
    query = query.where(Entry.round_id == round.id, status_in(round) == EntryStatus.VISIBLE)
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
    root = alias_of(Entry, "root")
    stays = select(root.idea_id).where(root.id == Entry.counted_as).scalar_subquery()
    status = status_in(round)
    named = policy.sees_authors(round.challenge.anonymity, round.is_closed)
    to = alias_of(Argument, "replied_to")
    columns = (Idea.author_id == Argument.author_id, is_answered(Argument, named=named), to.stance, number_shown())
    query: Select[
        tuple[Argument, EntryStatus, str, str, bool, int | None, int | None, bool, bool, Stance | None, int]
    ] = (
        select(Argument, status, Participant.name, IdeaVersion.title)
        .add_columns(policy.acts_for(round.challenge.organisation_id), stays, _points_in(round), *columns)
        .join(Idea, Idea.id == Argument.idea_id)
        .join(to, to.id == Argument.reply_to_id, isouter=True)
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Participant, Participant.id == Argument.author_id)
        .where(Entry.round_id == round.id)
        .order_by(Argument.id)
    )
    if round.closed_at is not None:
        query = query.where(Argument.written_at <= round.closed_at)
    if idea_id is not None:
        own = select(root.id).where(root.round_id == round.id, root.idea_id == idea_id).scalar_subquery()
        query = query.where(
            or_(Argument.idea_id == idea_id, and_(Entry.counted_as == own, Entry.status == EntryStatus.MERGED))
        )
    if ids is not None:
        query = query.where(Argument.id.in_(ids))
    if statuses is not None:
        query = query.where(status.in_(statuses))
        if EntryStatus.HIDDEN not in statuses:
            query = query.where(is_debated(), or_(to.id.is_(None), status_in(round, to) == EntryStatus.VISIBLE))
    found = session.execute(query).all()
    gone = [a.handle for a, status, *_ in found if _has_reason(status, a.redacted_at)]
    acts = acts_against(session, round.challenge_id, gone) if gone else {}
    language, is_open = round.challenge.language, not round.is_closed
    is_debate = policy.permits(round, Activity.DEBATE)
    present = {a.idea_id: number for a, *_, number in found}
    numbers = VersionNumbers(session, [idea for idea, number in present.items() if number > 1])
    made_on = {a.id: numbers.at(a.idea_id, a.written_at) for a, *_ in found}
    return [
        ArgumentRow(
            id=a.id,
            handle=a.handle,
            idea_id=stays or a.idea_id,
            stance=a.stance,
            text=a.text,
            author=name if named and not a.for_idea else None,
            by_member=named and acts_for and not a.for_idea,
            status=status,
            is_redacted=a.redacted_at is not None,
            written_at=a.written_at,
            language=language,
            about=title,
            origin=title if stays else None,
            written_on=a.idea_id,
            challenge_id=round.challenge_id,
            reason=acts.get(a.handle, NO_ACT).reason,
            in_flood=named and not a.for_idea and acts.get(a.handle, NO_ACT).in_flood,
            told_at=a.written_at if named else None,
            is_reportable=is_open and a.redacted_at is None,
            is_markable=is_debate and a.redacted_at is None and a.reply_to_id is None,
            points=points,
            reply_to=a.reply_to_id,
            is_answered=has_answer,
            is_answer=asked == Stance.QUESTION and (by_author or acts_for),
            is_edited=a.edited_at is not None,
            is_asked_kindly=a.kinder == Kindness.ASKED,
            on_version=made_on[a.id] if made_on[a.id] < present[a.idea_id] else None,
            for_idea=a.for_idea,
        )
        for a, status, name, title, acts_for, stays, points, by_author, has_answer, asked, _ in found
    ]


@dataclass
class Said:
    """The arguments on an idea by id, without replies, in the order of writing.

    `wanted` is the argument that was looked for, or the one to which it replies; 0 for none.
    """

    pro: list[int]
    contra: list[int]
    open_questions: list[int]
    answered_questions: list[int]
    wanted: int = 0


def said_on(session: Session, round: Round | RoundMoment, anonymity: Anonymity, idea_id: int, wanted: int = 0) -> Said:
    """The arguments on an idea that the room sees, and those on ideas that were merged into it."""
    named = policy.sees_authors(anonymity, round.closed_at is not None)
    status, root = status_in(round), alias_of(Entry, "root")
    own = select(root.id).where(root.round_id == round.id, root.idea_id == idea_id).scalar_subquery()
    of_idea = or_(Argument.idea_id == idea_id, and_(Entry.counted_as == own, Entry.status == EntryStatus.MERGED))
    linked = alias_of(Argument, "linked")  # a reply stands below its argument
    place = select(func.coalesce(linked.reply_to_id, linked.id)).where(linked.id == wanted).scalar_subquery()
    query = select(Argument.id, Argument.stance, is_answered(Argument, named=named), place if wanted else null())
    query = query.join(Entry, Entry.idea_id == Argument.idea_id)
    query = query.where(Entry.round_id == round.id, of_idea, Argument.reply_to_id.is_(None), is_debated())
    query = query.where(status == EntryStatus.VISIBLE)
    if round.closed_at is not None:
        query = query.where(Argument.written_at <= round.closed_at)
    said = Said([], [], [], [])
    for key, stance, has_answer, place_id in session.execute(query.order_by(Argument.id)).tuples():
        said.wanted = place_id or 0
        questions = said.answered_questions if has_answer else said.open_questions
        {Stance.FOR: said.pro, Stance.AGAINST: said.contra}.get(stance, questions).append(key)
    return said


def rows_with_replies(session: Session, round: Round, ids: Sequence[int]) -> list[ArgumentRow]:
    """These arguments, none of them a reply, with their replies, as the room sees them."""
    either = or_(one_of(session, Argument.id, ids), one_of(session, Argument.reply_to_id, ids))
    rows = argument_rows(session, round, ids=select(Argument.id).where(either))
    replies: dict[int | None, list[ArgumentRow]] = {}
    for row in rows:
        replies.setdefault(row.reply_to, []).append(row)
    return [replace(row, replies=tuple(replies.get(row.id, ()))) for row in replies.get(None, ())]


def with_replies(session: Session, round: Round, rows: Sequence[ArgumentRow]) -> list[ArgumentRow]:
    """These arguments with their replies, as the room sees them."""
    ids = [row.id for row in rows if row.reply_to is None]
    if not ids:
        return list(rows)
    replies = argument_rows(session, round, ids=select(Argument.id).where(one_of(session, Argument.reply_to_id, ids)))
    by_argument: dict[int | None, list[ArgumentRow]] = {}
    for reply in replies:
        by_argument.setdefault(reply.reply_to, []).append(reply)
    return [replace(row, replies=tuple(by_argument.get(row.id, ()))) for row in rows]


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


@dataclass(frozen=True)
class OwnOnIdea:
    """The arguments of a participant on an idea, and those of others there that they find good, by id."""

    said: list[int]
    good: list[int]


def own_on(session: Session, round_id: int, participant: Participant, idea_id: int) -> OwnOnIdea:
    """What a participant said and marked on an idea. Nobody else may see the marks."""
    said = select(literal(False).label("is_good"), Argument.id)
    said = said.where(Argument.idea_id == idea_id, Argument.author_id == participant.id)
    good = select(literal(True), GoodPoint.argument_id).join(Argument, Argument.id == GoodPoint.argument_id)
    good = good.where(GoodPoint.round_id == round_id, GoodPoint.participant_id == participant.id)
    found = OwnOnIdea([], [])
    for is_good, key in session.execute(union_all(said, good.where(Argument.idea_id == idea_id))).tuples():
        (found.good if is_good else found.said).append(key)
    return found


def own_points_in(session: Session, round: Round, participant: Participant) -> list[int]:
    """The ids of the arguments in a round that a participant finds good. Nobody else may see them."""
    query = select(GoodPoint.argument_id).filter_by(round_id=round.id, participant_id=participant.id)
    return list(session.scalars(query.order_by(GoodPoint.argument_id)))


@dataclass(frozen=True)
class VisibleHandles:
    """The handles of ideas and arguments that each audience may receive."""

    room: list[str]
    facilitators: list[str]


def visible_handles_of(session: Session, round: Round, author_id: int | None = None) -> VisibleHandles:
    """The visible handles of a round, or of one author in it: also of the ideas for which theirs were merged.

    A push to a lane that names a handle it may not see answers "gone", and so reveals that the record exists. Lanes
    must get these handles only.
    """
    ideas = select(Entry.idea_id, Entry.shown).where(Entry.round_id == round.id, Entry.sealed == false())
    to = alias_of(Argument, "replied_to")
    is_reached = or_(to.id.is_(None), to.status == EntryStatus.VISIBLE)
    arguments = (
        select(Argument.id, and_(is_debated(), Argument.status == EntryStatus.VISIBLE, is_reached))
        .join(to, to.id == Argument.reply_to_id, isouter=True)
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(Entry.round_id == round.id, Entry.sealed == false())
    )
    if author_id is not None:
        ideas = ideas.join(Idea, Idea.id == Entry.idea_id).where(Idea.author_id == author_id)
        # An answer for an idea shows no name: it must not change with one.
        arguments = arguments.where(Argument.author_id == author_id, Argument.for_idea == false())
    found = [(f"idea-{i}", shown) for i, shown in session.execute(ideas.order_by(Entry.idea_id))]
    found += [(f"argument-{i}", shown) for i, shown in session.execute(arguments.order_by(Argument.id))]
    if author_id is not None:
        root = alias_of(Entry, "root")
        cards = select(root.idea_id).join(Entry, Entry.counted_as == root.id).join(Idea, Idea.id == Entry.idea_id)
        cards = cards.where(Entry.round_id == round.id, Entry.status == EntryStatus.MERGED, root.shown)
        cards = cards.where(Idea.author_id == author_id)
        found += [(f"idea-{i}", True) for i in session.scalars(cards.distinct().order_by(root.idea_id))]
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
        .where(one_of(session, Act.handle, handles), Act.kind.in_(("hide", HIDE_FLOOD, "redact")))
        .where(Act.chain_id == chain_of(challenge_id) if challenge_id else true())
        .order_by(Act.seq)
    )
    return {handle: ActAgainst(reason, kind == HIDE_FLOOD) for handle, reason, kind in rows}
