"""From appends to grants: what is granted, in time, by whoever holds the lease."""

import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.media.backend import Endpoint, GrantRow, GrantTable, MediaEvent, MediaSource
from lti_room.rooms.apply import replay
from lti_room.rooms.commands import Actor, Join, Mute, Remove, RemoveFromRoom, SetAccess, Source
from lti_room.rooms.events import Event as RoomEvent
from lti_room.rooms.events import (
    GrantGiven,
    Recorded,
    RemovedFromRoom,
    RoleGiven,
    RoomOpened,
    SessionEnded,
    SessionStarted,
    SourceSwitched,
    StageMoved,
)
from lti_room.rooms.model import Room
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move, StageAccess
from lti_room.usecases.act import Act
from lti_room.usecases.follow import LOG, POSITION, Follow, grants_for
from tests.support.stack import wait_until

ROOM = RoomId("r_follow")
ELENA, NOAH = ParticipantId("p_elena"), ParticipantId("p_noah")
HOST = Actor(ELENA, Role.HOST)
MICROPHONE, CAMERA, SCREEN = MediaSource.MICROPHONE, MediaSource.CAMERA, MediaSource.SCREEN
OPENED: tuple[RoomEvent, ...] = (
    RoomOpened("Room", "Course", StageAccess.REQUEST, 25),
    SessionStarted(SessionId("s_1")),
)


def room_after(*events: RoomEvent) -> Room:
    recorded = [Recorded(n, float(n), event) for n, event in enumerate((*OPENED, *events), start=1)]
    return replay(Room(ROOM), tuple(recorded))


def on_stage(who: ParticipantId, role: Role = Role.ATTENDEE, camera: bool = True) -> StageMoved:
    return StageMoved(who, Move.JOIN, who, role=role, microphone=True, camera=camera)


class TestGrants:
    """`grants_for`, pure."""

    def test_the_stage_gives_microphone_and_camera(self) -> None:
        table = grants_for(room_after(on_stage(NOAH)))
        assert table == GrantTable(ROOM, 3, {NOAH: GrantRow(frozenset({MICROPHONE, CAMERA}))})

    def test_what_is_switched_off_is_off(self) -> None:
        muted = SourceSwitched(NOAH, Source.MICROPHONE, False, ELENA)
        row = grants_for(room_after(on_stage(NOAH, camera=False), muted)).rows[NOAH]
        assert row.send == {MICROPHONE, CAMERA}
        assert row.off == {MICROPHONE, CAMERA}

    def test_off_the_stage_there_is_nothing(self) -> None:
        gone = StageMoved(NOAH, Move.REMOVE, ELENA)
        assert grants_for(room_after(on_stage(NOAH), gone)).rows[NOAH] == GrantRow()

    @pytest.mark.parametrize(
        "right",
        [
            GrantGiven(NOAH, Grant.PRESENT, True, ELENA),
            RoleGiven(NOAH, Role.MODERATOR, ELENA),
            SourceSwitched(NOAH, Source.SCREEN, True, NOAH),
        ],
    )
    def test_the_screen_for_viewers_too(self, right: RoomEvent) -> None:
        row = grants_for(room_after(right)).rows[NOAH]
        assert row.send == {SCREEN}
        assert row.off == (frozenset() if isinstance(right, SourceSwitched) else {SCREEN})

    def test_staff_on_stage_may_present_and_attendees_may_not(self) -> None:
        rows = grants_for(room_after(on_stage(ELENA, Role.HOST), on_stage(NOAH))).rows
        assert SCREEN in rows[ELENA].send
        assert SCREEN not in rows[NOAH].send

    def test_the_removed_may_not_even_receive(self) -> None:
        rows = grants_for(room_after(on_stage(NOAH), RemovedFromRoom(NOAH, ELENA))).rows
        assert rows[NOAH] == GrantRow(receive=False)

    def test_the_end_of_a_session_takes_everything(self) -> None:
        assert grants_for(room_after(on_stage(NOAH), SessionEnded(None))).rows[NOAH] == GrantRow()


class Granted:
    """A media server that keeps the tables it was given."""

    def __init__(self) -> None:
        self.tables: list[GrantTable] = []

    def grant(self, table: GrantTable) -> None:
        self.tables.append(table)

    def newest(self, room: RoomId = ROOM) -> GrantTable | None:
        return next((table for table in reversed(self.tables) if table.room == room), None)

    def lost_rooms(self, worker: str) -> tuple[RoomId, ...]:
        return (ROOM,)

    def publish(self, who: Endpoint, sdp: str, sources: Mapping[str, MediaSource]) -> str:
        raise AssertionError

    def subscribe(self, who: Endpoint) -> None:
        raise AssertionError

    def answer(self, who: Endpoint, number: int, sdp: str) -> None:
        raise AssertionError

    def close(self, who: Endpoint) -> None:
        raise AssertionError

    def run(self, sink: Callable[[MediaEvent], None]) -> None:
        raise AssertionError


