"""Accounts through their pages: sign up, confirm, sign in and out, a new password."""

import re

import pytest

from app.platform import limits
from app.platform.addresses import own_path
from app.views.accounts import SIGN_UP_LIMIT
from ideas.database import db
from ideas.models import Account, Device, Invitation, Member, Role
from ideas.models.account import TokenPurpose
from ideas.services import accounts, organisations
from tests import factories

LEA = {"email": "Lea@Example.org", "password": "a long enough one"}


@pytest.fixture
def lea(app):
    return factories.account("lea@example.org")


def text(response):
    return response.get_data(as_text=True)


def seen(response):
    """A page without its tokens and the time, which differ in every response."""
    return re.sub(r'((?:csrf\w*|now|op)" (?:content|value)=")[^"]*', r"\1", text(response))


def path_in(mail):
    return re.search(r"https?://[^/\s]+(/\S+)", plain(mail))[1]


def plain(mail):
    return mail.get_body(("plain",)).get_content()


def is_signed_in(browser):
    return browser.get("/account").status_code == 200


# Signing up


def test_a_sign_up_creates_an_account_signs_in_and_mails_a_link(client, outbox):
    response = client.post("/sign-up", data=LEA)

    assert response.status_code == 302
    assert response.location == "/organisations"
    assert is_signed_in(client)
    account = db.session.query(Account).one()
    assert account.email == "lea@example.org"
    assert account.confirmed_at is None
    mail = outbox[-1]
    assert mail["To"] == "lea@example.org"
    assert client.get(path_in(mail)).status_code == 200


def test_the_mailed_link_confirms_once_and_only_when_its_button_is_pressed(client, outbox):
    client.post("/sign-up", data=LEA)
    link = path_in(outbox[-1])

    client.get(link)
    assert db.session.query(Account).one().confirmed_at is None

    assert client.post(link).status_code == 302
    assert db.session.query(Account).one().confirmed_at is not None
    assert client.post(link).status_code == 404
    assert client.get(link).status_code == 404


def test_the_confirmation_mail_can_be_sent_again(client, outbox):
    client.post("/sign-up", data=LEA)

    assert client.post("/confirm").status_code == 302

    assert path_in(outbox[-1]).startswith("/confirm/")


def test_the_confirmation_leads_back_to_the_page_that_needs_the_account(client, outbox):
    client.post("/sign-up", data=LEA | {"next": "/jobs/3FS628379C/place"})
    assert client.post(path_in(outbox[-1])).location == "/jobs/3FS628379C/place"


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"email": "", "password": "a long enough one"}, 400, "Please fill this in."),
        (
            {"email": "no address", "password": "a long enough one"},
            400,
            "This is not an e-mail address. Please check it.",
        ),
        ({"email": "new@example.org", "password": "short"}, 400, "This is too short. Please write more."),
        ({"email": "LEA@example.org", "password": "a long enough one"}, 409, "There is already an account"),
    ],
)
def test_a_refused_sign_up_keeps_the_address_and_never_the_password(lea, client, fields, status, says):
    response = client.post("/sign-up", data=fields)

    assert response.status_code == status
    assert says in text(response)
    assert f'value="{fields["email"]}"' in text(response)
    assert 'type="password" value=""' in text(response)
    assert db.session.query(Account).count() == 1


def sign_up_error(client, email):
    """The message of the refused address; None if the address is taken."""
    response = client.post("/sign-up", data={"email": email, "password": "a long enough one"})
    return None if response.status_code < 400 else text(response)


def test_letters_before_the_at_are_refused_unless_the_mail_server_takes_them(app, client, outbox):
    app.config["MAIL_SERVER"], app.config["PUBLIC_URL"] = "mail.example.org", "http://localhost"
    assert "letters such as “ö” before the @" in sign_up_error(client, "jörg@example.org")
    assert len(outbox) == 0
    assert sign_up_error(client, "joerg@müller.example.org") is None, "a domain has a form without such letters"

    app.config["MAIL_UTF8"] = True
    assert sign_up_error(client, "jörg@example.org") is None
    assert outbox[-1]["To"] == "jörg@example.org"


