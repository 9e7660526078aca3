"""The disk becomes full under a running server: casts are answered `busy`, pages 503; with space both work again."""

import re
import resource

import aiohttp
import pytest
from sqlalchemy import select

from ideas.database import db
from ideas.models import Challenge, Idea
from tests import factories
from tests.realtime.conftest import Room, make_room
from tests.reliability.conftest import running
from tests.servers import Server
from tests.sockets import run

# No file of the server grows beyond this. Its log stays below; the next pages of the database do not.
BYTES_MAX = 16 * 1024


@pytest.fixture
def server(empty_database, tmp_path):
    with running(Server(tmp_path).lay(empty_database)) as served:
        yield served


def limit_files(server: Server, size: int) -> None:
    """Let every write of the server fail that makes a file larger than this, as on a full disk."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def form_of(http: aiohttp.ClientSession, room: Room) -> dict[str, str]:
    """The fields of the form for an idea, on the page of the room."""
    async with http.get(f"{room.server.url}/challenges/{room.challenge_id}") as page:
        [token] = set(re.findall(r'name="csrf_token" value="([^"]+)"', await page.text()))
    return {"csrf_token": token, "op": factories.op(), "title": "Crates with wheels"}


async def post_idea(
    http: aiohttp.ClientSession, room: Room, fields: dict[str, str]
) -> tuple[int, aiohttp.ClientResponse]:
    address = f"{room.server.url}/challenges/{room.challenge_id}/ideas"
    async with http.post(address, data=fields, allow_redirects=False) as answer:
        return answer.status, answer


def test_a_full_disk_refuses_honestly_and_needs_no_restart(server):
    room = make_room(server)
    idea = room.submit(room.people[0])
    first, command = room.cast(idea, -1), room.cast(idea)
    tab = room.caller(room.people[1])
    room_path = f"/challenges/{db.session.get_one(Challenge, room.challenge_id).slug}"
    db.session.remove()
    assert server.log_size < BYTES_MAX / 2
    assert server.database.with_name("test.db-wal").stat().st_size > BYTES_MAX

    async def story():
        jar = aiohttp.CookieJar(unsafe=True)  # it takes the cookies of an address too
        async with tab, aiohttp.ClientSession(headers={**tab.headers, "Referer": server.url}, cookie_jar=jar) as http:
            assert (await tab.call("cast", first))["ok"]
            fields = await form_of(http, room)
            limit_files(server, BYTES_MAX)
            for _ in range(2):
                answer = await tab.call("cast", command)
                assert (answer["ok"], answer.get("error")) == (False, "busy"), answer
            status, answer = await post_idea(http, room, fields)
            assert (status, answer.headers.get("Retry-After")) == (503, "5")
            async with http.get(server.url + room_path) as page:
                assert page.status == 200, "reading needs no space"

            limit_files(server, resource.RLIM_INFINITY)
            answer = await tab.call("cast", command)
            assert answer["ok"]
            assert not answer.get("dup"), "nothing of the refused casts was stored"
            status, answer = await post_idea(http, room, fields)
            assert (status, answer.headers["Location"].split("#")[0]) == (303, room_path)

    run(story())
    db.session.remove()
    titles = select(Idea.id).where(Idea.challenge_id == room.challenge_id)
    assert len(db.session.scalars(titles).all()) == 2, "the idea that was sent again is there once"
    assert factories.journal_holds() == []
    assert "can't be used" in server.log()
    assert "Traceback" not in server.log(), server.log()
