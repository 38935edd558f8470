"""The people of a course over HTTP: the real web process on gevent, and the emulated LMSs beside it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from lti_room.base.redis_client import text
from lti_room.devlms.persons import CLASSMATES, PEOPLE
from tests.devlms.driver import Driver
from tests.support.stack import Stack, wait_until
from tests.support.visitor import Visitor


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), devlms=True) as made:
        yield made


@dataclass
class Page:
    """The room page of somebody who launched."""

    stack: Stack
    ticket: str
    cookies: dict[str, str]

    def asks(self, method: str = "GET", **query: str) -> requests.Response:
        return requests.request(
            method,
            f"{self.stack.url}/api/course-people",
            params=query,
            headers={"Authorization": f"Bearer {self.ticket}"},
            cookies=self.cookies,
            timeout=10,
        )

    def told(self) -> dict[str, Any]:
        """Ask until the platform has answered."""

        def look() -> dict[str, Any] | None:
            answer: dict[str, Any] = self.asks().json()
            return None if answer["asking"] else answer

        return wait_until(look, 40, "the list is told")


def a_page(stack: Stack, lms: str, person: str, link: str = "link1") -> Page:
    driver, visitor = Driver(stack.settings.devlms_url, stack.url, lms), Visitor(stack.url)
    login = driver.login(person, link, "window")
    how = {"params": login.fields} if login.method == "GET" else {"data": login.fields}
    asked = visitor.ask(login.method, "/lti/login", **how).parameters
    posted = driver.authorise(asked).sent
    assert posted is not None
    told = visitor.boot(visitor.ask("POST", "/lti/launch", data=posted.fields))
    return Page(stack, told["ticket"], dict(visitor.cookies))


def mood(stack: Stack, lms: str, service: str, name: str) -> None:
    form = {"service": service, "mood": name}
    answer = requests.post(f"{stack.settings.devlms_url}/devlms/{lms}/mood", data=form, timeout=5)
    assert answer.status_code == 204


@pytest.mark.parametrize("lms", ["canvas", "moodle", "sakai"])
def test_staff_is_told_who_is_in_the_course(stack: Stack, lms: str) -> None:
    told = a_page(stack, lms, "instructor").told()
    names = [person["name"] for person in told["people"]]
    assert told["error"] is None
    assert set(names) >= {person.name for person in (*PEOPLE.values(), *CLASSMATES)} - {"Ingrid Solberg"}
    roles = [person["role"] for person in told["people"]]
    assert roles.index("host") > roles.index("attendee")
    assert "sub" not in told["people"][0]
    assert "@" not in str(told)


def test_a_student_is_told_nothing(stack: Stack) -> None:
    page = a_page(stack, "canvas", "student1")
    for method in ("GET", "POST"):
        answer = page.asks(method)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    assert requests.get(f"{stack.url}/api/course-people", timeout=5).status_code == 401


def test_a_platform_that_hangs_holds_up_nobody(stack: Stack) -> None:
    mood(stack, "sakai", "names_roles", "hang")
    page = a_page(stack, "sakai", "instructor", "link2")
    try:
        slowest = 0.0
        ends = time.monotonic() + 3
        assert page.asks().json()["asking"]
        while time.monotonic() < ends:
            started = time.monotonic()
            assert requests.get(f"{stack.url}/health/ready", timeout=5).status_code == 200
            assert page.asks().json()["asking"]
            slowest = max(slowest, time.monotonic() - started)
        assert slowest < 5.0
        assert page.told()["error"] == "service_unreachable"
    finally:
        mood(stack, "sakai", "names_roles", "well")


def test_a_platform_that_floods_is_cut_off(stack: Stack) -> None:
    mood(stack, "moodle", "names_roles", "flood")
    try:
        assert a_page(stack, "moodle", "instructor", "link2").told()["error"] == "service_malformed"
    finally:
        mood(stack, "moodle", "names_roles", "well")


def test_a_platform_that_does_not_share(stack: Stack) -> None:
    mood(stack, "canvas", "names_roles", "forbidden")
    try:
        assert a_page(stack, "canvas", "instructor", "link2").told()["error"] == "service_refused"
    finally:
        mood(stack, "canvas", "names_roles", "well")


def test_no_log_holds_a_name_a_token_or_a_body(stack: Stack) -> None:
    a_page(stack, "canvas", "instructor").told()
    secrets = {"SECRET-OF-THE-LMS", "Aarav", "Bearer ", "access_token"}
    redis = stack.redis()
    secrets |= {text(redis.get(key) or b"") for key in redis.scan_iter("service-token:*")}
    logs = "".join(path.read_text(errors="replace") for path in stack._folder.rglob("*.log"))
    assert logs
    assert not [secret for secret in secrets if secret in logs]
