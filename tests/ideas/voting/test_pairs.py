"""Pair counts agree with published figures and with independent fits of real surveys."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import honesty
from ideas.voting import pairs
from ideas.voting.pairs import Duels
from ideas.voting.places import places
from ideas.voting.profiles import LEFT, RIGHT, SKIP, PairProfile
from ideas.voting.uncertainty import bootstrap
from tests.conversations import full, needs_full_data
from tests.ideas.voting import profiles_of

SURVEYS = ("wikisurvey-en-grit", "wikisurvey-en-eviction-experts", "wikisurvey-de-wzb-work")

answers = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.sampled_from("abcde"), st.sampled_from("fgh"), st.sampled_from([1, 0, -1])),
    min_size=1,
    max_size=40,
)


def duels_of(wins: dict[tuple[str, str], float]) -> tuple[list[str], Duels]:
    """From `{(winner, loser): n}`, halves permitted, to names and duels."""
    names = sorted({name for pair in wins for name in pair})
    index = [(names.index(winner), names.index(loser), n) for (winner, loser), n in wins.items()]
    table: dict[tuple[int, int], list[float]] = {}
    for winner, loser, n in index:
        cell = table.setdefault((min(winner, loser), max(winner, loser)), [0.0, 0.0])
        cell[0] += n
        cell[1] += n if winner < loser else 0
    first, second = np.array(list(table)).T
    total, won = np.array(list(table.values())).T
    return names, Duels(len(names), first, second, total, won)


def survey(name: str) -> tuple[list[str], PairProfile]:
    rows = [row for row in profiles_of.rows_of(full(name) / "votes.csv") if row.get("valid", "1") == "1"]
    return profiles_of.pairs(
        (r["session_id"], r["left_id"], r["right_id"], LEFT if r["winner_id"] == r["left_id"] else RIGHT) for r in rows
    )


@needs_full_data
def test_the_baseball_season_of_1987_agrees_with_agresti():
    """Agresti 2002, table 10.11: estimates and standard errors against Baltimore, 4 digits, without a prior."""
    folder = full("reference-bt-wilson")
    published = json.loads((folder / "published.json").read_text())["baseball1987"]
    wins: dict[tuple[str, str], float] = {}
    for row in csv.DictReader((folder / "baseball1987.csv").open()):
        for pair, n in (((row["home"], row["away"]), "home_wins"), ((row["away"], row["home"]), "away_wins")):
            wins[pair] = wins.get(pair, 0) + int(row[n])
    names, counts = duels_of(wins)
    strength = pairs.fit(counts, prior=0)
    spread = pairs.covariance(counts, strength, prior=0)
    base = names.index("Baltimore")

    for name, ability in published["ability"].items():
        assert strength[names.index(name)] - strength[base] == pytest.approx(ability, abs=5e-5)
    for name, error in published["std_error"].items():
        i = names.index(name)
        assert np.sqrt(spread[i, i] + spread[base, base] - 2 * spread[i, base]) == pytest.approx(error, abs=5e-5)


@needs_full_data
def test_the_citations_of_journals_agree_with_stigler():
    folder = full("reference-bt-wilson")
    published = json.loads((folder / "published.json").read_text())["citations"]["ability"]
    rows = csv.DictReader((folder / "citations.csv").open())
    names, counts = duels_of({(row["winner_id"], row["loser_id"]): int(row["n"]) for row in rows})
    strength = pairs.fit(counts, prior=0)

    for name, ability in published.items():
        assert strength[names.index(name)] - strength[names.index("Biometrika")] == pytest.approx(ability, abs=5e-5)


@needs_full_data
@pytest.mark.parametrize("name", SURVEYS)
def test_a_wiki_survey_agrees_with_an_independent_fit_with_the_same_prior(name):
    """Within the printed digits: strengths to 6, chances in per cent to 4."""
    names, profile = survey(name)
    expected = {row["idea_id"]: row for row in profiles_of.rows_of(full(name) / "expected.csv")}
    counted = pairs.tally(profile)

    for entry, idea in enumerate(names):
        assert counted.key[entry] == pytest.approx(float(expected[idea]["bt_ability_ridge0.1"]), abs=6e-7)
        assert 100 * counted.score[entry] == pytest.approx(float(expected[idea]["bt_score_ridge0.1"]), abs=6e-5)


@needs_full_data
@pytest.mark.parametrize("name", SURVEYS[:2])
def test_the_fit_without_a_prior_is_the_maximum_likelihood(name):
    names, profile = survey(name)
    expected = {row["idea_id"]: row for row in profiles_of.rows_of(full(name) / "expected.csv")}
    strength = pairs.fit(pairs.duels(profile), prior=0)

    assert strength == pytest.approx([float(expected[idea]["bt_ability_mle"]) for idea in names], abs=6e-7)


@needs_full_data
def test_ties_between_arguments_count_as_half_a_win_each():
    folder = full("arguments-en-plastic-bottles-ban")
    wins: dict[tuple[str, str], float] = {}
    for row in profiles_of.rows_of(folder / "votes.csv"):
        pair = (row["winner_id"], row["loser_id"])
        half = row["tie"] == "1"
        wins[pair] = wins.get(pair, 0) + (0.5 if half else 1)
        if half:
            wins[pair[::-1]] = wins.get(pair[::-1], 0) + 0.5
    expected = {row["idea_id"]: row for row in profiles_of.rows_of(folder / "expected.csv")}
    names, counts = duels_of(wins)
    strength = pairs.fit(counts, prior=0)

    assert strength == pytest.approx([float(expected[name]["bt_ability_ties_half"]) for name in names], abs=6e-7)
    assert 100 * pairs.chances(strength, strength) == pytest.approx(
        [float(expected[name]["bt_score_ties_half"]) for name in names], abs=6e-5
    )
    assert places(strength).tolist() == [int(expected[name]["rank_ties_half"]) for name in names]


@needs_full_data
def test_bootstrap_runs_are_close_to_full_counts():
    """The difference is at most a fifth of the strength's own deviation, in all but one of a hundred cases."""
    _, profile = survey("wikisurvey-en-eviction-experts")
    draws = (
        np.random.default_rng(4)
        .multinomial(profile.people, np.full(profile.people, 1 / profile.people), 60)
        .astype(float)
    )
    quick, exact = pairs.keys(profile, draws), np.stack([pairs.tally(profile, draw).key for draw in draws])

    assert np.quantile(np.abs(quick - exact) / exact.std(axis=0), 0.99) < 0.2
    assert np.mean(places(quick) != places(exact)) < 0.05


