"""All that a person did and got, by challenge: ideas and arguments with what became of them, awards, open questions.

The rows are for that person alone. Nothing of others is in them but what their rooms or results show to them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import CompoundSelect, exists, literal, select, union_all
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from ideas import policy
from ideas.models import (
    PROXIES,
    Activity,
    Argument,
    Award,
    AwardPart,
    Challenge,
    Decision,
    Entry,
    EntryStatus,
    Idea,
    IdeaEdge,
    IdeaVersion,
    Origin,
    Participant,
    Round,
    Stance,
)
from ideas.prizes import prize_names
from ideas.queries.ideas import acts_against, is_answered, is_debated
from ideas.queries.outcomes import ANSWERED, OutcomeRow, outcomes_of_entries
from ideas.queries.pages import ListPage, PageQuery
from ideas.queries.rankings import places_of_rounds
from ideas.queries.rooms import PhaseRow, current_phase, phase_path
from ideas.voting.awards import PartKind


@dataclass(frozen=True)
class MyIdea:
    """An own idea as it stands now, and as the last closed round left it.

    `place` is None outside of a result; `places` is the number of ideas there. `into` is the title of the idea into
    which it was merged, if the room sees that. `grown` ideas grew from it, `merged` ones were merged into it.
    """

    id: int
    title: str
    status: EntryStatus
    sealed: bool
    written_at: datetime
    reason: str
    into: str
    place: int | None
    places: int
    decision: Decision | None
    decision_reason: str
    waits: bool
    grown: int
    merged: int
    asked: Sequence[str]  # the words of questions by others to which nobody else replied


@dataclass(frozen=True)
class MyArgument:
    """An own argument. `about` is the title of its idea, None if that is not visible; `decision` the answer to that.

    `decisive` is the reason for which the organisation named it decisive, None if it did not.
    """

    id: int
    idea_id: int
    stance: Stance
    text: str
    status: EntryStatus
    reason: str
    about: str | None
    decision: Decision | None
    decisive: str | None


@dataclass(frozen=True)
class MyAward:
    """A part of an award that stands; `cents` is None for a part without an amount."""

    id: int
    part_id: int
    prizes: tuple[str, ...]
    kind: PartKind
    cents: int | None


@dataclass(frozen=True)
class MyChallenge:
    """A challenge in which a person takes part, or took part. `closed` are the numbers of its closed rounds."""

    id: int
    slug: str
    title: str
    organisation: str
    language: str
    currency: str
    name: str
    joined_at: datetime
    participant_id: int
    is_here: bool
    is_removed: bool
    is_rehearsal: bool
    phase: PhaseRow
    closed: Sequence[int]
    is_over: bool
    ideas: list[MyIdea] = field(hash=False)
    arguments: list[MyArgument] = field(hash=False)
    awards: list[MyAward] = field(hash=False)


def my_challenges(session: Session, person_id: int, asked: PageQuery) -> ListPage[MyChallenge]:
    """A page of a person's challenges, the one that they joined last first."""
    query = (
        select(Participant)
        .join(Challenge, Challenge.id == Participant.challenge_id)
        .where(
            Participant.person_id == person_id,
            Participant.merged_into.is_(None),
            Participant.tier.not_in(PROXIES),
            Challenge.published_at.is_not(None),
        )
        .order_by(Participant.joined_at.desc(), Participant.id.desc())
    )
    people = list(session.scalars(query))
    number = max(1, min(asked.page, -(-len(people) // asked.size)))
    shown = people[(number - 1) * asked.size : number * asked.size]
    parts = _Parts(session, shown) if shown else None
    rows = [parts.of(person) for person in shown] if parts else []
    return ListPage(rows, PageQuery(asked.size, number), len(people), len(people))


class _Parts:
    """All records of these participants, loaded together."""

    def __init__(self, session: Session, people: Sequence[Participant]) -> None:
        self._people = {person.id: person for person in people}
        challenges = [person.challenge_id for person in people]
        self._rounds = defaultdict[int, list[Round]](list)
        rounds = (
            select(Round)
            .join(Round.challenge)
            .where(Round.challenge_id.in_(challenges))
            .options(
                contains_eager(Round.challenge).joinedload(Challenge.organisation),
                joinedload(Round.phases),
                selectinload(Round.asked),
            )
            .order_by(Round.n)
        )
        for round in session.scalars(rounds).unique():
            self._rounds[round.challenge_id].append(round)
        self._by_id = {round.id: round for of in self._rounds.values() for round in of}
        self._entries = _entries(session, self._people)
        self._into = _roots(session, self._entries)
        self._arguments = _arguments(session, self._people)
        self._stood = {a.id: entry for a, entry in _stood(session, self._arguments, self._rounds)}
        answered = {e.counted_as or e.id for of in self._entries.values() for e in of}
        answered |= {entry.counted_as or entry.id for entry in self._stood.values()}
        self._outcomes = outcomes_of_entries(session, answered) if answered else {}
        gone = [f"idea-{idea}" for idea, of in self._entries.items() if _has_reason(of[-1])]
        gone += [a.handle for a in self._arguments if a.status == EntryStatus.HIDDEN or a.redacted_at]
        self._acts = acts_against(session, None, gone) if gone else {}
        closed = {e.round_id for of in self._entries.values() for e in of if self._by_id[e.round_id].is_closed}
        self._places = places_of_rounds(session, [self._by_id[one] for one in closed]) if closed else {}
        self._grown, self._merged = _kin(session, self._entries)
        self._asked = _open_questions(session, self._entries, self._people)
        self._awards = _awards(session, self._people)

    def of(self, person: Participant) -> MyChallenge:
        rounds = self._rounds[person.challenge_id]
        latest = rounds[-1]
        challenge = latest.challenge
        return MyChallenge(
            id=challenge.id,
            slug=challenge.slug,
            title=challenge.title,
            organisation=challenge.organisation.name,
            language=challenge.language,
            currency=challenge.currency,
            name=person.name,
            joined_at=person.joined_at,
            participant_id=person.id,
            is_here=person.is_here,
            is_removed=person.barred_at is not None,
            is_rehearsal=latest.origin == Origin.REHEARSAL,
            phase=current_phase(latest, phase_path(latest)),
            closed=[round.n for round in rounds if round.is_closed],
            is_over=latest.is_closed,
            ideas=[self._idea(of, latest) for of in self._own_ideas(person)],
            arguments=[self._argument(a, person) for a in self._arguments if a.author_id == person.id],
            awards=[
                MyAward(award.id, part.id, prize_names(challenge, award.prizes), part.kind, part.cents)
                for award, part in self._awards
                if part.participant_id == person.id
            ],
        )

    def _own_ideas(self, person: Participant) -> Iterable[Sequence[Entry]]:
        """The entries of each own idea, by round; the latest idea first."""
        own = {idea: of for idea, of in self._entries.items() if of[-1].idea.author_id == person.id}
        return [own[idea] for idea in sorted(own, reverse=True)]

    def _idea(self, entries: Sequence[Entry], latest: Round) -> MyIdea:
        now = entries[-1]
        closed = [entry for entry in entries if self._by_id[entry.round_id].is_closed]
        stands = closed[-1] if closed and closed[-1].status != EntryStatus.WITHDRAWN else None
        counted = (stands.counted_as or stands.id) if stands else 0
        places = self._places.get(stands.round_id, {}) if stands else {}
        outcome = self._outcomes.get(counted)
        root = self._into.get(now.counted_as or 0)
        version = now.version
        is_settled = self._by_id[now.round_id].is_closed and now.status in ANSWERED and version.redacted_at is None
        may_answer = now.round_id == latest.id and now.shown and policy.permits(latest, Activity.DEBATE)
        return MyIdea(
            id=now.idea_id,
            title="" if version.redacted_at else version.title,
            status=now.status,
            sealed=now.sealed,
            written_at=now.idea.created_at,
            reason=self._reason(f"idea-{now.idea_id}"),
            into=root or "",
            place=places.get(counted),
            places=len(places),
            decision=outcome.decision if outcome else None,
            decision_reason=outcome.reason if outcome else "",
            waits=is_settled and outcome is None,
            grown=self._grown.get(now.idea_id, 0),
            merged=self._merged.get(now.id, 0),
            asked=self._asked.get(now.idea_id, ()) if may_answer else (),
        )

    def _argument(self, argument: Argument, person: Participant) -> MyArgument:
        entry = self._stood.get(argument.id)
        outcome: OutcomeRow | None = self._outcomes.get(entry.counted_as or entry.id) if entry else None
        is_readable = entry is not None and (person.is_here or self._by_id[entry.round_id].is_closed)
        version = entry.version if entry and is_readable else None
        is_decisive = argument.decisive_seq is not None and outcome is not None
        return MyArgument(
            id=argument.id,
            idea_id=argument.idea_id,
            stance=argument.stance,
            text="" if argument.redacted_at else argument.text,
            status=argument.status,
            reason=self._reason(argument.handle),
            about=None if version is None else "" if version.redacted_at else version.title,
            decision=outcome.decision if outcome and is_readable else None,
            decisive=argument.decisive_reason if is_decisive else None,
        )

    def _reason(self, handle: str) -> str:
        return self._acts[handle].reason if handle in self._acts else ""


def _has_reason(entry: Entry) -> bool:
    return entry.status == EntryStatus.HIDDEN or entry.version.redacted_at is not None


def _entries(session: Session, people: Collection[int]) -> dict[int, list[Entry]]:
    """`{own idea: its entries}`, the earliest round first."""
    query = select(Entry).join(Entry.idea).where(Idea.author_id.in_(people)).order_by(Entry.round_id)
    found = defaultdict[int, list[Entry]](list)
    for entry in session.scalars(query.options(contains_eager(Entry.idea), joinedload(Entry.version))):
        found[entry.idea_id].append(entry)
    return dict(found)


def _roots(session: Session, entries: Mapping[int, Sequence[Entry]]) -> dict[int, str]:
    """`{entry that stands for a merged one: its title}`, for those that the room sees."""
    ids = {of[-1].counted_as for of in entries.values() if of[-1].counted_as}
    if not ids:
        return {}
    query = select(Entry.id, IdeaVersion.title).join(IdeaVersion, IdeaVersion.id == Entry.version_id)
    rows = session.execute(query.where(Entry.id.in_(ids), Entry.shown, IdeaVersion.redacted_at.is_(None))).tuples()
    return dict(rows.all())


def _arguments(session: Session, people: Collection[int]) -> list[Argument]:
    """The latest first, without those that their authors withdrew."""
    query = select(Argument).where(Argument.author_id.in_(people), Argument.status != EntryStatus.WITHDRAWN)
    return list(session.scalars(query.order_by(Argument.id.desc())))


def _stood(
    session: Session, arguments: Sequence[Argument], rounds: Mapping[int, Sequence[Round]]
) -> list[tuple[Argument, Entry]]:
    """Each argument with the entry of its idea in the last round that has it, if the room reads arguments there."""
    if not arguments:
        return []
    query = select(Entry).where(Entry.idea_id.in_({a.idea_id for a in arguments}), is_debated())
    query = query.where(Entry.round_id.in_([round.id for of in rounds.values() for round in of]))
    entries = session.scalars(query.options(joinedload(Entry.version)).order_by(Entry.round_id))
    of = {entry.idea_id: entry for entry in entries}
    return [(argument, of[argument.idea_id]) for argument in arguments if argument.idea_id in of]


def _kin(session: Session, entries: Mapping[int, Sequence[Entry]]) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """`{own idea: shown ideas that grew from it}` and `{own entry: ideas that were merged into it}`."""
    if not entries:
        return {}, {}
    own = {of[-1].id for of in entries.values()}
    child = exists().where(Entry.idea_id == IdeaEdge.child_id, Entry.shown)
    edges = select(literal(True).label("grew"), IdeaEdge.parent_id, IdeaEdge.child_id)
    merges = select(literal(False), Entry.counted_as, Entry.id)
    both: CompoundSelect[tuple[bool, int, int]] = union_all(
        edges.where(IdeaEdge.parent_id.in_(list(entries)), child),
        merges.where(Entry.counted_as.in_(own), Entry.status == EntryStatus.MERGED),
    )
    grown, merged = Counter[int](), Counter[int]()
    for grew, of, _ in session.execute(both):
        (grown if grew else merged)[of] += 1
    return grown, merged


def _open_questions(
    session: Session, entries: Mapping[int, Sequence[Entry]], people: Collection[int]
) -> dict[int, list[str]]:
    """`{own idea: questions of others on it to which nobody else replied}`, the earliest first."""
    if not entries:
        return {}
    query = select(Argument.idea_id, Argument.text).where(
        Argument.idea_id.in_(list(entries)),
        Argument.stance == Stance.QUESTION,
        Argument.status == EntryStatus.VISIBLE,
        Argument.redacted_at.is_(None),
        Argument.author_id.not_in(people),
        ~is_answered(Argument, named=True),
    )
    found = defaultdict[int, list[str]](list)
    for idea, words in session.execute(query.order_by(Argument.id)):
        found[idea].append(words)
    return found


def _awards(session: Session, people: Collection[int]) -> list[tuple[Award, AwardPart]]:
    """The parts of awards that stand, the first prize first."""
    query = select(Award, AwardPart).join(AwardPart, AwardPart.award_id == Award.id)
    query = query.where(AwardPart.participant_id.in_(people), Award.withdrawn_seq.is_(None))
    return list(session.execute(query.order_by(Award.id, AwardPart.id)).tuples())
