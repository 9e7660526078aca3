"""The rehearsal's reader of pages."""

import pytest

from app.rehearsal.pages import Page

HTML = """<html><head><meta name="csrf" content="t0k&amp;n"></head><body>
<a href="/organisations/3/challenges/begin">New</a>
<form action="/rounds/5/closure"><input type="hidden" name="key" value="p&quot;q"><input name="name"></form>
<ul><li id="idea-12" data-entry="40"><a href="/ideas/12">A</a></li><li id="idea-13" data-entry="41"></li>
<li id="idea-x" data-entry="9"></li><li id="detail-14" data-entry="42"></li></ul>"""


def test_the_reader_finds_token_fields_cards_and_links():
    page = Page(HTML)

    assert page.token == "t0k&n"
    assert page.fields == {"key": 'p"q', "name": ""}
    assert page.entries == {12: 40, 13: 41}
    assert page.link(r"/rounds/(\d+)/closure") == "5"
    with pytest.raises(LookupError):
        page.link(r"/nothing/(\d+)")
