"""What a verified launch leaves behind: its record for twelve hours, and where each room comes from."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import orjson

from lti_room.base.ids import LaunchId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings
from lti_room.rooms.roles import Role

_LATEST: Final = "launches:latest"
"""Registration -> when its latest launch was."""


_OF_A_NEW_ROOM: Final = ("origin", "events", "commands", "snapshot", "settings")
"""What a room consists of before anybody was in it."""


def seen_key(registration: str) -> str:
    """Return the key of a registration's people by their latest launch (a sorted set of participants)."""
    return f"people-seen:{registration}"


@dataclass(frozen=True)
class CourseInfo:
    """The course a launch came from, as people call it."""

    id: str
    title: str
    label: str


@dataclass(frozen=True, kw_only=True)
class LaunchRecord:
    """One launch. All its tickets die with this record. `at` is seconds since the epoch.

    `link` is the resource link's id. `services` are the endpoints and scopes the message offered (names and
    roles, grades); `return_url` is the checked address of the course page, never logged.
    """

    id: LaunchId
    registration: str
    deployment: str
    participant: ParticipantId
    room: RoomId
    role: Role
    course: CourseInfo
    locale: str | None
    return_url: str | None
    at: float
    link: str = ""
    services: Mapping[str, Any] = field(default_factory=dict)
    is_test: bool = False
    """The platform's own test student ("Student View"): no gradebook knows them."""


@dataclass(frozen=True, kw_only=True)
class LinkRecord:
    """Where a room lies in its course, as the latest launch told; outlives every launch.

    `link` is the resource link's id. `services` are the claims of names-roles and grades as they came, under
    `names_roles` and `grades`. `return_url` is never logged. `at` is seconds since the epoch.
    """

    room: RoomId
    registration: str
    deployment: str
    course: CourseInfo
    link: str
    services: Mapping[str, Any]
    locale: str | None
    return_url: str | None
    at: float

    @property
    def has_line_item(self) -> bool:
        """Whether the platform made a line item with this very link (AGS section 3.1)."""
        grades = self.services.get("grades")
        return isinstance(grades, dict) and isinstance(grades.get("lineitem"), str)


@dataclass(frozen=True)
class Origin:
    """Where a room comes from: it belongs to this course and no other."""

    registration: str
    deployment: str
    course: str


