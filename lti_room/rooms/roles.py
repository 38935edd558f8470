"""Who somebody is in a room, and the single extra rights a person may be given."""

from enum import StrEnum


class Role(StrEnum):
    """A participant's role in a room."""

    HOST = "host"
    MODERATOR = "moderator"
    ATTENDEE = "attendee"

    @property
    def is_staff(self) -> bool:
        """Whether this is a host or a moderator."""
        return self is not Role.ATTENDEE

    @property
    def rank(self) -> int:
        """0 for an attendee, 2 for a host: lists show the highest of somebody's live connections."""
        return {Role.ATTENDEE: 0, Role.MODERATOR: 1, Role.HOST: 2}[self]


class Grant(StrEnum):
    """A single extra right given to one participant. A *speaker* is an attendee who has all three."""

    JOIN_STAGE = "join_stage"
    PRESENT = "present"
    READ_BACKCHANNEL = "read_backchannel"
