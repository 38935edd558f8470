"""What a hostile page may try: a refusal each time, never an exception, and everybody else is unaffected."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import websocket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_room.realtime import inbound
from lti_room.realtime.names import Act, ClientMessage
from lti_room.rooms.roles import Role
from tests.support.pages import Page, TestRoom
from tests.support.stack import wait_until

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["id", "do", "target", "source", "on", "access", "title", "allowed", "role", "grant", "given",
     "microphone", "camera", "text", "emoji", "page", "search", "sdp", "sources", "number", "hash", "phone",
     "versions", "tiles", "low_data",
     "chat", "protocol", "ticket", "connection", "seen"]
)  # fmt: skip
LIKELY = st.sampled_from(
    [*Act, "publish", "subscribe", "answer", "view", "p_abc", "c_abc", "microphone", "host", "everyone",
     "present", "clap", "1-0", "ab" * 32, 1, 0, -1, 2**70, True, None, "\ud800", "\x00", "x" * 5000,
     {"a": "camera"}, {"p_a/camera": 90}, []]
)  # fmt: skip
MESSAGES = st.dictionaries(FIELDS, LIKELY | JSON, max_size=8) | JSON

PARSERS: dict[str, Any] = {
    "hello": inbound.hello,
    "seen": inbound.seen,
    "enter": inbound.enter,
    "act": inbound.act,
    "chat": lambda payload: inbound.chat(payload, 100),
    "reaction": inbound.reaction,
    "roster": inbound.roster,
    "window": inbound.window,
    "media": inbound.media,
    "nothing": inbound.nothing,
}


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=400, deadline=None)
@given(payload=MESSAGES)
def test_a_parser_refuses_and_never_fails(name: str, payload: Any) -> None:
    with suppress(inbound.BadMessage, inbound.UnknownProtocol):
        PARSERS[name](payload)


@settings(max_examples=300, deadline=None)
@given(fields=st.dictionaries(FIELDS, LIKELY, max_size=8), do=st.sampled_from([*Act]))
def test_every_act_is_parsed_or_refused(fields: dict[str, Any], do: Act) -> None:
    try:
        asked = inbound.act({**fields, "id": "1", "do": do})
    except inbound.BadMessage:
        return
    assert asked.id == "1"


def test_every_act_has_a_parser() -> None:
    assert set(inbound._ACTS) == set(Act)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    message=st.sampled_from([*ClientMessage, "unknown", "connect", "disconnect", "__init__", ""]),
    payload=MESSAGES,
)
def test_over_the_socket_it_is_always_an_answer(victim: Page, message: str, payload: Any) -> None:
    if message in {"leave", "connect", "disconnect"}:
        return
    answer = victim.call(message, payload)
    assert set(answer) >= {"ok"}
    assert answer["ok"] or answer["error"]["code"] != "internal", answer
    assert victim.connected


@pytest.fixture(scope="module")
def stack_settings() -> dict[str, str]:
    return {"LTI_ROOM_ACTS_PER_10_SECONDS": "300"}


@pytest.fixture
def victim(room: TestRoom) -> Page:
    return room.join("Mallory", Role.ATTENDEE)


def test_the_reserved_words_of_socketio_are_just_unknown_messages(victim: Page) -> None:
    environ = {"HTTP_ORIGIN": victim.room.stack.settings.public_url}
    auth = {"protocol": 1, "ticket": victim.room.ticket(victim.member), "connection": "c_forged"}
    for word in ("connect", "disconnect", "trigger_event", "__del__", ""):
        assert victim.call(word, (environ, auth))["error"]["code"] == "bad_message"
    assert not victim.room.redis.hexists(f"room:{victim.room.id}:connections", "c_forged")
    assert victim.act("raise_hand")["ok"]


@pytest.fixture
def raw(room: TestRoom) -> Iterator[websocket.WebSocket]:
    """A websocket on which one may write anything."""
    url = room.stack.url.replace("http", "ws") + "/socket/?EIO=4&transport=websocket"
    opened = websocket.create_connection(url, origin=room.stack.settings.public_url, timeout=5)
    opened.recv()
    yield opened
    opened.shutdown()


def has_ended(raw: websocket.WebSocket) -> bool:
    try:
        while raw.recv():
            pass
    except (websocket.WebSocketException, OSError):
        return True
    return not raw.connected


@pytest.mark.parametrize(
    "garbage",
    ["", "x", "4", "4x", "42", "42[", "49", "4999999999-/room,", "42/room,{}", "42/room,[]", "42/room,[{}]",
     "42/room,[1,2]", "42/room,99999999999999999999[]", "45-[",
     "451-/room,[{\"_placeholder\":true,\"num\":0}]",
     "4" + "[" * 50_000, "43/room,1[]", "44/room,{}", "6", "2probe", "9", "b4AAAA", "4²", "42/room,²[]"],
)  # fmt: skip
def test_garbage_below_socketio_ends_nothing_else(
    room: TestRoom, raw: websocket.WebSocket, garbage: str
) -> None:
    raw.send(garbage)
    raw.send_binary(garbage.encode())
    raw.close()
    for process in room.stack.webs:
        process.assert_alive()
    assert "Traceback" not in room.stack.webs[0].log.read_text()


def test_a_message_that_is_too_large_ends_its_own_connection(room: TestRoom) -> None:
    mallory, noah = room.join("Mallory"), room.join("Noah Kim")
    mallory.send("chat", {"id": "1", "text": "x" * room.stack.settings.message_bytes})
    wait_until(lambda: not mallory.connected, 5, "cut off")
    noah.done("raise_hand")


def test_a_frame_that_claims_to_be_huge_is_cut_off_at_once(raw: websocket.WebSocket) -> None:
    raw.sock.sendall(b"\x81\xff" + (1 << 40).to_bytes(8) + b"mask" + b"x" * 1000)
    began = time.monotonic()
    assert has_ended(raw)
    assert time.monotonic() - began < 3


def test_endless_fragments_are_cut_off(raw: websocket.WebSocket) -> None:
    head = b"\x01\xfe" + (60_000).to_bytes(2) + b"\0\0\0\0" + b"x" * 60_000
    more = b"\x00" + head[1:]
    raw.sock.sendall(head)
    with pytest.raises(OSError):
        write_for_ever(raw, more)


def write_for_ever(raw: websocket.WebSocket, data: bytes) -> None:
    for _ in range(200):
        raw.sock.sendall(data)
        time.sleep(0.01)


def test_polling_is_not_spoken(room: TestRoom) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{room.stack.url}/socket/?EIO=4&transport=polling", timeout=5)
    refused.value.close()
    assert refused.value.code == 400


def test_a_page_cannot_act_for_another_room_or_person(room: TestRoom) -> None:
    """There is no field for either: both come from the ticket."""
    mallory, noah = room.join("Mallory"), room.join("Noah Kim", web=1)
    mallory.act("raise_hand", participant=noah.id, room="r_other", actor=noah.id, by=noah.id)
    raised = noah.wait_event("hand_raised")
    assert raised["participant"] == mallory.id
