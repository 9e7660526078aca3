"""Domain events: what happened, in the domain's words.

A service records events in its transaction (`transaction.record(…)`); they are published after the commit. Events are
frozen and carry ids only. `by` is the actor, None where the clock acted. Casting marks records no event of its own: a
ballot is secret, and its lanes hear of it through `StreamAdvanced`. An import records its publication alone.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ideas.actor import Actor

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """The root of all events."""


@dataclass(frozen=True)
class StreamAdvanced(Event):
    """Lane `lane` of a challenge went from number `after` to `seq`; `handles` names the records that changed."""

    challenge_id: int
    lane: str
    after: int
    seq: int
    handles: tuple[str, ...]


# Accounts, browsers and organisations


@dataclass(frozen=True)
class AccountOpened(Event):
    """Somebody signed up, or an operator opened an account for them."""

    account_id: int


@dataclass(frozen=True)
class PasswordReset(Event):
    """An account got a new password by a one-time link."""

    account_id: int


@dataclass(frozen=True)
class GuestAdopted(Event):
    """A guest signed in: what person `guest_id` did belongs to `person_id`, the account's person, from now on.

    Both are the same person where the account had none before.
    """

    account_id: int
    guest_id: int
    person_id: int


@dataclass(frozen=True)
class DeviceSignedOut(Event):
    """A browser gave up its identity."""

    device_id: int


@dataclass(frozen=True)
class MembershipChanged(Event):
    """An account became a member of an organisation, got another role there, or left."""

    organisation_id: int
    account_id: int


# The life of a round


@dataclass(frozen=True)
class RoundEvent(Event):
    """The root of what happens in a round."""

    challenge_id: int
    round_id: int


@dataclass(frozen=True)
class ChallengePublished(RoundEvent):
    """A draft was opened: its code works."""

    by: Actor


@dataclass(frozen=True)
class ChallengeRevised(RoundEvent):
    """The texts, visibility or capacity of a published challenge changed."""

    by: Actor


@dataclass(frozen=True)
class PhasesPlanned(RoundEvent):
    """The phases to come changed."""

    by: Actor


@dataclass(frozen=True)
class PhaseEntered(RoundEvent):
    """A phase began, the first one included; the end of a round is `RoundClosed`."""

    position: int
    by: Actor | None


@dataclass(frozen=True)
class PhaseTimed(RoundEvent):
    """The current phase got more or less time, was paused or resumed."""

    position: int
    by: Actor


@dataclass(frozen=True)
class IdeasRevealed(RoundEvent):
    """Ideas that were written in a silent phase came before the room, or before its facilitators."""

    idea_ids: tuple[int, ...]
    by: Actor | None


@dataclass(frozen=True)
class RoundClosed(RoundEvent):
    """A round ended and its result was frozen. `why` is a journal word ("settled", "due"), "" if somebody closed it."""

    by: Actor | None
    why: str = ""


@dataclass(frozen=True)
class ResultAssessed(RoundEvent):
    """The uncertainty of a closed round's result was computed."""


@dataclass(frozen=True)
class NoticeChanged(RoundEvent):
    """A message to all was put on every screen, or taken away."""

    by: Actor


@dataclass(frozen=True)
class WritingLocked(RoundEvent):
    """A facilitator paused writing and discussing."""

    by: Actor


@dataclass(frozen=True)
class WritingUnlocked(RoundEvent):
    """A facilitator permitted writing and discussing again."""

    by: Actor


@dataclass(frozen=True)
class SpotlightMoved(RoundEvent):
    """Every screen was led to an idea; None: the spotlight ended. `by` is None where the idea left the room."""

    idea_id: int | None
    by: Actor | None


@dataclass(frozen=True)
class PlacesShown(RoundEvent):
    """The big screen shows another number of places of the result."""

    places: int
    by: Actor


@dataclass(frozen=True)
class HandsCounted(RoundEvent):
    """A facilitator noted a show of hands for an entry."""

    question_id: int
    entry_id: int
    by: Actor


# Ideas and arguments


@dataclass(frozen=True)
class IdeaEvent(RoundEvent):
    """The root of what happens to an idea. `author_id` is a participant."""

    idea_id: int
    author_id: int


@dataclass(frozen=True)
class IdeaEntered(IdeaEvent):
    """An idea was submitted."""


