"""Whose peer connections nobody closed, with a real Redis and lists that the test writes."""

from types import SimpleNamespace
from typing import Any

import pytest

from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.media.backend import Endpoint
from lti_room.realtime.media_pages import LOOKS, MediaPages

ROOM = RoomId("r_1")
STAYS = Endpoint(ROOM, ParticipantId("p_stays"), ConnectionId("c_stays"))
GOES = Endpoint(ROOM, ParticipantId("p_goes"), ConnectionId("c_goes"))


class Lists:
    """Two pages with media, and who of them is connected."""

    def __init__(self, redis: Redis) -> None:
        self.connected = {STAYS.connection, GOES.connection}
        presence: Any = SimpleNamespace(connections=lambda room: self.connected if room == ROOM else set())
        self.pages = MediaPages(redis, presence)
        for page in (STAYS, GOES):
            self.pages.add(page)

    def looks(self, times: int) -> list[list[Endpoint]]:
        return [self.pages.look(ROOM) for _ in range(times)]


@pytest.fixture
def lists(redis: Redis) -> Lists:
    return Lists(redis)


def test_who_does_not_come_back_is_abandoned_until_it_is_closed(lists: Lists) -> None:
    lists.connected.remove(GOES.connection)
    assert lists.looks(LOOKS - 1) == [[]] * (LOOKS - 1)
    assert lists.looks(2) == [[GOES], [GOES]]
    lists.pages.remove(GOES)
    assert lists.looks(1) == [[]]


def test_who_comes_back_in_time_is_not(lists: Lists) -> None:
    for _ in range(2):
        lists.connected.remove(GOES.connection)
        assert lists.looks(LOOKS - 1) == [[]] * (LOOKS - 1)
        lists.connected.add(GOES.connection)
        assert lists.looks(1) == [[]]


def test_rooms_are_looked_at_one_by_one(lists: Lists) -> None:
    lists.connected.clear()
    assert [lists.pages.look(RoomId("r_other")) for _ in range(LOOKS)] == [[]] * LOOKS
