"""Domain events, named in the words of the domain.

A service records events in its transaction (`transaction.record(…)`); they are published after the commit. Events are
frozen and carry ids only. `by` is the actor, None if the clock acted. A cast records no event of its own, because a
ballot is secret; its lanes get a `StreamAdvanced`. An import records its publication only.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ideas.actor import Actor
from ideas.dues import DueKind
from ideas.orders import By, OrderAct, OrderState

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """The root of all events."""


@dataclass(frozen=True)
class StreamAdvanced(Event):
    """Lane `lane` of a chain went from number `after` to `seq`; `handles` are the changed records.

    `challenge_id` is that of the challenge that owns the chain, None if a job does.
    """

    chain_id: int
    challenge_id: int | None
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
    """A guest signed in: `person_id`, the account's person, takes over everything of person `guest_id`.

    Both are the same person if the account had none before.
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


@dataclass(frozen=True)
class NewsRead(Event):
    """A person read some of their notifications."""

    person_id: int | None


@dataclass(frozen=True)
class InstallationChanged(Event):
    """An operator changed a setting or an announcement of the installation."""


# The life of a round


@dataclass(frozen=True)
class RoundEvent(Event):
    """The root of the events in a round."""

    challenge_id: int
    round_id: int


@dataclass(frozen=True)
class ChallengePublished(RoundEvent):
    """A draft was published: its code works, and the round is in its lobby."""

    by: Actor


@dataclass(frozen=True)
class ChallengeDeleted(Event):
    """A challenge was deleted with everything in it; no record of it can be read any more."""

    challenge_id: int


@dataclass(frozen=True)
class ChallengeRevised(RoundEvent):
    """The texts, dates, visibility or capacity of a published challenge changed."""

    by: Actor


@dataclass(frozen=True)
class CodeRenewed(RoundEvent):
    """The challenge has a new code; the former one opens nothing more."""

    by: Actor


@dataclass(frozen=True)
class ResultShared(RoundEvent):
    """Other people see the closed result than before, or its link is a new one."""

    by: Actor


@dataclass(frozen=True)
class PhasesPlanned(RoundEvent):
    """The future phases changed."""

    by: Actor


@dataclass(frozen=True)
class PhaseEntered(RoundEvent):
    """A phase began; with the first one the round left its lobby. The end of a round is `RoundClosed`."""

    position: int
    by: Actor | None


@dataclass(frozen=True)
class PhaseTimed(RoundEvent):
    """The current phase got more or less time, was paused or resumed."""

    position: int
    by: Actor


@dataclass(frozen=True)
class IdeasRevealed(RoundEvent):
    """Ideas of a silent phase became visible to the room or to its facilitators."""

    idea_ids: tuple[int, ...]
    by: Actor | None


@dataclass(frozen=True)
class RoundClosed(RoundEvent):
    """A round ended and its result was frozen. `why` is a journal word ("settled", "due"), "" if somebody closed it."""

    by: Actor | None
    why: str = ""


@dataclass(frozen=True)
class NextRoundBegun(RoundEvent):
    """Ideas of a closed round went on into a new one, `round_id`, which is in its lobby."""

    by: Actor


@dataclass(frozen=True)
class ResultAssessed(RoundEvent):
    """The uncertainty of a closed round's result was computed."""


@dataclass(frozen=True)
class NoticeChanged(RoundEvent):
    """A message to all screens was set or removed."""

    by: Actor


@dataclass(frozen=True)
class TurnsStarted(RoundEvent):
    """A facilitator put ideas under discussion in turns."""

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
    """The spotlight leads every screen to an idea; None: it ended. `by` is None if the idea left the room."""

    idea_id: int | None
    by: Actor | None


@dataclass(frozen=True)
class PlacesShown(RoundEvent):
    """The big screen shows a different number of places of the result."""

    places: int
    by: Actor


@dataclass(frozen=True)
class HandsCounted(RoundEvent):
    """A facilitator stored a show of hands for an entry."""

    question_id: int
    entry_id: int
    by: Actor


# Ideas and arguments


@dataclass(frozen=True)
class IdeaEvent(RoundEvent):
    """The root of the events of an idea. `author_id` is a participant."""

    idea_id: int
    author_id: int


@dataclass(frozen=True)
class IdeaEntered(IdeaEvent):
    """An idea was submitted. `grew`: it names ideas from which it grew."""

    grew: bool = False


@dataclass(frozen=True)
class IdeaEdited(IdeaEvent):
    """The author wrote a new version, or one that waited was approved."""


@dataclass(frozen=True)
class IdeaWithdrawn(IdeaEvent):
    """The author withdrew the idea."""


