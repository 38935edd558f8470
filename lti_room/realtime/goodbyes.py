"""Why a page is told goodbye: the code and the sentence of a `bye`."""

from enum import StrEnum
from typing import Final


class Goodbye(StrEnum):
    """Part of the wire protocol: never renamed."""

    REMOVED = "removed"
    LEFT = "left"
    SESSION_ENDED = "session_ended"
    LAUNCH_EXPIRED = "launch_expired"
    TICKET_EXPIRED = "ticket_expired"
    REPLACED = "replaced"


SENTENCES: Final[dict[Goodbye, str]] = {
    Goodbye.REMOVED: "You were removed from this room.",
    Goodbye.LEFT: "You left the room.",
    Goodbye.SESSION_ENDED: "The session was ended.",
    Goodbye.LAUNCH_EXPIRED: "Open the room again from your course.",
    Goodbye.TICKET_EXPIRED: "Open the room again from your course.",
    Goodbye.REPLACED: "This page connected once more.",
}
