"""What only the Redis store has: snapshots, trimming, a memory of rooms, the log, and crashes."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lti_room.base.errors import StoreUnavailable
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis, connect
from lti_room.rooms import codec, snapshot
from lti_room.rooms.apply import replay
from lti_room.rooms.events import Event, HandLowered, HandRaised, Recorded, RoomOpened, SessionStarted
from lti_room.rooms.model import Room
from lti_room.rooms.ports import VersionConflict
from lti_room.rooms.redis_store import CATCH_UP_EVENTS, SCRIPTS, RedisRoomStore
from lti_room.rooms.stage import StageAccess
from tests.support.redis_process import RedisProcess
from tests.support.rooms import NOW

ROOM = RoomId("r_one")
NOAH = ParticipantId("p_noah")
OPENING = (RoomOpened("Seminar", "Biology", StageAccess.REQUEST, 25), SessionStarted(SessionId("s_1")))
EVERY = 40


@pytest.fixture
def store(redis: Redis) -> RedisRoomStore:
    return RedisRoomStore(redis, snapshot_events=EVERY)


def fill(store: RedisRoomStore, until: int) -> list[Recorded]:
    """Bring a room to a version, one command at a time; return what was appended."""
    version, appended = store.load(ROOM).version, []
    while version < until:
        events: tuple[Event, ...] = OPENING if version == 0 else (_hand(version),)
        appended += store.append(ROOM, version, events, NOW + version, f"k{version}").recorded
        version += len(events)
    return appended


def _hand(version: int) -> Event:
    who = ParticipantId(f"p_{version % 7}")
    return HandRaised(who) if version % 14 < 7 else HandLowered(who, None)


def test_the_stream_is_as_documented(store: RedisRoomStore, redis: Redis) -> None:
    fill(store, 3)
    entries: Any = redis.xrange(f"room:{ROOM}:events")
    assert [entry for entry, _ in entries] == [b"1-0", b"2-0", b"3-0"]
    assert codec.decode(entries[2][1][b"e"]) == store.read(ROOM, 2)[0]
    assert redis.hgetall(f"room:{ROOM}:commands") == {b"k0": b"1:2", b"k2": b"3:3"}
    assert 0 < int(redis.ttl(f"room:{ROOM}:commands")) <= 3600  # type: ignore[arg-type]
    log: Any = redis.xrange("rooms:log")
    assert [fields for _, fields in log] == [
        {b"room": ROOM.encode(), b"version": b"2"},
        {b"room": ROOM.encode(), b"version": b"3"},
    ]


def test_repeats_and_conflicts_are_not_in_the_log(store: RedisRoomStore, redis: Redis) -> None:
    fill(store, 3)
    store.append(ROOM, 3, [HandRaised(NOAH)], NOW, "k2")
    with pytest.raises(VersionConflict):
        store.append(ROOM, 0, [HandRaised(NOAH)], NOW, "k9")
    assert redis.xlen("rooms:log") == 2


def test_snapshot_and_rest_equal_the_whole_replay(store: RedisRoomStore, redis: Redis) -> None:
    everything = fill(store, 1000)
    fresh = RedisRoomStore(redis, snapshot_events=EVERY)
    assert fresh.load(ROOM) == store.load(ROOM) == replay(Room(ROOM), tuple(everything))
    data: Any = redis.get(f"room:{ROOM}:snapshot")
    assert snapshot.decode(data) == replay(Room(ROOM), tuple(everything[:1000]))


def test_the_stream_stays_short_and_catching_up_stays_possible(store: RedisRoomStore, redis: Redis) -> None:
    everything = fill(store, 1030)
    assert CATCH_UP_EVENTS <= int(redis.xlen(f"room:{ROOM}:events")) < CATCH_UP_EVENTS + EVERY
    assert int(redis.hlen(f"room:{ROOM}:commands")) < CATCH_UP_EVENTS + EVERY  # type: ignore[arg-type]
    assert store.read(ROOM, 1030 - CATCH_UP_EVENTS) == tuple(everything[-CATCH_UP_EVENTS:])
    assert store.read(ROOM, 100) == (), "a gap must not look like a catch-up"
    with pytest.raises(VersionConflict) as caught:
        store.append(ROOM, 100, [HandRaised(NOAH)], NOW)
    assert caught.value.missed == ()
    oldest = store.read(ROOM, 1030 - CATCH_UP_EVENTS)[0]
    assert oldest.command_id is not None
    assert store.append(ROOM, 0, [HandRaised(NOAH)], NOW, oldest.command_id).recorded == (oldest,)


def test_a_process_that_slept_through_the_trimming_wakes_to_the_truth(redis: Redis) -> None:
    awake, asleep = (RedisRoomStore(redis, snapshot_events=EVERY) for _ in range(2))
    fill(awake, 10)
    asleep.load(ROOM)
    fill(awake, 900)
    assert asleep.load(ROOM) == awake.load(ROOM)


def test_an_older_snapshot_never_replaces_a_newer_one(store: RedisRoomStore, redis: Redis) -> None:
    fill(store, 90)
    keys = [f"room:{ROOM}:{part}" for part in ("snapshot", "events", "commands")]
    newest = redis.get(keys[0])
    keep = redis.register_script((SCRIPTS / "snapshot.lua").read_bytes())
    old = snapshot.encode(replay(Room(ROOM), store.read(ROOM, 0)[:60]))
    assert keep(keys=keys, args=[60, old, CATCH_UP_EVENTS]) == 0
    assert redis.get(keys[0]) == newest


def test_a_room_that_was_deleted_is_gone_from_memory_too(store: RedisRoomStore, redis: Redis) -> None:
    fill(store, 90)
    store.load(ROOM)
    redis.flushall()
    assert store.load(ROOM) == Room(ROOM)


def test_versions_given_anew_after_a_loss_are_read_anew(redis: Redis) -> None:
    """Redis came back without its last second, and another process went on from there."""
    store, other = (RedisRoomStore(redis, snapshot_events=EVERY) for _ in range(2))
    fill(store, 10)
    assert store.load(ROOM).version == 10
    entries: Any = redis.xrange(f"room:{ROOM}:events")
    redis.delete(f"room:{ROOM}:events", f"room:{ROOM}:commands")
    for entry, fields in entries[:8]:
        redis.xadd(f"room:{ROOM}:events", fields, id=entry)
    other.append(ROOM, 8, [HandRaised(NOAH), HandLowered(NOAH, None), HandRaised(NOAH)], NOW)
    assert store.load(ROOM) == other.load(ROOM)
    assert store.load(ROOM).person(NOAH).hand_at == NOW


def test_loading_a_known_room_reads_only_what_came_since(store: RedisRoomStore, redis: Redis) -> None:
    fill(store, 30)
    store.load(ROOM)
    redis.config_resetstat()
    store.load(ROOM)
    stats: Any = redis.info("commandstats")
    assert {name: row["calls"] for name, row in stats.items() if "config" not in name} == {
        "cmdstat_xrange": 1
    }


def test_a_record_that_cannot_be_read_is_an_error_of_ours(store: RedisRoomStore, redis: Redis) -> None:
    redis.xadd(f"room:{ROOM}:events", {"e": b"{}"}, id="1-0")
    with pytest.raises(codec.CodecError):
        store.load(ROOM)


class Writer(threading.Thread):
    """Appends pairs of events until the server is gone; knows what was acknowledged."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__()
        self.store = RedisRoomStore(connect(url), snapshot_events=EVERY)
        self.person = ParticipantId(f"p_{number}")
        self.acknowledged: dict[str, tuple[Recorded, ...]] = {}
        self.unanswered: str | None = None

    def pair(self) -> tuple[Event, ...]:
        return (HandRaised(self.person), HandLowered(self.person, None))

    def run(self) -> None:
        while self.unanswered is None:
            command_id = f"{self.person}:{len(self.acknowledged)}"
            try:
                self.append(command_id)
            except StoreUnavailable:
                self.unanswered = command_id

    def append(self, command_id: str) -> None:
        while command_id not in self.acknowledged:
            room = self.store.load(ROOM)
            try:
                appended = self.store.append(ROOM, room.version, self.pair(), NOW, command_id)
            except VersionConflict:
                continue
            self.acknowledged[command_id] = appended.recorded


