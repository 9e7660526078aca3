"""Requests that no page of ours sends: foreign forms, fields of other people's rights, addresses of other programs."""

import re
import socket

import pytest
from sqlalchemy import select

from ideas.database import db
from ideas.models import Account, Facilitation, Member, Participant, Role, Tier
from tests import factories


def text_of(response) -> str:
    return response.get_data(as_text=True)


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded;x", ""])
def test_a_post_whose_body_is_no_form_of_a_page_is_refused(app, browser_of, kind):
    """A page of another site can send such bodies with the cookies of its visitor, without asking the server before."""
    app.config["WTF_CSRF_ENABLED"] = True
    room = factories.room()
    author = factories.participant(room)
    browser = browser_of(author)
    token = re.search(r'name="csrf_token" value="([^"]+)"', text_of(browser.get(room.path)))[1]
    body = f'{{"csrf_token":"{token}","op":"{factories.op()}","title":"Forged"}}'

    refused = browser.post(f"/challenges/{room.id}/ideas", data=body, content_type=kind)

    assert refused.status_code in (400, 401)
    assert "Forged" not in text_of(browser.get(room.path))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_no_header_or_field_turns_one_method_into_another(app, browser_of, method):
    room = factories.room()
    guide = browser_of(room.owner)
    asked = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST", "X-Method-Override": "POST"}

    assert guide.get(f"/rounds/{room.round_id}/phase?_method=POST&position=0", headers=asked).status_code == 405
    assert guide.open(f"/rounds/{room.round_id}/phase", method=method, headers=asked).status_code == 405
    assert guide.open("/", method="TRACE").status_code == 405


def test_fields_that_a_form_does_not_have_change_nothing(app, browser_of, client):
    room = factories.room()
    account = factories.account("lea@example.org")
    before = db.session.get_one(Account, account.account_id)
    rights = {
        "role": "owner",
        "tier": "signed_in",
        "is_facilitator": "1",
        "facilitates": "1",
        "organisation_id": str(room.organisation_id),
        "company_id": str(room.organisation_id),
        "account_id": str(account.account_id),
        "person_id": str(account.person_id),
        "participant_id": "1",
        "author_id": "1",
        "status": "visible",
        "id": "1",
    }

    assert client.post(f"/join/{room.code}", data={"name": "Biene 1", **rights}).status_code == 303
    joined = db.session.scalars(select(Participant).filter_by(challenge_id=room.id, name="Biene 1")).one()
    assert joined.tier == Tier.OPEN
    assert joined.person_id != account.person_id
    assert db.session.scalars(select(Facilitation)).all() == []
    assert client.get(f"/challenges/{room.id}/console").status_code in (302, 403)

    member = browser_of(factories.member(room.organisation_id, room.owner))
    assert member.post(f"/organisations/{room.organisation_id}", data={"name": "Taken", **rights}).status_code == 403
    signed_in = browser_of(account)
    assert signed_in.post("/organisations/new", data={"name": "Own", **rights}).status_code in (302, 303)
    memberships = db.session.scalars(select(Member).filter_by(account_id=account.account_id)).all()
    assert [m.role for m in memberships] == [Role.OWNER]
    assert memberships[0].organisation_id != room.organisation_id
    assert db.session.get_one(Account, account.account_id).email == before.email


# What scanners ask for: consoles and files of other programs, and of a careless operator.
ABSENT = [
    "/.git/config",
    "/.git/HEAD",
    "/.env",
    "/console",
    "/admin",
    "/debug",
    "/__debug__",
    "/?__debugger__=yes&cmd=resource&f=style.css",
    "/server-status",
    "/metrics",
    "/socket.io/admin",
    "/static/../config.py",
    "/static/%2e%2e/%2e%2e/config.py",
    "/static/1/../../config.py",
    "/static/1/%2e%2e%2fconfig.py",
    "/static/1/css/main.css~",
    "/static/1/css/main.css.bak",
    "/wsgi.py",
    "/config.py",
    "/schwarm.db",
    "/instance/schwarm.db",
    "/backup.zip",
    "/wp-login.php",
]


@pytest.mark.parametrize("address", ABSENT)
def test_pages_for_operators_and_files_of_the_server_are_absent(client, address):
    answer = client.get(address)

    assert answer.status_code in (302, 400, 404) or address.startswith("/?")
    if answer.status_code == 302:  # text below the start page may be a code
        assert answer.location.startswith("/join")
    for word in ("SECRET", "Traceback", "werkzeug", "create_app", "[core]"):
        assert word not in text_of(answer)


def test_an_error_shows_no_trace_of_the_program(app, client, monkeypatch):
    def fail(*_args, **_more):
        raise RuntimeError("a secret of the program")

    monkeypatch.setitem(app.view_functions, "home.index", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    answer = client.get("/")

    assert answer.status_code == 500
    for word in ("secret of the program", "Traceback", "RuntimeError", ".py"):
        assert word not in text_of(answer)


def test_forwarded_addresses_of_a_stranger_do_not_count(app):
    """Without a trusted proxy, a new address in a header with every try does not avoid the work."""

    def try_code(n: int) -> int:
        near = f"203.0.113.{n}"
        headers = {"X-Forwarded-For": near, "Forwarded": f"for={near}", "X-Real-IP": near}
        return app.test_client().get("/join/ZZZZZZ", headers=headers).status_code

    answers = [try_code(n) for n in range(70)]

    assert answers[0] == 404
    assert answers[-1] == 429


def test_a_server_opens_no_address_that_somebody_typed(app, browser_of, monkeypatch):
    """No preview, no fetching of pictures: a text with addresses of the inner network opens no connection."""

    def no_connection(*args):
        raise AssertionError(f"a connection to {args}")

    monkeypatch.setattr(socket.socket, "connect", no_connection)
    monkeypatch.setattr(socket, "getaddrinfo", no_connection)
    room = factories.room()
    author = factories.participant(room)
    words = "![x](http://169.254.169.254/latest/meta-data) http://localhost:6379/ file:///etc/passwd"
    idea = factories.idea(room, author, "http://169.254.169.254/", words)
    factories.argument(idea, author, words)

    pages = [text_of(browser_of(author).get(address)) for address in (room.path, factories.idea_path(idea))]

    assert all("169.254.169.254" in page for page in pages)
    assert not any(re.search(r'(src|srcset|poster|data)="[^"]*169\.254', page) for page in pages)
    assert not any('href="file:' in page for page in pages)


def test_markup_in_names_and_titles_stays_text(app, browser_of):
    evil = "<script>alert(1)</script>"
    of = factories.company(name=f"Mill {evil}")
    room = factories.room(of, title=f"Names {evil}", brief=f"{evil} [x](javascript:alert(2))", rules=evil, prize=evil)
    author = factories.participant(room, "<b>Bold</b>")
    factories.idea(room, author, evil)
    owner = browser_of(of.owner)
    pages = [
        text_of(browser_of(author).get(room.path)),
        text_of(owner.get(f"/organisations/{of.id}")),
        text_of(owner.get(f"/challenges/{room.id}/console")),
        text_of(owner.get(f"/challenges/{room.id}/screen")),
        text_of(owner.get(f"/challenges/{room.id}/share")),
        text_of(app.test_client().get(f"/join/{room.code}")),
    ]

    assert all("alert(1)" in page for page in pages)
    assert not any("<script>alert" in page or "<b>Bold" in page or 'href="javascript' in page for page in pages)
