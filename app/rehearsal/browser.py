"""A browser of one person: cookies, the token of the last page, and retries while the server is busy."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from app.rehearsal.pages import Page

TIMEOUT = aiohttp.ClientTimeout(total=30)
PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.5
ZIP = "application/zip"

# The fields of a form; one with several values has a list.
Fields = Mapping[str, str | Sequence[str]]

# A browser would retry these answers, too: too fast, busy, or the server is away for a moment.
TRY_AGAIN = {429, 502, 503, 504}


class Unexpected(Exception):
    """The server gave an answer that the player did not expect."""


@dataclass(frozen=True)
class PageAnswer:
    status: int
    path: str  # after all redirects
    location: str
    page: Page
    text: str
    body: bytes


@dataclass
class Browser:
    """Used as `async with Browser(url) as browser:`. `failures` counts the retries."""

    url: str
    failures: int = 0
    token: str = ""
    http: aiohttp.ClientSession = field(init=False)

    async def __aenter__(self) -> "Browser":
        parts = urlsplit(self.url)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": f"{self.url}/", "Accept-Language": "en"}
        jar = aiohttp.CookieJar(unsafe=True)  # a server under an IP address has cookies, too
        self.http = aiohttp.ClientSession(cookie_jar=jar, headers=headers, timeout=TIMEOUT)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def get(self, path: str) -> PageAnswer:
        """:raise Unexpected: if the page does not arrive after all retries."""
        return await self._patiently("GET", path, None, {})

    async def post(self, path: str, fields: Fields) -> PageAnswer:
        """Send a form of the page."""
        return await self._patiently("POST", path, {"op": str(uuid.uuid4()), **fields, "csrf_token": self.token}, {})

    async def send(self, path: str, fields: Fields) -> PageAnswer:
        """Send a form as the page's script does: the page stays, and the answer holds the address of the new record."""
        return await self._patiently("POST", path, {"op": str(uuid.uuid4()), **fields}, {"X-CSRFToken": self.token})

    async def _patiently(self, method: str, path: str, data: Fields | None, headers: dict[str, str]) -> PageAnswer:
        give_up = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            try:
                answer = await self._once(method, path, data, headers)
                if answer.status not in TRY_AGAIN or answer.page.bits:  # without the work it is refused again
                    return answer
                problem = f"{method} {path} answered {answer.status}"
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                problem = f"{method} {path}: {str(error) or type(error).__name__}"
            self.failures += 1
            if asyncio.get_running_loop().time() > give_up:
                raise Unexpected(problem)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _once(self, method: str, path: str, data: Fields | None, headers: dict[str, str]) -> PageAnswer:
        sent = None if data is None else aiohttp.FormData(_pairs(data))
        async with self.http.request(method, self.url + path, data=sent, headers=headers) as response:
            body = await response.read()
            text = "" if response.content_type == ZIP else await response.text()
            page = Page(text if response.content_type == "text/html" else "")
            self.token = page.token or self.token
            location = response.headers.get("Location", "")
            return PageAnswer(response.status, response.url.path, location, page, text, body)


def _pairs(fields: Fields) -> list[tuple[str, str]]:
    values = ((name, [value] if isinstance(value, str) else value) for name, value in fields.items())
    return [(name, one) for name, of in values for one in of]


def expect(answer: PageAnswer, *statuses: int) -> PageAnswer:
    """:raise Unexpected: if the answer has another status."""
    if answer.status not in statuses:
        raise Unexpected(f"{answer.path} answered {answer.status}")
    return answer
