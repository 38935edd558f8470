"""The lists in Redis: who is the last, who reaps, what a late disconnect may take away."""

from dataclasses import replace
from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId, LaunchId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.realtime.presence import Presence, Row
from lti_room.rooms.roles import Role

ROOM = RoomId("r_presence")


def row(name: str, process: str = "w_a", **changes: Any) -> Row:
    made = Row(
        connection=ConnectionId(f"c_{name}"),
        participant=ParticipantId("p_noah"),
        process=process,
        socket=f"k_{name}_{process}",
        role=Role.ATTENDEE,
        launch=LaunchId("l_1"),
        kind="tab",
        since=1.5,
    )
    return replace(made, **changes)


class World:
    """Three processes that share a Redis and a clock."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self.redis: Any = redis
        self.clock = FixedClock()
        self.a, self.b, self.c = (Presence(redis, self.clock, settings, f"w_{one}") for one in "abc")
        self.by_name = {"w_a": self.a, "w_b": self.b, "w_c": self.c}
        for one in self.by_name.values():
            one.beat()

    def join(self, made: Row) -> Row:
        home = self.by_name[made.process]
        home.arrive(ROOM, made)
        entered = replace(made, entered=True)
        home.enter(ROOM, entered, take_over=False)
        return entered


@pytest.fixture
def world(redis: Redis, redis_settings: Settings) -> World:
    return World(redis, redis_settings)


def test_the_last_of_two_pages_is_the_last(world: World) -> None:
    first, second = world.join(row("one")), world.join(row("two", "w_b"))
    gone = world.a.gone(ROOM, first)
    assert gone is not None
    assert (gone.last, gone.was_live) == (False, True)
    gone = world.b.gone(ROOM, second)
    assert gone is not None
    assert gone.last
    assert world.b.gone(ROOM, second) is None, "only once"


def test_a_page_that_never_entered_is_nobodys_last(world: World) -> None:
    world.a.arrive(ROOM, row("one"))
    gone = world.a.gone(ROOM, row("one"))
    assert gone is not None
    assert not gone.last


def test_an_old_socket_takes_nothing_from_the_page_that_came_back(world: World) -> None:
    old = world.join(row("one"))
    arrival = world.b.arrive(ROOM, row("one", "w_b"))
    assert (arrival.is_back, arrival.still_in) == (True, True)
    assert world.a.gone(ROOM, old) is None
    assert world.a.role_of(ROOM, old.participant) is Role.ATTENDEE
    assert world.a.live_page(ROOM, old.participant) == (old.connection, "tab")


def test_a_dead_process_is_reaped_once(world: World) -> None:
    world.join(row("one"))
    other = world.join(row("two", participant=ParticipantId("p_priya")))
    moved = world.join(row("three", participant=ParticipantId("p_moved")))
    world.b.arrive(ROOM, replace(moved, process="w_b", socket="k_new"))
    world.clock.advance(14)
    world.b.beat()
    world.c.beat()
    assert list(world.b.reap()) == [], "believed for three beats"
    world.clock.advance(2)
    found = [gone for reaper in (world.b, world.c) for gone in reaper.reap()]
    assert {gone.participant for gone in found} == {"p_noah", other.participant}
    assert all(gone.last for gone in found)
    assert {one.participant for one in world.b.rows(ROOM)} == {"p_moved"}
    assert not world.redis.exists("proc:w_a:connections")


def test_a_process_taken_for_dead_hears_of_it_at_its_next_beat(world: World) -> None:
    world.clock.advance(60)
    list(world.b.reap())
    assert world.a.beat() is True
    assert world.a.beat() is False


def test_limits(redis: Redis) -> None:
    from lti_room.base.settings import load

    few = load({"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_ROOM_CONNECTIONS": "3",
                "LTI_ROOM_PARTICIPANT_CONNECTIONS": "2"})  # fmt: skip
    world = World(redis, few)
    world.join(row("one"))
    world.join(row("two"))
    with pytest.raises(AppError, match="room_full"):
        world.a.arrive(ROOM, row("three"))
    world.join(row("four", participant=ParticipantId("p_b")))
    with pytest.raises(AppError, match="room_full"):
        world.a.arrive(ROOM, row("five", participant=ParticipantId("p_c")))
    world.a.arrive(ROOM, row("one", "w_b"))


def test_the_highest_role_of_the_entered_pages(world: World) -> None:
    noah = ParticipantId("p_noah")
    assert world.a.role_of(ROOM, noah) is None
    world.join(row("one"))
    world.a.arrive(ROOM, row("two", role=Role.HOST))
    assert world.a.role_of(ROOM, noah) is Role.ATTENDEE, "the host page has not entered"
    world.join(row("two", role=Role.HOST))
    assert world.a.role_of(ROOM, noah) is Role.HOST


def test_the_live_page(world: World) -> None:
    noah = ParticipantId("p_noah")
    first, second = world.join(row("one")), world.join(row("two", "w_b"))
    assert world.a.live_page(ROOM, noah)[0] == first.connection
    world.b.use(ROOM, second)
    assert world.a.live_page(ROOM, noah)[0] == second.connection
    world.b.gone(ROOM, second)
    assert world.a.live_page(ROOM, noah)[0] is None
    world.a.use(ROOM, first)
    assert world.a.live_page(ROOM, noah)[0] == first.connection
    window = row("three", kind="window", entered=True)
    world.a.arrive(ROOM, window)
    assert world.a.enter(ROOM, window, take_over=True).moved
    assert world.b.live_page(ROOM, noah) == (window.connection, "window")


def test_since_when_a_room_is_empty(world: World) -> None:
    began = world.clock.now()
    assert world.a.empty_since(ROOM) == began
    joined = world.join(row("one"))
    assert world.a.empty_since(ROOM) is None
    world.clock.advance(5)
    world.a.gone(ROOM, joined)
    world.clock.advance(5)
    assert world.b.empty_since(ROOM) == pytest.approx(began + 5)
