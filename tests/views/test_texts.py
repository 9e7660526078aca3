"""Imprint and privacy note: the shipped texts, and the operator's own texts instead."""

import pytest


def text(response):
    return response.get_data(as_text=True)


@pytest.mark.parametrize("page", ["imprint", "privacy"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_texts_are_shipped_in_both_languages(client, page, language):
    response = client.get(f"/{page}", headers={"Accept-Language": language})

    assert response.status_code == 200
    assert f'class="prose" lang="{language}"' in text(response)
    assert f"texts/{page}.{language}.md" in text(response)


def test_the_privacy_note_names_the_stored_data(client):
    page = text(client.get("/privacy"))

    for kept in ("Your name", "Your texts", "Your votes", "One cookie", "e-mail address"):
        assert kept in page


def test_the_text_of_the_operator_replaces_the_shipped_one_at_once(app, client):
    folder = app.config["INSTANCE"] / "texts"
    folder.mkdir(parents=True)
    (folder / "imprint.en.md").write_text("## Mill & Oven\n\nÖl Street 1 <script>alert(1)</script>", encoding="utf-8")

    page = text(client.get("/imprint"))

    assert "<h2>Mill &amp; Oven</h2>" in page
    assert "Öl Street 1 &lt;script&gt;" in page
    assert "has not written this page yet" not in page
    assert "has not written this page yet" not in text(client.get("/privacy"))


def test_a_text_in_one_language_is_shown_for_every_language(app, client):
    folder = app.config["INSTANCE"] / "texts"
    folder.mkdir(parents=True)
    (folder / "imprint.de.md").write_text("Ölgasse 1", encoding="utf-8")

    page = text(client.get("/imprint", headers={"Accept-Language": "en"}))

    assert "Ölgasse 1" in page
    assert 'class="prose" lang="de"' in page
