"""What every room store promises, for both of them."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lti_room.base.errors import StoreUnavailable
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import connect
from lti_room.rooms.apply import replay
from lti_room.rooms.commands import Actor, LowerHand, RaiseHand
from lti_room.rooms.decide import decide
from lti_room.rooms.events import HandLowered, HandRaised, RoomOpened, SessionStarted, TitleSet
from lti_room.rooms.limits import Limits
from lti_room.rooms.memory_store import MemoryRoomStore
from lti_room.rooms.model import Room
from lti_room.rooms.ports import Appended, RoomStore, VersionConflict
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from tests.support.rooms import NOW

ROOM, OTHER = RoomId("r_one"), RoomId("r_other")
NOAH = ParticipantId("p_noah")
OPENING = (RoomOpened("Seminar", "Biology", StageAccess.REQUEST, 25), SessionStarted(SessionId("s_1")))
MakeStore = Callable[[], RoomStore]


@pytest.fixture(params=["memory", "redis"])
def make_store(request: pytest.FixtureRequest) -> Iterator[MakeStore]:
    """Return a function that gives a store as another process would have it, on the same rooms."""
    if request.param == "memory":
        shared = MemoryRoomStore()
        yield lambda: shared
    else:
        redis = request.getfixturevalue("redis")
        yield lambda: RedisRoomStore(redis, snapshot_events=50)


@pytest.fixture
def store(make_store: MakeStore) -> RoomStore:
    return make_store()


def missed_by(store: RoomStore, expected: int) -> list[int]:
    with pytest.raises(VersionConflict) as caught:
        store.append(ROOM, expected, [HandRaised(NOAH)], NOW)
    return [recorded.version for recorded in caught.value.missed]


def test_a_room_nobody_heard_of_is_at_version_0(store: RoomStore) -> None:
    assert store.load(ROOM) == Room(ROOM)
    assert store.read(ROOM, 0) == ()
    assert store.outcome(ROOM, "k1") is None


def test_what_is_appended_is_there_for_every_process(make_store: MakeStore) -> None:
    writer, reader = make_store(), make_store()
    appended = writer.append(ROOM, 0, OPENING, NOW, "k1")
    assert not appended.repeated
    assert [recorded.version for recorded in appended.recorded] == [1, 2]
    assert {(recorded.at, recorded.command_id) for recorded in appended.recorded} == {(NOW, "k1")}
    assert reader.read(ROOM, 0) == appended.recorded
    assert reader.load(ROOM) == writer.load(ROOM) == replay(Room(ROOM), appended.recorded)
    later = writer.append(ROOM, 2, [HandRaised(NOAH)], NOW + 1)
    assert reader.load(ROOM).person(NOAH).hand_at == NOW + 1
    assert reader.read(ROOM, 2) == later.recorded


def test_rooms_do_not_mix(store: RoomStore) -> None:
    store.append(ROOM, 0, OPENING, NOW, "k1")
    assert store.load(OTHER).version == 0
    assert store.read(OTHER, 0) == ()
    assert not store.append(OTHER, 0, OPENING, NOW, "k1").repeated


def test_a_conflict_brings_the_missed_events_and_appends_nothing(make_store: MakeStore) -> None:
    store, slow = make_store(), make_store()
    store.append(ROOM, 0, OPENING, NOW)
    store.append(ROOM, 2, [HandRaised(NOAH)], NOW)
    assert missed_by(slow, 1) == [2, 3]
    assert missed_by(slow, 0) == [1, 2, 3]
    assert missed_by(slow, 9) == [], "somebody who knows too much has to load again"
    assert slow.load(ROOM).version == 3
    assert len(store.read(ROOM, 0)) == 3


def test_a_repeated_command_is_answered_with_its_first_outcome(make_store: MakeStore) -> None:
    store, other = make_store(), make_store()
    store.append(ROOM, 0, OPENING, NOW)
    first = store.append(ROOM, 2, [HandRaised(NOAH), TitleSet("x", NOAH)], NOW, "k1")
    store.append(ROOM, 4, [HandLowered(NOAH, None)], NOW + 1, "k2")
    for expected in (2, 5, 99):
        again = other.append(ROOM, expected, [HandRaised(NOAH)], NOW + 2, "k1")
        assert again == Appended(first.recorded, repeated=True)
    assert other.outcome(ROOM, "k1") == Appended(first.recorded, repeated=True)
    assert other.load(ROOM).version == 5


def test_no_events_are_nothing_to_append(store: RoomStore) -> None:
    assert store.append(ROOM, 7, [], NOW, "k1") == Appended((), repeated=False)
    assert store.load(ROOM).version == 0
    assert store.outcome(ROOM, "k1") is None


def test_reading_starts_after_a_version_and_stops_at_the_limit(store: RoomStore) -> None:
    store.append(ROOM, 0, [*OPENING, HandRaised(NOAH), HandLowered(NOAH, None)], NOW)
    assert [recorded.version for recorded in store.read(ROOM, 1, limit=2)] == [2, 3]
    assert store.read(ROOM, 4) == store.read(ROOM, 99) == ()


WRITERS, COMMANDS = 16, 25


def work(store: RoomStore, number: int) -> int:
    """Raise and lower a hand over and over as one person would; return how often somebody else was first."""
    actor = Actor(ParticipantId(f"p_{number}"), Role.ATTENDEE)
    conflicts = 0
    for turn in range(COMMANDS):
        command = LowerHand() if turn % 2 else RaiseHand()
        while True:
            room = store.load(ROOM)
            events = decide(room, command, actor, NOW + turn, limits=Limits())
            try:
                store.append(ROOM, room.version, events, NOW + turn, f"{number}:{turn}")
                break
            except VersionConflict as conflict:
                conflicts += bool(conflict.missed)
    return conflicts


@pytest.fixture
def _threads_meet() -> Iterator[None]:
    """Switch threads so often that even the store in memory sees them meet."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_threads_meet")
