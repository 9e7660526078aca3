"""Awards as pages show them: the prize, the idea, and who has which part, as far as names may be seen."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, false, or_, select, true
from sqlalchemy.orm import Session

from ideas import policy
from ideas.models import (
    Account,
    Act,
    Anonymity,
    Argument,
    Award,
    AwardClaim,
    AwardPart,
    Challenge,
    Entry,
    IdeaVersion,
    Participant,
    Round,
)
from ideas.prizes import prize_names
from ideas.queries.awards import ProposedAward, awards_in, part_row
from ideas.voting.awards import PartKind


class Holder(StrEnum):
    """How the holder of a part is shown."""

    NAMED = "named"
    CLAIMED = "claimed"  # authors are hidden for good, and this one typed a name
    HIDDEN = "hidden"
    NOT_CLAIMABLE = "not_claimable"  # the person erased themselves
    FORGOTTEN = "forgotten"  # all names of the challenge were deleted after its time
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class AwardPartRow:
    """A part of an award. `title` is that of its idea, `words` and `reason` those of a decisive argument; "" for erased
    ones. `name` is "" unless it may be seen.
    """

    id: int
    kind: PartKind
    holder: Holder
    name: str
    title: str
    words: str
    reason: str
    cents: int | None
    is_mine: bool = False

    @property
    def has_certificate(self) -> bool:
        return self.holder in (Holder.NAMED, Holder.CLAIMED, Holder.HIDDEN)


@dataclass(frozen=True)
class AwardAct:
    """An act on an award: when, by whom and why. `by` is None if that is not known any more."""

    at: datetime
    by: str | None
    reason: str


@dataclass(frozen=True)
class AwardRow:
    """An award with its parts. `given` and `ended` are set by `with_acts`; `is_replaced`: its prize was given anew."""

    id: int
    handle: str
    round_id: int
    prizes: tuple[str, ...]
    cents: int | None
    is_shared: bool
    is_drawn: bool
    entry_id: int
    idea_id: int
    title: str
    language: str
    parts: tuple[AwardPartRow, ...]
    seq: int
    withdrawn_seq: int | None
    given: AwardAct | None = None
    ended: AwardAct | None = None
    is_replaced: bool = False

    @property
    def is_mine(self) -> bool:
        return any(part.is_mine for part in self.parts)

    @property
    def stands(self) -> bool:
        return self.withdrawn_seq is None

    @property
    def has_family(self) -> bool:
        """Whether it has other parts than those of the idea's authors."""
        return any(part.kind != PartKind.IDEA for part in self.parts) or len(self.parts) > 1


def award_rows(session: Session, challenge: Challenge, viewer: Participant | None = None) -> list[AwardRow]:
    """All awards of a challenge, in the order of the prizes, withdrawn ones included."""
    awards = awards_in(session, challenge.id)
    return _rows(session, challenge, awards, viewer) if awards else []


def _rows(
    session: Session, challenge: Challenge, awards: Sequence[Award], viewer: Participant | None
) -> list[AwardRow]:
    titles, people = _titles(session, awards), _people(session, challenge, awards)
    said = _arguments(session, awards)
    replaced = {award.replaces_id for award in awards}
    rows = [
        AwardRow(
            id=award.id,
            handle=award.handle,
            round_id=award.round_id,
            prizes=prize_names(challenge, award.prizes),
            cents=award.cents,
            is_shared=award.is_shared,
            is_drawn=award.is_drawn,
            entry_id=award.entry_id,
            idea_id=titles.idea_of[award.entry_id],
            title=titles.title(titles.idea_of[award.entry_id], award.round_id),
            language=challenge.language,
            parts=tuple(_part(part, award.round_id, people, titles, said, viewer) for part in award.parts),
            seq=award.seq,
            withdrawn_seq=award.withdrawn_seq,
            is_replaced=award.id in replaced,
        )
        for award in sorted(awards, key=lambda award: (award.prizes, award.id))
    ]
    latest = max((award.seq for award in awards if award.replaces_id is None), default=0)
    # Those that were given together before all were given anew have no prize left.
    past = {award.id for award in awards if _is_past(award, latest)}
    return [replace(row, is_replaced=row.is_replaced or row.id in past) for row in rows]


def _is_past(award: Award, latest: int) -> bool:
    return award.withdrawn_seq is not None and award.withdrawn_seq < latest


@dataclass(frozen=True)
class _Titles:
    """`idea_of`: `{entry: idea}`; `of`: `{idea: {round: title}}`, the first round first, "" for an erased one."""

    idea_of: Mapping[int, int]
    of: Mapping[int, Mapping[int, str]]

    def title(self, idea_id: int, round_id: int) -> str:
        """The title of an idea as it stood in that round, or in the latest one before it. What its author wrote in a
        later round may be sealed there.
        """
        stood = [title for of, title in self.of.get(idea_id, {}).items() if of <= round_id]
        return stood[-1] if stood else ""


