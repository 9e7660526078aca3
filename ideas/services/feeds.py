"""The fair feed: it deals the next subjects to each participant. The exposure ledger records every deal as reads.

A subject is dealt once. A participant who asks again before judging it gets the same subject first.
"""

import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import db, release, require, write_between_reads
from ideas.errors import Barred, Forbidden, NotFound, PhaseForbids, RoundIsClosed
from ideas.exposures import lock_ledger, move_reads
from ideas.models import Entry, Exposure, Mark, Participant, Phase, Question, Reads, Round, Tally
from ideas.offload import run_blocking
from ideas.queries.ballots import OwnVotes, fits_deck, own_votes_of
from ideas.voting import feed, pairs
from ideas.voting.arrays import np
from ideas.voting.profiles import SKIP, PairProfile
from ideas.voting.rules import BallotRule, Pair, Subject, subject_of

# The maximum number of subjects that one call deals.
DEAL_MAX = 200

# Strengths are computed again when the number of answers grew by this share: they only guide the choice of pairs.
STALE = 1.1

# The standard error of an entry without comparisons: that of the prior.
UNKNOWN = (2 * pairs.PRIOR) ** -0.5

# The number of questions whose strengths are cached.
KNOWN_MAX = 100


def deal(actor: Actor, question_id: int, count: int) -> list[Subject]:
    """The next subjects for a participant to judge: first those in the deck, then new ones, at most `count` in all.

    The feed deals no entry of the participant's own, no subject twice, no subject that they marked already, and no
    entry that the room does not see (any more). It writes nothing if the deck is full already.

    :return: entry ids, or pairs `(lower, higher)` by the rule of pairs; the page chooses left and right (`is_turned`).
    :raise NotFound: :raise Forbidden: :raise Barred: :raise RoundIsClosed: :raise PhaseForbids: if there is no vote.
    """
    session = db.session()
    question = _asked(session, question_id)
    round = session.get_one(Round, question.round_id)
    if question not in round.polled:
        raise NotFound
    participant = policy.require_participant(session, actor, round.challenge_id)
    policy.require_permits(round, question.activity)
    votes = fill_deck(actor, question, participant, own_votes_of(session, round, participant), count)
    return [subject_of(key) for key in _deck(votes, question.id)[: max(count, 0)]]


def fill_deck(actor: Actor, question: Question, participant: Participant, votes: OwnVotes, count: int) -> OwnVotes:
    """Deal as `deal` does until `count` subjects lie in the deck, for a page that read `votes` already.

    :return: the votes with the subjects that were dealt.
    :raise Forbidden: :raise Barred: :raise RoundIsClosed: :raise PhaseForbids: if there is no vote any more.
    """
    session, count = db.session(), max(0, min(count, DEAL_MAX))
    round_id, participant_id = question.round_id, participant.id
    while True:
        dealer = _Dealer(actor, question, participant_id, _seed(participant, question.id), votes)
        wanted = dealer.wanted(count)
        if wanted <= 0:
            return votes
        strengths = _strengths(session, question) if dealer.rule.is_paired else None
        try:
            return dealer.deal(wanted, strengths)
        except _Outdated:  # another tab of theirs was faster
            votes = own_votes_of(session, session.get_one(Round, round_id), participant)


def _deck(votes: OwnVotes, question_id: int) -> list[Pair]:
    """The subjects that were dealt and not judged yet, in order."""
    marked = {row.key for row in votes.marks[question_id]}
    return [key for key in votes.dealt[question_id] if key not in marked and fits_deck(key, votes.may)]


def is_turned(participant: Participant, pair: Pair) -> bool:
    """Whether this participant sees the higher id of a pair on the left: by lot, the same at every call."""
    return feed.lot(_seed(participant, 0), *pair) < 0.5


def _asked(session: Session, question_id: int) -> Question:
    return require(session, Question, question_id)


def _seed(participant: Participant, question_id: int) -> int:
    """The seed of a participant's lots on a question; an id does not reveal it."""
    return int.from_bytes(hmac.digest(participant.secret, b"feed:%d" % question_id, "sha256")[:8])


@dataclass(frozen=True)
class _Strengths:
    """The estimated strength of each entry with its error, and the number of answers to each pair."""

    answers: int
    of: Mapping[int, tuple[float, float]]  # {entry: (strength, standard error)}
    pairs: Mapping[Pair, int]

    def at(self, entry: int) -> tuple[float, float]:
        return self.of.get(entry, (0.0, UNKNOWN))


class _Outdated(Exception):
    """The participant was dealt something, or judged something, since their votes were read."""


