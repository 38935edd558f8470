"""What web processes and workers say to each other survives the way through Redis."""

import pytest

from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.media.backend import (
    Endpoint,
    EndpointClosed,
    GrantRow,
    GrantTable,
    LayersWanted,
    MediaEvent,
    MediaSource,
    PicturesPaused,
    Speaking,
    SubscribeOffer,
    View,
)
from lti_room.media.sfu import messages
from lti_room.media.sfu.messages import Answer, Close, Command, Publish, Show, Subscribe

A, PAGE, ROOM = ParticipantId("p_a"), ConnectionId("c_1"), RoomId("r_1")
WHO = Endpoint(ROOM, A, PAGE)
CAMERA, SCREEN = MediaSource.CAMERA, MediaSource.SCREEN


@pytest.mark.parametrize(
    "command",
    [
        GrantTable(ROOM, 7, {A: GrantRow(frozenset({CAMERA}), frozenset({CAMERA}), False)}),
        Publish("q_1", WHO, "sdp", {"0": CAMERA}),
        Subscribe(WHO),
        Answer(WHO, 3, "sdp"),
        Show(WHO, View({(A, CAMERA): 180, (A, SCREEN): 0}, low_data=True)),
        Show(WHO, View({})),
        Close(WHO),
    ],
)
def test_a_command_is_read_as_it_was_written(command: Command) -> None:
    assert messages.decode_command(messages.encode_command(command)) == command


@pytest.mark.parametrize(
    "event",
    [
        SubscribeOffer(PAGE, 3, "sdp", {"1": (A, SCREEN)}),
        Speaking(ROOM, (A,)),
        EndpointClosed(PAGE, "publish", "timeout"),
        LayersWanted(PAGE, {CAMERA: ("l", "m"), SCREEN: ()}),
        PicturesPaused(PAGE, frozenset({(A, CAMERA), (A, SCREEN)}), True),
    ],
)
def test_an_event_is_read_as_it_was_written(event: MediaEvent) -> None:
    assert messages.decode_event(messages.encode_event(event)) == event
