"""Typed texts are stored in one normal form and break nobody's screen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.errors import Invalid
from ideas.texts import cleaned, name_key, one_line

anything = st.text(st.characters(), max_size=80)


def problem_of(text: str, maximum: int = 100, **rules: bool) -> str | None:
    try:
        cleaned("title", text, maximum, **rules)
    except Invalid as error:
        return error.problems.get("title", str(error.problems))
    return None


def test_texts_are_composed_and_line_ends_become_line_feeds():
    assert cleaned("title", "  Bu\u0308ro\r\nzwei\rdrei \n", 100) == "Büro\nzwei\ndrei"


def test_a_text_is_measured_after_its_composition():
    assert problem_of("u\u0308" * 100) is None
    assert problem_of("u\u0308" * 101) == "too_long"
    assert problem_of("x" * 100) is None
    assert problem_of("x" * 101) == "too_long"


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\x7fb", "a\x85b", "a\ud800b", "\udfff"])
def test_control_characters_and_lone_surrogates_are_refused(text):
    assert problem_of(text) == "characters"


def test_tabs_and_line_feeds_are_kept():
    assert cleaned("text", "a\tb\nc", 100) == "a\tb\nc"


def test_direction_overrides_are_removed():
    assert cleaned("title", "safe\u202egnp.exe\u202c\u2066x\u2069\ufeff", 100) == "safegnp.exex"


def test_joined_emoji_and_letters_are_kept():
    family, persian = "👩\u200d👩\u200d👧", "می\u200cخواهم"

    assert cleaned("title", family + persian, 100) == family + persian


@pytest.mark.parametrize(
    "text", ["", " \n\t ", "\u200b", "\u202e \u202c", "\u00ad", "\u200d\u200c", "\u00a0", " \u00ad "]
)
def test_a_text_that_looks_empty_counts_as_missing(text):
    assert problem_of(text, required=True) == "missing"
    assert problem_of(text) is None


def test_one_line_folds_white_space():
    assert one_line("title", " a \n\t b\u2028c\u00a0d ", 100) == "a b c d"


def test_one_line_folds_white_space_around_invisible_characters():
    assert one_line("title", "a \u200b b", 100) == "a b"


@given(anything)
def test_cleaning_a_clean_text_changes_nothing(text):
    try:
        once = cleaned("text", text, 1000)
    except Invalid:
        return

    assert cleaned("text", once, 1000) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Biene 12", "biene12"),
        ("Biene 12", " BIENE  12 "),
        ("Strasse", "Straße"),
        ("Ａｎｎａ", "anna"),
        ("Anna", "An\u00adna"),
        ("Anna", "Anna\u200d"),
    ],
)
def test_names_that_look_alike_have_the_same_key(one, other):
    assert name_key(one) == name_key(other)


def test_different_names_have_different_keys():
    assert len({name_key(name) for name in ("Anna", "Änna", "Biene 1", "Biene 12", "Бiene 1")}) == 5


def test_the_key_of_the_longest_name_fits_its_column():
    assert len(name_key("\ufdfa" * 40)) <= 80


@pytest.mark.parametrize("filler", ["\u3164", "\uffa0", "\u115f", "\u2800", "\u034f", "\ufe0f", "\U000e0100", "\u180b"])
def test_a_filler_is_no_name_and_does_not_make_names_different(filler):
    assert problem_of(filler * 3, required=True) == "missing"
    assert name_key(f"Bee {filler}12{filler}") == name_key("Bee 12")
    assert cleaned("text", f"x{filler}", 100) == f"x{filler}"  # emoji and some scripts need these characters
