"""From stage events to media grants: every append reaches the media server within moments.

One follower at a time holds the lease; it reads `rooms:log`, loads each changed room and hands its grants
over. When it dies, another goes on from the saved position: grants carry the room version, so giving one
twice, or late, does no harm. It runs in a greenlet of a web process and, as a standby, in a thread of a
media process.
"""

from collections.abc import Iterable
from typing import Any, Final, Protocol

import redis.exceptions

from lti_room.base.ids import RoomId
from lti_room.base.log import logger
from lti_room.base.redis_client import Redis, connect_tail
from lti_room.media.backend import GrantRow, GrantTable, MediaBackend, MediaSource
from lti_room.rooms.commands import Source
from lti_room.rooms.model import Person, Room
from lti_room.rooms.ports import RoomStore
from lti_room.rooms.roles import Grant
from lti_room.usecases.lease import Lease

LOG: Final = "rooms:log"
POSITION: Final = "follow:position"
LEASE_MS: Final = 400
RENEW_MS: Final = 150
RETRY_SECONDS: Final = 0.1
_BATCH: Final = 200

log = logger("usecases.follow")


class Stop(Protocol):
    """An event of threading or of gevent."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


def grants_for(room: Room) -> GrantTable:
    """Return what each participant of a room may send, and which of it is switched off.

    Who is on stage may send microphone and camera; who may present, the screen too, also as a viewer.
    Somebody put out of the room may not even receive.
    """
    return GrantTable(room.id, room.version, {who: _row(person) for who, person in room.people.items()})


def _row(person: Person) -> GrantRow:
    if person.removed:
        return GrantRow(receive=False)
    send = {MediaSource.MICROPHONE, MediaSource.CAMERA} if person.is_on_stage else set()
    if _may_present(person):
        send.add(MediaSource.SCREEN)
    return GrantRow(frozenset(send), frozenset(one for one in send if Source(one.value) not in person.on))


def _may_present(person: Person) -> bool:
    is_staff = any(role is not None and role.is_staff for role in (person.given_role, person.role_on_stage))
    # A viewer who is staff by launch alone is known here only once `decide` let the screen be switched on.
    return is_staff or Grant.PRESENT in person.grants or Source.SCREEN in person.on


class Follow:
    """Follows `rooms:log` while it holds the lease."""

    def __init__(
        self, redis: Redis, redis_url: str, store: RoomStore, backend: MediaBackend, holder: str
    ) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._tail: Any = connect_tail(redis_url)
        self._store = store
        self._backend = backend
        self._lease = Lease(redis, "follow", holder, LEASE_MS)

    def run(self, stop: Stop) -> None:
        """Follow whenever nobody else does, until `stop` is set."""
        while not stop.is_set():
            try:
                held = self._lease.hold()
                if held:
                    self._follow(stop)
            except redis.exceptions.RedisError as error:
                log.warning(
                    "follow lost Redis: %s", type(error).__name__, extra={"code": "store_unavailable"}
                )
            except Exception:
                log.exception("follow failed and begins again", extra={"code": "internal"})
            stop.wait(RETRY_SECONDS)
        self._release()

    def give_again(self, worker: str) -> None:
        """A media worker was replaced: hand the new one the grants of all its rooms."""
        for room in self._backend.lost_rooms(worker):
            self._grant(room)

    def _follow(self, stop: Stop) -> None:
        position = self._start()
        while not stop.is_set() and self._lease.hold():
            answer = self._tail.xread({LOG: position}, count=_BATCH, block=RENEW_MS)
            for _, entries in answer or []:
                if self._grant_all(RoomId(fields[b"room"].decode()) for _, fields in entries):
                    position = entries[-1][0].decode()
                    self._redis.set(POSITION, position)

    def _grant_all(self, rooms: Iterable[RoomId]) -> bool:
        """Hand over the newest grants of these rooms; False if the lease went to somebody else meanwhile."""
        for room in dict.fromkeys(rooms):
            self._grant(room)
            if not self._lease.hold():
                return False
        return True

    def _grant(self, room: RoomId) -> None:
        self._backend.grant(grants_for(self._store.load(room)))

    def _start(self) -> str:
        """Return the saved position; rooms in session make up for what was trimmed away after it."""
        saved = (self._redis.get(POSITION) or b"0-0").decode()
        oldest = self._redis.xrange(LOG, count=1)
        if oldest and saved != "0-0" and _order(oldest[0][0]) > _order(saved.encode()):
            self._grant_all(RoomId(room.decode()) for room in self._redis.smembers("rooms:active"))
        newest = self._redis.xrevrange(LOG, count=1)
        behind = not newest or _order(newest[0][0]) < _order(saved.encode())
        return "0-0" if behind else saved

    def _release(self) -> None:
        try:
            self._lease.release()
        except redis.exceptions.RedisError:
            return


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or 0)
