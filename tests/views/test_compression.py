"""Compression of answers: what is compressed, and that no secret can be guessed from the lengths of answers."""

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform import assets, scripts
from app.platform.compression import Piece, packed, piece
from app.platform.csrf import masked, unmasked
from tests import factories

GZIP = {"Accept-Encoding": "br, gzip"}


def tokens(response):
    body = gzip.decompress(response.data) if response.content_encoding == "gzip" else response.data
    return set(re.findall(r'(?:name="csrf_token" value|name="csrf" content)="([^"]+)"', body.decode()))


def test_a_page_is_compressed_for_browsers_that_take_it(app, browser_of):
    room = factories.room()
    browser = browser_of(factories.participant(room))

    plain = browser.get(f"{room.path}/me")
    small = browser.get(f"{room.path}/me", headers=GZIP)

    assert (plain.content_encoding, small.content_encoding) == (None, "gzip")
    assert "Accept-Encoding" in plain.vary
    assert "Accept-Encoding" in small.vary
    assert small.content_length == len(small.data) < len(plain.data) / 2
    assert gzip.decompress(small.data).decode().endswith("</html>")


@pytest.mark.parametrize("coding", ["identity", "gzip;q=0", "br", ""])
def test_a_page_is_sent_as_it_is_to_other_browsers(client, coding):
    assert client.get("/", headers={"Accept-Encoding": coding}).content_encoding is None


def test_a_head_request_tells_the_length_of_the_compressed_page(client):
    head, page = (ask("/", headers=GZIP) for ask in (client.head, client.get))

    assert head.data == b""
    assert head.content_encoding == page.content_encoding == "gzip"
    assert "Accept-Encoding" in head.vary
    assert head.content_length > 0


@pytest.mark.parametrize(
    ("address", "site", "coding"),
    [
        ("/?chosen=words", "cross-site", None),
        ("/?chosen=words", "same-site", None),
        ("/?chosen=words", None, None),
        ("/?chosen=words", "same-origin", "gzip"),
        ("/", "cross-site", "gzip"),  # a link in a chat
        ("/nothing/chosen-words", "cross-site", None),
        ("/nothing/chosen-words", "same-origin", None),
    ],
)
def test_what_another_site_chose_is_not_compressed(client, address, site, coding):
    headers = GZIP | ({"Sec-Fetch-Site": site} if site else {})

    assert client.get(address, headers=headers).content_encoding == coding


def test_the_token_differs_from_answer_to_answer_and_each_is_taken(app, browser_of):
    app.config["WTF_CSRF_ENABLED"] = True
    room = factories.room()
    browser = browser_of(factories.participant(room))

    shown = [tokens(browser.get(room.path, headers=GZIP)) for _ in range(3)]

    assert [len(of_one_answer) for of_one_answer in shown] == [1, 1, 1]
    assert len(set.union(*shown)) == 3
    for token in [*set.union(*shown)]:
        fields = {"title": "Crates with wheels", "csrf_token": token}
        assert browser.post(f"/challenges/{room.id}/ideas", data=fields).status_code == 303
    refused = browser.post(
        f"/challenges/{room.id}/ideas", data={"title": "Crates", "csrf_token": token[:-6] + "AAAAAA"}
    )
    assert refused.status_code == 400


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_a_masked_token_is_unmasked(plain):
    assert unmasked(masked(plain)) == plain


@pytest.mark.parametrize("sent", ["a", "abc", "é", "____", "plain.token.of-before", "\ud800"])
def test_what_is_no_masked_token_stays_no_token(sent):
    unmasked(sent)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=300) | st.just(bytes(70_000)))))
def test_pieces_and_bytes_are_one_gzip_file(parts):
    body = packed(piece(part) if is_piece else part for is_piece, part in parts)

    assert gzip.decompress(body) == b"".join(part for _, part in parts)


def test_a_piece_keeps_its_text():
    assert isinstance(piece(b"words"), Piece)
    assert piece(b"words").plain == b"words"


def test_a_secret_shares_no_block_with_what_stands_around_it():
    """An answer is as long with the right guess before the secret as with a wrong one."""
    secret = b"6f1ed002ab5595859014ebf0951522d9"
    right, wrong = (packed([piece(b"x" * 99), guess, secret]) for guess in (secret[:20], b"q" * 20))

    assert len(right) == len(wrong)


@pytest.fixture
def packed_files(tmp_path, monkeypatch):
    """The folder of what set-up makes of static files, empty, and nothing remembered of the other one."""
    monkeypatch.setattr(assets, "PACKED", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget():
    for kept in (assets.content, assets.brotli, assets.compressed):
        kept.cache_clear()


@pytest.mark.parametrize(
    ("taken", "coding"), [("gzip, br", "br"), ("gzip", "gzip"), ("gzip, br;q=0", "gzip"), ("", None)]
)
def test_a_static_file_is_sent_in_the_best_coding_that_a_browser_takes(client, packed_files, taken, coding):
    plain = assets.content("img/logo.svg")
    (packed_files / f"{assets.digest(plain)}.br").write_bytes(b"as brotli")

    answer = client.get("/static/1/img/logo.svg", headers={"Accept-Encoding": taken})

    assert answer.content_encoding == coding
    assert "Accept-Encoding" in answer.vary
    assert answer.data == {"br": b"as brotli", "gzip": assets.compressed("img/logo.svg"), None: plain}[coding]


def test_what_set_up_made_of_another_content_is_not_sent(client, packed_files):
    (packed_files / f"{assets.digest(b'another content')}.br").write_bytes(b"as brotli")

    answer = client.get("/static/1/img/logo.svg", headers=GZIP)

    assert gzip.decompress(answer.data) == assets.content("img/logo.svg")


def test_a_script_is_sent_as_set_up_minified_it(client, packed_files):
    source = scripts.joined("base").encode()
    assert client.get("/static/1/js/joined/base.js").data == source
    forget()
    (packed_files / f"base.{assets.digest(source)}.js").write_bytes(b"minified")
    (packed_files / f"base.{assets.digest(source)}.js.map").write_bytes(b"map")

    assert client.get("/static/1/js/joined/base.js").data == b"minified"
    assert client.get("/static/1/js/joined/base.js.map").data == b"map"


def test_a_script_that_changed_since_set_up_is_sent_as_it_is(client, packed_files):
    (packed_files / f"base.{assets.digest(b'before')}.js").write_bytes(b"minified")

    assert client.get("/static/1/js/joined/base.js").data == scripts.joined("base").encode()
    assert client.get("/static/1/js/joined/base.js.map").status_code == 404
