"""The identity of the viewer: Flask-Login for account holders and guests.

A browser holds a signed cookie with its device's secret; the database holds the digest and the person. A sign-out
therefore ends the device everywhere, sockets included.
"""

from flask import Flask, session
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user, logout_user

from ideas import operations
from ideas.actor import NOBODY, Actor
from ideas.devices import device_and_unread
from ideas.models import Account
from ideas.services import accounts, devices, guests

login_manager = LoginManager()

# The random token of a browser in its session. It says nothing about a person and stays when the person changes.
BROWSER = "browser"
# Digests of the addresses to which this browser signed in with a password or by mail (`sign_ins`).
KNOWN_TO = "known_to"


class Viewer(UserMixin):
    """The person behind this browser; `account` is None for a guest. `unread` is the number of their unread news."""

    def __init__(self, token: str, person_id: int, account: Account | None, unread: int) -> None:
        self.token, self.person_id, self.account, self.unread = token, person_id, account, unread

    def get_id(self) -> str:
        return self.token

    @property
    def actor(self) -> Actor:
        return Actor(self.person_id, self.account.id if self.account else None)


class Stranger(AnonymousUserMixin):
    """A browser without a person."""

    account = None
    person_id = None
    actor = NOBODY


def init_app(app: Flask) -> None:
    # A context processor would look the person up for every page, also for the one that says that this can't be done.
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    login_manager.anonymous_user = Stranger


@login_manager.user_loader
def viewer_of(token: str) -> Viewer | None:
    """The viewer of a device's secret; looked up on every request and every socket command."""
    found = device_and_unread(token)
    if found is None:
        return None
    device, unread = found
    account = device.person.account
    if account is not None and account.disabled_at is not None:
        return None
    return Viewer(token, device.person_id, account, unread)


def actor() -> Actor:
    """The actor of this request."""
    return current_user.actor


def browser_token() -> str:
    """The secret of this browser, "" for a stranger; for services that look up the person themselves."""
    return session.get("_user_id", "")


def enter_as(person_id: int) -> None:
    """Sign this browser in as that person, under a new secret, so that nobody can plant an old cookie."""
    before = current_user.token if current_user.is_authenticated else None
    _become(person_id, before, devices.sharing_of(before) if before else set())


def enter_again(person_id: int, sharing: set[int]) -> None:
    """Sign this browser in as an act did whose answer it never got."""
    _become(person_id, None, sharing)


def _become(person_id: int, before: str | None, sharing: set[int]) -> None:
    go_on_as(devices.become(person_id, before, sharing))


def go_on_as(token: str) -> None:
    """Continue this browser under a secret that it was given."""
    viewer = viewer_of(token)
    _forget_session()
    session.permanent = True
    login_user(viewer)
    operations.note(person=viewer.person_id, sharing=sorted(devices.sharing_of(token)))


def sign_in(account_id: int) -> None:
    """Sign this browser in as the account holder; a guest who was here keeps everything.

    On a shared browser, the account holder who signs in again takes over nothing of the active person.

    :raise AccountDisabled: if an operator keeps this account out; the guest stays then.
    """
    accounts.require_enabled(account_id)
    if not current_user.is_authenticated:
        _become(accounts.person_of_account(account_id), None, set())
        return
    before, sharing = current_user.token, devices.sharing_of(current_user.token)
    holder_id = accounts.person_of_account(account_id) if sharing else None
    if holder_id in sharing:
        _become(holder_id, before, sharing)
        return
    guest_id = current_user.person_id
    person_id = guests.adopt_guest(guest_id, account_id)
    _become(person_id, before, {person_id if p == guest_id else p for p in sharing})


def sign_out() -> None:
    """Sign this browser out and end its open sockets."""
    if current_user.is_authenticated:
        accounts.sign_out_device(current_user.token)
    logout_user()
    _forget_session()


def _forget_session() -> None:
    """Empty the session except what belongs to this browser: language, token, who signed in, what was put away."""
    kept = {name: session[name] for name in ("language", "dismissed", BROWSER, KNOWN_TO) if name in session}
    session.clear()
    session.update(kept)
    session.permanent = bool(kept)
