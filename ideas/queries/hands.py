"""Shows of hands in a hall: head counts per entry and value, separate from the votes.

A raised hand leaves no trace, so nobody can recount a hall. Turnout and tallies therefore ignore it.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas.errors import NotClosed
from ideas.models import Entry, EntryStatus, HandCount, Result, Round
from ideas.models.entry import RANKED_AMONG_ALL
from ideas.queries.counts import tallied
from ideas.queries.rankings import RankingOf
from ideas.voting.scores import scores, tied

# `{entry: {value: number of hands}}`
Hands = dict[int, dict[int, int]]


def hands_of(session: Session, round: Round) -> dict[int, Hands]:
    """The current counts, by question; only facilitators may see them before the close."""
    return hands_now(session, round).counted


@dataclass(frozen=True)
class HandsNow:
    """The current counts. `apart`: `{(question, entry): n}` for entries that stay after a merge: the hands that were
    raised for the ideas that were merged into them, all values together.

    Hands are a number and no people. Nobody knows who raised a hand for both, so they are never added up; they wait
    with their own idea until the merge ends.
    """

    counted: dict[int, Hands]
    apart: dict[tuple[int, int], int]


def hands_now(session: Session, round: Round) -> HandsNow:
    """The current counts with those that wait; only facilitators may see them before the close."""
    found, apart = dict[int, Hands](), Counter[tuple[int, int]]()
    found |= {question.id: {} for question in round.questions}
    for question_id, entry, value, n, stays in _rows(session, round, (*RANKED_AMONG_ALL, EntryStatus.MERGED)):
        if stays is None:
            found[question_id].setdefault(entry, {})[value] = n
        else:
            apart[question_id, stays] += n
    return HandsNow(found, dict(apart))


def hands_on(session: Session, round: Round, idea_id: int) -> int:
    """How many hands were raised for an idea of an open round, on all questions and values together."""
    query = select(func.sum(HandCount.n)).join(Entry, Entry.id == HandCount.entry_id)
    return session.scalar(query.where(Entry.round_id == round.id, Entry.idea_id == idea_id)) or 0


def counted_hands(session: Session, round: Round) -> dict[str, object]:
    """The part of a round's frozen body about hands: `hands`, as `[question, entry, value, n]`; empty if there are
    none.
    """
    rows = [[*row] for *row, _ in _rows(session, round, RANKED_AMONG_ALL)]
    return {"hands": rows} if rows else {}


def _rows(
    session: Session, round: Round, statuses: Sequence[EntryStatus]
) -> list[tuple[int, int, int, int, int | None]]:
    """`(question, entry, value, n, the entry that stands for it)`, the questions in their order."""
    order = {question.id: n for n, question in enumerate(round.questions)}
    rows = session.execute(
        select(HandCount.question_id, HandCount.entry_id, HandCount.value, HandCount.n, Entry.counted_as)
        .join(Entry, Entry.id == HandCount.entry_id)
        .where(HandCount.question_id.in_(order), Entry.status.in_(statuses))
        .order_by(HandCount.entry_id, HandCount.value.desc())
    )
    return sorted(rows.tuples().all(), key=lambda row: order[row[0]])


def frozen_hands(session: Session, round: Round) -> dict[int, Hands]:
    """`{question: counts}` as frozen at the close, without questions that have none; empty while the round is open."""
    result = session.get(Result, round.id)
    found: dict[int, Hands] = {}
    for *asked, entry, value, n in json.loads(result.body).get("hands", []) if result and round.is_closed else []:
        # The first format of the body held the first question only.
        question = asked[0] if asked else round.questions[0].id
        found.setdefault(question, {}).setdefault(entry, {})[value] = n
    return found


def with_hands(session: Session, round: Round, ranking: RankingOf) -> RankingOf:
    """The ranking as if every hand were a vote; the ranking unchanged if nobody raised a hand, or by another rule.

    The frozen ranking does not change. The new one has no uncertainty: that is computed from people, and hands belong
    to no person.

    :raise NotClosed: while the round is open.
    """
    result = session.get(Result, round.id)
    if result is None or not round.is_closed:
        raise NotClosed
    raised = frozen_hands(session, round).get(ranking.question.id)
    if raised is None or not ranking.rule.adds_hands:
        return ranking
    of = tallied(json.loads(result.body), round)
    asked = next(asked for asked in of.questions if asked.id == ranking.question.id)
    before = {ranked.figures.entry: ranked for ranked in ranking.places}
    more = [(entry, 0, value, n) for entry, values in raised.items() for value, n in values.items()]
    found = scores(asked.rule, of.shown, replace(asked.counts, rows=[*asked.counts.rows, *more]))
    are_tied = tied(found)
    places = [replace(before[s.entry], place=s.place, figures=s, is_tied=s.entry in are_tied) for s in found]
    return replace(ranking, places=places, assessed=None)
