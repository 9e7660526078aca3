"""Awards of a closed round: those that are proposed from its order, and those that were given, with their parts."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from ideas import clock, journal, policy
from ideas.drawing import drawn
from ideas.models import (
    BROUGHT,
    Act,
    Anonymity,
    Argument,
    Award,
    AwardClaim,
    AwardPart,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaEdge,
    Participant,
    Round,
)
from ideas.prizes import prize_rules_of
from ideas.queries.rankings import deciding_places
from ideas.voting.awards import Credit, Credits, PartKind, PrizePart, Win, shared, wins

Places = Mapping[int, int]


@dataclass(frozen=True)
class ProposedAward:
    """An award that would be given, with its parts."""

    win: Win
    parts: list[PrizePart]


def order_of(session: Session, round: Round) -> dict[int, int]:
    """`{entry: place}` of the order that decides, best first; empty if nobody voted or scored.

    :raise NotClosed: while the round is open.
    """
    places = deciding_places(session, round)
    says_nothing = round.turnout == 0 and set(places.values()) <= {1}
    return {} if says_nothing else places


def proposed(session: Session, round: Round, places: Places) -> list[ProposedAward]:
    """The awards that follow from the order of a closed round, best first."""
    challenge = round.challenge
    rules = prize_rules_of(challenge)
    tied: dict[int, list[int]] = defaultdict(list)
    for entry, place in places.items():
        tied[place].append(entry)
    draw = partial(drawn, challenge.draw_seed) if challenge.draw_seed else None
    found = wins([tied[place] for place in sorted(tied)], rules.slots, draw)
    credits = credits_of(session, round, [win.entry for win in found])
    return [ProposedAward(win, shared(win.cents, rules.shares, credits[win.entry])) for win in found]


def version_of(session: Session, round: Round, proposals: Sequence[ProposedAward]) -> str:
    """The version of a proposal and of all awards: another one after any change."""
    body = {"latest": last_award(session, round), "proposed": [asdict(proposal) for proposal in proposals]}
    return hashlib.sha256(journal.canonical(body)).hexdigest()[:16]


def last_award(session: Session, round: Round) -> int:
    """The journal number of the latest act on awards of the challenge, 0 for none."""
    of = select(func.max(Award.seq), func.max(Award.withdrawn_seq)).join(Round, Round.id == Award.round_id)
    row = session.execute(of.where(Round.challenge_id == round.challenge_id)).one()
    return max(seq or 0 for seq in row)


def awards_in(session: Session, challenge_id: int) -> list[Award]:
    """All awards of a challenge with their parts, withdrawn ones included, in the order in which they were given."""
    query = select(Award).join(Round, Round.id == Award.round_id).where(Round.challenge_id == challenge_id)
    return list(
        session.scalars(
            query.options(joinedload(Award.parts).joinedload(AwardPart.argument)).order_by(Award.id)
        ).unique()
    )


def part_row(part: PrizePart) -> AwardPart:
    """A part as it is stored."""
    is_argument = part.kind == PartKind.ARGUMENT
    return AwardPart(
        kind=part.kind,
        idea_id=None if is_argument else part.source,
        argument_id=part.source if is_argument else None,
        participant_id=part.person,
        cents=part.cents,
    )


def name_under(session: Session, part_id: int) -> AwardClaim | None:
    """The name that the author of a part typed under its award."""
    query = select(AwardClaim).join(AwardPart, AwardPart.award_id == AwardClaim.award_id)
    return session.scalar(query.where(AwardPart.id == part_id, AwardPart.participant_id == AwardClaim.participant_id))


def version_of_name(claim: AwardClaim) -> int:
    """Another number after each change of the name."""
    return clock.to_ms(claim.claimed_at)


def why_name_removed(session: Session, award: Award) -> str | None:
    """The reason for which a member took a name away from an award, of several the latest; None if nobody did."""
    chain_id = select(Challenge.chain_id).join(Round).where(Round.id == award.round_id).scalar_subquery()
    query = select(Act.reason).where(Act.chain_id == chain_id, Act.handle == award.handle, Act.kind == "unclaim")
    return session.scalar(query.order_by(Act.seq.desc()).limit(1))


# Who is credited


def credits_of(session: Session, round: Round, entry_ids: Collection[int]) -> dict[int, Credits]:
    """`{entry: the authors of its idea, of its parents, and of its decisive arguments}`, as they stand now.

    Ideas that were merged into one count as that one. A parent that is hidden or withdrawn takes no part.
    """
    if not entry_ids:
        return {}
    standing = _standing(session, round)
    own = {entry: standing.cards[entry] for entry in entry_ids}
    ideas = [idea.idea_id for card in own.values() for idea in card]
    edges: dict[int, set[int]] = defaultdict(set)
    for child, parent in session.execute(
        select(IdeaEdge.child_id, IdeaEdge.parent_id).where(IdeaEdge.child_id.in_(ideas))
    ):
        edges[child].add(parent)
    takes = _Takers(session, round.challenge)
    remarks = defaultdict(list)
    decisive = select(Argument).where(Argument.idea_id.in_(ideas), Argument.decisive_seq.is_not(None))
    for argument in session.scalars(decisive.where(Argument.status == EntryStatus.VISIBLE).order_by(Argument.id)):
        remarks[argument.idea_id].append(argument)
    return {
        entry: Credits(
            idea=takes.authors(card),
            parents=[takes.authors(parent) for parent in standing.parents_of(card, edges)],
            arguments=[
                takes.credit(said.id, said.author_id, said.written_at)
                for idea in card
                for said in remarks[idea.idea_id]
            ],
            are_hidden=round.challenge.anonymity == Anonymity.FOR_GOOD,
        )
        for entry, card in own.items()
    }


@dataclass(frozen=True)
class _Standing:
    """`cards`: `{entry: the entries whose authors it credits}`; `roots`: `{idea: the entry that stands for it}`, of the
    latest round in which the idea stands, up to the one of the prize.
    """

    cards: dict[int, list[Entry]]
    roots: dict[int, int]

    def parents_of(self, card: Sequence[Entry], edges: Mapping[int, Iterable[int]]) -> list[list[Entry]]:
        own = {entry.idea_id for entry in card}
        named = {parent for idea in own for parent in edges.get(idea, ())}
        roots = {self.roots[parent] for parent in named - own}
        found = [self.cards[root] for root in sorted(roots)]
        return [parent for parent in found if not own & {entry.idea_id for entry in parent}]


def _standing(session: Session, round: Round) -> _Standing:
    query = select(Entry).join(Round, Round.id == Entry.round_id)
    query = query.where(Round.challenge_id == round.challenge_id, Round.n <= round.n)
    cards: dict[int, list[Entry]] = defaultdict(list)
    roots: dict[int, int] = {}
    for entry in session.scalars(query.order_by(Round.n, Entry.id)):
        is_merged = entry.status == EntryStatus.MERGED
        root = entry.counted_as if is_merged and entry.counted_as else entry.id
        cards[root].append(entry)
        roots[entry.idea_id] = root
    return _Standing(cards, roots)


class _Takers:
    """Who takes part of a prize: neither facilitators nor proxies of what the company brought.

    Where authors are hidden for good, only those count as facilitators who were it when they wrote. Else an owner could
    give somebody the facilitation, and see by the parts which ideas are theirs.
    """

    def __init__(self, session: Session, challenge: Challenge) -> None:
        self._when_written = challenge.anonymity == Anonymity.FOR_GOOD
        since = policy.facilitators_since(session, challenge)
        people = session.execute(
            select(Participant.id, Participant.person_id, Participant.tier).filter_by(challenge_id=challenge.id)
        ).all()
        self._brought = {key for key, _, tier in people if tier in BROUGHT}
        self._since = {key: since[person] for key, person, _ in people if person in since}
        ideas = select(Idea.id, Idea.author_id, Idea.created_at).filter_by(challenge_id=challenge.id)
        self._ideas = {key: (author, at) for key, author, at in session.execute(ideas)}

    def credit(self, source: int, participant_id: int, at: datetime, *, stands: bool = True) -> Credit:
        since = self._since.get(participant_id)
        facilitates = since is not None and (not self._when_written or since <= at)
        takes = stands and not facilitates and participant_id not in self._brought
        return Credit(source, participant_id, takes)

    def authors(self, card: Sequence[Entry]) -> list[Credit]:
        return [self.credit(e.idea_id, *self._ideas[e.idea_id], stands=e.status in CREDITED) for e in card]


CREDITED = (EntryStatus.VISIBLE, EntryStatus.MERGED)


def decisive_marks(session: Session, round: Round) -> dict[int, str]:
    """`{argument: the reason why it was decisive}` for the marked arguments of a challenge."""
    query = select(Argument.id, Argument.decisive_reason).join(Idea, Idea.id == Argument.idea_id)
    marked = query.where(Idea.challenge_id == round.challenge_id, Argument.decisive_seq.is_not(None))
    return dict(session.execute(marked).tuples().all())
