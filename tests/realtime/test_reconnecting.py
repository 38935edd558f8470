"""Coming back: nothing missed, nothing twice, whichever process answers."""

import json
import threading
import time
from typing import Any

import pytest

from lti_room.rooms.roles import Role
from tests.support.pages import Page, TestRoom
from tests.support.stack import wait_until

WITH_SOUND = {"microphone": True, "camera": False}


class Follower:
    """Reads a page's messages as a browser does: every event once, each audience a chain without gaps."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.versions: dict[str, int] = {}
        self.applied: list[int] = []
        self.snapshots = 0
        self._read = 0
        self.read()

    def read(self) -> None:
        """Take what has come since the last time."""
        for message, payload in self.page.received[self._read :]:
            self._read += 1
            if message == "event":
                self._take(payload)
            elif message == "welcome":
                self._greet(json.loads(payload))

    def _greet(self, welcome: dict[str, Any]) -> None:
        if "missed" not in welcome:
            self.snapshots += 1
            self.versions = welcome["versions"]
            return
        for event in welcome["missed"]:
            self._take(event)
        assert self.versions == welcome["versions"]

    def _take(self, event: dict[str, Any]) -> None:
        assert event["prev"] == self.versions[event["audience"]], f"a gap before {event}"
        assert event["v"] not in self.applied, f"twice: {event}"
        self.versions[event["audience"]] = event["v"]
        self.applied.append(event["v"])

    def seen(self, chat: str | None = None) -> dict[str, Any]:
        """Return what the page tells the server that it has."""
        return {"versions": dict(self.versions), "chat": chat}


@pytest.mark.parametrize("back_to", [0, 1], ids=["same process", "other process"])
def test_what_was_missed_comes_as_events_where_the_ring_has_it(room: TestRoom, back_to: int) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=1), room.join("Noah Kim", web=0)
    room.join("Somebody Else", web=0)  # keeps the room in memory there
    version = host.done("set_title", title="Before")
    noah.reach(version)
    follower = Follower(noah)
    noah.close()
    titles = [f"Title {n}" for n in range(5)]
    for title in titles:
        host.done("set_title", title=title)
    host.call("chat", {"id": "1", "text": "while you were away"})
    noah.web = back_to
    back = noah.connect(seen=follower.seen())
    assert [one["title"] for one in back["missed"] if one["type"] == "title_set"] == titles
    assert [one["text"] for one in back["chat"]] == ["while you were away"]
    follower.read()
    assert follower.snapshots == 1, "the first one"
    assert {"roster", "live", "process", "now"} <= back.keys()


def test_a_page_never_seen_that_far_back_gets_a_snapshot(room: TestRoom) -> None:
    noah = room.join("Noah Kim", web=0)
    noah.close()
    back = noah.connect(seen={"versions": {"everyone": 0, "me": 0}, "chat": None})
    assert back["room"]["title"] == "Seminar room"
    noah.close()
    back = noah.connect(seen={"versions": {"everyone": 999, "me": 0}, "chat": None})
    assert "room" in back, "a page from the future gets a snapshot"


def test_a_role_given_meanwhile_brings_a_snapshot(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=0)
    other_tab = room.page(noah.member, web=1)
    other_tab.connect()
    other_tab.enter()
    versions = json.loads(noah.messages("welcome")[0])["versions"]
    noah.close()
    host.done("give_role", target=noah.id, role="moderator")
    assert noah.connect(seen={"versions": versions, "chat": None})["me"]["role"] == "moderator"


def test_sync_answers_a_gap(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    noah.reach(host.done("set_title", title="One"))
    seen = json.loads(noah.messages("welcome")[0])["versions"]
    mark = len(noah.received)
    assert noah.call("sync", {"versions": seen, "chat": None})["ok"]
    again = json.loads(noah.wait("welcome", since=mark))
    assert "title_set" in [one["type"] for one in again["missed"]] or again["room"]["title"] == "One"


def test_under_load_a_reconnecting_page_misses_nothing_and_gets_nothing_twice(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=1), room.join("Noah Kim", web=0)
    room.join("Somebody Else", web=0)
    follower = Follower(noah)
    written: list[int] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.02):
            written.append(host.done("set_title", title=f"Title {len(written)}"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(6):
            time.sleep(0.2)
            noah.cut() if n % 2 else noah.close()
            wait_until(lambda: not noah.connected, 5, "the connection is gone")
            follower.read()
            noah.web = n % 2
            noah.connect(seen=follower.seen())
            follower.read()
    finally:
        stop.set()
        writer.join()

    def has_all() -> bool:
        follower.read()
        return follower.versions["everyone"] == written[-1]

    wait_until(has_all, 5, "the last event")
    assert follower.snapshots == 1, "all the rest came as events"
    assert [version for version in follower.applied if version >= written[0]] == written


def test_a_seat_is_kept_through_a_lost_connection(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=1)
    host.done("join", **WITH_SOUND)
    host.cut()
    lost = viewer.wait_event("connection_lost", participant=host.id)
    assert lost["until"] == pytest.approx(lost["at"] + room.stack.settings.keep_seat_seconds, abs=1)
    shown = host.connect()
    assert shown["me"]["place"] == "on_stage"
    assert shown["stage"][0]["away_until"] == lost["until"]
    host.enter()
    viewer.wait_event("connection_back", participant=host.id)


def test_a_reload_keeps_the_seat_with_a_new_page(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=1)
    host.done("join", **WITH_SOUND)
    host.close()
    reloaded = room.page(host.member, web=1)
    assert reloaded.connect()["me"]["place"] == "on_stage"
    assert reloaded.enter()["live"] is True
    viewer.wait_event("connection_back", participant=host.id)


def test_leave_frees_the_seat_at_once(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=1)
    host.done("join", **WITH_SOUND)
    assert host.call("leave") == {"ok": True}
    viewer.wait_event("stage_moved", participant=host.id, move="depart", audience="everyone")
    assert viewer.events("connection_lost") == []
    viewer.wait("roster", lambda told: host.id in told["left"])


def test_the_same_page_connecting_again_replaces_its_old_socket(room: TestRoom) -> None:
    noah, viewer = room.join("Noah Kim", web=0), room.join("Priya Nair", web=1)
    noah.done("raise_hand")
    old, received = noah._client, noah.received
    noah.web = 1
    noah.received = []
    assert noah.connect(seen={"versions": {"everyone": 1, "me": 0}, "chat": None})
    wait_until(
        lambda: (
            ("bye", {"code": "replaced", "message": "This page connected once more."})
            in [*received, *noah.received]
        ),
        5,
        "the old socket is told",
    )
    wait_until(lambda: not old.connected, 5, "and ended")
    noah.done("lower_hand")
    viewer.wait_event("hand_lowered", participant=noah.id)
    assert viewer.events("connection_lost") == [], "the page was here all the time"
