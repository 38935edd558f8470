"""Whose room a launch opens, in which role, and who may frame it."""

import logging

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.ids import RoomId
from lti_room.base.settings import Settings
from lti_room.lti.launching.message import Course, Link
from lti_room.lti.roles import LaunchRole
from lti_room.rooms.events import AccessSet, LeavingAllowed, ScheduleSet
from lti_room.rooms.roles import Role
from lti_room.rooms.schedule import Schedule
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.frames import checked_address, origin_of
from lti_room.usecases.launches import Origin
from lti_room.usecases.people import display_name, participant_id
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore
from lti_room.usecases.ticket import TicketKind
from lti_room.web import WebDeps
from tests.support.web import a_launch, web_deps

ANOTHER_COURSE = Course("chem202", "Chemistry 202", "CHEM")


def room_of(deps: WebDeps, **changes: object) -> RoomId:
    return deps.enter.enter(a_launch(**changes), {}).room


def test_a_link_has_one_room_for_everybody(deps: WebDeps) -> None:
    room = room_of(deps)
    assert room_of(deps, sub="priya", role=LaunchRole.HOST) == room
    assert deps.store.load(room).version == 1


@pytest.mark.parametrize(
    "changes", [{"link": Link("link2", "")}, {"deployment_id": "dep2"}, {"registration_id": "reg2"}]
)
def test_another_link_deployment_or_registration_has_another(
    deps: WebDeps, changes: dict[str, object]
) -> None:
    assert room_of(deps, **changes) != room_of(deps)


def test_a_new_room_starts_by_request_with_its_titles(deps: WebDeps, settings: Settings) -> None:
    room = deps.store.load(room_of(deps))
    assert (room.title, room.course) == ("Seminar room", "Biology 101")
    assert (room.access, room.seats) == (StageAccess.REQUEST, settings.stage_seats)


@pytest.mark.parametrize(
    ("link", "course", "title"),
    [
        (Link("1", ""), Course("c", "Biology 101", "BIO"), "Biology 101"),
        (Link("1", ""), Course(), "Room"),
        (Link("1", "Lab"), Course(), "Lab"),
    ],
)
def test_a_room_always_has_a_title(deps: WebDeps, link: Link, course: Course, title: str) -> None:
    assert deps.store.load(room_of(deps, link=link, course=course)).title == title


@pytest.mark.parametrize("role", list(LaunchRole))
def test_the_role_is_the_launchs(deps: WebDeps, role: LaunchRole) -> None:
    entered = deps.enter.enter(a_launch(role=role), {})
    ticket = deps.tickets.open(entered.ticket_text, kind=TicketKind.ENTRY, cookies={})
    assert ticket.role == Role(role)


def test_a_room_id_of_this_course_counts(deps: WebDeps) -> None:
    room = room_of(deps)
    assert room_of(deps, link=Link("link9", "Another link"), custom={"room_id": room}) == room


def test_a_copied_course_gets_a_new_room_with_the_old_ones_settings(deps: WebDeps, clock: FixedClock) -> None:
    old = room_of(deps)
    me = participant_id("reg1", "noah")
    changes = (AccessSet(StageAccess.INVITE, me), LeavingAllowed(True, me))
    deps.store.append(old, 1, changes, clock.now())
    copy = {"course": ANOTHER_COURSE, "custom": {"room_id": old}, "link": Link("link1-copy", "Seminar")}
    new = room_of(deps, **copy)
    assert new != old
    room = deps.store.load(new)
    assert (room.access, room.leaving_allowed) == (StageAccess.INVITE, True)
    assert (room.title, room.course) == ("Seminar", "Chemistry 202")
    assert room_of(deps, **copy) == new
    assert room_of(deps) == old