@dataclass
class _Dealer:
    """Deals one participant's next cards.

    `votes` were read before the transaction, which checks that they still hold.
    """

    actor: Actor
    question: Question
    participant_id: int
    seed: int
    votes: OwnVotes

    @property
    def rule(self) -> BallotRule:
        return self.question.ballot_rule

    @property
    def dealt(self) -> list[Pair]:
        return self.votes.dealt[self.question.id]

    @property
    def marked(self) -> list[Pair]:
        return [row.key for row in self.votes.marks[self.question.id]]

    def wanted(self, count: int) -> int:
        """How many new subjects the deck needs, as far as the rule deals so many."""
        wanted = count - len(_deck(self.votes, self.question.id))
        limit = self.rule.deals_at_most()
        return wanted if limit is None else min(wanted, limit - len(self.dealt))

    def deal(self, wanted: int, strengths: "_Strengths | None") -> OwnVotes:
        """:raise _Outdated: if the votes do not hold any more."""
        question_id = self.question.id
        with write_between_reads() as transaction:
            found, groups = self.reads(transaction.session)
            reads = {entry: n for entry, n in found.items() if entry in self.votes.may}
            apart = feed.Apart(groups, self.dealt[-1][0] if self.dealt else 0)
            seen = {*self.marked, *self.dealt}
            if strengths:
                new = self.pairs(reads, feed.FeedReader(self.seed, (), seen, apart), strengths, wanted)
            else:
                dealt = feed.deal(reads, [key[0] for key in seen], self.seed, wanted, apart)
                new = [(entry, 0) for entry in dealt]
            self.write(transaction.session, new, len(self.dealt))
        return replace(self.votes, dealt={**self.votes.dealt, question_id: [*self.dealt, *new]})

    def reads(self, session: Session) -> tuple[dict[int, int], dict[int, int]]:
        """`{entry: number of deals}` for the shown entries, zero included, and `{entry: group}` of those in a group, if
        the participant may still vote.
        """
        own = {"question_id": self.question.id, "participant_id": self.participant_id}
        lock_ledger(session, [self.question.id])  # so that a deal sees the reads of the previous one
        rows = session.execute(
            select(Phase, Round.closed_at, Participant.barred_at, Participant.left_at, Participant.person_id, Entry.id)
            .add_columns(func.coalesce(Reads.n, 0), Entry.group_id)
            .add_columns(
                *(select(func.count()).select_from(t).filter_by(**own).scalar_subquery() for t in (Exposure, Mark))
            )
            .select_from(Round)
            .outerjoin(Phase, and_(Phase.round_id == Round.id, Phase.position == Round.position))
            .join(Participant, and_(Participant.id == self.participant_id, Participant.merged_into.is_(None)))
            .outerjoin(Entry, and_(Entry.round_id == Round.id, Entry.shown))
            .outerjoin(Reads, and_(Reads.entry_id == Entry.id, Reads.question_id == self.question.id))
            .where(Round.id == self.question.round_id)
            .order_by(Entry.id)
            .execution_options(populate_existing=True)
        ).all()
        if not rows:
            raise Forbidden
        phase, closed_at, barred_at, left_at, person_id, *_, dealt, marked = rows[0]
        if person_id != self.actor.person_id or left_at:
            raise Forbidden
        if barred_at:
            raise Barred
        if closed_at:
            raise RoundIsClosed
        if phase is None or not phase.permits(self.question.activity, clock.now()):  # a lobby has no phase
            raise PhaseForbids
        if (dealt, marked) != (len(self.dealt), len(self.marked)):
            raise _Outdated
        reads = {row[5]: row[6] for row in rows if row[5] is not None}
        return reads, {row[5]: row[7] for row in rows if row[7] is not None}

    def pairs(self, reads: dict[int, int], judge: feed.FeedReader, known: _Strengths, wanted: int) -> list[Pair]:
        seen, found = set(judge.dealt), list[Pair]()
        for _ in range(wanted):
            contenders = [feed.Contender(entry, *known.at(entry), reads=n) for entry, n in reads.items()]
            chosen = feed.deal_pair(contenders, self.rule.top, known.pairs, replace(judge, dealt=seen))
            if chosen is None:
                break
            pair = feed.pair_of(*chosen)
            seen.add(pair)
            found.append(pair)
            for entry in pair:
                reads[entry] += 1
        return found

    def write(self, session: Session, new: list[Pair], turn: int) -> None:
        if not new:
            return
        at, of = clock.now(), {"question_id": self.question.id, "participant_id": self.participant_id}
        rows = [
            {**of, "subject": subject, "versus": versus, "turn": turn + n, "dealt_at": at}
            for n, (subject, versus) in enumerate(new)
        ]
        session.execute(insert(Exposure), rows)
        move_reads(session, self.question.id, Counter(entry for key in new for entry in key if entry))


_known: dict[int, _Strengths] = {}
_knowing = Lock()


def _strengths(session: Session, question: Question) -> _Strengths:
    """The strengths that guide the choice of pairs, from this process's cache if it is recent enough.

    They may be out of date; no count depends on them.
    """
    known = _known.get(question.id)
    of_question = Tally.question_id == question.id
    table = select(Tally.subject, Tally.versus, Tally.value, Tally.n).where(of_question, Tally.n > 0)
    if known:
        answers = select(func.sum(Tally.n)).where(of_question).scalar_subquery()
        table = table.where(or_(answers < known.answers, answers > STALE * known.answers))
    rows = [tuple(row) for row in session.execute(table)]
    if known and not rows:
        return known
    release(session)  # hold no read transaction while the strengths are worked out
    found = run_blocking(_worked_out, sum(n for *_, n in rows), rows) if rows else _Strengths(0, {}, {})
    with _knowing:
        if len(_known) >= KNOWN_MAX:
            _known.clear()
        _known[question.id] = found
    return found


def _worked_out(answers: int, table: list[tuple[int, ...]]) -> _Strengths:
    counted: Counter[Pair] = Counter()
    for one, other, _, n in table:
        counted[one, other] += n
    entries = sorted({entry for pair in counted for entry in pair})
    number = {entry: n for n, entry in enumerate(entries)}
    said = [row for row in table if row[2] != SKIP]
    first, second = (np.array([number[row[side]] for row in said], dtype=np.int64) for side in (0, 1))
    value, times = (np.array([row[column] for row in said], dtype=np.int64) for column in (2, 3))
    # Each row stands for several equal answers; a mark of 1 chooses the first of the pair, as LEFT does.
    form = PairProfile(len(said), len(entries), np.arange(len(said)), first, second, value)
    duels = pairs.duels(form, times.astype(np.float64))
    strength = pairs.fit(duels)
    error = pairs.standard_errors(duels, strength)
    of = {entry: (float(strength[k]), float(error[k])) for entry, k in number.items()}
    return _Strengths(answers, of, counted)
