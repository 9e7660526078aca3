"""The frozen counts are sufficient: they give the same order as all single marks."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideas.voting import approval
from ideas.voting.assessing import ORDERED_MAX, assess, read, stored
from ideas.voting.rules import RULES, BallotRule, Marks, key_of, rule_of
from ideas.voting.scores import Counts, Score, each_alone, scores, tied

ENTRIES = [11, 12, 15, 20, 31]
VALUES = {"approval": [1, 0, -1], "pairs": [1, 0, -1], "points": [0, 1, 2, 5], "grades": [-1, 0, 2, 5],
          "stars": [1, 0, -1], "ranked": [0, 1, 2, 3]}  # fmt: skip

Ballot = dict[object, int]


def subjects(rule: BallotRule) -> list[object]:
    pairs = [(a, b) for a in ENTRIES for b in ENTRIES if a < b]
    return pairs if rule.is_paired else ENTRIES


def crowds(name: str) -> st.SearchStrategy[list[Ballot]]:
    subject = st.sampled_from(subjects(RULES[name]()))
    return st.lists(st.dictionaries(subject, st.sampled_from(VALUES[name]), min_size=1, max_size=4), max_size=12)


def as_marks(rule: BallotRule, crowd: list[Ballot]) -> Marks:
    number = {entry: n for n, entry in enumerate(ENTRIES)} | {0: -1}
    said = [{key_of(s): v for s, v in ballot.items() if rule.says(v)} for ballot in crowd]
    rows = [
        (person, number[one], number[other], value)
        for person, ballot in enumerate(filter(None, said))
        for (one, other), value in ballot.items()
    ]
    return Marks(sum(map(bool, said)), len(ENTRIES), *np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def as_counts(rule: BallotRule, crowd: list[Ballot]) -> Counts:
    rows = Counter((*key_of(s), value) for ballot in crowd for s, value in ballot.items())
    orders: Counter[tuple[tuple[int, int], ...]] = Counter()
    if rule.name == "ranked":
        placed = [tuple(sorted((s, v) for s, v in ballot.items() if v)) for ballot in crowd]
        orders = Counter(filter(None, placed))
    return Counts(len(crowd), [(*key, n) for key, n in rows.items()], [(n, order) for order, n in orders.items()])


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=15)
@given(data=st.data())
def test_the_counts_give_the_same_order_as_the_marks(name, data):
    rule = rule_of(name, {})
    crowd = data.draw(crowds(name))

    counts = as_counts(rule, crowd)
    from_counts = scores(rule, ENTRIES, counts)
    from_people = assess(rule, ENTRIES, as_marks(rule, crowd), counts, seed=7).scores

    assert [(s.entry, s.place) for s in from_counts] == [(s.entry, s.place) for s in from_people]
    for one, other in zip(from_counts, from_people, strict=True):
        assert one.values == other.values
        assert one.is_few == other.is_few
        same = [(one.score, other.score), (one.low, other.low), (one.high, other.high)]
        assert all((a is None) == (b is None) and (a is None or abs(a - b) < 1e-6) for a, b in same)


@pytest.mark.parametrize("name", RULES)
def test_an_assessment_is_stored_in_whole_numbers_and_read_back(name):
    rule = rule_of(name, {})
    crowd = [{s: VALUES[name][(n + k) % len(VALUES[name])] for k, s in enumerate(subjects(rule)[:3])} for n in range(9)]
    counts = as_counts(rule, crowd)
    found = assess(rule, ENTRIES, as_marks(rule, crowd), counts, seed=7)

    body = stored(found)
    again = read(rule, body, counts)

    assert stored(again) == body
    assert all(type(n) is int or n is None for row in body["entries"] for n in row)
    assert again.lines == found.lines
    assert [s.place for s in again.scores] == [s.place for s in found.scores]
    assert sum(s.chance.p_top for s in again.scores) == pytest.approx(3)


def test_an_assessment_of_the_first_method_is_read_without_its_bands():
    """Its rows ended with the first and last place of a band, and it had no lines."""
    body = {"seed": 7, "runs": 500, "top": 1, "people": 12, "stability": 900_000_000}
    rows = [[11, 1, None, None, None, 750_000_000, 1, 2, 1, 3], [12, 2, None, None, None, 250_000_000, 1, 3, 1, 3]]

    found = read(rule_of("approval", {}), body | {"entries": rows}, Counts(12, []))

    assert [(s.entry, s.chance.p_top, s.chance.places) for s in found.scores] == [
        (11, 0.75, (1, 2)),
        (12, 0.25, (1, 3)),
    ]
    assert (found.lines, found.stability) == ([], 0.9)


def test_an_order_of_entries_outside_the_ranking_counts_neither_live_nor_frozen():
    """Three people place only a hidden entry."""
    rule = rule_of("ranked", {})
    crowd = [{11: 1, 12: 2}] * 12 + [{12: 1}] * 3
    hidden = [(3, ((99, 1),))]
    counts = as_counts(rule, crowd)
    counts = replace(counts, voters=18, orders=[*counts.orders, *hidden])

    live = scores(rule, ENTRIES, counts)
    frozen = assess(rule, ENTRIES, as_marks(rule, crowd), counts, seed=7).scores

    assert [(s.entry, s.place) for s in live] == [(s.entry, s.place) for s in frozen]
    assert [s.score for s in live] == pytest.approx([s.score for s in frozen])
    assert [s.low for s in live] == pytest.approx([s.low for s in frozen])


def test_entries_on_one_place_with_disjoint_intervals_are_not_tied():
    def at(entry, low, high, place=1):
        return Score(entry, place, low=low, high=high)

    assert tied([at(1, 0.1, 0.3), at(2, 0.4, 0.6), at(3, 0.2, 0.5)]) == {1, 2, 3}
    assert tied([at(1, 0.1, 0.3), at(2, 0.4, 0.6)]) == set()
    assert tied([at(1, None, None), at(2, 0.4, 0.6)]) == {1, 2}
    assert tied([at(1, 0.1, 0.3), at(2, 0.1, 0.3, place=2)]) == set()


def test_the_draws_depend_on_the_seed():
    rule = rule_of("approval", {})
    crowd = [{11: 1, 12: 1 if n % 2 else -1, 15: 1 if n % 3 else -1, 20: 1 if n % 5 else -1} for n in range(12)]
    counts, marks = as_counts(rule, crowd), as_marks(rule, crowd)

    assert stored(assess(rule, ENTRIES, marks, counts, 1)) == stored(assess(rule, ENTRIES, marks, counts, 1))
    assert stored(assess(rule, ENTRIES, marks, counts, 1)) != stored(assess(rule, ENTRIES, marks, counts, 2))


def test_approval_scores_equal_the_plain_count():
    crowd = [{11: 1, 12: -1}, {11: 1, 15: 0}, {12: 1}]
    plain = approval.rank(
        [
            approval.ApprovalCounts(11, 2, 0, 0),
            approval.ApprovalCounts(12, 1, 1, 0),
            approval.ApprovalCounts(15, 0, 0, 1),
        ]
    )

    found = scores(rule_of("approval", {}), [11, 12, 15], as_counts(rule_of("approval", {}), crowd))

    assert [(s.entry, s.place, s.yes, s.no, s.skip, s.judged, s.is_few) for s in found] == [
        (s.entry, s.place, s.yes, s.no, s.skip, s.judged, s.is_few) for s in plain
    ]
    for one, other in zip(found, plain, strict=True):
        assert (one.score, one.low, one.high) == pytest.approx((other.score, other.low, other.high), abs=1e-12)


def test_a_win_of_one_entry_is_a_loss_of_the_other():
    found = {s.entry: s for s in scores(rule_of("pairs", {}), [1, 2], Counts(3, [(1, 2, 1, 2), (1, 2, 0, 1)]))}

    assert (found[1].yes, found[1].no, found[1].skip) == (2, 0, 1)
    assert (found[2].yes, found[2].no, found[2].skip) == (0, 2, 1)


def test_marks_on_unranked_entries_are_ignored():
    rows = [(1, 2, 1, 5), (1, 3, -1, 9)]

    with_three = scores(rule_of("pairs", {}), [1, 2, 3], Counts(9, rows))
    without = scores(rule_of("pairs", {}), [1, 2], Counts(9, rows))

    assert with_three[0].entry == 3
    assert without[0].entry == 1


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=20)
@given(data=st.data())
def test_an_entry_scored_alone_has_the_score_of_a_single_entry(name, data):
    rule = rule_of(name, {})
    counts = as_counts(rule, data.draw(crowds(name)))

    assert each_alone(rule, ENTRIES, counts) == [scores(rule, [entry], counts)[0] for entry in ENTRIES]


def test_very_many_ranked_entries_are_placed_without_chances():
    rule = rule_of("ranked", {"most": 50})
    entries = list(range(1, ORDERED_MAX + 12))
    marks = [(person, (person * 10 + k) % len(entries), -1, k + 1) for person in range(20) for k in range(10)]
    table = np.array(marks, dtype=np.int64).T
    counts = Counts(20, [(entries[s], 0, v, 1) for _, s, _, v in marks])

    found = assess(rule, entries, Marks(20, len(entries), *table), counts, 1)

    assert found.runs == 0
    assert found.lines == []
    assert len(found.scores) == len(entries)
    assert stored(read(rule, stored(found), counts)) == stored(found)
