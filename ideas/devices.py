"""Mechanics of devices: the browsers that are signed in as a person, identified by the digest of a secret."""

import hashlib
import secrets
from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, String, bindparam, select
from sqlalchemy.orm import Session, joinedload

from ideas import clock
from ideas.database import Transaction, db
from ideas.events import DeviceSignedOut
from ideas.models import Device, Person
from ideas.queries.news import unread_of


def digest_of(token: str) -> str:
    """The stored digest of a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()


def end_devices(transaction: Transaction, person_id: int) -> None:
    """Sign a person out everywhere."""
    for device in transaction.session.scalars(select(Device).filter_by(person_id=person_id)).all():
        end_device(transaction, device)


def end_device(transaction: Transaction, device: Device) -> None:
    """Sign one browser out; its open sockets end."""
    transaction.record(DeviceSignedOut(device.id))
    transaction.session.delete(device)


def add_device(session: Session, person_id: int) -> tuple[Device, str]:
    """Sign a browser in as a person. :return: the device, and the secret for its cookie."""
    token = secrets.token_urlsafe(24)
    device = Device(token_digest=digest_of(token), person_id=person_id, created_at=clock.now())
    session.add(device)
    session.flush()
    return device, token


def holders_of(tokens: Sequence[str]) -> dict[str, tuple[int, int, int | None]]:
    """`{secret: (device, person, account)}` of the browsers that are signed in."""
    by_digest = {digest_of(token): token for token in tokens}
    query = select(Device.token_digest, Device.id, Device.person_id, Person.account_id).join(Device.person)
    rows = db.session.execute(query.where(Device.token_digest.in_(by_digest)))
    return {by_digest[digest]: (device, person, account) for digest, device, person, account in rows}


def device_and_unread(token: str) -> tuple[Device, int] | None:
    """As `device_by_token`, with the number of the person's unread notifications."""
    found = db.session.execute(_device_query(), {"digest": digest_of(token)}).first()
    return (found[0], found[1]) if found else None


@cache
def _device_query() -> Select[tuple[Device, int]]:
    """Built once, since every request begins with it."""
    query = select(Device, unread_of(Device.__table__.c.person_id))
    query = query.where(Device.token_digest == bindparam("digest", type_=String))
    return query.options(joinedload(Device.person).joinedload(Person.account))


def device_by_token(token: str) -> Device | None:
    """The browser of a cookie's secret, with its person and that person's account."""
    query = select(Device).filter_by(token_digest=digest_of(token))
    return db.session.scalar(query.options(joinedload(Device.person).joinedload(Person.account)))
