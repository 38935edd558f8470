"""`/api/room-settings`: whether being in a room counts, decided by who teaches the course."""

from typing import Any

import pytest
import requests

from lti_room.lti.roles import LaunchRole
from lti_room.rooms.events import RoleGiven
from lti_room.rooms.roles import Role
from lti_room.usecases.people import participant_id
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore
from lti_room.web import WebDeps
from tests.support.web import a_launch

WANTED = {"graded": True, "points": 12.5, "send_by_itself": False}


def ticket(site: str, deps: WebDeps, **launch: Any) -> str:
    entered = deps.enter.enter(a_launch(**launch), {})
    headers = {"Authorization": f"Bearer {entered.ticket_text}"}
    return str(requests.get(f"{site}/api/boot", headers=headers, timeout=5).json()["ticket"])


def ask(site: str, method: str, working: str, body: Any = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {working}"}
    return requests.request(method, f"{site}/api/room-settings", headers=headers, json=body, timeout=5)


def test_a_host_reads_and_changes_them(site: str, deps: WebDeps) -> None:
    services = {"grades": {"lineitems": "https://school.example/items"}}
    host = ticket(site, deps, role=LaunchRole.HOST, services=services)
    assert ask(site, "GET", host).json() == {
        "graded": False,
        "points": 10.0,
        "send_by_itself": False,
        "gradebook": True,
    }
    assert ask(site, "PUT", host, WANTED).json() == WANTED | {"gradebook": True}
    room = deps.enter.enter(a_launch(), {}).room
    assert RoomSettingsStore(deps.redis).of(room) == RoomSettings(True, 12.5, False)
    deps.grades.book.choose_zeros(room, True)
    ask(site, "PUT", host, WANTED | {"points": 5})
    assert RoomSettingsStore(deps.redis).of(room) == RoomSettings(True, 5.0, False, True)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        WANTED | {"points": "10"},
        WANTED | {"points": True},
        WANTED | {"graded": 1},
        WANTED | {"more": 1},
    ],
)
def test_anything_else_is_a_bad_message(site: str, deps: WebDeps, body: Any) -> None:
    answer = ask(site, "PUT", ticket(site, deps, role=LaunchRole.HOST), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_message")


@pytest.mark.parametrize("points", [0, -1, 1001])
def test_points_no_gradebook_takes(site: str, deps: WebDeps, points: float) -> None:
    answer = ask(site, "PUT", ticket(site, deps, role=LaunchRole.HOST), WANTED | {"points": points})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_points")


@pytest.mark.parametrize("role", [LaunchRole.MODERATOR, LaunchRole.ATTENDEE])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_nobody_else(site: str, deps: WebDeps, role: LaunchRole, method: str) -> None:
    answer = ask(site, method, ticket(site, deps, role=role), WANTED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


def test_a_role_given_in_the_room_decides_nothing_about_grades(site: str, deps: WebDeps) -> None:
    noah = ticket(site, deps)
    room = deps.enter.enter(a_launch(), {}).room
    me, host = participant_id("reg1", "noah"), participant_id("reg1", "elena")
    deps.store.append(room, deps.store.load(room).version, [RoleGiven(me, Role.HOST, host)], 0.0)
    answer = ask(site, "PUT", noah, WANTED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_teaching")


def test_without_a_ticket(site: str) -> None:
    assert ask(site, "GET", "x").status_code == 401
