"""A room with its sessions, its people and a gradebook that can be moody: for the tests of grades."""

import datetime
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from lti_room.base.clock import FixedClock
from lti_room.base.ids import LaunchId, ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.grades import Grades, GradesEndpoint, Score
from lti_room.rooms.attendance import Kind
from lti_room.rooms.events import RoomOpened
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.course_list import CourseLearners, Learner
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.grading.grade_book import GradeBook
from lti_room.usecases.grading.grade_column import GradeColumns
from lti_room.usecases.grading.grade_lines import LineState
from lti_room.usecases.grading.grade_queue import GradeQueue
from lti_room.usecases.grading.grade_sender import GradeSender
from lti_room.usecases.launches import CourseInfo, Launches, LaunchRecord, Origin
from lti_room.usecases.people import People, Person
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore

ROOM = RoomId("r_biology")
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MAKE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
ITEMS = "https://lms.example/lineitems?type_id=3"
ITEM = "https://lms.example/lineitems/7/lineitem?type_id=3"
OWN = {"scope": [SCORE, MAKE], "lineitems": ITEMS}
COUPLED = {"scope": [SCORE], "lineitems": ITEMS, "lineitem": ITEM}
ELENA, NOAH, PRIYA, AMARA, MEI, OMAR = (
    ParticipantId(f"p_{name}") for name in ("elena", "noah", "priya", "amara", "mei", "omar")
)
STOP = Event()


@dataclass
class Gradebook(Grades):
    """A gradebook; `moods` are what the next calls fail with, `for_person` what somebody's always do."""

    scores: list[Score] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    moods: list[ServiceError] = field(default_factory=list)
    for_person: dict[str, ServiceError] = field(default_factory=dict)
    refuses_columns: bool = False

    def line_item(self, registration: Registration, endpoint: GradesEndpoint, **members: Any) -> str:
        if self.refuses_columns:
            raise ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True, status=403)
        self.made.append(members)
        return f"https://lms.example/lineitems/{100 + len(self.made)}/lineitem?type_id=3"

    def send(
        self,
        registration: Registration,
        endpoint: GradesEndpoint,
        line_item: str,
        score: Score,
        *,
        deployment: str | None = None,
    ) -> datetime.datetime:
        if self.moods:
            raise self.moods.pop(0)
        if score.user_id in self.for_person:
            raise self.for_person[score.user_id]
        self.scores.append(score)
        return score.at

    @property
    def given(self) -> dict[str, float | None]:
        return {score.user_id: score.given for score in self.scores}


class World:
    def __init__(self, redis: Redis, settings: Settings) -> None:
        self.redis, self.settings, self.clock = redis, settings, FixedClock()
        self.store = RedisRoomStore(redis, snapshot_events=50)
        self.attendance = Attendance(redis, 30)
        self.queue = GradeQueue(redis)
        self.launches, self.people = Launches(redis, settings), People(redis)
        self.room_settings = RoomSettingsStore(redis)
        self.registration = registered()
        self.registrations = RegistrationList(clock=self.clock)
        self.registrations.insert(self.registration)
        self.gradebook = Gradebook()
        self.columns = GradeColumns(
            redis,
            self.launches,
            self.registrations,
            self.people,
            self.store,
            self.room_settings,
            self.gradebook,
        )
        self.book = GradeBook(
            self.clock,
            self.store,
            self.attendance,
            self.queue,
            self.columns,
            self.launches,
            self.people,
            self.room_settings,
            lambda _: self.course,
        )
        self.store.append(
            ROOM, 0, [RoomOpened("Seminar room", "Biology 101", StageAccess.REQUEST, 25)], self.clock.now()
        )
        self.launches.set_origin(ROOM, Origin(self.registration.id, "d1", "bio101"))
        self.link(OWN)
        self.room_settings.save(ROOM, RoomSettings(graded=True, points=10))
        for who in (ELENA, NOAH, PRIYA, AMARA):
            self.people.remember(self.registration.id, who, Person(who[2:].title(), sub=f"sub-{who[2:]}"))
        self.sessions = 0
        self.course = course()

    def link(self, grades: object) -> None:
        self.launches.keep_link(
            LaunchRecord(
                id=LaunchId("l_1"),
                registration=self.registration.id,
                deployment="d1",
                participant=ELENA,
                room=ROOM,
                role=Role.HOST,
                course=CourseInfo("bio101", "Biology 101", "BIO"),
                locale=None,
                return_url=None,
                at=0.0,
                link="link1",
                services={"grades": grades} if grades else {},
            )
        )

    def session(
        self, minutes: dict[ParticipantId, float], kinds: dict[ParticipantId, Kind] | None = None
    ) -> SessionId:
        """Hold an hour's session; say how long people stay from its start."""
        self.sessions += 1
        session, start = SessionId(f"s_{self.sessions}"), self.clock.now()
        for who, length in {ELENA: 60.0, **minutes}.items():
            kind = Kind.STAFF if who == ELENA else (kinds or {}).get(who, Kind.LEARNER)
            self.attendance.came(ROOM, session, start, who, kind, start)
            self.attendance.went(ROOM, who, start + length * 60)
        self.clock.advance(3600)
        self.attendance.running_is(ROOM, None, self.clock.now())
        self.clock.advance(3600)
        return session

    def sender(self, holder: str = "w_1") -> GradeSender:
        parts = self.queue, self.columns, self.gradebook, self.book.follow_up
        return GradeSender(self.redis, self.clock, self.settings, *parts, holder)

    def work(self) -> None:
        self.sender().work(self.registration.id, STOP)

    def send(self) -> int:
        return self.book.send(ROOM, self.book.of(ROOM).draft)

    def state(self, who: ParticipantId) -> tuple[LineState, str | None]:
        line = self.book.of(ROOM).lines[who]
        return line.state, line.grade.code if line.grade else None

    def points(self) -> dict[ParticipantId, float | None]:
        return {who: line.points for who, line in self.book.of(ROOM).lines.items()}


def course(
    *names: str, asking: bool = False, error: str | None = None, complete: bool = True
) -> CourseLearners:
    """What the platform tells of its course's learners."""
    people = {ParticipantId(f"p_{name}"): Learner(name.title(), f"sub-{name}") for name in names}
    return CourseLearners(people, asking=asking, error=error, complete=complete)


def registered(**changes: Any) -> Registration:
    fields = {
        "name": "Moodle",
        "platform": "moodle",
        "issuer": "https://lms.example",
        "client_id": "c1",
        "auth_login_url": "https://lms.example/auth",
        "auth_token_url": "https://lms.example/token",
        "jwks_url": "https://lms.example/jwks",
        "deployments": ["d1"],
    }
    return from_mapping({**fields, **changes}, development=False)


def refused(status: int) -> ServiceError:
    return ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True, status=status)
