"""From attendance to the gradebook: drafts, sending, failing, trying again. The platform does as told."""

import datetime
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.errors import AppError
from lti_room.base.ids import LaunchId, ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.grades import Grades, GradesEndpoint, Score
from lti_room.rooms.attendance import Kind, Status, summary
from lti_room.rooms.events import RoomOpened
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.course_list import CourseLearners, Learner
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.grading.grade_book import Book, GradeBook
from lti_room.usecases.grading.grade_column import GradeColumns
from lti_room.usecases.grading.grade_lines import LineState
from lti_room.usecases.grading.grade_queue import GradeQueue
from lti_room.usecases.grading.grade_sender import GradeSender
from lti_room.usecases.launches import CourseInfo, Launches, LaunchRecord, Origin
from lti_room.usecases.people import People, Person
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore
from tests.support import web

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


@pytest.fixture
def world(redis: Redis) -> World:
    return World(redis, web.settings(GRADE_TRIES="3", GRADE_RETRY_SECONDS="8"))


def test_a_grade_is_the_average_over_the_sessions_that_ended(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.session({NOAH: 60, PRIYA: 10, AMARA: 60})
    assert world.points() == {NOAH: 10.0, PRIYA: 5.0, AMARA: 5.0}
    running = SessionId("s_running")
    world.attendance.came(ROOM, running, world.clock.now(), NOAH, Kind.LEARNER, world.clock.now())
    assert world.points() == {NOAH: 10.0, PRIYA: 5.0, AMARA: 5.0}


def test_teachers_and_the_test_student_are_in_no_grade_book(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60, AMARA: 60}, {PRIYA: Kind.TEST, AMARA: Kind.STAFF})
    assert set(world.points()) == {NOAH}
    assert world.send() == 1
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0}


def test_nothing_is_sent_before_somebody_sends_it(world: World) -> None:
    world.session({NOAH: 60})
    world.book.follow_up()
    world.work()
    assert world.gradebook.scores == []
    assert world.state(NOAH) == (LineState.DRAFT, None)


def test_what_is_sent_is_complete_graded_and_ours(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 1})
    assert world.send() == 2
    assert world.state(NOAH) == (LineState.WAITING, None)
    world.work()
    assert world.state(NOAH) == (LineState.SENT, None)
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-priya": 0.0}
    for score in world.gradebook.scores:
        assert (score.maximum, score.activity, score.grading) == (10.0, "Completed", "FullyGraded")
    [made] = world.gradebook.made
    assert (made["label"], made["maximum"], made["resource_id"], made["tag"], made["deployment"]) == (
        "Seminar room",
        10.0,
        ROOM,
        "attendance",
        "d1",
    )


def test_the_column_of_the_link_is_used_where_there_is_one(world: World) -> None:
    world.link(COUPLED)
    world.session({NOAH: 60})
    world.send()
    world.work()
    assert world.gradebook.made == []
    assert len(world.gradebook.scores) == 1


def test_the_same_value_is_not_sent_twice_and_a_changed_one_is(world: World) -> None:
    session = world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.work()
    assert world.send() == 0
    world.attendance.change(ROOM, session, PRIYA, Status.ABSENT)
    assert world.state(PRIYA)[0] is LineState.DRAFT
    assert world.send() == 1
    world.work()
    assert [(score.user_id, score.given) for score in world.gradebook.scores[2:]] == [("sub-priya", 0.0)]


def test_pressing_send_twice_queues_once(world: World) -> None:
    world.session({NOAH: 60})
    assert world.send() == 1
    assert world.send() == 0
    world.work()
    assert len(world.gradebook.scores) == 1


def test_an_excused_person_gets_no_score_and_keeps_what_was_sent(world: World) -> None:
    session = world.session({NOAH: 60, PRIYA: 60})
    world.attendance.change(ROOM, session, NOAH, Status.EXCUSED)
    assert world.points()[NOAH] is None
    assert world.send() == 1
    world.work()
    world.attendance.change(ROOM, session, PRIYA, Status.EXCUSED)
    assert world.send() == 0
    assert world.state(PRIYA)[0] is LineState.SENT
    assert world.state(NOAH)[0] is LineState.NONE
    assert world.gradebook.given == {"sub-priya": 10.0}


def test_what_changed_since_it_was_looked_at_is_not_sent(world: World) -> None:
    session = world.session({NOAH: 60})
    seen = world.book.of(ROOM).draft
    world.attendance.change(ROOM, session, NOAH, Status.ABSENT)
    with pytest.raises(AppError, match="draft_changed"):
        world.book.send(ROOM, seen)
    world.work()
    assert world.gradebook.scores == []


