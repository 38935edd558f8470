"""From a verified launch to a room: the one place where LTI meets rooms.

Launch -> room (found or made) -> role -> launch record -> entry ticket. Nothing here trusts the message's
wishes about rooms further than the course it was signed for.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lti_room.base import entropy, log
from lti_room.base.clock import Clock
from lti_room.base.ids import LaunchId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings
from lti_room.lti.message import Launch
from lti_room.rooms.commands import OpenRoom
from lti_room.rooms.decide import decide
from lti_room.rooms.events import Event, LeavingAllowed
from lti_room.rooms.limits import Limits
from lti_room.rooms.model import Room
from lti_room.rooms.ports import RoomStore, VersionConflict
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.usecases import binding
from lti_room.usecases.binding import BindingCookie
from lti_room.usecases.frames import Frames, checked_address
from lti_room.usecases.launches import CourseInfo, Launches, LaunchRecord, Origin
from lti_room.usecases.people import People, Person, display_name, participant_id
from lti_room.usecases.ticket import Ticket, TicketKind, Tickets

ROOM_PARAMETER: Final = "room_id"
"""The custom parameter in which a deep link carries the id of its room."""

_ROOM: Final = re.compile(r"r_[a-z2-9]{16}")
_LOG: Final = log.logger("usecases.enter")


@dataclass(frozen=True)
class Entered:
    """Where the browser goes next: `303 /rooms/<room>#<ticket_text>`, setting the cookie if there is one."""

    room: RoomId
    ticket_text: str
    cookie_to_set: BindingCookie | None
    launch: LaunchId


class Enter:
    """Turns launches into entry tickets."""

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        store: RoomStore,
        people: People,
        tickets: Tickets,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._settings = settings
        self._store = store
        self._people = people
        self._tickets = tickets
        self._launches = Launches(redis, settings)
        self._frames = Frames(redis, settings)

    def enter(self, launch: Launch, cookies: Mapping[str, str]) -> Entered:
        """Let a person in: find or make the room, remember the launch, and seal an entry ticket.

        The ticket is bound to a cookie only where the launch itself brought one back (rule 2).

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        participant = participant_id(launch.registration_id, launch.sub)
        room = self._room_of(launch, participant)
        self._remember(launch, participant)
        self._frames.learn(room, launch.frame_origins)
        record = self._record(launch, participant, room)
        self._launches.save(record)
        self._launches.keep_link(record)
        cookie = (binding.find(cookies) or binding.new_cookie()) if launch.cookie_proven else None
        ids = {"launch": record.id, "room": room, "participant": participant}
        _LOG.info("entered", extra=ids | {"registration": launch.registration_id})
        return Entered(room, self._tickets.seal(self._entry_ticket(record, cookie)), cookie, record.id)

    def _room_of(self, launch: Launch, participant: ParticipantId) -> RoomId:
        """Return the launch's room: the one its deep link names if that is this course's, else its link's."""
        origin = Origin(launch.registration_id, launch.deployment_id, launch.course.id)
        named = RoomId(launch.custom.get(ROOM_PARAMETER, ""))
        named_origin = self._launches.origin_of(named) if _ROOM.fullmatch(named) else None
        if named_origin == origin:
            return self._opened(named, launch, None, participant)
        copied = named_origin is not None and named_origin.registration == launch.registration_id
        if named_origin is not None and not copied:
            _LOG.warning(
                "a launch named a room of another registration: ignored",
                extra={"room": named, "registration": launch.registration_id},
            )
        return self._opened(self._of_link(launch, origin), launch, named if copied else None, participant)

    def _of_link(self, launch: Launch, origin: Origin) -> RoomId:
        """Return the room of a link; the first launch makes its id, and of two first launches one."""
        key = _link_key(launch)
        known = self._redis.get(key)
        if known:
            return RoomId(text(known))
        made = RoomId(entropy.new_id("r"))
        self._launches.set_origin(made, origin)
        if self._redis.set(key, made, nx=True):
            return made
        self._redis.delete(f"room:{made}:origin")
        return RoomId(text(self._redis.get(key) or b""))

    def _opened(
        self, room: RoomId, launch: Launch, like: RoomId | None, participant: ParticipantId
    ) -> RoomId:
        """Open the room in the store unless it is open, with the settings of the room it is a copy of."""
        found = self._store.load(room)
        if found.version:
            return room
        events = self._opening(found, launch, self._store.load(like) if like else None, participant)
        try:
            self._store.append(room, 0, events, self._clock.now())
        except VersionConflict:
            return room
        _LOG.info("room opened", extra={"room": room, "registration": launch.registration_id})
        return room

    def _opening(
        self, room: Room, launch: Launch, like: Room | None, participant: ParticipantId
    ) -> tuple[Event, ...]:
        title = launch.link.title or launch.course.title or "Room"
        course = launch.course.title or launch.course.label
        access = like.access if like else StageAccess.REQUEST
        seats = like.seats if like else self._settings.stage_seats
        opened = decide(
            room, OpenRoom(title, course, access, seats), None, self._clock.now(), limits=Limits()
        )
        if like and like.leaving_allowed:
            return (*opened, LeavingAllowed(True, participant))
        return opened

    def _remember(self, launch: Launch, participant: ParticipantId) -> None:
        whole = " ".join(part for part in (launch.given_name, launch.family_name) if part)
        mailbox = (launch.email or "").partition("@")[0]
        name = display_name(participant, launch.name, whole, mailbox)
        picture = checked_address(launch.picture, development=self._settings.development)
        person = Person(name, launch.email, picture, launch.sub)
        self._people.remember(launch.registration_id, participant, person)

    def _record(self, launch: Launch, participant: ParticipantId, room: RoomId) -> LaunchRecord:
        course = launch.course
        return LaunchRecord(
            id=LaunchId(entropy.new_id("l")),
            registration=launch.registration_id,
            deployment=launch.deployment_id,
            participant=participant,
            room=room,
            role=Role(launch.role),
            course=CourseInfo(course.id, course.title, course.label),
            locale=launch.locale,
            return_url=checked_address(launch.return_url, development=self._settings.development),
            at=self._clock.now(),
            link=launch.link.id,
            services=dict(launch.services),
        )

    def _entry_ticket(self, record: LaunchRecord, cookie: BindingCookie | None) -> Ticket:
        now = self._clock.now()
        return Ticket(
            kind=TicketKind.ENTRY,
            id=entropy.new_id("t"),
            room=record.room,
            participant=record.participant,
            launch=record.id,
            role=record.role,
            cookie=cookie.name if cookie else None,
            cookie_hash=cookie.hash if cookie else None,
            issued_at=now,
            expires_at=now + self._settings.entry_ticket_seconds,
        )


def _link_key(launch: Launch) -> str:
    link = hashlib.sha256(launch.link.id.encode()).hexdigest()[:32]
    return f"link:{launch.registration_id}:{launch.deployment_id}:{link}"
