"""What happened in a room: past tense, frozen. Participant ids only, never a name.

`TYPE` is the name in the store and on the wire, `VERSION` the shape of its fields; `codec` reads
older ones. Times are seconds since the epoch and come from the command's `now`.
"""

from dataclasses import dataclass
from typing import ClassVar

from lti_room.base.ids import ParticipantId, SessionId
from lti_room.rooms.commands import Source
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move, StageAccess


@dataclass(frozen=True)
class RoomOpened:
    TYPE: ClassVar = "room_opened"
    VERSION: ClassVar = 1
    title: str
    course: str
    access: StageAccess
    seats: int


@dataclass(frozen=True)
class SessionStarted:
    TYPE: ClassVar = "session_started"
    VERSION: ClassVar = 1
    session: SessionId


@dataclass(frozen=True)
class SessionEnded:
    """Clears hands, requests, invitations and the stage; mode, title, settings and given roles stay."""

    TYPE: ClassVar = "session_ended"
    VERSION: ClassVar = 1
    by: ParticipantId | None


@dataclass(frozen=True)
class AccessSet:
    TYPE: ClassVar = "access_set"
    VERSION: ClassVar = 1
    access: StageAccess
    by: ParticipantId


@dataclass(frozen=True)
class TitleSet:
    TYPE: ClassVar = "title_set"
    VERSION: ClassVar = 1
    title: str
    by: ParticipantId


@dataclass(frozen=True)
class ScheduleSet:
    """`start` and `end` as planned; everybody may come in `early` seconds before the start."""

    TYPE: ClassVar = "schedule_set"
    VERSION: ClassVar = 1
    start: float | None
    end: float | None
    early: float
    by: ParticipantId


@dataclass(frozen=True)
class LeavingAllowed:
    TYPE: ClassVar = "leaving_allowed"
    VERSION: ClassVar = 1
    allowed: bool
    by: ParticipantId


@dataclass(frozen=True)
class StageMoved:
    """One participant made one move of `stage.TRANSITIONS`.

    `until` is set when an invitation is given; `role`, `microphone` and `camera` when somebody comes
    on stage. `by` is None when the system moved (expiry, mode switch without a person, departure).
    """

    TYPE: ClassVar = "stage_moved"
    VERSION: ClassVar = 1
    participant: ParticipantId
    move: Move
    by: ParticipantId | None
    until: float | None = None
    role: Role | None = None
    microphone: bool = False
    camera: bool = False


@dataclass(frozen=True)
class InvitationExtended:
    """The invited person is setting devices, or asked for more time: the invitation now ends at `until`."""

    TYPE: ClassVar = "invitation_extended"
    VERSION: ClassVar = 1
    participant: ParticipantId
    until: float
    getting_ready: bool


@dataclass(frozen=True)
class SourceSwitched:
    TYPE: ClassVar = "source_switched"
    VERSION: ClassVar = 1
    participant: ParticipantId
    source: Source
    on: bool
    by: ParticipantId


@dataclass(frozen=True)
class HandRaised:
    TYPE: ClassVar = "hand_raised"
    VERSION: ClassVar = 1
    participant: ParticipantId


@dataclass(frozen=True)
class HandLowered:
    TYPE: ClassVar = "hand_lowered"
    VERSION: ClassVar = 1
    participant: ParticipantId
    by: ParticipantId | None


@dataclass(frozen=True)
class RoleGiven:
    """`becomes` is the role the person acts with from now on; None: not known, nobody is connected."""

    TYPE: ClassVar = "role_given"
    VERSION: ClassVar = 1
    participant: ParticipantId
    role: Role | None
    by: ParticipantId
    becomes: Role | None = None


@dataclass(frozen=True)
class GrantGiven:
    TYPE: ClassVar = "grant_given"
    VERSION: ClassVar = 1
    participant: ParticipantId
    grant: Grant
    given: bool
    by: ParticipantId


@dataclass(frozen=True)
class RemovedFromRoom:
    TYPE: ClassVar = "removed_from_room"
    VERSION: ClassVar = 1
    participant: ParticipantId
    by: ParticipantId


@dataclass(frozen=True)
class Readmitted:
    TYPE: ClassVar = "readmitted"
    VERSION: ClassVar = 1
    participant: ParticipantId
    by: ParticipantId


@dataclass(frozen=True)
class ConnectionLost:
    """Nobody of this person is connected; the seat, hand, request or invitation is kept until `until`."""

    TYPE: ClassVar = "connection_lost"
    VERSION: ClassVar = 1
    participant: ParticipantId
    until: float


@dataclass(frozen=True)
class ConnectionBack:
    TYPE: ClassVar = "connection_back"
    VERSION: ClassVar = 1
    participant: ParticipantId


Event = (
    RoomOpened
    | SessionStarted
    | SessionEnded
    | AccessSet
    | TitleSet
    | ScheduleSet
    | LeavingAllowed
    | StageMoved
    | InvitationExtended
    | SourceSwitched
    | HandRaised
    | HandLowered
    | RoleGiven
    | GrantGiven
    | RemovedFromRoom
    | Readmitted
    | ConnectionLost
    | ConnectionBack
)


@dataclass(frozen=True)
class Recorded:
    """An event in its place: the room's version after it, when it happened, and which command caused it."""

    version: int
    at: float
    event: Event
    command_id: str | None = None
