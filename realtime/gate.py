"""The gate: it checks what a socket sends before anything parses it.

The rate limit comes first, so that a flood costs no parsing.
"""

import json
import re
import time
from dataclasses import dataclass, field

BYTES_MAX = 16 * 1024
RATE_PER_SECOND = 20
BURST = 40
NESTING_MAX = 8

# Socket.IO packet types that a client of ours ever sends: CONNECT, DISCONNECT, EVENT, ACK.
_TYPES = "0123"
_EVENT = re.compile(r"^2(?:/[^,]*,)?(\d{0,10})\[")
_NAME = re.compile(r'^2(?:/[^,]*,)?\d{0,10}\[\s*"([^"\\]{0,40})"')

# Type, namespace and number, up to where JSON begins or the frame ends.
_HEAD = re.compile(r"[0-3](?:/[^,\[{]*,)?[0-9]{0,10}(?=[\[{]|\Z)")

# The events that reach a handler. `connect` and `disconnect` belong to the library: sent as events they would run its
# handlers with the client's arguments.
EVENTS = {"join", "leave", "typing", "ready", "watch", "cast"}


@dataclass(frozen=True)
class RefusedFrame:
    """A frame that is dropped. `ack` is the number to answer under, None where no answer is expected."""

    error: str
    ack: int | None
    retry_after: int | None = None

    def packet(self) -> str:
        """The acknowledgement as a Socket.IO packet."""
        answer: dict[str, object] = {"ok": False, "error": self.error}
        if self.retry_after:
            answer["retry_after"] = self.retry_after
        return f"3{self.ack}[{json.dumps(answer)}]"


@dataclass
class TokenBucket:
    """The rate limit of a socket: `BURST` events at once, `RATE_PER_SECOND` in the long run."""

    tokens: float = BURST
    filled_at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(BURST, self.tokens + (now - self.filled_at) * RATE_PER_SECOND)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(frozen=True)
class SocketEvent:
    """An event that passed the gate. `arguments` are at most one; `ack` is the number to answer under."""

    name: str
    arguments: list[object]
    ack: str | None

    @property
    def argument(self) -> object:
        """Its argument, None if it has none."""
        return self.arguments[0] if self.arguments else None


def check(frame: str | bytes, bucket: TokenBucket) -> RefusedFrame | None:
    """Check a frame. :return: None if it may pass, otherwise the refusal."""
    if not bucket.take():
        return RefusedFrame("busy", ack_of(frame), retry_after=1)
    if not isinstance(frame, str):
        return RefusedFrame("invalid", None)
    if len(frame) > BYTES_MAX or len(frame.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        return RefusedFrame("too_large", ack_of(frame))
    if not frame or frame[0] not in _TYPES:
        return RefusedFrame("invalid", None)
    if frame[:1] == "2":
        name = _NAME.match(frame)
        if name is None or name.group(1) not in EVENTS:
            return RefusedFrame("invalid", ack_of(frame))
    return None if _is_readable(frame) else RefusedFrame("invalid", ack_of(frame))


def event_of(frame: str) -> SocketEvent | None:
    """The event in a frame that passed the gate; None in another namespace than the only one."""
    head = _HEAD.match(frame)
    if head is None or frame[1:2] == "/":
        return None
    name, *arguments = _READER.decode(frame[head.end() :])
    return SocketEvent(name, arguments, head.group()[1:] or None)


def _is_readable(frame: str) -> bool:
    """Whether the payload of a frame is JSON of a permitted depth with at most one argument."""
    head = _HEAD.match(frame)
    if head is None:
        return False
    # Most frames have so few brackets that they cannot nest too deep.
    if frame.count("[") + frame.count("{") > NESTING_MAX and nesting(frame) > NESTING_MAX:
        return False
    try:
        payload = _READER.decode(frame[head.end() :] or "{}")
    except ValueError:
        return False
    # An event is its name and one argument. The library would pass every further argument to the handler.
    return frame[0] != "2" or len(payload) <= 2


def _integer(digits: str) -> int:
    if digits == "-0":
        raise ValueError("two spellings of one number")
    return int(digits)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


# Python reads NaN and Infinity too, and -0 as 0.
_READER = json.JSONDecoder(parse_int=_integer, parse_constant=_no_number)


def ack_of(frame: str | bytes) -> int | None:
    """The number under which an event wants its answer."""
    if not isinstance(frame, str):
        return None
    match = _EVENT.match(frame[:80])
    return int(match.group(1)) if match and match.group(1) else None


def nesting(text: str) -> int:
    """How deep brackets nest, without those inside strings."""
    depth = deepest = 0
    in_string = escaped = False
    for c in text:
        if in_string:
            in_string = escaped or c != '"'
            escaped = c == "\\" and not escaped
        elif c == '"':
            in_string = True
        elif c in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif c in "]}":
            depth -= 1
    return deepest
