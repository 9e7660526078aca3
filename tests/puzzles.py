"""Solving the puzzle of a page, as a browser does."""

import re

from app.platform.puzzles import Puzzle, solve


def solved(page: str) -> dict[str, str]:
    """The fields that answer the puzzle of a page."""
    text = re.search(r'data-puzzle="([^"]+)"', page)[1]
    bits = int(re.search(r'data-bits="(\d+)"', page)[1])
    return {"puzzle": text, "counter": solve(Puzzle(text, bits))}
