"""The meter "enough votes?" as the console shows it: how sure it is who wins, what is missing, who has voted."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.pages.decisions import all_voted_said
from app.rules import prompt_of
from ideas import policy
from ideas.models import Round
from ideas.queries.ballots import Turnout, spreads_of_reads, turnout_of
from ideas.queries.readiness import ReadinessRow, readiness_of
from ideas.queries.rooms import Figures
from ideas.voting import intervals
from ideas.voting.electorate import Electorate
from ideas.voting.feed import Spread

# A row of so many steps shows the share of draws with the same winners.
STEPS = 20


@dataclass(frozen=True)
class QuestionReadiness:
    """A question's meter; `readiness` is None until it was worked out for the first time. No count of any entry.

    `people` is the number of people who could vote; `floor` is the number of votes that every idea needs.
    """

    prompt: str
    top: int
    people: int
    floor: int
    turnout: Turnout
    spread: Spread
    readiness: ReadinessRow | None

    @property
    def dots(self) -> int:
        """How many of `STEPS` are full. The last one is full only when every draw agrees."""
        return int(self.readiness.stability * STEPS) if self.readiness else 0

    @property
    def voted(self) -> int:
        """How many of those who could vote did so."""
        return min(self.turnout.voted, self.people)

    @property
    def all_voted(self) -> str:
        """That all who joined voted, in words; empty if not, or if some ideas have too few votes."""
        is_so = 0 < self.people <= self.turnout.voted and self.readiness and not self.readiness.reads_missing
        return all_voted_said(self.people) if is_so else ""

    @property
    def is_small(self) -> bool:
        """Whether so few people are there that the counts speak for themselves."""
        return self.people < intervals.PEOPLE

    @property
    def share(self) -> float:
        """The chance 0..1 in the steps of `dots`: it is no more exact."""
        return self.dots / STEPS


@dataclass(frozen=True)
class RoundReadiness:
    """All of a round. `closes_itself`: as soon as every question is settled."""

    challenge_id: int
    questions: list[QuestionReadiness]
    closes_itself: bool
    is_live: bool
    steps: int = STEPS


def round_readiness_of(session: Session, round: Round, figures: Figures) -> RoundReadiness:
    turnouts = {turnout.question_id: turnout for turnout in turnout_of(session, round)}
    spreads = spreads_of_reads(session, round)
    readiness = {row.question_id: row for row in readiness_of(session, round)}
    electorate = Electorate(figures.electorate, figures.voted, may_vote_on_own=policy.own_marks_count(round))
    questions = [
        QuestionReadiness(
            prompt=prompt_of(question),
            top=question.ballot_rule.top,
            people=electorate.people,
            floor=electorate.floors(question.ballot_rule, figures.ideas).marks,
            turnout=turnouts[question.id],
            spread=spreads[question.id],
            readiness=readiness.get(question.id),
        )
        for question in round.questions
    ]
    return RoundReadiness(round.challenge_id, questions, round.auto_close, round.live_ranking)
