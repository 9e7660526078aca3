"""One player: joins by the code, opens a socket, submits ideas by the form, casts marks and argues."""

import asyncio
import contextlib
import io
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import aiohttp
import socketio

from app.platform.puzzles import Puzzle, solve
from app.rehearsal.board import Board
from app.rehearsal.browser import Browser, Unexpected, expect
from app.rehearsal.facilitator import Stage
from app.rehearsal.pages import Page
from app.rehearsal.play import Act, ArgueAct, JudgeAct, SubmitAct

# Below the server's limits (20 a second, 40 at once).
RATE_PER_SECOND = 15
BURST = 25

ANSWER_SECONDS = 10
PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 60
NAME_TRIES = 20

# The exceptions of a socket that breaks or does not open.
BROKEN = (socketio.exceptions.SocketIOError, aiohttp.ClientError, OSError)

_IDEA = re.compile(r"idea-(\d+)$")
_ARGUMENT = re.compile(r"argument-(\d+)$")


@dataclass(frozen=True)
class Acknowledged:
    """A mark that the server acknowledged. `seconds` from the first sending to the answer."""

    entry: int
    value: int
    n: int
    seq: int
    seconds: float


@dataclass
class Record:
    """The acts and answers of one player. `unanswered`: entries of abandoned casts, which may be stored or not;
    `turns`: those that a page showed, and `said`: how many of them the server acknowledged with words.
    """

    marks: list[Acknowledged] = field(default_factory=list)
    ideas: int = 0
    arguments: int = 0
    turns: set[int] = field(default_factory=set)
    said: int = 0
    repeats: int = 0
    unanswered: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Pace:
    """Limits the rate of a socket: `BURST` at once, `RATE_PER_SECOND` in the long run."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now - BURST / RATE_PER_SECOND) + 1 / RATE_PER_SECOND
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)


class Player:
    """Used as `async with Player(…) as player:` around `join` and `play`."""

    def __init__(self, url: str, stage: Stage, board: Board) -> None:
        self.browser = Browser(url)
        self.stage, self.board = stage, board
        self.record = Record()
        self.called = asyncio.Event()  # the server says that something of the player's own changed
        self._url = urlsplit(url)
        self._client = str(uuid.uuid4())  # one page load, even if its socket breaks several times
        self._n = 0
        self._pace = Pace()
        self._socket: socketio.AsyncClient | None = None

    async def __aenter__(self) -> "Player":
        await self.browser.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hang_up()
        await self.browser.__aexit__()

    async def join(self) -> None:
        """Join under the suggested name, and open a socket. :raise Unexpected:"""
        path = f"/join/{self.stage.code}"
        for _ in range(NAME_TRIES):
            door = expect(await self.browser.get(path), 200)
            entered = expect(await self.browser.post(path, await _filled_in(door.page)), 200, 409, 429)
            if entered.status == 200:
                await self._sit_down()
                return
        raise Unexpected("every name that the door suggests is taken")

    async def play(self, acts: list[Act], start: float, on_act: Callable[[], None]) -> None:
        """Do all acts in order, each when it is due. A failing act is noted and does not stop the rest."""
        for act in acts:
            await asyncio.sleep(max(0.0, start + act.due - asyncio.get_running_loop().time()))
            try:
                await self._do(act)
            except Unexpected as error:
                self.record.problems.append(str(error))
            on_act()

    async def leave(self) -> None:
        """Close the page."""
        await self._hang_up()

    async def own_data(self) -> dict[str, Any]:
        """What the server has of the player. :raise Unexpected:"""
        answer = expect(await self.browser.get(f"/challenges/{self.stage.challenge}/me/data.zip"), 200)
        with ZipFile(io.BytesIO(answer.body)) as archive:
            found: dict[str, Any] = json.loads(archive.read("data.json"))
        return found

    async def look_around(self) -> None:
        """Learn the present ideas from a fresh page, like a person who reloads."""
        room = expect(await self.browser.get(f"/challenges/{self.stage.challenge}"), 200)
        self.board.learn(room.page.entries)

    async def _do(self, act: Act) -> None:
        match act:
            case SubmitAct():
                await self._submit(act)
            case JudgeAct():
                await self._judge(act)
            case ArgueAct():
                await self._argue(act)

    async def _submit(self, act: SubmitAct) -> None:
        fields = {"title": act.title, "text": act.text, "op": str(uuid.uuid4())}
        try:
            answer = expect(await self.browser.send(f"/challenges/{self.stage.challenge}/ideas", fields), 201)
            idea = _IDEA.search(answer.location)
            if idea is None:
                raise Unexpected("the answer to an idea does not say where it stands")
        except Unexpected:
            self.board.give_up(act.statement)
            raise
        self.board.pin(act.statement, int(idea.group(1)))
        self.record.ideas += 1

    async def _judge(self, act: JudgeAct) -> None:
        entry = await self.board.entry(act.statement, PATIENCE_SECONDS)
        if entry is None:
            raise Unexpected(f"statement {act.statement} never appeared in the room")
        self._n += 1
        command = {
            "op": str(uuid.uuid4()),
            "client": self._client,
            "n": self._n,
            "round": self.stage.round,
            "marks": {str(entry): act.value},
        }
        loop = asyncio.get_running_loop()
        await self._pace.wait()
        sent = loop.time()
        answer = await self._cast(command, sent + PATIENCE_SECONDS)
        if answer is None:
            self.record.unanswered.append(entry)
            raise Unexpected(f"a mark was not acknowledged within {PATIENCE_SECONDS} seconds")
        if not answer.get("ok"):
            raise Unexpected(f"a mark was refused: {answer.get('error')}")
        self.record.marks.append(Acknowledged(entry, act.value, self._n, answer["seq"], loop.time() - sent))

    async def _argue(self, act: ArgueAct) -> None:
        idea = self.board.ideas.get(act.statement)
        if idea is None:
            return  # the vote on it says what is wrong
        if act.replies and self.board.arguments:
            address, fields = f"/arguments/{self.board.arguments[-1]}/reply", {"text": act.text}
        else:
            address, fields = f"/ideas/{idea}/arguments", {"text": act.text, "stance": act.stance}
        answer = expect(await self.browser.send(address, fields), 201)
        self.record.arguments += 1
        written = _ARGUMENT.search(answer.location)
        if "stance" in fields and written:
            self.board.arguments.append(int(written.group(1)))

    async def _cast(self, command: dict[str, Any], give_up: float) -> dict[str, Any] | None:
        """Send a command until it is answered, always under the same id. None if that takes too long."""
        while asyncio.get_running_loop().time() < give_up:
            answer = await self._call("cast", command)
            if answer and answer.get("error") != "busy":
                return answer
            self.record.repeats += 1
            await asyncio.sleep((answer or {}).get("retry_after") or PAUSE_SECONDS)
            await self._pace.wait()
        return None

    async def _sit_down(self) -> None:
        """Open the first socket, with the same number of retries as other acts. :raise Unexpected:"""
        give_up = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            try:
                await self._connect()
                return
            except BROKEN as error:
                self.record.repeats += 1
                if asyncio.get_running_loop().time() > give_up:
                    raise Unexpected(f"no socket could be opened: {error}") from error
                await asyncio.sleep(PAUSE_SECONDS)

    async def _call(self, event: str, data: dict[str, Any]) -> dict[str, Any] | None:
        try:
            if self._socket is None or not self._socket.connected:
                await self._connect()
            assert self._socket is not None
            answer = await self._socket.call(event, data, timeout=ANSWER_SECONDS)
        except BROKEN:
            await self._hang_up()
            return None
        return answer if isinstance(answer, dict) else None

    async def _connect(self) -> None:
        await self._hang_up()
        socket = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=self.browser.http)
        socket.on("fragments", self._on_fragments)
        socket.on("refresh", self._on_refresh)
        await socket.connect(
            f"{self._url.scheme}://{self._url.netloc}",
            socketio_path=f"{self._url.path.strip('/')}/socket.io".strip("/"),
            transports=["websocket"],
            wait_timeout=ANSWER_SECONDS,
        )
        self._socket = socket
        await self._pace.wait()
        await socket.call("join", {"room": f"challenge-{self.stage.challenge}"}, timeout=ANSWER_SECONDS)

    async def _on_fragments(self, frame: dict[str, Any]) -> None:
        for fragment in frame.get("fragments", ()):
            match = _IDEA.match(fragment["handle"])
            # All players receive it; one of them reads it.
            if match and int(match.group(1)) not in self.board.entries:
                self.board.learn(Page(fragment["html"]).entries)

    async def _on_refresh(self, _frame: dict[str, Any]) -> None:
        self.called.set()

    async def _hang_up(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(Exception):
                await self._socket.disconnect()
            self._socket = None


async def _filled_in(door: Page) -> dict[str, str]:
    """The fields of the join form, with the work that it wants from a crowd."""
    fields = {name: door.fields.get(name, "") for name in ("name", "key")}
    if door.bits:
        puzzle = Puzzle(door.fields["puzzle"], door.bits)
        fields |= {"puzzle": puzzle.text, "counter": await asyncio.to_thread(solve, puzzle)}
    return fields
