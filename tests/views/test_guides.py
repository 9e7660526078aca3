"""The guides: the same anchors in every language, links that lead somewhere, and a search that forgives."""

import re

import pytest

import config
from app.pages.guides import ROLES, TEXTS, found_in_guides, guide_of
from app.platform.i18n import LANGUAGES
from tests import factories
from tests.views.test_statements import Statements

TEMPLATES = sorted((config.ROOT / "templates").rglob("*.html"))
# How templates name a section: by the macro, by the parameters of a menu, by an address, and by a page in a room.
NAMED = re.compile(
    r"help_link\('(\w+)', '(\w+)'|room_menu\(.*?, '(\w+)', '(\w+)'\)"
    r"|url_for\('guides\.show', role='(\w+)', _anchor='(\w+)'\)"
)
IN_A_ROOM = re.compile(r"\{% set help_anchor = '(\w+)' %\}")


def anchors_of(role, language="en"):
    return [section.anchor for section in guide_of(role, language).sections]


def text(response):
    return response.get_data(as_text=True)


def kinds_of(source):
    """What the lines of a section begin with: a heading, an item, a row of a table, a picture or a word."""
    return [re.match(r"#+|-|\d+\.|\||!|\[ballots\]|", line)[0] or "words" for line in source.splitlines() if line]


def linked_in_templates():
    """`{(role, anchor)}`: every section that a template links to."""
    found = set()
    for path in TEMPLATES:
        source = path.read_text()
        found |= {tuple(filter(None, names)) for names in NAMED.findall(source)}
        found |= {("participant", anchor) for anchor in IN_A_ROOM.findall(source)}
    return found


@pytest.mark.parametrize("role", ROLES)
def test_a_guide_has_the_same_anchors_in_every_language(role):
    of = {language: anchors_of(role, language) for language in LANGUAGES}

    assert len(of["en"]) >= 5
    assert of["en"] == of["de"]
    assert len(of["en"]) == len(set(of["en"]))


@pytest.mark.parametrize("role", ROLES)
def test_a_guide_has_the_same_pictures_and_links_in_every_language(role):
    found = {
        language: re.findall(r"\]\(([^)]+)\)", (TEXTS / f"{role}.{language}.md").read_text()) for language in LANGUAGES
    }

    assert found["en"] == found["de"]


@pytest.mark.parametrize("role", ROLES)
def test_a_guide_is_built_alike_in_every_language(role):
    """The same headings, lists, tables and paragraphs, one after the other in each section."""
    of = {
        language: {each.anchor: kinds_of(each.source) for each in guide_of(role, language).sections}
        for language in LANGUAGES
    }

    assert of["de"] == of["en"]


def test_every_section_that_a_page_links_to_exists():
    linked = linked_in_templates()

    assert {"company", "moderator", "participant"} <= {role for role, _ in linked}
    assert len(linked) >= 10
    assert {(role, anchor) for role, anchor in linked if anchor not in anchors_of(role)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_a_guide_leads_to_a_page_and_an_anchor(client, language):
    for role in ROLES:
        page = text(client.get(f"/help/{role}", headers={"Accept-Language": language}))
        main = page[page.index("<article") : page.index("</article>")]
        links = set(re.findall(r'<a [^>]*href="([^"]+)"', main))

        assert len(links) > 5
        for link in links:
            path, _, anchor = link.partition("#")
            target = text(client.get(path, headers={"Accept-Language": language})) if path else page
            assert f'id="{anchor}"' in target if anchor else "<h1" in target, (role, link)


@pytest.mark.parametrize(("language", "title"), [("de", "Für Unternehmen: viele fragen"), ("en", "For companies")])
def test_a_guide_is_shown_in_the_language_of_the_reader(client, language, title):
    page = client.get("/help/company", headers={"Accept-Language": language})

    assert page.status_code == 200
    assert title in text(page)


def test_the_guide_for_companies_explains_every_way_to_vote(client):
    page = text(client.get("/help/company"))

    for name in ("Yes or no", "Pairs", "Points", "Grades", "Stars and lemons", "Order"):
        assert re.search(rf"<h3 id=\"way-\w+\">.*</svg>{name}</h3>", page)
    assert "the strongest chain of wins decides" in page
    assert "[ballots]" not in page


def test_an_unknown_guide_is_not_found(client):
    assert client.get("/help/nobody").status_code == 404
    assert client.get("/help/..%2Ftexts%2Fprivacy").status_code == 404


# The search


@pytest.mark.parametrize(
    ("language", "query", "role", "anchor"),
    [
        ("en", "anonymity", "company", "anonymity"),
        ("en", "anonimity", "company", "anonymity"),
        ("en", "which way to vote", "company", "ballots"),
        ("en", "lemons", "company", "ballots"),
        ("en", "backup", "operator", "backup"),
        ("en", "shared phone", "participant", "devices"),
        ("en", "viewer", "company", "people"),
        ("en", "invite jurors", "company", "people"),
        ("en", "minimum wage", "company", "pay"),
        ("en", "rehearsal", "company", "steps"),
        ("en", "templates", "company", "steps"),
        ("en", "small example of grades", "company", "examples"),
        ("en", "switch mails off", "participant", "news"),
        ("en", "announcement", "operator", "announcements"),
        ("de", "Leserecht", "company", "people"),
        ("de", "Mindestlohn", "company", "pay"),
        ("de", "Vorlagen", "company", "steps"),
        ("de", "Mails abschalten", "participant", "news"),
        ("de", "Ankündigung", "operator", "announcements"),
        ("de", "Anonymität", "company", "anonymity"),
        ("de", "anonymitaet", "company", "anonymity"),
        ("de", "datensicherung", "operator", "backup"),
        ("de", "antworten", "company", "answers"),
        ("de", "zehn Minuten", "company", "first"),
    ],
)
def test_the_search_finds_the_section(one_app, language, query, role, anchor):
    with one_app.test_request_context(), one_app.test_client():
        found = [(one.guide.role, one.section.anchor) for one in found_in_guides(query, language)]

    assert (role, anchor) in found[:4], found


def test_a_search_without_a_match_says_so_and_shows_what_was_typed(client):
    page = text(client.get("/help?q=<b>xylophon</b>"))

    assert "Nothing found about “" in page
    assert "&lt;b&gt;xylophon&lt;/b&gt;" in page
    assert "<b>xylophon" not in page


@pytest.mark.parametrize("query", ["", " ", "?", "🎈", "the of and", "a" * 10_000])
def test_a_strange_search_is_answered(client, query):
    assert client.get("/help", query_string={"q": query}).status_code == 200


def test_a_search_shows_the_sections_with_links(client):
    page = text(client.get("/help?q=wave"))

    assert 'href="/help/moderator#queue"' in page


def test_help_costs_few_statements(app, browser_of):
    browser = browser_of(factories.company().owner)
    with Statements() as statements:
        for address in ("/help?q=votes", "/help/company"):
            assert browser.get(address).status_code == 200

    assert len(statements.all) <= 2 * 5, statements.all


def test_help_is_linked_from_the_foot_of_a_page(client):
    assert 'href="/help"' in text(client.get("/"))
