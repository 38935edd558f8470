"""Grades on their way to strict gradebooks, with the real program: its processes die, the LMSs misbehave."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from lti_room.base.clock import SystemClock
from lti_room.base.entropy import new_id
from lti_room.base.ids import LaunchId, ParticipantId, RoomId, SessionId
from lti_room.devlms.claims import claims_for
from lti_room.devlms.persons import CLASSMATES, PEOPLE
from lti_room.devlms.platform import LINKS, Launch
from lti_room.devlms.registrations import emulated, platforms
from lti_room.lti.registrations.entry import from_mapping
from lti_room.rooms.attendance import Kind
from lti_room.rooms.events import RoomOpened
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.launches import CourseInfo, Launches, LaunchRecord, Origin
from lti_room.usecases.people import People, Person, participant_id
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore
from lti_room.usecases.ticket import PageKind, Ticket, TicketKind, Tickets
from tests.support.stack import Stack, answers, wait_until

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NAMES_ROLES = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
HOUR = 3600.0
HOST, STUDENTS = "instructor", ("student1", "student2")
Json = dict[str, Any]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {"LTI_ROOM_GRADE_RETRY_SECONDS": "1", "LTI_ROOM_GRADE_TRIES": "8"}
    with Stack(tmp_path_factory.mktemp("stack"), devlms=True, settings=settings) as running:
        yield running


class Lesson:
    """A room of an emulated course in which an hour's session has just been held."""

    def __init__(
        self,
        stack: Stack,
        lms: str,
        *,
        strangers: tuple[str, ...] = (),
        coupled: bool = False,
        listed: bool = False,
    ) -> None:
        self.stack, self.lms = stack, lms
        self.redis, self.clock = stack.redis(), SystemClock()
        [entry] = [one for one in emulated(stack.settings.devlms_url, stack.url) if one["platform"] == lms]
        self.registration = from_mapping(entry, development=True).id
        platform = platforms(stack.settings.devlms_url, stack.url)[lms]
        told = {
            who: claims_for(platform, Launch("", PEOPLE[who], LINKS["link1"], "frame", 0.0))
            for who in (HOST, *STUDENTS)
        }
        self.names_roles = {"names_roles": told[HOST][NAMES_ROLES]} if listed else {}
        self.endpoint = {k: v for k, v in told[HOST][AGS].items() if coupled or k != "lineitem"}
        self.room = RoomId(new_id("r"))
        store = RedisRoomStore(self.redis, snapshot_events=50)
        opened = RoomOpened(f"Seminar {self.room}", "Biology 101", StageAccess.REQUEST, 25)
        store.append(self.room, 0, [opened], self.clock.now())
        self.people: dict[str, ParticipantId] = {}
        for who, claims in told.items():
            self._knows(who, PEOPLE[who].name, str(claims["sub"]))
        for who in strangers:
            self._knows(who, who, f"gone-{who}")
        self.launch = self._launch(told[HOST])
        RoomSettingsStore(self.redis).save(self.room, RoomSettings(graded=True, points=10))
        self._hold_session()

    def _knows(self, who: str, name: str, sub: str) -> None:
        self.people[who] = participant_id(self.registration, sub)
        People(self.redis).remember(self.registration, self.people[who], Person(name, sub=sub))

    def _launch(self, claims: Json) -> LaunchRecord:
        launches = Launches(self.redis, self.stack.settings)
        deployment = claims["https://purl.imsglobal.org/spec/lti/claim/deployment_id"]
        record = LaunchRecord(
            id=LaunchId(new_id("l")),
            registration=self.registration,
            deployment=deployment,
            participant=self.people[HOST],
            room=self.room,
            role=Role.HOST,
            course=CourseInfo("c", "Biology 101", "BIO"),
            locale=None,
            return_url=None,
            at=self.clock.now(),
            link="link1",
            services={"grades": self.endpoint} | self.names_roles,
        )
        launches.set_origin(self.room, Origin(self.registration, deployment, "c"))
        launches.save(record)
        launches.keep_link(record)
        return record

    def _hold_session(self) -> None:
        attendance, session = Attendance(self.redis, 30), SessionId(new_id("s"))
        start = self.clock.now() - HOUR
        for who, participant in self.people.items():
            kind = Kind.STAFF if who == HOST else Kind.LEARNER
            attendance.came(self.room, session, start, participant, kind, start)
            stays = 60 if who == STUDENTS[1] else HOUR
            attendance.went(self.room, participant, start + stays)
        attendance.running_is(self.room, None, start + HOUR)

    def ask(self, method: str, path: str = "", body: Json | None = None) -> Json:
        now = self.clock.now()
        ticket = Tickets(self.redis, self.clock, self.stack.settings).seal(
            Ticket(
                kind=TicketKind.WORKING,
                id=new_id("t"),
                room=self.room,
                participant=self.people[HOST],
                launch=self.launch.id,
                role=Role.HOST,
                cookie=None,
                cookie_hash=None,
                issued_at=now,
                expires_at=now + 600,
                page=PageKind.TAB,
            )
        )
        answer = requests.request(
            method,
            f"{self.stack.url}/api/grades{path}",
            json=body,
            headers={"Authorization": f"Bearer {ticket}"},
            timeout=20,
        )
        assert answer.status_code in {200, 202}, answer.text
        told: Json = answer.json()
        return told

    def book(self) -> Json:
        """The grade book once the platform has told who is in its course, or that it does not."""
        return wait_until(
            lambda: None if (book := self.ask("GET"))["never_came"]["asking"] else book,
            40,
            "the list is told",
        )

    def send(self) -> None:
        book = self.ask("GET")
        assert book["gradebook"]["obstacle"] is None
        answer = self.ask("POST", "/send", {"draft": book["draft"]})
        assert answer["to_send"] == 0

    def line(self, who: str) -> Json:
        [found] = [one for one in self.ask("GET")["people"] if one["id"] == self.people[who]]
        return dict(found)

    def is_sent(self, *who: str) -> bool:
        return all(self.line(one)["state"] == "sent" for one in who)

    def mood(self, service: str, mood: str) -> None:
        address = f"{self.stack.settings.devlms_url}/devlms/{self.lms}/mood"
        assert requests.post(address, data={"service": service, "mood": mood}, timeout=5).status_code == 204

    def column(self, title: str | None = None) -> dict[str, str]:
        """What this room's column of the emulated gradebook shows, by person."""
        title = title or f"Seminar {self.room}"
        page = requests.get(f"{self.stack.settings.devlms_url}/devlms/{self.lms}/gradebook", timeout=5).text
        rows = [
            [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", page, re.S)
        ]
        titles, *people = rows
        assert titles.count(title) == 1, "one column, made once"
        at = titles.index(title)
        return {row[0]: row[at] for row in people}


@pytest.fixture(params=["canvas", "moodle", "sakai"])
def lms(request: pytest.FixtureRequest) -> str:
    """Each emulated LMS."""
    return str(request.param)


def test_a_column_of_our_own_is_made_and_filled_with_zeros_too(stack: Stack, lms: str) -> None:
    lesson = Lesson(stack, lms)
    lesson.send()
    wait_until(lambda: lesson.is_sent(*STUDENTS), 20, "both grades are sent")
    shown = lesson.column()
    assert shown[PEOPLE["student1"].name] == "10 / 10"
    assert shown[PEOPLE["student2"].name] == "0 / 10"
    others = {
        name: cell for name, cell in shown.items() if name not in {PEOPLE[who].name for who in STUDENTS}
    }
    assert set(others.values()) == {"–"}


def test_somebody_who_left_the_course_is_told_and_the_rest_is_sent(stack: Stack, lms: str) -> None:
    lesson = Lesson(stack, lms, strangers=("Left Early",))
    lesson.send()
    wait_until(lambda: lesson.is_sent(*STUDENTS), 20, "the others' grades are sent")
    wait_until(lambda: lesson.line("Left Early")["state"] == "failed", 20, "the refusal is visible")
    assert lesson.line("Left Early")["code"] == "person_refused"


def test_a_corrected_grade_follows_at_once(stack: Stack, lms: str) -> None:
    lesson = Lesson(stack, lms)
    lesson.send()
    wait_until(lambda: lesson.is_sent(*STUDENTS), 20, "both grades are sent")
    [session] = lesson.ask("GET")["sessions"]
    for status, shown in (("present", "10 / 10"), (None, "0 / 10")):
        path = f"/sessions/{session['id']}/people/{lesson.people['student2']}"
        assert lesson.ask("PUT", path, {"status": status})["to_send"] == 1
        lesson.send()
        wait_until(lambda: lesson.is_sent("student2"), 20, "the correction is sent")
        assert lesson.column()[PEOPLE["student2"].name] == shown


def test_kill_9_between_press_and_send_loses_and_doubles_nothing(stack: Stack) -> None:
    lesson = Lesson(stack, "moodle", coupled=True)
    lesson.mood("grades", "hang")
    lesson.send()
    lease = f"lease:grades:{lesson.registration}"
    wait_until(lambda: lesson.redis.exists(lease), 10, "a sender is at work")
    stack.webs[0].kill()
    lesson.mood("grades", "well")
    stack.webs[0].start()
    wait_until(lambda: answers(f"{stack.url}/health/ready"), 30, "it is back")
    wait_until(lambda: lesson.is_sent(*STUDENTS), 40, "the grades are sent after the restart")
    assert lesson.column("Seminar room")[PEOPLE["student1"].name] == "100 / 100"


def test_an_lms_that_hangs_holds_up_no_other(stack: Stack) -> None:
    stuck, other = Lesson(stack, "sakai"), Lesson(stack, "canvas")
    stuck.mood("grades", "hang")
    try:
        stuck.send()
        wait_until(lambda: stuck.redis.exists(f"lease:grades:{stuck.registration}"), 10, "it is asked")
        other.send()
        wait_until(lambda: other.is_sent(*STUDENTS), 8, "the other's grades are sent")
        assert stuck.line("student1")["state"] == "waiting"
    finally:
        stuck.mood("grades", "well")
    wait_until(lambda: stuck.is_sent(*STUDENTS), 60, "then those of the first one")


@pytest.mark.parametrize("mood", ["error", "limited", "forgetful"])
def test_a_bad_mood_passes(stack: Stack, mood: str) -> None:
    lesson = Lesson(stack, "moodle")
    lesson.mood("grades", mood)
    lesson.send()
    if mood != "forgetful":
        wait_until(lambda: lesson.ask("GET")["pause"], 15, "the pause is visible")
        assert lesson.line("student1")["state"] == "waiting"
        lesson.mood("grades", "well")
    wait_until(lambda: lesson.is_sent(*STUDENTS), 40, "the grades are sent in the end")


def test_people_who_never_opened_the_room_get_0_only_if_a_host_says_so(stack: Stack, lms: str) -> None:
    lesson = Lesson(stack, lms, listed=True)
    missing = {one["name"]: one for one in lesson.book()["people"] if one["never_came"]}
    assert set(missing) >= {one.name for one in CLASSMATES} | {
        PEOPLE["student3"].name,
        PEOPLE["student4"].name,
    }
    taught = {PEOPLE[who].name for who in ("instructor", "instructor2", "student1", "student2")}
    assert not taught & set(missing)
    lesson.send()
    wait_until(lambda: lesson.is_sent(*STUDENTS), 20, "both grades are sent")
    excused, absent = CLASSMATES[0].name, CLASSMATES[1].name
    assert lesson.column()[absent] == "–"
    people = People(lesson.redis)
    assert people.person(lesson.registration, missing[absent]["id"]) is None

    [session] = lesson.book()["sessions"]
    path = f"/sessions/{session['id']}/people/{missing[excused]['id']}"
    lesson.ask("PUT", path, {"status": "excused"})
    book = lesson.ask("PUT", "/never-came", {"zeros": True})
    assert book["to_send"] == len(missing) - 1
    lesson.send()
    wait_until(lambda: lesson.column()[absent] == "0 / 10", 20, "those who never came have 0")
    wait_until(
        lambda: not any(one["state"] == "waiting" for one in lesson.ask("GET")["people"]), 20, "all is sent"
    )
    assert lesson.column()[excused] == "–"
    assert lesson.column()[PEOPLE["student1"].name] == "10 / 10"
    kept = people.person(lesson.registration, missing[absent]["id"])
    assert kept == Person(sub=kept.sub if kept else "")
    assert people.person(lesson.registration, missing[excused]["id"]) is None


def test_a_list_that_is_not_told_is_said_and_grades_go_out_all_the_same(stack: Stack) -> None:
    lesson = Lesson(stack, "moodle", listed=True)
    lesson.mood("names_roles", "error")
    try:
        told = lesson.book()["never_came"]
        assert (told["error"], told["n"]) == ("service_unreachable", 0)
        lesson.send()
        wait_until(lambda: lesson.is_sent(*STUDENTS), 20, "both grades are sent")
    finally:
        lesson.mood("names_roles", "well")
