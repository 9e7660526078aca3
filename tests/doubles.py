"""Tests of which one kind stands for the others."""

from collections.abc import Iterable
from typing import Any

import pytest


def partly_here(values: Iterable[Any], *here: Any) -> list[Any]:
    """Parameters for a test in which one kind stands for the others: those of `here` run in `make test`, the others in
    `make acceptance`.
    """
    values = list(values)
    assert all(value in values for value in here)
    return [value if value in here else pytest.param(value, marks=pytest.mark.acceptance) for value in values]
