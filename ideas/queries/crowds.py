"""A running vote as far as its readiness needs it: all ballots, or a random sample of voters and the counters.

This module checks no permission, and what it reads says how people voted: only the worker that measures readiness reads
it, and no page shows it.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas.models import Ballot, Question, Tally
from ideas.queries.counts import marks_by_person
from ideas.voting.arrays import Ints, np
from ideas.voting.readiness import Crowd
from ideas.voting.scores import Counts, profile_of
from ideas.voting.uncertainty import voters

# Up to so many marks, all ballots are read: a tenth of a second of CPU. The counters of pairs are nearly as many as
# their answers.
MARKS_READ, TALLIES_READ = 200_000, 20_000


def crowd_of(session: Session, question: Question, entries: Sequence[int], seed: int) -> Crowd:
    """The vote on a question, with `entries` in ascending order.

    Above `MARKS_READ` marks, a sample of voters is drawn by the seed, the same for the same seed. The counters then
    tell the sums of everybody. By the rule that counts orders there are none, and of pairs there may be too many: the
    sample then stands for all.
    """
    rule, (marks, tallies) = question.ballot_rule, _sizes_of(session, question)
    if marks <= MARKS_READ:
        return Crowd.of_everybody(rule.profile(marks_by_person(session, question, entries).marks))
    everybody = _voters_of(session, question)
    who = _drawn(everybody, MARKS_READ * len(everybody) // marks, seed)
    sample = rule.profile(marks_by_person(session, question, entries, who.tolist()).marks)
    read = len(voters(sample))
    # A ballot that says nothing any more is no voter's, so the sample also tells how many are.
    people = max(read, round(len(everybody) * read / len(who)))
    if rule.is_ordered or tallies > TALLIES_READ:
        return Crowd(sample, sample, np.ones(sample.people), read, people, people if rule.is_ordered else marks)
    whole, numbers = profile_of(rule, entries, Counts(people, _tallies_of(session, question)))
    return Crowd(sample, whole, numbers, people, people, marks)


def marks_on_each(session: Session, question: Question, entries: Sequence[int]) -> Ints:
    """`[entry]`: the number of people with any mark on it, "can't say" included; of pairs, the number of answers."""
    found = Counter[int]()
    for of in (Tally.subject, Tally.versus):
        query = select(of, func.sum(Tally.n)).where(Tally.question_id == question.id, of != 0).group_by(of)
        found.update(dict(session.execute(query).tuples().all()))
    return np.array([int(found[entry]) for entry in entries], dtype=np.int64)


def _sizes_of(session: Session, question: Question) -> tuple[int, int]:
    """The numbers of marks, those that were taken back included, and of counters."""
    query = select(func.coalesce(func.sum(Tally.n), 0), func.count()).where(Tally.question_id == question.id)
    marks, tallies = session.execute(query).one()
    return int(marks), tallies


def _voters_of(session: Session, question: Question) -> Ints:
    query = select(Ballot.participant_id).filter_by(question_id=question.id).order_by(Ballot.participant_id)
    return np.array(session.scalars(query).all(), dtype=np.int64)


def _drawn(people: Ints, n: int, seed: int) -> Ints:
    """`n` of the people at random, in order. Only the raw numbers of PCG64 are the same in all versions of numpy."""
    order = np.random.PCG64(seed).random_raw(len(people)).argsort()
    return np.asarray(np.sort(people[order[: max(1, n)]]))


def _tallies_of(session: Session, question: Question) -> list[tuple[int, int, int, int]]:
    query = select(Tally.subject, Tally.versus, Tally.value, Tally.n).filter_by(question_id=question.id)
    return [(subject, versus, value, n) for subject, versus, value, n in session.execute(query)]