@pytest.mark.parametrize("processes", [1, 16])
def test_sixteen_writers_at_once_lose_and_double_nothing(make_store: MakeStore, processes: int) -> None:
    make_store().append(ROOM, 0, OPENING, NOW)
    stores = [make_store() for _ in range(processes)]
    with ThreadPoolExecutor(WRITERS) as pool:
        conflicts = sum(pool.map(work, [stores[n % processes] for n in range(WRITERS)], range(WRITERS)))
    assert conflicts, "the writers never met: this test shows nothing"
    recorded = make_store().read(ROOM, 0)
    assert [one.version for one in recorded] == list(range(1, 2 + WRITERS * COMMANDS + 1))
    assert len({one.command_id for one in recorded}) == 1 + WRITERS * COMMANDS
    room = replay(Room(ROOM), recorded)
    assert all(store.load(ROOM) == room for store in [*stores, make_store()])
    assert len(room.hands()) == WRITERS


def test_one_command_sent_by_sixteen_at_once_happens_once(make_store: MakeStore) -> None:
    make_store().append(ROOM, 0, OPENING, NOW)
    stores = [make_store() for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda one: one.append(ROOM, 2, [HandRaised(NOAH)], NOW, "k1"), stores))
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 15
    assert len({answer.recorded for answer in answers}) == 1
    assert make_store().load(ROOM).version == 3


def test_a_store_that_does_not_answer_says_so(tmp_path: Path) -> None:
    store = RedisRoomStore(connect(f"unix://{tmp_path}/nothing.sock"), snapshot_events=50)
    for call in (
        lambda: store.load(ROOM),
        lambda: store.append(ROOM, 0, OPENING, NOW),
        lambda: store.read(ROOM, 0),
        lambda: store.outcome(ROOM, "k1"),
    ):
        with pytest.raises(StoreUnavailable):
            call()
