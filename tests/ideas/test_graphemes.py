"""A text is cut between the characters that people see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.graphemes import graphemes, head
from ideas.texts import shortened

ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
FAMILY = "👩\u200d👩\u200d👧\u200d👦"
CLUSTERS = (
    *("a", "é", "e\u0301\u0323", FAMILY, "👍🏽", "🇩🇪", ENGLAND, "1\ufe0f\u20e3", "❤\ufe0f\u200d🔥", "🙂\u200d↔\ufe0f"),
    *("한", "\u1112\u1161\u11ab", "क्षि", "க்", "กำ", "نَ", "\u06005", "か\u3099", "カ\uff9e"),
)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_character_of_several_code_points_stays_whole(cluster):
    assert list(graphemes(f"x{cluster}y")) == ["x", cluster, "y"]
    for most in range(1, len(cluster) + 1):
        assert head(f"x{cluster}y", most) == "x"


def test_flags_are_pairs():
    assert list(graphemes("🇩🇪🇫🇷🇮")) == ["🇩🇪", "🇫🇷", "🇮"]


def test_lines_end_between_graphemes():
    assert list(graphemes("a\r\n\u0301\n")) == ["a", "\r\n", "\u0301", "\n"]


@given(st.text(max_size=40))
def test_the_graphemes_are_the_text(text):
    assert "".join(graphemes(text)) == text


@given(st.lists(st.sampled_from(CLUSTERS), max_size=12).map("".join), st.integers(1, 20))
def test_a_head_consists_of_whole_graphemes(text, most):
    whole, start = list(graphemes(text)), head(text, most)

    assert len(start) <= most
    assert text.startswith(start)
    if len(whole[0] if whole else "") <= most:
        assert list(graphemes(start)) == whole[: len(list(graphemes(start)))]


def test_a_single_huge_grapheme_is_cut():
    assert head("a" + "\u0301" * 50, 10) == "a" + "\u0301" * 9


def test_a_text_is_shortened_between_words_if_there_are_any():
    assert shortened("one two three", 9) == "one two…"
    assert shortened("one two three", 8) == "one two…"
    assert shortened("字" * 30, 10) == "字" * 9 + "…"
    assert shortened("fits", 4) == "fits"
    assert shortened("👩\u200d👩\u200d👧" * 9, 12) == "👩\u200d👩\u200d👧" * 2 + "…"