def crash(server: RedisProcess) -> list[Writer]:
    """Let four writers work, kill the server under them, start it again."""
    server.start()
    RedisRoomStore(connect(server.url), snapshot_events=EVERY).append(ROOM, 0, OPENING, NOW)
    writers = [Writer(server.url, number) for number in range(4)]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 10
    while sum(len(writer.acknowledged) for writer in writers) < 150 and time.monotonic() < deadline:
        time.sleep(0.01)
    server.kill()
    for writer in writers:
        writer.join()
    server.start()
    return writers


def check_whole(recorded: tuple[Recorded, ...]) -> None:
    """No gap, and of every command both events or none."""
    assert [one.version for one in recorded] == list(range(recorded[0].version, recorded[-1].version + 1))
    pairs = [one.command_id for one in recorded if one.command_id is not None]
    assert pairs[::2] == pairs[1::2]
    assert len(set(pairs)) == len(pairs) // 2


def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    server = RedisProcess(tmp_path, fsync="always")
    try:
        writers = crash(server)
        store = RedisRoomStore(connect(server.url), snapshot_events=EVERY)
        kept = store.read(ROOM, max(0, store.load(ROOM).version - CATCH_UP_EVENTS))
        check_whole(kept)
        found = {one.version: one for one in kept}
        acknowledged = [one for writer in writers for pair in writer.acknowledged.values() for one in pair]
        assert len(acknowledged) >= 300, "the server was killed before it worked"
        assert [one for one in acknowledged if found.get(one.version, one) != one] == []
        assert max(one.version for one in acknowledged) <= kept[-1].version
    finally:
        server.kill()


def test_after_a_crash_everybody_goes_on_from_what_is_there(tmp_path: Path) -> None:
    """With `everysec` the last events may be lost: memories of them must go, and no command is half there."""
    server = RedisProcess(tmp_path, fsync="everysec")
    try:
        writers = crash(server)
        for writer in writers:
            assert writer.unanswered is not None
            writer.append(writer.unanswered)
            writer.append(f"{writer.person}:after")
        stores = [writer.store for writer in writers]
        fresh = RedisRoomStore(connect(server.url), snapshot_events=EVERY)
        assert all(store.load(ROOM) == fresh.load(ROOM) for store in stores)
        version = fresh.load(ROOM).version
        check_whole(fresh.read(ROOM, max(0, version - CATCH_UP_EVENTS)))
        for writer in writers:
            again = fresh.outcome(ROOM, str(writer.unanswered))
            assert again is not None
            assert len(again.recorded) == 2
    finally:
        server.kill()
