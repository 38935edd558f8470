"""Grades on their way to gradebooks: what is waiting, sent and failed, in Redis, one lane per registration.

A grade is accepted once it is written here, and stays until the platform took it or it failed for good;
sending the same once more is harmless.

Redis, participant ids only: `grades:{room}` participant -> grade as JSON; `grades:lane:{registration}` a
sorted set of "room|participant" by when it is due; `grades:lanes` the registrations with anything waiting;
`grades:pause:{registration}` why and until when a lane stands still.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis

LANES: Final = "grades:lanes"
_DROP_EMPTY: Final = "if redis.call('ZCARD', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[1]) end"


class GradeState(StrEnum):
    """Where a grade is. Part of the API: never renamed."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Grade:
    """One person's grade in one room: `value` of `maximum` points is what is to be sent, or was.

    `sent_value` of `sent_maximum` is what the gradebook has, since `sent_at`. `code` says why the last try
    failed, `retry_at` when the next one is. Times are seconds since the epoch.
    """

    value: float
    maximum: float
    state: GradeState = GradeState.WAITING
    tries: int = 0
    code: str | None = None
    retry_at: float | None = None
    sent_value: float | None = None
    sent_maximum: float | None = None
    sent_at: float | None = None

    def is_in_gradebook(self, value: float, maximum: float) -> bool:
        """Whether the gradebook has exactly this already."""
        return (self.sent_value, self.sent_maximum) == (value, maximum)


@dataclass(frozen=True)
class Taken:
    """A grade that is due, as it was when it was taken."""

    registration: str
    room: RoomId
    participant: ParticipantId
    grade: Grade
    text: bytes


@dataclass(frozen=True)
class Pause:
    """Why a whole lane stands still, until when, and how often in a row its platform has failed."""

    code: str
    until: float
    tries: int


class GradeQueue:
    """All grades in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        script = files("lti_room.usecases.grading").joinpath("grade_settle.lua").read_text()
        self._settle = redis.register_script(script)
        self._drop_empty = redis.register_script(_DROP_EMPTY)

    def put(
        self,
        registration: str,
        room: RoomId,
        values: Mapping[ParticipantId, float],
        maximum: float,
        now: float,
    ) -> None:
        """Accept grades, all or none: from here on they reach the gradebook or fail visibly."""
        known = self.of_room(room)
        pipe = self._redis.pipeline(transaction=True)
        for participant, value in values.items():
            before = known.get(participant) or Grade(value=value, maximum=maximum)
            grade = Grade(
                value=value,
                maximum=maximum,
                sent_value=before.sent_value,
                sent_maximum=before.sent_maximum,
                sent_at=before.sent_at,
            )
            pipe.hset(f"grades:{room}", participant, _encoded(grade))
            pipe.zadd(_lane(registration), {f"{room}|{participant}": now})
        pipe.sadd(LANES, registration)
        pipe.delete(_pause(registration))
        pipe.execute()

    def of_room(self, room: RoomId) -> dict[ParticipantId, Grade]:
        """Return every grade of a room that was ever accepted."""
        stored = self._redis.hgetall(f"grades:{room}")
        return {ParticipantId(who.decode()): _decoded(text) for who, text in stored.items()}

    def lanes(self) -> list[str]:
        """Return the registrations with anything waiting."""
        return sorted(member.decode() for member in self._redis.smembers(LANES))

    def take(self, registration: str, now: float) -> Taken | None:
        """Return the grade that is due first, None if none is. It stays until it is settled."""
        while True:
            due = self._redis.zrangebyscore(_lane(registration), "-inf", now, start=0, num=1)
            if not due:
                self._drop_empty([_lane(registration), LANES], [registration])
                return None
            room, participant = due[0].decode().split("|")
            text = self._redis.hget(f"grades:{room}", participant)
            if text and (grade := _decoded(text)).state is GradeState.WAITING:
                return Taken(registration, RoomId(room), ParticipantId(participant), grade, text)
            self._redis.zrem(_lane(registration), due[0])

    def sent(self, taken: Taken, at: float) -> None:
        """The platform took it."""
        grade = taken.grade
        done = Grade(
            value=grade.value,
            maximum=grade.maximum,
            state=GradeState.SENT,
            sent_value=grade.value,
            sent_maximum=grade.maximum,
            sent_at=at,
        )
        self._write(taken, done, None)

    def failed(self, taken: Taken, code: str) -> None:
        """It failed for good; a person may have it tried again."""
        self._write(taken, replace(taken.grade, state=GradeState.FAILED, code=code, retry_at=None), None)

    def postpone(self, taken: Taken, code: str, until: float) -> None:
        """It failed for now."""
        later = replace(taken.grade, tries=taken.grade.tries + 1, code=code, retry_at=until)
        self._write(taken, later, until)

    def fail_waiting(self, registration: str, code: str, room: RoomId | None = None) -> None:
        """Give up everything that waits in a lane, or what waits there for one room."""
        for member in self._redis.zrange(_lane(registration), 0, -1):
            of, participant = member.decode().split("|")
            text = self._redis.hget(f"grades:{of}", participant)
            if room in (None, RoomId(of)) and text:
                grade = _decoded(text)
                self.failed(Taken(registration, RoomId(of), ParticipantId(participant), grade, text), code)

    def pause_of(self, registration: str) -> Pause | None:
        """Return why a lane stands still; None if it does not, and did not lately."""
        stored = self._redis.get(_pause(registration))
        return Pause(**json.loads(stored)) if stored else None

    def pause(self, registration: str, pause: Pause) -> None:
        """Let a lane stand still."""
        self._redis.set(_pause(registration), json.dumps(asdict(pause)))

    def go_on(self, registration: str) -> None:
        """The lane's platform answers."""
        self._redis.delete(_pause(registration))

    def forget(self, room: RoomId, participants: Iterable[ParticipantId]) -> None:
        """Erase people's grades here; what waits for them is not sent any more."""
        self._redis.hdel(f"grades:{room}", *participants)

    def _write(self, taken: Taken, grade: Grade, due: float | None) -> None:
        keys = [f"grades:{taken.room}", _lane(taken.registration)]
        member = f"{taken.room}|{taken.participant}"
        when = "" if due is None else due
        self._settle(keys, [taken.participant, taken.text, _encoded(grade), member, when])


def _lane(registration: str) -> str:
    return f"grades:lane:{registration}"


def _pause(registration: str) -> str:
    return f"grades:pause:{registration}"


def _encoded(grade: Grade) -> str:
    return json.dumps(asdict(grade))


def _decoded(text: bytes) -> Grade:
    fields: dict[str, Any] = json.loads(text)
    return Grade(**(fields | {"state": GradeState(fields["state"])}))
