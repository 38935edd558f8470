"""What web processes and media workers say to each other, declared once. Both sides import this file.

Commands go to the stream `media:{n}:in`, events and greetings to `media:{n}:out`; the field `m` is a JSON
object whose `type` chooses the shape. The answer to a publish is pushed to the list `media:reply:{id}`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

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

WORKERS_KEY: Final = "media:workers"
FIELD: Final = b"m"
STREAM_LENGTH: Final = 10_000
REPLY_SECONDS: Final = 10


def inbox(worker: str) -> str:
    """Return the stream a worker reads."""
    return f"media:{worker}:in"


def outbox(worker: str) -> str:
    """Return the stream a worker writes."""
    return f"media:{worker}:out"


def reply_key(request: str) -> str:
    """Return the list that receives the answer to a request."""
    return f"media:reply:{request}"


def grants_key(room: RoomId) -> str:
    """Return the hash (version, table) that holds a room's newest grants, for workers that come later."""
    return f"room:{room}:grants"


def pin_key(room: RoomId) -> str:
    """Return the string that names the worker of a room, while it has one."""
    return f"room:{room}:worker"


def pinned_key(worker: str) -> str:
    """Return the sorted set of rooms that were pinned to a worker; the score tells when one moved away."""
    return f"media:{worker}:rooms"


@dataclass(frozen=True)
class Publish:
    """Answer this offer; the reply goes to `reply_key(request)`."""

    request: str
    who: Endpoint
    sdp: str
    sources: Mapping[str, MediaSource]


@dataclass(frozen=True)
class Subscribe:
    """Start to offer the room to a page."""

    who: Endpoint


@dataclass(frozen=True)
class Answer:
    """A page's answer to offer `number`."""

    who: Endpoint
    number: int
    sdp: str


@dataclass(frozen=True)
class Show:
    """What a page shows from now on."""

    who: Endpoint
    view: View


@dataclass(frozen=True)
class Close:
    """A page is gone."""

    who: Endpoint


Command = GrantTable | Publish | Subscribe | Answer | Show | Close


@dataclass(frozen=True)
class Hello:
    """A worker has started; `incarnation` differs at every start."""

    incarnation: str


@dataclass(frozen=True)
class Goodbye:
    """A worker stops."""

    incarnation: str


@dataclass(frozen=True)
class WorkerRecord:
    """What a worker writes of itself each second. `beat` is Redis's clock, `load` its peer connections."""

    incarnation: str
    address: str
    port: int
    beat: float
    load: int
    hello: str

    def encode(self) -> bytes:
        """Return the JSON for the hash `media:workers`."""
        return orjson.dumps(self)

    @staticmethod
    def decode(data: bytes) -> "WorkerRecord":
        """Read the JSON of the hash."""
        return WorkerRecord(**orjson.loads(data))


Reply = Mapping[str, str]
"""`{"sdp"}` or `{"code", "message"}`."""


def encode_table(table: GrantTable) -> bytes:
    """Return a grant table as JSON."""
    rows = {
        participant: {"send": sorted(row.send), "off": sorted(row.off), "receive": row.receive}
        for participant, row in table.rows.items()
    }
    return orjson.dumps({"type": "grant", "room": table.room, "version": table.version, "rows": rows})


def encode_command(command: Command) -> bytes:
    """Return a command as JSON."""
    match command:
        case GrantTable():
            return encode_table(command)
        case Publish(request, who, sdp, sources):
            return orjson.dumps(
                {"type": "publish", "request": request, "who": who, "sdp": sdp, "sources": dict(sources)}
            )
        case Subscribe(who):
            return orjson.dumps({"type": "subscribe", "who": who})
        case Answer(who, number, sdp):
            return orjson.dumps({"type": "answer", "who": who, "number": number, "sdp": sdp})
        case Show(who, view):
            tiles = [[participant, source, height] for (participant, source), height in view.tiles.items()]
            return orjson.dumps({"type": "show", "who": who, "tiles": tiles, "low_data": view.low_data})
        case Close(who):
            return orjson.dumps({"type": "close", "who": who})


def decode_command(data: bytes) -> Command:
    """Read a command.

    Raises:
        ValueError: this is none of ours.
    """
    try:
        return _command(orjson.loads(data))
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"no command: {error!r}") from error