@dataclass(frozen=True)
class IdeaReinstated(IdeaEvent):
    """The author undid the withdrawal."""


@dataclass(frozen=True)
class IdeaApproved(IdeaEvent):
    """A facilitator approved a pending idea."""

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
class IdeaReturned(IdeaEvent):
    """A facilitator undid a decision about the idea: it waits for one again."""

    by: Actor


@dataclass(frozen=True)
class IdeaCorrected(IdeaEvent):
    """A facilitator corrected the author's words, or undid such a correction."""

    by: Actor


@dataclass(frozen=True)
class IdeaRedacted(IdeaEvent):
    """A facilitator erased the words and the picture of an idea."""

    by: Actor


@dataclass(frozen=True)
class OutcomesSet(RoundEvent):
    """The organisation decided, after the close, what becomes of ideas, or decided anew. Those that are merged into one
    of them are named, too.
    """

    idea_ids: tuple[int, ...]
    by: Actor


@dataclass(frozen=True)
class AwardGiven(RoundEvent):
    """The organisation gave a prize to an idea."""

    award_id: int
    by: Actor


@dataclass(frozen=True)
class AwardWithdrawn(RoundEvent):
    """The organisation withdrew an award."""

    award_id: int
    by: Actor


@dataclass(frozen=True)
class IdeaMerged(IdeaEvent):
    """A facilitator merged the idea into another one, whose entry stands for both. `seq` is the merge's number."""

    into_id: int
    seq: int
    by: Actor


@dataclass(frozen=True)
class IdeaUnmerged(IdeaEvent):
    """The merge of the idea into another one ended, by a facilitator or because that one left the room. `seq` is the
    number of the end.
    """

    from_id: int
    seq: int
    by: Actor


@dataclass(frozen=True)
class GroupChanged(RoundEvent):
    """A facilitator made, changed, named or dissolved a group of ideas."""

    group_id: int
    by: Actor


@dataclass(frozen=True)
class ArgumentEvent(RoundEvent):
    """The root of the events of an argument. `author_id` is the participant who wrote the argument."""

    idea_id: int
    argument_id: int
    author_id: int


@dataclass(frozen=True)
class ArgumentEntered(ArgumentEvent):
    """A participant argued on an idea, or replied to an argument on it."""


@dataclass(frozen=True)
class ArgumentEdited(ArgumentEvent):
    """The author changed the words of the argument, soon after writing it."""


@dataclass(frozen=True)
class KinderWordsAsked(ArgumentEvent):
    """The author of the idea asked the author of the argument for kinder words."""


@dataclass(frozen=True)
class ArgumentWithdrawn(ArgumentEvent):
    """The author withdrew the argument."""


@dataclass(frozen=True)
class GoodPointMarked(ArgumentEvent):
    """Somebody finds the argument good. The event does not name that person."""


@dataclass(frozen=True)
class GoodPointTakenBack(ArgumentEvent):
    """Somebody took back that the argument is good. The event does not name that person."""


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


# Flags


@dataclass(frozen=True)
class FlagEvent(RoundEvent):
    """The root of the events of a flagged text: an idea, or an argument on it. No event names the flag's author."""

    idea_id: int
    argument_id: int | None


@dataclass(frozen=True)
class TextFlagged(FlagEvent):
    """A participant flagged a text."""


@dataclass(frozen=True)
class FlagTakenBack(FlagEvent):
    """A participant took their flag of a text back."""


@dataclass(frozen=True)
class FlagsDecided(FlagEvent):
    """A facilitator kept or hid a flagged text; `seq` is the journal number of the decision about its flags."""

    seq: int
    by: Actor


@dataclass(frozen=True)
class FlagsReopened(FlagEvent):
    """A facilitator took a decision about flags back, so that they wait again."""

    by: Actor


# People of a challenge


@dataclass(frozen=True)
class ParticipantEvent(Event):
    """The root of the events of a participant."""

    challenge_id: int
    participant_id: int


@dataclass(frozen=True)
class ParticipantJoined(ParticipantEvent):
    """A person joined."""


@dataclass(frozen=True)
class ParticipantRenamed(ParticipantEvent):
    """A participant has another display name."""


@dataclass(frozen=True)
class ParticipantBarred(ParticipantEvent):
    """A facilitator removed a participant; the same act hides everything that they wrote in an open round.

    `by` is the account of the sign-in, if a removed guest signed in and the removal moved to the account.
    """

    by: Actor


@dataclass(frozen=True)
class ParticipantLeft(ParticipantEvent):
    """A participant left by themselves."""


@dataclass(frozen=True)
class ParticipantReturned(ParticipantEvent):
    """A person who had left joined again, with the same ballot."""


