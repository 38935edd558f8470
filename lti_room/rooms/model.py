"""A room as it stands at one version: frozen values and lookups. Only `apply` makes new ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.rooms.commands import Source
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.schedule import ALWAYS, Schedule
from lti_room.rooms.stage import Move, Place, StageAccess


class Hearers(StrEnum):
    """The kinds of audience, by their names on the wire."""

    EVERYONE = "everyone"
    STAFF = "staff"
    ME = "me"


@dataclass(frozen=True)
class Audience:
    """Who hears an event. `participant` is set for `ME` alone."""

    kind: Hearers
    participant: ParticipantId | None = None


EVERYONE: Final = Audience(Hearers.EVERYONE)
STAFF: Final = Audience(Hearers.STAFF)


def only(participant: ParticipantId) -> Audience:
    """Return the audience of one participant (`me` on the wire)."""
    return Audience(Hearers.ME, participant)


@dataclass(frozen=True)
class Invitation:
    """An open stage invitation: who gave it, when it ends, and whether devices are being set."""

    by: ParticipantId | None
    until: float
    getting_ready: bool = False


@dataclass(frozen=True)
class LastMove:
    """The latest move of a participant and who made it; None: the system."""

    move: Move
    by: ParticipantId | None


@dataclass(frozen=True)
class Person:
    """What a room knows of one participant. Somebody unknown is like `Person()`."""

    place: Place = Place.VIEWER
    hand_at: float | None = None
    requested_at: float | None = None
    invitation: Invitation | None = None
    stage_since: float | None = None
    role_on_stage: Role | None = None
    """The role somebody on stage has; what lists show of people whose connection is lost."""
    on: frozenset[Source] = frozenset()
    """The sources switched on. Microphone and camera only on stage; the screen of a viewer too."""
    away_until: float | None = None
    """Set while nobody of this person is connected and something is kept for them."""
    last_move: LastMove | None = None
    given_role: Role | None = None
    grants: frozenset[Grant] = frozenset()
    removed: bool = False

    @property
    def has_something_to_keep(self) -> bool:
        """Whether a lost connection would lose a seat, a hand, a request or an invitation."""
        return self.place is not Place.VIEWER or self.hand_at is not None

    @property
    def is_on_stage(self) -> bool:
        """Whether this person holds a seat, connected or not."""
        return self.place is Place.ON_STAGE


NOBODY: Final = Person()


@dataclass(frozen=True)
class Session:
    """One meeting in the room."""

    id: SessionId
    started_at: float


@dataclass(frozen=True)
class Room:
    """A room at one version. Version 0 is a room nobody has opened."""

    id: RoomId
    version: int = 0
    title: str = ""
    course: str = ""
    access: StageAccess = StageAccess.REQUEST
    seats: int = 0
    leaving_allowed: bool = False
    schedule: Schedule = ALWAYS
    session: Session | None = None
    people: Mapping[ParticipantId, Person] = field(default_factory=dict)
    """Everybody something happened to: not the list of who is connected, which is not here at all."""
    audience_versions: Mapping[Audience, int] = field(default_factory=dict)
    """The version of the last event each audience heard; none yet: 0."""

    def person(self, participant: ParticipantId) -> Person:
        """Return what is known of a participant."""
        return self.people.get(participant, NOBODY)

    def heard(self, audience: Audience) -> int:
        """Return the version of the last event an audience heard: `prev` of its next one."""
        return self.audience_versions.get(audience, 0)

    def with_person(self, participant: ParticipantId, person: Person) -> "Room":
        """Return the room with this participant's state replaced."""
        return replace(self, people={**self.people, participant: person})

    @property
    def seats_taken(self) -> int:
        """Seats in use, those kept for a lost connection too."""
        return sum(person.is_on_stage for person in self.people.values())

    @property
    def is_full(self) -> bool:
        """Whether the stage has no free seat."""
        return self.seats_taken >= self.seats

    def on_stage(self) -> tuple[tuple[ParticipantId, Person], ...]:
        """Everybody on stage, in order of joining."""
        return self._in_order(lambda person: person.stage_since)

    def requests(self) -> tuple[tuple[ParticipantId, Person], ...]:
        """Everybody with an open request, oldest first."""
        return self._in_order(lambda person: person.requested_at)

    def hands(self) -> tuple[tuple[ParticipantId, Person], ...]:
        """Everybody with a raised hand, oldest first."""
        return self._in_order(lambda person: person.hand_at)

    def invitations(self) -> tuple[tuple[ParticipantId, Invitation], ...]:
        """Every open invitation, the one that ends first before the others."""
        opened = [(who, person.invitation) for who, person in self.people.items() if person.invitation]
        return tuple(sorted(opened, key=lambda pair: (pair[1].until, pair[0])))

    def presenting(self) -> tuple[ParticipantId, ...]:
        """Everybody whose screen is on, on stage or not."""
        return tuple(sorted(who for who, person in self.people.items() if Source.SCREEN in person.on))

    def removed(self) -> tuple[ParticipantId, ...]:
        """Everybody who was put out of the room."""
        return tuple(sorted(who for who, person in self.people.items() if person.removed))

    def given_roles(self) -> dict[ParticipantId, Role]:
        """The roles hosts and moderators gave."""
        return {who: person.given_role for who, person in self.people.items() if person.given_role}

    def _in_order(self, since: Callable[[Person], float | None]) -> tuple[tuple[ParticipantId, Person], ...]:
        found = [
            (moment, who, person)
            for who, person in self.people.items()
            if (moment := since(person)) is not None
        ]
        return tuple((who, person) for _, who, person in sorted(found, key=lambda row: row[:2]))
