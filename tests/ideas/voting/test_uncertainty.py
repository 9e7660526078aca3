"""The bootstrap draws people, gives the same result on every machine, and covers at the stated rate."""

from types import ModuleType

import numpy as np
import pytest

from benchmarks import honesty
from ideas.voting import approval, grades, pairs, points, ranked, stars, uncertainty
from ideas.voting.places import places
from ideas.voting.profiles import LEFT, RIGHT, SKIP, UNPLACED, OrderProfile, PairProfile, Profile, ScoreProfile
from ideas.voting.uncertainty import (
    FEW_PEOPLE,
    LEVEL,
    bootstrap,
    marks_of,
    shares_of_top,
    voters,
)
from tests.doubles import partly_here

RULES = (approval, points, grades, stars, pairs, ranked)


def scores(table) -> ScoreProfile:
    """One mark for each number in a table of people by entries."""
    table = np.array(table, dtype=np.float64)
    participant, subject = np.nonzero(~np.isnan(table))
    return ScoreProfile(*table.shape, participant, subject, table[participant, subject])


def crowd(rule: ModuleType, people: int = 30, entries: int = 6, seed: int = 1) -> Profile:
    """Ballots of people who agree to some extent; the first entry is the best."""
    rng = np.random.default_rng(seed)
    liking = np.linspace(1, -1, entries) + rng.logistic(0, 1, (people, entries))
    if rule is ranked:
        return OrderProfile((liking[:, :, None] < liking[:, None, :]).sum(axis=2).astype(np.int16) + 1)
    if rule is pairs:
        left, right = np.triu_indices(entries, 1)
        outcome = np.where(liking[:, left] > liking[:, right], LEFT, RIGHT).ravel()
        participant = np.repeat(np.arange(people), len(left))
        return PairProfile(people, entries, participant, np.tile(left, people), np.tile(right, people), outcome)
    if rule in (approval, stars):
        return scores(np.where(liking > 0, 1, -1))
    return scores(np.clip(np.floor(liking) + 3, 0, 5))


def renamed(profile: Profile, order) -> Profile:
    """The same ballots with the people in another order."""
    if isinstance(profile, OrderProfile):
        return OrderProfile(profile.ranks[np.argsort(order)])
    if isinstance(profile, PairProfile):
        return PairProfile(
            profile.people, profile.entries, order[profile.participant], profile.left, profile.right, profile.outcome
        )
    return ScoreProfile(profile.people, profile.entries, order[profile.participant], profile.subject, profile.value)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_same_seed_gives_the_same_result_and_another_seed_a_similar_one(rule):
    profile = crowd(rule)
    first, again, other = (bootstrap(profile, rule, runs=400, seed=seed) for seed in (7, 7, 8))

    assert np.array_equal(first.p_top, again.p_top)
    assert (first.lines, first.stability) == (again.lines, again.stability)
    assert not np.array_equal(first.p_top, other.p_top)
    assert np.abs(first.p_top - other.p_top).max() < 0.15


def test_the_draws_are_the_same_on_every_machine():
    profile = scores(np.ones((5, 1)))
    [drawn] = uncertainty.draws_of(profile, runs=3, seed=2026, size=5)

    assert drawn.tolist() == [[1, 2, 1, 1, 0], [1, 1, 0, 2, 1], [0, 0, 1, 2, 2]]


