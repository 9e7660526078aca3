"""Texts of several lines are shown as typed, except for lists, stress and links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.prose import Items, blocks_of, excerpt, plain

TYPED = (
    "24. Dezember",
    "2. Platz",
    "2*3*4 = 24 und 2 * 3 * 4",
    "__init__ und snake_case_name",
    r"\\server\share\neu",
    "---------",
    "* * *",
    "= = =",
    "# tag",
    "#1 ist gut",
    "> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "```\ncode\n```",
    "`code`",
    "<b>fett</b> &amp; <script>",
    "Kolleg*innen und Mitarbeiter*innen",
    "*.py und (*.js)",
    "Preis*\n\n* zzgl. Versand",
    "***",
    "f*** und s***",
    "*2* und **",
    "2**3**4 und x**2",
    r"\*kein Stern\*",
    "/* comment */",
    "~~weg~~",
    "- nur eine Zeile",
    "- Anna",
    "1) nur eins",
    "1.keine Lücke\n2.keine Lücke",
    "    eingerückt\n\tmit Tab",
    "![Bild](https://example.org/b.png)",
    "[Fußnote] und [1](siehe unten)",
    "[example.org](https://elsewhere.example)",
)


@pytest.mark.parametrize("text", TYPED)
def test_what_looks_like_markup_is_shown_as_typed(text):
    assert plain(text).split() == text.split()
    assert not any(isinstance(block, Items) for block in blocks_of(text))


@pytest.mark.parametrize(
    ("text", "tags", "words"),
    [
        ("ein *Wort* mehr", ["em"], "ein Wort mehr"),
        ("*zwei Wörter*!", ["em"], "zwei Wörter!"),
        ("(**fett**)", ["strong"], "(fett)"),
        ("Wir haben **5000 €**, bis **10:30**.", ["strong", "strong"], "Wir haben 5000 €, bis 10:30."),
        ("**Kurz**\n*gesagt*", ["strong", "em"], "Kurz\ngesagt"),
        ("siehe https://example.org/a_(b).", ["a"], "siehe https://example.org/a_(b)."),
        ("(https://example.org/*)", ["a"], "(https://example.org/*)"),
        ("[mehr dazu](https://example.org/x?a=1&b=2)", ["a"], "mehr dazu"),
        ("[Post](mailto:a@example.org)", ["a"], "Post"),
        ("**https://example.org**", ["strong"], "https://example.org"),
    ],
)
def test_stress_and_links_are_drawn(text, tags, words):
    [paragraph] = blocks_of(text)

    assert [span.tag for line in paragraph.lines for span in line if span.tag] == tags
    assert plain(text) == words


def test_an_address_ends_before_the_punctuation_of_its_sentence():
    found = [
        span.href
        for text in ("(siehe https://a.example/b).", "https://a.example/x?", "„https://a.example/“, oder")
        for line in blocks_of(text)[0].lines
        for span in line
        if span.tag
    ]

    assert found == ["https://a.example/b", "https://a.example/x", "https://a.example/"]


def test_lists_keep_their_numbers():
    [items] = blocks_of("24. Dezember\n25. Dezember\n31. Silvester")

    assert items.is_numbered
    assert [item.marker for item in items.items] == ["24.", "25.", "31."]
    assert plain("3) drei\n4) vier") == "3) drei\n4) vier"


def test_lists_may_contain_lines_and_further_lists():
    text = "Vorteile:\n- billig\n  und gut\n- schnell\n  * heute\n  * morgen\nEnde"

    before, items, after = blocks_of(text)

    assert (before.words, after.words) == ("Vorteile:", "Ende")
    assert items.words == "– billig\nund gut\n– schnell\n• heute\n• morgen"


def test_bullets_of_office_programs_make_a_list():
    [items] = blocks_of("•\teins\n•\tzwei")

    assert items.words == "• eins\n• zwei"


# Texts that are rich in signs with a meaning to some markup language.
signs = st.text(
    st.sampled_from("ab1 2.)*-_`#>|<&[](:/\\\n\t•") | st.characters(exclude_categories=("Cs",)), max_size=60
)


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@given(signs)
def test_no_word_and_no_number_is_lost(text):
    without_targets = re.sub(r"\]\((?:https?://|mailto:)[^\s<>\"]*\)", "]", text)

    assert words_of(plain(without_targets)) == words_of(without_targets)


@given(signs)
def test_all_signs_other_than_stars_and_bullets_are_kept(text):
    kept = [c for c in text if not c.isspace() and c not in "*-+[]()"]

    assert [c for c in plain(text) if (not c.isspace() and c not in "*-+[]()–•") or (c in kept and c in "–•")] == kept


def test_long_texts_of_signs_are_read_quickly():
    for piece in ("*a ", "**", "[a](", "- a\n ", "https://a", "1. a\n\t", "*a* ", "((((", "*(a"):
        blocks_of((piece * 5000)[:5000])


@given(signs, st.integers(5, 30))
def test_an_excerpt_is_one_short_line(text, most):
    line = excerpt(text, most)

    assert len(line) <= most
    assert "\n" not in line
