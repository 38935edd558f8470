"""The sessions of a room as they count: the lesson of each, and where everybody of the class stands in it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lti_room.base.clock import Clock
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.rooms.attendance import (
    Lesson,
    Rules,
    Standing,
    counts_by_itself,
    judge,
    lesson,
    never_came,
    the_class,
)
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.grading.attendance import Attendance, Choice, Record, SessionTimes


@dataclass(frozen=True)
class Sitting:
    """One session as it counts: its lesson, whether it counts, and everybody of the class in it."""

    times: SessionTimes
    lesson: Lesson
    counts: bool
    choice: Choice
    standings: Mapping[ParticipantId, Standing]

    @property
    def is_graded(self) -> bool:
        """Whether it is over and counts."""
        return self.counts and self.times.until is not None


@dataclass(frozen=True)
class Sittings:
    """All sessions of a room, the latest first. `never_came` are of the class, and in no session's record."""

    latest_first: tuple[Sitting, ...]
    never_came: frozenset[ParticipantId]

    @property
    def the_class(self) -> list[ParticipantId]:
        """Everybody a gradebook may know; nobody before the first session."""
        return sorted(self.latest_first[0].standings) if self.latest_first else []


class SittingsReader:
    """Judges the records of all rooms."""

    def __init__(self, clock: Clock, store: RoomStore, attendance: Attendance) -> None:
        self._clock = clock
        self._store = store
        self._attendance = attendance

    def of(self, room: RoomId, rules: Rules, course: Collection[ParticipantId] = ()) -> Sittings:
        """Return the sessions of a room; learners of the `course` belong to the class if they never came."""
        sessions = self._attendance.sessions(room)
        records = self._attendance.records(room, [one.id for one in sessions])
        choices = self._attendance.choices(room)
        planned = self._store.load(room).schedule.start
        came = [one.people for one in records.values()]
        absentees = never_came(course, came)
        everybody = the_class(came) | absentees

        def sitting(times: SessionTimes) -> Sitting:
            choice = choices.get(times.id, Choice())
            return self._sitting(times, records[times.id], choice, rules, planned, everybody)

        return Sittings(tuple(sitting(one) for one in sessions), absentees)

    def _sitting(
        self,
        times: SessionTimes,
        record: Record,
        choice: Choice,
        rules: Rules,
        planned: float | None,
        everybody: Collection[ParticipantId],
    ) -> Sitting:
        until = self._clock.now() if times.until is None else times.until
        counted = choice.lesson or lesson(record.people.values(), times.start, until, planned)
        counts = counts_by_itself(record.people, counted) if choice.counts is None else choice.counts
        standings = {
            who: judge(record.people.get(who), counted, rules, record.changed.get(who)) for who in everybody
        }
        return Sitting(times, counted, counts, choice, standings)