def test_drawing_in_blocks_changes_no_draw(monkeypatch):
    profile = crowd(approval)
    whole = bootstrap(profile, approval, runs=50)
    monkeypatch.setattr(uncertainty, "CELLS", 7 * 30)
    in_blocks = bootstrap(profile, approval, runs=50)

    assert np.array_equal(whole.p_top, in_blocks.p_top)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_order_of_people_changes_the_result_only_by_chance(rule):
    profile = crowd(rule)
    order = np.random.default_rng(3).permutation(profile.people)
    one, other = bootstrap(profile, rule, runs=800), bootstrap(renamed(profile, order), rule, runs=800)

    assert np.abs(one.p_top - other.p_top).max() < 0.1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_order_of_the_rows_changes_nothing(rule):
    profile = crowd(rule)
    if isinstance(profile, OrderProfile):
        return
    rows = np.random.default_rng(3).permutation(len(profile.participant))
    kept = (
        (profile.left, profile.right, profile.outcome)
        if isinstance(profile, PairProfile)
        else (profile.subject, profile.value)
    )
    shuffled = type(profile)(
        profile.people, profile.entries, profile.participant[rows], *(column[rows] for column in kept)
    )
    one, other = bootstrap(profile, rule, runs=100), bootstrap(shuffled, rule, runs=100)

    assert one.p_top == pytest.approx(other.p_top, abs=1e-9)
    assert one.lines == other.lines


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_clear_winner_is_certain_and_a_line_parts_it_from_the_others(rule):
    rng = np.random.default_rng(2)
    profile = crowd(rule, people=60, entries=5)
    if isinstance(profile, OrderProfile):
        rest = rng.random((60, 4)).argsort(axis=1).argsort(axis=1) + 2
        profile = OrderProfile(np.column_stack([np.ones(60), rest]).astype(np.int16))
    elif isinstance(profile, PairProfile):
        chance = rng.choice([LEFT, RIGHT], len(profile.left))
        profile = PairProfile(
            60, 5, profile.participant, profile.left, profile.right, np.where(profile.left == 0, LEFT, chance)
        )
    else:
        best, worst = (1, -1) if rule in (approval, stars) else (5, 0)
        rest = rng.choice([worst, best] if best == 1 else [0, 1, 2, 3], (60, 4))
        profile = scores(np.column_stack([np.full(60, best), rest]))
    found = bootstrap(profile, rule, runs=300, top=1)

    assert found.p_top[0] >= 0.99
    assert found.stability >= 0.99
    assert found.lines == [1]
    assert (found.places_low[0], found.places_high[0]) == (1, 1)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_equal_entries_share_the_top(rule):
    profile = crowd(rule, people=20, entries=4)
    if isinstance(profile, OrderProfile):
        profile = OrderProfile(np.ones((20, 4), dtype=np.int16))
    elif isinstance(profile, PairProfile):
        both = np.concatenate([profile.outcome, -profile.outcome])
        twice = [np.concatenate([column] * 2) for column in (profile.participant, profile.left, profile.right)]
        profile = PairProfile(20, 4, *twice, both)
    else:
        profile = scores(np.repeat(profile.value[:20, None], 4, axis=1))
    found = bootstrap(profile, rule, runs=50, top=3)

    assert found.p_top.tolist() == pytest.approx([0.75] * 4)
    assert found.lines == []
    assert set(found.places_low) == {1}
    assert set(found.places_high) == {4}


def test_the_top_is_shared_only_across_the_cut():
    keys = np.array([[5.0, 4, 4, 4, 1], [1, 1, 1, 1, 1], [5, 4, 3, 2, 1]])

    shares = shares_of_top(keys, 3)

    assert shares[0] == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3, 0])
    assert shares[1] == pytest.approx([0.6] * 5)
    assert shares[2].tolist() == [1, 1, 1, 0, 0]
    assert shares_of_top(keys, 9).tolist() == np.ones((3, 5)).tolist()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_a_line_parts_only_entries_whose_possible_places_do_not_cross_it(rule, seed):
    profile = crowd(rule, people=300, entries=4, seed=seed)
    found = bootstrap(profile, rule, runs=150, seed=seed)
    place = places(rule.tally(profile).key)

    assert found.lines, "this crowd must tell some entries apart"
    for line in found.lines:
        above = place <= line
        assert np.count_nonzero(above) == line
        assert found.places_high[above].max() <= line
        assert found.places_low[~above].min() > line
    assert np.all(found.places_low <= place)
    assert np.all(place <= found.places_high)