@dataclass(frozen=True)
class IdeaEdited(IdeaEvent):
    """The author wrote a new version."""


@dataclass(frozen=True)
class IdeaWithdrawn(IdeaEvent):
    """The author took the idea back."""


@dataclass(frozen=True)
class IdeaReinstated(IdeaEvent):
    """The author undid the withdrawal."""


@dataclass(frozen=True)
class IdeaApproved(IdeaEvent):
    """A facilitator let a pending idea into the room."""

    by: Actor


@dataclass(frozen=True)
class IdeaHidden(IdeaEvent):
    """A facilitator took an idea out of the room, or rejected a pending one."""

    by: Actor


@dataclass(frozen=True)
class IdeaRestored(IdeaEvent):
    """A facilitator showed a hidden idea again."""

    by: Actor


@dataclass(frozen=True)
class IdeaRedacted(IdeaEvent):
    """A facilitator erased the words and the picture of an idea."""

    by: Actor


@dataclass(frozen=True)
class ArgumentEvent(RoundEvent):
    """The root of what happens to an argument. `author_id` is the participant who wrote the argument."""

    idea_id: int
    argument_id: int
    author_id: int


@dataclass(frozen=True)
class ArgumentEntered(ArgumentEvent):
    """Somebody argued on an idea."""


@dataclass(frozen=True)
class ArgumentWithdrawn(ArgumentEvent):
    """The author took the argument back."""


@dataclass(frozen=True)
class ArgumentHidden(ArgumentEvent):
    """A facilitator took an argument out of the room."""

    by: Actor


@dataclass(frozen=True)
class ArgumentRestored(ArgumentEvent):
    """A facilitator showed a hidden argument again."""

    by: Actor


@dataclass(frozen=True)
class ArgumentRedacted(ArgumentEvent):
    """A facilitator erased the words of an argument."""

    by: Actor


# People of a challenge


@dataclass(frozen=True)
class ParticipantEvent(Event):
    """The root of what happens to a participant."""

    challenge_id: int
    participant_id: int


@dataclass(frozen=True)
class ParticipantJoined(ParticipantEvent):
    """A person takes part from now on."""


@dataclass(frozen=True)
class ParticipantRenamed(ParticipantEvent):
    """A participant has another display name."""


@dataclass(frozen=True)
class ParticipantBarred(ParticipantEvent):
    """A facilitator removed a participant; what they wrote in an open round is hidden by the same act.

    `by` is the account that a removed guest signed in to, where that is how its participant came to be removed.
    """

    by: Actor


@dataclass(frozen=True)
class ParticipantReadmitted(ParticipantEvent):
    """A removed participant may take part again."""

    by: Actor


@dataclass(frozen=True)
class ParticipantsCombined(ParticipantEvent):
    """A guest signed in who took part twice: what `guest_id` contributed is `participant_id`'s from now on."""

    guest_id: int


@dataclass(frozen=True)
class FacilitationChanged(Event):
    """A person in a room was given its facilitation, or lost it."""

    challenge_id: int
    person_id: int


E = TypeVar("E", bound=Event)

_subscribers: list[tuple[type[Event], Callable[[Any], None]]] = []


def subscribe(kind: type[E], subscriber: Callable[[E], None]) -> None:
    """Call `subscriber` for every event of a kind from now on; a root (`Event`, `IdeaEvent`) stands for all below it.

    It is called after the commit while the writer is still held, so that events arrive in the order of the commits:
    it must only take note and return.
    """
    _subscribers.append((kind, subscriber))


def unsubscribe(subscriber: Callable[[Any], None]) -> None:
    """Stop calling `subscriber`, for whatever kinds it subscribed to.

    :raise ValueError: if it is not subscribed.
    """
    kept = [entry for entry in _subscribers if entry[1] != subscriber]
    if len(kept) == len(_subscribers):
        raise ValueError(subscriber)
    _subscribers[:] = kept


def publish(events: Iterable[Event]) -> None:
    """Call the subscribers of each event, in order. A subscriber that fails is logged and stops nobody."""
    for event in events:
        for kind, subscriber in list(_subscribers):
            if not isinstance(event, kind):
                continue
            try:
                subscriber(event)
            except Exception:
                log.exception("a subscriber failed on %s", event)
