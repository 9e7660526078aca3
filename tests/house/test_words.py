"""Nothing is shown untranslated: every text is in the German catalogue, and scripts say what the server gave them."""

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
    """Every text of the interface as it stands in the source now, collected as `make messages` does it."""
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


@pytest.mark.parametrize("language", COMPLETE)
def test_every_text_is_translated(texts, language):
    known = catalogue(language)
    missing = [message.id for message in texts if message.id and not _is_done(known, message)]

    assert missing == []


def _is_done(known: Catalog, message) -> bool:
    found = known.get(message.id, message.context)
    if found is None or found.fuzzy:
        return False
    return all(found.string) if isinstance(found.string, tuple | list) else bool(found.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over(texts, language):
    ids = {message.id for message in texts}

    assert [message.id for message in catalogue(language) if message.id not in ids] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_line_ends_survive_translation(language):
    wrong = []
    for message in catalogue(language):
        if not message.id or not message.string:
            continue
        sources = message.id if isinstance(message.id, tuple | list) else (message.id,)
        results = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = set().union(*map(_holes, sources))
        for result in filter(None, results):
            # A plural may name its number in words ("one idea"); nothing may be named that is not given.
            if _holes(result) - wanted or (len(sources) == 1 and _holes(result) != wanted):
                wrong.append((message.id, result))

    assert wrong == []


def _holes(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def test_a_missing_translation_would_be_found(texts):
    assert not _is_done(Catalog(locale="de"), next(message for message in texts if message.id))


# What a person would read as words: a capital and a second word, or a sentence's end.
_STRINGS = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`", re.DOTALL)
_COMMENTS = re.compile(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*", re.DOTALL)
_WORDS = re.compile(r"^\s*[A-ZÄÖÜ][\wäöüß’']*(?:[ ,][\wäöüß’'{}$]+.*|[.!?…])$", re.DOTALL)


def words_in(source: str) -> list[str]:
    """Strings of a script that look as if somebody should read them; what is thrown or logged is for developers."""
    source = _COMMENTS.sub("", source)
    source = re.sub(r"(?:throw new \w*Error|console\.\w+)\((?:[^()]|\([^()]*\))*\)", "", source)
    found = ("".join(groups) for groups in _STRINGS.findall(source))
    return [text for text in found if _WORDS.match(text)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_script_says_nothing_of_its_own(path: Path):
    assert words_in(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_what_a_script_says_the_page_holds_translated(path: Path):
    held = set(re.findall(r'^\s*"([\w-]+)": _\(', (ROOT / "templates/layouts/_texts.html").read_text(), re.MULTILINE))

    assert set(re.findall(r"\btext\(\s*[\"']([\w-]+)[\"']", path.read_text())) <= held


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_a_script_makes_no_markup_and_calls_no_stranger(path: Path):
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
