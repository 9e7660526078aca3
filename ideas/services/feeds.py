"""The fair feed: it deals the next subjects to each participant. The exposure ledger records every deal as reads.

A subject is dealt once. A participant who asks again before judging it gets the same subject first.
"""

import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import db, require, write
from ideas.exposures import move_reads
from ideas.models import Activity, Exposure, Participant, Question, Round, Tally
from ideas.offload import run_blocking
from ideas.queries.ballots import exposed_to, fits_deck, markable, marked_by, reads_of
from ideas.voting import feed, pairs
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
    count = max(0, min(count, DEAL_MAX))
    strengths = _strengths_for(actor, question_id)
    with write() as transaction:
        session = transaction.session
        # On PostgreSQL the row lock lets a deal see the reads of the previous one; SQLite has a single writer.
        session.execute(select(Question.id).filter_by(id=question_id).with_for_update())
        question = _asked(session, question_id)
        round = session.get_one(Round, question.round_id)
        participant = policy.require_participant(session, actor, round.challenge_id)
        policy.require_permits(round, Activity.VOTE)
        dealer = _Dealer(session, question, question.ballot_rule, round, participant)
        return dealer.deal(count, strengths)


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


@dataclass
class _Dealer:
    """Deals one participant's next cards."""

    session: Session
    question: Question
    rule: BallotRule
    round: Round
    participant: Participant

    def deal(self, count: int, strengths: _Strengths | None) -> list[Subject]:
        may = markable(self.session, self.round, self.participant)
        marked = marked_by(self.session, self.question.id, self.participant.id)
        dealt = exposed_to(self.session, self.question.id, self.participant.id)
        deck = [key for key in dealt if key not in marked and fits_deck(key, may)][:count]
        limit = self.rule.deals_at_most()
        wanted = count - len(deck)
        if limit is not None:
            wanted = min(wanted, limit - len(dealt))
        if wanted <= 0:
            return [subject_of(key) for key in deck]
        reads = {entry: n for entry, n in reads_of(self.session, self.question).items() if entry in may}
        seen = marked.union(dealt)
        seed = _seed(self.participant, self.question.id)
        if strengths:
            new = self.pairs(reads, seen, seed, strengths, wanted)
        else:
            new = [(entry, 0) for entry in feed.deal(reads, [key[0] for key in seen], seed, wanted)]
        self.write(new, len(dealt))
        return [subject_of(key) for key in (*deck, *new)]

    def pairs(self, reads: dict[int, int], seen: set[Pair], seed: int, known: _Strengths, wanted: int) -> list[Pair]:
        seen, found = set(seen), []
        for _ in range(wanted):
            contenders = [feed.Contender(entry, *known.at(entry), reads=n) for entry, n in reads.items()]
            chosen = feed.deal_pair(contenders, self.rule.top, known.pairs, feed.FeedReader(seed, (), seen))
            if chosen is None:
                break
            pair = feed.pair_of(*chosen)
            seen.add(pair)
            found.append(pair)
            for entry in pair:
                reads[entry] += 1
        return found

    def write(self, new: list[Pair], turn: int) -> None:
        if not new:
            return
        at, of = clock.now(), {"question_id": self.question.id, "participant_id": self.participant.id}
        rows = [
            {**of, "subject": subject, "versus": versus, "turn": turn + n, "dealt_at": at}
            for n, (subject, versus) in enumerate(new)
        ]
        self.session.execute(insert(Exposure), rows)
        move_reads(self.session, self.question.id, Counter(entry for key in new for entry in key if entry))


_known: dict[int, _Strengths] = {}
_knowing = Lock()


def _strengths_for(actor: Actor, question_id: int) -> _Strengths | None:
    """The strengths that guide the choice of pairs; None if entries are dealt. Runs before the transaction."""
    session = db.session()
    question = _asked(session, question_id)
    if not question.ballot_rule.is_paired:
        return None
    policy.require_participant(session, actor, session.get_one(Round, question.round_id).challenge_id)
    return _strengths(session, question)


def _strengths(session: Session, question: Question) -> _Strengths:
    """The strengths from the pairs answered so far, from this process's cache if it is recent enough.

    They only guide the choice of pairs, so they may be out of date; no count depends on them.
    """
    answers = session.scalar(select(func.sum(Tally.n)).filter_by(question_id=question.id)) or 0
    known = _known.get(question.id)
    if known and known.answers <= answers <= STALE * known.answers:
        return known
    rows = session.execute(
        select(Tally.subject, Tally.versus, Tally.value, Tally.n).filter_by(question_id=question.id).where(Tally.n > 0)
    )
    table = [tuple(row) for row in rows]
    session.rollback()  # hold no read transaction while the strengths are worked out
    found = run_blocking(_worked_out, answers, table)
    with _knowing:
        if len(_known) >= KNOWN_MAX:
            _known.clear()
        _known[question.id] = found
    return found


def _worked_out(answers: int, table: list[tuple[int, ...]]) -> _Strengths:
    if not table:
        return _Strengths(answers, {}, {})
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
