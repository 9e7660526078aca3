"""The verdict of a closed round: how crowd and jury decided together. It is frozen with the counts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import journal
from ideas.errors import NotClosed
from ideas.models import Anonymity, Mark, Participant, Result, Round
from ideas.queries.counts import ENOUGH_JURORS, Tallied, tallied, values_by_entry
from ideas.voting import verdict
from ideas.voting.rules import NO_GRADE, SCALES, BallotRule
from ideas.voting.scores import scores
from ideas.voting.verdict import Criterion, Decided, decide


@dataclass(frozen=True)
class CriterionRow:
    """A criterion of the jury. `scale`: the words of its grades, worst first. `jurors`: those who gave a mark on it,
    "can't say" too.
    """

    id: int
    name: str
    weight: int
    scale: tuple[str, ...]
    jurors: int


@dataclass(frozen=True)
class JointVerdict:
    """Both sides of a decision. `percent` is the weight of the jury, 0..100; the rest is the crowd's.

    `rows`: the ranked ideas, best first; those without a place are last.
    """

    percent: int
    criteria: list[CriterionRow]
    rows: list[Decided]

    @property
    def best(self) -> int:
        """The best grade, which all criteria share; 0 is the worst."""
        return len(self.criteria[0].scale) - 1

    @property
    def jurors(self) -> int:
        """The number of jurors who scored anything."""
        return max(criterion.jurors for criterion in self.criteria)

    @property
    def places(self) -> dict[int, int]:
        """`{entry: place}`, best first; ideas without a place are missing."""
        return {row.entry: row.place for row in self.rows if row.place is not None}

    @cached_property
    def by_entry(self) -> dict[int, Decided]:
        return {row.entry: row for row in self.rows}


def counted_verdict(body: Mapping[str, Any], round: Round) -> dict[str, object]:
    """The part of a round's frozen body about the verdict, from the output of `counted`; empty without a jury.

    `verdict`: the weight of the `jury` in percent, and `rows`, best first: `[entry, place or 0, the crowd's place, the
    jury's place or 0, numerator and denominator of the jury's score, both 0 without one]`.
    """
    of = tallied(body, round)
    if not of.criteria:
        return {}
    first = of.questions[0]
    crowd = {score.entry: score.place for score in scores(first.rule, of.shown, first.counts)}
    rows = [verdict_row(row) for row in _decided(of, crowd, round.jury_percent)]
    return {"verdict": {"jury": round.jury_percent, "rows": rows}}


def verdict_row(row: Decided) -> list[int]:
    """An idea as the body states it."""
    score = [row.score.numerator, row.score.denominator] if row.score is not None else [0, 0]
    return [row.entry, row.place or 0, row.crowd_place, row.jury_place or 0, *score]


def _decided(of: Tallied, crowd: Mapping[int, int], percent: int) -> list[Decided]:
    entries = set(crowd)
    criteria = [Criterion(values_by_entry(c, entries), len(scale_of(c.rule)), c.weight) for c in of.criteria]
    return decide(crowd, verdict.scored(criteria, crowd), percent)


def verdict_in(body: Mapping[str, Any], round: Round) -> JointVerdict | None:
    """The verdict of a frozen body; None without a jury."""
    if "verdict" not in body:
        return None
    of, frozen = tallied(body, round), body["verdict"]
    names = {question.id: question.prompt for question in round.criteria}
    criteria = [CriterionRow(c.id, names[c.id], c.weight, scale_of(c.rule), c.jurors) for c in of.criteria]
    crowd = {entry: crowd_place for entry, _, crowd_place, *_ in frozen["rows"]}
    return JointVerdict(frozen["jury"], criteria, _decided(of, crowd, frozen["jury"]))


def scale_of(rule: BallotRule) -> tuple[str, ...]:
    """The words of the grades that a criterion takes, worst first."""
    return SCALES[int(rule.options()["steps"])]


def verdict_of(session: Session, round: Round) -> JointVerdict | None:
    """The verdict of a round; None without a jury, and while the round is open."""
    result = session.get(Result, round.id)
    return verdict_in(json.loads(result.body), round) if result and round.is_closed else None


@dataclass(frozen=True)
class JurorScores:
    """The grades of each juror, under numbers from 1 that mean nothing outside this round.

    Where authors stay hidden for good they mean nothing outside one idea: the one idea that a juror does not score may
    be the juror's own.

    `given`: `{entry: {number: a grade for each criterion}}`, None for a grade that is missing and for "can't say".
    Ideas that fewer than `ENOUGH_JURORS` scored are in `few` instead.
    """

    jurors: int
    given: dict[int, dict[int, list[int | None]]]
    few: set[int]


def juror_scores(session: Session, round: Round) -> JurorScores:
    """The scores per juror of a closed round, for members alone; none once it is forgotten who cast which ballot.

    :raise NotClosed: while the round is open.
    """
    if not round.is_closed:
        raise NotClosed
    criteria = {question.id: n for n, question in enumerate(round.criteria)}
    rows = session.execute(
        select(Mark.participant_id, Participant.secret, Mark.question_id, Mark.subject, Mark.value)
        .join(Participant, Participant.id == Mark.participant_id)
        .where(Mark.question_id.in_(criteria), Mark.value != NO_GRADE)
    ).all()
    # By pseudonym: the order of the invitations would tell who is who.
    secrets = {person: secret for person, secret, *_ in rows}
    order = sorted(secrets, key=lambda person: journal.pseudonym(round.key, secrets[person]))
    is_hidden = round.challenge.anonymity == Anonymity.FOR_GOOD
    by_juror: dict[int, dict[int, list[int | None]]] = {}
    for person, _, question, entry, value in rows:
        own = by_juror.setdefault(entry, {}).setdefault(person, [None] * len(criteria))
        own[criteria[question]] = value
    few = {entry for entry, jurors in by_juror.items() if len(jurors) < ENOUGH_JURORS}
    given = {
        entry: {
            n: of[person]
            for n, person in enumerate(_order_on(entry, of, secrets) if is_hidden else order, start=1)
            if person in of
        }
        for entry, of in by_juror.items()
        if entry not in few
    }
    return JurorScores(len(order), given, few)


def _order_on(entry: int, jurors: Iterable[int], secrets: Mapping[int, bytes]) -> list[int]:
    """An order of these jurors that tells nothing about their order on other ideas."""
    return sorted(jurors, key=lambda juror: journal.shuffle_key(secrets[juror], entry))
