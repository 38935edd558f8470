"""The attendance of each session, written down as people come and go: a killed process loses nothing.

Redis, participant ids only:
`attendance:{room}` session -> "start end"; `attendance:{room}:open` the session that runs;
`attendance:{room}:{session}` participant -> "kind start-end,start-";
`attendance:{room}:{session}:changed` participant -> status a person of the staff gave;
`attendance:{room}:choices` session -> what a host decided about it; `attendance:{room}:rules`;
`attendance:ended` the sessions whose end nothing followed yet, as "room|session".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any, Final

from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.rooms.attendance import Attendee, Kind, Lesson, Rules, Scoring, Status, Stay

ENDED: Final = "attendance:ended"
_LONGEST_SECONDS: Final = 48 * 3600.0


@dataclass(frozen=True)
class SessionTimes:
    """One session of a room in seconds since the epoch; `until` is None while it runs."""

    id: SessionId
    start: float
    until: float | None


@dataclass(frozen=True)
class Choice:
    """What a host decided about a session; None: left to the rules. `lesson` is the part that counts."""

    counts: bool | None = None
    lesson: Lesson | None = None


@dataclass(frozen=True)
class Record:
    """One session: everybody who was in it, and the statuses people of the staff gave."""

    people: Mapping[ParticipantId, Attendee]
    changed: Mapping[ParticipantId, Status]


class Attendance:
    """The attendance of all rooms in Redis. `gap_seconds`: somebody back within it was never away."""

    def __init__(self, redis: Redis, gap_seconds: float) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._gap = gap_seconds
        self._scripts = {name: redis.register_script(_script(name)) for name in ("came", "went", "ended")}

    def came(
        self,
        room: RoomId,
        session: SessionId,
        started_at: float,
        participant: ParticipantId,
        kind: Kind,
        at: float,
    ) -> None:
        """Write down that somebody is in the room; again for somebody who is there changes nothing."""
        self.running_is(room, session, at)
        keys = [f"attendance:{room}:{session}", f"attendance:{room}", _open(room)]
        arguments: list[str | float] = [participant, kind, _moment(at), self._gap, session]
        self._scripts["came"](keys, [*arguments, _moment(started_at)])

    def went(self, room: RoomId, participant: ParticipantId, at: float) -> None:
        """Write down that somebody's last connection went; for somebody who is not there nothing changes."""
        self._scripts["went"]([_open(room)], [room, participant, _moment(at)])

    def running_is(self, room: RoomId, session: SessionId | None, at: float) -> None:
        """Say which session runs: another one that was open ends now, and waits in `ended`."""
        keys = [f"attendance:{room}", _open(room), ENDED]
        self._scripts["ended"](keys, [room, session or "", _moment(at)])

    def sessions(self, room: RoomId) -> list[SessionTimes]:
        """Return the sessions of a room, the latest first."""
        stored = self._redis.hgetall(f"attendance:{room}")
        found = [_times(key.decode(), value.decode()) for key, value in stored.items()]
        return sorted(found, key=lambda one: (one.start, one.id), reverse=True)

    def session(self, room: RoomId, session: str) -> SessionTimes:
        """Return one session.

        Raises:
            AppError: `unknown_session`.
        """
        stored = self._redis.hget(f"attendance:{room}", session)
        if not stored:
            raise AppError("unknown_session", "This room had no such session.")
        return _times(session, stored.decode())

    def change(
        self, room: RoomId, session: SessionId, participant: ParticipantId, status: Status | None
    ) -> None:
        """Give somebody a status; None: back to what the record says."""
        key = f"attendance:{room}:{session}:changed"
        if status is None:
            self._redis.hdel(key, participant)
        else:
            self._redis.hset(key, participant, status)

    def choices(self, room: RoomId) -> dict[SessionId, Choice]:
        """Return what hosts decided about sessions."""
        stored = self._redis.hgetall(f"attendance:{room}:choices")
        return {SessionId(key.decode()): _choice(json.loads(value)) for key, value in stored.items()}

    def choose(self, room: RoomId, session: SessionTimes, choice: Choice) -> None:
        """Keep what a host decides about a session.

        Raises:
            AppError: `bad_lesson`, the part that counts has no length or lies outside of the session.
        """
        part = choice.lesson
        if part and not (
            session.start - _LONGEST_SECONDS < part.start < part.until < session.start + _LONGEST_SECONDS
        ):
            raise AppError("bad_lesson", "The lesson ends after it starts, within its session.")
        self._redis.hset(f"attendance:{room}:choices", session.id, json.dumps(asdict(choice)))

    def rules(self, room: RoomId) -> Rules:
        """Return the rules of a room."""
        stored = self._redis.get(f"attendance:{room}:rules")
        if not stored:
            return Rules()
        fields: dict[str, Any] = json.loads(stored)
        return Rules(**(fields | {"scoring": Scoring(fields["scoring"])}))

    def set_rules(self, room: RoomId, rules: Rules) -> None:
        """Keep the rules of a room."""
        self._redis.set(f"attendance:{room}:rules", json.dumps(asdict(rules)))

    def ended(self) -> list[tuple[RoomId, SessionId]]:
        """Return the sessions that ended and were not `settled`."""
        pairs = [member.decode().split("|") for member in self._redis.smembers(ENDED)]
        return [(RoomId(room), SessionId(session)) for room, session in pairs]

    def settled(self, room: RoomId, session: SessionId) -> None:
        """What had to follow the end of a session is done."""
        self._redis.srem(ENDED, f"{room}|{session}")

    def records(self, room: RoomId, sessions: Iterable[SessionId]) -> dict[SessionId, Record]:
        """Return the records of several sessions, in one round trip."""
        asked = list(sessions)
        pipe = self._redis.pipeline(transaction=False)
        for session in asked:
            pipe.hgetall(f"attendance:{room}:{session}")
            pipe.hgetall(f"attendance:{room}:{session}:changed")
        answers = iter(pipe.execute())
        return {session: _record(next(answers), next(answers)) for session in asked}


def _open(room: RoomId) -> str:
    return f"attendance:{room}:open"


def _moment(at: float) -> str:
    return f"{at:.2f}"


def _times(session: str, stored: str) -> SessionTimes:
    start, _, until = stored.partition(" ")
    return SessionTimes(SessionId(session), float(start), float(until) if until else None)


def _record(people: dict[bytes, bytes], changed: dict[bytes, bytes]) -> Record:
    return Record(
        {ParticipantId(who.decode()): _attendee(kept.decode()) for who, kept in people.items()},
        {ParticipantId(who.decode()): Status(kept.decode()) for who, kept in changed.items()},
    )


def _attendee(stored: str) -> Attendee:
    kind, _, stays = stored.partition(" ")
    return Attendee(Kind(kind), tuple(_stay(one) for one in stays.split(",")))


def _stay(stored: str) -> Stay:
    start, _, until = stored.partition("-")
    return Stay(float(start), float(until) if until else None)


def _choice(stored: dict[str, Any]) -> Choice:
    part = stored["lesson"]
    return Choice(stored["counts"], Lesson(**part) if part else None)


def _script(name: str) -> str:
    return files("lti_room.usecases.grading").joinpath(f"attendance_{name}.lua").read_text()
