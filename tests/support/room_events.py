"""One event of every type."""

from lti_room.base.ids import ParticipantId, SessionId
from lti_room.rooms.commands import Source
from lti_room.rooms.events import (
    AccessSet,
    ConnectionBack,
    ConnectionLost,
    Event,
    GrantGiven,
    HandLowered,
    HandRaised,
    InvitationExtended,
    LeavingAllowed,
    Readmitted,
    RemovedFromRoom,
    RoleGiven,
    RoomOpened,
    ScheduleSet,
    SessionEnded,
    SessionStarted,
    SourceSwitched,
    StageMoved,
    TitleSet,
)
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move, StageAccess

NOAH, ELENA = ParticipantId("p_noah"), ParticipantId("p_elena")

EXAMPLES: list[Event] = [
    RoomOpened("Seminar room", "Biologie für Anfänger", StageAccess.REQUEST, 25),
    SessionStarted(SessionId("s_monday")),
    SessionEnded(None),
    AccessSet(StageAccess.INVITE, ELENA),
    TitleSet('Anatomy "II"', ELENA),
    ScheduleSet(1_763_720_000.0, None, 900.0, ELENA),
    LeavingAllowed(True, ELENA),
    StageMoved(NOAH, Move.INVITE, ELENA, until=1_800_000_120.5),
    StageMoved(NOAH, Move.ACCEPT, NOAH, role=Role.ATTENDEE, microphone=True, camera=False),
    InvitationExtended(NOAH, 1_800_000_600.0, True),
    SourceSwitched(NOAH, Source.MICROPHONE, False, ELENA),
    HandRaised(NOAH),
    HandLowered(NOAH, None),
    RoleGiven(NOAH, Role.MODERATOR, ELENA, Role.MODERATOR),
    RoleGiven(NOAH, None, ELENA),
    GrantGiven(NOAH, Grant.PRESENT, True, ELENA),
    RemovedFromRoom(NOAH, ELENA),
    Readmitted(NOAH, ELENA),
    ConnectionLost(NOAH, 1_800_000_030.0),
    ConnectionBack(NOAH),
]