@pytest.mark.parametrize("together", [pairs.TOGETHER, 0], ids=["together", "one by one"])
def test_strengths_of_runs_are_close_to_full_counts(monkeypatch, together):
    """Runs that draw 15 people, some of whom answered little; the widest difference is a tenth of the deviation."""
    monkeypatch.setattr(pairs, "TOGETHER", together)
    rng = np.random.default_rng(6)
    profile = honesty.answers_to_pairs(rng.normal(0, 1, 6) + rng.normal(0, 1, (15, 6)), 5, rng)
    draws = rng.multinomial(15, np.full(15, 1 / 15), 40).astype(float)

    quick, exact = pairs.keys(profile, draws), np.stack([pairs.tally(profile, draw).key for draw in draws])

    assert np.abs(quick - exact).max() < 0.1 * exact.std(axis=0).min()
    assert np.mean(places(quick) != places(exact)) < 0.02


def test_scores_of_runs_deviate_as_full_counts_do():
    """To first order: the standard errors agree within a tenth, and the mean run does not deviate."""
    rng = np.random.default_rng(7)
    profile = honesty.answers_to_pairs(rng.normal(0, 0.7, 5) + rng.normal(0, 0.5, (80, 5)), 8, rng)
    draws = rng.multinomial(80, np.full(80, 1 / 80), 400).astype(float)

    found = pairs.scores_of_runs(profile, draws)
    exact = np.stack([pairs.tally(profile, draw).score for draw in draws])

    assert found.score == pytest.approx(pairs.tally(profile).score)
    assert found.deviations.std(axis=0) == pytest.approx(exact.std(axis=0), rel=0.1)
    assert np.abs(found.deviations.mean(axis=0)).max() < 0.2 * exact.std(axis=0).min()
    assert (found.least >= 0).all()


def test_too_many_entries_have_no_scores_of_runs(monkeypatch):
    monkeypatch.setattr(pairs, "EXACT", 2)
    _, profile = profiles_of.pairs([("p", "a", "b", LEFT), ("q", "b", "c", LEFT)])

    assert pairs.scores_of_runs(profile, np.ones((3, 2))) is None


def test_a_single_win_solves_the_equation_of_the_prior():
    """With strengths b and -b: 1 / (1 + exp(2 b)) = 2 * PRIOR * b."""
    _, profile = profiles_of.pairs([("p", "a", "b", LEFT)])
    a, b = pairs.tally(profile).key

    assert a == -b > 0
    assert 1 / (1 + np.exp(2 * a)) == pytest.approx(2 * pairs.PRIOR * a, abs=1e-9)


