"""What nobody's click brings about: expired invitations, kept seats, dead processes, sessions nobody is in.

Runs inside a web process; one at a time, under a lease.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final, Protocol

import redis.exceptions

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.log import logger
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.rooms.commands import Command, EndSession, Lose
from lti_room.rooms.due import due, unreported
from lti_room.rooms.model import Room
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.act import Act
from lti_room.usecases.follow import LOG, Stop
from lti_room.usecases.lease import Lease

ACTIVE: Final = "rooms:active"
"""The rooms with a session, and perhaps some whose session has just ended."""
LEASE_MS: Final = 3000
PAUSE_SECONDS: Final = 0.5
ROLL_CALL_TICKS: Final = 10
"""Every so many ticks the room's people are compared with who is connected."""
ATTENDANCE_TICKS: Final = 60
"""Every so many ticks the attendance is."""

log = logger("usecases.sweep")


class Comings(Protocol):
    """Who is connected, as the sweep needs it."""

    def lost(self) -> Iterable[tuple[RoomId, ParticipantId]]:
        """Take the connections of dead processes off the lists; return who is in no room any more by that."""
        ...

    def present(self, room: RoomId) -> Collection[ParticipantId]:
        """Return everybody who is in a room."""
        ...

    def empty_since(self, room: RoomId) -> float | None:
        """Return since when nobody is in a room; None while somebody is."""
        ...

    def session_is(self, room: Room) -> None:
        """Tell the attendance which session runs: that of another one ends."""
        ...

    def call_the_roll(self, room: Room) -> None:
        """Repair the attendance of the running session where a process died between two writes."""
        ...


def watch(redis: Redis, room: RoomId) -> None:
    """Have a room swept from now on: called before its session starts."""
    redis.sadd(ACTIVE, room)


class Sweep:
    """Keeps the rooms with a session in memory and gives the system's commands when they are due."""

    def __init__(
        self,
        redis: Redis,
        store: RoomStore,
        act: Act,
        comings: Comings,
        clock: Clock,
        settings: Settings,
        holder: str,
    ) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._store = store
        self._act = act
        self._comings = comings
        self._clock = clock
        self._settings = settings
        self._lease = Lease(redis, "sweep", holder, LEASE_MS)
        self._rooms: dict[RoomId, Room] = {}
        self._position: str | None = None
        self._ticks = 0

    def run(self, stop: Stop) -> None:
        """Sweep whenever nobody else does, until `stop` is set."""
        while not stop.wait(PAUSE_SECONDS):
            try:
                if self._lease.hold():
                    self.tick()
                else:
                    self._forget()
            except redis.exceptions.RedisError:
                self._forget()
            except Exception:
                log.exception("a sweep failed", extra={"code": "internal"})
                self._forget()

    def tick(self) -> None:
        """Sweep once."""
        self._ticks += 1
        for room_id, participant in self._comings.lost():
            self._do(room_id, Lose(participant))
        self._refresh()
        for room_id, room in list(self._rooms.items()):
            for command in due(room, self._clock.now()):
                self._do(room_id, command)
            if self._ticks % ROLL_CALL_TICKS == 0:
                self._call_the_roll(room)
            if self._ticks % ATTENDANCE_TICKS == 0:
                self._comings.call_the_roll(room)
            self._end_if_idle(room)

    def _call_the_roll(self, room: Room) -> None:
        if any(person.has_something_to_keep or person.on for person in room.people.values()):
            for command in unreported(room, self._comings.present(room.id)):
                self._do(room.id, command)

    def _end_if_idle(self, room: Room) -> None:
        since = self._comings.empty_since(room.id)
        if since is not None and self._clock.now() - since >= self._settings.session_idle_seconds:
            self._do(room.id, EndSession())

    def _refresh(self) -> None:
        """Load the rooms that are new here or changed; drop those whose session is over."""
        changed = self._changed()
        active = {RoomId(member.decode()) for member in self._redis.smembers(ACTIVE)}
        for room_id in active:
            if room_id in changed or room_id not in self._rooms:
                self._rooms[room_id] = self._store.load(room_id)
                self._comings.session_is(self._rooms[room_id])
        for room_id in [one for one in self._rooms if one not in active]:
            del self._rooms[room_id]
        for room_id, room in list(self._rooms.items()):
            if room.session is None and self._comings.empty_since(room_id) is not None:
                self._redis.srem(ACTIVE, room_id)

    def _changed(self) -> set[RoomId]:
        if self._position is None:
            newest = self._redis.xrevrange(LOG, count=1)
            self._position = newest[0][0].decode() if newest else "0-0"
            self._rooms.clear()
            return set()
        answer = self._redis.xread({LOG: self._position})
        entries = answer[0][1] if answer else []
        if entries:
            self._position = entries[-1][0].decode()
        return {RoomId(fields[b"room"].decode()) for _, fields in entries}

    def _do(self, room_id: RoomId, command: Command) -> None:
        try:
            self._act.do(room_id, None, command)
        except AppError as error:
            log.info("a sweep's command was refused", extra={"room": room_id, "code": error.code})

    def _forget(self) -> None:
        self._position = None
        self._rooms.clear()
