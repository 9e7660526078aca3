"""The commands that clients send, parsed strictly: exact types, known fields only."""

import re
from dataclasses import dataclass
from typing import Any

from ideas.marks import Cast
from ideas.services.ballots import MARKS_PER_CAST
from ideas.voting.rules import VALUE_MAX, Subject
from realtime.presence import PhaseKey

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ROOM = re.compile(r"challenge-([1-9][0-9]{0,17})")
_JOB = re.compile(r"job-([1-9][0-9]{0,17})")
_SUBJECT = re.compile(r"([1-9][0-9]{0,17})(?:-([1-9][0-9]{0,17}))?")
_OWNER = re.compile(r"[1-9][0-9]{0,17}-([1-9][0-9]{0,17})")
_PHASE = re.compile(r"([1-9][0-9]{0,17})-(-?[0-9]{1,4})-([0-9]{1,15})")
_COUNTER_MAX = 2**53


class Malformed(Exception):
    """A command that does not have the required form."""


def room_of(data: Any) -> int:
    """The challenge that a `leave` or `typing` names.

    :raise Malformed:
    """
    return _room(_fields(data, required={"room"})["room"])


def join_of(data: Any) -> tuple[int, bool]:
    """The challenge that a `join` names, and whether it is a screen that only watches.

    :raise Malformed:
    """
    fields = _fields(data, required={"room"}, optional={"screen"})
    return _room(fields["room"]), _boolean(fields.get("screen", False))


def job_of(data: Any) -> int:
    """The job that a `watch` names.

    :raise Malformed:
    """
    name = _fields(data, required={"job"})["job"]
    match = _JOB.fullmatch(name) if type(name) is str else None
    if match is None:
        raise Malformed
    return int(match[1])


@dataclass(frozen=True)
class Ready:
    """A `ready` event. `phase` is the phase that the page means; a client that names none means the present one."""

    challenge_id: int
    ready: bool
    phase: PhaseKey | None


def ready_of(data: Any) -> Ready:
    """The challenge that a `ready` names, whether the sender is ready, and with which phase.

    :raise Malformed:
    """
    fields = _fields(data, required={"room", "ready"}, optional={"phase"})
    phase = phase_of(fields["phase"]) if "phase" in fields else None
    return Ready(_room(fields["room"]), _boolean(fields["ready"]), phase)


def phase_of(name: Any) -> PhaseKey:
    """The phase that a page names: `<round>-<position>-<instant of its beginning in ms>`.

    :raise Malformed:
    """
    match = _PHASE.fullmatch(name) if isinstance(name, str) else None
    if not match:
        raise Malformed
    return int(match[1]), int(match[2]), int(match[3])


@dataclass(frozen=True)
class CastCommand:
    """A `cast` event. `cast` has no participant yet (0); `owner_id` is the participant that the browser says it is.

    `owner_id` is None where the browser says nothing. The browser that kept the marks may be another person by now.
    """

    cast: Cast
    owner_id: int | None


def cast_command_of(data: Any) -> CastCommand:
    """A `cast` event with the participant that it names.

    :raise Malformed:
    """
    return CastCommand(cast_of(data, participant_id=0), owner_of(data))


def cast_of(data: Any, participant_id: int) -> Cast:
    """The cast of a participant, as the domain takes it.

    :raise Malformed:
    """
    fields = _fields(data, required={"op", "client", "n", "round", "marks"}, optional={"question", "owner"})
    marks = fields["marks"]
    if type(marks) is not dict or not 1 <= len(marks) <= MARKS_PER_CAST:
        raise Malformed
    return Cast(
        participant_id=participant_id,
        round_id=_integer(fields["round"], 1),
        op=_uuid(fields["op"]),
        client=_uuid(fields["client"]),
        n=_integer(fields["n"], 0),
        marks={_subject(key): _value(value) for key, value in marks.items()},
        question_id=None if fields.get("question") is None else _integer(fields["question"], 1),
    )


def owner_of(data: Any) -> int | None:
    """The participant that a `cast` names as its owner, None where it names nobody.

    :raise Malformed:
    """
    if "owner" not in data:
        return None
    match = _OWNER.fullmatch(data["owner"]) if type(data["owner"]) is str else None
    if match is None:
        raise Malformed
    return int(match[1])


def _fields(data: Any, required: set[str], optional: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    if type(data) is not dict or not required <= data.keys() <= required | optional:
        raise Malformed
    return data


def _room(value: Any) -> int:
    match = _ROOM.fullmatch(value) if type(value) is str else None
    if match is None:
        raise Malformed
    return int(match.group(1))


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Malformed
    return value


def _integer(value: Any, least: int) -> int:
    # `type(…) is int`: True and 1.0 equal 1 and are no integers.
    if type(value) is not int or not least <= value < _COUNTER_MAX:
        raise Malformed
    return value


def _uuid(value: Any) -> str:
    if type(value) is not str or not _UUID.fullmatch(value):
        raise Malformed
    return value


def _subject(key: str) -> Subject:
    """An entry, `12`, or a pair of entries with the lower one first, `12-15`."""
    match = _SUBJECT.fullmatch(key)
    if match is None:
        raise Malformed
    one, other = int(match[1]), int(match[2] or 0)
    if other and one >= other:
        raise Malformed
    return (one, other) if other else one


def _value(value: Any) -> int:
    # The question's rule decides in the domain which values it takes.
    if type(value) is not int or abs(value) > VALUE_MAX:
        raise Malformed
    return value
