"""The grade book of a room: drafts made of its attendance, what was sent of them, and sending.

One column for each room: a grade is the average over all its sessions that have ended and count, excused ones
left out. Nothing is sent that nobody looked at, unless the room is set to send by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.log import logger
from lti_room.rooms.attendance import Rules, credit, grade
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.course_list import CourseLearners
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.grading.grade_column import GradeColumns, Offer
from lti_room.usecases.grading.grade_lines import Line, LineState, line, name_of_draft
from lti_room.usecases.grading.grade_queue import GradeQueue
from lti_room.usecases.grading.sittings import Sitting, Sittings, SittingsReader
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore

log = logger("usecases.grade_book")


@dataclass(frozen=True)
class Book:
    """A room's grade book at one moment. `draft` names exactly what Send would send.

    `course` are the learners of the course as its platform lists them; those who never came have lines, too.
    """

    settings: RoomSettings
    graded: bool
    rules: Rules
    offer: Offer
    sittings: tuple[Sitting, ...]
    lines: Mapping[ParticipantId, Line]
    course: CourseLearners
    draft: str

    @property
    def to_send(self) -> dict[ParticipantId, float]:
        """What Send would send."""
        return {
            who: one.points
            for who, one in self.lines.items()
            if one.state is LineState.DRAFT and one.sendable and one.points is not None
        }

    @property
    def failed(self) -> dict[ParticipantId, float]:
        """What Retry would send."""
        return {
            who: one.points
            for who, one in self.lines.items()
            if one.state is LineState.FAILED and one.points is not None
        }

    @property
    def never_came(self) -> set[ParticipantId]:
        """Learners of the course who never opened the room."""
        return {who for who, one in self.lines.items() if one.never_came}

    @property
    def zeros_by_choice(self) -> int:
        """How many people who never came get 0 or not, as a host chooses."""
        return sum(one.is_zero_by_choice for one in self.lines.values())


class GradeBook:
    """The grade books of all rooms. `learners` tells who is in a room's course."""

    def __init__(
        self,
        clock: Clock,
        store: RoomStore,
        attendance: Attendance,
        queue: GradeQueue,
        columns: GradeColumns,
        launches: Launches,
        people: People,
        settings: RoomSettingsStore,
        learners: Callable[[RoomId], CourseLearners],
    ) -> None:
        self._clock = clock
        self._sittings = SittingsReader(clock, store, attendance)
        self._attendance = attendance
        self._queue = queue
        self._columns = columns
        self._launches = launches
        self._people = people
        self._settings = settings
        self._learners = learners

    def of(self, room: RoomId) -> Book:
        """Return a room's grade book as it is now."""
        rules, settings, course = self._attendance.rules(room), self._settings.of(room), self._learners(room)
        # Who was sent a grade stays in the book when the platform does not tell who is in its course.
        sittings = self._sittings.of(room, rules, {*course.people, *self._queue.of_room(room)})
        lines = self._lines(room, sittings, course, rules, settings)
        link = self._launches.link_of(room)
        return Book(
            settings=settings,
            graded=settings.graded or bool(link and link.has_line_item),
            rules=rules,
            offer=self._columns.offer(room),
            sittings=sittings.latest_first,
            lines=lines,
            course=course,
            draft=name_of_draft(lines, settings.points),
        )

    def attended(self, room: RoomId) -> tuple[Sitting, ...]:
        """Return the sessions with those who ever came, without asking who else is in the course."""
        return self._sittings.of(room, self._attendance.rules(room)).latest_first

    def choose_zeros(self, room: RoomId, wanted: bool) -> None:
        """Keep whether learners who never opened a room get 0 points."""
        self._settings.save(room, replace(self._settings.of(room), zeros_for_never_came=wanted))

    def send(self, room: RoomId, draft: str) -> int:
        """Accept what a person looked at for sending; return how many grades.

        Raises:
            AppError: `draft_changed`, something else would be sent by now; `not_graded`, `no_gradebook`.
        """
        book = self._sendable(room)
        if draft != book.draft:
            raise AppError("draft_changed", "The grades changed meanwhile. Look at them again.")
        return self._put(room, book, book.to_send)

    def retry(self, room: RoomId) -> int:
        """Try again what failed, with the points of now; return how many grades.

        Raises:
            AppError: `not_graded`, `no_gradebook`.
        """
        book = self._sendable(room)
        return self._put(room, book, book.failed)

    def follow_up(self) -> None:
        """Do what follows the end of sessions: rooms that are set so send by themselves."""
        for room, session in self._attendance.ended():
            settings = self._settings.of(room)
            if settings.send_by_itself:
                if settings.zeros_for_never_came and self._learners(room).asking:
                    continue
                self._send_by_itself(room)
            self._attendance.settled(room, session)

    def _send_by_itself(self, room: RoomId) -> None:
        try:
            book = self._sendable(room)
        except AppError as error:
            log.info("nothing was sent by itself", extra={"room": room, "code": error.code})
            return
        self._put(room, book, book.to_send)

    def _sendable(self, room: RoomId) -> Book:
        book = self.of(room)
        if not book.graded:
            raise AppError("not_graded", "This room is not graded.")
        if book.offer.obstacle:
            raise AppError("no_gradebook", "This link takes no grades.", {"obstacle": book.offer.obstacle})
        return book

    def _put(self, room: RoomId, book: Book, values: Mapping[ParticipantId, float]) -> int:
        link = self._launches.link_of(room)
        if link and values:
            listed = book.course.people
            subs = {who: listed[who].sub for who in values if who in listed}
            # Before they are accepted: without it nobody could send, retry or erase those who never launched.
            self._people.keep_subs(link.registration, subs)
            self._queue.put(link.registration, room, values, book.settings.points, self._clock.now())
            log.info("%s grades wait to be sent", len(values), extra={"room": room})
        return len(values)

    def _lines(
        self, room: RoomId, sittings: Sittings, course: CourseLearners, rules: Rules, settings: RoomSettings
    ) -> dict[ParticipantId, Line]:
        counted = [one for one in sittings.latest_first if one.is_graded]
        grades = self._queue.of_room(room)
        known = self._people.known(self._launches.registration_of(room), sittings.the_class)
        return {
            who: line(
                grade((credit(one.standings[who], rules) for one in counted), settings.points),
                settings.points,
                grades.get(who),
                sendable=who in course.people or bool(who in known and known[who].sub),
                never_came=who in sittings.never_came,
                zeros_chosen=settings.zeros_for_never_came,
            )
            for who in sittings.the_class
        }
