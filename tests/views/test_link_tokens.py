"""The secrets in the paths of links, as mail programs and proxies get them."""

import pytest
from itsdangerous import URLSafeSerializer

from app.platform.invitation_links import address_in, token_of, way_out
from app.viewers.mail_links import address_of, address_token, off_token, person_of_off

LONG = "a" * 60 + "@example.org"


@pytest.mark.parametrize(
    "made",
    [
        lambda: way_out(LONG).rpartition("/")[2],
        lambda: token_of("A" * 60),
        lambda: off_token(10**20),
        lambda: address_token(1, LONG),
    ],
)
def test_no_secret_begins_with_a_dot_which_proxies_refuse(app, made):
    assert URLSafeSerializer("key").dumps(LONG).startswith("."), "a long one would be compressed"

    with app.test_request_context():
        assert not made().startswith(".")


def test_secrets_are_read_again(app):
    with app.test_request_context():
        assert len(address_in(way_out(LONG).rpartition("/")[2])) == 64
        assert person_of_off(off_token(7)) == 7
        assert address_of(address_token(7, LONG)) == (7, LONG)
