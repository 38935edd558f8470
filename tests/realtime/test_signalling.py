"""Media signalling, with a media server that writes down what it is asked and says what the test wants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.media.backend import (
    Endpoint,
    EndpointClosed,
    GrantTable,
    LayersWanted,
    MediaEvent,
    MediaLost,
    MediaSource,
    PicturesPaused,
    Speaking,
    SubscribeOffer,
    View,
)
from lti_room.realtime.inbound import Answer, BadMessage, CloseMedia, Publish, Subscribe, media
from lti_room.realtime.names import ServerMessage
from lti_room.realtime.signalling import Signalling

ROOM = RoomId("r_1")
PAGE = ConnectionId("c_1")
NOAH = ParticipantId("p_noah")


@dataclass
class Recorder:
    """A MediaBackend that writes down."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def grant(self, table: GrantTable) -> None:
        self.asked.append(("grant", table.room))

    def publish(self, who: Endpoint, sdp: str, sources: Mapping[str, MediaSource]) -> str:
        self.asked.append(("publish", who, sdp, dict(sources)))
        return "answer"

    def subscribe(self, who: Endpoint) -> None:
        self.asked.append(("subscribe", who))

    def answer(self, who: Endpoint, number: int, sdp: str) -> None:
        self.asked.append(("answer", who, number, sdp))

    def view(self, who: Endpoint, view: View) -> None:
        self.asked.append(("view", who, view))

    def close(self, who: Endpoint) -> None:
        self.asked.append(("close", who))

    def lost_rooms(self, worker: str) -> tuple[RoomId, ...]:
        return (ROOM,) if worker == "0" else ()

    def run(self, sink: Callable[[MediaEvent], None]) -> None:
        raise AssertionError("not used here")


