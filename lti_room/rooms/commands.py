"""What somebody asks of a room: imperative, frozen. `decide` answers with events or a refusal."""

from dataclasses import dataclass
from enum import StrEnum

from lti_room.base.ids import ParticipantId, SessionId
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import StageAccess


class Source(StrEnum):
    """Something a participant can send."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"


@dataclass(frozen=True)
class Actor:
    """Who gives a command: the participant and the role of the launch behind the connection.

    A role a host gave that person wins over the launch's; `policy.role_of` decides that, from the room.
    """

    participant: ParticipantId
    launch_role: Role


@dataclass(frozen=True)
class OpenRoom:
    """System: the first launch of a link makes its room."""

    title: str
    course: str
    access: StageAccess
    seats: int


@dataclass(frozen=True)
class StartSession:
    """System: the first participant came in."""

    session: SessionId


@dataclass(frozen=True)
class EndSession:
    """End the session for everyone. Staff, or the system when the room stood empty."""


@dataclass(frozen=True)
class Ask:
    """Ask to join the stage."""


@dataclass(frozen=True)
class Cancel:
    """Take one's own request back."""


@dataclass(frozen=True)
class Decline:
    """Staff: say no to a request."""

    target: ParticipantId


@dataclass(frozen=True)
class Approve:
    """Staff: "Bring to stage". The request becomes an invitation, never a live camera."""

    target: ParticipantId


@dataclass(frozen=True)
class Invite:
    """Staff: invite a viewer."""

    target: ParticipantId


@dataclass(frozen=True)
class Revoke:
    """Staff: take an open invitation back, whoever gave it."""

    target: ParticipantId


@dataclass(frozen=True)
class GetReady:
    """The invited person opened "Get ready to join the stage": the clock stops."""


@dataclass(frozen=True)
class MoreTime:
    """The invited person asks for more time."""


@dataclass(frozen=True)
class Reject:
    """The invited person declines."""


@dataclass(frozen=True)
class Accept:
    """The invited person goes live, with these sources on."""

    microphone: bool
    camera: bool


@dataclass(frozen=True)
class Join:
    """Go live by direct access: staff, a person with the grant, or anyone in `everyone`."""

    microphone: bool
    camera: bool


@dataclass(frozen=True)
class Leave:
    """Leave the stage at will."""


@dataclass(frozen=True)
class Remove:
    """Staff: take somebody off the stage."""

    target: ParticipantId


@dataclass(frozen=True)
class Switch:
    """Turn one's own source on or off."""

    source: Source
    on: bool


@dataclass(frozen=True)
class Mute:
    """Staff: turn somebody's source off. There is no command that turns one on."""

    target: ParticipantId
    source: Source


@dataclass(frozen=True)
class RaiseHand:
    """Raise one's hand."""


@dataclass(frozen=True)
class LowerHand:
    """Lower one's own hand, or (staff) that of `target`."""

    target: ParticipantId | None = None


@dataclass(frozen=True)
class SetAccess:
    """Staff: change the stage access."""

    access: StageAccess


@dataclass(frozen=True)
class SetTitle:
    """Staff: rename the room."""

    title: str


@dataclass(frozen=True)
class SetSchedule:
    """Host: when the room is open. Seconds since the epoch; without a start it always is."""

    start: float | None
    end: float | None


@dataclass(frozen=True)
class AllowLeaving:
    """Host: whether attendees may leave the stage themselves."""

    allowed: bool


@dataclass(frozen=True)
class GiveRole:
    """Host or moderator: give somebody a role in this room; None takes a given role away."""

    target: ParticipantId
    role: Role | None


@dataclass(frozen=True)
class GiveGrant:
    """Staff: give (or take) one extra right."""

    target: ParticipantId
    grant: Grant
    given: bool


@dataclass(frozen=True)
class RemoveFromRoom:
    """Staff: put somebody out of the room until a host lets them in again."""

    target: ParticipantId


@dataclass(frozen=True)
class Readmit:
    """Staff: let somebody in again who was removed from the room."""

    target: ParticipantId


@dataclass(frozen=True)
class Lose:
    """System: the person's last connection is gone; keep the seat for a while."""

    target: ParticipantId


@dataclass(frozen=True)
class Return:
    """System: the person is back."""

    target: ParticipantId


@dataclass(frozen=True)
class Depart:
    """The person left the room (by their own command), or (system) did not come back in time."""

    target: ParticipantId


@dataclass(frozen=True)
class Expire:
    """System: a stage invitation was not answered in time."""

    target: ParticipantId


Command = (
    OpenRoom
    | StartSession
    | EndSession
    | Ask
    | Cancel
    | Decline
    | Approve
    | Invite
    | Revoke
    | GetReady
    | MoreTime
    | Reject
    | Accept
    | Join
    | Leave
    | Remove
    | Switch
    | Mute
    | RaiseHand
    | LowerHand
    | SetAccess
    | SetTitle
    | SetSchedule
    | AllowLeaving
    | GiveRole
    | GiveGrant
    | RemoveFromRoom
    | Readmit
    | Lose
    | Return
    | Depart
    | Expire
)