def test_the_bootstrap_draws_people_and_not_marks():
    """Ten people who each mark ten entries alike are ten opinions, not a hundred."""
    rng = np.random.default_rng(5)
    camp = np.repeat([1, -1], [12, 8])
    table = np.column_stack([np.repeat(camp[:, None], 10, axis=1), np.repeat(-camp[:, None], 10, axis=1)])
    whole = bootstrap(scores(table), approval, runs=400, top=10)
    # The same marks, each by a person of its own.
    alone = np.full((400, 20), np.nan)
    alone[np.arange(400), np.tile(np.arange(20), 20)] = table.ravel()
    single = bootstrap(scores(alone[rng.permutation(400)]), approval, runs=400, top=10)

    assert whole.stability == pytest.approx(0.75, abs=0.1)
    assert whole.lines == []
    assert single.p_top.std() < whole.p_top.std()


def test_a_person_without_marks_is_not_drawn():
    table = np.full((40, 3), np.nan)
    table[5:17] = np.where(np.random.default_rng(1).random((12, 3)) < 0.6, 1, -1)
    absent, present = scores(table), scores(table[5:17])
    orders = OrderProfile(np.array([[1, 2], [UNPLACED, UNPLACED], [2, 1]], dtype=np.int16))

    assert voters(absent).tolist() == list(range(5, 17))
    assert voters(orders).tolist() == [0, 2]
    assert np.array_equal(bootstrap(absent, approval, runs=50).p_top, bootstrap(present, approval, runs=50).p_top)


def test_a_vote_without_marks_has_no_line_and_no_stability():
    found = bootstrap(scores(np.full((3, 4), np.nan)), approval, runs=20, top=2)

    assert found.p_top.tolist() == [0.5] * 4
    assert found.lines == []
    assert found.stability == 0
    assert found.is_few


def test_a_vote_without_entries_is_empty():
    found = bootstrap(ScoreProfile(2, 0, np.zeros(0, int), np.zeros(0, int), np.zeros(0)), approval, runs=20)

    assert found.p_top.tolist() == []
    assert found.lines == []


def test_a_single_voter_separates_no_entries():
    found = bootstrap(scores([[1, -1, 1]]), approval, runs=20, top=1)

    assert found.lines == []
    assert (found.places_low.tolist(), found.places_high.tolist()) == ([1] * 3, [3] * 3)
    assert found.is_few


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_certainty_alone_is_that_of_the_bootstrap(rule):
    profile = crowd(rule)
    whole, alone = bootstrap(profile, rule, runs=60, seed=3), uncertainty.certainty(profile, rule, runs=60, seed=3)

    assert (alone.people, alone.winners, alone.stability, alone.share_drawn) == (
        whole.people, whole.winners, whole.stability, whole.share_drawn,
    )  # fmt: skip


def test_a_vote_below_the_minimum_of_people_is_flagged():
    assert bootstrap(crowd(approval, people=FEW_PEOPLE - 1), approval, runs=10).is_few
    assert not bootstrap(crowd(approval, people=FEW_PEOPLE), approval, runs=10).is_few


@pytest.mark.parametrize("spread", [0.0, 0.7], ids=["equals", "unequals"])
def test_the_places_cover_the_true_places_at_the_stated_rate(spread):
    """120 crowds of 40 people with a known true order: the places of all entries together are right in 95 %.

    Equal entries are the hard case: each may have every place, and one break anywhere is an error. 0.88 is 0.95 less
    two and a half standard errors of 120 crowds.
    """
    rng = np.random.default_rng(2026)
    right = 0
    for seed in range(120):
        quality = rng.normal(0, spread, 8)
        leaning = rng.normal(0, 0.5, 40)
        liking = quality + leaning[:, None] + rng.logistic(0, 1, (40, 8))
        found = bootstrap(scores(np.where(liking > 0, 1, -1)), approval, runs=200, seed=seed)
        best = 1 + (quality[None, :] > quality[:, None]).sum(axis=1)
        worst = 8 - (quality[None, :] < quality[:, None]).sum(axis=1)
        right += bool(np.all(found.places_low <= best) and np.all(found.places_high >= worst))

    assert right / 120 >= LEVEL - 0.07
    if spread:
        assert found.places_low.max() > 1, "it must be able to tell something apart"


