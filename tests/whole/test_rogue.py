"""What the room decides holds against pages that do not obey, from the socket's command to the last packet.

The rogue never stops sending. No packet of it may reach anybody later than 1 s after the acknowledgement
of the command that silenced it (design, section 6).
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import socketio

from lti_room.rooms.commands import Actor, Remove
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.act import Act
from lti_room.usecases.follow import LEASE_MS
from tests.support.on_air import SOURCES, Air, Listener, Sender
from tests.support.pages import Page, TestRoom
from tests.support.stack import Process, Stack, answers, wait_until

PROMISED = 1.0
"""Seconds; what the design promises."""
LATEST = 0.5
"""Seconds after the acknowledgement within which the last packet may arrive while nothing is broken."""
WATCHED = 1.5
MANY = 20
"""Packets that show that somebody sends or receives; sound alone is 50 a second."""
ON = {"microphone": True, "camera": True}
OTHER = {"microphone": "camera", "camera": "microphone"}


class Lesson:
    """A host and a rogue on stage, both sending; a moderator and a listening viewer on another process."""

    def __init__(self, room: TestRoom, air: Air, other_web: int = 1) -> None:
        self.room, self.air = room, air
        self.host = room.join("Elena Marín", Role.HOST, web=0)
        self.moderator = room.join("Tom Baker", Role.MODERATOR, web=other_web)
        self.rogue = room.join("Noah Kim", web=0)
        self.viewer = room.join("Priya Nair", web=other_web)
        for page in (self.host, self.rogue):
            page.done("join", **ON)
        self.listener = air.subscribe(self.viewer)
        self.hosts, self.rogues = air.publish(self.host), air.publish(self.rogue)
        self.listener.wait_flowing(self.hosts)

    def command(self, page: Page, do: str, **fields: str) -> float:
        """Give a command while the rogue is heard; return when it was acknowledged."""
        self.listener.wait_flowing(self.rogues)
        page.done(do, **fields)
        return time.monotonic()

    def assert_silenced(self, since: float, *sources: str, within: float = LATEST) -> None:
        """The rogue goes on sending, the viewer goes on receiving, and yet nothing comes through."""
        sent = {source: self.rogues.sent(source) for source in SOURCES}
        of_the_host = self.listener.heard(self.hosts)
        time.sleep(since + WATCHED - time.monotonic())
        for source in sources or SOURCES:
            assert max(self.listener.arrivals(self.rogues, source)) - since < within
            assert self.rogues.sent(source) > sent[source] + MANY, "it did go on sending"
        assert self.listener.heard(self.hosts) > of_the_host + MANY, "the viewer did go on receiving"


@pytest.fixture
def room(stack: Stack) -> Iterator[TestRoom]:
    with TestRoom(stack, access=StageAccess.EVERYONE) as made:
        yield made


@pytest.fixture
def lesson(room: TestRoom, air: Air) -> Lesson:
    return Lesson(room, air)


def refusal(answered: Sender | Listener) -> str:
    """Return why a page may not publish or subscribe."""
    answer = answered.answer
    assert not answer["ok"], answer
    return str(answer["error"]["code"])


class TestStage:
    """What the stage gives and takes."""

    def test_removed_by_a_moderator_on_the_other_process(self, lesson: Lesson) -> None:
        removed = lesson.command(lesson.moderator, "remove", target=lesson.rogue.id)
        lesson.assert_silenced(removed)
        anew = lesson.air.publish(lesson.rogue)
        wait_until(lambda: anew.sent("microphone") > MANY, 5, "it publishes once more, and sends")
        lesson.listener.wait_flowing(lesson.hosts)
        assert lesson.listener.heard(anew) == 0

    @pytest.mark.parametrize("source", SOURCES)
    def test_one_source_off_and_the_other_goes_on(self, lesson: Lesson, source: str) -> None:
        muted = lesson.command(lesson.moderator, "mute", target=lesson.rogue.id, source=source)
        lesson.assert_silenced(muted, source)
        lesson.listener.wait_flowing(lesson.rogues, OTHER[source])
        assert max(lesson.listener.arrivals(lesson.rogues, source)) - muted < LATEST
        lesson.rogue.call("act", {"id": "again", "do": "switch", "source": source, "on": True})
        lesson.listener.wait_flowing(lesson.rogues)

    def test_a_muted_microphone_does_not_pass_for_a_camera(self, lesson: Lesson) -> None:
        lesson.command(lesson.moderator, "mute", target=lesson.rogue.id, source="microphone")
        for sources in ({"0": "camera", "1": "microphone"}, {"0": "camera", "1": "camera"}):
            assert refusal(lesson.air.publish(lesson.rogue, sources)) == "media_bad_sdp"
        lesson.listener.wait_flowing(lesson.rogues, "camera")

    def test_who_was_never_admitted_is_never_heard(self, stack: Stack, air: Air) -> None:
        with TestRoom(stack, access=StageAccess.REQUEST) as room:
            lesson = Admission(room, air)
            wait_until(lesson.all_sent, 10, "all send")
            lesson.listener.wait_flowing(lesson.hosts)
            assert [lesson.listener.heard(one) for one in lesson.outsiders] == [0, 0, 0, 0]
            assert {who for who, _ in lesson.listener.shown} == {lesson.host.id}
            admitted = lesson.outsiders.pop()
            admitted.page.done("accept", **ON)
            lesson.listener.wait_flowing(admitted)
            assert [lesson.listener.heard(one) for one in lesson.outsiders] == [0, 0, 0]

    def test_who_did_not_enter_has_no_media(self, lesson: Lesson) -> None:
        outside = lesson.room.page(lesson.room.launch("Not Yet"), web=1)
        outside.connect()
        assert refusal(lesson.air.publish(outside)) == "not_allowed"
        assert refusal(lesson.air.subscribe(outside)) == "not_allowed"


class Admission:
    """A host on stage, a viewer who listens, and four who publish without being on stage."""

    def __init__(self, room: TestRoom, air: Air) -> None:
        self.host = room.join("Elena Marín", Role.HOST, web=0)
        self.host.done("join", **ON)
        names = ["Only Viewing", "Has Asked", "Is Invited", "Gets Ready"]
        viewing, asked, invited, ready = [room.join(name, web=n % 2) for n, name in enumerate(names)]
        asked.done("ask")
        for page in (invited, ready):
            self.host.done("invite", target=page.id)
        ready.done("get_ready")
        self.listener = air.subscribe(room.join("Priya Nair", web=1))
        self.hosts = air.publish(self.host)
        self.outsiders = [air.publish(page) for page in (viewing, asked, invited, ready)]

    def all_sent(self) -> bool:
        """Whether every one of them has sent for a while."""
        return all(one.sent(source) > 2 * MANY for one in self.outsiders for source in SOURCES)


class TestRoomItself:
    """Put out, another tab, and the end."""

    def test_removed_from_the_room(self, lesson: Lesson) -> None:
        heard_by_rogue = lesson.air.subscribe(lesson.rogue)
        heard_by_rogue.wait_flowing(lesson.hosts)
        tab = lesson.room.page(lesson.rogue.member, web=1)
        tab.connect()
        tab.enter()
        removed = lesson.command(lesson.moderator, "remove_from_room", target=lesson.rogue.id)
        lesson.assert_silenced(removed)
        assert heard_by_rogue.last() - removed < LATEST
        for page in (lesson.rogue, tab):
            assert page.wait("bye")["code"] == "removed"
        for web in (0, 1):
            back = lesson.room.page(lesson.rogue.member, web=web)
            with pytest.raises(socketio.exceptions.ConnectionError):
                back.connect()
            assert back.error["data"]["code"] == "removed"

    def test_a_page_that_is_not_the_live_one(self, lesson: Lesson) -> None:
        first, second = lesson.rogue, lesson.room.page(lesson.rogue.member, web=1)
        heard_by_first = lesson.air.subscribe(first)
        heard_by_first.wait_flowing(lesson.hosts)
        second.connect()
        assert second.enter()["live"] is False
        assert refusal(lesson.air.publish(second)) == "media_not_granted"
        assert refusal(lesson.air.subscribe(second)) == "media_not_granted"
        lesson.listener.wait_flowing(lesson.rogues)
        assert second.call("use_this")["ok"]
        moved = time.monotonic()
        lesson.assert_silenced(moved)
        assert heard_by_first.last() - moved < LATEST
        assert refusal(lesson.air.publish(first)) == "media_not_granted"
        assert refusal(lesson.air.subscribe(first)) == "media_not_granted"
        lesson.listener.wait_flowing(lesson.air.publish(second))

    def test_the_session_is_ended(self, lesson: Lesson) -> None:
        """The rogue has dropped its socket: nobody can say goodbye to it, and its seat is still kept."""
        lesson.rogue.drop()
        lesson.host.wait_event("connection_lost", participant=lesson.rogue.id)
        ended = lesson.command(lesson.host, "end_session")
        sent = [one.sent("camera") for one in (lesson.rogues, lesson.hosts)]
        late = lesson.air.subscribe(lesson.room.join("Late Comer", web=1))
        next_host = lesson.room.join("Next Host", Role.HOST, web=0)
        next_host.done("join", **ON)
        late.wait_flowing(lesson.air.publish(next_host))
        time.sleep(max(0.0, ended + WATCHED - time.monotonic()))
        assert lesson.listener.last() - ended < LATEST
        assert late.heard(lesson.rogues) == late.heard(lesson.hosts) == 0
        assert lesson.rogues.sent("camera") > sent[0] + MANY
        assert lesson.hosts.sent("camera") > sent[1] + MANY


class TestProcesses:
    """What is decided outlives the process that took the command, and the one that carries it out."""

    def test_the_media_worker_is_killed_while_somebody_is_muted(self, lesson: Lesson) -> None:
        lesson.command(lesson.moderator, "mute", target=lesson.rogue.id, source="microphone")
        worker = lesson.room.stack.medias[0]
        worker.kill()
        lesson.host.done("switch", source="camera", on=False)
        worker.start()
        for page in (lesson.rogue, lesson.host, lesson.viewer):
            page.wait("media", lambda told: told["do"] == "restart", seconds=20)
        rogues, hosts = (published_again(lesson.air, page) for page in (lesson.rogue, lesson.host))
        listener = lesson.air.subscribe(lesson.viewer)
        listener.wait_flowing(rogues, "camera")
        listener.wait_flowing(hosts, "microphone")
        time.sleep(PROMISED)
        assert rogues.sent("microphone") > MANY
        assert hosts.sent("camera") > MANY
        assert listener.arrivals(rogues, "microphone") == listener.arrivals(hosts, "camera") == []
        assert listener.heard(lesson.rogues) == 0, "what it sent with the keys of the old worker"

    def test_a_web_process_never_loads_the_media_library(self, lesson: Lesson) -> None:
        """In the middle of a lesson; the worker is the proof that the look finds it."""
        libraries = ("/pylibsrtp/", "/av/", "/av.libs/", "/aiortc/")
        assert any(part in mapped(lesson.room.stack.medias[0]) for part in libraries)
        for web in lesson.room.stack.webs:
            maps = mapped(web)
            assert "/gevent/" in maps
            assert [part for part in libraries if part in maps] == []


def published_again(air: Air, page: Page) -> Sender:
    """Publish as soon as the media server can be reached again."""

    def attempt() -> Sender | None:
        sender = air.publish(page)
        return sender if sender.answer["ok"] else None

    return wait_until(attempt, 10, "the page publishes again")


def mapped(process: Process) -> str:
    """Return the files a process has mapped into its memory, shared objects among them."""
    return Path(f"/proc/{process.pid}/maps").read_text()


@pytest.fixture(scope="module")
def lone_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    beat = {"LTI_ROOM_PROCESS_BEAT_SECONDS": "1"}
    with Stack(tmp_path_factory.mktemp("lone"), webs=1, media=1, settings=beat) as running:
        yield running


@pytest.fixture
def lonely(lone_stack: Stack, air: Air) -> Iterator[Lesson]:
    """A lesson with one web process, in which every page is."""
    if not answers(f"{lone_stack.url}/health/ready"):
        start_again(lone_stack)
    with TestRoom(lone_stack, access=StageAccess.EVERYONE) as room:
        yield Lesson(room, air, other_web=0)


def start_again(stack: Stack) -> None:
    """Start the web process that was stopped or killed."""
    stack.webs[0].start()
    wait_until(lambda: answers(f"{stack.url}/health/ready"), 20, "the web process is back")


def follower(room: TestRoom) -> str:
    """Return who follows the rooms now."""
    holder = room.redis.get("lease:follow")
    return holder.decode() if isinstance(holder, bytes) else ""


def let_the_web_process_follow(room: TestRoom) -> None:
    """Hold the media process still until it has lost the lease, if it has it: now it stands by."""
    media = room.stack.medias[0].pid
    os.kill(media, signal.SIGSTOP)
    try:
        wait_until(lambda: follower(room).startswith("w_"), 5 + LEASE_MS / 1000, "the web process follows")
    finally:
        os.kill(media, signal.SIGCONT)


def remove_and_kill(lesson: Lesson) -> float:
    """The web process acknowledges the removal and is killed at once."""
    removed = lesson.command(lesson.moderator, "remove", target=lesson.rogue.id)
    lesson.room.stack.webs[0].kill()
    return removed


def kill_and_remove(lesson: Lesson) -> float:
    """The worst case: the web process appended the removal and was killed before it did anything else."""
    lesson.listener.wait_flowing(lesson.rogues)
    act = Act(lesson.room.store, lesson.room.clock)
    lesson.room.stack.webs[0].kill()
    host = Actor(lesson.host.id, Role.HOST)
    act.do(lesson.room.id, host, Remove(lesson.rogue.id), target_role=Role.ATTENDEE)
    return time.monotonic()


@pytest.mark.parametrize("removal", [remove_and_kill, kill_and_remove])
def test_the_only_web_process_is_killed_after_the_acknowledgement(
    lonely: Lesson, removal: Callable[[Lesson], float]
) -> None:
    let_the_web_process_follow(lonely.room)
    removed = removal(lonely)
    lonely.assert_silenced(removed, within=PROMISED)
    assert follower(lonely.room) == "media0"


def test_who_does_not_come_back_after_a_crash_hears_nothing_more(lonely: Lesson) -> None:
    """It is in no list any more: nobody could see that it listens, nor put it out."""
    room, air = lonely.room, lonely.air
    room.stack.webs[0].kill()
    start_again(room.stack)
    lonely.host.connect(seen={"versions": {"everyone": 0, "me": 0, "staff": 0}, "chat": None})
    lonely.host.enter()
    listener = air.subscribe(room.join("Late Comer"))
    listener.wait_flowing(lonely.hosts)
    wait_until(lambda: time.monotonic() - lonely.listener.last() > PROMISED, 15, "it hears nothing more")
    listener.wait_flowing(lonely.hosts)
