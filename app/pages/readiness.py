"""The meter "enough votes?" as the console shows it: how sure it is who wins, what is missing, who has voted."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.rules.wording import prompt_of
from ideas.models import Question, Round
from ideas.queries.ballots import Turnout, spreads_of_reads, turnout_of
from ideas.queries.readiness import ReadinessRow, readiness_of
from ideas.voting.feed import Spread

# A row of so many steps shows the share of draws with the same winners.
STEPS = 20


@dataclass(frozen=True)
class QuestionReadiness:
    """A question's meter; `readiness` is None until it was worked out for the first time. No count of any entry."""

    prompt: str
    top: int
    turnout: Turnout
    spread: Spread
    readiness: ReadinessRow | None

    @property
    def dots(self) -> int:
        """How many of `STEPS` are full. The last one is full only when every draw agrees."""
        return int(self.readiness.stability * STEPS) if self.readiness else 0

    @property
    def percent(self) -> int:
        return int(self.readiness.stability * 100) if self.readiness else 0


@dataclass(frozen=True)
class RoundReadiness:
    """All of a round. `closes_itself`: as soon as every question is settled."""

    challenge_id: int
    questions: list[QuestionReadiness]
    closes_itself: bool
    is_live: bool
    steps: int = STEPS


def round_readiness_of(session: Session, round: Round) -> RoundReadiness:
    turnouts = {turnout.question_id: turnout for turnout in turnout_of(session, round)}
    spreads = spreads_of_reads(session, round)
    readiness = {row.question_id: row for row in readiness_of(session, round)}
    questions = [_question_readiness(q, turnouts[q.id], spreads[q.id], readiness.get(q.id)) for q in round.questions]
    return RoundReadiness(round.challenge_id, questions, round.auto_close, round.live_ranking)


def _question_readiness(
    question: Question, turnout: Turnout, spread: Spread, readiness: ReadinessRow | None
) -> QuestionReadiness:
    return QuestionReadiness(prompt_of(question), question.ballot_rule.top, turnout, spread, readiness)