def test_overlapping_intervals_separate_no_more_entries_than_comparisons_do(monkeypatch):
    profile = crowd(approval, people=600, entries=4)
    each = bootstrap(profile, approval, runs=200)
    monkeypatch.setattr(uncertainty, "COMPARED", 2)
    overlap = bootstrap(profile, approval, runs=200)

    assert overlap.lines
    assert set(overlap.lines) <= set(each.lines)
    assert np.all(overlap.places_low <= each.places_low)
    assert np.all(overlap.places_high >= each.places_high)


def nearly_unanimous(rule: ModuleType, dissenters: int, people: int = 30, entries: int = 5) -> Profile:
    """All people have the same order of the entries; the dissenters have the opposite one."""
    order = np.tile(np.arange(entries), (people, 1))
    order[:dissenters] = order[:dissenters, ::-1]
    if rule is ranked:
        return OrderProfile((order + 1).astype(np.int16))
    if rule is pairs:
        left, right = np.triu_indices(entries, 1)
        participant = np.repeat(np.arange(people), len(left))
        outcome = np.where(participant < dissenters, RIGHT, LEFT)
        return PairProfile(people, entries, participant, np.tile(left, people), np.tile(right, people), outcome)
    values = {approval: [1, 1, -1, -1, -1], stars: [1, np.nan, np.nan, np.nan, -1]}
    return scores(np.array(values.get(rule, [5, 4, 3, 1, 0]))[order])


@pytest.mark.parametrize("dissenters", [0, 1, 2, 4])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nearly_everybody_agrees_and_disjoint_intervals_mean_different_places(rule, dissenters):
    """The strengths of pairs move far in the few runs without a dissenter. One limit for all differences of strengths
    made every place possible for every entry.
    """
    profile = nearly_unanimous(rule, dissenters)
    counted, found = rule.tally(profile), bootstrap(profile, rule, runs=300, seed=1)

    possible = list(zip(found.places_low.tolist(), found.places_high.tolist(), strict=True))
    disjoint = np.argwhere(counted.low[:, None] > counted.high[None, :])
    assert len(disjoint) >= 4, "this crowd must tell some entries apart"
    for one, other in disjoint:
        assert possible[one][1] < possible[other][0], (one, other, possible)


@pytest.mark.parametrize("seed", range(3))
def test_the_loser_of_all_pairs_is_last_although_a_few_people_dissent(seed):
    """Thirty people compare four of the ten pairs each, and two of them always choose the worse entry."""
    profile = nearly_unanimous(pairs, 2)
    met = (np.arange(10)[None, :] + np.arange(30)[:, None]) % 5 < 2
    columns = (profile.participant, profile.left, profile.right, profile.outcome)
    found = bootstrap(PairProfile(30, 5, *(column[met.ravel()] for column in columns)), pairs, runs=300, seed=seed)

    assert (found.places_low[4], found.places_high[4]) == (5, 5)
    assert {3, 4} <= set(found.lines)


@pytest.mark.parametrize("spread", partly_here([0.0, 0.7], 0.7), ids=["equals", "unequals"])
def test_the_places_of_pairs_cover_the_true_places_at_the_stated_rate(spread):
    """Of 100 votes, 0.95 less two and a half standard errors; `benchmarks.honesty` measures all rules."""
    assert honesty.coverage_of_places("pairs", 20, spread, 100)["ranges"] >= LEVEL - 0.055


