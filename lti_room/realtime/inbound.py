"""The only parser of what browsers send: sizes and types. Anything else is `BadMessage`, no other error."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId, ParticipantId
from lti_room.media.backend import MediaSource, View
from lti_room.realtime.names import PROTOCOL_VERSION, REACTIONS, Act
from lti_room.rooms import commands as c
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.schedule import planned
from lti_room.rooms.stage import StageAccess

TITLE_CHARACTERS = 200
SEARCH_CHARACTERS = 100
TICKET_CHARACTERS = 8192
SDP_CHARACTERS = 60_000
MEDIA_SECTIONS = 64
TILES = 64
TALLEST_TILE = 4320
AUDIENCES = ("everyone", "staff", "me")

_PARTICIPANT = re.compile(r"p_[A-Za-z0-9_-]{1,64}", re.ASCII)
_CONNECTION = re.compile(r"c_[A-Za-z0-9_-]{1,64}", re.ASCII)
_MESSAGE_ID = re.compile(r"[!-~]{1,64}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SEQ = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)
_TILE = re.compile(r"(p_[A-Za-z0-9_-]{1,64})/(camera|screen)", re.ASCII)
_MID = re.compile(r"[!-~]{1,16}", re.ASCII)

Fields = Mapping[str, Any]
_E = TypeVar("_E", bound=StrEnum)


class BadMessage(AppError):
    """A message is not what PROTOCOL.md describes. `field` says where."""

    def __init__(self, field: str) -> None:
        super().__init__(
            "bad_message", "The page sent something this server does not understand.", {"field": field}
        )


class UnknownProtocol(AppError):
    """The page speaks another version of the protocol."""

    def __init__(self) -> None:
        super().__init__("protocol_unknown", "This page is out of date. Reload it.")


@dataclass(frozen=True)
class Seen:
    """What a page already has: the last version per audience, and the last chat message."""

    versions: Mapping[str, int]
    chat: str | None


@dataclass(frozen=True)
class Hello:
    """The `auth` of a connection."""

    ticket: str
    connection: ConnectionId
    seen: Seen | None


@dataclass(frozen=True)
class Ask:
    """A room command with the id that makes a repeat harmless."""

    id: str
    command: c.Command


@dataclass(frozen=True)
class Say:
    """A chat message."""

    id: str
    text: str


@dataclass(frozen=True)
class RosterQuery:
    """A page of the viewers (from 0), or a search over everybody."""

    page: int
    search: str | None


@dataclass(frozen=True)
class Publish:
    """The offer of a page that sends."""

    sdp: str
    sources: Mapping[str, MediaSource]


@dataclass(frozen=True)
class Subscribe:
    """A page asks for the server's offers."""


@dataclass(frozen=True)
class Answer:
    """A page's answer to the server's offer `number`."""

    number: int
    sdp: str


@dataclass(frozen=True)
class CloseMedia:
    """A page closes both peer connections."""


Signal = Publish | Subscribe | Answer | View | CloseMedia


def hello(auth: object) -> Hello:
    """Parse the `auth` of a connection.

    Raises:
        BadMessage: malformed.
        UnknownProtocol: the page speaks another version.
    """
    fields = fields_of(auth)
    if fields.get("protocol") != PROTOCOL_VERSION or isinstance(fields.get("protocol"), bool):
        raise UnknownProtocol
    given = fields.get("seen")
    return Hello(
        ticket=_text(fields, "ticket", TICKET_CHARACTERS),
        connection=ConnectionId(_matching(fields, "connection", _CONNECTION)),
        seen=None if given is None else seen(given),
    )


def seen(payload: object) -> Seen:
    """Parse `{"versions", "chat"}`, of `auth` and of `sync`."""
    fields = fields_of(payload)
    versions = fields.get("versions", {})
    if not isinstance(versions, Mapping) or not set(versions) <= set(AUDIENCES):
        raise BadMessage("versions")
    chat = fields.get("chat")
    return Seen(
        versions={name: _whole(versions, name, 2**53) for name in versions},
        chat=None if chat is None else _matching(fields, "chat", _SEQ),
    )


def enter(payload: object) -> bool:
    """Return whether the page runs on a phone."""
    return _switch(fields_of(payload), "phone")


def act(payload: object) -> Ask:
    """Parse a room command."""
    fields = fields_of(payload)
    message_id = _matching(fields, "id", _MESSAGE_ID)
    return Ask(message_id, _ACTS[_one_of(fields, "do", Act)](fields))


def chat(payload: object, longest: int) -> Say:
    """Parse a chat message of at most `longest` characters; white space around it is dropped."""
    fields = fields_of(payload)
    text = _text(fields, "text", longest).strip()
    if not text:
        raise BadMessage("text")
    return Say(_matching(fields, "id", _MESSAGE_ID), text)


def reaction(payload: object) -> str:
    """Return the name of the emoji."""
    emoji = fields_of(payload).get("emoji")
    if not isinstance(emoji, str) or emoji not in REACTIONS:
        raise BadMessage("emoji")
    return emoji


def roster(payload: object) -> RosterQuery:
    """Parse a page number or a search."""
    fields = fields_of(payload)
    if "search" in fields:
        return RosterQuery(0, _text(fields, "search", SEARCH_CHARACTERS).strip())
    return RosterQuery(_whole(fields, "page", 100_000), None)


def window(payload: object) -> str:
    """Return the SHA-256 (hex) of the one-time code of a new window."""
    return _matching(fields_of(payload), "hash", _HASH)


