"""The refusals of the domain. None knows HTTP; the edge maps each to a page or an answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Refusal(Exception):
    """The root of all refusals with a reason that a person can understand."""


class NotFound(Refusal):
    """It does not exist, or not for this actor: both look the same."""


class Forbidden(Refusal):
    """The actor is known, sees the thing and may not do this to it."""


class Barred(Forbidden):
    """A facilitator removed this participant from the challenge."""


class RoundIsClosed(Refusal):
    """The round was closed; nothing in it changes any more."""


class PhaseForbids(Refusal):
    """The current phase of the round does not permit this activity (now)."""


class NotClosed(Refusal):
    """The result of a round exists only after its close."""


class BallotsStayHidden(Refusal):
    """Nobody gets the ballots of a round that is hidden for good."""


class OwnIdea(Refusal):
    """A person can't mark their own idea."""


class OwnText(Refusal):
    """A person can't report their own text."""


class EditTimeOver(Refusal):
    """An argument can be changed for a few minutes only."""


class TurnOver(Refusal):
    """A turn is not open any more: time was up, or its idea left the room."""


class OwnArgument(Refusal):
    """A person can't mark their own argument as a good point."""


class Conflict(Refusal):
    """Another act was faster, or the record is no longer in the required state."""


class OutcomesStand(Conflict):
    """Ideas of the round were answered, or awards were given: the decisive arguments are settled."""


class PeopleForgotten(Conflict):
    """Who took part in the challenge is not known any more, so nobody could go on in a next round."""


class NameTaken(Conflict):
    """Another participant of the challenge already has this display name."""


class PartOfWave(Conflict):
    """The participant was removed with a whole wave, which is taken in again as a whole."""


class Changed(Conflict):
    """The record has changed since the actor saw it; nothing was done to it."""


class OrderMoved(Conflict):
    """The order is in another state by now, where this act does not lead on: another person or the clock was faster.

    `state` is the word of the state, "" where it is not known.
    """

    def __init__(self, state: str = "") -> None:
        super().__init__(state)
        self.state = state


class OrderExists(Conflict):
    """The person has as many orders in the job as its terms permit."""


class WorkOpen(Conflict):
    """Orders are not decided or dues are not settled, so what they belong to cannot be deleted."""


class PaymentOverdue(Conflict):
    """The organisation owes somebody money beyond the day, so it publishes no new job."""


class NumberReused(Conflict):
    """The number of this command belongs to one with other content, which was done; `answer` is its answer."""

    def __init__(self, answer: object = None) -> None:
        super().__init__(answer)
        self.answer = answer


class OnlyOwner(Conflict):
    """The account is the only owner of an organisation, which would be left without one."""


class EmailTaken(Conflict):
    """An account with this address exists."""


class JobFull(Refusal):
    """All places of the job are taken."""


class PlacesKept(Refusal):
    """The free places of the job are kept for other people for now."""


class AuthorFirst(Refusal):
    """The author of the idea has time to apply before anybody gets a place."""


class JobNotOpen(Refusal):
    """The job gives no places now, or not in this way."""


class OwnJob(Forbidden):
    """Nobody works on a job of an organisation of which they are a member."""


class AddressUnconfirmed(Forbidden):
    """The address of the account is not confirmed, so nobody could owe it anything."""


class SecondPerson(Forbidden):
    """Who declined or answered does not decide again; another person does."""


class ChallengeFull(Refusal):
    """The challenge has as many participants as it may have."""


class AnonymityPromised(Refusal):
    """Anonymity can't be weakened after the first idea."""


class RetentionPromised(Refusal):
    """People joined under the promise that the challenge is kept no longer."""


class RulesStand(Refusal):
    """In the lobby the rules stand as published: people joined under them."""


class CountsSealed(Refusal):
    """Running counts can't become visible after the first mark: people voted under the promise of sealed counts."""


class WrongCredentials(Refusal):
    """Address and password do not match."""


class AccountDisabled(Refusal):
    """An operator disabled this account; `reason` is what they wrote to its owner."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class JuryFull(Refusal):
    """The jury has as many jurors and open invitations as it may have."""


class TooManyInvited(Refusal):
    """More people would be invited to one place than may be."""


class TokenSpent(Refusal):
    """A one-time link was used already, is too old or never existed."""


class RegistrationClosed(Refusal):
    """New accounts need an invitation here."""


class NoRegistration(Refusal):
    """No new accounts are opened here, also not by invitation."""


class Busy(Refusal):
    """The writer's queue is full or the database is locked; the same command may be sent again."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TaskFailed(Refusal):
    """Background work ended without an answer; it changed nothing."""


class TaskTimedOut(TaskFailed):
    """The work exceeded its time limit."""


class TaskOutOfMemory(TaskFailed):
    """The work exceeded its memory limit."""


class TaskDied(TaskFailed):
    """The process of the work ended before the work did."""


class Invalid(Refusal):
    """Input that breaks a rule.

    `problems` maps a field's name to a message key of the edge, e.g. `{"title": "too_long"}`. Numbers of the message
    follow the key after colons; spaces separate several problems: `{"seed_ideas": "line_twice:4:2 line_missing:9"}`.
    """

    def __init__(self, **problems: str) -> None:
        super().__init__(problems)
        self.problems = problems


class Problems(dict[str, str]):
    """The problems of a form, `{field: message key}`, collected so that all are reported at once."""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Continue after a check that fails; the first problem of a field stays."""
        try:
            yield
        except Invalid as error:
            self.update(error.problems | self)

    def refuse(self) -> None:
        """:raise Invalid: if there are any problems."""
        if self:
            raise Invalid(**self)


class ImageRefused(Refusal):
    """An upload that is not one of the permitted images; `reason` is a message key of the edge."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileRefused(Refusal):
    """An upload that is not stored; `reason` is a message key of the edge."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileMissing(Refusal):
    """The folder of files does not have a file that it should have."""


class NoSpace(Refusal):
    """The disk takes no more files; nothing was stored."""


class TableRefused(Refusal):
    """A file that is no table of ideas; `reason` is a message key of the edge, `line` the line at fault or 0."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason, line)
        self.reason, self.line = reason, line


class BrokenFile(Refusal):
    """An import file with an error; nothing of it was stored.

    `line` is the line in the file, counted from 1, header included; 0 if no line is at fault. `place` is the part of a
    document, as in `ideas[3].title`. `reason` is a message key of the edge, and `values` are put into its sentence.
    """

    def __init__(
        self, file: str, line: int, reason: str, place: str = "", values: Mapping[str, str | int] | None = None
    ) -> None:
        super().__init__(file, line, reason, place, values)  # all of them, because it comes from another process
        self.file, self.line, self.reason, self.place, self.values = file, line, reason, place, values or {}
