"""Several pages of one person: one of them is live."""

from lti_room.rooms.roles import Role
from lti_room.usecases.ticket import PageKind
from tests.support.pages import Page, TestRoom

WITH_SOUND = {"microphone": True, "camera": False}


def two_tabs(room: TestRoom) -> tuple[Page, Page]:
    host = room.launch("Elena Marín", Role.HOST)
    first, second = room.page(host, web=0), room.page(host, web=1)
    first.connect()
    assert first.enter()["live"] is True
    second.connect()
    assert second.enter()["live"] is False
    return first, second


def live_at(page: Page, where: Page | None) -> None:
    page.wait("live", lambda told: told["connection"] == (where.connection if where else None))


def test_the_second_tab_is_not_live_until_it_asks(room: TestRoom) -> None:
    first, second = two_tabs(room)
    assert second.call("media", {"do": "subscribe"})["error"]["code"] == "media_not_granted"
    assert second.call("use_this")["ok"]
    live_at(first, second)
    live_at(second, second)
    assert first.call("media", {"do": "subscribe"})["error"]["code"] == "media_not_granted"
    assert second.call("media", {"do": "subscribe"})["error"]["code"] == "media_unreachable"


def test_closing_one_tab_of_two_keeps_the_person_in(room: TestRoom) -> None:
    first, second = two_tabs(room)
    viewer = room.join("Priya Nair", web=0)
    first.done("join", **WITH_SOUND)
    first.close()
    live_at(second, None)
    viewer.reach(second.done("set_title", title="Still here"))
    assert viewer.events("connection_lost") == []
    assert second.call("use_this")["ok"]
    live_at(second, second)
    second.close()
    viewer.wait_event("connection_lost", participant=first.id)


def test_both_tabs_are_told_the_same(room: TestRoom) -> None:
    first, second = two_tabs(room)
    version = first.done("set_title", title="Same")
    for page in (first, second):
        page.reach(version)


def test_a_window_takes_over_from_its_frame(room: TestRoom) -> None:
    host = room.launch("Elena Marín", Role.HOST)
    frame, window = room.page(host, web=0), room.page(host, web=1, page=PageKind.WINDOW)
    frame.connect()
    frame.enter()
    assert window.connect()["live"] == {"connection": frame.connection, "kind": "tab"}
    assert window.enter()["live"] is True
    told = frame.wait("live", lambda live: live["kind"] == "window")
    assert told["connection"] == window.connection
    window.close()
    live_at(frame, None)


def test_leaving_ends_every_page_of_the_launch_alone(room: TestRoom) -> None:
    first, second = two_tabs(room)
    other = room.page(room.launch("Elena Marín", Role.ATTENDEE, like=first.member), web=1)
    other.connect()
    other.enter()
    assert first.call("leave")["ok"]
    assert second.wait("bye")["code"] == "left"
    assert other.messages("bye") == []
    assert other.act("raise_hand")["ok"]


def test_announcing_a_window(room: TestRoom) -> None:
    noah = room.join("Noah Kim")
    digest = "ab" * 32
    assert noah.call("window", {"hash": digest})["ok"]
    assert room.redis.exists(f"window:{digest}")
    assert noah.call("window", {"hash": "short"})["error"]["code"] == "bad_message"


def test_the_highest_role_of_the_live_pages_is_listed_and_protects(room: TestRoom) -> None:
    person = room.launch("Two Roles", Role.ATTENDEE)
    page = room.page(person, web=0)
    page.connect()
    page.enter()
    as_host = room.page(room.launch("Two Roles", Role.HOST, like=person), web=1)
    as_host.connect()
    as_host.enter()
    viewer = room.join("Priya Nair", web=0)
    moderator = room.join("Tom Baker", Role.MODERATOR, web=1)
    listed = viewer.call("roster", {"search": "two roles"})
    if not listed["people"] or listed["people"][0]["role"] != "host":
        viewer.wait(
            "roster", lambda told: {"id": person.id, "name": "Two Roles", "role": "host"} in told["joined"]
        )
    assert moderator.refused("remove_from_room", target=person.id)["code"] == "host_protected"
    as_host.close()
    viewer.wait(
        "roster", lambda told: {"id": person.id, "name": "Two Roles", "role": "attendee"} in told["joined"]
    )
    moderator.done("remove_from_room", target=person.id)
