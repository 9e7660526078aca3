"""Readiness of a vote: small ones are measured as their result will be, large ones by sums and a sample."""

import numpy as np
import pytest

from benchmarks import honesty
from ideas.voting import approval, grades, pairs, points, ranked, readiness, stars
from ideas.voting.readiness import Crowd, estimate_readiness
from ideas.voting.uncertainty import FEW_PEOPLE, FEW_READS, bootstrap, marks_of
from tests.ideas.voting.test_uncertainty import RULES, crowd, scores


def estimated(profile, rule, reads=None, **more):
    return estimate_readiness(Crowd.of_everybody(profile), rule, marks_of(profile) if reads is None else reads, **more)


def test_a_vote_is_settled_if_nothing_is_missing():
    profile = scores(np.tile([1, -1, -1], (30, 1)))

    verdict, _ = estimated(profile, approval, top=1)

    assert verdict.is_settled
    assert (verdict.people_missing, verdict.reads_missing, verdict.marks_missing) == (0, 0, 0)


def test_the_estimate_reports_what_is_missing_to_the_minimum():
    profile = scores(np.tile([1, -1, -1], (FEW_PEOPLE - 3, 1)))

    verdict, _ = estimated(profile, approval, np.array([FEW_READS, FEW_READS - 2, 0]), top=1)

    assert (verdict.people_missing, verdict.reads_missing) == (3, 2 + FEW_READS)
    assert not verdict.is_settled


def test_the_estimate_is_close_to_the_normal_approximation():
    """55 of 100 prefer the first of two entries: the difference is 0.1; with 270 people this is 1.645 times 0.995 /
    sqrt(270). The calibration asks for more people. Without it the chance were 0.84; with it, 5,000 runs find 0.69.
    """
    table = np.repeat([[1, 0], [0, 1]], [55, 45], axis=0)
    profile = scores(table)
    verdict, _ = estimated(profile, points, top=1)

    people = 100 + verdict.marks_missing / 2
    assert 0.6 < verdict.stability < 0.8
    assert 271 < people < 271 * 1.6


def test_equal_entries_are_never_settled():
    profile = scores(np.repeat([[1, 0], [0, 1]], 20, axis=0))

    assert estimated(profile, points, top=1)[0].marks_missing is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_small_vote_is_as_certain_as_its_result_will_be(rule):
    profile = crowd(rule)

    verdict, found = estimated(profile, rule, seed=7)

    drawn = bootstrap(profile, rule, readiness.RUNS, seed=7)
    assert (verdict.stability, found.winners, verdict.sampled) == (drawn.stability, drawn.winners, None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_large_vote_is_about_as_certain_by_its_sums_as_by_the_bootstrap(rule, monkeypatch):
    profile = crowd(rule, people=300, entries=8, seed=4)
    exact, of_all = estimated(profile, rule, top=2)
    monkeypatch.setattr(readiness, "EXACT_MARKS", 0)

    verdict, found = estimated(profile, rule, top=2)

    assert found.winners == of_all.winners
    assert found.share_drawn == pytest.approx(of_all.share_drawn, abs=0.03)
    assert verdict.stability == pytest.approx(exact.stability, abs=0.08)
    assert verdict.sampled is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sample_counts_everybody_and_says_how_many_voters_it_has(rule, monkeypatch):
    """The first entry is the best; a count of the sample alone would often find another one."""
    profile = crowd(rule, people=400, entries=6, seed=4)
    exact, of_all = estimated(profile, rule, top=1)
    monkeypatch.setattr(readiness, "EXACT_MARKS", 0)
    monkeypatch.setattr(readiness, "CELLS", 120 * rule.sums(profile, np.ones(400), 400).total.size)

    (verdict, found), (again, _), (other, _) = (estimated(profile, rule, top=1, seed=seed) for seed in (1, 1, 2))

    assert (verdict.sampled, found.people, found.winners) == (120, 400, of_all.winners)
    assert verdict == again
    assert verdict.stability == pytest.approx(exact.stability, abs=0.15)
    assert other.stability == pytest.approx(exact.stability, abs=0.15)


def test_sums_of_runs_give_the_keys_of_runs():
    for rule in (approval, grades, points, points.quadratic, stars, ranked):
        profile = crowd(rule if rule is not points.quadratic else approval, people=20, entries=5)
        if rule is points.quadratic:
            profile = scores(np.abs(np.random.default_rng(1).integers(0, 9, (20, 5))))
        weights = np.random.default_rng(2).integers(0, 3, (4, 20)).astype(float)
        sums = rule.sums(profile, np.ones(20), 20)

        assert sums.keys(sums.of_runs(profile, weights)) == pytest.approx(rule.keys(profile, weights))
        assert sums.total == pytest.approx(sums.of_runs(profile, np.ones((1, 20)))[0])


def test_sums_of_pairs_move_the_strengths_to_first_order():
    profile = crowd(pairs, people=200, entries=5)
    weights = np.random.default_rng(2).multinomial(200, np.full(200, 1 / 200), size=20).astype(float)
    sums = pairs.sums(profile, np.ones(200), 200)

    moved = (sums.total + sums.of_runs(profile, weights - 1)) / 200

    exact = pairs.keys(profile, weights)
    assert np.abs(moved - exact).max() < 0.25 * np.abs(exact - sums.total / 200).max()


@pytest.mark.parametrize("rule", ["approval", "ranked"])
def test_readiness_of_a_sample_agrees_with_that_of_all_ballots(rule):
    """`benchmarks.honesty` measures all rules with more repetitions."""
    found = honesty.agreement_of_readiness(rule, 12)

    assert found["kept"], found
