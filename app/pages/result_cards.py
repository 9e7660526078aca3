"""The result card: what became of one participant's part in a closed round, and how the group decided.

It shows nothing of others but what the result shows to everybody.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import format_number, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.pages.card_ballots import CardBallot, PlacesOf, VotesOf, ballot_on_card, places_of_questions
from app.pages.decisions import NAMED, firmness_said, turnout_said
from app.pages.results import places_of
from app.pages.verdicts import VerdictPart, verdict_part, verdict_sentences
from app.rules import presenter_of
from ideas.models import EntryStatus, Participant, Round
from ideas.queries.ballots import own_marks_of
from ideas.queries.combined_marks import combined_marks
from ideas.queries.ideas import ArgumentRow, IdeaRow
from ideas.queries.rankings import RankingOf, RankingRow, wordless_rankings_of
from ideas.queries.result_cards import (
    IdeaOfAuthor,
    decisive_reasons,
    own_arguments,
    own_ideas,
    own_voters,
    words_of_ideas,
)
from ideas.queries.rounds import RoundLink, rounds_of
from ideas.queries.winners import AwardRow, award_rows

# Further ideas, arguments and votes are behind "show all".
SHOWN = 12

# Of the ideas that share the first place, so many are named.
FIRSTS_SHOWN = 3


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
    """An idea of the participant with its places; none for an idea outside the ranking. `grown`: those that grew from
    it and stand in the ranking.
    """

    own: IdeaOfAuthor
    idea: IdeaRow
    places: list[CardPlace]
    grown: list[IdeaRow]


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
class CardDecision:
    """How the group decided a question, in three sentences. `firsts` are the ideas on the first place, of many the
    first ones; `more` is the number of the others.
    """

    prompt: str
    firsts: list[IdeaRow]
    more: int
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
        return not (self.has_part or self.voted or self.is_removed)

    @property
    def has_part(self) -> bool:
        """Whether there is anything of their own. An idea of an earlier round may win as the parent of one that is
        here.
        """
        return bool(self.ideas or self.arguments or self.awards)


def result_card_of(session: Session, round: Round, participant: Participant, *, sees_result: bool) -> ResultCard:
    """:raise NotClosed: while the round is open."""
    questions = places_of_questions(wordless_rankings_of(session, round))
    ranked = {row.idea.id: row.figures.entry for row in questions[0].ranking.places}
    own, remarks = own_ideas(session, round, participant), own_arguments(session, round, participant)
    voters = own_voters(session, round, participant)
    votes = [] if round.is_forgotten or not sees_result else [_votes(session, round, voter) for voter in voters]
    firsts = {place.ranking.question.id: _firsts(place.ranking) for place in questions} if sees_result else {}

    part = verdict_part(questions[0].ranking)

    needed = {row.idea.id for rows in firsts.values() for row in rows[:FIRSTS_SHOWN]} | _named_in(part)
    needed |= {one for idea in own for one in idea.grown if one in ranked}
    needed |= {remark.idea_id for remark in remarks if remark.idea_id in ranked}
    marked = {entry for each in votes for entry in each.entries(questions)}
    needed |= {row.idea.id for place in questions for entry, row in place.row_of.items() if entry in marked}
    words = words_of_ideas(session, round, participant, needed, own)

    asked = {question.id: question for question in round.questions}
    ballots = [
        ballot_on_card(each, asked[place.ranking.question.id], place, words) for each in votes for place in questions
    ]
    return ResultCard(
        round=round,
        rounds=rounds_of(session, round.challenge_id),
        ideas=sorted((_idea(idea, questions, part, words, ranked) for idea in own), key=_in_order),
        arguments=_arguments(session, round, participant, remarks, {id: words[id] for id in ranked if id in words}),
        awards=_awards(session, round, participant),
        ballots=[ballot for ballot in ballots if ballot is not None],
        decisions=[
            *(_verdict(part, words) if part and sees_result else []),
            *(_decision(place, firsts[place.ranking.question.id], words) for place in questions if firsts),
        ],
        voted=bool(voters),
        is_removed=participant.barred_at is not None,
    )


def _votes(session: Session, round: Round, voter: Participant) -> VotesOf:
    return VotesOf(voter, own_marks_of(session, round, voter).marks, combined_marks(session, round, voter))


def _in_order(card: CardIdea) -> tuple[bool, int, int]:
    place = card.places[0].place if card.places else None
    return place is None, place or 0, card.idea.id


def _idea(
    own: IdeaOfAuthor,
    questions: Sequence[PlacesOf],
    part: VerdictPart | None,
    words: Mapping[int, IdeaRow],
    ranked: Collection[int],
) -> CardIdea:
    idea = words[own.idea_id]
    # An author who withdrew a merged idea is no longer named on the one that stands for it.
    asked = [] if idea.status == EntryStatus.WITHDRAWN else questions
    found = [_place(places, places.row_of[own.counted_as]) for places in asked if own.counted_as in places.row_of]
    if found and part:
        found.insert(0, _decided_place(own, part))
    return CardIdea(own, idea, found, [words[one] for one in own.grown if one in ranked])


def _decided_place(own: IdeaOfAuthor, part: VerdictPart) -> CardPlace:
    """The place by votes and jury."""
    line = next(line for line in part.lines if line.row.entry == own.counted_as)
    said = _("No place: fewer than two jurors scored it.")
    if line.place is not None:
        others = sum(other.place == line.place for other in part.lines) - 1
        said = place_said(line.place, len(part.of.places), others)
    return CardPlace(_("Votes and jury"), line.place, said, "", line.said)


def _place(places: PlacesOf, row: RankingRow) -> CardPlace:
    ranking = places.ranking
    if not ranking.voters:
        return CardPlace(places.prompt, None, _("Nobody voted, so the ideas have no order."), "", "")
    return CardPlace(
        prompt=places.prompt,
        place=row.place,
        said=place_said(row.place or 0, len(ranking.places), places.ideas_at[row.place] - 1),
        certainty=_certainty(ranking, row),
        counts=presenter_of(ranking.rule).counts(ranking.rule, row.figures, ranking.voters),
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
    session: Session,
    round: Round,
    participant: Participant,
    found: Sequence[ArgumentRow],
    ideas: Mapping[int, IdeaRow],
) -> list[CardArgument]:
    """`ideas`: the rows of the ideas that the room sees."""
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


# The group


def _named_in(part: VerdictPart | None) -> set[int]:
    """The ideas that the sentences about a verdict name."""
    if part is None:
        return set()
    sides = [[line.place for line in part.lines], [line.row.crowd_place for line in part.lines]]
    sides.append([line.row.jury_place for line in part.lines])
    ids = [line.idea.id for line in part.lines]
    return {one for side in sides for one in [i for i, place in zip(ids, side, strict=True) if place == 1][:NAMED]}


def _verdict(part: VerdictPart, words: Mapping[int, IdeaRow]) -> list[CardDecision]:
    worded = replace(part, lines=[replace(line, idea=words.get(line.idea.id, line.idea)) for line in part.lines])
    firsts = [line.idea for line in worded.firsts]
    named = firsts[:FIRSTS_SHOWN]
    return [CardDecision(_("Votes and jury"), named, len(firsts) - len(named), verdict_sentences(worded))]


def _firsts(ranking: RankingOf) -> list[RankingRow]:
    return [row for row in ranking.places if row.place == 1] if _has_first(ranking) else []


def _decision(places: PlacesOf, firsts: Sequence[RankingRow], words: Mapping[int, IdeaRow]) -> CardDecision:
    named = [words[row.idea.id] for row in firsts[:FIRSTS_SHOWN]]
    return CardDecision(places.prompt, named, len(firsts) - len(named), decided_in_sentences(places.ranking))


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
