"""A role takes effect at once, everywhere, without rejoining."""

import json

from lti_room.rooms.roles import Role
from tests.support.pages import TestRoom


def test_a_given_role_acts_at_once_on_another_process(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    assert noah.refused("set_title", title="Mine")["code"] == "not_allowed"
    host.done("give_role", target=noah.id, role="moderator")
    # No waiting: permission is judged from the room, not from what this process has heard.
    noah.done("set_title", title="Ours")
    host.done("give_role", target=noah.id, role=None)
    assert noah.refused("set_title", title="Mine again")["code"] == "not_allowed"


def test_a_new_role_brings_a_new_snapshot_and_new_audiences(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    priya = room.join("Priya Nair", web=0)
    priya.done("ask")
    host.done("give_role", target=noah.id, role="moderator")
    shown = json.loads(noah.wait("snapshot"))
    assert (shown["me"]["role"], shown["me"]["entered"]) == ("moderator", True)
    assert [one["id"] for one in shown["requests"]] == [priya.id]
    priya.done("cancel")
    heard = noah.wait_event("stage_moved", participant=priya.id, move="cancel")
    assert (heard["audience"], heard["prev"]) == ("staff", shown["versions"]["staff"])
    host.done("give_role", target=noah.id, role=None)
    shown = json.loads(noah.wait("snapshot", lambda text: json.loads(text)["me"]["role"] == "attendee"))
    assert "requests" not in shown
    mark = len(noah.received)
    priya.done("ask")
    noah.reach(host.done("set_title", title="After"))
    assert [one["type"] for one in noah.messages("event", since=mark)] == ["title_set"]


def test_every_audience_is_a_chain_without_gaps(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    for _ in range(3):
        noah.done("ask")
        host.done("decline", target=noah.id)
        host.done("set_title", title=f"Title {noah._numbers}")
    last = host.done("set_title", title="The end")
    for page in (host, noah):
        page.reach(last)
        welcome = json.loads(page.messages("welcome")[0])
        heard = dict(welcome["versions"])
        for event in page.events():
            assert event["prev"] == heard[event["audience"]], event
            heard[event["audience"]] = event["v"]
    assert {one["audience"] for one in host.events()} == {"everyone", "staff"}
    assert {one["audience"] for one in noah.events()} == {"everyone", "me"}


def test_removing_from_the_room_is_told_to_staff_and_the_person_alone(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    viewer = room.join("Priya Nair", web=1)
    host.done("remove_from_room", target=noah.id)
    noah.wait_event("removed_from_room", audience="me")
    host.wait_event("removed_from_room", audience="staff")
    viewer.reach(host.done("set_title", title="After"))
    assert viewer.events("removed_from_room") == []
    assert noah.call("chat", {"id": "x", "text": "still here"})["ok"] is False


def test_ending_the_session_says_goodbye_to_all_who_entered(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    waiting = room.page(room.launch("Not Yet"), web=1)
    waiting.connect()
    noah.done("raise_hand")
    assert noah.refused("end_session")["code"] == "not_allowed"
    host.done("end_session")
    assert noah.wait("bye")["code"] == "session_ended"
    assert host.wait("bye")["code"] == "session_ended"
    waiting.wait_event("session_ended")
    assert waiting.messages("bye") == []
    shown = room.page(noah.member, web=0).connect()
    assert (shown["hands"], shown["room"]["session"]) == ([], None)
