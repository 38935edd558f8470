"""Processes that die, seats that run out, Redis that comes back: with short times."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from lti_room.rooms.roles import Role
from tests.support.pages import TestRoom
from tests.support.stack import Stack, wait_until

WITH_SOUND = {"microphone": True, "camera": False}


@pytest.fixture(scope="module")
def stack_settings() -> dict[str, str]:
    return {
        "LTI_ROOM_PROCESS_BEAT_SECONDS": "1",
        "LTI_ROOM_KEEP_SEAT_SECONDS": "2",
        "LTI_ROOM_SOCKET_PING_SECONDS": "1",
        "LTI_ROOM_SESSION_IDLE_SECONDS": "2",
        "LTI_ROOM_INVITATION_SECONDS": "2",
        "LTI_ROOM_GET_READY_SECONDS": "3",
        "LTI_ROOM_MORE_TIME_SECONDS": "3",
    }


def test_a_seat_not_taken_again_is_given_up(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=1)
    host.done("join", **WITH_SOUND)
    host.cut()
    lost = viewer.wait_event("connection_lost", participant=host.id)
    gone = viewer.wait_event("stage_moved", participant=host.id, move="depart")
    assert gone["by"] is None
    assert 0 <= gone["at"] - lost["until"] < 2


def test_an_invitation_expires_with_a_notice_to_both_sides(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    viewer = room.join("Priya Nair", web=0)
    host.done("invite", target=noah.id)
    mine = noah.wait_event("stage_moved", move="expire", audience="me")
    assert mine["by"] is None
    host.wait_event("stage_moved", participant=noah.id, move="expire", audience="staff")
    viewer.reach(host.done("set_title", title="After"))
    assert viewer.events("stage_moved") == []
    host.done("invite", target=noah.id)


def test_getting_ready_stops_the_clock_and_more_time_adds_to_it(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    host.done("invite", target=noah.id)
    first = noah.wait_event("stage_moved", move="invite")["until"]
    noah.done("get_ready")
    ready = noah.wait_event("invitation_extended", getting_ready=True)["until"]
    assert ready > first
    noah.done("more_time")
    longer = noah.wait("event", lambda event: event.get("until", 0) > ready)
    assert longer["until"] == pytest.approx(ready + 3)
    wait_until(lambda: room.clock.now() > first + 0.6, 5, "the first time is over")
    noah.done("accept", **WITH_SOUND)
    assert noah.events("stage_moved")[-1]["move"] != "expire"


def test_a_session_ends_when_the_room_stood_empty(room: TestRoom) -> None:
    noah = room.join("Noah Kim", web=0)
    noah.done("raise_hand")
    waiting = room.page(room.launch("Priya Nair"), web=1)
    waiting.connect()
    noah.close()
    ended = waiting.wait_event("session_ended")
    assert ended["by"] is None
    assert waiting.messages("bye") == []
    waiting.enter()
    waiting.wait("event", lambda event: event["type"] == "session_started" and event["v"] > ended["v"])


def test_a_room_with_people_in_it_does_not_end(room: TestRoom) -> None:
    noah = room.join("Noah Kim", web=0)
    time.sleep(3.5)
    assert noah.events("session_ended") == []


def test_a_connection_that_only_hangs_is_noticed(room: TestRoom) -> None:
    """Nothing comes through and nobody says so: the ping finds it."""
    program = (
        "import sys, socketio, time\n"
        "c = socketio.Client(websocket_extra_options={'origin': sys.argv[2]})\n"
        "c.connect(sys.argv[1], auth={'protocol': 1, 'ticket': sys.argv[3], 'connection': sys.argv[4]},\n"
        "          transports=['websocket'], namespaces=['/room'], socketio_path='/socket')\n"
        "c.call('enter', {'phone': False}, namespace='/room')\n"
        "c.call('act', {'id': '1', 'do': 'raise_hand'}, namespace='/room')\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    viewer = room.join("Priya Nair", web=1)
    noah = room.launch("Noah Kim")
    url = room.stack.urls[0]
    told = [url, room.stack.settings.public_url, room.ticket(noah), "c_hangs"]
    arguments = [sys.executable, "-c", program, *told]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as hanging:
        try:
            assert hanging.stdout is not None
            assert hanging.stdout.readline() == b"up\n"
            os.kill(hanging.pid, signal.SIGSTOP)
            viewer.wait_event("connection_lost", participant=noah.id)
            viewer.wait("roster", lambda told: noah.id in told["left"])
        finally:
            hanging.kill()


def test_kill_9_of_a_web_process(room: TestRoom) -> None:
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=0)
    viewer, gone = room.join("Priya Nair", web=1), room.join("Never Back", web=0)
    host.done("join", **WITH_SOUND)
    gone.done("raise_hand")
    viewer.wait_event("hand_raised", participant=gone.id)
    seen = {"versions": {"everyone": viewer.events()[-1]["v"], "me": 0, "staff": 0}, "chat": None}
    process = room.stack.webs[0]
    process.kill()
    try:
        host.web = noah.web = 1
        back = host.connect(seen=seen)
        assert back.get("missed") == [] or back["me"]["place"] == "on_stage"
        host.enter()
        host.done("set_title", title="We go on")
        viewer.wait_event("title_set", title="We go on")
        noah.connect()
        noah.enter()
        lost = viewer.wait_event("connection_lost", participant=gone.id)
        viewer.wait_event("hand_lowered", participant=gone.id)
        assert viewer.events("connection_lost") == [lost], "those who came back were never lost"
        viewer.wait("roster", lambda told: gone.id in told["left"])
        assert not room.redis.exists(f"room:{room.id}:pages:{gone.id}")
    finally:
        process.start()
        wait_until(lambda: _is_up(room.stack), 20, "the process is back")
    late = room.join("Late Comer", web=0)
    late.done("raise_hand")
    viewer.wait_event("hand_raised", participant=late.id)


def _is_up(stack: Stack) -> bool:
    from tests.support.stack import answers

    return answers(f"{stack.urls[0]}/health/ready")


def test_a_stopped_process_hands_its_pages_over(room: TestRoom) -> None:
    host, viewer = room.join("Elena Marín", Role.HOST, web=0), room.join("Priya Nair", web=1)
    host.done("join", **WITH_SOUND)
    room.stack.webs[0].stop()
    try:
        wait_until(lambda: not host.connected, 5, "the socket ended")
        viewer.wait_event("connection_lost", participant=host.id)
        host.web = 1
        host.connect()
        host.enter()
        viewer.wait_event("connection_back", participant=host.id)
    finally:
        room.stack.webs[0].start()
        wait_until(lambda: _is_up(room.stack), 20, "the process is back")


def test_redis_killed_under_load_loses_nothing(room: TestRoom) -> None:
    """kill -9 and a restart: every acknowledged command reaches everybody once, in order."""
    host, noah = room.join("Elena Marín", Role.HOST, web=0), room.join("Noah Kim", web=1)
    host.done("set_title", title="Before")
    acknowledged: list[int] = []
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.wait(0.02):
            n += 1
            answer = host.call("act", {"id": f"w{n}", "do": "set_title", "title": f"Title {n}"})
            while not answer["ok"]:
                assert answer["error"]["code"] == "store_unavailable", answer
                time.sleep(0.05)
                answer = host.call("act", {"id": f"w{n}", "do": "set_title", "title": f"Title {n}"})
            acknowledged.append(answer["v"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        time.sleep(0.5)
        server = int(room.redis.info("server")["process_id"])
        os.kill(server, signal.SIGKILL)
        time.sleep(0.3)
        killed_at = len(acknowledged)
        room.stack._redis.ensure()
        back = time.monotonic()
        wait_until(lambda: len(acknowledged) > killed_at + 3, 10, "commands go on")
        recovered = time.monotonic() - back
    finally:
        stop.set()
        writer.join()
    noah.reach(acknowledged[-1])
    versions = [one["v"] for one in noah.events("title_set")]
    assert len(versions) == len(set(versions)), "nothing twice"
    assert set(acknowledged) <= set(versions), "nothing missed"
    assert versions == sorted(versions)
    assert recovered < 2, f"{recovered:.2f} s until commands went on"
    mark = time.monotonic()
    noah.reach(host.done("set_title", title="After"))
    assert time.monotonic() - mark < 1
    assert noah.connected
    assert host.connected
