"""What a participant gave in a vote, beside the places of the group, for their eyes only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flask_babel import gettext as _

from app.pages.combined_marks import combined_said
from app.pages.results import prompt_of_ranking
from app.rules import presenter_of
from ideas.models import Participant, Question
from ideas.queries.ballots import MarkRow
from ideas.queries.combined_marks import CombinedMarks
from ideas.queries.ideas import IdeaRow
from ideas.queries.rankings import RankingOf, RankingRow
from ideas.voting.agreement import agreement_of
from ideas.voting.rules import BallotRule, subject_of

# A card lists at most so many votes of a question.
VOTES_MAX = 300


@dataclass(frozen=True)
class PlacesOf:
    """The places of a question by entry, from a ranking without words. `prompt` is "" where the round asks only one."""

    ranking: RankingOf
    prompt: str

    @cached_property
    def row_of(self) -> dict[int, RankingRow]:
        """`{entry: its row}`"""
        return {row.figures.entry: row for row in self.ranking.places}

    @cached_property
    def ideas_at(self) -> Counter[int | None]:
        """`{place: the number of ideas on it}`"""
        return Counter(row.place for row in self.ranking.places)


def places_of_questions(rankings: Sequence[RankingOf]) -> list[PlacesOf]:
    """The places of all questions. Each needs words for what it is of where there are several, or a jury."""
    are_several = len(rankings) > 1 or rankings[0].verdict is not None
    return [PlacesOf(ranking, prompt_of_ranking(ranking) if are_several else "") for ranking in rankings]


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
    said: list[str]
    votes: list[CardVote]
    left_out: int


@dataclass(frozen=True)
class VotesOf:
    """What a person gave in a round: their marks by question, and which of them were combined."""

    voter: Participant
    marks: Mapping[int, Sequence[MarkRow]]
    combined: Sequence[CombinedMarks]

    def on(self, places: PlacesOf) -> list[MarkRow]:
        """The marks on a question that say something, as many as a card lists: ranked ones by place, others by the
        place of their idea.
        """
        rule, row_of = places.ranking.rule, places.row_of
        rows = [row for row in self.marks[places.ranking.question.id] if rule.says(row.value)]
        if rule.is_ordered:
            return sorted(rows, key=lambda row: row.value)
        return sorted(rows, key=lambda row: _place_of(row, row_of))

    def entries(self, questions: Iterable[PlacesOf]) -> set[int]:
        """The entries that a card names."""
        return {entry for places in questions for row in self.on(places)[:VOTES_MAX] for entry in row.key if entry}


def _place_of(mark: MarkRow, row_of: Mapping[int, RankingRow]) -> tuple[bool, int, int]:
    row = row_of.get(mark.key[0])
    return row is None, (row.place or 0) if row else 0, mark.seq


def ballot_on_card(
    votes: VotesOf, question: Question, places: PlacesOf, words: Mapping[int, IdeaRow]
) -> CardBallot | None:
    """A voter's ballot on a question; None without a mark. `words`: `{idea: its row}`."""
    ranking, rows = places.ranking, votes.on(places)
    if not rows:
        return None
    rule, presenter = ranking.rule, presenter_of(ranking.rule)
    place_of = {entry: row.place for entry, row in places.row_of.items() if row.place is not None}
    said = [presenter.given(rule, [row.value for row in rows])]
    if not ranking.is_few:
        said.append(presenter.agreed(rule, agreement_of(rule, {subject_of(r.key): r.value for r in rows}, place_of)))
    said += combined_said(question, votes.combined)
    return CardBallot(
        question_id=question.id,
        is_of_guest=votes.voter.merged_into is not None,
        prompt=places.prompt,
        said=[sentence for sentence in said if sentence],
        votes=[_vote(rule, row, places.row_of, words) for row in rows[:VOTES_MAX]],
        left_out=max(0, len(rows) - VOTES_MAX),
    )


def _vote(rule: BallotRule, mark: MarkRow, row_of: Mapping[int, RankingRow], words: Mapping[int, IdeaRow]) -> CardVote:
    entries = [entry for entry in mark.key if entry]
    if rule.is_paired and mark.value < 0:
        entries.reverse()
    rows = [row_of[entry] for entry in entries if entry in row_of]
    rows = rows if len(rows) == len(entries) else []
    is_chosen = rule.is_paired and mark.value != 0
    said = _("Don’t know") if rule.is_paired else presenter_of(rule).mark(rule, mark.value)
    places = [row.place for row in rows if row.place is not None]
    return CardVote([words[row.idea.id] for row in rows], places, "" if is_chosen else said, is_chosen)
