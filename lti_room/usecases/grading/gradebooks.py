"""Attendance, grades and their sending, put together once for all who need a part of it."""

from dataclasses import dataclass
from typing import Self

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.registrations.registration import RegistrationStore
from lti_room.lti.services.grades import Grades
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.course_people import CoursePeople
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.grading.grade_book import GradeBook
from lti_room.usecases.grading.grade_column import GradeColumns
from lti_room.usecases.grading.grade_queue import GradeQueue
from lti_room.usecases.grading.grade_sender import GradeSender
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.room_settings import RoomSettingsStore


@dataclass(frozen=True)
class Gradebooks:
    """The parts. `sender` makes what runs in a web process, `holder` being that process."""

    redis: Redis
    clock: Clock
    settings: Settings
    attendance: Attendance
    queue: GradeQueue
    columns: GradeColumns
    book: GradeBook
    service: Grades

    @classmethod
    def over(
        cls,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        store: RoomStore,
        people: People,
        registrations: RegistrationStore,
        service: Grades,
        course_people: CoursePeople,
    ) -> Self:
        """Return the parts over one Redis."""
        attendance, queue = Attendance(redis, settings.keep_seat_seconds), GradeQueue(redis)
        launches, room_settings = Launches(redis, settings), RoomSettingsStore(redis)
        columns = GradeColumns(redis, launches, registrations, people, store, room_settings, service)
        parts = attendance, queue, columns, launches, people, room_settings, course_people.learners
        book = GradeBook(clock, store, *parts)
        return cls(redis, clock, settings, attendance, queue, columns, book, service)

    def sender(self, holder: str) -> GradeSender:
        """Return a sender for one web process."""
        parts = self.queue, self.columns, self.service, self.book.follow_up
        return GradeSender(self.redis, self.clock, self.settings, *parts, holder)
