"""Malformed commands: whatever lies in Redis, the worker reads it or leaves it, and goes on."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_room.media.sfu import messages
from tests.media.fuzz.chance import Dice, damaged, rounds

WHO = {"room": "r_1", "participant": "p_1", "connection": "c_1"}
COMMANDS: list[dict[str, Any]] = [
    {
        "type": "grant",
        "room": "r_1",
        "version": 3,
        "rows": {"p_1": {"send": ["camera"], "off": [], "receive": True}},
    },
    {"type": "publish", "request": "q_1", "who": WHO, "sdp": "v=0", "sources": {"0": "camera"}},
    {"type": "subscribe", "who": WHO},
    {"type": "answer", "who": WHO, "number": 4, "sdp": "v=0"},
    {"type": "show", "who": WHO, "tiles": [["p_1", "camera", 180]], "low_data": False},
    {"type": "close", "who": WHO},
]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**53,
    1.5,
    1e308,
    "",
    "x",
    "é" * 50,
    [],
    [[]],
    {},
    {"a": {}},
    [1, 2, 3],
]

json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=10,
)


def _twisted(dice: Dice, value: Any) -> Any:
    """Return a copy in which one part or another is something else, missing, or there twice."""
    if dice.random() < 0.15:
        return dice.choice(VALUES)
    if isinstance(value, dict):
        kept = {name: _twisted(dice, part) for name, part in value.items() if dice.random() > 0.05}
        return kept | (
            {dice.choice(("who", "rows", "sdp", "type", "x")): dice.choice(VALUES)}
            if dice.random() < 0.1
            else {}
        )
    if isinstance(value, list):
        return [_twisted(dice, part) for part in value * dice.choice((1, 1, 1, 2))]
    return value


def _read(data: bytes) -> bool:
    with suppress(ValueError):
        command = messages.decode_command(data)
        hash(getattr(command, "who", None))
        assert isinstance(getattr(command, "sdp", ""), str)
        return True
    return False


@given(json)
@settings(max_examples=300, deadline=None)
def test_arbitrary_json_is_read_or_refused(value: Any) -> None:
    _read(orjson.dumps(value))


@given(st.binary(max_size=100))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    _read(data)


def test_twisted_and_damaged_commands_are_read_or_refused(dice: Dice) -> None:
    read = 0
    for _ in range(rounds(8000)):
        dice.note = twisted(dice)
        read += _read(dice.note)
    assert read > 500


def twisted(dice: Dice) -> bytes:
    """Return a command that is not quite one."""
    made = orjson.dumps(_twisted(dice, dice.choice(COMMANDS)))
    return damaged(dice, made) if dice.random() < 0.2 else made


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"grant","room":"r_1","version":1,"rows":[]}',
        b'{"type":"publish","request":"q","who":{},"sdp":"","sources":[]}',
        b'{"type":"answer","who":{"room":["r"],"participant":"p","connection":"c"},"number":1,"sdp":""}',
        b'{"type":"publish","request":"q","who":{"room":"r","participant":"p","connection":"c"},"sdp":7,"sources":{}}',
        b'{"type":"show","who":{"room":"r","participant":"p","connection":"c"},"tiles":5,"low_data":1}',
        b"[]",
        b"7",
        b"",
    ],
)
def test_what_once_ended_or_confused_a_worker_is_no_command(data: bytes) -> None:
    """The first two raised what the worker's loop did not expect: it stopped, and every room with it."""
    with pytest.raises(ValueError):
        messages.decode_command(data)
