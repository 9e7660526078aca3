"""The ranking: counted from the tallies at the close, read from the frozen result afterwards."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, selectinload

from ideas import policy
from ideas.errors import NotClosed, NotFound
from ideas.models import Assessment, Question, Result, Round
from ideas.offload import run_blocking
from ideas.queries.counts import AskedQuestion, Tallied, counted, tallied
from ideas.queries.ideas import IdeaRow, idea_rows, wordless_rows
from ideas.queries.minds import MindsOf, minds_in_result
from ideas.queries.verdicts import JointVerdict, verdict_in
from ideas.voting import arrays
from ideas.voting.assessing import METHOD, Assessed, read
from ideas.voting.electorate import Electorate, Floors, floors_of
from ideas.voting.feed import Spread, spread_of
from ideas.voting.rules import BallotRule
from ideas.voting.scores import Counts, Score, each_alone, scores, tied


@dataclass(frozen=True)
class RankingRow:
    """An idea with its figures. `place` is None for an idea outside the ranking; `reads` is the number of deals.

    `is_tied`: it shares its place with another idea, and their intervals meet.
    """

    idea: IdeaRow
    place: int | None
    figures: Score
    is_tied: bool
    reads: int = 0


@dataclass(frozen=True)
class QuestionRow:
    """A question of the vote, in the order of `position`; an empty prompt leaves the words to the edge."""

    id: int
    position: int
    prompt: str


@dataclass(frozen=True)
class RankingOf:
    """A round's result on one question: `places` best first; `apart` holds hidden, pending and withdrawn ideas.

    `voters` is the number of people with a mark on this question, `turnout` with a mark in the round. `assessed` is the
    uncertainty. It is None until it is computed, for a ranking of all entries, and while the round runs. `earlier` is
    the uncertainty by the method of the time of the close, if that was another one. `verdict` is how crowd and jury
    decided, `minds` how many minds changed since the first look. Both belong to the first question, and are None
    without a jury or without a first look, and while the round runs.
    """

    places: list[RankingRow]
    apart: list[RankingRow]
    turnout: int
    digest: str
    question: QuestionRow
    rule: BallotRule
    voters: int
    done: int
    spread: Spread
    assessed: Assessed | None = None
    earlier: Assessed | None = None
    counts: Counts = field(default_factory=lambda: Counts(0, []))
    verdict: JointVerdict | None = None
    minds: MindsOf | None = None

    @property
    def entries(self) -> list[int]:
        """The ids of the ranked entries."""
        return sorted(ranked.figures.entry for ranked in self.places)

    @property
    def electorate(self) -> Electorate | None:
        """The people who could vote; None if that is unknown: in an import, and in results without it."""
        return self.counts.electorate

    @property
    def floors(self) -> Floors:
        return floors_of(self.electorate, self.rule, len(self.places))

    @property
    def is_few(self) -> bool:
        """Whether too few people voted to say anything."""
        return self.voters < self.floors.people

    @property
    def all_voted(self) -> bool:
        """Whether all who joined voted on this question."""
        return self.electorate is not None and self.electorate.all_voted and self.voters >= self.electorate.people

    @cached_property
    def is_everybody(self) -> bool:
        """Whether the voters are no sample, so that the order is what the group decided."""
        judged = [row.figures.judged for row in self.places]
        return self.electorate is not None and self.electorate.is_everybody(self.rule, self.voters, judged)


def ranking_of(session: Session, round: Round, question_id: int | None = None, *, among_all: bool = False) -> RankingOf:
    """The frozen ranking with the ideas' present words; of the first question by default.

    `among_all` ranks pending and hidden entries too, as if they had been visible.

    :raise NotClosed: while the round is open: sealed counts are absent. :raise NotFound: for another round's question.
    """
    return _rankings(session, _frozen(session, round), question_id, among_all=among_all)[0]


def rankings_of(session: Session, round: Round, *, among_all: bool = False) -> list[RankingOf]:
    """The rankings of all questions, in order. :raise NotClosed:"""
    return _rankings(session, _frozen(session, round), among_all=among_all)


def wordless_rankings_of(session: Session, round: Round) -> list[RankingOf]:
    """The same for a page that shows few of many ideas: rows without words, only with the ids of idea and entry.

    `apart` is empty. :raise NotClosed:
    """
    return _rankings(session, _frozen(session, round), wordless=True)


@dataclass(frozen=True)
class Placed:
    """An idea in the order that decides. `place` is None for an idea that the order leaves out; such ideas are last.

    `is_tied`: it shares its place with another idea.
    """

    idea: IdeaRow
    place: int | None
    is_tied: bool


def deciding_order(session: Session, round: Round) -> list[Placed]:
    """The ranked ideas of a closed round, best first, in the order that decides about winners and the shortlist.

    Ideas that tie share a place (1, 2, 2, 4). :raise NotClosed: while the round is open.
    """
    source = _frozen(session, round)
    found = _deciding(source)
    shared = Counter(found.values())
    ideas = {row.entry_id: row for row in idea_rows(session, round)}
    return [Placed(ideas[e], place, place is not None and shared[place] > 1) for e, place in found.items()]


def deciding_places(session: Session, round: Round) -> dict[int, int]:
    """`{entry: place}` of that order, best first, without texts. An entry that the order leaves out is missing.

    :raise NotClosed: while the round is open.
    """
    found = _deciding(_frozen(session, round))
    return {entry: place for entry, place in found.items() if place is not None}


def places_of_rounds(session: Session, rounds: Sequence[Round]) -> dict[int, dict[int, int]]:
    """`{round: {entry: place}}` of the order that decides, for closed ones of these rounds, in one statement for all of
    them. It has no places where nobody voted or scored.
    """
    of, found = {round.id: round for round in rounds if round.is_closed}, dict[int, dict[int, int]]()
    latest = and_(Assessment.round_id == Result.round_id, Assessment.method == METHOD)
    rows = select(Result.round_id, Result.body, Assessment).outerjoin(Assessment, latest)
    for round_id, body, assessment in session.execute(rows.where(Result.round_id.in_(of))):
        round, frozen = of[round_id], json.loads(body)
        counts, verdict = tallied(frozen, round), verdict_in(frozen, round)
        source = _Source(round, counts, "", _by_question(assessment), {}, verdict)
        places = {entry: place for entry, place in _deciding(source).items() if place is not None}
        says_nothing = source.tallied.turnout == 0 and set(places.values()) <= {1}
        found[round_id] = {} if says_nothing else places
    return found


def live_ranking_of(session: Session, round: Round, question_id: int | None = None) -> RankingOf:
    """The ranking as it stands now.

    :raise NotClosed: if counts are sealed until the close; only a live ranking shows them earlier.
    """
    if not policy.sees_counts(round):
        raise NotClosed
    if round.is_closed:
        return ranking_of(session, round, question_id)
    return _rankings(session, _Source(round, tallied(counted(session, round), round)), question_id)[0]


@dataclass(frozen=True)
class _Source:
    """The source of a ranking: the counts, for each question its uncertainty, if it was computed, the verdict, and the
    minds that changed.
    """

    round: Round
    tallied: Tallied
    digest: str = ""
    assessed: Mapping[int, Any] = field(default_factory=dict)
    earlier: Mapping[int, Any] = field(default_factory=dict)
    verdict: JointVerdict | None = None
    minds: MindsOf | None = None


def _frozen(session: Session, round: Round) -> _Source:
    result = session.get(Result, round.id)
    if result is None or not round.is_closed:
        raise NotClosed
    by_method = {kept.method: kept for kept in assessments_of(session, round)}
    assessed, earlier = (
        _by_question(by_method.pop(METHOD, None)),
        _by_question(by_method.get(min(by_method, default=0))),
    )
    body = json.loads(result.body)
    counts, verdict, minds = tallied(body, round), verdict_in(body, round), minds_in_result(body)
    return _Source(round, counts, result.shown_digest, assessed, earlier, verdict, minds)


def assessments_of(session: Session, round: Round) -> list[Assessment]:
    """The stored assessments of a round, the earliest method first."""
    return list(session.scalars(select(Assessment).filter_by(round_id=round.id).order_by(Assessment.method)))


def _by_question(assessment: Assessment | None) -> dict[int, Any]:
    return {q["question"]: q for q in json.loads(assessment.body)["questions"]} if assessment else {}


def _rankings(
    session: Session,
    source: _Source,
    question_id: int | None = None,
    *,
    among_all: bool = False,
    wordless: bool = False,
) -> list[RankingOf]:
    if not arrays.is_loaded():
        run_blocking(arrays.load)
    questions = {question.id: question for question in source.round.questions}
    if question_id is not None and question_id not in questions:
        raise NotFound
    if wordless:
        ideas = {row.entry_id: row for row in wordless_rows(session, source.round, source.tallied.shown)}
    else:
        ideas = {row.entry_id: row for row in idea_rows(session, source.round)}
    return [
        _ranking(source, asked, questions[asked.id], ideas, among_all=among_all)
        for asked in source.tallied.questions
        if question_id in (None, asked.id)
    ]


def _ranking(
    source: _Source, asked: AskedQuestion, question: Question, ideas: Mapping[int, IdeaRow], *, among_all: bool
) -> RankingOf:
    of = source.tallied
    assessed = None if among_all else _assessed(source, asked)
    before = source.earlier.get(asked.id)
    entries = [*of.shown, *of.others] if among_all else of.shown
    found = assessed.scores if assessed else scores(asked.rule, entries, asked.counts)
    ties = tied(found)
    ranked = {s.entry for s in found}
    # An entry outside the ranking has figures of its own, as if it were the only one.
    left_out = sorted(ideas.keys() - ranked)
    apart = zip(left_out, each_alone(asked.rule, left_out, asked.counts), strict=True)
    return RankingOf(
        places=[RankingRow(ideas[s.entry], s.place, s, s.entry in ties, asked.reads.get(s.entry, 0)) for s in found],
        apart=[RankingRow(ideas[e], None, figures, False, asked.reads.get(e, 0)) for e, figures in apart],
        turnout=of.turnout,
        digest=source.digest,
        question=QuestionRow(question.id, question.position, question.prompt),
        rule=asked.rule,
        voters=asked.counts.voters,
        done=asked.done,
        spread=spread_of(asked.reads.get(entry, 0) for entry in of.shown),
        assessed=assessed,
        earlier=read(asked.rule, before, asked.counts) if before else None,
        counts=asked.counts,
        verdict=source.verdict if asked is of.questions[0] else None,
        minds=source.minds if asked is of.questions[0] else None,
    )


def _deciding(source: _Source) -> dict[int, int | None]:
    """`{ranked entry: its place in the order that decides}`, best first; those without a place are last."""
    if source.verdict is not None:
        return {row.entry: row.place for row in source.verdict.rows}
    return {score.entry: score.place for score in _first_scores(source)}


def _first_scores(source: _Source) -> list[Score]:
    """The crowd's scores on the first question, best first."""
    if not arrays.is_loaded():
        run_blocking(arrays.load)
    first = source.tallied.questions[0]
    assessed = _assessed(source, first)
    return assessed.scores if assessed else scores(first.rule, source.tallied.shown, first.counts)


