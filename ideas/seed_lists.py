"""Parse a typed or pasted list of ideas, one per line. The caller decides how to use it."""

from dataclasses import dataclass

from ideas.errors import Invalid
from ideas.texts import TEXT_MAX, name_key, one_line

LINES_MAX = 500
LIST_MAX = 100_000  # characters of a whole list
PROBLEMS_SHOWN = 5

SEPARATOR = " | "


@dataclass(frozen=True)
class SeedLine:
    """An idea of a list."""

    title: str
    text: str = ""


def seed_lines_of(field: str, typed: str, *, title_max: int, with_text: bool) -> list[SeedLine]:
    """Parse a list, one idea per line: a title, optionally followed by " | " and an explanation. Empty lines are
    skipped, but they count for the line numbers.

    :raise Invalid: `{field: "line_twice:17:3 line_too_long:20"}`: up to five problems with the number of the line, and
        for a repetition the number of the line that it repeats.
    """
    if len(typed) > LIST_MAX:
        raise Invalid(**{field: "too_long"})
    found: list[SeedLine] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for n, written in enumerate(typed.splitlines(), start=1):
        if not written.strip():
            continue
        title, _, text = written.partition(SEPARATOR)
        problem, line = _seed_line(title, text, title_max, with_text=with_text)
        before = seen.setdefault(name_key(line.title), n) if line else n
        if problem:
            problems.append(f"{problem}:{n}")
        elif before != n:
            problems.append(f"line_twice:{n}:{before}")
        elif line:
            found.append(line)
    if len(found) > LINES_MAX:
        problems.insert(0, f"lines_too_many:{LINES_MAX}")
    if problems:
        raise Invalid(**{field: " ".join(problems[:PROBLEMS_SHOWN])})
    return found


def _seed_line(title: str, text: str, title_max: int, *, with_text: bool) -> tuple[str, SeedLine | None]:
    """The problem of a line ("" for none), and the parsed line if there is no problem."""
    try:
        title = one_line("line", title, title_max, required=True)
        text = one_line("line", text, TEXT_MAX)
    except Invalid as error:
        return f"line_{error.problems['line']}", None
    if text and not with_text:
        return "line_not_wanted", None
    return "", SeedLine(title, text)