def test_without_a_mail_server_letters_before_the_at_are_taken(client, outbox):
    assert sign_up_error(client, "jörg@example.org") is None


def test_domains_that_are_not_public_can_be_permitted(app, client, outbox):
    for email in ("anna@firma.local", "anna@mail.firma.local", "anna@intranet"):
        assert "This is not an e-mail address" in sign_up_error(client, email)

    app.config["MAIL_DOMAINS"] = ["firma.local", "intranet"]
    for n, email in enumerate(("anna@firma.local", "anna@mail.firma.local", "anna@intranet"), 1):
        client.delete_cookie(app.config["SESSION_COOKIE_NAME"])
        assert sign_up_error(client, email) is None
        assert outbox[-1]["To"] == email
        assert len(outbox) == n
    client.delete_cookie(app.config["SESSION_COOKIE_NAME"])
    assert "This is not an e-mail address" in sign_up_error(client, "anna@evil-firma.local")


def test_a_sign_up_with_mail_does_not_reveal_existing_accounts(lea, app, client, outbox):
    app.config["MAIL_SERVER"] = "mail.example.org"
    assert 'name="password"' not in text(client.get("/sign-up"))

    known = client.post("/sign-up", data={**LEA, "email": "new@example.org"}, follow_redirects=True)
    unknown = app.test_client().post("/sign-up", data=LEA, follow_redirects=True)

    assert seen(known).replace("new@", "lea@") == seen(unknown)
    assert not is_signed_in(client)
    to_new, to_lea = outbox
    assert (to_new["To"], to_new["Subject"]) == ("new@example.org", "Your account")
    assert (to_lea["To"], to_lea["Subject"]) == ("lea@example.org", "You already have an account")
    client.post(path_in(to_new), data={"password": "quite another one"})
    assert is_signed_in(client)
    new_id = accounts.authenticate("new@example.org", "quite another one")
    assert db.session.get_one(Account, new_id).confirmed_at is not None
    assert db.session.query(Account).count() == 2


def test_a_sign_up_with_mail_reports_errors_and_accepts_invitations(app, client, outbox):
    app.config["MAIL_SERVER"] = "mail.example.org"

    assert client.post("/sign-up", data={"email": "no address"}).status_code == 400
    assert client.post("/sign-up", data={**LEA, "invitation": organisations.invite_newcomer()}).status_code == 302

    assert is_signed_in(client)


def test_the_number_of_sign_ups_is_limited(lea, app, client):
    with app.test_request_context():
        for _ in range(59):
            limits.note(SIGN_UP_LIMIT, "sign-up", "127.0.0.1")

    answers = [client.post("/sign-up", data=LEA) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [409, 429]
    assert 'value="Lea@Example.org"' in text(answers[1])


def test_registration_by_invitation_refuses_other_sign_ups(app, client):
    assert "/sign-up" in text(client.get("/sign-in"))

    app.config["REGISTRATION"] = "invite"

    assert client.get("/sign-up").status_code == 403
    assert client.post("/sign-up", data=LEA).status_code == 403
    assert client.post("/sign-up", data={**LEA, "invitation": "made up"}).status_code == 404
    assert db.session.query(Account).count() == 0
    assert "/sign-up" not in text(client.get("/sign-in"))


def test_an_invitation_admits_one_newcomer(app, client):
    app.config["REGISTRATION"] = "invite"
    token = organisations.invite_newcomer()
    assert token in text(client.get(f"/sign-up?invitation={token}"))

    assert client.post("/sign-up", data={**LEA, "invitation": token}).status_code == 302

    assert db.session.query(Account).count() == 1
    assert db.session.query(Invitation).count() == 0
    again = {"email": "tom@example.org", "password": "a long enough one", "invitation": token}
    assert app.test_client().post("/sign-up", data=again).status_code == 404
    assert db.session.query(Account).count() == 1


def test_a_sign_up_by_invitation_makes_a_member_of_the_organisation(app, client):
    company = factories.company()
    token = organisations.invite(company.owner, company.id, Role.MODERATOR)

    response = client.post("/sign-up", data={**LEA, "invitation": token})

    assert response.location == f"/organisations/{company.id}"
    roles = dict(db.session.query(Account.email, Member.role).join(Member))
    assert roles["lea@example.org"] == Role.MODERATOR


def test_a_failed_sign_up_does_not_spend_the_invitation(app, lea, client):
    token = organisations.invite_newcomer()

    client.post("/sign-up", data={**LEA, "invitation": token})

    assert db.session.query(Invitation).count() == 1


# Signing in and out


def test_a_sign_in_redirects_to_the_requested_page(lea, client):
    wanted = client.get("/organisations/new?then=ask")
    assert wanted.status_code == 302

    response = client.post(wanted.location, data={"email": "LEA@example.org ", "password": factories.PASSWORD})

    assert response.location == "/organisations/new?then=ask"
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "////evil.example",
        "https:evil.example",
        "%2f%2fevil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
        "/a\r\nSet-Cookie: x=1",
    ],
)
def test_a_sign_in_never_redirects_to_another_server(lea, client, elsewhere):
    sent = {"email": "lea@example.org", "password": factories.PASSWORD, "next": elsewhere}

    assert client.post("/sign-in", data=sent).location == "/organisations"


