"""Every text is translated into German, and scripts only show texts that the page holds."""

import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import config
from app.platform.i18n import DEFAULT, LANGUAGES

ROOT = config.ROOT
SCRIPTS = sorted(path for path in (ROOT / "static" / "js").rglob("*.js"))
TRANSLATED = [language for language in LANGUAGES if language != DEFAULT]
# Other languages may be incomplete: what they lack is shown in English (tests/views/test_languages.py).
COMPLETE = ["de"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> Catalog:
    """Every text of the interface, extracted from the present source as `make messages` does it."""
    pot = tmp_path_factory.mktemp("texts") / "messages.pot"
    folders = [name for name in ("app", "ideas", "realtime", "templates", "static/js") if (ROOT / name).exists()]
    keywords = [word for k in ("lazy_gettext", "lazy_ngettext:1,2", "_l") for word in ("-k", k)]
    program = str(ROOT / ".venv" / "bin" / "pybabel")
    subprocess.run(
        [program, "-q", "extract", "-F", "babel.cfg", *keywords, "-o", str(pot), *folders], cwd=ROOT, check=True
    )
    with pot.open("rb") as file:
        return read_po(file)


def catalogue(language: str) -> Catalog:
    path = ROOT / "app" / "translations" / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def test_texts_are_found_in_every_kind_of_file(texts):
    ids = {str(message.id) for message in texts if message.id}

    assert len(ids) > 200
    assert "Live brainstorm" in ids, "lazy ones in Python"
    assert any("%(" in text for text in ids), "with placeholders"


# Other words for things that have one on screen: Frage, Protokoll, Abstimmung, Raum.
OTHER_GERMAN_WORDS = re.compile(r"\b(Ausschreibung|Challenge|Journal|Voting|Umfrage)(en|s|e)?\b")


def test_german_has_one_word_for_each_thing():
    texts = [" ".join(m.string) if isinstance(m.string, tuple) else str(m.string) for m in catalogue("de")]

    assert [text for text in texts if OTHER_GERMAN_WORDS.search(text)] == []


def test_percentages_are_written_by_the_language(texts):
    """German has a space before the sign and English has none, so `format_percent` writes both."""
    assert [message.id for message in texts if "%%" in str(message.id)] == []


@pytest.mark.parametrize("language", COMPLETE)
def test_every_text_has_a_translation(texts, language):
    known = catalogue(language)
    missing = [message.id for message in texts if message.id and not _is_done(known, message)]

    assert missing == []


def _is_done(known: Catalog, message) -> bool:
    found = known.get(message.id, message.context)
    if found is None or found.fuzzy:
        return False
    return all(found.string) if isinstance(found.string, tuple | list) else bool(found.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_has_no_unused_translation(texts, language):
    ids = {message.id for message in texts}

    assert [message.id for message in catalogue(language) if message.id not in ids] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_placeholders_and_line_ends(language):
    wrong = []
    for message in catalogue(language):
        if not message.id or not message.string:
            continue
        sources = message.id if isinstance(message.id, tuple | list) else (message.id,)
        results = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = set().union(*map(_holes, sources))
        for result in filter(None, results):
            # A plural may write its number as a word ("one idea"); unknown placeholders are refused.
            if _holes(result) - wanted or (len(sources) == 1 and _holes(result) != wanted):
                wrong.append((message.id, result))

    assert wrong == []


def _holes(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def test_the_search_finds_a_missing_translation(texts):
    assert not _is_done(Catalog(locale="de"), next(message for message in texts if message.id))


# Strings that look like words: a capital and a second word, or the end of a sentence.
_STRINGS = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`", re.DOTALL)
_COMMENTS = re.compile(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*", re.DOTALL)
_WORDS = re.compile(r"^\s*[A-ZÄÖÜ][\wäöüß’']*(?:[ ,][\wäöüß’'{}$]+.*|[.!?…])$", re.DOTALL)


def words_in(source: str) -> list[str]:
    """Strings of a script that look like words for people; errors and log lines are for developers."""
    source = _COMMENTS.sub("", source)
    source = re.sub(r"(?:throw new \w*Error|console\.\w+)\((?:[^()]|\([^()]*\))*\)", "", source)
    found = ("".join(groups) for groups in _STRINGS.findall(source))
    return [text for text in found if _WORDS.match(text)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_script_contains_no_words_of_its_own(path: Path):
    assert words_in(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_the_page_holds_every_text_that_a_script_shows(path: Path):
    held = set(re.findall(r'^\s*"([\w-]+)": _\(', (ROOT / "templates/layouts/_texts.html").read_text(), re.MULTILINE))

    assert set(re.findall(r"\btext\(\s*[\"']([\w-]+)[\"']", path.read_text())) <= held


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_script_makes_no_markup_and_calls_no_foreign_server(path: Path):
    source = _COMMENTS.sub("", path.read_text())

    assert re.findall(r"\beval\(|new Function\(|document\.write|insertAdjacentHTML\(\s*[^,]+,\s*[`\"']", source) == []
    assert re.findall(r"[`\"']\s*<[a-z]+[\s>]", source) == [], "markup is made by the server"
    assert re.findall(r"[\"'`](?:https?:)?//[a-z]", source) == []


def test_the_search_for_words_finds_them():
    assert words_in('x.textContent = "No network";') == ["No network"]
    assert words_in("x.title = 'Saved.';") == ["Saved."]
    assert words_in("x.ariaLabel = `Idea ${n} of many`;") == ["Idea ${n} of many"]
    assert (
        words_in('throw new TypeError("No such thing"); // "Not this"\nf("ArrowLeft", "click"); import "./a.js"') == []
    )
