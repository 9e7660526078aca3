"""A cable that can be cut: a TCP proxy in front of a server that goes silent without closing."""

import asyncio
from types import TracebackType


class Cable:
    """Passes bytes on both ways. After `cut` it accepts bytes and drops them, as a dead network does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.is_cut = False
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Cable":
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()

    def cut(self) -> None:
        self.is_cut = True

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            if self.is_cut:
                continue
            target.write(chunk)
        if not self.is_cut:
            target.close()