class Launches:
    """Launch records and rooms' origins in Redis."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings

    def save(self, record: LaunchRecord) -> None:
        """Keep a record for as long as anything of the launch may be renewed."""
        with self._redis.pipeline(transaction=False) as pipe:
            self._save(record, pipe)
            pipe.execute()

    def save_with_link(self, record: LaunchRecord, pipe: Redis) -> None:
        """Let a pipeline take along what `save` and `keep_link` write."""
        self._save(record, pipe)
        self._keep_link(record, pipe)

    def _save(self, record: LaunchRecord, pipe: Redis) -> None:
        pipe.set(f"launch:{record.id}", orjson.dumps(record), ex=self._settings.launch_seconds)
        pipe.hset(_LATEST, record.registration, repr(record.at))
        pipe.zadd(seen_key(record.registration), {record.participant: record.at})

    def latest(self) -> dict[str, float]:
        """Return when each registration's latest launch was, seconds since the epoch."""
        return {text(one): float(at) for one, at in self._redis.hgetall(_LATEST).items()}

    def of_participant(self, participant: ParticipantId) -> Iterator[LaunchRecord]:
        """Yield somebody's launches that are not over. Reads all launches: for rare occasions."""
        for key in self._redis.scan_iter("launch:l_*", count=1000):
            stored = self._redis.get(key)
            if stored and (record := _record(json.loads(stored))).participant == participant:
                yield record

    def rooms_of(self, registration: str) -> Iterator[RoomId]:
        """Yield the rooms of a registration. Reads all rooms: for rare occasions."""
        for key in self._redis.scan_iter("room:r_*:origin", count=1000):
            room = RoomId(text(key).split(":")[1])
            if self.registration_of(room) == registration:
                yield room

    def keep_link(self, record: LaunchRecord) -> None:
        """Keep what services need long after the launch: the course, endpoints and scopes of the link.

        Of a room that lies at several places of its course, the place with a line item of its own is kept:
        grades would otherwise go to whatever place somebody opened last.
        """
        self._keep_link(record, self._redis)

    def _keep_link(self, record: LaunchRecord, to: Redis) -> None:
        link = LinkRecord(
            room=record.room,
            registration=record.registration,
            deployment=record.deployment,
            course=record.course,
            link=record.link,
            services=record.services,
            locale=record.locale,
            return_url=record.return_url,
            at=record.at,
        )
        kept = self.link_of(record.room)
        if kept is None:
            self._keep_for_good(record.room)
        if kept and kept.link != link.link and kept.has_line_item and not link.has_line_item:
            return
        to.set(f"room:{record.room}:link", orjson.dumps(link))

    def link_of(self, room: RoomId) -> LinkRecord | None:
        """Return where a room lies; None before its first launch."""
        stored = self._redis.get(f"room:{room}:link")
        if not stored:
            return None
        fields: dict[str, Any] = {"room": room, "link": ""} | json.loads(stored)
        return LinkRecord(**(fields | {"course": CourseInfo(**fields["course"])}))

    def load(self, launch: LaunchId) -> LaunchRecord | None:
        """Return a record, or None once the launch is over."""
        stored = self._redis.get(f"launch:{launch}")
        return _record(json.loads(stored)) if stored else None

    def forget(self, launch: LaunchId) -> None:
        """End a launch: none of its tickets opens any more."""
        self._redis.delete(f"launch:{launch}")

    def origin_of(self, room: RoomId) -> Origin | None:
        """Return where a room comes from; None if it is unknown or was never opened from an LMS."""
        stored = self._redis.hgetall(f"room:{room}:origin")
        return Origin(**{text(key): text(value) for key, value in stored.items()}) if stored else None

    def set_origin(self, room: RoomId, origin: Origin) -> None:
        """Say where a room comes from."""
        key = f"room:{room}:origin"
        self._redis.hset(key, items=[part for pair in asdict(origin).items() for part in pair])
        if origin.course:
            self._redis.sadd(_course_key(origin), room)

    def forget_origin(self, room: RoomId, origin: Origin) -> None:
        """Take back where a room comes from: somebody else made the room first."""
        self._redis.delete(f"room:{room}:origin")
        self._redis.srem(_course_key(origin), room)

    def rooms_of_course(self, origin: Origin) -> list[RoomId]:
        """Return the rooms of a course; none for a message that names no course."""
        if not origin.course:
            return []
        return sorted(RoomId(text(room)) for room in self._redis.smembers(_course_key(origin)))

    def let_expire(self, room: RoomId, seconds: float) -> None:
        """Forget a room after a time, unless somebody opens it from its course before."""
        for part in _OF_A_NEW_ROOM:
            self._redis.expire(f"room:{room}:{part}", int(seconds))

    def _keep_for_good(self, room: RoomId) -> None:
        for part in _OF_A_NEW_ROOM:
            self._redis.persist(f"room:{room}:{part}")

    def registration_of(self, room: RoomId) -> str:
        """Return the registration of a room; empty if it has none."""
        stored = self._redis.hget(f"room:{room}:origin", "registration")
        return text(stored) if stored else ""


def _course_key(origin: Origin) -> str:
    course = hashlib.sha256(origin.course.encode()).hexdigest()[:32]
    return f"course:{origin.registration}:{origin.deployment}:{course}:rooms"


def _record(stored: dict[str, Any]) -> LaunchRecord:
    return LaunchRecord(**(stored | {"role": Role(stored["role"]), "course": CourseInfo(**stored["course"])}))
