"""Events and rooms as JSON: what comes back is what went in, also from other versions' writers."""

import json
from typing import Any

import pytest

from lti_room.rooms import codec, snapshot
from lti_room.rooms.commands import GetReady, GiveGrant, GiveRole, Lose, RaiseHand, RemoveFromRoom
from lti_room.rooms.events import Event, HandRaised, Recorded, RoleGiven, StageMoved
from lti_room.rooms.model import Room
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move
from tests.support.room_events import ELENA, EXAMPLES, NOAH
from tests.support.rooms import NOW, ROOM, a_host, a_room, an_attendee


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.TYPE)
@pytest.mark.parametrize("command_id", [None, "k1"])
def test_an_event_comes_back(event: Event, command_id: str | None) -> None:
    recorded = Recorded(42, NOW + 0.125, event, command_id)
    assert codec.decode(codec.encode(recorded)) == recorded


def test_the_envelope_is_as_documented() -> None:
    recorded = Recorded(42, NOW, StageMoved(NOAH, Move.ACCEPT, NOAH, role=Role.HOST, camera=True), "k1")
    assert json.loads(codec.encode(recorded)) == {
        "v": 42,
        "at": NOW,
        "type": "stage_moved",
        "version": 1,
        "participant": "p_noah",
        "move": "accept",
        "by": "p_noah",
        "until": None,
        "role": "host",
        "microphone": False,
        "camera": True,
        "cmd": "k1",
    }


def test_no_field_is_hidden_by_the_envelope() -> None:
    names = {name for shape in codec.SHAPES.values() for name in shape.readers}
    assert not names & {"v", "at", "type", "version", "cmd"}


def envelope(**changes: Any) -> bytes:
    full = {
        "v": 1,
        "at": NOW,
        "type": "role_given",
        "version": 1,
        "participant": NOAH,
        "role": None,
        "by": ELENA,
    }
    return json.dumps(
        {name: value for name, value in {**full, **changes}.items() if value != "gone"}
    ).encode()


def test_fields_of_a_later_version_are_dropped_and_missing_ones_take_their_default() -> None:
    assert codec.decode(envelope(version=9, reason="late")).event == RoleGiven(NOAH, None, ELENA)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        envelope(type="room_painted"),
        envelope(by="gone"),
        envelope(v="gone"),
        envelope(role="king"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(codec.CodecError, match="room_unreadable"):
        codec.decode(data)


def test_errors_show_nothing_of_what_was_read() -> None:
    with pytest.raises(codec.CodecError) as caught:
        codec.decode(envelope(role="secret-value"))
    assert "secret-value" not in str(caught.value)


def a_full_room() -> Room:
    host, amara, mei = a_host(), an_attendee("amara"), an_attendee("mei")
    scene = a_room().bring(host, an_attendee("noah")).ask(amara).invite(host, mei)
    scene.do(GetReady(), mei)
    scene.do(RaiseHand(), an_attendee("noah"))
    scene.do(Lose(an_attendee("noah").participant))
    scene.do(GiveRole(amara.participant, Role.MODERATOR), host)
    scene.do(GiveGrant(mei.participant, Grant.PRESENT, True), host)
    troll = an_attendee("troll")
    scene.here(troll).do(RemoveFromRoom(troll.participant), host)
    return scene.room


@pytest.mark.parametrize("room", [Room(ROOM), a_room().room, a_full_room()], ids=["new", "open", "full"])
def test_a_room_comes_back(room: Room) -> None:
    data = snapshot.encode(room)
    assert snapshot.decode(data) == room
    assert data.startswith(b'{"version":%d,' % room.version), "the store's script reads it there"


def test_a_snapshot_keeps_nothing_that_is_at_its_default() -> None:
    room = a_full_room()
    assert json.loads(snapshot.encode(room))["people"]["p_troll"] == {"removed": True}


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", snapshot.encode(Room(ROOM)).replace(b'"format":1', b'"format":9')]
)
def test_a_snapshot_that_cannot_be_read_is_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(codec.CodecError):
        snapshot.decode(data)


def test_a_stored_event_holds_ids_only() -> None:
    text = codec.encode(Recorded(1, NOW, HandRaised(NOAH))).decode()
    assert set(json.loads(text)) == {"v", "at", "type", "version", "participant"}
