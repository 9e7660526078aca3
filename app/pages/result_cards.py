"""The result card: what became of one participant's part in a closed round, and how the group decided.

It shows nothing of others but what the result shows to everybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import format_number, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.pages.combined_marks import combined_said
from app.pages.decisions import firmness_said, turnout_said
from app.pages.results import line_of, places_of, prompt_of_ranking
from app.rules import presenter_of
from ideas.models import Participant, Round
from ideas.queries.ballots import MarkRow, own_marks_of
from ideas.queries.combined_marks import combined_marks
from ideas.queries.ideas import ArgumentRow, IdeaRow
from ideas.queries.rankings import RankingOf, RankingRow, rankings_of
from ideas.queries.result_cards import IdeaOfAuthor, decisive_reasons, own_arguments, own_ideas, own_voters
from ideas.queries.rounds import RoundLink, rounds_of
from ideas.queries.winners import AwardRow, award_rows
from ideas.voting.agreement import agreement_of
from ideas.voting.rules import BallotRule, subject_of

# Further ideas, arguments and votes are behind "show all".
SHOWN = 12

# A card lists at most so many votes.
VOTES_MAX = 300


@dataclass(frozen=True)
class CardPlace:
    """The place of an idea on one question, and how certain it is, both in words; `counts` as the result says it.

    `prompt` is "" where the round asks only one question. `place` is None while the ideas have no order.
    """

    prompt: str
    place: int | None
    said: str
    certainty: str
    counts: str


@dataclass(frozen=True)
class CardIdea:
    """An idea of the participant with its places; none for an idea outside the ranking."""

    own: IdeaOfAuthor
    places: list[CardPlace]

    @property
    def idea(self) -> IdeaRow:
        return self.own.idea


@dataclass(frozen=True)
class CardArgument:
    """An argument of the participant. `idea` is the idea on which it stands, None if the room does not see that.

    `decisive`: the organisation marked it as decisive, for this reason; None if it did not, and before the idea has an
    outcome.
    """

    argument: ArgumentRow
    idea: IdeaRow | None
    decisive: str | None


@dataclass(frozen=True)
class CardVote:
    """A mark of the participant: the ideas of its subject, the chosen one of a pair first; none if the room does not
    see them.
    """

    ideas: list[IdeaRow]
    places: list[int]
    said: str
    is_chosen: bool  # of a pair, the first idea was chosen


@dataclass(frozen=True)
class CardBallot:
    """What the participant gave on a question, in sentences, beside what the group did. `votes` are single marks.

    `is_of_guest`: they gave it as a guest, before they signed in with their account.
    """

    question_id: int
    is_of_guest: bool
    prompt: str
    is_paired: bool
    said: list[str]
    votes: list[CardVote]
    left_out: int


@dataclass(frozen=True)
class CardDecision:
    """How the group decided a question: `firsts` are the ideas on the first place, `said` are three sentences."""

    prompt: str
    firsts: list[IdeaRow]
    said: list[str]


@dataclass(frozen=True)
class ResultCard:
    """The part of a participant in a round. `decisions` is empty for somebody who may not see the result."""

    round: Round
    rounds: list[RoundLink]
    ideas: list[CardIdea]
    arguments: list[CardArgument]
    awards: list[AwardRow]
    ballots: list[CardBallot]
    decisions: list[CardDecision]
    voted: bool
    is_removed: bool

    @property
    def is_empty(self) -> bool:
        return not (self.ideas or self.arguments or self.voted or self.is_removed)


def result_card_of(session: Session, round: Round, participant: Participant, *, sees_result: bool) -> ResultCard:
    """:raise NotClosed: while the round is open."""
    rankings = rankings_of(session, round)
    row_of = {row.idea.entry_id: row for row in rankings[0].places}
    mine = [_idea(own, rankings) for own in own_ideas(session, round, participant, rankings[0])]
    by_id = {row.idea.id: row.idea for row in row_of.values()}
    voters = own_voters(session, round, participant)
    return ResultCard(
        round=round,
        rounds=rounds_of(session, round.challenge_id),
        ideas=sorted(mine, key=_in_order),
        arguments=_arguments(session, round, participant, by_id),
        awards=_awards(session, round, participant),
        ballots=[ballot for voter in voters if sees_result for ballot in _ballots(session, round, voter, rankings)],
        decisions=[_decision(ranking, several=len(rankings) > 1) for ranking in rankings] if sees_result else [],
        voted=bool(voters),
        is_removed=participant.barred_at is not None,
    )


def _in_order(card: CardIdea) -> tuple[bool, int, int]:
    place = card.places[0].place if card.places else None
    return place is None, place or 0, card.idea.id


def _idea(own: IdeaOfAuthor, rankings: Sequence[RankingOf]) -> CardIdea:
    found = []
    for ranking in rankings:
        row = next((row for row in ranking.places if row.idea.entry_id == own.counted_as), None)
        if row is not None:
            found.append(_place(ranking, row, _prompt(ranking, several=len(rankings) > 1)))
    return CardIdea(own, found)


def _place(ranking: RankingOf, row: RankingRow, prompt: str) -> CardPlace:
    if not ranking.voters:
        return CardPlace(prompt, None, _("Nobody voted, so the ideas have no order."), "", "")
    others = sum(other.place == row.place for other in ranking.places) - 1
    return CardPlace(
        prompt=prompt,
        place=row.place,
        said=place_said(row.place or 0, len(ranking.places), others),
        certainty=_certainty(ranking, row),
        counts=line_of(ranking, presenter_of(ranking.rule).scale(ranking.rule, ranking), row).counts,
    )


def place_said(place: int, ideas: int, others: int) -> str:
    """A place in words; `others` is the number of other ideas on it."""
    if ideas == 1:
        return _("The only idea")
    said = _("Place %(place)s of %(ideas)s", place=format_number(place), ideas=format_number(ideas))
    if others:
        said += ngettext(", shared with %(num)s other idea", ", shared with %(num)s other ideas", others)
    return said


def _certainty(ranking: RankingOf, row: RankingRow) -> str:
    if ranking.is_everybody:
        return ""
    if ranking.is_few or row.figures.is_few:
        return _("Too few votes to say how firm this place is.")
    if ranking.assessed is None:
        return _("We are still calculating how firm this place is.")
    said = places_of(row.figures, len(ranking.places))
    return f"{said}." if said else ""


def _arguments(
    session: Session, round: Round, participant: Participant, ideas: Mapping[int, IdeaRow]
) -> list[CardArgument]:
    found = own_arguments(session, round, participant)
    decisive = decisive_reasons(session, participant) if found and round.challenge.prizes else {}
    rows = []
    for argument in found:
        idea = ideas.get(argument.idea_id)
        rows.append(CardArgument(argument, idea, decisive.get(argument.id) if idea and idea.outcome else None))
    return rows


def _awards(session: Session, round: Round, participant: Participant) -> list[AwardRow]:
    """The standing awards of a round of which the participant has a part, each with those parts alone."""
    if not round.challenge.prizes:
        return []
    rows = award_rows(session, round.challenge, participant)
    mine = [row for row in rows if row.is_mine and row.stands and row.round_id == round.id]
    return [replace(row, parts=tuple(part for part in row.parts if part.is_mine)) for row in mine]


def _prompt(ranking: RankingOf, *, several: bool) -> str:
    return prompt_of_ranking(ranking) if several else ""


# Own votes


def _ballots(session: Session, round: Round, voter: Participant, rankings: Sequence[RankingOf]) -> list[CardBallot]:
    if round.is_forgotten:
        return []
    marks = own_marks_of(session, round, voter).marks
    combined = combined_marks(session, round, voter)
    questions = {question.id: question for question in round.questions}
    found = []
    for ranking in rankings:
        rule, rows = ranking.rule, [row for row in marks[ranking.question.id] if ranking.rule.says(row.value)]
        if not rows:
            continue
        presenter, row_of = presenter_of(rule), {row.idea.entry_id: row for row in ranking.places}
        places = {entry: row.place for entry, row in row_of.items() if row.place is not None}
        agreement = agreement_of(rule, {subject_of(row.key): row.value for row in rows}, places)
        said = [presenter.given(rule, [row.value for row in rows])]
        if not ranking.is_few:
            said.append(presenter.agreed(rule, agreement))
        said += combined_said(questions[ranking.question.id], combined)
        votes = (
            sorted((_vote(rule, row, row_of) for row in rows), key=_first_place)
            if not rule.is_ordered
            else [_vote(rule, row, row_of) for row in sorted(rows, key=lambda row: row.value)]
        )
        found.append(
            CardBallot(
                question_id=ranking.question.id,
                is_of_guest=voter.merged_into is not None,
                prompt=_prompt(ranking, several=len(rankings) > 1),
                is_paired=rule.is_paired,
                said=[sentence for sentence in said if sentence],
                votes=votes[:VOTES_MAX],
                left_out=max(0, len(votes) - VOTES_MAX),
            )
        )
    return found


def _first_place(vote: CardVote) -> tuple[bool, list[int]]:
    return not vote.places, vote.places


def _vote(rule: BallotRule, mark: MarkRow, row_of: Mapping[int, RankingRow]) -> CardVote:
    entries = [entry for entry in mark.key if entry]
    if rule.is_paired and mark.value < 0:
        entries.reverse()
    rows = [row_of[entry] for entry in entries if entry in row_of]
    rows = rows if len(rows) == len(entries) else []
    places = [row.place for row in rows if row.place is not None]
    said = (
        ""
        if rule.is_paired and mark.value
        else _("Don’t know")
        if rule.is_paired
        else presenter_of(rule).mark(rule, mark.value)
    )
    return CardVote([row.idea for row in rows], places, said, bool(rule.is_paired and mark.value))


# The group


def _decision(ranking: RankingOf, *, several: bool) -> CardDecision:
    firsts = [row.idea for row in ranking.places if row.place == 1] if _has_first(ranking) else []
    return CardDecision(_prompt(ranking, several=several), firsts, decided_in_sentences(ranking))


def _has_first(ranking: RankingOf) -> bool:
    """Whether anybody spoke for the idea on the first place."""
    if not ranking.places or not ranking.voters:
        return False
    presenter, first = presenter_of(ranking.rule), ranking.places[0]
    return presenter.dots(ranking.rule, first.figures, ranking.voters).inside > 0


def decided_in_sentences(ranking: RankingOf) -> list[str]:
    """How the group decided a question, in three sentences: who took part, how it was counted, how firm it is."""
    counting = str(presenter_of(ranking.rule).counting_note)
    return [_took_part(ranking), counting, _firmness(ranking)] if ranking.voters else [_took_part(ranking)]


def _took_part(ranking: RankingOf) -> str:
    if not ranking.places:
        return _("There were no ideas to vote on.")
    if not ranking.voters:
        return firmness_said(ranking)
    return turnout_said(ranking) or ngettext("%(num)s person voted.", "%(num)s people voted.", ranking.voters)


def _firmness(ranking: RankingOf) -> str:
    if not _has_first(ranking):
        return str(presenter_of(ranking.rule).nobody_leads)
    if ranking.assessed is None and not ranking.is_everybody:
        return _("We are still calculating how firm the first place is.")
    # With very many ideas nobody calculates it.
    return firmness_said(ranking) or _("With so many ideas, we do not calculate how firm the first place is.")