def test_a_copied_course_gets_the_times_still_to_come_and_the_grading(
    deps: WebDeps, clock: FixedClock
) -> None:
    old, me = room_of(deps), participant_id("reg1", "noah")
    soon = clock.now() + 86_400
    deps.store.append(old, 1, [ScheduleSet(soon, soon + 3600, 900.0, me)], clock.now())
    settings = RoomSettingsStore(deps.redis)
    settings.save(old, RoomSettings(graded=True, points=5.0, send_by_itself=True))
    copy = {"course": ANOTHER_COURSE, "custom": {"room_id": old}, "link": Link("link1-copy", "Seminar")}
    new = room_of(deps, **copy)
    assert deps.store.load(new).schedule == Schedule(soon, soon + 3600, 900.0)
    assert settings.of(new) == RoomSettings(graded=True, points=5.0, send_by_itself=True)

    clock.value += 10 * 86_400
    late = room_of(deps, **{**copy, "course": Course("next", "Next year", "N")})
    assert deps.store.load(late).schedule == Schedule()


def test_links_to_one_room_lead_to_one_room_in_the_copy(deps: WebDeps) -> None:
    old = room_of(deps)
    copy = {"course": ANOTHER_COURSE, "custom": {"room_id": old}}
    assert room_of(deps, link=Link("a", "Once"), **copy) == room_of(deps, link=Link("b", "Twice"), **copy)
    assert room_of(deps, link=Link("a", "Once"), **{**copy, "course": Course("third", "", "")}) != old


def test_a_course_knows_its_rooms(deps: WebDeps) -> None:
    first, second = room_of(deps), room_of(deps, link=Link("link2", "Office hours"))
    room_of(deps, course=ANOTHER_COURSE, link=Link("link3", "Elsewhere"))
    room_of(deps, registration_id="reg2")
    assert deps.launches.rooms_of_course(Origin("reg1", "dep1", "bio101")) == sorted([first, second])
    assert deps.launches.rooms_of_course(Origin("reg1", "dep1", "")) == []


def test_a_host_of_school_a_with_school_bs_room_id(deps: WebDeps, caplog: pytest.LogCaptureFixture) -> None:
    theirs = room_of(deps, registration_id="school-b")
    changes = (AccessSet(StageAccess.EVERYONE, participant_id("school-b", "noah")),)
    deps.store.append(theirs, 1, changes, 0.0)
    with caplog.at_level(logging.WARNING, "lti_room"):
        mine = room_of(deps, registration_id="school-a", role=LaunchRole.HOST, custom={"room_id": theirs})
    assert mine != theirs
    assert deps.store.load(mine).access is StageAccess.REQUEST
    assert deps.launches.registration_of(mine) == "school-a"
    assert "another registration" in caplog.text
    assert deps.frames.of(theirs) == ("https://school.example",)


@pytest.mark.parametrize("named", ["", "r_", "../x", "r_" + "a" * 16, "*", "r_" + "a" * 17])
def test_a_room_id_nobody_made_is_ignored(deps: WebDeps, named: str) -> None:
    assert room_of(deps, custom={"room_id": named}) == room_of(deps)


def test_an_entrance_cut_off_halfway_is_finished_by_the_next(deps: WebDeps) -> None:
    room = room_of(deps)
    for key in deps.redis.keys(f"room:{room}:*"):
        if not bytes(key).endswith((b"origin", b"frames")):
            deps.redis.delete(key)
    fresh = web_deps(deps.redis, deps.settings, clock=deps.clock)
    assert room_of(fresh) == room
    assert fresh.store.load(room).version == 1


def test_people_are_their_registrations(deps: WebDeps) -> None:
    assert participant_id("a", "1") != participant_id("b", "1")
    assert participant_id("a", "b1") != participant_id("ab", "1")
    assert len(participant_id("a", "1")) == 18


def test_the_record_keeps_what_later_services_need(deps: WebDeps) -> None:
    services = {"names_roles": {"context_memberships_url": "https://lms.example/n"}}
    entered = deps.enter.enter(a_launch(services=services), {})
    record = deps.launches.load(entered.launch)
    assert record is not None
    assert record.services == services
    assert record.course.title == "Biology 101"
    assert record.return_url == "https://school.example/course/1"
    assert 0 < int(str(deps.redis.ttl(f"launch:{entered.launch}"))) <= 12 * 3600


def test_the_link_outlives_the_launch(deps: WebDeps) -> None:
    services = {"grades": {"lineitem": "https://lms.example/g"}}
    entered = deps.enter.enter(a_launch(services=services), {})
    deps.handoff.leave(entered.launch)
    link = deps.launches.link_of(entered.room)
    assert link is not None
    assert (link.room, link.link, link.services) == (entered.room, "link1", services)
    assert (link.registration, link.deployment, link.course.id) == ("reg1", "dep1", "bio101")
    assert link.return_url == "https://school.example/course/1"
    assert deps.redis.ttl(f"room:{entered.room}:link") == -1


