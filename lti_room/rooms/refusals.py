"""Commands the rules do not allow: a stable code and a sentence each."""

from enum import StrEnum
from typing import Final

from lti_room.base.errors import AppError


class RefusalCode(StrEnum):
    """Why a command was refused. Part of the wire protocol: never renamed."""

    NOT_ALLOWED = "not_allowed"
    STAGE_FULL = "stage_full"
    NOT_OPEN = "not_open"
    NOT_POSSIBLE_NOW = "not_possible_now"
    ALREADY_DONE = "already_done"
    HOST_PROTECTED = "host_protected"
    NOT_ON_STAGE = "not_on_stage"
    UNKNOWN_PERSON = "unknown_person"
    REMOVED = "removed"
    NOT_OPEN_YET = "not_open_yet"
    BUSY = "busy"


SENTENCES: Final[dict[RefusalCode, str]] = {
    RefusalCode.NOT_ALLOWED: "You may not do that in this room.",
    RefusalCode.STAGE_FULL: "The stage is full.",
    RefusalCode.NOT_OPEN: "The stage is not open for this just now.",
    RefusalCode.NOT_POSSIBLE_NOW: "That is no longer possible; the room has moved on.",
    RefusalCode.ALREADY_DONE: "Somebody else was first.",
    RefusalCode.HOST_PROTECTED: "A moderator cannot do that to a host.",
    RefusalCode.NOT_ON_STAGE: "This person is not on stage.",
    RefusalCode.UNKNOWN_PERSON: "This person is not in the room.",
    RefusalCode.REMOVED: "You were removed from this room.",
    RefusalCode.NOT_OPEN_YET: "The room is not open yet.",
    RefusalCode.BUSY: "The room is busy. Try again in a moment.",
}


class Refused(AppError):
    """The rules do not allow this command. Nothing happened."""

    def __init__(self, code: RefusalCode, **details: object) -> None:
        super().__init__(code, SENTENCES[code], details)
