"""Load, decide, append, on both stores: conflicts, repeats, freshness."""

from collections.abc import Sequence
from threading import Barrier, Thread
from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.rooms.commands import Actor, Approve, Ask, GiveRole, RaiseHand, SetTitle
from lti_room.rooms.events import HandRaised, RoleGiven, RoomOpened, SessionStarted, StageMoved
from lti_room.rooms.memory_store import MemoryRoomStore
from lti_room.rooms.ports import RoomStore, VersionConflict
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.refusals import Refused
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.act import ATTEMPTS, Act

ROOM = RoomId("r_act")
ELENA = Actor(ParticipantId("p_elena"), Role.HOST)
TOM = Actor(ParticipantId("p_tom"), Role.MODERATOR)
NOAH = Actor(ParticipantId("p_noah"), Role.ATTENDEE)
OPENED = RoomOpened("Room", "Course", StageAccess.REQUEST, 25)


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest) -> RoomStore:
    made: RoomStore
    if request.param == "redis":
        made = RedisRoomStore(request.getfixturevalue("redis"), snapshot_events=10)
    else:
        made = MemoryRoomStore()
    made.append(ROOM, 0, [OPENED, SessionStarted(SessionId("s_1"))], 1.0)
    return made


@pytest.fixture
def act(store: RoomStore) -> Act:
    return Act(store, FixedClock())


class Contended:
    """A store where somebody else is always first, a number of times."""

    def __init__(self, store: RoomStore, times: int) -> None:
        self._store = store
        self.times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(
        self, room: RoomId, expected: int, events: Sequence[Any], at: float, command_id: str | None = None
    ) -> Any:
        if self.times:
            self.times -= 1
            self._store.append(room, expected, [HandRaised(ParticipantId(f"p_{self.times}"))], at)
            raise VersionConflict(self._store.read(room, expected))
        return self._store.append(room, expected, events, at, command_id)


def test_a_command_becomes_events(act: Act, store: RoomStore) -> None:
    done = act.do(ROOM, NOAH, Ask())
    assert [type(one.event) for one in done.recorded] == [StageMoved]
    assert store.load(ROOM).version == done.recorded[-1].version == 3


def test_a_refusal_changes_nothing(act: Act, store: RoomStore) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        act.do(ROOM, NOAH, SetTitle("Mine"))
    assert store.load(ROOM).version == 2


def test_a_repeat_is_answered_like_the_first_time_even_if_the_room_has_moved_on(act: Act) -> None:
    act.do(ROOM, NOAH, Ask())
    first = act.do(ROOM, ELENA, Approve(NOAH.participant), "approve-1", Role.ATTENDEE)
    act.do(ROOM, NOAH, RaiseHand())
    again = act.do(ROOM, ELENA, Approve(NOAH.participant), "approve-1", Role.ATTENDEE)
    assert again.repeated
    assert again.recorded == first.recorded
    with pytest.raises(Refused, match="already_done"):
        act.do(ROOM, TOM, Approve(NOAH.participant), "approve-2", Role.ATTENDEE)


def test_after_a_conflict_it_is_decided_again_from_the_newest_state(store: RoomStore) -> None:
    contended: Any = Contended(store, ATTEMPTS - 1)
    done = Act(contended, FixedClock()).do(ROOM, NOAH, RaiseHand())
    assert done.recorded[-1].version == 2 + ATTEMPTS


def test_after_twenty_conflicts_it_is_busy(store: RoomStore) -> None:
    contended: Any = Contended(store, ATTEMPTS)
    with pytest.raises(Refused, match="busy"):
        Act(contended, FixedClock()).do(ROOM, NOAH, RaiseHand())


def test_a_role_given_elsewhere_counts_at_once(store: RoomStore) -> None:
    here, there = Act(store, FixedClock()), Act(store, FixedClock())
    with pytest.raises(Refused, match="not_allowed"):
        here.do(ROOM, NOAH, SetTitle("Mine"))
    there.do(ROOM, ELENA, GiveRole(NOAH.participant, Role.MODERATOR), target_role=Role.ATTENDEE)
    assert here.do(ROOM, NOAH, SetTitle("Ours")).recorded
    there.do(ROOM, ELENA, GiveRole(NOAH.participant, None), target_role=Role.ATTENDEE)
    with pytest.raises(Refused, match="not_allowed"):
        here.do(ROOM, NOAH, SetTitle("Mine again"))
    assert isinstance(store.read(ROOM, 2)[0].event, RoleGiven)


def until_not_busy(act: Act, title: str) -> int:
    while True:
        try:
            return act.do(ROOM, ELENA, SetTitle(title), title).recorded[-1].version
        except Refused as refused:
            assert refused.code == "busy"  # noqa: PT017 - any other refusal is a failure


def test_many_writers_in_two_processes_lose_nothing(redis: Redis) -> None:
    """Eight threads over two stores, as two processes: every acknowledged command is there once."""
    stores = [RedisRoomStore(redis, snapshot_events=50) for _ in range(2)]
    stores[0].append(ROOM, 0, [OPENED, SessionStarted(SessionId("s_1"))], 1.0)
    acts = [Act(one, FixedClock()) for one in stores]
    versions: list[int] = []
    start = Barrier(8)

    def write(n: int) -> None:
        start.wait()
        for k in range(25):
            versions.append(until_not_busy(acts[n % 2], f"{n}-{k}"))

    threads = [Thread(target=write, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(versions) == list(range(3, 203))
    assert stores[0].load(ROOM) == RedisRoomStore(redis, snapshot_events=50).load(ROOM)
