"""The verdict finds every lost, changed, doubled or invented mark, and every wrong count."""

import pytest

from app.rehearsal.player import Acknowledged, Record
from app.rehearsal.verdict import verdict_on

ENTRY = 7


def mark(seq, value=1, entry=ENTRY, n=1, seconds=0.01):
    return Acknowledged(entry, value, n, seq, seconds)


def stored(seq, value=1, entry=ENTRY, pseudonym="aa"):
    return {"pseudonym": pseudonym, "entry": entry, "value": value, "seq": seq}


def verdict(records, marks, ideas=0, expected=None):
    entries = [{"idea": n, "yes": 2, "no": 0, "skip": 1} for n in range(ideas)]
    counts = {n: {1: 2, 0: 1} for n in range(ideas)} if expected is None else expected
    return verdict_on(records, {"marks": marks, "entries": entries}, counts)


def test_a_rehearsal_with_every_acknowledged_mark_stored_is_good():
    records = [Record(marks=[mark(4)], ideas=1), Record(marks=[mark(5, -1)])]

    found = verdict(records, [stored(4), stored(5, -1, pseudonym="bb")], ideas=1)

    assert found.is_good
    assert (found.ideas, found.acknowledged, found.stored) == (1, 2, 2)


def test_the_latest_mark_on_an_entry_must_be_stored():
    records = [Record(marks=[mark(4, n=1), mark(9, -1, n=2)])]

    assert verdict(records, [stored(9, -1)]).is_good
    old = verdict(records, [stored(4)])
    assert old.missing
    assert old.doubled  # the stored mark is one that nobody cast


@pytest.mark.parametrize("marks", [[], [stored(5)], [stored(4, -1)], [stored(4, entry=8)]])
def test_a_missing_or_changed_mark_is_found(marks):
    found = verdict([Record(marks=[mark(4)])], marks)

    assert found.missing
    assert not found.is_good


def test_a_doubled_mark_is_found():
    found = verdict([Record(marks=[mark(4)])], [stored(4), stored(5)])

    assert found.missing == []
    assert len(found.doubled) == 2  # both of one person, one of them never acknowledged
    assert not found.is_good


def test_an_abandoned_mark_may_be_stored_or_not():
    records = [Record(marks=[mark(4)], unanswered=[ENTRY, 8])]

    for marks in ([stored(4)], [stored(6, -1)], [stored(4), stored(5, entry=8)], []):
        found = verdict(records, marks)
        assert (found.missing, found.doubled) == ([], [])
    assert verdict(records, [stored(4), stored(5, entry=9)]).doubled


def test_a_lost_idea_is_a_problem():
    found = verdict([Record(ideas=2)], [], ideas=1)

    assert found.problems
    assert not found.is_good


@pytest.mark.parametrize("expected", [{0: {1: 1, 0: 1}}, {0: {1: 2, 0: 1, -1: 1}}, {1: {1: 2, 0: 1}}, {}])
def test_a_wrong_count_is_found(expected):
    found = verdict([Record(ideas=1)], [], ideas=1, expected=expected)

    assert len(found.miscounted) == 1
    assert not found.is_good


def test_latencies_are_given_in_milliseconds():
    marks = [mark(n, entry=n, n=n, seconds=n / 1000) for n in range(1, 102)]
    found = verdict([Record(marks=marks)], [stored(n, entry=n) for n in range(1, 102)])

    assert (found.p50_ms, found.p99_ms) == (pytest.approx(51), pytest.approx(100))
    assert verdict([Record()], []).p50_ms == 0
