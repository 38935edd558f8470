"""Everybody enters the real room from every emulated LMS, with the role that was recorded for them."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from lti_room.devlms.persons import PEOPLE, recorded
from tests.devlms.driver import SECONDS, Driver, read
from tests.support.stack import Stack

LMSS = ("canvas", "moodle", "sakai")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), devlms=True) as running:
        yield running


def enter(stack: Stack, lms: str, person: str, link: str = "link1") -> dict[str, Any]:
    """Walk the whole way in a new window; return what the room page is told at its start."""
    driver = Driver(stack.settings.devlms_url, stack.url, lms)
    login = driver.login(person, link, "window")
    assert login.url == f"{stack.url}/lti/login"
    where: dict[str, Any] = {"params" if login.method == "GET" else "data": login.fields}
    asked = requests.request(login.method, login.url, allow_redirects=False, timeout=SECONDS, **where)
    assert asked.status_code == 302, asked.text
    passage = read(requests.get(asked.headers["Location"], timeout=SECONDS))
    assert passage.sent is not None, passage
    assert passage.sent.url == f"{stack.url}/lti/launch"
    launched = requests.post(
        passage.sent.url,
        data=passage.sent.fields,
        headers={"Cookie": _cookies(asked)},
        allow_redirects=False,
        timeout=SECONDS,
    )
    assert launched.status_code == 303, launched.text
    ticket = launched.headers["Location"].partition("#")[2]
    headers = {"Authorization": f"Bearer {ticket}", "Cookie": _cookies(launched)}
    boot = requests.get(f"{stack.url}/api/boot", headers=headers, timeout=SECONDS)
    assert boot.status_code == 200, boot.text
    told: dict[str, Any] = boot.json()
    return told


def _cookies(answer: requests.Response) -> str:
    """Return the cookies an answer sets as a header; `requests` would not send Secure ones over http."""
    return "; ".join(line.partition(";")[0] for line in answer.raw.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("lms", LMSS)
@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_enters_with_the_recorded_role(stack: Stack, lms: str, person: str) -> None:
    who = PEOPLE[person]
    kind = "manager" if (lms, person) == ("moodle", "designer") else who.kind
    told = enter(stack, lms, person)
    assert told["participant"]["role"] == recorded(lms, "expected")[f"{kind}.json"]["role"]
    assert told["participant"]["name"] == who.name
    assert told["room"]["title"] == "Seminar room"


@pytest.mark.parametrize("lms", LMSS)
def test_one_link_is_one_room_and_two_links_are_two(stack: Stack, lms: str) -> None:
    rooms = [enter(stack, lms, person)["room"]["id"] for person in ("instructor", "admin", "student4")]
    assert len(set(rooms)) == 1
    other = enter(stack, lms, "student4", "link2")["room"]
    assert other["id"] != rooms[0]
    assert other["title"] == "Office hours"


def test_each_lms_has_rooms_of_its_own(stack: Stack) -> None:
    assert len({enter(stack, lms, "ta")["room"]["id"] for lms in LMSS}) == 3


def test_same_person_is_the_same_participant_again(stack: Stack) -> None:
    first, again, other = (enter(stack, "moodle", one) for one in ("student1", "student1", "student2"))
    assert first["participant"]["id"] == again["participant"]["id"] != other["participant"]["id"]
