"""Lists of ideas as somebody types them: what a line says, and what is wrong with it by its number."""

import pytest

from ideas.errors import Invalid
from ideas.seed_lists import LINES_MAX, LIST_MAX, SeedLine, seed_lines_of


def problem_of(typed: str, title_max: int = 200, with_text: bool = True) -> str:
    with pytest.raises(Invalid) as refused:
        seed_lines_of("seed_ideas", typed, title_max=title_max, with_text=with_text)
    return refused.value.problems["seed_ideas"]


def test_a_line_is_a_title_and_behind_a_bar_an_explanation():
    typed = "  Bread  rolls \r\n\r\nRye | dark and sour | twice baked\nHalf|half\nPlain | "

    assert seed_lines_of("seed_ideas", typed, title_max=200, with_text=True) == [
        SeedLine("Bread rolls"),
        SeedLine("Rye", "dark and sour | twice baked"),
        SeedLine("Half|half"),
        SeedLine("Plain"),
    ]


def test_nothing_is_no_ideas():
    assert seed_lines_of("seed_ideas", " \n\n", title_max=200, with_text=True) == []


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("Rye\n\nSpelt\nRYE", "line_twice:4:1"),
        ("Rye\nSpelt\nRye\nspelt", "line_twice:3:1 line_twice:4:2"),
        ("Rye\nToo long a title", "line_too_long:2"),
        (" | only an explanation", "line_missing:1"),
        ("Rye\x00", "line_characters:1"),
        ("\n".join(["Rye"] * 20), " ".join(f"line_twice:{n}:1" for n in range(2, 7))),
        ("x" * (LIST_MAX + 1), "too_long"),
    ],
)
def test_what_is_wrong_is_told_by_the_number_of_the_line(typed, problem):
    assert problem_of(typed, title_max=10) == problem


def test_an_explanation_is_refused_where_ideas_have_none():
    assert seed_lines_of("seed_ideas", "Rye | dark", title_max=10, with_text=True)
    assert problem_of("Rye | dark", with_text=False) == "line_not_wanted:1"


def test_a_list_has_an_end():
    full = [f"Idea {n}" for n in range(LINES_MAX)]

    assert len(seed_lines_of("seed_ideas", "\n".join(full), title_max=20, with_text=True)) == LINES_MAX
    assert problem_of("\n".join([*full, "One more"])) == f"lines_too_many:{LINES_MAX}"
