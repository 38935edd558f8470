"""`/api/grades`: who may look, correct and send; what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.base.ids import ParticipantId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.lti.roles import LaunchRole
from lti_room.rooms.attendance import Kind
from lti_room.rooms.commands import Actor, GiveRole
from lti_room.rooms.roles import Role
from lti_room.usecases.act import Act
from lti_room.usecases.course_list import CourseLearners, Learner
from lti_room.usecases.enter import Entered
from lti_room.usecases.people import participant_id
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore
from lti_room.web import WebDeps
from tests.support import web

SESSION = SessionId("s_monday")
Json = dict[str, Any]


class Room:
    """A room with a teacher, an assistant and two students, of whom one was there for an hour."""

    def __init__(self, redis: Redis) -> None:
        self.clock = FixedClock()
        self.settings = web.settings()
        self.deps: WebDeps = web.web_deps(redis, self.settings, clock=self.clock)
        self.redis = redis
        self.tickets: dict[str, str] = {}
        roles = {
            "elena": LaunchRole.HOST,
            "jonas": LaunchRole.MODERATOR,
            "noah": LaunchRole.ATTENDEE,
            "priya": LaunchRole.ATTENDEE,
        }
        for sub, role in roles.items():
            entered: Entered = self.deps.enter.enter(web.a_launch(sub=sub, name=sub.title(), role=role), {})
            self.tickets[sub] = self.deps.handoff.boot(entered.ticket_text, {}).ticket
        self.id = entered.room
        RoomSettingsStore(redis).save(self.id, RoomSettings(graded=True))
        start = self.clock.now()
        for sub, minutes in (("elena", 60), ("noah", 60), ("priya", 12)):
            kind = Kind.STAFF if sub == "elena" else Kind.LEARNER
            self.deps.grades.attendance.came(self.id, SESSION, start, self.who(sub), kind, start)
            self.deps.grades.attendance.went(self.id, self.who(sub), start + minutes * 60)
        self.clock.advance(300)
        self.deps.grades.attendance.running_is(self.id, None, start + 3600)

    def who(self, sub: str) -> ParticipantId:
        return participant_id("reg1", sub)


@pytest.fixture
def room(redis: Redis) -> Room:
    return Room(redis)


@pytest.fixture
def origin(room: Room) -> Iterator[str]:
    with web.serving(web.create_app(room.deps)) as address:
        yield address


def asking(
    origin: str, room: Room, sub: str, method: str = "GET", path: str = "", body: object = None
) -> Any:
    headers = {"Authorization": f"Bearer {room.tickets[sub]}", "Host": "127.0.0.1:8000"}
    return requests.request(method, f"{origin}/api/grades{path}", json=body, headers=headers, timeout=10)


def code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def test_the_staff_see_everybody(origin: str, room: Room) -> None:
    for sub, may_send in (("elena", True), ("jonas", False)):
        answer = asking(origin, room, sub)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        book = answer.json()
        assert book["may_send"] is may_send
        assert {one["name"]: one["points"] for one in book["people"]} == {"Noah": 10.0, "Priya": 0.0}
        [session] = book["sessions"]
        assert book["session"] == session["id"]
        assert {one["there"]["status"] for one in book["people"]} == {"present", "absent"}
        assert {one["name"]: one["attended"] for one in book["people"]} == {
            "Noah": {"n": 1, "of": 1},
            "Priya": {"n": 0, "of": 1},
        }
        whole = asking(origin, room, sub, path="?session=").json()
        assert [one["there"] for one in whole["people"]] == [None, None]
        assert session["summary"] == {"present": 1, "late": 0, "left_early": 0, "absent": 1, "excused": 0}


def test_students_see_their_own_and_nobody_elses(origin: str, room: Room) -> None:
    answer = asking(origin, room, "priya")
    assert (answer.status_code, code(answer)) == (403, "not_allowed")
    [mine] = asking(origin, room, "priya", path="/mine").json()["sessions"]
    assert (mine["status"], mine["seconds"]) == ("absent", 720)
    assert "noah" not in str(mine).lower()
    assert asking(origin, room, "jonas", path="/mine").json() == {"sessions": []}


def test_somebody_who_has_just_come_was_there_for_a_second(origin: str, room: Room) -> None:
    now = room.clock.now()
    for sub, kind in (("elena", Kind.STAFF), ("noah", Kind.LEARNER)):
        room.deps.grades.attendance.came(room.id, SessionId("s_now"), now, room.who(sub), kind, now)
    room.clock.advance(0.3)
    [latest, _] = asking(origin, room, "noah", path="/mine").json()["sessions"]
    assert (latest["status"], latest["seconds"]) == ("present", 1)


def test_a_role_given_in_the_room_opens_no_grade_book(origin: str, room: Room) -> None:
    elena = Actor(room.who("elena"), Role.HOST)
    given = GiveRole(room.who("noah"), Role.MODERATOR)
    Act(room.deps.store, room.clock).do(room.id, elena, given, target_role=Role.ATTENDEE)
    path = f"/sessions/{SESSION}/people/{room.who('noah')}"
    for method, where, body in (("GET", "", None), ("PUT", path, {"status": "present"})):
        answer = asking(origin, room, "noah", method, where, body)
        assert (answer.status_code, code(answer)) == (403, "not_teaching")


def test_an_assistant_corrects_and_does_not_send(origin: str, room: Room) -> None:
    path = f"/sessions/{SESSION}/people/{room.who('priya')}"
    book = asking(origin, room, "jonas", "PUT", path, {"status": "excused"}).json()
    assert {one["name"]: one["points"] for one in book["people"]} == {"Noah": 10.0, "Priya": None}
    book = asking(origin, room, "jonas", "PUT", path, {"status": None}).json()
    assert {one["name"]: one["points"] for one in book["people"]} == {"Noah": 10.0, "Priya": 0.0}
    for method, where, body in (
        ("POST", "/send", {"draft": book["draft"]}),
        ("POST", "/retry", {}),
        ("PUT", "/rules", book["rules"]),
        ("PUT", f"/sessions/{SESSION}", {"counts": False, "lesson": None}),
    ):
        answer = asking(origin, room, "jonas", method, where, body)
        assert (answer.status_code, code(answer)) == (403, "not_allowed")


def test_a_host_decides_what_counts(origin: str, room: Room) -> None:
    [session] = asking(origin, room, "elena").json()["sessions"]
    start = session["lesson"]["start"]
    shorter = {"counts": None, "lesson": {"start": start, "until": start + 720}}
    book = asking(origin, room, "elena", "PUT", f"/sessions/{SESSION}", shorter).json()
    assert {one["name"]: one["points"] for one in book["people"]} == {"Noah": 10.0, "Priya": 10.0}
    not_at_all = {"counts": False, "lesson": None}
    book = asking(origin, room, "elena", "PUT", f"/sessions/{SESSION}", not_at_all).json()
    assert {one["points"] for one in book["people"]} == {None}
    rules = {"late_minutes": 5, "early_minutes": 5, "present_percent": 10, "scoring": "proportional"}
    asking(origin, room, "elena", "PUT", f"/sessions/{SESSION}", {"counts": None, "lesson": None})
    book = asking(origin, room, "elena", "PUT", "/rules", rules).json()
    assert book["rules"] == rules
    assert {one["name"]: one["points"] for one in book["people"]} == {"Noah": 10.0, "Priya": 2.0}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("PUT", f"/sessions/{SESSION}/people/{{priya}}", {"status": "gone"}, 400, "bad_message"),
        ("PUT", f"/sessions/{SESSION}/people/{{priya}}", {}, 400, "bad_message"),
        ("PUT", f"/sessions/{SESSION}/people/{{elena}}", {"status": "present"}, 404, "unknown_person"),
        ("PUT", "/sessions/s_never/people/{priya}", {"status": "present"}, 404, "unknown_session"),
        ("PUT", "/sessions/s_never", {"counts": True, "lesson": None}, 404, "unknown_session"),
        ("PUT", f"/sessions/{SESSION}", {"counts": "yes", "lesson": None}, 400, "bad_message"),
        (
            "PUT",
            f"/sessions/{SESSION}",
            {"counts": None, "lesson": {"start": 5, "until": 1}},
            422,
            "bad_lesson",
        ),
        ("PUT", "/rules", {"late_minutes": 1}, 400, "bad_message"),
        (
            "PUT",
            "/rules",
            {"late_minutes": -1, "early_minutes": 5, "present_percent": 10, "scoring": "threshold"},
            422,
            "bad_rules",
        ),
        ("PUT", "/never-came", {"zeros": "yes"}, 400, "bad_message"),
        ("POST", "/send", {}, 400, "bad_message"),
        ("POST", "/send", {"draft": "x"}, 409, "no_gradebook"),
        ("POST", "/retry", {}, 409, "no_gradebook"),
    ],
)
def test_what_is_refused(
    origin: str, room: Room, method: str, path: str, body: object, status: int, error: str
) -> None:
    where = path.format(priya=room.who("priya"), elena=room.who("elena"))
    answer = asking(origin, room, "elena", method, where, body)
    assert (answer.status_code, code(answer)) == (status, error)


def test_those_who_never_came_are_told_and_a_host_decides_about_them(
    origin: str, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {room.who(sub): Learner(sub.title(), sub) for sub in ("priya", "mei", "omar")}
    course = CourseLearners(listed, asking=False, error="service_unreachable", complete=False)
    monkeypatch.setattr(room.deps.grades.book, "_learners", lambda _: course)
    book = asking(origin, room, "jonas").json()
    missing = {one["name"]: one for one in book["people"] if one["never_came"]}
    assert set(missing) == {"Mei", "Omar"}
    assert {(one["state"], one["points"], one["sendable"]) for one in missing.values()} == {
        ("left_out", 0.0, True)
    }
    assert book["sessions"][0]["summary"]["absent"] == 3
    told = {"n": 2, "undecided": 2, "asking": False, "error": "service_unreachable", "complete": False}
    assert book["never_came"] == told | {"zeros": False}
    assert book["to_send"] == 2
    answer = asking(origin, room, "jonas", "PUT", "/never-came", {"zeros": True})
    assert (answer.status_code, code(answer)) == (403, "not_allowed")
    book = asking(origin, room, "elena", "PUT", "/never-came", {"zeros": True}).json()
    assert book["never_came"] == told | {"zeros": True}
    assert book["to_send"] == 4
    path = f"/sessions/{SESSION}/people/{room.who('mei')}"
    book = asking(origin, room, "jonas", "PUT", path, {"status": "excused"}).json()
    assert (book["to_send"], book["never_came"]["undecided"]) == (3, 1)
    assert "mei" not in asking(origin, room, "noah", path="/mine").text.lower()


def test_without_a_ticket_nothing_is_told(origin: str, room: Room) -> None:
    room.tickets["elena"] = "x"
    assert asking(origin, room, "elena").status_code == 401
