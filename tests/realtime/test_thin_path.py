"""The thinnest path there is: connect, enter, act; somebody on another process sees it."""

from lti_room.rooms.roles import Role
from tests.support.pages import TestRoom


def test_an_act_reaches_a_page_on_another_process(room: TestRoom) -> None:
    host = room.join("Elena Marín", Role.HOST, web=0)
    noah = room.join("Noah Kim", web=1)
    assert noah.done("ask") > 0
    event = host.wait_event("stage_moved", participant=noah.id, move="ask")
    assert event["people"][noah.id] == "Noah Kim"
    assert event["audience"] == "staff"