class Follower:
    """A follower in a plain thread, as in a media process."""

    def __init__(self, redis: Redis, settings: Settings, holder: str) -> None:
        self.media = Granted()
        self.stop = Event()
        store = RedisRoomStore(redis, snapshot_events=50)
        self.follow = Follow(redis, settings.effective_redis_url, store, self.media, holder)
        self._thread = Thread(target=self.follow.run, args=(self.stop,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.stop.set()
        self._thread.join(5)


class World:
    def __init__(self, redis: Redis, settings: Settings) -> None:
        self.redis: Any = redis
        self._settings = settings
        self.store = RedisRoomStore(redis, snapshot_events=50)
        self.store.append(ROOM, 0, OPENED, 1.0)
        self.act = Act(self.store, FixedClock())
        self.followers: list[Follower] = []

    def follower(self, holder: str) -> Follower:
        made = Follower(self.redis, self._settings, holder)
        self.followers.append(made)
        return made

    def do(self, command: Any, actor: Actor = HOST, target_role: Role | None = Role.ATTENDEE) -> int:
        return self.act.do(ROOM, actor, command, target_role=target_role).recorded[-1].version

    def granted(self, version: int) -> bool:
        tables = [one.media.newest() for one in self.followers]
        return any(table is not None and table.version >= version for table in tables)


@pytest.fixture
def world(redis: Redis, redis_settings: Settings) -> Any:
    made = World(redis, redis_settings)
    yield made
    for one in made.followers:
        one.end()


def test_every_append_becomes_a_table(world: World) -> None:
    follower = world.follower("a")
    world.do(SetAccess(StageAccess.EVERYONE))
    version = world.do(Join(True, True), Actor(NOAH, Role.ATTENDEE))
    wait_until(lambda: world.granted(version), 2, "on stage")
    version = world.do(Mute(NOAH, Source.MICROPHONE))
    wait_until(lambda: world.granted(version), 2, "muted")
    table = follower.media.newest()
    assert table is not None
    assert table.rows[NOAH].off == {MICROPHONE}
    version = world.do(Remove(NOAH))
    began = time.monotonic()
    wait_until(lambda: world.granted(version), 1, "removed within a second")
    assert time.monotonic() - began < 0.5


def test_one_follows_at_a_time_and_another_goes_on_within_a_second(world: World) -> None:
    first = world.follower("a")
    wait_until(lambda: world.redis.get("lease:follow") == b"a", 2, "the first holds the lease")
    second = world.follower("b")
    version = world.do(SetAccess(StageAccess.EVERYONE))
    wait_until(lambda: world.granted(version), 2, "granted")
    assert second.media.tables == []
    # A killed process neither gives its lease back nor reads on: stop it between append and grant.
    first.follow._lease.release = lambda: None  # type: ignore[method-assign]
    first.end()
    version = world.do(RemoveFromRoom(NOAH))
    began = time.monotonic()
    wait_until(lambda: second.media.newest() is not None, 2, "the standby took over")
    assert time.monotonic() - began < 1
    table = second.media.newest()
    assert table is not None
    assert table.rows[NOAH] == GrantRow(receive=False)


def test_what_happened_while_nobody_followed_is_made_up_for(world: World) -> None:
    first = world.follower("a")
    wait_until(lambda: world.granted(2), 2, "caught up")
    first.end()
    version = world.do(SetAccess(StageAccess.EVERYONE))
    assert world.redis.get(POSITION) is not None
    second = world.follower("b")
    wait_until(lambda: second.media.newest() is not None, 2, "followed on")
    assert {table.version for table in second.media.tables} == {version}


def test_a_log_trimmed_past_the_position_brings_every_room_in_session(world: World) -> None:
    world.redis.sadd("rooms:active", ROOM)
    world.redis.set(POSITION, "1-0")
    world.redis.xtrim(LOG, maxlen=0)
    world.redis.xadd(LOG, {"room": "r_other", "version": 1})
    follower = world.follower("a")
    wait_until(lambda: follower.media.newest() is not None, 2, "the room's grants")


def test_a_replaced_worker_gets_the_whole_table(world: World) -> None:
    follower = world.follower("a")
    wait_until(lambda: world.granted(2), 2, "caught up")
    before = len(follower.media.tables)
    follower.follow.give_again("0")
    assert len(follower.media.tables) == before + 1


def test_no_gevent_is_needed() -> None:
    import subprocess
    import sys

    program = "import sys, lti_room.usecases.follow; assert 'gevent' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
