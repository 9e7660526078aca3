"""Join codes are normalised: case, blanks, dashes and look-alikes."""

import pytest

from ideas import codes


def test_a_new_code_is_six_letters_and_digits_without_look_alikes():
    made = {codes.new_code() for _ in range(300)}

    assert len(made) > 290
    assert all(len(code) == 6 and set(code) <= set(codes.ALPHABET) for code in made)
    assert not set("ILOU") & set(codes.ALPHABET)
    assert set("".join(made)) == set(codes.ALPHABET)


@pytest.mark.parametrize(
    "typed", ["7KF3MP", "7kf3mp", "7KF 3MP", " 7kf-3mp\n", "7.k.f.3.m.p", "7KF – 3MP", "\t7kf\u00a03mp"]
)
def test_case_blanks_and_dashes_of_a_code_are_ignored(typed):
    assert codes.normalised(typed) == "7KF3MP"


@pytest.mark.parametrize(("typed", "meant"), [("OIL0o1", "011001"), ("iIlLoO", "111100"), ("UuVv00", "VVVV00")])
def test_look_alikes_are_replaced_by_the_letters_of_the_alphabet(typed, meant):
    assert codes.normalised(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "7KF3M", "7KF3MPX", "7KF3M!", "ÄÖÜÄÖÜ", "７ＫＦ３ＭＰ"[:5], "ß7KF3M", "\x00" * 6, "٣٣٣٣٣", "½½½½½½"]
)
def test_text_that_cannot_be_a_code_gives_none(typed):
    assert codes.normalised(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "７ＫＦ３ＭＰ",
        "７ｋｆ　３ｍｐ",
        "٧KF٣MP",
        "७KF३MP",
        "7\u200bKF\u20603MP\ufeff",
        "\u202a7KF 3MP\u202c",
        "7KF\u20113MP",
    ],
)
def test_full_width_letters_other_digits_and_invisible_characters_make_the_code(typed):
    assert codes.normalised(typed) == "7KF3MP"


@pytest.mark.parametrize(
    "typed",
    [
        "7KF 3MP",
        "https://ideas.example/join/7KF3MP",
        "https://ideas.example/join/7kf3mp/?utm_source=mail&next=/x#top",
        "ideas.example/join/7KF3MP",
        "ideas.example:5000/7KF-3MP",
        "/join/7KF3MP/",
        "/7KF3MP",
        "join/7KF3MP",
        "https://ideas.example/schwarm/7KF3MP?fbclid=abcdef",
        "https://ideas.example/challenges/banana?code=7KF3MP&x=1",
        "https://ideas.example/challenges/banana/ideas/12?a=b&code=7kf%203mp",
        "https://ideas.example/join?code=７ＫＦ３ＭＰ",
        "ｈｔｔｐｓ：／／ideas.example／join／7KF3MP",
        " <https://ideas.example/join/7KF3MP> ",
        "7KF/3MP",
        "7KF%203MP",
    ],
)
def test_a_pasted_link_contains_its_code(typed):
    assert codes.code_in(typed) == "7KF3MP"


@pytest.mark.parametrize(
    "typed",
    [
        "https://ideas.example/challenges/banana",
        "https://ideas.example/",
        "http://[::1",
        "/",
        "?code=",
        "/join/",
        "x" * 9,
    ],
)
def test_a_link_without_a_code_contains_none(typed):
    assert codes.code_in(typed) is None


def test_every_code_survives_display_and_typing():
    for _ in range(50):
        code = codes.new_code()

        assert len(codes.shown(code)) == 7
        assert codes.normalised(codes.shown(code).lower()) == code