def _titles(session: Session, awards: Sequence[Award]) -> _Titles:
    won = select(Entry.idea_id).where(Entry.id.in_({award.entry_id for award in awards}))
    ideas = {part.idea_id for award in awards for part in award.parts if part.idea_id}
    query = select(Entry.id, Entry.idea_id, Entry.round_id, IdeaVersion.title)
    query = query.join(IdeaVersion, IdeaVersion.id == Entry.version_id)
    rows = session.execute(query.where(or_(Entry.idea_id.in_(won), Entry.idea_id.in_(ideas))).order_by(Entry.round_id))
    idea_of, of = dict[int, int](), defaultdict[int, dict[int, str]](dict)
    for entry, idea, round_id, title in rows:
        idea_of[entry], of[idea][round_id] = idea, title
    return _Titles(idea_of, of)


@dataclass(frozen=True)
class _Holding:
    """`name` is "" for somebody whose name was erased."""

    name: str
    claims: dict[int, str]  # `{award: the typed name}`


@dataclass(frozen=True)
class _Holdings:
    by_id: Mapping[int, _Holding]
    are_named: bool
    are_forgotten: bool


def _people(session: Session, challenge: Challenge, awards: Sequence[Award]) -> _Holdings:
    """Names follow the round of the awards, which is closed, as on its result; a next round hides its own."""
    ids = {part.participant_id for award in awards for part in award.parts if part.participant_id}
    query = select(Participant.id, Participant.name, AwardClaim.award_id, AwardClaim.name)
    is_shown = true() if challenge.anonymity == Anonymity.FOR_GOOD else false()
    claimed = and_(AwardClaim.participant_id == Participant.id, is_shown)
    found = dict[int, _Holding]()
    for key, name, award, typed in session.execute(query.outerjoin(AwardClaim, claimed).where(Participant.id.in_(ids))):
        holding = found.setdefault(key, _Holding(name, {}))
        if award is not None:
            holding.claims[award] = typed
    return _Holdings(
        found,
        policy.sees_authors(challenge.anonymity, is_closed=True),
        challenge.anonymised_at is not None,
    )


def _arguments(session: Session, awards: Sequence[Award]) -> dict[int, Argument]:
    """Parts that are stored bring their argument along; those that are proposed do not."""
    parts = [part for award in awards for part in award.parts]
    known = {part.argument.id: part.argument for part in parts if part.argument}
    ids = {part.argument_id for part in parts if part.argument_id} - known.keys()
    return known | ({a.id: a for a in session.scalars(select(Argument).where(Argument.id.in_(ids)))} if ids else {})


def with_acts(session: Session, challenge: Challenge, rows: Sequence[AwardRow]) -> list[AwardRow]:
    """The awards with who gave and withdrew them, when and why."""
    numbers = {seq for row in rows for seq in (row.seq, row.withdrawn_seq) if seq}
    query = select(Act.seq, Act.at, Account.shown_name, Act.reason).outerjoin(Account, Account.id == Act.account_id)
    found = session.execute(query.where(Act.chain_id == challenge.chain_id, Act.seq.in_(numbers)))
    acts = {seq: AwardAct(at, by, reason) for seq, at, by, reason in found}
    unknown = AwardAct(challenge.created_at, None, "")
    return [
        replace(
            row,
            given=acts.get(row.seq),
            ended=acts.get(row.withdrawn_seq, unknown) if row.withdrawn_seq else None,
        )
        for row in rows
    ]


def _part(
    part: AwardPart,
    round_id: int,
    people: _Holdings,
    titles: _Titles,
    said: Mapping[int, Argument],
    viewer: Participant | None,
) -> AwardPartRow:
    argument = said.get(part.argument_id or 0)
    title = titles.title(part.idea_id or 0, round_id)
    is_erased = not (argument.text if argument else title)
    holder, name = _holder(part, people, is_erased=is_erased)
    return AwardPartRow(
        id=part.id,
        kind=part.kind,
        holder=holder,
        name=name,
        title=title,
        words=argument.text if argument else "",
        reason=argument.decisive_reason if argument else "",
        cents=part.cents,
        is_mine=viewer is not None and part.participant_id == viewer.id,
    )


def _holder(part: AwardPart, people: _Holdings, *, is_erased: bool) -> tuple[Holder, str]:
    """Where authors are hidden, a person who left is not told from the others before the words are erased as well: a
    part that changes when somebody goes would tell whose it is.
    """
    if part.participant_id is None:
        return Holder.ORGANISATION, ""
    person = people.by_id[part.participant_id]
    if people.are_forgotten:
        return Holder.FORGOTTEN, ""
    if part.award_id in person.claims:
        return Holder.CLAIMED, person.claims[part.award_id]
    if not person.name and (people.are_named or is_erased):
        return Holder.NOT_CLAIMABLE, ""
    return (Holder.NAMED, person.name) if people.are_named else (Holder.HIDDEN, "")


def proposal_rows(session: Session, round: Round, proposals: Sequence[ProposedAward]) -> list[AwardRow]:
    """Awards that would be given, as the same rows; nothing is stored. Their ids are 0."""
    awards = [
        Award(
            id=0,
            round_id=round.id,
            entry_id=of.win.entry,
            prizes=list(of.win.prizes),
            cents=of.win.cents,
            is_shared=of.win.is_shared,
            is_drawn=of.win.is_drawn,
            seq=0,
            parts=[part_row(part) for part in of.parts],
        )
        for of in proposals
    ]
    return _rows(session, round.challenge, awards, None) if awards else []
