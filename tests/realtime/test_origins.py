"""Sockets of other sites: a browser sends a person's cookies with them, so their `Origin` must be this server."""

import aiohttp
import pytest

from tests.sockets import run

SOCKET = "/socket.io/?EIO=4&transport=websocket"
REFUSED = "Not an accepted origin"


@pytest.mark.parametrize(
    ("host", "origin", "more", "opens"),
    [
        ("{own}", "http://{own}", {}, True),
        ("localhost:5000", "http://localhost:5000", {}, True),
        ("{own}", "http://evil.example", {}, False),
        ("{own}", "null", {}, False),
        ("evil.example", "http://evil.example", {}, False),  # its name has the address of this server
        ("{own}", "http://evil.example", {"X-Forwarded-Host": "evil.example"}, False),
        ("{own}", "https://evil.example", {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}, False),
    ],
)
def test_only_a_page_of_this_server_opens_a_socket(served, host, origin, more, opens):
    own = served.url.removeprefix("http://")
    headers = {"Host": host.format(own=own), "Origin": origin.format(own=own), **more}

    async def story():
        async with aiohttp.ClientSession() as http:
            if opens:
                async with http.ws_connect(served.url + SOCKET, headers=headers) as socket:
                    assert (await socket.receive()).data.startswith("0{")
            else:
                with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
                    await http.ws_connect(served.url + SOCKET, headers=headers)

    run(story())


@pytest.fixture
def opens(make_app, monkeypatch):
    """Whether a socket with these headers passes the check of its origin, on a server of these settings."""

    def ask(headers, **settings):
        # The test client can't open a WebSocket: a request that passes fails later, for another reason.
        with make_app(**settings).test_client() as client:
            return REFUSED not in client.get(SOCKET, headers=headers).get_data(as_text=True)

    return ask


PUBLIC = {"PUBLIC_URL": "https://ideas.example.org/schwarm"}


@pytest.mark.parametrize(
    ("headers", "settings", "passes"),
    [
        ({"Host": "127.0.0.1:5000", "Origin": "https://ideas.example.org"}, PUBLIC, True),
        ({"Host": "127.0.0.1:5000", "Origin": "https://ideas.example.org:443"}, PUBLIC, True),
        ({"Host": "127.0.0.1:5000", "Origin": "http://127.0.0.1:5000"}, PUBLIC, False),
        ({"Host": "ideas.example.org", "Origin": "http://ideas.example.org"}, PUBLIC, False),
        ({"Host": "ideas.example.org", "Origin": "https://ideas.example.org.evil.example"}, PUBLIC, False),
        ({"Host": "hall.lan", "Origin": "http://hall.lan"}, {}, False),
        ({"Host": "hall.lan", "Origin": "http://hall.lan"}, {"ALLOWED_HOSTS": ["hall.lan"]}, True),
        ({"Host": "192.168.1.7:5000", "Origin": "http://192.168.1.7:5000"}, {}, True),
        ({"Host": "[::1]:5000", "Origin": "http://[::1]:5000"}, {}, True),
        (
            {"Host": "127.0.0.1", "X-Forwarded-Host": "hall.lan", "Origin": "https://hall.lan"},
            {"ALLOWED_HOSTS": ["hall.lan"], "TRUSTED_PROXIES": 1},
            True,
        ),
        (
            {"Host": "127.0.0.1", "X-Forwarded-Host": "hall.lan", "Origin": "https://hall.lan"},
            {"ALLOWED_HOSTS": ["hall.lan"]},
            False,
        ),
    ],
)
def test_the_settings_say_which_origin_is_this_server(opens, headers, settings, passes):
    assert opens(headers, **settings) is passes
