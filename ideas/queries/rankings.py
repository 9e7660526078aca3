"""The ranking: counted from the tallies at the close, read from the frozen result ever after."""

import json
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.errors import NotClosed
from ideas.models import Entry, EntryStatus, Result, Round, Tally
from ideas.models.entry import RANKED_AMONG_ALL
from ideas.queries.ideas import IdeaRow, idea_rows
from ideas.voting import approval


@dataclass(frozen=True)
class Ranked:
    """An idea with its figures. `place` is None for one that the ranking leaves out."""

    idea: IdeaRow
    place: int | None
    figures: approval.Standing
    is_tied: bool


def counted(session: Session, round: Round) -> dict[str, object]:
    """The figures of a round as they stand now, as a canonical body: integers and words only.

    `entries`: `[entry, status, yes, no, skip]`, every entry that is not withdrawn, those without a mark too.
    """
    rows = session.execute(select(Entry.id, Entry.status).filter_by(round_id=round.id).order_by(Entry.id)).all()
    tallies = _tallies(session, round)
    return {
        "round": round.id,
        "rule": "approval",
        "turnout": round.turnout,
        "entries": [
            [entry, str(status), *(tallies[entry].get(value, 0) for value in approval.VALUES)]
            for entry, status in rows
            if status in RANKED_AMONG_ALL
        ],
    }


def _tallies(session: Session, round: Round) -> defaultdict[int, dict[int, int]]:
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    query = select(Tally.subject, Tally.value, Tally.n).where(Tally.question_id == round.questions[0].id)
    for subject, value, n in session.execute(query):
        found[subject][value] = n
    return found


@dataclass(frozen=True)
class RankingOf:
    """A closed round's result: `places` best first; `apart` what it leaves out (hidden, pending, withdrawn)."""

    places: list[Ranked]
    apart: list[Ranked]
    turnout: int
    digest: str


def ranking_of(session: Session, round: Round, *, among_all: bool = False) -> RankingOf:
    """The frozen ranking with the ideas' present words.

    `among_all` ranks pending and hidden entries too, as if they had been visible.

    :raise NotClosed: while the round is open: sealed means absent.
    """
    result = session.get(Result, round.id)
    if result is None or not round.is_closed:
        raise NotClosed
    body = json.loads(result.body)
    frozen = {e[0]: (e[1], approval.Counts(e[0], *e[2:])) for e in body["entries"]}
    ideas = {row.entry_id: row for row in idea_rows(session, round)}
    wanted = RANKED_AMONG_ALL if among_all else (EntryStatus.VISIBLE,)
    standings = approval.rank([counts for status, counts in frozen.values() if status in wanted])
    shared = _shared_places(standings)
    places = [Ranked(ideas[s.entry], s.place, s, s.place in shared) for s in standings]
    ranked = {s.entry for s in standings}
    apart = [
        Ranked(row, None, approval.rank([frozen[e][1] if e in frozen else approval.Counts(e)])[0], False)
        for e, row in sorted(ideas.items())
        if e not in ranked
    ]
    return RankingOf(places, apart, body["turnout"], result.digest)


def first_places(session: Session, round_ids: list[int]) -> dict[int, approval.Standing]:
    """`{round: the figures of its winner}` for rounds that are closed and have one; no texts are loaded."""
    found: dict[int, approval.Standing] = {}
    for round_id, body in session.execute(select(Result.round_id, Result.body).where(Result.round_id.in_(round_ids))):
        entries = [e for e in json.loads(body)["entries"] if e[1] == EntryStatus.VISIBLE]
        standings = approval.rank([approval.Counts(e[0], *e[2:]) for e in entries])
        if standings:
            found[round_id] = standings[0]
    return found


def _shared_places(standings: list[approval.Standing]) -> set[int]:
    seen: set[int] = set()
    return {s.place for s in standings if s.place in seen or seen.add(s.place)}  # type: ignore[func-returns-value]
