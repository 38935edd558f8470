"""What is due, done once, by one process."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.rooms.commands import Actor, Invite, Lose, RaiseHand, StartSession
from lti_room.rooms.events import RoomOpened
from lti_room.rooms.model import Room
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import Place, StageAccess
from lti_room.usecases.act import Act
from lti_room.usecases.sweep import ACTIVE, ROLL_CALL_TICKS, Sweep, watch

ROOM = RoomId("r_sweep")
NOAH = ParticipantId("p_noah")
HOST = Actor(ParticipantId("p_elena"), Role.HOST)


class Register:
    """Who is connected, as the test says."""

    def __init__(self) -> None:
        self.here: set[ParticipantId] = {NOAH, HOST.participant}
        self.dead: list[tuple[RoomId, ParticipantId]] = []
        self.empty: float | None = None
        self.sessions: list[SessionId | None] = []
        self.rolls = 0

    def lost(self) -> Iterable[tuple[RoomId, ParticipantId]]:
        found, self.dead = self.dead, []
        return found

    def present(self, room: RoomId) -> Collection[ParticipantId]:
        return self.here

    def empty_since(self, room: RoomId) -> float | None:
        return self.empty

    def session_is(self, room: Room) -> None:
        self.sessions.append(room.session.id if room.session else None)

    def call_the_roll(self, room: Room) -> None:
        self.rolls += 1


class World:
    def __init__(self, redis: Redis, settings: Settings) -> None:
        self.redis: Any = redis
        self.settings = settings
        self.clock = FixedClock()
        self.store = RedisRoomStore(redis, snapshot_events=50)
        self.act = Act(self.store, self.clock)
        self.register = Register()
        self.store.append(ROOM, 0, [RoomOpened("Room", "", StageAccess.REQUEST, 25)], self.clock.now())
        watch(redis, ROOM)
        self.act.do(ROOM, None, StartSession(SessionId("s_1")))
        self.sweep = self.new_sweep("a")

    def new_sweep(self, holder: str) -> Sweep:
        return Sweep(self.redis, self.store, self.act, self.register, self.clock, self.settings, holder)

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.sweep.tick()

    @property
    def noah(self) -> Any:
        return self.store.load(ROOM).person(NOAH)


@pytest.fixture
def world(redis: Redis, redis_settings: Settings) -> World:
    return World(redis, redis_settings)


def test_an_invitation_expires_when_its_time_is_over_and_not_before(world: World) -> None:
    world.tick()
    world.act.do(ROOM, HOST, Invite(NOAH), target_role=Role.ATTENDEE)
    world.clock.advance(119)
    world.tick()
    assert world.noah.place is Place.INVITED
    world.clock.advance(1)
    world.tick(2)
    assert world.noah.place is Place.VIEWER


def test_somebody_who_does_not_come_back_departs(world: World) -> None:
    world.act.do(ROOM, Actor(NOAH, Role.ATTENDEE), RaiseHand())
    world.act.do(ROOM, None, Lose(NOAH))
    world.clock.advance(29)
    world.tick()
    assert world.noah.hand_at is not None
    world.clock.advance(2)
    world.tick()
    assert world.noah.hand_at is None


def test_those_lost_with_a_dead_process_keep_their_seat_for_a_while(world: World) -> None:
    world.act.do(ROOM, Actor(NOAH, Role.ATTENDEE), RaiseHand())
    world.register.dead = [(ROOM, NOAH)]
    world.tick()
    assert world.noah.away_until == world.clock.now() + 30


def test_a_loss_nobody_reported_is_found_by_the_roll_call(world: World) -> None:
    world.act.do(ROOM, Actor(NOAH, Role.ATTENDEE), RaiseHand())
    world.tick(ROLL_CALL_TICKS)
    assert world.noah.away_until is None, "still here"
    world.register.here.discard(NOAH)
    world.tick(ROLL_CALL_TICKS)
    assert world.noah.away_until is not None


def test_a_session_ends_when_the_room_stood_empty_long_enough(world: World) -> None:
    world.register.empty = world.clock.now()
    world.clock.advance(599)
    world.tick()
    assert world.store.load(ROOM).session is not None
    world.clock.advance(1)
    world.tick()
    assert world.store.load(ROOM).session is None
    world.tick()
    assert world.redis.smembers(ACTIVE) == set()


def test_a_room_nobody_left_goes_on(world: World) -> None:
    world.clock.advance(100_000)
    world.tick(3)
    assert world.store.load(ROOM).session is not None
    assert world.redis.smembers(ACTIVE) == {ROOM.encode()}


def test_a_sweep_that_begins_late_finds_what_is_due(world: World) -> None:
    world.act.do(ROOM, HOST, Invite(NOAH), target_role=Role.ATTENDEE)
    world.clock.advance(500)
    world.new_sweep("b").tick()
    assert world.noah.place is Place.VIEWER
