"""Approval counts agree with published figures, and the ranking treats all entries alike."""

from decimal import Decimal, getcontext
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ideas.voting import approval
from ideas.voting.approval import ApprovalCounts, laplace, rank, wilson
from ideas.voting.places import SAME, places
from tests.conversations import needs_full_data
from tests.ideas.voting import profiles_of

getcontext().prec = 50
Z = Decimal("1.959963984540054")

counts = st.builds(lambda yes, no, skip: (yes, no, skip), *[st.integers(0, 60)] * 3)
ballots = st.lists(counts, min_size=1, max_size=25)


def of(figures: list[tuple[int, int, int]]) -> list[ApprovalCounts]:
    return [ApprovalCounts(entry, *three) for entry, three in enumerate(figures, start=1)]


@pytest.mark.parametrize(
    ("yes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_agrees_with_newcombe_1998(yes, n, low, high):
    """Newcombe 1998, Stat. Med. 17:857-872, table I, method 3."""
    assert tuple(round(bound, 4) for bound in wilson(yes, n - yes)) == (low, high)


def test_ten_yes_of_ten_are_not_certain():
    low, high = wilson(10, 0)

    assert low == pytest.approx(0.722467, abs=1e-6)
    assert high == pytest.approx(1, abs=1e-12)


def test_an_entry_without_judgements_has_the_widest_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    assert laplace(0, 0) == 0.5


@needs_full_data
@pytest.mark.parametrize(("name", "people"), [("pb-nl-assen-2024", 84), ("pb-zurich-2023-sn", 180)])
def test_the_approvals_of_a_participatory_budget_give_its_places(name, people):
    """A voter says yes to the projects on their ballot and no to the others. Since everybody judges every project, the
    places follow the votes.
    """
    projects, ballots = profiles_of.budget(name)
    votes = [int(p["votes"]) for p in projects]
    profile = profiles_of.scores(
        [[1 if str(p["project_id"]) in ballot else -1 for p in projects] for ballot in ballots]
    )
    counted = approval.tally(profile)

    assert len(ballots) == people
    assert (counted.score * (people + 2) - 1).tolist() == pytest.approx(votes, abs=1e-9)
    assert places(counted.key).tolist() == [1 + sum(other > n for other in votes) for n in votes]


@given(st.integers(0, 5000), st.integers(0, 5000))
@example(0, 1)
@example(1, 0)
def test_the_bounds_solve_wilsons_equation(yes, no):
    """|p - bound| = z * sqrt(bound * (1 - bound) / n): an oracle that shares no formula with the product."""
    n = yes + no
    if not n:
        return
    low, high = wilson(yes, no)

    assert 0 <= low <= yes / n + 1e-15
    assert yes / n - 1e-15 <= high <= 1
    for bound in (low, high):
        distance = approval.Z95 * (bound * (1 - bound) / n) ** 0.5
        assert abs(yes / n - bound) == pytest.approx(distance, abs=1e-7)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_interval_is_symmetric_in_yes_and_no(yes, no):
    low, high = wilson(yes, no)
    mirrored_low, mirrored_high = wilson(no, yes)

    if yes + no:
        assert low == pytest.approx(1 - mirrored_high, abs=1e-12)
        assert high == pytest.approx(1 - mirrored_low, abs=1e-12)


def test_the_score_adds_one_vote_to_each_side():
    assert laplace(3, 1) == 4 / 6
    assert laplace(0, 10) == 1 / 12


def test_skips_count_as_judgements_and_change_neither_score_nor_bounds():
    [without] = rank([ApprovalCounts(1, 5, 3, 0)])
    [with_skips] = rank([ApprovalCounts(1, 5, 3, 40)])

    assert (with_skips.score, with_skips.low, with_skips.high) == (without.score, without.low, without.high)
    assert (without.judged, with_skips.judged) == (8, 48)


def test_fewer_than_ten_judgements_are_flagged():
    nine, ten = rank([ApprovalCounts(1, 4, 4, 1)]), rank([ApprovalCounts(1, 4, 4, 2)])

    assert nine[0].is_few
    assert not ten[0].is_few


def test_ties_share_a_place_and_the_next_place_is_skipped():
    scores = rank(of([(1, 1, 0), (9, 1, 0), (5, 1, 0), (5, 1, 7)]))

    assert [(s.entry, s.place) for s in scores] == [(2, 1), (3, 2), (4, 2), (1, 4)]


def test_entries_without_a_yes_tie_despite_rounding_errors():
    figures = [(0, no, 0) for no in range(60)]
    dust = {wilson(0, no)[0] for _, no, _ in figures}
    assert len(dust) > 1, "no dust: this test shows nothing"

    assert {s.place for s in rank(of(figures))} == {1}


@pytest.mark.parametrize(("gap", "second_place"), [(0.5e-12, 1), (0.99e-12, 1), (3e-12, 2)])
def test_bounds_closer_than_a_trillionth_share_a_place(monkeypatch, gap, second_place):
    lows = {1: 0.5, 2: 0.5 - gap}
    monkeypatch.setattr(approval, "wilson", lambda yes, no: (lows[yes], 0.9))

    assert [s.place for s in rank([ApprovalCounts(1, 1), ApprovalCounts(2, 2)])] == [1, second_place]


def test_entries_of_one_place_are_ordered_by_yes_then_no_then_id():
    scores = rank([ApprovalCounts(9, 0, 0), ApprovalCounts(3, 0, 0), ApprovalCounts(5, 0, 4), ApprovalCounts(1, 0, 2)])

    assert [s.entry for s in scores] == [3, 9, 1, 5]


def test_an_empty_list_has_an_empty_ranking():
    assert rank([]) == []


@given(ballots, st.randoms(use_true_random=False))
def test_labels_and_order_do_not_change_the_places(figures, chance):
    labels = list(range(100, 100 + len(figures)))
    chance.shuffle(labels)
    relabelled = [ApprovalCounts(label, *three) for label, three in zip(labels, figures, strict=True)]
    chance.shuffle(relabelled)

    places = {s.entry: s.place for s in rank(of(figures))}
    places_then = {s.entry: s.place for s in rank(relabelled)}

    assert [places[i] for i in range(1, len(figures) + 1)] == [places_then[label] for label in labels]


@given(ballots, st.data())
def test_one_more_yes_never_lowers_a_place(figures, data):
    lucky = data.draw(st.integers(0, len(figures) - 1))
    yes, no, skip = figures[lucky]
    after = [*figures[:lucky], (yes + 1, no, skip), *figures[lucky + 1 :]]

    assert _place(after, lucky) <= _place(figures, lucky)


@given(ballots, st.data())
def test_one_more_no_never_raises_a_place(figures, data):
    unlucky = data.draw(st.integers(0, len(figures) - 1))
    yes, no, skip = figures[unlucky]
    after = [*figures[:unlucky], (yes, no + 1, skip), *figures[unlucky + 1 :]]

    assert _place(after, unlucky) >= _place(figures, unlucky)


def _place(figures: list[tuple[int, int, int]], index: int) -> int:
    return next(s.place for s in rank(of(figures)) if s.entry == index + 1)


@given(ballots)
def test_the_places_agree_with_a_count_with_fifty_digits(figures):
    exact = sorted((_exact_low(yes, no) for yes, no, _ in figures), reverse=True)
    places: list[int] = []
    for position, low in enumerate(exact, start=1):
        tied = places and exact[position - 2] - low <= Decimal("1e-12")
        places.append(places[-1] if tied else position)

    scores = rank(of(figures))

    assert [s.place for s in scores] == places
    assert all(before.low >= after.low - SAME for before, after in pairwise(scores))


def _exact_low(yes: int, no: int) -> Decimal:
    n = Decimal(yes + no)
    if not n:
        return Decimal(0)
    share = yes / n
    root = (share * (1 - share) / n + Z * Z / (4 * n * n)).sqrt()
    return (share + Z * Z / (2 * n) - Z * root) / (1 + Z * Z / n)