class Stage:
    """A page in a hall, and what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.media = Recorder()
        self.live: ConnectionId | None = PAGE
        self.page: Any = SimpleNamespace(
            id=PAGE, room=ROOM, participant=NOAH, has_media=False, endpoint=Endpoint(ROOM, NOAH, PAGE)
        )
        hall = SimpleNamespace(
            pages=[self.page],
            speaking=(),
            tell=lambda pages, message, payload: self.told.extend((message, payload) for _ in pages),
            tell_all=lambda message, payload: self.told.append((message, payload)),
        )
        halls: Any = SimpleNamespace(get=lambda room: hall if room == ROOM else None)
        presence: Any = SimpleNamespace(live_page=lambda room, participant: (self.live, "tab"))
        follow: Any = SimpleNamespace(give_again=lambda worker: self.told.append(("grants", worker)))
        find = {PAGE: self.page}.get
        self.abandoned: list[Endpoint] = []
        self.with_media: set[Endpoint] = set()
        media_pages: Any = SimpleNamespace(
            add=self.with_media.add, remove=self.with_media.discard, look=lambda room: self.abandoned
        )
        self.hall: Any = SimpleNamespace(id=ROOM)
        self.signalling = Signalling(self.media, halls, presence, follow, find, media_pages)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_a_live_page_asks_goes_to_the_media_server(stage: Stage) -> None:
    who = stage.page.endpoint
    offer = Publish("offer", {"0": MediaSource.CAMERA})
    assert stage.signalling.handle(stage.page, offer) == {"sdp": "answer"}
    assert stage.signalling.handle(stage.page, Subscribe()) == {}
    assert stage.signalling.handle(stage.page, Answer(3, "sdp")) == {}
    view = View({(NOAH, MediaSource.SCREEN): 720}, low_data=True)
    assert stage.signalling.handle(stage.page, view) == {}
    assert stage.signalling.handle(stage.page, CloseMedia()) == {}
    assert stage.media.asked == [
        ("publish", who, "offer", {"0": MediaSource.CAMERA}),
        ("subscribe", who),
        ("answer", who, 3, "sdp"),
        ("view", who, view),
        ("close", who),
    ]
    stage.signalling.close(stage.page)
    assert len(stage.media.asked) == 5, "closed already"
    assert stage.with_media == set()


def test_the_media_of_an_abandoned_page_is_closed(stage: Stage) -> None:
    stage.signalling.handle(stage.page, Subscribe())
    stage.signalling.close_abandoned(stage.hall)
    assert stage.with_media == {stage.page.endpoint}
    stage.abandoned = [stage.page.endpoint]
    stage.signalling.close_abandoned(stage.hall)
    assert stage.media.asked[1:] == [("close", stage.page.endpoint)]
    assert stage.with_media == set()


@pytest.mark.parametrize("signal", [Publish("offer", {}), Subscribe(), Answer(1, "sdp"), View({})])
def test_another_page_of_the_same_person_gets_nothing(stage: Stage, signal: Any) -> None:
    stage.live = ConnectionId("c_other")
    with pytest.raises(AppError, match="media_not_granted"):
        stage.signalling.handle(stage.page, signal)
    assert stage.media.asked == []


def test_an_offer_reaches_its_page_alone(stage: Stage) -> None:
    tracks = {"0": (ParticipantId("p_elena"), MediaSource.CAMERA)}
    stage.signalling._take(SubscribeOffer(PAGE, 2, "sdp", tracks))
    stage.signalling._take(SubscribeOffer(ConnectionId("c_elsewhere"), 2, "sdp", tracks))
    shown = {"0": {"participant": "p_elena", "source": "camera"}}
    assert stage.told == [
        (ServerMessage.MEDIA, {"do": "offer", "number": 2, "sdp": "sdp", "tracks": shown}),
    ]


def test_a_closed_connection_is_told(stage: Stage) -> None:
    stage.signalling._take(EndpointClosed(PAGE, "publish", "ice failed"))
    assert stage.told == [
        (ServerMessage.MEDIA, {"do": "closed", "which": "publish", "reason": "ice failed"}),
    ]


def test_a_page_is_told_what_is_watched_of_it_and_what_is_paused(stage: Stage) -> None:
    active = {MediaSource.CAMERA: ("l", "m"), MediaSource.SCREEN: ("l",)}
    stage.signalling._take(LayersWanted(PAGE, active))
    paused = frozenset({(NOAH, MediaSource.SCREEN), (NOAH, MediaSource.CAMERA)})
    stage.signalling._take(PicturesPaused(PAGE, paused, True))
    stage.signalling._take(PicturesPaused(ConnectionId("c_elsewhere"), paused, True))
    assert stage.told == [
        (ServerMessage.MEDIA, {"do": "layers", "active": {"camera": ["l", "m"], "screen": ["l"]}}),
        (
            ServerMessage.MEDIA,
            {"do": "paused", "tiles": ["p_noah/camera", "p_noah/screen"], "weak": True},
        ),
    ]


def test_a_view_names_tiles_by_participant_and_source() -> None:
    tiles = {"p_elena/camera": 360, "p_elena/screen": 0, "p_n-o_ah/camera": 4320}
    found = media({"do": "view", "tiles": tiles, "low_data": True})
    elena = ParticipantId("p_elena")
    assert found == View(
        {
            (elena, MediaSource.CAMERA): 360,
            (elena, MediaSource.SCREEN): 0,
            (ParticipantId("p_n-o_ah"), MediaSource.CAMERA): 4320,
        },
        low_data=True,
    )


@pytest.mark.parametrize(
    "tiles",
    [
        None,
        [],
        {"p_elena": 1},
        {"p_elena/microphone": 1},
        {"p_elena/camera": -1},
        {"p_elena/camera": 4321},
        {"p_elena/camera": 1.5},
        {"p_elena/camera": True},
        {"p_elena/camera\n": 1},
        {"c_1/camera": 1},
        {f"p_{n}/camera": 1 for n in range(65)},
    ],
)
def test_a_view_that_is_none_is_refused(tiles: Any) -> None:
    with pytest.raises(BadMessage):
        media({"do": "view", "tiles": tiles, "low_data": False})
    with pytest.raises(BadMessage):
        media({"do": "view", "tiles": {}})


def test_speaking_is_told_when_it_changes(stage: Stage) -> None:
    for speakers in ((NOAH,), (NOAH,), ()):
        stage.signalling._take(Speaking(ROOM, speakers))
    stage.signalling._take(Speaking(RoomId("r_elsewhere"), (NOAH,)))
    assert [payload for _, payload in stage.told] == [{"participants": (NOAH,)}, {"participants": ()}]


def test_after_a_lost_worker_the_grants_go_first(stage: Stage) -> None:
    stage.signalling._take(MediaLost("0"))
    assert stage.told == [("grants", "0")], "this page had no media"
    stage.page.has_media = True
    stage.signalling._take(MediaLost("0"))
    assert stage.told[1:] == [("grants", "0"), (ServerMessage.MEDIA, {"do": "restart"})]
