"""What changed between two versions of a text: word by word, and nothing gets lost."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.platform.hyphens import syllables
from ideas.text_changes import Kind, changes_between, words_of

# Pieces of many scripts, so that random texts have words in common.
PIECES = ["Rad", "Radweg", "e", "\u0301", " ", "  ", "\n", "\r\n", "-", ".", "5", "你", "好", "درا", "’", "ไทย"]
texts = st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=8)


def drawn(old: str, new: str, language: str = "en") -> str:
    """The changes in one line: [-removed-], [+added+], and *the part of a word* that differs."""
    found = ""
    for change in changes_between(old, new, lambda word: syllables(word, language)):
        words = "".join(f"*{p.text}*" if p.is_core and len(change.parts) > 1 else p.text for p in change.parts)
        found += {Kind.SAME: words, Kind.REMOVED: f"[-{words}-]", Kind.ADDED: f"[+{words}+]"}[change.kind]
    return found


@given(texts, texts)
@settings(max_examples=60)
def test_both_texts_are_recovered_exactly(old, new):
    changes = changes_between(old, new)

    assert "".join(change.text for change in changes if change.kind != Kind.ADDED) == old
    assert "".join(change.text for change in changes if change.kind != Kind.REMOVED) == new
    assert all(change.text for change in changes)
    assert all(a.kind != b.kind for a, b in pairwise(changes))


@given(texts)
@settings(max_examples=20)
def test_a_text_is_the_same_as_itself(text):
    assert "".join(words_of(text)) == text
    assert [change.kind for change in changes_between(text, text)] == [Kind.SAME] * bool(text)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("We sell bread", "We sell fresh bread", "We sell [+fresh +]bread"),
        ("The red car is fast", "A blue bike was slow", "[-The red car is fast-][+A blue bike was slow+]"),
        ("It costs 5,000 €, don’t ask", "It costs 6,500 €, don’t ask", "It costs [-5,000-][+6,500+] €, don’t ask"),
        ("One\n\n- two", "One\n\n- two\n- three", "One\n\n- two[+\n- three+]"),
        ("cafe\u0301", "cafe", "[-cafe\u0301-][+cafe+]"),
        ("", "new", "[+new+]"),
        ("gone", "", "[-gone-]"),
    ],
)
def test_whole_words_are_compared(old, new, expected):
    assert drawn(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Fahrradwege bauen", "Fahrradstraßen bauen", "[-Fahrrad*wege*-][+Fahrrad*straßen*+] bauen"),
        ("Radwegenetze", "Fahrradwegenetze", "[-*Rad*wegenetze-][+*Fahrrad*wegenetze+]"),
        ("Gartenzaun streichen", "Rathausplatz streichen", "[-Gartenzaun-][+Rathausplatz+] streichen"),
        ("Ein Haus", "Ein Maus", "Ein [-Haus-][+Maus+]"),
    ],
)
def test_a_long_german_word_tells_which_part_changed(old, new, expected):
    assert drawn(old, new, "de") == expected


def test_chinese_and_japanese_are_compared_character_by_character():
    assert drawn("我们需要自行车道。", "我们需要新的自行车道。") == "我们需要[+新的+]自行车道。"
    assert drawn("駅前に公園を作る", "駅前に広場を作る") == "駅前に[-公園-][+広場+]を作る"


def test_arabic_words_stay_whole_so_that_their_letters_join():
    changed = drawn("المواصلات العامة مجانية", "المواصلات العامة رخيصة")

    assert changed == "المواصلات العامة [-مجانية-][+رخيصة+]"
    assert drawn("والمواصلاتهم", "والمواصلاتكم") == "[-والمواصلاتهم-][+والمواصلاتكم+]"


def test_hostile_texts_cost_no_more_than_their_length():
    """Without a bound the longest common subsequence of these has six million cells."""
    old, new = "ab " * 1250 + "x", "b a " * 1250

    kinds = [change.kind for change in changes_between(old, new)]

    assert kinds == [Kind.REMOVED, Kind.ADDED]
