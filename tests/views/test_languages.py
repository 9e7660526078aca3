"""Languages: a catalogue with gaps falls back to English, text by text."""

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask_babel import get_babel, get_domain, gettext, ngettext, pgettext

from app.platform.i18n import LANGUAGES, in_language

LANGUAGE = "nl"


def text(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def partly_translated(app: Flask, tmp_path, monkeypatch) -> None:
    """A third language with one translated text, one half translated plural and many gaps."""
    catalogue = Catalog(locale=LANGUAGE)
    catalogue.add("Imprint", "Colofon")
    catalogue.add("Privacy", "")
    catalogue.add(("%(num)s idea", "%(num)s ideas"), ("%(num)s idee", ""))
    folder = tmp_path / "translations" / LANGUAGE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setitem(LANGUAGES, LANGUAGE, "Nederlands")
    directories = get_babel(app).translation_directories
    monkeypatch.setattr(get_babel(app), "translation_directories", [*directories, str(tmp_path / "translations")])
    yield
    get_domain().cache.pop((LANGUAGE, "messages"), None)


def test_a_page_shows_english_where_a_translation_is_missing(partly_translated, client):
    page = text(client.get("/", headers={"Accept-Language": LANGUAGE}))

    assert f'<html lang="{LANGUAGE}">' in page
    assert ">Colofon</a>" in page
    assert ">Privacy</a>" in page, "an empty translation"
    assert "Open challenges" in page, "no translation at all"
    assert "Impressum" not in page, "English is the fallback and no other language"


def test_a_missing_plural_is_shown_in_english(partly_translated, client):
    with client.application.test_request_context(), in_language(LANGUAGE):
        assert ngettext("%(num)s idea", "%(num)s ideas", 1) == "1 idee"
        assert ngettext("%(num)s idea", "%(num)s ideas", 2) == "2 ideas"
        assert ngettext("%(num)s person", "%(num)s people", 2) == "2 people"
        assert pgettext("stance", "Challenges") == "Challenges"
        assert gettext("Privacy") == "Privacy"


def test_a_shipped_text_without_a_translation_is_shown_in_english(partly_translated, client):
    page = text(client.get("/privacy", headers={"Accept-Language": LANGUAGE}))

    assert 'class="prose" lang="en"' in page


@pytest.mark.parametrize("odd", ["C", "en-US@posix", "de_DE.UTF-8", "*", ";q=", "x" * 300, "de-DE-u-co-phonebk", "ß"])
def test_an_odd_language_of_a_browser_falls_back(client, odd):
    response = client.get("/", headers={"Accept-Language": odd.encode().decode("latin-1")})

    assert response.status_code == 200
    assert '<html lang="en">' in text(response) or '<html lang="de">' in text(response)
