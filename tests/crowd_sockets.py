"""Raw Socket.IO clients for crowds: a thousand cost little, and a test decides when and how much each one reads."""

import asyncio
import base64
import json
import os
import socket
import struct
from typing import Any

from tests.sockets import HEAR_SECONDS

TEXT, CLOSE = 1, 8
# A mask of zeros leaves the text as it is.
MASK = b"\0" * 4


class Gone(Exception):
    """The server has ended the connection, or refused it."""


class RawSocket:
    """One WebSocket in a room. With `receive_buffer` the system takes only so many bytes that nobody has read."""

    def __init__(self, port: int, cookie: str, challenge_id: int, receive_buffer: int = 0) -> None:
        self._port, self._cookie, self._room = port, cookie, f"challenge-{challenge_id}"
        self._receive_buffer = receive_buffer
        self._data = b""
        self._connection: socket.socket | None = None

    async def join(self) -> dict[str, Any]:
        """Connect, introduce and join. :return: the answer. :raise Gone:"""
        connection = self._connection = socket.socket()
        if self._receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(connection, ("127.0.0.1", self._port))
            key = base64.b64encode(os.urandom(16)).decode()
            await loop.sock_sendall(
                connection,
                f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
                f"Cookie: {self._cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode(),
            )
            while b"\r\n\r\n" not in self._data:
                await self._read()
        except OSError as error:
            raise Gone(str(error)) from None
        head, self._data = self._data.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise Gone(head.decode())
        await self.send("40")
        await self.answer("40")
        await self.send(f'421["join",{{"room":"{self._room}"}}]')
        answer: dict[str, Any] = json.loads((await self.answer("431"))[3:])[0]
        return answer

    async def send(self, text: str) -> None:
        """:raise Gone:"""
        data = text.encode()
        size = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
        assert self._connection
        try:
            await asyncio.get_running_loop().sock_sendall(self._connection, b"\x81" + size + MASK + data)
        except OSError as error:
            raise Gone(str(error)) from None

    async def answer(self, start: str) -> str:
        """The next text that begins so; the ones before it are dropped. :raise Gone: :raise TimeoutError:"""
        async with asyncio.timeout(HEAR_SECONDS):
            while not (text := await self.next()).startswith(start):
                pass
        return text

    async def next(self, most: int = 65_536) -> str:
        """The next text; pings are answered. It reads at most so many bytes at once. :raise Gone:"""
        while True:
            while (found := self._frame()) is None:
                await self._read(most)
            opcode, payload = found
            if opcode == CLOSE:
                raise Gone(payload.hex())
            if payload == b"2":
                await self.send("3")
            elif opcode == TEXT:
                return payload.decode()

    def drop(self) -> None:
        """Close without a word."""
        if self._connection:
            self._connection.close()
        self._data = b""

    def _frame(self) -> tuple[int, bytes] | None:
        """The next frame if all of it is there."""
        if len(self._data) < 2:
            return None
        size, start = self._data[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(self._data[2:start], "big")
        if len(self._data) < start + size or len(self._data) < start:
            return None
        opcode, payload = self._data[0] & 0x0F, self._data[start : start + size]
        self._data = self._data[start + size :]
        return opcode, payload

    async def _read(self, most: int = 65_536) -> None:
        assert self._connection
        try:
            data = await asyncio.get_running_loop().sock_recv(self._connection, most)
        except OSError as error:
            raise Gone(str(error)) from None
        if not data:
            raise Gone("closed")
        self._data += data
