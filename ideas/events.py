"""What happened, told after the commit. Events are frozen and carry ids only."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StreamAdvanced:
    """Lane `lane` of a challenge went from number `after` to `seq`; `handles` names what was touched."""

    challenge_id: int
    lane: str
    after: int
    seq: int
    handles: tuple[str, ...]


@dataclass(frozen=True)
class DeviceSignedOut:
    """A browser gave up its identity."""

    device_id: int


@dataclass(frozen=True)
class ParticipantBarred:
    """A facilitator removed somebody from a challenge."""

    challenge_id: int
    participant_id: int


@dataclass(frozen=True)
class MembershipChanged:
    """An account's role in an organisation was given, changed or taken."""

    account_id: int


@dataclass(frozen=True)
class FacilitationChanged:
    """Somebody in a room was given its facilitation, or lost it."""

    challenge_id: int
    person_id: int


Event = StreamAdvanced | DeviceSignedOut | ParticipantBarred | MembershipChanged | FacilitationChanged
Subscriber = Callable[[Event], None]

_subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> None:
    """Call `subscriber` for every event from now on.

    It is called while the writer is still held, so that events arrive in the order of the commits:
    it must only take note and return.
    """
    _subscribers.append(subscriber)


def unsubscribe(subscriber: Subscriber) -> None:
    """Stop calling `subscriber`."""
    _subscribers.remove(subscriber)


def publish(events: Iterable[Event]) -> None:
    """Tell every subscriber, in order. One that fails is logged and stops nobody."""
    for event in events:
        for subscriber in list(_subscribers):
            try:
                subscriber(event)
            except Exception:
                log.exception("a subscriber failed on %s", event)
