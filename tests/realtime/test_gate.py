"""The gate checks frames before anything parses them."""

import pytest

from realtime import gate


def check(frame):
    return gate.check(frame, gate.TokenBucket())


def test_ordinary_frames_pass():
    assert check('20["join",{"room":"challenge-1"}]') is None
    assert check('217["cast",{"marks":{"1":1}}]') is None
    assert check("0") is None


def test_a_flood_is_refused_with_its_ack_number_before_parsing():
    bucket = gate.TokenBucket()
    frames = [gate.check(f'2{n}["cast",{{]', bucket) for n in range(gate.BURST + 1)]

    assert {f.error for f in frames[: gate.BURST]} == {"invalid"}
    assert frames[-1].error == "busy"
    assert frames[-1].packet() == f'3{gate.BURST}[{{"ok": false, "error": "busy", "retry_after": 1}}]'


def test_a_token_bucket_refills(monkeypatch):
    now = 100.0
    monkeypatch.setattr(gate.time, "monotonic", lambda: now)
    bucket = gate.TokenBucket(filled_at=now)
    assert all(bucket.take() for _ in range(gate.BURST))
    assert not bucket.take()

    now += 1.0

    assert [bucket.take() for _ in range(gate.RATE_PER_SECOND + 1)] == [True] * gate.RATE_PER_SECOND + [False]


@pytest.mark.parametrize("name", ["connect", "disconnect", "message", "*", "\\u0063ast"])
def test_events_without_a_handler_are_dropped(name):
    assert check(f'23["{name}",{{}}]').error == "invalid"


def test_a_large_frame_is_refused_as_too_large():
    refused = check('25["cast",{"op":"' + "x" * gate.BYTES_MAX + '"}]')

    assert (refused.error, refused.ack) == ("too_large", 5)


def test_the_size_limit_counts_bytes_and_not_characters():
    assert check('25["cast",{"op":"' + "ü" * (gate.BYTES_MAX // 2) + '"}]').error == "too_large"


@pytest.mark.parametrize("frame", [b"\x00\x01", '51-["cast",{"_placeholder":true}]', "61-[]", "9", "", "2", "2[]"])
def test_binary_and_unknown_packets_are_refused(frame):
    assert check(frame).error == "invalid"


def test_nesting_ignores_brackets_inside_strings():
    assert gate.nesting('["cast",{"a":["]]]]"]}]') == 3
    assert gate.nesting('["a\\"[[[[",{}]') == 2
    assert check('21["cast",' + "[" * 8 + "]" * 8 + "]").error == "invalid"
    assert check('21["cast",' + "[" * 7 + "]" * 7 + "]") is None


@pytest.mark.parametrize(
    "frame",
    [
        "0" + "[" * 9000,
        "1" + "[" * 9000,
        "3" + "[" * 9000,
        "0{bad",
        "0abc",
        '1"x',
        "3/x,true",
        "22-[]",
        '20["join",{},1,2]',
        '20["join",{"n":' + "1" * 5000 + "}]",
        '20["join",{"n":NaN}]',
        '20["join",{"n":-Infinity}]',
        '20["join",{"n":-0}]',
        '20["join",{"n":"\x00"}]',
        '20["join",' + "[" * 4000 + "]" * 4000 + "]",
        "20{}",
        "20null",
    ],
)
def test_frames_that_would_break_the_library_are_refused(frame):
    assert check(frame).error == "invalid"


@pytest.mark.parametrize("frame", ["0", '0{"token":1}', "1", "0/x,", '30["ok"]', '2["join",{}]', '2/x,7["join",{}]'])
def test_well_formed_frames_of_every_type_pass(frame):
    assert check(frame) is None
