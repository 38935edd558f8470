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
from lti_room.lti.launching.message import Launch
from lti_room.rooms.ports import RoomStore, VersionConflict
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.arrivals import cookie_for, record_of, remember, ticket_for
from lti_room.usecases.binding import BindingCookie
from lti_room.usecases.frames import Frames
from lti_room.usecases.launches import Launches, Origin
from lti_room.usecases.people import People, participant_id
from lti_room.usecases.room_plan import RoomPlan, like
from lti_room.usecases.room_settings import RoomSettingsStore
from lti_room.usecases.ticket import TicketKind, Tickets

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
        self._room_settings = RoomSettingsStore(redis)

    def enter(self, launch: Launch, cookies: Mapping[str, str]) -> Entered:
        """Let a person in: find or make the room, remember the launch, and seal an entry ticket.

        The ticket is bound to a cookie only where the launch itself brought one back (rule 2).

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        participant = participant_id(launch.registration_id, launch.sub)
        room = self._room_of(launch, participant)
        record = record_of(launch, participant, room, self._settings, self._clock.now())
        with self._redis.pipeline(transaction=False) as writes:
            remember(self._people, launch, participant, self._settings, writes)
            self._frames.learn(room, launch.frame_origins, writes)
            self._launches.save_with_link(record, writes)
            writes.execute()
        cookie = cookie_for(launch, cookies)
        ticket = ticket_for(record, TicketKind.ENTRY, cookie, self._settings.entry_ticket_seconds)
        ids = {"launch": record.id, "room": room, "participant": participant}
        _LOG.info("entered", extra=ids | {"registration": launch.registration_id})
        return Entered(room, self._tickets.seal(ticket), cookie, record.id)

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
        key = _copy_key(origin, named) if copied else _link_key(launch)
        return self._opened(self._at(key, origin), launch, named if copied else None, participant)

    def _at(self, key: str, origin: Origin) -> RoomId:
        """Return the room kept under a key; the first launch makes its id, and of two first launches one."""
        known = self._redis.get(key)
        if known:
            return RoomId(text(known))
        made = RoomId(entropy.new_id("r"))
        self._launches.set_origin(made, origin)
        if self._redis.set(key, made, nx=True):
            return made
        self._launches.forget_origin(made, origin)
        return RoomId(text(self._redis.get(key) or b""))

    def _opened(
        self, room: RoomId, launch: Launch, copied: RoomId | None, participant: ParticipantId
    ) -> RoomId:
        """Open the room in the store unless it is open, with the settings of the room it is a copy of."""
        found = self._store.load(room)
        if found.version:
            return room
        events = self._plan(launch, copied).opening(found, participant, self._clock.now())
        if copied:
            self._room_settings.save(room, self._room_settings.of(copied))
        try:
            self._store.append(room, 0, events, self._clock.now())
        except VersionConflict:
            return room
        _LOG.info("room opened", extra={"room": room, "registration": launch.registration_id})
        return room

    def _plan(self, launch: Launch, copied: RoomId | None) -> RoomPlan:
        title = launch.link.title or launch.course.title or "Room"
        course = launch.course.title or launch.course.label
        if copied:
            return like(self._store.load(copied), title, course, self._clock.now())
        seats = self._settings.stage_seats
        return RoomPlan(title=title, course=course, access=StageAccess.REQUEST, seats=seats)


def _link_key(launch: Launch) -> str:
    link = hashlib.sha256(launch.link.id.encode()).hexdigest()[:32]
    return f"link:{launch.registration_id}:{launch.deployment_id}:{link}"


def _copy_key(origin: Origin, copied: RoomId) -> str:
    """Links to one room in the old course lead to one room in the new one."""
    course = hashlib.sha256(origin.course.encode()).hexdigest()[:32]
    return f"copy:{origin.registration}:{origin.deployment}:{course}:{copied}"
