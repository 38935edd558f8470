"""What is older than a registration keeps it goes by itself: people, chat, attendance, grades, link records.

Runs inside a web process, once an hour in the whole installation. Rooms and their events stay: they hold
participant ids only, and the ids lose their meaning with the people.
"""

from dataclasses import dataclass
from typing import Any, Final

import redis.exceptions

from lti_room.base.clock import Clock
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.log import logger
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings
from lti_room.lti.registrations.registration import RegistrationStore
from lti_room.usecases.administering.kept_records import KeptAttendance, KeptGrades
from lti_room.usecases.chat import Chat
from lti_room.usecases.follow import Stop
from lti_room.usecases.launches import Launches, seen_key
from lti_room.usecases.lease import Lease
from lti_room.usecases.people import People

PAUSE_SECONDS: Final = 60.0
EVERY_SECONDS: Final = 3600
_LEASE_MS: Final = 600_000
_SWEPT: Final = "retention:swept"
_DAY: Final = 86_400

log = logger("usecases.retention")


@dataclass(frozen=True)
class Swept:
    """How much went."""

    people: int = 0
    messages: int = 0
    sessions: int = 0
    links: int = 0
    grades: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.people + other.people,
            self.messages + other.messages,
            self.sessions + other.sessions,
            self.links + other.links,
            self.grades + other.grades,
        )


class Retention:
    """Deletes what is too old. `holder` names this process for the lease."""

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        registrations: RegistrationStore,
        people: People,
        launches: Launches,
        holder: str,
    ) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._settings = settings
        self._registrations = registrations
        self._people = people
        self._launches = launches
        self._chat = Chat(redis)
        self._attendance = KeptAttendance(redis)
        self._grades = KeptGrades(redis)
        self._lease = Lease(redis, "retention", holder, _LEASE_MS)

    def run(self, stop: Stop) -> None:
        """Sweep when it is time and nobody else does, until `stop` is set."""
        while not stop.wait(PAUSE_SECONDS):
            try:
                if self._redis.set(_SWEPT, b"1", nx=True, ex=EVERY_SECONDS) and self._lease.hold():
                    self.tick()
                    self._lease.release()
            except redis.exceptions.RedisError:
                continue
            except Exception:
                log.exception("a retention sweep failed", extra={"code": "internal"})

    def tick(self) -> Swept:
        """Sweep once."""
        swept = Swept()
        for registration in self._known():
            before = self._before(registration)
            if before is not None:
                swept += Swept(people=self._sweep_people(registration, before))
        for key in self._redis.scan_iter("room:r_*:origin", count=1000):
            room = RoomId(text(key).split(":")[1])
            before = self._before(self._launches.registration_of(room))
            if before is not None:
                swept += self._sweep_room(room, before)
        if swept != Swept():
            log.info("swept what is too old: %s", swept)
        return swept

    def _known(self) -> set[str]:
        """Return every registration that holds people, also removed ones."""
        return {text(key).partition(":")[2] for key in self._redis.scan_iter("people:*", count=1000)}

    def _before(self, registration: str) -> float | None:
        """Return the time before which everything goes; None: nothing does."""
        found = self._registrations.find(registration)
        own = found.retention_days if found else None
        days = self._settings.retention_days if own is None else own
        return self._clock.now() - days * _DAY if days else None

    def _sweep_people(self, registration: str, before: float) -> int:
        seen = seen_key(registration)
        # Those who were only in a course's list have never been seen: their time begins now.
        for who in self._redis.hkeys(f"people:{registration}"):
            self._redis.zadd(seen, {who: self._clock.now()}, nx=True)
        old = self._redis.zrangebyscore(seen, "-inf", before)
        for who in old:
            self._people.forget(registration, ParticipantId(text(who)))
            self._redis.zrem(seen, who)
        return len(old)

    def _sweep_room(self, room: RoomId, before: float) -> Swept:
        link = self._launches.link_of(room)
        links = self._redis.delete(f"room:{room}:link") if link and link.at < before else 0
        return Swept(
            messages=self._chat.erase_before(room, before),
            sessions=self._attendance.erase_before(room, before),
            links=links,
            grades=self._grades.erase_before(room, before),
        )
