"""Whose socket a request opens: by the signed cookie alone, and in the language that its page has."""

from ideas.services import accounts
from realtime.identities import identify
from tests import factories
from tests.servers import cookie_of


def request(cookie: str = "", accepts: str = "de") -> dict[str, str]:
    return {"REQUEST_METHOD": "GET", "HTTP_COOKIE": cookie, "HTTP_ACCEPT_LANGUAGE": accepts}


def session(app, **said) -> str:
    signer = app.session_interface.get_signing_serializer(app)
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(said)}"


def test_each_request_has_the_identity_of_its_own_cookie(app):
    guest, holder = factories.guest(), factories.account()
    requests = [request(cookie_of(app, who.person_id)) for who in (holder, guest)]

    first, nobody, second = identify(app, [requests[0], request(), requests[1]])

    assert (first.actor, second.actor, nobody) == (holder, guest, None)
    assert first.device_id != second.device_id


def test_a_changed_a_foreign_and_a_signed_out_cookie_are_nobodys(app):
    guest = factories.guest()
    cookie = cookie_of(app, guest.person_id)
    token = accounts.new_device(guest.person_id)
    signed_out = session(app, _user_id=token)
    assert None not in identify(app, [request(cookie), request(signed_out)])
    accounts.sign_out_device(token)

    foreign = [
        cookie.replace(".", ".x", 1),
        session(app, _user_id="guessed"),
        signed_out,
        "schwarm=",
    ]

    assert identify(app, [request(cookie) for cookie in foreign]) == [None] * len(foreign)


def test_the_chosen_language_comes_before_that_of_the_browser(app):
    token = accounts.new_device(factories.guest().person_id)
    chosen, open_to = session(app, _user_id=token, language="en"), session(app, _user_id=token)

    identities = identify(
        app, [request(chosen), request(open_to), request(open_to, "fr, en;q=0.5"), request(open_to, "xx")]
    )

    assert [identity.language for identity in identities] == ["en", "de", "en", "en"]
