"""Frames that no client of ours sends, over a real WebSocket: each is refused, and the connection and others go on."""

import asyncio
import json

import aiohttp

from realtime import gate, transport
from realtime.server import BEAT_SECONDS
from tests.sockets import HEAR_SECONDS, run

SOCKET = "/socket.io/?EIO=4&transport=websocket"

# Frames with the acknowledgement 7: each must be refused with it.
REFUSED = [
    '427["connect",{"HTTP_COOKIE":"x"}]',
    '427["disconnect"]',
    '427["disconnect","client namespace disconnect"]',
    '427["shout",{}]',
    '427["join"]',
    '427["join",{"room":"challenge-1"},{}]',
    '427["cast",null]',
    '427["cast",[]]',
    "427[]",
    "427[null]",
    "427[7]",
    '427["join",' + "[" * 4000 + "]" * 4000 + "]",
    '427["cast",{"n":' + "9" * 5000 + "}]",
    '427["cast",{"n":NaN}]',
    '427["cast",{"n":Infinity}]',
    '427["typing",{"room":"\\ud800"}]',
    '427["typing",{"room":"challenge-1\\u0000"}]',
    '427["typing",{"room":"challenge-1","role":"owner"}]',
    '427["ready",{"room":"challenge-1","ready":1}]',
    '427["cast",{"op":"' + "x" * gate.BYTES_MAX + '"}]',
]

# Frames without an answer.
IGNORED = [
    "42{}",
    "42null",
    "42",
    '430["ok"]',  # an acknowledgement that nobody asked for
    '4399999999["ok",{"ok":true}]',
    "43",
    '451-7["cast",{"_placeholder":true,"num":0}]',
    '4599-7["cast",{"_placeholder":true,"num":0}]',
    "46",
    "47",
    "4",
    "2",
    "5",
    "6",
]


async def opened(http: aiohttp.ClientSession, room, actor) -> aiohttp.ClientWebSocketResponse:
    """A raw WebSocket of a person, past CONNECT."""
    socket = await http.ws_connect(room.server.url + SOCKET, headers={"Cookie": room.caller(actor).headers["Cookie"]})
    await socket.send_str("40")
    await answer_to(socket, "40")
    return socket


async def answer_to(socket: aiohttp.ClientWebSocketResponse, start: str) -> str:
    """The next frame that begins so. :raise TimeoutError:"""
    async with asyncio.timeout(HEAR_SECONDS):
        while True:
            message = await socket.receive()
            assert message.type == aiohttp.WSMsgType.TEXT, message
            if message.data.startswith(start):
                return message.data


async def works(socket: aiohttp.ClientWebSocketResponse, room) -> bool:
    await asyncio.sleep(0.1)  # a token of the gate
    await socket.send_str(f'428["typing",{{"room":"{room.name}"}}]')
    return (await answer_to(socket, "438")) == '438[{"ok":true}]'


def test_every_frame_of_nobody_is_refused_and_the_connection_goes_on(room):
    async def story():
        async with aiohttp.ClientSession() as http, room.caller(room.people[1]) as other:
            socket = await opened(http, room, room.people[0])
            await socket.send_str(f'427["join",{{"room":"{room.name}"}}]')
            assert '"ok":true' in await answer_to(socket, "437")
            await other.hear_of("presence", here=2)
            for frame in REFUSED:
                await asyncio.sleep(1 / gate.RATE_PER_SECOND)
                await socket.send_str(frame)
                [answer] = json.loads((await answer_to(socket, "437"))[3:])
                assert answer["ok"] is False, frame
                assert answer["error"] in ("invalid", "too_large"), frame
                assert set(answer) == {"ok", "error"}
            for frame in IGNORED:
                await asyncio.sleep(1 / gate.RATE_PER_SECOND)
                await socket.send_str(frame)
            await socket.send_bytes(b'42["cast",{}]')
            assert await works(socket, room)
            await asyncio.sleep(1.2)  # presence is told at most once a second
            assert other.frames("presence")[-1]["here"] == 2, "nobody has left"
            await socket.close()

    run(story())


def test_an_event_before_connect_and_after_disconnect_does_nothing(room):
    join = f'427["join",{{"room":"{room.name}"}}]'

    async def story():
        headers = {"Cookie": room.caller(room.people[0]).headers["Cookie"]}
        url = room.server.url + SOCKET
        async with (
            aiohttp.ClientSession() as http,
            room.caller(room.people[1]) as other,
            http.ws_connect(url, headers=headers) as early,
        ):
            await early.send_str(join)
            await early.send_str("40")
            await answer_to(early, "40")
            await early.send_str(join)
            assert '"ok":true' in await answer_to(early, "437")
            await other.hear_of("presence", here=2)
            await early.send_str("41")
            await early.send_str(join)
            await early.send_str('429["typing",{"room":"challenge-1"}]')
            await other.hear_of("presence", here=1)
            heard = []
            async with asyncio.timeout(transport.IDENTIFY_SECONDS + 2 * BEAT_SECONDS):
                while (message := await early.receive()).type == aiohttp.WSMsgType.TEXT:
                    heard.append(message.data)
            assert not [frame for frame in heard if frame.startswith(("437", "439")) and '"ok":true' in frame]

    run(story())


def test_a_frame_far_above_the_limit_ends_its_connection_only(room):
    async def story():
        async with aiohttp.ClientSession() as http, room.caller(room.people[1]) as other:
            socket = await opened(http, room, room.people[0])
            await socket.send_str('427["cast",{"op":"' + "x" * (transport.TRANSPORT_BYTES_MAX + 1000) + '"}]')
            async with asyncio.timeout(HEAR_SECONDS):
                while (await socket.receive()).type == aiohttp.WSMsgType.TEXT:
                    pass
            assert (await other.call("typing", {"room": room.name}))["ok"]

    run(story())


def test_a_moderator_of_one_room_hears_nothing_of_another(room, server):
    """`join` with the name of another organisation's room, or of a room that there is not."""
    from tests.realtime.conftest import make_room

    stranger = make_room(server).facilitator

    async def story():
        async with room.caller(room.people[0]) as inside, room.caller(stranger) as tab:
            assert inside.joined["ok"]
            assert tab.joined == await tab.call("join", {"room": "challenge-999999"})
            assert tab.joined == {"ok": False, "error": "not_found"}
            assert (await tab.call("typing", {"room": room.name}))["error"] == "not_found"
            assert tab.frames("presence", "facilitation", "fragments", "figures", "phase") == []

    run(story())
