"""The port between rooms and media. Nothing outside `media/` may know which backend runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId


class MediaSource(StrEnum):
    """What a participant can send."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"

    @property
    def kind(self) -> str:
        """The kind of medium that carries it, as a session description says it."""
        return "audio" if self is MediaSource.MICROPHONE else "video"


class MediaErrorCode(StrEnum):
    """Why the media server did not do what was asked. Part of the wire protocol."""

    BAD_SDP = "media_bad_sdp"
    NOT_GRANTED = "media_not_granted"
    UNREACHABLE = "media_unreachable"
    TIMEOUT = "media_timeout"


class MediaError(AppError):
    """The media server refused or did not answer."""


@dataclass(frozen=True)
class GrantRow:
    """What one participant may do: sources that may be sent, those of them switched off, and receiving."""

    send: frozenset[MediaSource] = frozenset()
    off: frozenset[MediaSource] = frozenset()
    receive: bool = True


@dataclass(frozen=True)
class GrantTable:
    """All grants of a room at one room version. Whoever is in no row may receive and send nothing.

    The worker keeps the newest version it saw, ignores older ones, and drops what is not granted,
    whatever a browser does.
    """

    room: RoomId
    version: int
    rows: Mapping[ParticipantId, GrantRow] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """One page of one participant, as media sees it."""

    room: RoomId
    participant: ParticipantId
    connection: ConnectionId


@dataclass(frozen=True)
class View:
    """What a page shows: the height of each visible picture in device pixels. What is not named is not sent.

    `low_data`: the person wants as little as possible.
    """

    tiles: Mapping[tuple[ParticipantId, MediaSource], int]
    low_data: bool = False


@dataclass(frozen=True)
class SubscribeOffer:
    """The server's offer for what `connection` receives. `tracks`: mid -> (participant, source)."""

    connection: ConnectionId
    number: int
    sdp: str
    tracks: Mapping[str, tuple[ParticipantId, MediaSource]]


@dataclass(frozen=True)
class Speaking:
    """Who is audible in a room just now, loudest first."""

    room: RoomId
    participants: tuple[ParticipantId, ...]


@dataclass(frozen=True)
class MediaLost:
    """This worker is gone or was replaced; the pages of its rooms must publish and subscribe again."""

    worker: str


@dataclass(frozen=True)
class EndpointClosed:
    """The worker closed a peer connection of this page (`publish` or `subscribe`) and says why."""

    connection: ConnectionId
    which: str
    reason: str


@dataclass(frozen=True)
class LayersWanted:
    """Which encodings of this page's pictures somebody watches; the others are not worth sending."""

    connection: ConnectionId
    active: Mapping[MediaSource, tuple[str, ...]]


@dataclass(frozen=True)
class PicturesPaused:
    """Which pictures of those this page shows are not sent: its line is too `weak`, or it saves data."""

    connection: ConnectionId
    tiles: frozenset[tuple[ParticipantId, MediaSource]]
    weak: bool


MediaEvent = SubscribeOffer | Speaking | MediaLost | EndpointClosed | LayersWanted | PicturesPaused


class MediaBackend(Protocol):
    """What the rest of the program asks of the media server. Calls block the calling greenlet only."""

    def grant(self, table: GrantTable) -> None:
        """Hand the grants to the worker that serves (or will serve) the room. Returns once Redis has them."""
        ...

    def publish(self, who: Endpoint, sdp: str, sources: Mapping[str, MediaSource]) -> str:
        """Answer a client's publish offer; `sources` maps the offer's mids. A new one replaces the old one.

        Raises:
            MediaError: bad SDP, no worker, or no answer within 3 s.
        """
        ...

    def subscribe(self, who: Endpoint) -> None:
        """Start sending the room to this page: a `SubscribeOffer` follows, and one after each change."""
        ...

    def answer(self, who: Endpoint, number: int, sdp: str) -> None:
        """Hand in the client's answer to offer `number`."""
        ...

    def view(self, who: Endpoint, view: View) -> None:
        """Say what this page shows; it holds until the next one, or until the page subscribes again."""
        ...

    def close(self, who: Endpoint) -> None:
        """Close both peer connections of this page."""
        ...

    def lost_rooms(self, worker: str) -> tuple[RoomId, ...]:
        """Return the rooms pinned to a worker (those that need their grants again when it is replaced)."""
        ...

    def run(self, sink: Callable[[MediaEvent], None]) -> None:
        """Deliver the workers' events to `sink`, for ever, in a greenlet of its own.

        Every process is told of every page, for a page may have moved: the sink passes over unknown ones.
        """
        ...
