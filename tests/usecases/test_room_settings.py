"""Whether being in a room counts for the gradebook."""

import math

import pytest

from lti_room.base.errors import AppError
from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore

ROOM = RoomId("r_" + "a" * 16)


def test_a_room_is_not_graded_until_a_host_says_so(redis: Redis) -> None:
    store = RoomSettingsStore(redis)
    assert store.of(ROOM) == RoomSettings(graded=False, points=10.0, send_by_itself=False)
    store.save(ROOM, RoomSettings(graded=True, points=2.5, send_by_itself=True))
    assert store.of(ROOM) == RoomSettings(graded=True, points=2.5, send_by_itself=True)
    assert store.of(RoomId("r_" + "b" * 16)) == RoomSettings()


@pytest.mark.parametrize("points", [0.0, -1.0, 1000.5, math.nan, math.inf])
def test_points_no_gradebook_takes(points: float) -> None:
    with pytest.raises(AppError, match="Points"):
        RoomSettings(graded=True, points=points)
