"""Parts that stand still for a while and then go on."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lti_room.rooms.roles import Role
from tests.support.pages import TestRoom
from tests.support.stack import wait_until


@pytest.fixture(scope="module")
def stack_settings() -> dict[str, str]:
    return {"LTI_ROOM_PROCESS_BEAT_SECONDS": "1", "LTI_ROOM_SOCKET_PING_SECONDS": "30"}


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_process_taken_for_dead_writes_its_people_in_again(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=1)
    host.done("join", microphone=True, camera=True)
    with frozen(room.stack.webs[0].pid):
        viewer.wait_event("connection_lost", participant=host.id)
        viewer.wait("roster", lambda told: host.id in told["left"])
    viewer.wait_event("connection_back", participant=host.id)
    told = len(viewer.received)
    viewer.wait("roster", lambda change: host.id in [one["id"] for one in change["joined"]])
    assert host.connected
    viewer.reach(host.done("set_title", title=f"After {told} messages"))
    assert viewer.events("stage_moved")[-1]["move"] == "join", "the seat was kept"


def test_frozen_redis_refuses_and_then_goes_on(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=1)
    server = int(room.redis.info("server")["process_id"])
    with frozen(server):
        began = time.monotonic()
        refused = host.refused("set_title", title="Never")
        assert refused["code"] == "store_unavailable"
        assert time.monotonic() - began < 4
    wait_until(lambda: host.act("set_title", title="Again")["ok"], 5, "commands go on")
    viewer.wait_event("title_set", title="Again")
    versions = [one["v"] for one in viewer.events("title_set")]
    assert versions == sorted(set(versions))
    assert viewer.connected


def test_a_page_that_does_not_read_holds_nobody_up(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=0)
    slow = room.join("Slow Reader", web=0)
    slow._client.eio.ws.sock.setsockopt(1, 8, 4096)  # SOL_SOCKET, SO_RCVBUF
    slow.stall()
    text = "x" * 1900
    for n in range(8):
        assert host.call("chat", {"id": f"m{n}", "text": text})["ok"]
        viewer.wait("chat", lambda told, n=n: len(viewer.messages("chat")) > n)  # type: ignore[misc]
    began = time.monotonic()
    for _ in range(20):
        viewer.reach(host.done("set_title", title=f"Title {time.monotonic()}"))
    assert time.monotonic() - began < 5
    slow.go_on()
    slow.reach(viewer.events()[-1]["v"])
    assert len(slow.messages("chat")) == 8
    versions = [one["v"] for one in viewer.events()]
    assert [one["v"] for one in slow.events()][-20:] == versions[-20:]
