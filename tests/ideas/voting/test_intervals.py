"""Quantiles of Student's t agree with published tables."""

import pytest

from ideas.voting.intervals import student


@pytest.mark.parametrize(("freedom", "quantile"), [(9, 2.2622), (19, 2.0930), (29, 2.0452), (199, 1.9720)])
def test_the_quantile_agrees_with_the_table(freedom, quantile):
    assert student(freedom) == pytest.approx(quantile, abs=1e-3)
