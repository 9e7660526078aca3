"""Typed texts are stored in one normal form and break nobody's screen."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.errors import Invalid
from ideas.texts import MARKS_MAX, cleaned, name_key, one_line

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


@pytest.mark.parametrize(
    "c", ["\x00", "\x07", "\x1b", "\x1f", "\x7f", "\x80", "\x96", "\x9f", "\xad", "\ud800", "\ufeff"]
)
def test_invisible_characters_become_nothing(c):
    assert cleaned("text", f"a{c}b", 100) == "ab"
    assert one_line("title", f"a{c}b", 100) == "ab"


@pytest.mark.parametrize("c", ["\v", "\f", "\x85", "\u2028", "\u2029"])
def test_breaks_of_office_programs_become_line_breaks(c):
    assert cleaned("text", f"a{c}b", 100) == "a\nb"
    assert one_line("title", f"a{c}b", 100) == "a b"


@pytest.mark.parametrize("c", ["\u2011", "\x1e"])
def test_hyphens_that_do_not_break_become_hyphens(c):
    assert cleaned("text", f"a{c}b", 100) == "a-b"
    assert one_line("title", f"a{c}b", 100) == "a-b"


@given(anything)
def test_no_character_leads_to_a_refusal(text):
    assert len(cleaned("text", text, 1000)) <= 4 * len(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", one_line("title", text, 1000))


@given(st.text(st.characters(categories=("L", "Nd", "P", "Sm", "Sc")), max_size=80))
def test_letters_digits_and_signs_are_kept(text):
    def seen(words):
        return "".join(unicodedata.normalize("NFC", words).replace("\u2011", "-").split())

    assert seen(cleaned("text", text, 1000)) == seen(text)


def test_signs_before_arabic_numbers_and_flags_of_regions_are_kept():
    england = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    for text in (england, "\u0600٥", "\u06dd١", "👍🏽 1\ufe0f\u20e3 🏳\ufe0f\u200d🌈"):
        assert cleaned("text", f"a {text} b", 100) == f"a {text} b"
    assert cleaned("text", "a\U000e0067\U000e0062b🏴\U000e0067", 100) == "ab🏴"


@pytest.mark.parametrize("name", ["神\ufa19", "\U0002f81a", "①", "ﬁ", "Ｋ"])
def test_compatible_forms_stay_in_names(name):
    assert one_line("name", name, 40) == name


@pytest.mark.parametrize("mark", ["\u0336\u0301", "\u0e47", "\u0f71", "\u034f\u0303", "\u20dd"])
def test_marks_cannot_pile_up_on_a_letter(mark):
    piled = cleaned("name", "ก" + mark * 60 + "x", 1000)

    assert piled[0] + piled[-1] == "กx"
    assert sum(unicodedata.category(c) in ("Mn", "Me") and c != "\u034f" for c in piled) <= MARKS_MAX + 3


@pytest.mark.parametrize("word", ["Việt Nam", "שָׁל֣וֹם", "بِّسْمِ", "กี่", "བསྒྲུབས", "क्षि", "ǭ̃́"])
def test_the_marks_of_words_are_kept(word):
    assert cleaned("text", word, 100) == unicodedata.normalize("NFC", word)


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
    once = cleaned("text", text, 1000)

    assert cleaned("text", once, 1000) == once
    assert one_line("text", once, 1000) == one_line("text", one_line("text", text, 1000), 1000)
    once.encode()


COMPATIBLE = "".join(map(chr, [*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20)]))


@given(st.text(st.characters(exclude_characters=COMPATIBLE), max_size=80))
def test_a_clean_text_is_composed(text):
    assert unicodedata.is_normalized("NFC", cleaned("text", text, 1000))


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
