"""The weight of flags: those of people who were rejected often count less, and nobody's count is nothing."""

from hypothesis import given
from hypothesis import strategies as st

from ideas.voting.flags import LESS, REJECTED_OFTEN, is_doubtful, weight_of

PAST = st.lists(st.integers(0, 50), max_size=40)


def test_the_third_rejected_flag_lowers_the_weight():
    assert [weight_of([n]) for n in range(5)] == [1, 1, 1, LESS, LESS]
    assert REJECTED_OFTEN == 3
    assert weight_of([]) == 0


@given(PAST)
def test_a_weight_lies_between_the_lowest_and_the_number_of_flags(rejected):
    weight = weight_of(rejected)

    assert LESS * len(rejected) <= weight <= len(rejected)
    assert weight == len(rejected) - (1 - LESS) * sum(map(is_doubtful, rejected))


@given(PAST, st.randoms(use_true_random=False))
def test_the_order_of_flags_does_not_matter(rejected, random):
    shuffled = random.sample(rejected, len(rejected))

    assert weight_of(shuffled) == weight_of(rejected)


@given(PAST, st.integers(0, 50))
def test_a_further_flag_makes_a_text_heavier_and_a_rejection_never_does(rejected, past):
    assert weight_of([*rejected, past]) > weight_of(rejected)
    assert weight_of([*rejected, past + 1]) <= weight_of([*rejected, past])