def test_a_person_the_platform_refuses_does_not_stop_the_rest(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60, AMARA: 60})
    world.gradebook.for_person["sub-noah"] = refused(400)
    world.send()
    world.work()
    assert world.state(NOAH) == (LineState.FAILED, "person_refused")
    assert world.gradebook.given == {"sub-priya": 10.0, "sub-amara": 10.0}
    assert world.book.retry(ROOM) == 1
    world.gradebook.for_person.clear()
    world.work()
    assert world.state(NOAH) == (LineState.SENT, None)


def refused(status: int) -> ServiceError:
    return ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True, status=status)


def test_somebody_erased_here_is_told_as_unknown(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.people.forget(world.registration.id, NOAH)
    world.work()
    assert world.state(NOAH) == (LineState.FAILED, "person_unknown")
    assert world.gradebook.given == {"sub-priya": 10.0}


def test_a_platform_that_fails_pauses_its_lane_longer_each_time_and_gives_up(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    unreachable = ServiceError(ServiceErrorCode.SERVICE_UNREACHABLE)
    world.gradebook.moods = [unreachable] * 3
    waits = []
    for _ in range(2):
        world.work()
        pause = world.queue.pause_of(world.registration.id)
        assert pause is not None
        assert pause.code == "service_unreachable"
        waits.append(pause.until - world.clock.now())
        assert world.state(NOAH)[0] is LineState.WAITING
        world.clock.advance(waits[-1])
    assert 4 <= waits[0] <= 8
    assert 8 <= waits[1] <= 16
    world.work()
    assert world.state(NOAH) == world.state(PRIYA) == (LineState.FAILED, "service_unreachable")
    assert world.gradebook.moods == []
    assert world.book.retry(ROOM) == 2
    world.work()
    assert len(world.gradebook.scores) == 2
    assert world.queue.pause_of(world.registration.id) is None


def test_retry_after_is_honoured(world: World) -> None:
    world.session({NOAH: 60})
    world.send()
    world.gradebook.moods = [ServiceError(ServiceErrorCode.RATE_LIMITED, retry_after=120)]
    world.work()
    pause = world.queue.pause_of(world.registration.id)
    assert pause is not None
    assert pause.until == world.clock.now() + 120


def test_one_grade_that_stumbles_is_tried_again_later(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.gradebook.for_person["sub-noah"] = ServiceError(ServiceErrorCode.SERVICE_MALFORMED)
    world.work()
    line = world.book.of(ROOM).lines[NOAH]
    assert line.grade is not None
    assert line.grade.retry_at is not None
    assert (line.state, line.grade.code) == (LineState.WAITING, "service_malformed")
    assert world.state(PRIYA)[0] is LineState.SENT
    world.clock.advance(8)
    world.gradebook.for_person.clear()
    world.work()
    assert world.state(NOAH) == (LineState.SENT, None)


@pytest.mark.parametrize("status", [409])
def test_an_older_timestamp_is_sent_again_with_a_newer_one(world: World, status: int) -> None:
    world.session({NOAH: 60})
    world.send()
    world.gradebook.moods = [refused(status)]
    world.work()
    assert world.state(NOAH)[0] is LineState.WAITING
    world.clock.advance(8)
    world.work()
    assert world.state(NOAH)[0] is LineState.SENT


def test_a_column_somebody_deleted_is_made_again(world: World) -> None:
    world.session({NOAH: 60})
    world.send()
    world.work()
    world.session({NOAH: 1, PRIYA: 60})
    world.send()
    world.gradebook.moods = [refused(404)]
    world.work()
    world.clock.advance(8)
    world.work()
    assert world.state(NOAH)[0] is LineState.SENT
    assert len(world.gradebook.made) == 2


def test_a_platform_that_allows_no_column_fails_the_whole_room_at_once(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    world.gradebook.refuses_columns = True
    world.work()
    assert world.state(NOAH) == world.state(PRIYA) == (LineState.FAILED, "column_refused")


@pytest.mark.parametrize(
    ("claim", "obstacle"),
    [
        (None, "not_offered"),
        ({"scope": [SCORE]}, "not_offered"),
        ({"scope": [MAKE], "lineitems": ITEMS}, "scores_forbidden"),
        ({"scope": [], "lineitem": ITEM}, "scores_forbidden"),
        ({"scope": [SCORE], "lineitems": ITEMS}, "no_column"),
        (OWN, None),
        (COUPLED, None),
    ],
)
def test_what_a_link_offers(world: World, claim: object, obstacle: str | None) -> None:
    world.link(claim)
    world.session({NOAH: 60})
    assert world.book.of(ROOM).offer.obstacle == obstacle
    if obstacle:
        with pytest.raises(AppError, match="no_gradebook"):
            world.send()


def test_a_registration_switched_off_takes_no_grades(world: World) -> None:
    world.session({NOAH: 60})
    world.send()
    world.registrations.set_status(world.registration.id, RegistrationStatus.DISABLED)
    world.work()
    assert world.state(NOAH) == (LineState.FAILED, "registration_off")


def test_a_room_that_is_not_graded_sends_nothing(world: World) -> None:
    world.session({NOAH: 60})
    world.room_settings.save(ROOM, RoomSettings(graded=False))
    with pytest.raises(AppError, match="not_graded"):
        world.send()
    world.link(COUPLED)
    assert world.send() == 1, "a link placed as graded says so itself"


def test_a_room_set_to_send_by_itself_sends_at_the_end_of_a_session_once(world: World) -> None:
    world.room_settings.save(ROOM, RoomSettings(graded=True, points=10, send_by_itself=True))
    world.session({NOAH: 60})
    world.book.follow_up()
    world.book.follow_up()
    world.work()
    assert [score.given for score in world.gradebook.scores] == [10.0]
    assert world.attendance.ended() == []


def test_two_senders_at_once_send_every_grade(world: World) -> None:
    world.session({NOAH: 60, PRIYA: 60})
    world.send()
    taken = world.queue.take(world.registration.id, world.clock.now())
    assert taken is not None
    world.work()
    world.queue.failed(taken, "late")
    assert {world.state(who)[0] for who in (NOAH, PRIYA)} == {LineState.SENT}


def test_a_value_given_anew_while_the_old_one_is_sent_is_sent_too(world: World) -> None:
    session = world.session({NOAH: 60})
    world.send()
    taken = world.queue.take(world.registration.id, world.clock.now())
    assert taken is not None
    world.queue.put(world.registration.id, ROOM, {NOAH: 3.0}, 10.0, world.clock.now())
    world.queue.sent(taken, world.clock.now())
    assert world.state(NOAH)[0] is LineState.WAITING
    world.work()
    assert world.gradebook.given == {"sub-noah": 3.0}
    assert session


def test_a_lane_that_hangs_holds_up_no_other(redis: Redis) -> None:
    """Two registrations: while a call of one does not return, the other's grades go out."""
    world = World(redis, web.settings(GRADE_TRIES="3", GRADE_RETRY_SECONDS="8"))
    other = registered(client_id="c2", name="Other")
    world.registrations.insert(other)
    world.session({NOAH: 60})
    world.send()
    hangs, went_on, stop = Event(), Event(), Event()
    first = world.gradebook.send

    def send(registration: Registration, *where: Any, **how: Any) -> datetime.datetime:
        if registration.id == world.registration.id:
            hangs.set()
            assert went_on.wait(20)
        return first(registration, *where, **how)

    world.gradebook.send = send  # type: ignore[method-assign]
    elsewhere = RoomId("r_elsewhere")
    world.queue.put(other.id, elsewhere, {PRIYA: 1.0}, 10.0, world.clock.now())
    sender = world.sender()
    sender.tick(stop)
    assert hangs.wait(10)
    deadline = Event()
    for _ in range(200):
        if world.queue.of_room(elsewhere)[PRIYA].state != "waiting":
            break
        deadline.wait(0.05)
    assert world.queue.of_room(elsewhere)[PRIYA].code == "not_offered"
    assert world.state(NOAH)[0] is LineState.WAITING
    went_on.set()
    for _ in range(200):
        if world.state(NOAH)[0] is LineState.SENT:
            break
        deadline.wait(0.05)
    assert world.state(NOAH)[0] is LineState.SENT


def test_a_session_too_short_counts_only_if_a_host_says_so(world: World) -> None:
    start = world.clock.now()
    session = SessionId("s_trial")
    for who, kind in ((ELENA, Kind.STAFF), (NOAH, Kind.LEARNER)):
        world.attendance.came(ROOM, session, start, who, kind, start)
    world.clock.advance(120)
    world.attendance.running_is(ROOM, None, world.clock.now())
    book: Book = world.book.of(ROOM)
    assert not book.sittings[0].counts
    assert world.points() == {NOAH: None}


def test_learners_of_the_course_who_never_came_are_absent_and_left_out(world: World) -> None:
    world.course = course("noah", "mei", "omar")
    world.session({NOAH: 60})
    book = world.book.of(ROOM)
    assert book.never_came == {MEI, OMAR}
    assert summary(book.sittings[0].standings.values())[Status.ABSENT] == 2
    assert world.points() == {NOAH: 10.0, MEI: 0.0, OMAR: 0.0}
    assert world.state(MEI) == (LineState.LEFT_OUT, None)
    assert (set(book.to_send), book.zeros_by_choice) == ({NOAH}, 2)
    assert world.send() == 1
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0}


def test_a_host_may_have_them_sent_too_and_only_their_ids_are_kept(world: World) -> None:
    world.course = course("noah", "mei", "omar")
    session = world.session({NOAH: 60})
    before = world.book.of(ROOM).draft
    world.book.choose_zeros(ROOM, True)
    book = world.book.of(ROOM)
    assert book.draft != before, "somebody who looked before the choice sends nothing unseen"
    assert (set(book.to_send), book.zeros_by_choice) == ({NOAH, MEI, OMAR}, 2)
    world.attendance.change(ROOM, session, OMAR, Status.EXCUSED)
    assert world.state(OMAR)[0] is LineState.NONE
    assert world.send() == 2
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-mei": 0.0}
    assert world.people.person(world.registration.id, MEI) == Person(sub="sub-mei")
    assert world.people.names(world.registration.id, [MEI])[MEI].startswith("Participant ")
    assert world.people.person(world.registration.id, OMAR) is None
    assert world.book.of(ROOM).zeros_by_choice == 0


def test_the_choice_is_remembered_and_changes_nothing_that_was_sent(world: World) -> None:
    world.course = course("mei")
    world.session({NOAH: 60})
    world.book.choose_zeros(ROOM, True)
    world.send()
    world.work()
    assert world.room_settings.of(ROOM).zeros_for_never_came
    assert world.room_settings.of(ROOM).points == 10
    world.book.choose_zeros(ROOM, False)
    assert world.state(MEI) == (LineState.SENT, None)
    world.session({NOAH: 60})
    assert world.send() == 0


def test_somebody_a_teacher_marks_present_gets_their_points_without_the_choice(world: World) -> None:
    world.course = course("mei")
    session = world.session({NOAH: 60})
    world.attendance.change(ROOM, session, MEI, Status.PRESENT)
    assert world.points()[MEI] == 10.0
    assert world.send() == 2


def test_who_never_came_can_be_retried_and_stays_when_the_list_is_not_told(world: World) -> None:
    world.course = course("mei")
    world.session({NOAH: 60})
    world.book.choose_zeros(ROOM, True)
    world.gradebook.for_person["sub-mei"] = refused(400)
    world.send()
    world.work()
    world.course = course(error="service_unreachable")
    assert world.state(MEI) == (LineState.FAILED, "person_refused")
    world.gradebook.for_person.clear()
    assert world.book.retry(ROOM) == 1
    world.work()
    assert world.state(MEI) == (LineState.SENT, None)
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-mei": 0.0}


def test_staff_and_the_test_student_of_the_record_never_count_as_missing(world: World) -> None:
    world.course = course("elena", "priya", "noah")
    world.session({NOAH: 60, PRIYA: 60}, {PRIYA: Kind.TEST})
    assert set(world.points()) == {NOAH}


def test_who_never_came_joins_the_class_like_anybody_else(world: World) -> None:
    world.course = course("noah", "mei")
    world.session({NOAH: 60})
    world.session({NOAH: 60, MEI: 60})
    assert world.book.of(ROOM).never_came == set()
    assert world.points() == {NOAH: 10.0, MEI: 5.0}


def test_a_list_that_fails_changes_nothing_else(world: World) -> None:
    world.course = course(error="service_unreachable")
    world.session({NOAH: 60})
    book = world.book.of(ROOM)
    assert (set(book.lines), book.course.error) == ({NOAH}, "service_unreachable")
    assert world.send() == 1


def test_a_room_that_sends_by_itself_waits_for_the_list_only_if_it_needs_it(world: World) -> None:
    world.room_settings.save(ROOM, RoomSettings(graded=True, points=10, send_by_itself=True))
    world.course = course(asking=True)
    world.session({NOAH: 60})
    world.book.follow_up()
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0}
    world.book.choose_zeros(ROOM, True)
    world.session({NOAH: 60, PRIYA: 60})
    world.book.follow_up()
    world.work()
    assert set(world.gradebook.given) == {"sub-noah"}
    world.course = course("mei")
    world.book.follow_up()
    world.work()
    assert world.gradebook.given == {"sub-noah": 10.0, "sub-priya": 5.0, "sub-mei": 0.0}
    assert world.attendance.ended() == []
