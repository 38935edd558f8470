"""Names and roles: who is in the course, from each LMS and from one that misbehaves."""

import time

import pytest

from lti_room.devlms.moods import Mood, Service
from lti_room.devlms.persons import CLASSMATES, PEOPLE
from lti_room.lti.services import names_roles
from lti_room.lti.services.errors import ServiceError
from tests.lti.services.conftest import Course


def test_everybody_one_can_launch_as_has_the_same_id_and_name(course: Course) -> None:
    members = course.names_roles.members(course.registration, course.memberships)
    found = {member.user_id: member for member in members.people}
    assert members.complete
    absent = {"admin"} if course.key == "canvas" else set()
    for key, person in PEOPLE.items():
        sub = course.sub(key)
        assert (sub in found) == (key not in absent), key
        if sub in found:
            assert found[sub].name == person.name
            assert found[sub].email == person.email
    assert len(found) == len(PEOPLE) - len(absent) + len(CLASSMATES)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_are_followed(course: Course, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = course.names_roles.members(course.registration, course.memberships)
    asked = course.asked(Service.NAMES_ROLES)
    monkeypatch.setattr(names_roles, "_PAGE", size)
    assert course.names_roles.members(course.registration, course.memberships) == whole
    assert course.asked(Service.NAMES_ROLES) - asked == -(-len(whole.people) // size)


def test_five_hundred_people(course: Course) -> None:
    course.mood(Service.NAMES_ROLES, Mood.CROWD)
    members = course.names_roles.members(course.registration, course.memberships)
    assert members.complete
    assert len(members.people) > 500
    assert course.asked(Service.NAMES_ROLES) <= 12


def test_the_link_of_the_room_is_named(course: Course) -> None:
    link = course.lms.platform.resource_links["link1"]
    members = course.names_roles.members(course.registration, course.memberships, link_id=link)
    assert len(members.people) > 10


def test_a_link_the_platform_does_not_know_is_left_out(course: Course) -> None:
    members = course.names_roles.members(course.registration, course.memberships, link_id="gone")
    assert len(members.people) > 10


def test_roles_are_short_full_or_both(canvas: Course, moodle: Course, sakai: Course) -> None:
    def roles_of(course: Course, person: str) -> tuple[str, ...]:
        members = course.names_roles.members(course.registration, course.memberships).people
        return next(one.roles for one in members if one.user_id == course.sub(person))

    member = "http://purl.imsglobal.org/vocab/lis/v2/membership"
    assert roles_of(moodle, "instructor") == ("Instructor",)
    assert roles_of(moodle, "ta") == ("Learner",)
    assert roles_of(canvas, "ta") == (f"{member}/Instructor#TeachingAssistant", f"{member}#Instructor")
    assert roles_of(sakai, "student1") == ("Learner", f"{member}#Learner")
    assert roles_of(sakai, "ta") == ("TeachingAssistant", f"{member}#Instructor#TeachingAssistant")


def test_an_empty_page_has_no_body_in_sakai(sakai: Course) -> None:
    members = sakai.names_roles.members(sakai.registration, f"{sakai.memberships}?start=1000")
    assert members.people == []
    assert members.complete


def test_more_members_than_we_take(canvas: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_roles, "MOST_MEMBERS", 60)
    canvas.mood(Service.NAMES_ROLES, Mood.CROWD)
    members = canvas.names_roles.members(canvas.registration, canvas.memberships)
    assert len(members.people) == 60
    assert not members.complete
    assert canvas.asked(Service.NAMES_ROLES) == 2


def test_row_105_a_next_page_elsewhere_gets_no_token(course: Course) -> None:
    course.mood(Service.NAMES_ROLES, Mood.FOREIGN)
    with pytest.raises(ServiceError) as raised:
        course.names_roles.members(course.registration, course.memberships)
    assert raised.value.code == "service_origin"
    assert course.asked(Service.NAMES_ROLES) == 1


@pytest.mark.parametrize(("mood", "most"), [(Mood.ENDLESS, 250), (Mood.ROUND, 1)])
def test_row_106_pages_without_end(course: Course, mood: Mood, most: int) -> None:
    course.mood(Service.NAMES_ROLES, mood)
    with pytest.raises(ServiceError) as raised:
        course.names_roles.members(course.registration, course.memberships)
    assert raised.value.code == "too_many_pages"
    assert course.asked(Service.NAMES_ROLES) <= most + 1


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        (Mood.ERROR, "service_unreachable"),
        (Mood.HTML, "service_malformed"),
        (Mood.EMPTY, "service_malformed"),
        (Mood.FORBIDDEN, "service_refused"),
        (Mood.FLOOD, "service_malformed"),
    ],
)
def test_a_platform_that_answers_nonsense(course: Course, mood: Mood, code: str) -> None:
    course.mood(Service.NAMES_ROLES, mood)
    with pytest.raises(ServiceError) as raised:
        course.names_roles.members(course.registration, course.memberships)
    assert raised.value.code == code
    assert "SECRET" not in f"{raised.value} {raised.value.__dict__}"


@pytest.mark.parametrize("mood", [Mood.HANG, Mood.DRIP])
def test_a_platform_that_takes_its_time(canvas: Course, mood: Mood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti_room.lti.services.connector.CALL_SECONDS", 0.6)
    canvas.mood(Service.NAMES_ROLES, mood)
    started = time.monotonic()
    with pytest.raises(ServiceError) as raised:
        canvas.names_roles.members(canvas.registration, canvas.memberships)
    assert raised.value.code == "service_unreachable"
    assert time.monotonic() - started < 3