def test_one_entry_that_is_not_told_apart_from_one_below_prevents_the_line():
    """Three entries in order; the second varies so much that only the first and the third are told apart."""
    key = np.array([3.0, 2.0, 1.0])
    apart = np.array([[0, 0, 2.0], [0, 0, 0], [-2.0, 0, 0]])
    none_vary = np.zeros((3, 3))

    gaps = uncertainty._Gaps(apart, none_vary, lambda: [np.zeros((1, 3, 3), np.float32)])
    best, worst, lines = uncertainty._one_by_one(key, gaps, 30)

    assert (best.tolist(), worst.tolist()) == ([1, 1, 2], [2, 3, 3])
    assert lines == []


def test_clear_differences_draw_almost_everybody_for_the_chances_and_noise_draws_few():
    rng = np.random.default_rng(4)
    clear = scores(np.where(rng.random((200, 6)) < np.linspace(0.1, 0.9, 6), 1, -1))
    noise = scores(np.where(rng.random((200, 6)) < 0.5, 1, -1))

    assert bootstrap(clear, approval, runs=100).share_drawn > 0.95
    assert bootstrap(noise, approval, runs=100).share_drawn < 0.6


def test_chances_by_a_rule_that_jumps_draw_more_people_but_not_more_than_voted():
    sizes = np.array([20, 60, 95])

    assert uncertainty.sizes_of_chances(ranked, sizes, 100).tolist() == [25, 75, 100]
    assert uncertainty.sizes_of_chances(grades, sizes, 100).tolist() == [25, 75, 100]
    assert uncertainty.sizes_of_chances(approval, sizes, 100).tolist() == [20, 60, 95]


def test_what_is_told_apart_narrows_the_limit_for_the_rest(monkeypatch):
    """The first two entries differ by 2.35 errors, less than the limit of all three differences."""
    rng = np.random.default_rng(8)
    key = np.array([12.35, 10.0, 0.0])
    keys = key + np.column_stack([rng.normal(0, 0.5**0.5, (500, 2)), rng.normal(0, 1, 500)])
    stepped = uncertainty._one_by_one(key, uncertainty._gaps_of_keys(key, keys), 400)
    monkeypatch.setattr(uncertainty, "STEPPED", 0)
    once = uncertainty._one_by_one(key, uncertainty._gaps_of_keys(key, keys), 400)

    assert once[2] == [2]
    assert stepped[2] == [1, 2]


def test_entries_that_people_like_together_are_one_difference():
    """Two camps and ten copies of each entry: as uncertain as the two entries alone."""
    camps = np.repeat([[1, -1], [-1, 1]], [26, 14], axis=0)
    two, twenty = (bootstrap(scores(np.repeat(camps, n, axis=1)), approval, runs=300, top=n) for n in (1, 10))

    assert twenty.share_drawn == pytest.approx(two.share_drawn, abs=0.05)
    assert twenty.stability == pytest.approx(two.stability, abs=0.05)


@pytest.mark.parametrize("rule", partly_here(["approval", "ranked"], "ranked"))
def test_the_chances_are_calibrated(rule):
    """Per tenth, within 0.03 and two standard errors; `benchmarks.honesty` measures all rules with more repetitions."""
    found = honesty.calibration(rule, 4)

    assert found["kept"], found


def test_marks_are_counted_for_each_entry():
    duels = PairProfile(2, 3, *(np.array(column) for column in ([0, 1, 1], [0, 0, 1], [1, 2, 2], [LEFT, RIGHT, SKIP])))
    orders = OrderProfile(np.array([[1, 2, UNPLACED], [1, UNPLACED, UNPLACED]], dtype=np.int16))

    assert marks_of(duels).tolist() == [2, 1, 1]
    assert marks_of(orders).tolist() == [2, 1, 0]
    assert marks_of(scores([[1, np.nan], [1, -1]])).tolist() == [2, 1]
