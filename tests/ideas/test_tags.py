"""Tags of a challenge: their normal form and their limits."""

import pytest

from ideas.errors import Invalid
from ideas.tags import TAG_MAX, TAGS_MAX, checked_tags


def test_tags_are_trimmed_and_each_stands_once():
    assert checked_tags([" #Bread ", "", "bread", "Big  bakery", "  "]) == ["Bread", "Big bakery"]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [([f"tag {n}" for n in range(TAGS_MAX + 1)], "too_many_tags"), (["x" * (TAG_MAX + 1)], "tag_too_long")],
)
def test_too_many_and_too_long_tags_are_refused(typed, problem):
    with pytest.raises(Invalid) as refused:
        checked_tags(typed)

    assert refused.value.problems == {"tags": problem}
    assert checked_tags(["x" * TAG_MAX, *(f"tag {n}" for n in range(TAGS_MAX - 1))])