def test_own_paths_are_recognised_with_and_without_the_sub_path(app):
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/ideas"}):
        assert own_path("/challenges/7") == "/ideas/challenges/7"
        assert own_path("/ideas/challenges/7") == "/ideas/challenges/7"
        assert own_path("//evil.example") is None


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(lea, client):
    wrong = client.post("/sign-in", data={"email": "lea@example.org", "password": "wrong"})
    unknown = client.post("/sign-in", data={"email": "tom@example.org", "password": "wrong"})

    assert wrong.status_code == unknown.status_code == 401
    assert seen(wrong).replace("lea@", "tom@") == seen(unknown)
    assert not is_signed_in(client)


def test_a_sign_out_ends_one_device_on_the_server(lea, client, browser_of):
    browser = browser_of(lea)
    other = browser_of(lea)
    assert is_signed_in(browser)

    response = browser.post("/sign-out")

    assert response.location == "/"
    assert not is_signed_in(browser)
    assert is_signed_in(other)
    assert db.session.query(Device).count() == 1


def test_a_sign_out_requires_a_post(lea, browser_of):
    browser = browser_of(lea)

    assert browser.get("/sign-out").status_code == 405
    assert is_signed_in(browser)


def test_a_one_time_link_signs_in_once_and_only_when_its_button_is_pressed(lea, client, app):
    token = accounts.issue_token(lea.account_id, TokenPurpose.SIGN_IN)

    assert client.get(f"/sign-in/{token}").status_code == 200
    assert not is_signed_in(client)
    assert client.post(f"/sign-in/{token}").status_code == 302
    assert is_signed_in(client)
    assert app.test_client().post(f"/sign-in/{token}").status_code == 404


def test_a_chosen_language_survives_signing_in_and_out(lea, client):
    client.post("/language", data={"language": "de"})
    client.post("/sign-in", data={"email": "lea@example.org", "password": factories.PASSWORD})
    assert '<html lang="de"' in text(client.get("/account"))

    client.post("/sign-out")

    assert '<html lang="de"' in text(client.get("/"))


# A new password


def test_a_new_password_by_mail_signs_out_every_other_browser(lea, client, browser_of, outbox):
    elsewhere = browser_of(lea)
    assert client.post("/reset", data={"email": "Lea@example.org"}).status_code == 302
    link = path_in(outbox[-1])

    assert client.get(link).status_code == 200
    short = client.post(link, data={"password": "short"})
    assert short.status_code == 400
    assert client.post(link, data={"password": "quite another one"}).status_code == 302

    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert client.get(link).status_code == 404
    assert accounts.authenticate("lea@example.org", "quite another one") == lea.account_id