def test_skips_are_counted_and_do_not_change_the_scores():
    _, without = profiles_of.pairs([("p", "a", "b", LEFT), ("q", "b", "c", RIGHT)])
    _, with_skips = profiles_of.pairs(
        [("p", "a", "b", LEFT), ("q", "b", "c", RIGHT), ("p", "a", "c", SKIP), ("q", "a", "b", SKIP)]
    )

    assert pairs.tally(with_skips).score.tolist() == pairs.tally(without).score.tolist()
    assert (pairs.skips(without), pairs.skips(with_skips)) == (0, 2)


def test_a_disconnected_graph_is_counted_and_its_parts_are_reported():
    names, profile = profiles_of.pairs(
        [("p", "a", "b", LEFT), ("p", "b", "c", LEFT), ("q", "x", "y", LEFT), ("q", "z", "a", SKIP)]
    )
    counted = pairs.tally(profile)

    assert [[names[entry] for entry in part] for part in pairs.parts(profile)] == [["a", "b", "c"], ["x", "y"], ["z"]]
    assert np.isfinite(counted.score).all()
    assert counted.score[names.index("z")] == pytest.approx(0.5, abs=0.01)
    assert counted.score[names.index("a")] > counted.score[names.index("b")] > counted.score[names.index("c")]


def test_a_long_chain_is_one_part():
    people = [("p", f"{n:04}", f"{n + 1:04}", LEFT) for n in np.random.default_rng(1).permutation(500).tolist()]

    assert [len(part) for part in pairs.parts(profiles_of.pairs(people)[1])] == [501]


def test_an_entry_that_always_won_has_a_finite_strength_and_a_wide_interval():
    """All of 25 people agree, so they do not differ; the interval still leaves room for others."""
    people = [f"p{n:02}" for n in range(25)]
    names, profile = profiles_of.pairs(
        [(p, *answer) for p in people for answer in [("a", "b", LEFT), ("b", "c", LEFT)]]
    )
    counted = pairs.tally(profile)

    assert names[int(counted.key.argmax())] == "a"
    assert counted.low[0] + 0.05 < counted.score[0] < counted.high[0] < 1


def test_fewer_than_twenty_people_and_weights_give_no_interval():
    answers = [(f"p{n:02}", "a", "b", RIGHT if n % 3 else LEFT) for n in range(20)]
    few, enough = (pairs.tally(profiles_of.pairs(rows)[1]) for rows in (answers[:19], answers))
    weighted = pairs.tally(profiles_of.pairs(answers)[1], np.full(20, 2.0))

    assert np.isnan([few.low, few.high]).all()
    assert np.isfinite([enough.low, enough.high]).all()
    assert np.isnan([weighted.low, weighted.high]).all()


def test_the_interval_of_two_entries_is_that_of_a_share():
    """30 people, one answer each: the share's standard error on the scale of its logit, with Student's t."""
    answers = [(f"p{n:02}", "a", "b", LEFT if n < 18 else RIGHT) for n in range(30)]
    counted = pairs.tally(profiles_of.pairs(answers)[1], prior=1e-9)

    margin = 2.0452 / np.sqrt(29 * 0.6 * 0.4)
    assert counted.score[0] == pytest.approx(0.6, abs=1e-6)
    assert counted.low[0] == pytest.approx(1 / (1 + np.exp(margin - np.log(1.5))), abs=1e-3)
    assert counted.high[0] == pytest.approx(1 / (1 + np.exp(-margin - np.log(1.5))), abs=1e-3)


def test_ten_equal_answers_of_a_person_are_one_opinion():
    once = [(f"p{n:02}", "a", "b", LEFT if n < 18 else RIGHT) for n in range(30)]
    one, ten = (pairs.tally(profiles_of.pairs(rows)[1], prior=1e-9) for rows in (once, once * 10))

    assert ten.low == pytest.approx(one.low, abs=1e-4)
    assert ten.high == pytest.approx(one.high, abs=1e-4)


@pytest.mark.parametrize("taste", [0, 2])
def test_the_interval_of_people_holds_the_true_score_at_the_stated_rate(taste):
    """150 crowds of 30 people with five entries; `benchmarks.honesty` measures the whole grid."""
    assert 0.9 <= honesty.coverage_of_pairs(5, taste, 10, 30, 150)["covered"] <= 0.99


