"""Mechanics of one-time links: their digests are stored, and their secrets are kept nowhere."""

import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ideas import clock
from ideas.devices import digest_of
from ideas.errors import TokenSpent
from ideas.models import Account, AccountToken
from ideas.models.account import TokenPurpose

LIFETIME = {
    TokenPurpose.CONFIRM: timedelta(days=7),
    TokenPurpose.RESET: timedelta(hours=2),
    TokenPurpose.SIGN_IN: timedelta(days=1),
    TokenPurpose.MOVE: timedelta(days=1),
    TokenPurpose.MOVE_BACK: timedelta(days=14),
}


def add_token(session: Session, account_id: int, purpose: TokenPurpose, email: str | None = None) -> str:
    """Add the digest of a one-time link. `email` is the address that the account gets by it.

    :return: its secret, which is kept nowhere.
    """
    token = secrets.token_urlsafe(24)
    session.execute(delete(AccountToken).where(AccountToken.expires_at < clock.now()))
    expires_at = clock.now() + LIFETIME[purpose]
    session.add(
        AccountToken(
            digest=digest_of(token), account_id=account_id, purpose=purpose, expires_at=expires_at, email=email
        )
    )
    return token


def live_token(session: Session, token: str, purpose: TokenPurpose) -> AccountToken:
    """A one-time link that still works. :raise TokenSpent:"""
    found = session.get(AccountToken, digest_of(token))
    if found is None or found.purpose != purpose or found.expires_at < clock.now():
        raise TokenSpent
    return found


def spend_token(session: Session, token: str, purpose: TokenPurpose) -> Account:
    """Use a one-time link up. :return: its account. :raise TokenSpent:"""
    found = live_token(session, token, purpose)
    account = found.account
    session.delete(found)
    return account
