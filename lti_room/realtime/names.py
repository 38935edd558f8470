"""The names of the wire protocol, as in `PROTOCOL.md` and `static/js/wire/names.js`; a test compares them."""

from enum import StrEnum
from typing import Final

PROTOCOL_VERSION: Final = 1
SOCKET_PATH: Final = "/socket"
NAMESPACE: Final = "/room"


class ClientMessage(StrEnum):
    """What a browser sends. Each is answered with an acknowledgement."""

    ACT = "act"
    ENTER = "enter"
    LEAVE = "leave"
    SYNC = "sync"
    CHAT = "chat"
    REACT = "react"
    ROSTER = "roster"
    MEDIA = "media"
    USE_THIS = "use_this"
    WINDOW = "window"


class ServerMessage(StrEnum):
    """What the server sends."""

    WELCOME = "welcome"
    SNAPSHOT = "snapshot"
    EVENT = "event"
    CHAT = "chat"
    REACTIONS = "reactions"
    ROSTER = "roster"
    SPEAKING = "speaking"
    MEDIA = "media"
    LIVE = "live"
    TICKET = "ticket"
    BYE = "bye"


class Act(StrEnum):
    """The room commands a person can give: `do` of an `act` message."""

    ASK = "ask"
    CANCEL = "cancel"
    DECLINE = "decline"
    APPROVE = "approve"
    INVITE = "invite"
    REVOKE = "revoke"
    GET_READY = "get_ready"
    MORE_TIME = "more_time"
    REJECT = "reject"
    ACCEPT = "accept"
    JOIN = "join"
    LEAVE_STAGE = "leave_stage"
    REMOVE = "remove"
    SWITCH = "switch"
    MUTE = "mute"
    RAISE_HAND = "raise_hand"
    LOWER_HAND = "lower_hand"
    SET_ACCESS = "set_access"
    SET_TITLE = "set_title"
    SET_SCHEDULE = "set_schedule"
    ALLOW_LEAVING = "allow_leaving"
    GIVE_ROLE = "give_role"
    GIVE_GRANT = "give_grant"
    REMOVE_FROM_ROOM = "remove_from_room"
    READMIT = "readmit"
    END_SESSION = "end_session"


REACTIONS: Final = ("clap", "heart", "laugh", "wow", "thumbs_up", "idea", "party", "confused")
