"""The grade book of a room: drafts made of its attendance, what was sent of them, and sending.

One column for each room: a grade is the average over all its sessions that have ended and count, excused ones
left out. Nothing is sent that nobody looked at, unless the room is set to send by itself.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.log import logger
from lti_room.rooms.attendance import (
    Kind,
    Lesson,
    Rules,
    Standing,
    counts_by_itself,
    credit,
    grade,
    judge,
    lesson,
)
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.attendance import Attendance, Choice, Record, SessionTimes
from lti_room.usecases.grade_column import GradeColumns, Offer
from lti_room.usecases.grade_queue import Grade, GradeQueue, GradeState
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore

log = logger("usecases.grade_book")


class LineState(StrEnum):
    """Where one person's grade is. Part of the API: never renamed."""

    NONE = "none"
    DRAFT = "draft"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True)
class Sitting:
    """One session as it counts: its lesson, whether it counts, and everybody of the class in it."""

    times: SessionTimes
    lesson: Lesson
    counts: bool
    choice: Choice
    standings: Mapping[ParticipantId, Standing]


@dataclass(frozen=True)
class Line:
    """One person's grade: `points` by the rules now, and what is known of sending it."""

    points: float | None
    state: LineState
    grade: Grade | None
    sendable: bool


@dataclass(frozen=True)
class Book:
    """A room's grade book at one moment. `draft` names exactly what Send would send."""

    settings: RoomSettings
    graded: bool
    rules: Rules
    offer: Offer
    sittings: tuple[Sitting, ...]
    lines: Mapping[ParticipantId, Line]
    draft: str

    @property
    def to_send(self) -> dict[ParticipantId, float]:
        """What Send would send."""
        return {
            who: line.points
            for who, line in self.lines.items()
            if line.state is LineState.DRAFT and line.sendable and line.points is not None
        }

    @property
    def failed(self) -> dict[ParticipantId, float]:
        """What Retry would send."""
        return {
            who: line.points
            for who, line in self.lines.items()
            if line.state is LineState.FAILED and line.points is not None
        }


class GradeBook:
    """The grade books of all rooms."""

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
    ) -> None:
        self._clock = clock
        self._store = store
        self._attendance = attendance
        self._queue = queue
        self._columns = columns
        self._launches = launches
        self._people = people
        self._settings = settings

    def of(self, room: RoomId) -> Book:
        """Return a room's grade book as it is now."""
        rules, settings = self._attendance.rules(room), self._settings.of(room)
        sittings = self._sittings(room, rules)
        lines = self._lines(room, sittings, rules, settings.points)
        link = self._launches.link_of(room)
        graded = settings.graded or bool(link and link.has_line_item)
        offer = self._columns.offer(room)
        return Book(settings, graded, rules, offer, sittings, lines, _draft(lines, settings.points))

    def send(self, room: RoomId, draft: str) -> int:
        """Accept what a person looked at for sending; return how many grades.

        Raises:
            AppError: `draft_changed`, something else would be sent by now; `not_graded`, `no_gradebook`.
        """
        book = self._sendable(room)
        if draft != book.draft:
            raise AppError("draft_changed", "The grades changed meanwhile. Look at them again.")
        return self._put(room, book.to_send, book.settings.points)

    def retry(self, room: RoomId) -> int:
        """Try again what failed, with the points of now; return how many grades.

        Raises:
            AppError: `not_graded`, `no_gradebook`.
        """
        book = self._sendable(room)
        return self._put(room, book.failed, book.settings.points)

    def follow_up(self) -> None:
        """Do what follows the end of sessions: rooms that are set so send by themselves."""
        for room, session in self._attendance.ended():
            settings = self._settings.of(room)
            if settings.send_by_itself:
                self._send_by_itself(room)
            self._attendance.settled(room, session)

    def _send_by_itself(self, room: RoomId) -> None:
        try:
            book = self._sendable(room)
        except AppError as error:
            log.info("nothing was sent by itself", extra={"room": room, "code": error.code})
            return
        self._put(room, book.to_send, book.settings.points)

    def _sendable(self, room: RoomId) -> Book:
        book = self.of(room)
        if not book.graded:
            raise AppError("not_graded", "This room is not graded.")
        if book.offer.obstacle:
            raise AppError("no_gradebook", "This link takes no grades.", {"obstacle": book.offer.obstacle})
        return book

    def _put(self, room: RoomId, values: Mapping[ParticipantId, float], points: float) -> int:
        link = self._launches.link_of(room)
        if link and values:
            self._queue.put(link.registration, room, values, points, self._clock.now())
            log.info("%s grades wait to be sent", len(values), extra={"room": room})
        return len(values)

    def _sittings(self, room: RoomId, rules: Rules) -> tuple[Sitting, ...]:
        sessions = self._attendance.sessions(room)
        records = self._attendance.records(room, [one.id for one in sessions])
        choices = self._attendance.choices(room)
        planned = self._store.load(room).schedule.start
        the_class = _class_of(records.values())

        def sitting(times: SessionTimes) -> Sitting:
            record, choice = records[times.id], choices.get(times.id, Choice())
            until = self._clock.now() if times.until is None else times.until
            counted = choice.lesson or lesson(record.people.values(), times.start, until, planned)
            counts = counts_by_itself(record.people, counted) if choice.counts is None else choice.counts
            standings = {
                who: judge(record.people.get(who), counted, rules, record.changed.get(who))
                for who in the_class
            }
            return Sitting(times, counted, counts, choice, standings)

        return tuple(sitting(one) for one in sessions)

    def _lines(
        self, room: RoomId, sittings: tuple[Sitting, ...], rules: Rules, maximum: float
    ) -> dict[ParticipantId, Line]:
        counted = [one for one in sittings if one.counts and one.times.until is not None]
        the_class = sittings[0].standings if sittings else {}
        grades = self._queue.of_room(room)
        registration = self._launches.registration_of(room)
        known = self._people.known(registration, the_class)
        return {
            who: _line(
                grade((credit(one.standings[who], rules) for one in counted), maximum),
                maximum,
                grades.get(who),
                bool(who in known and known[who].sub),
            )
            for who in the_class
        }


def _class_of(records: Iterable[Record]) -> list[ParticipantId]:
    """Return everybody a gradebook may know: who ever came, and never as staff or as a test student."""
    kinds: dict[ParticipantId, set[Kind]] = {}
    for record in records:
        for who, attendee in record.people.items():
            kinds.setdefault(who, set()).add(attendee.kind)
    return sorted(who for who, found in kinds.items() if found == {Kind.LEARNER})


def _line(points: float | None, maximum: float, known: Grade | None, sendable: bool) -> Line:
    return Line(points, _state(points, maximum, known), known, sendable)


def _state(points: float | None, maximum: float, known: Grade | None) -> LineState:
    if known is None:
        return LineState.NONE if points is None else LineState.DRAFT
    is_same = points is None or (known.value, known.maximum) == (points, maximum)
    if known.state is GradeState.WAITING:
        return LineState.WAITING
    if known.state is GradeState.FAILED and is_same:
        return LineState.FAILED
    if points is None or known.is_in_gradebook(points, maximum):
        return LineState.SENT if known.sent_at is not None else LineState.NONE
    return LineState.DRAFT


def _draft(lines: Mapping[ParticipantId, Line], points: float) -> str:
    told = sorted((who, line.points) for who, line in lines.items() if line.state is LineState.DRAFT)
    return hashlib.sha256(json.dumps([points, told]).encode()).hexdigest()[:16]