@pytest.mark.parametrize("wanted", ["/me", "https://evil.example/"])
def test_a_newcomer_chooses_a_password_and_comes_to_the_page_that_was_wanted(app, client, outbox, wanted):
    app.config["MAIL_SERVER"], app.config["PUBLIC_URL"] = "mail.example.org", "http://localhost"
    sent = client.post("/sign-up", data={"email": LEA["email"], "next": wanted}, follow_redirects=True)
    assert "Look into your mails" in text(sent)
    assert ("/sign-in?next=/me" in text(sent)) == (wanted == "/me")
    assert "evil" not in text(sent)
    link = path_in(outbox[-1])

    page = text(client.get(link))
    assert "Choose a password" in page
    assert "other browsers" not in page
    answer = client.post(link, data={"password": "quite another one"})

    assert answer.location == ("/me" if wanted == "/me" else "/organisations")
    assert "Your account is ready." in text(client.get(answer.location))
    assert client.get("/sign-in").location == "/organisations", "it leads there once"


def test_an_account_holder_who_only_takes_part_begins_on_the_own_page(app, client):
    person, company = factories.account(LEA["email"].lower()), factories.company()
    room = factories.room(company)
    sent = {"email": LEA["email"], "password": factories.PASSWORD}
    assert client.post("/sign-in", data=sent).location == "/organisations"

    factories.participant(room, actor=person)
    client.post("/sign-out")

    assert client.post("/sign-in", data=sent).location == "/me"
    assert client.post("/sign-in", data=sent | {"next": "/news"}).location == "/news"


def test_a_new_password_leads_to_the_page_that_was_wanted(lea, client, browser_of, outbox):
    browser_of(lea)
    sent = client.post("/reset", data={"email": LEA["email"], "next": "/news"}, follow_redirects=True)
    assert 'href="/reset?next=/news"' in text(sent), "for another address"
    link = path_in(outbox[-1])

    assert "After that, all your other browsers are signed out." in text(client.get(link))
    assert client.post(link, data={"password": "quite another one"}).location == "/news"


def test_a_password_reset_does_not_reveal_existing_accounts(lea, app, client, outbox):
    known = client.post("/reset", data={"email": "lea@example.org"}, follow_redirects=True)
    unknown = app.test_client().post("/reset", data={"email": "tom@example.org"}, follow_redirects=True)

    assert known.status_code == unknown.status_code == 200
    assert seen(known) == seen(unknown)
    assert [mail["To"] for mail in outbox] == ["lea@example.org"]


def test_the_number_of_mails_to_one_address_is_limited(lea, client):
    for _ in range(5):
        assert client.post("/reset", data={"email": "lea@example.org"}).status_code == 302

    refused = client.post("/reset", data={"email": "lea@example.org"})

    assert refused.status_code == 429
    assert "lea@example.org" in text(refused)


def test_links_in_mails_use_the_public_address(lea, app, client, outbox):
    app.config["PUBLIC_URL"] = "https://ideas.example.org"

    client.post("/reset", data={"email": "lea@example.org"}, headers={"Host": "evil.example"})

    assert "https://ideas.example.org/reset/" in plain(outbox[-1])


def test_sending_mail_requires_a_public_url(make_app):
    with pytest.raises(RuntimeError, match="PUBLIC_URL"):
        make_app(MAIL_SERVER="mail.example.org", PUBLIC_URL="")


def test_an_account_chooses_the_name_that_members_see(app, browser_of):
    company = factories.company()
    room = factories.room(company)
    owner = browser_of(company.owner)
    email = db.session.get_one(Account, company.owner.account_id).email

    saved = owner.post("/account/name", data={"name": "  The   moderation "})
    refused = owner.post("/account/name", data={"name": "somebody@example.org"})

    assert saved.location == "/account"
    assert refused.status_code == 400
    assert 'value="somebody@example.org"' in refused.get_data(as_text=True)
    assert "no e-mail address" in refused.get_data(as_text=True)
    members = owner.get(f"/organisations/{company.id}").get_data(as_text=True)
    assert "<bdi>The moderation</bdi>" in members
    assert f"<bdi>{email}</bdi>" in members
    assert "<bdi>The moderation</bdi>" in owner.get(f"{room.path}/acts").get_data(as_text=True)
    assert 'value="The moderation"' in owner.get("/account").get_data(as_text=True)
