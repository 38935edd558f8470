"""Attendance and grades as personal data: what they hold about one person, and how it goes."""

import json
from typing import Any

from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.usecases.grading.attendance import Attendance


class KeptAttendance:
    """What the sessions of rooms hold about people."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._attendance = Attendance(redis, 0.0)

    def of(self, room: RoomId, participant: ParticipantId) -> list[dict[str, Any]]:
        """Return somebody's stays in the sessions of a room; times in seconds since the epoch."""
        times = {one.id: one for one in self._attendance.sessions(room)}
        found: list[dict[str, Any]] = []
        for session, record in self._attendance.records(room, times).items():
            attendee, status = record.people.get(participant), record.changed.get(participant)
            if attendee or status:
                stays = [[stay.start, stay.until] for stay in attendee.stays] if attendee else []
                found.append({"session": session, "stays": stays, "status": status})
        return found

    def erase(self, room: RoomId, participant: ParticipantId) -> int:
        """Take somebody out of all sessions of a room; return out of how many."""
        erased = 0
        for one in self._attendance.sessions(room):
            key = f"attendance:{room}:{one.id}"
            with self._redis.pipeline() as pipe:
                pipe.hdel(key, participant)
                pipe.hdel(f"{key}:changed", participant)
                erased += any(pipe.execute())
        return erased

    def erase_before(self, room: RoomId, at: float) -> int:
        """Delete the sessions of a room that ended before a time; return how many."""
        old = [one for one in self._attendance.sessions(room) if one.until is not None and one.until < at]
        for one in old:
            key = f"attendance:{room}:{one.id}"
            with self._redis.pipeline() as pipe:
                pipe.delete(key, f"{key}:changed")
                pipe.hdel(f"attendance:{room}:choices", one.id)
                pipe.srem("attendance:ended", f"{room}|{one.id}")
                pipe.hdel(f"attendance:{room}", one.id)
                pipe.execute()
        return len(old)


class KeptGrades:
    """What the queue of grades holds about people."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes

    def of(self, room: RoomId, participant: ParticipantId) -> dict[str, Any] | None:
        """Return the grade of somebody in a room: what was to be sent, and what was."""
        stored = self._redis.hget(f"grades:{room}", participant)
        found: dict[str, Any] | None = json.loads(stored) if stored else None
        return found

    def erase_before(self, room: RoomId, at: float) -> int:
        """Forget the grades of a room that a gradebook has had since before a time; return how many."""
        stored = self._redis.hgetall(f"grades:{room}").items()
        old = [who for who, text in stored if _sent_before(json.loads(text), at)]
        return int(self._redis.hdel(f"grades:{room}", *old)) if old else 0

    def erase(self, registration: str, room: RoomId, participant: ParticipantId) -> int:
        """Forget somebody's grade, also one that was still to be sent; return how many there were."""
        with self._redis.pipeline() as pipe:
            pipe.hdel(f"grades:{room}", participant)
            pipe.zrem(f"grades:lane:{registration}", f"{room}|{participant}")
            erased, _ = pipe.execute()
        return int(erased)


def _sent_before(grade: dict[str, Any], at: float) -> bool:
    return grade.get("state") == "sent" and (grade.get("sent_at") or at) < at
