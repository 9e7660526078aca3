"""Names and proxies: which `Host` gets a page, what a forwarded one may do, TLS, and what a browser may keep."""

import pytest
from sqlalchemy import select

from ideas.database import db
from ideas.models import IdeaVersion
from ideas.services import moderation
from tests import factories


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "ideas.localhost", "127.0.0.1", "10.0.0.7:80", "[::1]:5"]
)
def test_loopback_names_and_addresses_get_pages(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "hall"])
def test_another_name_gets_no_page_until_it_is_listed(app, client, host):
    refused = client.get("/", headers={"Host": host})

    assert refused.status_code == 400
    assert "ALLOWED_HOSTS" in refused.get_data(as_text=True)
    assert client.get("/healthz", headers={"Host": host}).status_code == 200
    app.config["ALLOWED_HOSTS"] = [host]
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_a_forwarded_name_counts_only_behind_a_trusted_proxy(make_app):
    headers = {"Host": "127.0.0.1", "X-Forwarded-Host": "evil.example"}
    alone, behind = make_app().test_client(), make_app(TRUSTED_PROXIES=1).test_client()

    assert alone.get("/", headers=headers).status_code == 200
    assert behind.get("/", headers=headers).status_code == 400


def test_a_printed_reset_link_begins_with_the_address_of_the_server(client, outbox, monkeypatch):
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("PORT", "5123")
    factories.account("lea@example.org")

    client.post(
        "/reset", data={"email": "lea@example.org"}, headers={"Host": "10.0.0.9", "X-Forwarded-Host": "evil.example"}
    )

    text = outbox[-1].get_body(("plain",)).get_content()
    assert "http://localhost:5123/" in text
    assert "evil" not in text
    assert "10.0.0.9" not in text


def test_browsers_keep_to_tls_where_there_is_tls(app, client):
    assert "Strict-Transport-Security" not in client.get("/").headers

    assert client.get("/", base_url="https://localhost").headers["Strict-Transport-Security"] == "max-age=31536000"
    app.config["PUBLIC_URL"] = "https://ideas.example.org"
    assert "Strict-Transport-Security" in client.get("/").headers


def test_a_browser_asks_for_a_picture_each_time_and_gets_it_only_while_it_may(app, browser_of):
    room = factories.room()
    author, reader = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author, image=factories.picture())
    address = f"/images/{db.session.scalar(select(IdeaVersion.image_id))}"
    browser = browser_of(reader)

    first = browser.get(address)
    again = browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.get_data()) == (200, 304, b"")
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"

    stranger = app.test_client().get(address, headers={"If-None-Match": first.headers["ETag"]})
    moderation.hide_idea(room.owner, idea, "")
    hidden = browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert hidden.status_code == 404
    assert stranger.status_code in (302, 303, 404)
