"""Parsing a typed list of seed ideas: the parts of a line, and errors by the number of the line."""

import pytest

from ideas.errors import Invalid
from ideas.seed_lists import LINES_MAX, LIST_MAX, SeedLine, seed_lines_of


def problem_of(typed: str, title_max: int = 200, with_text: bool = True) -> str:
    with pytest.raises(Invalid) as refused:
        seed_lines_of("seed_ideas", typed, title_max=title_max, with_text=with_text)
    return refused.value.problems["seed_ideas"]


def test_a_line_is_a_title_and_an_optional_explanation_after_a_bar():
    typed = "  Bread  rolls \r\n\r\nRye | dark and sour | twice baked\nHalf|half\nPlain | "

    assert seed_lines_of("seed_ideas", typed, title_max=200, with_text=True) == [
        SeedLine("Bread rolls"),
        SeedLine("Rye", "dark and sour | twice baked"),
        SeedLine("Half|half"),
        SeedLine("Plain"),
    ]


def test_an_empty_list_has_no_ideas():
    assert seed_lines_of("seed_ideas", " \n\n", title_max=200, with_text=True) == []


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("Rye\n\nSpelt\nRYE", "line_twice:4:1"),
        ("Rye\nSpelt\nRye\nspelt", "line_twice:3:1 line_twice:4:2"),
        ("Rye\nToo long a title", "line_too_long:2"),
        (" | only an explanation", "line_missing:1"),
        ("\n".join(["Rye"] * 20), " ".join(f"line_twice:{n}:1" for n in range(2, 7))),
        ("x" * (LIST_MAX + 1), "too_long"),
    ],
)
def test_a_problem_names_the_number_of_its_line(typed, problem):
    assert problem_of(typed, title_max=10) == problem


def test_an_explanation_is_refused_if_ideas_have_no_text():
    assert seed_lines_of("seed_ideas", "Rye | dark", title_max=10, with_text=True)
    assert problem_of("Rye | dark", with_text=False) == "line_not_wanted:1"


def test_the_number_of_lines_is_limited():
    full = [f"Idea {n}" for n in range(LINES_MAX)]

    assert len(seed_lines_of("seed_ideas", "\n".join(full), title_max=20, with_text=True)) == LINES_MAX
    assert problem_of("\n".join([*full, "One more"])) == f"lines_too_many:{LINES_MAX}"