def media(payload: object) -> Signal:
    """Parse a signalling message."""
    fields = fields_of(payload)
    match fields.get("do"):
        case "publish":
            return Publish(_text(fields, "sdp", SDP_CHARACTERS), _sources(fields.get("sources")))
        case "subscribe":
            return Subscribe()
        case "answer":
            return Answer(_whole(fields, "number", 2**31), _text(fields, "sdp", SDP_CHARACTERS))
        case "view":
            return View(_tiles(fields.get("tiles")), _switch(fields, "low_data"))
        case "close":
            return CloseMedia()
        case _:
            raise BadMessage("do")


def nothing(payload: object) -> None:
    """Accept a message without fields."""
    if payload is not None:
        fields_of(payload)


def fields_of(payload: object) -> Fields:
    """Return the fields of a message."""
    if not isinstance(payload, dict):
        raise BadMessage("payload")
    return payload


def _text(fields: Fields, name: str, longest: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise BadMessage(name)
    try:
        value.encode()
    except UnicodeEncodeError:  # half a surrogate pair: cannot be stored or sent on
        raise BadMessage(name) from None
    return value


def _matching(fields: Fields, name: str, pattern: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadMessage(name)
    return value


def _whole(fields: Fields, name: str, largest: int) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise BadMessage(name)
    return value


def _switch(fields: Fields, name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise BadMessage(name)
    return value


def _one_of(fields: Fields, name: str, names: type[_E]) -> _E:
    value = fields.get(name)
    if not isinstance(value, str):
        raise BadMessage(name)
    try:
        return names(value)
    except ValueError:
        raise BadMessage(name) from None


def _target(fields: Fields) -> ParticipantId:
    return ParticipantId(_matching(fields, "target", _PARTICIPANT))


def _title(fields: Fields) -> str:
    title = " ".join(_text(fields, "title", TITLE_CHARACTERS).split())
    if not title or not title.isprintable():
        raise BadMessage("title")
    return title


def _schedule(fields: Fields) -> c.SetSchedule:
    start, end = _moment(fields, "start"), _moment(fields, "end")
    try:
        planned(start, end, 0.0)
    except AppError:
        raise BadMessage("end") from None
    return c.SetSchedule(start, end)


def _moment(fields: Fields, name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadMessage(name)
    return float(value)


def _sources(value: object) -> Mapping[str, MediaSource]:
    if not isinstance(value, dict) or len(value) > MEDIA_SECTIONS:
        raise BadMessage("sources")
    if not all(isinstance(mid, str) and _MID.fullmatch(mid) for mid in value):
        raise BadMessage("sources")
    return {mid: _one_of(value, mid, MediaSource) for mid in value}


def _tiles(value: object) -> Mapping[tuple[ParticipantId, MediaSource], int]:
    if not isinstance(value, dict) or len(value) > TILES:
        raise BadMessage("tiles")
    found = {}
    for name in value:
        tile = _TILE.fullmatch(name) if isinstance(name, str) else None
        if tile is None:
            raise BadMessage("tiles")
        found[ParticipantId(tile[1]), MediaSource(tile[2])] = _whole(value, name, TALLEST_TILE)
    return found


_ACTS: Mapping[Act, Callable[[Fields], c.Command]] = {
    Act.ASK: lambda f: c.Ask(),
    Act.CANCEL: lambda f: c.Cancel(),
    Act.DECLINE: lambda f: c.Decline(_target(f)),
    Act.APPROVE: lambda f: c.Approve(_target(f)),
    Act.INVITE: lambda f: c.Invite(_target(f)),
    Act.REVOKE: lambda f: c.Revoke(_target(f)),
    Act.GET_READY: lambda f: c.GetReady(),
    Act.MORE_TIME: lambda f: c.MoreTime(),
    Act.REJECT: lambda f: c.Reject(),
    Act.ACCEPT: lambda f: c.Accept(_switch(f, "microphone"), _switch(f, "camera")),
    Act.JOIN: lambda f: c.Join(_switch(f, "microphone"), _switch(f, "camera")),
    Act.LEAVE_STAGE: lambda f: c.Leave(),
    Act.REMOVE: lambda f: c.Remove(_target(f)),
    Act.SWITCH: lambda f: c.Switch(_one_of(f, "source", c.Source), _switch(f, "on")),
    Act.MUTE: lambda f: c.Mute(_target(f), _one_of(f, "source", c.Source)),
    Act.RAISE_HAND: lambda f: c.RaiseHand(),
    Act.LOWER_HAND: lambda f: c.LowerHand(None if f.get("target") is None else _target(f)),
    Act.SET_ACCESS: lambda f: c.SetAccess(_one_of(f, "access", StageAccess)),
    Act.SET_TITLE: lambda f: c.SetTitle(_title(f)),
    Act.SET_SCHEDULE: _schedule,
    Act.ALLOW_LEAVING: lambda f: c.AllowLeaving(_switch(f, "allowed")),
    Act.GIVE_ROLE: lambda f: c.GiveRole(
        _target(f), None if f.get("role", "") is None else _one_of(f, "role", Role)
    ),
    Act.GIVE_GRANT: lambda f: c.GiveGrant(_target(f), _one_of(f, "grant", Grant), _switch(f, "given")),
    Act.REMOVE_FROM_ROOM: lambda f: c.RemoveFromRoom(_target(f)),
    Act.READMIT: lambda f: c.Readmit(_target(f)),
    Act.END_SESSION: lambda f: c.EndSession(),
}