def test_a_room_nobody_opened_yet_lies_nowhere(deps: WebDeps) -> None:
    assert deps.launches.link_of(RoomId("r_" + "a" * 16)) is None


def test_the_place_with_a_line_item_stays_the_rooms_place(deps: WebDeps) -> None:
    graded = {"grades": {"lineitem": "https://lms.example/g"}}
    room = room_of(deps, services=graded)
    again = {"custom": {"room_id": room}, "link": Link("link9", "The same room again")}
    assert room_of(deps, services={"grades": {}}, **again) == room
    kept = deps.launches.link_of(room)
    assert kept is not None
    assert (kept.link, kept.services) == ("link1", graded)
    room_of(deps, services={})
    replaced = deps.launches.link_of(room)
    assert replaced is not None
    assert replaced.services == {}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"name": "  Noah \n Kim "}, "Noah Kim"),
        ({"name": "Noah\u202e Kim\x00"}, "Noah Kim"),
        ({"name": None, "given_name": "Noah", "family_name": "Kim"}, "Noah Kim"),
        ({"name": None, "email": "nkim@school.example"}, "nkim"),
        ({"name": "\u200d"}, None),
        ({"name": None}, None),
        ({"name": "x" * 300}, "x" * 100),
    ],
)
def test_everybody_has_a_name(deps: WebDeps, told: dict[str, str | None], shown: str | None) -> None:
    deps.enter.enter(a_launch(**told), {})
    me = participant_id("reg1", "noah")
    assert deps.people.names("reg1", [me])[me] == (shown or f"Participant {me[-4:].upper()}")


def test_the_platforms_own_id_is_known(deps: WebDeps) -> None:
    deps.enter.enter(a_launch(), {})
    known = deps.people.person("reg1", participant_id("reg1", "noah"))
    assert known is not None
    assert known.sub == "noah"


def test_an_erased_person_keeps_a_name_without_meaning(deps: WebDeps) -> None:
    deps.enter.enter(a_launch(), {})
    me = participant_id("reg1", "noah")
    deps.people.forget("reg1", me)
    assert deps.people.names("reg1", [me]) == {me: display_name(me)}


def test_rule_11_origins_are_learned_with_each_launch(deps: WebDeps) -> None:
    room = room_of(deps)
    room_of(deps, frame_origins=("https://lms.example:8443", "https://school.example"))
    assert deps.frames.of(room) == ("https://lms.example:8443", "https://school.example")


def test_rule_11_at_most_sixteen(deps: WebDeps) -> None:
    room = room_of(deps)
    for number in range(40):
        room_of(deps, frame_origins=(f"https://n{number}.example",))
    assert len(deps.frames.of(room)) == 16
    assert "https://school.example" in deps.frames.of(room)


@pytest.mark.parametrize(
    "address",
    [
        "http://school.example",
        "https://192.0.2.1",
        "https://2130706433",
        "https://0x7f.1",
        "https://[2001:db8::1]",
        "https://me@school.example",
        "https://school.example;script-src",
        "https://school.example *",
        "https://school.example\\@evil.example",
        "https://school.example:abc",
        "https://*.example",
        "data:text/html,x",
        "javascript:alert(1)",
        "//school.example",
        "null",
        "",
        "https://schöol.example",
        "https://",
    ],
)
def test_rule_11_what_may_never_frame(address: str) -> None:
    assert origin_of(address, development=False) is None


def test_rule_11_http_and_localhost_only_in_development() -> None:
    assert origin_of("http://localhost:8001/x", development=True) == "http://localhost:8001"
    assert origin_of("http://127.0.0.1:8001/x", development=True) is None


def test_an_address_to_link_to() -> None:
    assert checked_address("https://a.example/x?y#z", development=False) == "https://a.example/x?y#z"
    for address in ("http://a.example", "javascript:x", "https://u@a.example", "https://a.example/\n", None):
        assert checked_address(address, development=False) is None
