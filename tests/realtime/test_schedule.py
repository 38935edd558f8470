"""A scheduled room: staff come in at any time, others from a while before the start on."""

from lti_room.rooms.roles import Role
from tests.support.pages import TestRoom


def test_before_its_time_the_server_lets_staff_in_and_nobody_else(room: TestRoom) -> None:
    host = room.join("Elena Marín", Role.HOST)
    start = room.clock.now() + 7200
    host.done("set_schedule", start=start, end=start + 3600)
    noah = room.page(room.launch("Noah Kim"), web=1)
    shown = noah.connect()["room"]["schedule"]
    assert shown == {"start": start, "end": start + 3600, "opens_at": start - 900}
    refused = noah.call("enter", {"phone": False})["error"]
    assert (refused["code"], refused["opens_at"]) == ("not_open_yet", start - 900)
    assert noah.refused("ask")["code"] == "not_allowed"
    room.join("Tom Baker", Role.MODERATOR, web=1)

    host.done("set_schedule", start=room.clock.now() + 600, end=None)
    told = noah.wait_event("schedule_set", end=None)
    assert told["early"] == 900
    noah.enter()


def test_who_is_in_stays_in_when_the_start_is_moved(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST), room.join("Noah Kim")
    noah.reach(host.done("set_schedule", start=room.clock.now() + 7200, end=None))
    assert noah.call("enter", {"phone": False})["ok"]
    noah.done("ask")


def test_only_hosts_plan(room: TestRoom) -> None:
    moderator, host = room.join("Tom Baker", Role.MODERATOR), room.join("Elena Marín", Role.HOST)
    assert moderator.refused("set_schedule", start=None, end=None)["code"] == "not_allowed"
    for start, end in ((10.0, 10.0), ("soon", None), (True, None), (1e15, None), (float("-1"), None)):
        assert host.refused("set_schedule", start=start, end=end)["code"] == "bad_message"
