"""Each file of the style sheet contains one block, and only `main.css` sets the order and the layers."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
BLOCK_FILES = sorted([*(CSS / "blocks").glob("*.css"), *(CSS / "components").glob("*.css")])
IMPORT = re.compile(r'@import url\("([^"]+)"\)')
NAMES = re.compile(r"\.([a-z][\w-]*)|(?<![\w.#-])([a-z]+-[a-z-]+)|#([a-z][\w-]*)|\[data-([\w-]+)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"([^{};]+)\{")


def selectors_of(text: str) -> list[str]:
    """Every selector of a style sheet outside `@keyframes`; lists are split at their top level."""
    text = re.sub(r"@keyframes [\w-]+ \{(?:[^{}]*\{[^{}]*\})*\s*\}", "", COMMENT.sub("", text))
    found = (rule.strip() for rule in RULE.findall(text))
    return [selector.strip() for rule in found if not rule.startswith("@") for selector in _apart(rule)]


def _apart(selectors: str) -> list[str]:
    """The selectors of a list; a comma inside parentheses does not separate selectors."""
    parts, depth = [""], 0
    for sign in selectors:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def names_block(selector: str, block: str) -> bool:
    """Whether a selector names the block, its plural, an element or a modifier of it, or a state `is-…` beside it."""
    names = ["".join(found) for found in NAMES.findall(selector)]
    return any(re.fullmatch(rf"{block}(e?s)?((__|--|-).*)?", name) for name in names)


@pytest.mark.parametrize("path", BLOCK_FILES, ids=lambda path: path.stem)
def test_a_block_file_holds_the_rules_of_one_block(path: Path) -> None:
    strangers = [selector for selector in selectors_of(path.read_text()) if not names_block(selector, path.stem)]

    assert strangers == []


def test_a_rule_of_another_block_is_found() -> None:
    text = ".queue > h2, .queue__item { gap: 0; }\n@media print { .people { display: none; } }"

    assert [selector for selector in selectors_of(text) if not names_block(selector, "queue")] == [".people"]


def test_the_style_sheet_imports_every_file_once() -> None:
    imported = IMPORT.findall((CSS / "main.css").read_text())

    assert sorted(imported) == sorted(
        str(path.relative_to(CSS)) for path in CSS.rglob("*.css") if path.name != "main.css"
    )


def test_rules_are_not_nested() -> None:
    """Phones from before 2024 do not support nesting, and the join does not flatten it."""
    for path in CSS.rglob("*.css"):
        assert "&" not in COMMENT.sub("", path.read_text()), path.name