def test_entries_without_answers_tie_without_intervals():
    nothing = np.zeros(0, dtype=int)
    counted = pairs.tally(PairProfile(0, 3, nothing, nothing, nothing, nothing))

    assert places(counted.key).tolist() == [1, 1, 1]
    assert counted.score.tolist() == [0.5] * 3
    assert np.isnan(counted.low).all()


def test_answers_that_say_nothing_leave_every_run_undecided():
    people, entry = np.arange(12), np.zeros(12, dtype=int)
    skips = PairProfile(12, 3, people, entry, entry + 1, np.full(12, SKIP))
    found = bootstrap(skips, pairs, runs=20)

    assert pairs.keys(skips, np.ones((4, 12))).tolist() == np.zeros((4, 3)).tolist()
    assert (found.places_low.tolist(), found.places_high.tolist()) == ([1] * 3, [3] * 3)
    assert found.lines == []


def test_a_single_entry_has_the_score_one_half():
    nothing = np.zeros(0, dtype=int)

    assert pairs.tally(PairProfile(0, 1, nothing, nothing, nothing, nothing)).score.tolist() == [0.5]


@given(answers)
def test_the_interval_contains_the_score(rows):
    many = [(f"{person}{n}", *answer) for n in range(20) for person, *answer in rows]
    counted = pairs.tally(profiles_of.pairs(many)[1])
    if np.isnan(counted.low).any():
        return  # nobody, or a single entry

    assert (counted.low <= counted.score).all()
    assert (counted.score <= counted.high).all()
    assert ((counted.low >= 0) & (counted.high <= 1)).all()


@given(answers)
def test_swapping_left_and_right_changes_nothing(rows):
    _, profile = profiles_of.pairs(rows)
    mirrored = replace(profile, left=profile.right, right=profile.left, outcome=-profile.outcome)

    assert pairs.tally(mirrored).key == pytest.approx(pairs.tally(profile).key, abs=1e-8)
    assert places(pairs.tally(mirrored).key).tolist() == places(pairs.tally(profile).key).tolist()


@given(answers)
def test_one_more_win_never_lowers_a_place(rows):
    names, profile = profiles_of.pairs(rows)
    lucky = names.index(rows[0][1])
    _, after = profiles_of.pairs([*rows, (*rows[0][:3], LEFT)])

    assert places(pairs.tally(after).key)[lucky] <= places(pairs.tally(profile).key)[lucky]


@pytest.mark.parametrize("spread", [1.0, 1 / np.sqrt(2 * pairs.PRIOR)], ids=["of a survey", "of the prior"])
def test_the_intervals_cover_the_true_values_at_the_stated_rate(spread):
    """95 % of the true strengths of 20 entries in 300 crowds with 400 answers each, within 1.5 %."""
    chance = np.random.default_rng(11)
    held = []
    for _ in range(300):
        true = chance.normal(0, spread, 20)
        left = chance.integers(0, 20, 400)
        right = (left + chance.integers(1, 20, 400)) % 20
        outcome = np.where(chance.random(400) < 1 / (1 + np.exp(true[right] - true[left])), LEFT, RIGHT)
        counts = pairs.duels(PairProfile(400, 20, np.arange(400), left, right, outcome))
        strength = pairs.fit(counts)
        error = pairs.standard_errors(counts, strength)
        held.append(np.abs(true - true.mean() - strength) < 1.959964 * error)

    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_the_approximation_for_many_entries_is_close_to_the_exact_count(monkeypatch):
    """Chances to 1e-4; standard errors to 2 % if each of 200 entries is compared 50 times."""
    chance = np.random.default_rng(3)
    true = chance.normal(0, 1, 200)
    left = chance.integers(0, 200, 5000)
    right = (left + chance.integers(1, 200, 5000)) % 200
    outcome = np.where(chance.random(5000) < 1 / (1 + np.exp(true[right] - true[left])), LEFT, RIGHT)
    profile = PairProfile(5000, 200, np.arange(5000), left, right, outcome)
    counts = pairs.duels(profile)
    exact, errors = pairs.tally(profile), pairs.standard_errors(counts, pairs.fit(counts))
    monkeypatch.setattr(pairs, "EXACT", 199)
    many = pairs.tally(profile)

    assert many.score == pytest.approx(exact.score, abs=1e-4)
    assert many.high - many.low == pytest.approx(exact.high - exact.low, rel=0.1)
    assert pairs.standard_errors(counts, pairs.fit(counts)) == pytest.approx(errors, rel=0.02)
