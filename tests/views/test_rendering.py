"""Texts of people as HTML: safe, and with the same words as everywhere else."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.rendering import rich
from ideas.prose import plain


class Seen(HTMLParser):
    """The text of a piece of HTML as a browser shows it, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", set[str](), list[tuple[str, str | None]]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self.text += "\n" if tag in ("p", "br", "li", "ul", "ol", "div") else ""

    def handle_data(self, data: str) -> None:
        self.text += data


signs = st.text(
    st.sampled_from("ab1 2.)*-_`#>|<&[](:/\\\n\t•\"'") | st.characters(exclude_categories=("C",)), max_size=60
)


@given(signs)
def test_a_page_shows_the_same_words_as_a_card(text):
    seen = Seen(rich(text))

    assert seen.text.split() == plain(text).split()
    assert seen.tags <= {"p", "br", "em", "strong", "a", "ul", "ol", "li", "span", "div"}


def test_lists_keep_their_markers_as_text():
    assert rich("24. Dezember\n26. Dezember") == (
        '<ol role="list" dir="auto"><li><span class="prose__marker">24.</span> <div>Dezember</div></li>'
        '<li><span class="prose__marker">26.</span> <div>Dezember</div></li></ol>'
    )
    assert rich("- eins\n- zwei").count("<li>") == 2


def test_paragraphs_have_a_direction_of_their_own():
    assert rich("Hallo\nDu\n\nשלום") == '<p dir="auto">Hallo<br>Du</p><p dir="auto">שלום</p>'


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,1)",
        '[x](https://a.example/"onmouseover="alert(1))',
        '"><b>',
        "![x](https://elsewhere.example/x.png)",
    ],
)
def test_no_text_becomes_active(text):
    seen = Seen(rich(text))

    assert seen.tags <= {"p", "a"}
    assert {name for name, _ in seen.attributes} <= {"dir", "href", "rel"}
    assert all(value.startswith(("https://", "http://")) for name, value in seen.attributes if name == "href")


def test_links_send_no_referrer():
    assert rich("*https://a.example/?x=1&y=2*") == (
        '<p dir="auto"><em><a href="https://a.example/?x=1&amp;y=2" rel="nofollow noopener noreferrer">'
        "https://a.example/?x=1&amp;y=2</a></em></p>"
    )