@dataclass(frozen=True)
class ParticipantReadmitted(ParticipantEvent):
    """A removed participant may take part again."""

    by: Actor


@dataclass(frozen=True)
class ParticipantsCombined(ParticipantEvent):
    """A guest with a second participant signed in: `participant_id` takes over the contributions of `guest_id`."""

    guest_id: int


@dataclass(frozen=True)
class TextsErased(Event):
    """Texts of a challenge were erased, other than by a facilitator's act on one of them."""

    challenge_id: int


@dataclass(frozen=True)
class FacilitationChanged(Event):
    """A participant got or lost the facilitation of a challenge."""

    challenge_id: int
    person_id: int


# Jobs


@dataclass(frozen=True)
class JobEvent(Event):
    """The root of the events of a job."""

    job_id: int
    organisation_id: int


@dataclass(frozen=True)
class JobPublished(JobEvent):
    """A job opened. `from_entry_id`: the entry of a closed round from which it grew."""

    from_entry_id: int | None
    by: Actor


@dataclass(frozen=True)
class TermsPublished(JobEvent):
    """New orders of a job get other terms from now on."""

    n: int
    by: Actor


@dataclass(frozen=True)
class JobPaused(JobEvent):
    """A job gives no new places for now; by nobody where its pay fell below the floor."""

    by: Actor | None


@dataclass(frozen=True)
class JobResumed(JobEvent):
    """A paused job gives places again."""

    by: Actor


@dataclass(frozen=True)
class JobClosed(JobEvent):
    """A job looks for nobody any more; its running orders go on."""

    by: Actor


@dataclass(frozen=True)
class JobCancelled(JobEvent):
    """A job ended with its running orders."""

    by: Actor


@dataclass(frozen=True)
class JobHidden(JobEvent):
    """An operator took a job away from its audience."""

    by: Actor


@dataclass(frozen=True)
class JobRestored(JobEvent):
    """An operator showed a hidden job again."""

    by: Actor


@dataclass(frozen=True)
class InvitedToJob(JobEvent):
    """The organisation let further accounts see a job."""

    by: Actor


@dataclass(frozen=True)
class JobQuestionAsked(JobEvent):
    """Somebody asked a question about a job. The event does not name that person."""

    question_id: int


@dataclass(frozen=True)
class JobQuestionAnswered(JobEvent):
    """The organisation answered a question about a job, or changed its answer."""

    question_id: int
    by: Actor


# Orders


@dataclass(frozen=True)
class OrderEvent(JobEvent):
    """The root of the events of an order. `person_id` is the worker."""

    order_id: int
    person_id: int


@dataclass(frozen=True)
class OrderMovedOn(OrderEvent):
    """An order came into another state, by an act of one side or of the clock."""

    act: OrderAct
    by: By
    before: OrderState
    state: OrderState


@dataclass(frozen=True)
class OrderClockMoved(OrderEvent):
    """The clock of an order at work stands, since its worker asked a blocking question, or runs after the answer."""

    stands: bool


@dataclass(frozen=True)
class OrderReminded(OrderEvent):
    """A part of the time for a delivery is over."""


@dataclass(frozen=True)
class DueEntered(OrderEvent):
    """The ledger of an order has a new entry."""

    entry_id: int
    kind: DueKind


@dataclass(frozen=True)
class DueOverdue(OrderEvent):
    """The last day is over on which what is open could be paid in time."""


E = TypeVar("E", bound=Event)

_subscribers: list[tuple[type[Event], Callable[[Any], None]]] = []


def subscribe(kind: type[E], subscriber: Callable[[E], None]) -> None:
    """Call `subscriber` for every event of a kind from now on; a root (`Event`, `IdeaEvent`) includes all kinds below
    it.

    It is called after the commit while the writer is still held, so events arrive in the order of the commits. A
    subscriber must only note the event and return.
    """
    _subscribers.append((kind, subscriber))


def unsubscribe(subscriber: Callable[[Any], None]) -> None:
    """Stop calling `subscriber`, for all kinds that it subscribed to.

    :raise ValueError: if it is not subscribed.
    """
    kept = [entry for entry in _subscribers if entry[1] != subscriber]
    if len(kept) == len(_subscribers):
        raise ValueError(subscriber)
    _subscribers[:] = kept


def publish(events: Iterable[Event]) -> None:
    """Call the subscribers of each event, in order. A failing subscriber is logged and does not stop the others."""
    for event in events:
        for kind, subscriber in list(_subscribers):
            if not isinstance(event, kind):
                continue
            try:
                subscriber(event)
            except Exception:
                log.exception("a subscriber failed on %s", event)
