"""Tickets are renewed over the socket; the old one dies once the page has the new one."""

import time
from typing import Any

import pytest
import socketio

from lti_room.usecases.binding import digest
from tests.support.pages import Page, TestRoom
from tests.support.stack import wait_until


@pytest.fixture(scope="module")
def stack_settings() -> dict[str, str]:
    return {"LTI_ROOM_TICKET_SECONDS": "4"}


def auth_with(page: Page, ticket: str) -> dict[str, Any]:
    return {"protocol": 1, "ticket": ticket, "connection": page.connection}


def test_at_half_of_its_life_a_new_one_is_pushed(room: TestRoom) -> None:
    began = time.monotonic()
    noah = room.join("Noah Kim", web=0)
    pushed = noah.wait("ticket")
    assert 1.5 < time.monotonic() - began < 3.5
    assert set(pushed) == {"ticket", "resume"}
    assert room.redis.exists(f"resume:{digest(pushed['resume'])}")
    second = noah.wait("ticket", lambda told: told != pushed)
    noah.close()
    noah.web = 1
    assert noah.connect(auth=auth_with(noah, second["ticket"]))


def test_the_old_ticket_is_retired_after_the_acknowledgement_alone(room: TestRoom) -> None:
    noah = room.join("Noah Kim", web=0)
    noah.wait("ticket")

    def retired() -> list[bytes]:
        return list(room.redis.keys("retired:*"))

    before = len(retired())
    wait_until(lambda: len(retired()) >= max(1, before), 5, "the old ticket is retired")


def test_a_page_whose_ticket_runs_out_is_told_goodbye(room: TestRoom) -> None:
    noah = room.join("Noah Kim")
    noah.keep_acknowledgements()
    assert noah.wait("bye")["code"] in {"ticket_expired", "launch_expired"}
    wait_until(lambda: not noah.connected, 5, "the socket ended")


def test_when_the_launch_is_over_nothing_is_renewed(room: TestRoom) -> None:
    noah = room.join("Noah Kim")
    room.launches.forget(noah.member.launch)
    assert noah.wait("bye")["code"] == "launch_expired"
    with pytest.raises(socketio.exceptions.ConnectionError):
        noah.open()
