"""The situations in which the domain refuses. None knows HTTP; the edge maps each to a page or an answer."""

from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """The root of everything that the domain refuses for a reason a person can understand."""


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


class OwnIdea(Refusal):
    """Nobody marks their own idea."""


class Conflict(Refusal):
    """Somebody else was faster, or the thing is no longer in the state that this needs."""


class NameTaken(Conflict):
    """Another participant of the challenge already has this display name."""


class EmailTaken(Conflict):
    """An account with this address exists."""


class ChallengeFull(Refusal):
    """The challenge has as many participants as it may have."""


class AnonymityPromised(Refusal):
    """Anonymity can't be weakened after the first idea."""


class CountsSealed(Refusal):
    """Running counts can't be shown any more once marks are in: people voted under the promise that they are sealed."""


class WrongCredentials(Refusal):
    """Address or password do not belong together."""


class TokenSpent(Refusal):
    """A one-time link was used already, is too old or never existed."""


class RegistrationClosed(Refusal):
    """New accounts need an invitation here."""


class Busy(Refusal):
    """The writer's queue is full or the database is locked; the same command may be sent again."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TaskFailed(Refusal):
    """Background work ended without an answer; nothing was changed."""


class TaskTimedOut(TaskFailed):
    """The work took longer than it may."""


class TaskOutOfMemory(TaskFailed):
    """The work needed more memory than it may have."""


class TaskDied(TaskFailed):
    """The process that did the work ended in the middle of it."""


class Invalid(Refusal):
    """Input that breaks a rule.

    `problems` maps a field's name to a message key of the edge, e.g. `{"title": "too_long"}`. Numbers of the message
    follow the key after colons; spaces separate several problems: `{"seed_ideas": "line_twice:4:2 line_missing:9"}`.
    """

    def __init__(self, **problems: str) -> None:
        super().__init__(problems)
        self.problems = problems


class Problems(dict[str, str]):
    """What is wrong with a form, `{field: message key}`, gathered so that all of it is told at once."""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Go on behind a check that fails; what was noted of a field first stays."""
        try:
            yield
        except Invalid as error:
            self.update(error.problems | self)

    def refuse(self) -> None:
        """:raise Invalid: if there are any."""
        if self:
            raise Invalid(**self)


class ImageRefused(Refusal):
    """An upload that is not one of the permitted images; `reason` is a message key of the edge."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BrokenFile(Refusal):
    """An import file with an error; nothing of it was stored.

    `line` is the line in the file, counted from 1, header included; 0 where no line can be named.
    """

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}, line {line}: {problem}" if line else f"{file}: {problem}")
        self.file, self.line, self.problem = file, line, problem