def _assessed(source: _Source, asked: AskedQuestion) -> Assessed | None:
    kept = source.assessed.get(asked.id)
    return read(asked.rule, kept, asked.counts) if kept else None


@dataclass(frozen=True)
class FirstPlace:
    """What a round put first, with the figures of its first question: its rule, its number of voters.

    `ideas` is the number of ideas on that place.
    """

    rule: BallotRule
    voters: int
    figures: Score
    ideas: int = 1


def first_places(session: Session, round_ids: list[int]) -> dict[int, FirstPlace]:
    """`{round: its first place}` in the order that decides, for closed rounds that have one; without texts."""
    found: dict[int, FirstPlace] = {}
    rows = session.execute(
        select(Round, Result.body)
        .join(Result, Result.round_id == Round.id)
        .where(Round.id.in_(round_ids))
        .options(selectinload(Round.asked))  # a verdict names its criteria
    )
    for round, body in rows:
        frozen = json.loads(body)
        of, verdict = tallied(frozen, round), verdict_in(frozen, round)
        first = of.questions[0]
        ranked = scores(first.rule, of.shown, first.counts)
        if verdict is not None:
            ranked = [score for score in ranked if verdict.places.get(score.entry) == 1]
        if ranked:
            on_it = ranked if verdict else [score for score in ranked if score.place == ranked[0].place]
            found[round.id] = FirstPlace(first.rule, first.counts.voters, ranked[0], len(on_it))
    return found
