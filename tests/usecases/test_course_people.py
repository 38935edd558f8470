"""The list of a course: asked beside the request, kept for minutes, naming the nameless, giving no rights."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.launching.message import Link
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.registrations.registration import Platform, Registration, RegistrationStatus
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.names_roles import Member, Members
from lti_room.rooms.roles import Role
from lti_room.usecases.course_list import CourseList, Learner
from lti_room.usecases.course_people import CoursePeople
from lti_room.usecases.people import participant_id
from lti_room.web import WebDeps
from tests.support.platform import wait_for
from tests.support.web import a_launch

SERVICES = {"names_roles": {"context_memberships_url": "https://lms.example/members"}}


def member(user: str, name: str | None = None, role: str = "Learner", status: str = "Active") -> Member:
    return Member(
        user_id=user,
        name=name,
        given_name=None,
        family_name=None,
        email=None,
        picture=None,
        status=status,
        roles=(role,),
    )


@dataclass
class Lms:
    """What the platform tells, and how often it was asked."""

    people: list[Member] = field(default_factory=list)
    error: ServiceError | None = None
    asked: int = 0
    held: threading.Event = field(default_factory=threading.Event)

    def members(self, registration: Registration, url: str, **_: object) -> Members:
        self.asked += 1
        self.held.wait(5)
        if self.error:
            raise self.error
        return Members(self.people, complete=True)


@dataclass
class Scene:
    """A room whose course is at a platform the test speaks for."""

    deps: WebDeps
    lms: Lms
    here: set[ParticipantId]
    people: CoursePeople
    room: RoomId
    clock: FixedClock
    registrations: RegistrationList

    def looks(self, **asked: object) -> CourseList:
        """Look until the platform has answered."""
        self.people.look(self.room, **asked)  # type: ignore[arg-type]
        self.settles()
        return self.people.look(self.room)

    def settles(self) -> None:
        wait_for(lambda: not self.people.look(self.room).asking, seconds=30)


def who(user: str) -> ParticipantId:
    return participant_id("reg1", user)


@pytest.fixture
def scene(deps: WebDeps, redis: Redis, settings: Settings, clock: FixedClock) -> Iterator[Scene]:
    lms, here = Lms(), set[ParticipantId]()
    lms.held.set()
    registration = Registration(
        id="reg1",
        name="School",
        platform=Platform.CANVAS,
        issuer="https://lms.example",
        client_id="1",
        auth_login_url="https://lms.example/auth",
        auth_token_url="https://lms.example/token",
        jwks_url="https://lms.example/jwks",
    )
    registrations = RegistrationList(clock=clock)
    registrations.insert(registration)
    people = CoursePeople(
        redis=redis,
        clock=clock,
        settings=settings,
        registrations=registrations,
        launches=deps.launches,
        people=deps.people,
        names_roles=lms,  # type: ignore[arg-type]
        present=lambda _: here,
    )
    room = deps.enter.enter(a_launch(services=SERVICES), {}).room
    made = Scene(deps, lms, here, people, room, clock, registrations)
    yield made
    lms.held.set()
    made.settles()


def test_learners_first_then_those_who_teach(scene: Scene) -> None:
    scene.lms.people = [
        member("t", "Aa Teacher", "Instructor"),
        member("z", "Zed"),
        member("a", "Álva"),
        member("ta", "Bo", "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"),
        member("gone", "Gone", status="Inactive"),
    ]
    found = scene.looks()
    assert [(one.name, one.role) for one in found.people] == [
        ("Álva", Role.ATTENDEE),
        ("Zed", Role.ATTENDEE),
        ("Aa Teacher", Role.HOST),
        ("Bo", Role.MODERATOR),
    ]
    assert (found.total, found.absent, found.whole, found.complete) == (4, 4, True, True)
    assert found.asked_at == scene.clock.now()


def test_who_is_here_is_marked(scene: Scene) -> None:
    scene.lms.people = [member("a", "Alva"), member("b", "Bo")]
    scene.here.add(who("a"))
    found = scene.looks()
    assert [(one.name, one.here) for one in found.people] == [("Alva", True), ("Bo", False)]
    assert found.absent == 1
    scene.here.clear()
    assert scene.people.look(scene.room).absent == 2


def test_the_platform_is_asked_beside_the_request(scene: Scene) -> None:
    scene.lms.held.clear()
    found = scene.people.look(scene.room)
    assert (found.asking, found.asked_at, found.people) == (True, None, [])
    for _ in range(5):
        assert scene.people.look(scene.room).asking
    scene.lms.held.set()
    scene.settles()
    assert scene.lms.asked == 1


def test_a_list_is_believed_for_some_minutes(scene: Scene) -> None:
    scene.lms.people = [member("a", "Alva")]
    scene.looks()
    scene.clock.advance(299)
    scene.looks()
    assert scene.lms.asked == 1
    scene.clock.advance(2)
    scene.lms.people = [member("b", "Bo")]
    assert [one.name for one in scene.looks().people] == ["Bo"]
    assert scene.lms.asked == 2


def test_on_demand_it_is_asked_again_but_not_at_every_press(scene: Scene) -> None:
    scene.looks()
    scene.looks(again=True)
    assert scene.lms.asked == 1
    scene.clock.advance(11)
    scene.looks(again=True)
    assert scene.lms.asked == 2


def test_an_error_keeps_the_list_and_is_told(scene: Scene) -> None:
    scene.lms.people = [member("a", "Alva")]
    told = scene.looks().asked_at
    scene.clock.advance(400)
    scene.lms.error = ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True)
    found = scene.looks()
    assert (found.error, found.asked_at, found.absent) == ("service_refused", told, 1)
    scene.lms.error = None
    scene.clock.advance(61)
    assert scene.looks().error is None


def test_a_platform_that_asks_us_to_wait_is_left_alone(scene: Scene) -> None:
    scene.lms.error = ServiceError(ServiceErrorCode.RATE_LIMITED, retry_after=200.0)
    scene.looks()
    for seconds in (11, 100):
        scene.clock.advance(seconds)
        scene.looks(again=True)
    assert scene.lms.asked == 1
    scene.clock.advance(100)
    scene.looks(again=True)
    assert scene.lms.asked == 2


def test_without_the_service_nobody_is_asked(scene: Scene) -> None:
    room = scene.deps.enter.enter(a_launch(link=Link("other", "")), {}).room
    found = scene.people.look(room)
    assert (found.error, found.asking) == ("names_roles_missing", False)
    assert scene.people.look(RoomId("r_unknown")).error == "names_roles_missing"
    assert scene.lms.asked == 0


def test_a_disabled_registration_is_not_asked(scene: Scene) -> None:
    scene.registrations.set_status("reg1", RegistrationStatus.DISABLED)
    assert scene.people.look(scene.room).error == "registration_disabled"
    assert scene.lms.asked == 0


def test_a_very_large_course_comes_in_pages_of_those_who_are_missing(scene: Scene) -> None:
    scene.lms.people = [member(f"u{n}", f"Person {n:04}") for n in range(1200)]
    scene.here.update(who(f"u{n}") for n in range(100))
    first = scene.looks()
    assert (first.total, first.absent, first.whole, len(first.people)) == (1200, 1100, False, 200)
    assert first.people[0].name == "Person 0100"
    assert first.next == 200
    last = scene.people.look(scene.room, start=1000)
    assert (len(last.people), last.next) == (100, None)
    found = scene.people.look(scene.room, search="pErSon 0777")
    assert [one.name for one in found.people] == ["Person 0777"]


def test_somebody_without_a_name_is_called_as_the_course_calls_them(scene: Scene) -> None:
    scene.deps.enter.enter(a_launch(sub="mei", name=None, services=SERVICES), {})
    scene.lms.people = [member("mei", "Mei Tanaka"), member("noah", "Another Name"), member("x", "X")]
    scene.looks()
    names = scene.deps.people.names("reg1", [who("mei"), who("noah")])
    assert names == {who("mei"): "Mei Tanaka", who("noah"): "Noah Kim"}
    assert scene.deps.people.person("reg1", who("x")) is None


def test_the_name_stays_while_launches_tell_none_and_goes_with_the_person(scene: Scene) -> None:
    nameless = a_launch(sub="mei", name=None, services=SERVICES)
    scene.deps.enter.enter(nameless, {})
    scene.lms.people = [member("mei", "Mei Tanaka")]
    scene.looks()
    scene.deps.enter.enter(nameless, {})
    assert scene.deps.people.names("reg1", [who("mei")]) == {who("mei"): "Mei Tanaka"}
    scene.deps.enter.enter(a_launch(sub="mei", name="Mei T.", services=SERVICES), {})
    assert scene.deps.people.names("reg1", [who("mei")]) == {who("mei"): "Mei T."}
    scene.deps.people.forget("reg1", who("mei"))
    scene.deps.enter.enter(nameless, {})
    assert scene.deps.people.names("reg1", [who("mei")])[who("mei")].startswith("Participant ")


def test_a_newcomer_without_a_name_has_the_list_asked_for(scene: Scene) -> None:
    scene.deps.enter.enter(a_launch(sub="mei", name=None, services=SERVICES), {})
    scene.lms.people = [member("mei", "Mei Tanaka")]
    scene.people.learn_name(scene.room, who("mei"))
    scene.settles()
    assert scene.deps.people.names("reg1", [who("mei")]) == {who("mei"): "Mei Tanaka"}
    scene.people.learn_name(scene.room, who("mei"))
    scene.settles()
    assert scene.lms.asked == 1


def test_the_list_gives_no_rights(scene: Scene) -> None:
    scene.lms.people = [member("noah", "Noah Kim", "Instructor")]
    scene.looks()
    room = scene.deps.store.load(scene.room)
    assert room.person(who("noah")).given_role is None


def test_the_list_is_gone_by_itself(scene: Scene, redis: Redis) -> None:
    scene.lms.people = [member("a", "Alva Secret")]
    scene.looks()
    assert 0 < redis.ttl(f"room:{scene.room}:course-people") <= 900
    texts = {key: redis.get(key) for key in redis.scan_iter() if redis.type(key) == b"string"}
    named = [key for key, value in texts.items() if isinstance(value, bytes) and b"Alva" in value]
    assert named == [f"room:{scene.room}:course-people".encode()]


def test_a_gradebook_may_know_learners_only(scene: Scene) -> None:
    context = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
    student = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
    scene.lms.people = [
        member("short", "Alva"),
        member("long", "Bo", context + "Learner"),
        member("teacher", "Cy", "Instructor"),
        replace(member("both", "Di"), roles=("Learner", "Instructor")),
        member("observer", "Ed", context + "Mentor"),
        replace(member("view", "Test Student"), roles=(context + "Learner", student)),
        member("gone", "Flo", status="Inactive"),
    ]
    scene.people.learners(scene.room)
    scene.settles()
    found = scene.people.learners(scene.room)
    assert found.people == {who("short"): Learner("Alva", "short"), who("long"): Learner("Bo", "long")}
    assert (found.asking, found.error, found.complete) == (False, None, True)


def test_the_learners_stay_known_while_the_list_fails(scene: Scene) -> None:
    scene.lms.people = [member("a", "Alva")]
    scene.looks()
    scene.clock.advance(400)
    scene.lms.error = ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True)
    scene.looks()
    found = scene.people.learners(scene.room)
    assert (set(found.people), found.error) == ({who("a")}, "service_refused")
    nowhere = scene.people.learners(RoomId("r_unknown"))
    assert (nowhere.people, nowhere.error) == ({}, "names_roles_missing")
