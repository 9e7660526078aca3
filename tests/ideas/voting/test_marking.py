"""The permitted marks and the limits of a ballot, for each rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting.rules import RULES, WrongOptions, key_of, rule_of, subject_of, written


@pytest.mark.parametrize(
    ("name", "options", "taken", "refused"),
    [
        ("approval", {}, [1, 0, -1], [2, -2]),
        ("pairs", {}, [1, 0, -1], [2, -2]),
        ("points", {"budget": 5}, [0, 1, 5], [-1, 6]),
        ("grades", {"steps": 5}, [-1, 0, 4], [-2, 5]),
        ("stars", {}, [1, 0, -1], [2, -2]),
        ("ranked", {"most": 3}, [0, 1, 3], [-1, 4]),
    ],
)
def test_a_rule_accepts_only_its_own_marks(name, options, taken, refused):
    rule = rule_of(name, options)

    assert all(map(rule.takes, taken))
    assert not any(map(rule.takes, refused))


@pytest.mark.parametrize(
    ("name", "options", "fitting", "too_much"),
    [
        ("points", {"budget": 5}, [[5], [2, 3], [1] * 5 + [0] * 9], [[5, 1], [3, 3]]),
        ("points", {"budget": 9, "quadratic": True}, [[3], [2, 2, 1], [1] * 9], [[3, 1], [2, 2, 2]]),
        ("stars", {"stars": 2, "lemons": 1}, [[1, 1, -1], [0, 0, 0, 0]], [[1, 1, 1], [-1, -1]]),
        ("ranked", {"most": 2}, [[1, 2, 0], [1, 1], [0, 0, 0]], [[1, 2, 2]]),
        ("approval", {}, [[1] * 100, []], []),
    ],
)
def test_a_ballot_is_limited_as_its_rule_says(name, options, fitting, too_much):
    rule = rule_of(name, options)

    assert all(map(rule.fits, fitting))
    assert not any(map(rule.fits, too_much))


@pytest.mark.parametrize("name", RULES)
def test_the_stored_options_of_a_rule_restore_it(name):
    rule = rule_of(name, {"top": 5})

    assert rule_of(name, rule.options()) == rule
    assert rule.options()["top"] == 5


@pytest.mark.parametrize(
    ("name", "options", "problems"),
    [
        ("cheering", {}, {"rule": "unknown"}),
        ("approval", {"budget": 3}, {"budget": "unknown"}),
        ("points", {"budget": 0}, {"budget": "out_of_range"}),
        ("points", {"budget": True}, {"budget": "unknown"}),
        ("points", {"quadratic": 1}, {"quadratic": "unknown"}),
        ("points", {"budget": "10", "top": 0}, {"budget": "unknown", "top": "out_of_range"}),
        ("grades", {"steps": 2}, {"steps": "out_of_range"}),
        ("ranked", {"most": 51}, {"most": "out_of_range"}),
        ("stars", {"stars": 0, "lemons": -1}, {"stars": "out_of_range", "lemons": "out_of_range"}),
    ],
)
def test_unknown_and_wrong_options_are_reported(name, options, problems):
    if name in RULES:
        rule_of(name, {})

    with pytest.raises(WrongOptions) as refused:
        rule_of(name, options)

    assert refused.value.problems == problems


@given(st.one_of(st.integers(1, 2**40), st.tuples(st.integers(1, 99), st.integers(100, 2**40))))
def test_a_subject_survives_its_storage(subject):
    assert subject_of(key_of(subject)) == subject


def test_a_subject_is_written_as_in_the_protocol():
    assert (written(12), written((12, 15))) == ("12", "12-15")


def test_every_grade_has_a_word():
    assert [len(rule_of("grades", {"steps": steps}).scale) for steps in (3, 4, 5, 6)] == [3, 4, 5, 6]
