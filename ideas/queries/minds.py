"""The minds that changed between the first look and the vote of a round: counted at the close, and read from a result.

This module checks no permission. Nobody but the close asks `counted_minds`, so that nothing is known before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas.models import Argument, Entry, EntryStatus, GoodPoint, Mark, Question, Round
from ideas.voting.minds import Minds, minds_on

# `{entry: figures}`, of the entries that have any.
MindsOf = dict[int, Minds]


def counted_minds(session: Session, round: Round) -> dict[str, object]:
    """The figures as they stand now, for the canonical body of a result; empty for a round without a first look.

    `minds`: the question of the first look, its rule and options, and `entries`: `[entry, people who moved up, down,
    people who stayed, [arguments beside]]` of the visible ones with enough people. The marks of the first look have no
    counts in the result.
    """
    look = round.first_look
    if look is None:
        return {}
    visible = select(Entry.id).where(Entry.round_id == round.id, Entry.status == EntryStatus.VISIBLE)
    found = minds_in(session, round, look, sorted(session.scalars(visible)))
    entries = [[entry, of.up, of.down, of.stayed, list(of.arguments)] for entry, of in found.items()]
    options = look.ballot_rule.options()
    return {"minds": {"question": look.id, "rule": look.rule, "options": options, "entries": entries}}


def minds_in(session: Session, round: Round, look: Question, entries: Iterable[int]) -> MindsOf:
    """The figures by the stored marks: those that count, so that of merged ideas the one that stays has them."""
    first, last = (_marks_on(session, question.id) for question in (look, round.questions[0]))
    good, found = _good_points_on(session, round), MindsOf()
    for entry in entries:
        minds = minds_on(look.ballot_rule, first[entry], last[entry], good[entry])
        if minds is not None:
            found[entry] = minds
    return found


def _marks_on(session: Session, question_id: int) -> defaultdict[int, dict[int, int]]:
    """`{entry: {participant: value}}`"""
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rows = select(Mark.subject, Mark.participant_id, Mark.value).where(Mark.question_id == question_id)
    for entry, person, value in session.execute(rows):
        found[entry][person] = value
    return found


def _good_points_on(session: Session, round: Round) -> defaultdict[int, dict[int, set[int]]]:
    """`{entry: {argument: participants}}` of the visible arguments; those on a merged idea belong to the one that
    stays.
    """
    found: defaultdict[int, dict[int, set[int]]] = defaultdict(dict)
    rows = (
        select(func.coalesce(Entry.counted_as, Entry.id), Argument.id, GoodPoint.participant_id)
        .join(Argument, Argument.id == GoodPoint.argument_id)
        .join(Entry, (Entry.idea_id == Argument.idea_id) & (Entry.round_id == GoodPoint.round_id))
        .where(GoodPoint.round_id == round.id, ~GoodPoint.is_excluded, GoodPoint.participant_id.is_not(None))
        .where(Argument.status == EntryStatus.VISIBLE, Argument.reply_to_id.is_(None))
    )
    for entry, argument, person in session.execute(rows):
        found[entry].setdefault(argument, set()).add(person)
    return found


def minds_in_result(body: Mapping[str, Any]) -> MindsOf | None:
    """The figures in the body of a result, or in its part that may be published; None without a first look."""
    if "minds" not in body:
        return None
    rows = body["minds"]["entries"]
    return {entry: Minds(up, down, stayed, tuple(arguments)) for entry, up, down, stayed, arguments in rows}
