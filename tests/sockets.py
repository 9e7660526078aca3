"""A Socket.IO client for tests: it joins a room over a real WebSocket and keeps every frame."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import socketio

DOWN = ("fragments", "refresh", "figures", "phase", "beat", "presence", "facilitation", "bell")
# When a test gives up waiting. A quiet machine needs a fraction of it.
HEAR_SECONDS = 25


class Caller:
    """One browser tab. Used as `async with room.caller(actor) as tab:`."""

    def __init__(self, url: str, cookie: str, challenge_id: int, language: str = "en") -> None:
        self.url, self.challenge_id = url, challenge_id
        self.as_what: dict[str, object] = {}  # further fields of `join`
        self.headers = {"Cookie": cookie, "Accept-Language": language}
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.is_gone = asyncio.Event()
        self._news = asyncio.Event()
        self.socket = socketio.AsyncClient(reconnection=False, logger=False)
        self.socket.on("disconnect", lambda *_: self.is_gone.set())
        for event in DOWN:
            self.socket.on(event, self._listener(event))

    def _listener(self, event: str) -> Any:
        async def hear(payload: dict[str, Any]) -> None:
            self.heard.append((event, payload))
            self._news.set()

        return hear

    async def __aenter__(self) -> "Caller":
        await self.connect()
        self.joined = await self.call("join", {"room": f"challenge-{self.challenge_id}", **self.as_what})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect()

    async def connect(self) -> None:
        await self.socket.connect(self.url, headers=dict(self.headers), transports=["websocket"])

    async def call(self, event: str, data: Any) -> dict[str, Any]:
        return await self.socket.call(event, data, timeout=HEAR_SECONDS)

    def frames(self, *events: str) -> list[dict[str, Any]]:
        return [payload for event, payload in self.heard if event in events]

    async def hear(self, *events: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for `count` frames of these events.

        :raise AssertionError: if they do not come.
        """
        async with asyncio.timeout(HEAR_SECONDS):
            while len(self.frames(*events)) < count:
                self._news.clear()
                await self._news.wait()
        return self.frames(*events)

    async def hear_lanes(self, event: str, *lanes: str) -> None:
        """Wait until each of these lanes brought a frame of an event, in whatever order and number.

        :raise AssertionError: if another lane brought one.
        :raise TimeoutError: if one of them never does.
        """
        for lane in lanes:
            await self.hear_one(event, lambda frame, lane=lane: frame["lane"] == lane)
        assert {frame["lane"] for frame in self.frames(event)} == set(lanes)

    async def hear_one(self, event: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a frame of an event that is as wanted. :raise TimeoutError:"""
        async with asyncio.timeout(HEAR_SECONDS):
            while not (found := [frame for frame in self.frames(event) if wanted(frame)]):
                self._news.clear()
                await self._news.wait()
        return found[0]

    async def hear_of(self, event: str, seconds: float = HEAR_SECONDS, **fields: Any) -> dict[str, Any]:
        """Wait until the latest frame of an event has these values in its fields.

        :raise AssertionError: if it never has.
        """
        try:
            async with asyncio.timeout(seconds):
                while not self.frames(event) or not has(self.frames(event)[-1], fields):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{fields} never came, but {self.frames(event)[-3:]}") from None
        return self.frames(event)[-1]

    async def get(self, path: str) -> tuple[int, Any]:
        """Get an address as the same browser. :return: status and JSON."""
        headers = self.headers | {"Accept": "application/json"}
        async with aiohttp.ClientSession(headers=headers) as http, http.get(self.url + path) as response:
            return response.status, await response.json()


def has(frame: dict[str, Any], fields: dict[str, Any]) -> bool:
    return {name: frame.get(name) for name in fields} == fields


def run(story: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, in the context of the test.

    On a thread of its own: once a browser was driven in this process, its event loop occupies the main thread.
    """
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(context.run, asyncio.run, story).result()
