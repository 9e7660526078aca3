"""Shows of hands in a hall: head counts per entry and value, beside the votes and never among them.

Who raised a hand leaves no trace, so nobody can recount a hall. That is why turnout and tallies know nothing of it.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.errors import NotClosed
from ideas.models import Entry, HandCount, Result, Round
from ideas.models.entry import RANKED_AMONG_ALL
from ideas.queries.counts import tallied
from ideas.queries.rankings import RankingOf
from ideas.voting import approval
from ideas.voting.standings import standings

# What a hall can be asked to raise hands for, by ballot rule; a rule that is missing here has no shows of hands.
VALUES: Mapping[str, tuple[int, ...]] = {"approval": (approval.YES, approval.NO)}

# `{entry: {value: how many hands}}`
Hands = dict[int, dict[int, int]]


def values_of(round: Round) -> tuple[int, ...]:
    """What may be counted on a round's first question, in the order in which a hall is asked."""
    return VALUES.get(round.questions[0].rule, ())


def hands_of(session: Session, round: Round) -> Hands:
    """The counts as they stand, for facilitators alone until the close."""
    found: Hands = {}
    for entry, value, n in _rows(session, round):
        found.setdefault(entry, {})[value] = n
    return found


def counted_hands(session: Session, round: Round) -> dict[str, object]:
    """What a round's frozen body says of them: `hands`, as `[entry, value, n]`; nothing where no hands were counted."""
    rows = [[entry, value, n] for entry, value, n in _rows(session, round)]
    return {"hands": rows} if rows else {}


def _rows(session: Session, round: Round) -> list[tuple[int, int, int]]:
    rows = session.execute(
        select(HandCount.entry_id, HandCount.value, HandCount.n)
        .join(Entry, Entry.id == HandCount.entry_id)
        .where(HandCount.question_id == round.questions[0].id, Entry.status.in_(RANKED_AMONG_ALL))
        .order_by(HandCount.entry_id, HandCount.value.desc())
    )
    return [(entry, value, n) for entry, value, n in rows]


def frozen_hands(session: Session, round: Round) -> Hands:
    """The counts as they were frozen at the close; empty while the round is open."""
    result = session.get(Result, round.id)
    found: Hands = {}
    for entry, value, n in json.loads(result.body).get("hands", []) if result and round.is_closed else []:
        found.setdefault(entry, {})[value] = n
    return found


def with_hands(session: Session, round: Round, ranking: RankingOf) -> RankingOf:
    """The ranking as it would stand if every hand were a vote. The frozen one stays what it is.

    Nothing is said of how sure it is: that is worked out from people, and a hall has none.

    :raise NotClosed: while the round is open.
    """
    result = session.get(Result, round.id)
    if result is None or not round.is_closed:
        raise NotClosed
    of = tallied(json.loads(result.body), round)
    asked, before = of.questions[0], {ranked.figures.entry: ranked for ranked in ranking.places}
    raised = [(e, 0, value, n) for e, values in frozen_hands(session, round).items() for value, n in values.items()]
    found = standings(asked.rule, of.shown, replace(asked.counts, rows=[*asked.counts.rows, *raised]))
    taken = [s.place for s in found]
    places = [replace(before[s.entry], place=s.place, figures=s, is_tied=taken.count(s.place) > 1) for s in found]
    return replace(ranking, places=places, assessed=None)