def _command(body: Any) -> Command:
    match body["type"]:
        case "grant":
            rows = {ParticipantId(who): _row(row) for who, row in body["rows"].items()}
            return GrantTable(RoomId(_text(body, "room")), int(body["version"]), rows)
        case "publish":
            sources = {mid: MediaSource(source) for mid, source in body["sources"].items()}
            return Publish(_text(body, "request"), _endpoint(body), _text(body, "sdp"), sources)
        case "subscribe":
            return Subscribe(_endpoint(body))
        case "answer":
            return Answer(_endpoint(body), int(body["number"]), _text(body, "sdp"))
        case "show":
            tiles = {(ParticipantId(p), MediaSource(source)): int(size) for p, source, size in body["tiles"]}
            return Show(_endpoint(body), View(tiles, bool(body["low_data"])))
        case "close":
            return Close(_endpoint(body))
        case other:
            raise ValueError(f"unknown command {other!r}")


def encode_event(event: MediaEvent | Hello | Goodbye) -> bytes:
    """Return what a worker says, as JSON."""
    match event:
        case SubscribeOffer():
            return orjson.dumps({"type": "offer", **_fields(event, "connection", "number", "sdp", "tracks")})
        case Speaking():
            return orjson.dumps({"type": "speaking", **_fields(event, "room", "participants")})
        case EndpointClosed():
            return orjson.dumps({"type": "closed", **_fields(event, "connection", "which", "reason")})
        case LayersWanted():
            active = {source.value: rids for source, rids in event.active.items()}
            return orjson.dumps({"type": "layers", "connection": event.connection, "active": active})
        case PicturesPaused():
            tiles = sorted(event.tiles)
            return orjson.dumps({"type": "paused", "tiles": tiles, **_fields(event, "connection", "weak")})
        case Hello(incarnation):
            return orjson.dumps({"type": "hello", "incarnation": incarnation})
        case Goodbye(incarnation):
            return orjson.dumps({"type": "goodbye", "incarnation": incarnation})
        case _:
            raise TypeError(f"a worker does not send {event!r}")


def decode_event(data: bytes) -> MediaEvent | Hello | Goodbye:
    """Read what a worker says.

    Raises:
        ValueError, KeyError, TypeError: this is none of ours.
    """
    body = orjson.loads(data)
    match body["type"]:
        case "offer":
            tracks = {
                mid: (ParticipantId(who), MediaSource(source))
                for mid, (who, source) in body["tracks"].items()
            }
            return SubscribeOffer(ConnectionId(body["connection"]), body["number"], body["sdp"], tracks)
        case "speaking":
            return Speaking(RoomId(body["room"]), tuple(map(ParticipantId, body["participants"])))
        case "closed":
            return EndpointClosed(ConnectionId(body["connection"]), body["which"], body["reason"])
        case "layers":
            active = {MediaSource(source): tuple(rids) for source, rids in body["active"].items()}
            return LayersWanted(ConnectionId(body["connection"]), active)
        case "paused":
            paused = frozenset((ParticipantId(who), MediaSource(source)) for who, source in body["tiles"])
            return PicturesPaused(ConnectionId(body["connection"]), paused, bool(body["weak"]))
        case "hello":
            return Hello(body["incarnation"])
        case "goodbye":
            return Goodbye(body["incarnation"])
        case other:
            raise ValueError(f"unknown event {other!r}")


def said(reply: Any) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield (stream, id, message) from Redis's answer to XREAD, which the client library types loosely."""
    for stream, entries in reply or ():
        for entry, fields in entries:
            yield bytes(stream).decode(), bytes(entry), bytes(fields.get(FIELD, b""))


def newest(reply: Any) -> bytes:
    """Return the id in Redis's answer to XREVRANGE with count 1; before everything when there is none."""
    return bytes(reply[0][0]) if reply else b"0-0"


def _fields(message: object, *names: str) -> dict[str, Any]:
    return {name: getattr(message, name) for name in names}


def _endpoint(body: Mapping[str, Any]) -> Endpoint:
    who = body["who"]
    room, participant, connection = (_text(who, part) for part in ("room", "participant", "connection"))
    return Endpoint(RoomId(room), ParticipantId(participant), ConnectionId(connection))


def _text(body: Mapping[str, Any], name: str) -> str:
    if not isinstance(body[name], str):
        raise TypeError(f"{name} is no text")
    return str(body[name])


def _row(body: Mapping[str, Any]) -> GrantRow:
    return GrantRow(
        frozenset(map(MediaSource, body["send"])),
        frozenset(map(MediaSource, body["off"])),
        bool(body["receive"]),
    )
