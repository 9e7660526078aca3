"""Each file of the style sheets contains one block, and only `main.css` and `more.css` set the order and the layers."""

import re
from functools import cache
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
SHEETS = [CSS / "main.css", CSS / "more.css"]
TEMPLATES = CSS.parents[1] / "templates"
ROOM_PARTS = [
    str(path.relative_to(TEMPLATES))
    for of in ("rules", "activities")
    for path in (TEMPLATES / of).rglob("*.html")
    if path.stem in ("action", "ballot", "card", "choice", "hint")
]
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


def test_the_style_sheets_import_every_file_once() -> None:
    imported = [name for sheet in SHEETS for name in IMPORT.findall(sheet.read_text())]

    assert sorted(imported) == sorted(str(path.relative_to(CSS)) for path in CSS.rglob("*.css") if path not in SHEETS)


def test_both_style_sheets_order_the_layers_alike() -> None:
    main, more = (re.search(r"^@layer [^;]+;", sheet.read_text(), re.MULTILINE)[0] for sheet in SHEETS)

    assert main == more


PAGES_WITHOUT_MORE = [
    str(path.relative_to(TEMPLATES))
    for path in TEMPLATES.rglob("*.html")
    if "{% block more_styles %}{% endblock %}" in path.read_text()
]


@pytest.mark.parametrize("path", PAGES_WITHOUT_MORE)
def test_a_page_without_the_second_style_sheet_uses_no_class_of_it(path: str) -> None:
    used = {f"{name}: {word}" for name in drawn_with(path) for word in classes_in(name) & classes_of_more()}

    assert used == set()


def test_a_class_of_the_second_style_sheet_is_found() -> None:
    assert len(PAGES_WITHOUT_MORE) >= 6
    assert {"console__now", "queue"} <= classes_of_more()
    assert not {"idea", "card"} & classes_of_more()
    assert "console__now" in classes_in("console/show.html")
    assert "components/idea.html" in drawn_with("rooms/show.html")


def drawn_with(page: str) -> set[str]:
    """A page and the templates that it extends, includes and imports. A rule or activity draws a part in a room."""
    found, waiting = set(), [page, *ROOM_PARTS]
    while waiting:
        name = waiting.pop()
        if name not in found and (TEMPLATES / name).exists():
            found.add(name)
            waiting += re.findall(r"['\"]([\w/-]+\.html)['\"]", (TEMPLATES / name).read_text())
    return found


@cache
def classes_in(name: str) -> set[str]:
    """The words in class attributes of a template; elsewhere those that only classes look like."""
    text = (TEMPLATES / name).read_text()
    attributes = re.findall(r"class=(?:\"([^\"]*)\"|'([^']*)')", text)
    values = re.sub(r"\b\w+(\.\w+)+", "", " ".join(map("".join, attributes)))  # `rule.steps` is no class
    words = re.findall(r"[a-z][\w-]*", values)
    return {*words, *re.findall(r"[a-z][a-z-]*__[\w-]+", text)}


@cache
def classes_of_more() -> set[str]:
    """The classes that only blocks of the second style sheet name."""
    main, more = (
        {word for name in IMPORT.findall(sheet.read_text()) for word in named_in((CSS / name).read_text())}
        for sheet in SHEETS
    )
    return more - main


def named_in(text: str) -> list[str]:
    return [word for selector in selectors_of(text) for word in re.findall(r"\.([a-z][\w-]*)", selector)]


def test_rules_are_not_nested() -> None:
    """Phones from before 2024 do not support nesting, and the join does not flatten it."""
    for path in CSS.rglob("*.css"):
        assert "&" not in COMMENT.sub("", path.read_text()), path.name


def test_what_has_chooses_has_a_name() -> None:
    """If a rule with `:has()` chooses elements without a name, a browser restyles the whole page after any change."""
    nameless = [
        (path.name, selector)
        for path in CSS.rglob("*.css")
        for selector in selectors_of(path.read_text())
        if ":has(" in selector and not chosen_by(selector)
    ]

    assert nameless == []


def chosen_by(selector: str) -> str:
    """The names of the last part of a selector, those inside of `:is()` too."""
    plain, before = selector, ""
    while plain != before:
        before, plain = plain, re.sub(r":(?:not|has|nth-child)\([^()]*\)", "", plain)
    return re.sub(r"::?[\w-]+|[\s*]", "", re.split(r"[\s>+~]+(?![^(]*\))", plain.strip())[-1].replace(":is", ""))


def test_a_rule_that_chooses_everything_is_found() -> None:
    named = (".a:has(b) > c", ".a:not(:has(#b)) :is(.c d, .e)", ".a:has(:is(b, c)) + [d]", "html:has(.a)")

    assert all(map(chosen_by, named))
    assert not any(map(chosen_by, (".a:has(b) > :not(.c)", ".a:not(:has([b])) > *", ".a > :has([b], [c])")))


# What people wrote, in boxes that grow with their longest word: without a break inside words a page gets wider than a
# phone.
WORDS_OF_PEOPLE = {
    "blocks/winner.css": (".winner__title", ".winner__best"),
    "blocks/my-page.css": (".my-page__facts > span",),
    "blocks/phone.css": (".phone h2", ".phone .byline"),
    "components/link.css": (".link > bdi",),
}


@pytest.mark.parametrize("file", WORDS_OF_PEOPLE)
def test_words_of_people_break_where_their_box_would_grow(file: str) -> None:
    rules = re.findall(r"([^{};]+)\{([^{}]*)\}", COMMENT.sub("", (CSS / file).read_text()))
    breaking = {selector.strip() for selector, body in rules if "overflow-wrap: anywhere;" in body}

    assert set(WORDS_OF_PEOPLE[file]) <= breaking


@pytest.mark.parametrize("layout", ["mail.html", "news_mail.html"])
def test_words_of_people_break_in_mails(layout: str) -> None:
    text = (TEMPLATES / "layouts" / layout).read_text()

    assert re.search(r'<body[^>]*>\s*<div style="[^"]*word-break: break-word', text), "or phones shrink the whole mail"
