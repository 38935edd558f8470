"""Short builders for room tests: a scene is a room, a clock that stands still, and the stream so far."""

from collections.abc import Collection
from dataclasses import dataclass, field

from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.rooms.apply import apply
from lti_room.rooms.commands import (
    Accept,
    Actor,
    Approve,
    Ask,
    Command,
    Invite,
    Join,
    OpenRoom,
    StartSession,
)
from lti_room.rooms.decide import decide
from lti_room.rooms.events import Event, Recorded
from lti_room.rooms.limits import Limits
from lti_room.rooms.model import Person, Room
from lti_room.rooms.policy import role_of
from lti_room.rooms.refusals import Refused
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.rooms.view import Json, view

NOW = 1_800_000_000.0
LIMITS = Limits()
ROOM = RoomId("r_biology")
SESSION = SessionId("s_monday")


def a_host(name: str = "elena") -> Actor:
    """Return somebody whose launch says host."""
    return Actor(ParticipantId(f"p_{name}"), Role.HOST)


def a_moderator(name: str = "tomasz") -> Actor:
    """Return somebody whose launch says moderator."""
    return Actor(ParticipantId(f"p_{name}"), Role.MODERATOR)


def an_attendee(name: str = "noah") -> Actor:
    """Return somebody whose launch says attendee."""
    return Actor(ParticipantId(f"p_{name}"), Role.ATTENDEE)


@dataclass
class Scene:
    """A room and those connected to it."""

    room: Room
    now: float = NOW
    connected: dict[ParticipantId, Role] = field(default_factory=dict)
    stream: list[Recorded] = field(default_factory=list)

    def here(self, *people: Actor) -> "Scene":
        """Connect people."""
        self.connected.update({actor.participant: actor.launch_role for actor in people})
        return self

    def decide(self, command: Command, by: Actor | None = None) -> tuple[Event, ...]:
        """Return what a command would cause."""
        if by is not None:
            self.here(by)
        target_role = self.connected.get(getattr(command, "target", None) or ParticipantId(""))
        return decide(self.room, command, by, self.now, target_role=target_role, limits=LIMITS)

    def do(self, command: Command, by: Actor | None = None) -> tuple[Event, ...]:
        """Give a command, let its events happen and return them."""
        events = self.decide(command, by)
        for event in events:
            recorded = Recorded(self.room.version + 1, self.now, event)
            self.room = apply(self.room, recorded)
            self.stream.append(recorded)
        return events

    def refusal(self, command: Command, by: Actor | None = None) -> tuple[str, dict[str, object]]:
        """Return the code and the details with which a command is refused."""
        try:
            events = self.decide(command, by)
        except Refused as refused:
            return refused.code, refused.details
        raise AssertionError(f"not refused: {events}")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def person(self, actor: Actor) -> Person:
        """Return what the room knows of somebody."""
        return self.room.person(actor.participant)

    def seen_by(self, actor: Actor) -> Json:
        """Return what somebody sees."""
        return view(self.room, actor.participant, role_of(self.room, actor))

    def ask(self, *people: Actor) -> "Scene":
        """Let people ask for the stage, a second apart."""
        for actor in people:
            self.wait(1)
            self.do(Ask(), actor)
        return self

    def invite(self, by: Actor, *people: Actor) -> "Scene":
        """Invite people."""
        self.here(*people)
        for actor in people:
            self.do(Invite(actor.participant), by)
        return self

    def bring(self, *people: Actor, microphone: bool = True, camera: bool = True) -> "Scene":
        """Bring people on stage: staff join, attendees ask, are approved and accept; a second apart."""
        for actor in people:
            self.wait(1)
            if actor.launch_role.is_staff:
                self.do(Join(microphone, camera), actor)
                continue
            self.here(actor)
            chair = a_host("chair")
            command = Approve if self.person(actor).requested_at else Invite
            self.do(command(actor.participant), chair)
            self.do(Accept(microphone, camera), actor)
        return self


def a_room(
    *, access: StageAccess = StageAccess.REQUEST, seats: int = 25, people: Collection[Actor] = ()
) -> Scene:
    """Return a scene in a room with a running session."""
    scene = Scene(Room(ROOM)).here(*people)
    scene.do(OpenRoom("Seminar room", "Biology 101", access, seats))
    scene.do(StartSession(SESSION))
    return scene
