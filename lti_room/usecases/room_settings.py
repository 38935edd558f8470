"""What a room's hosts decide about its grades. The rest of its settings are events of the room itself."""

import json
from dataclasses import asdict, dataclass
from typing import Final

from lti_room.base.errors import AppError
from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis

MOST_POINTS: Final = 1000.0


@dataclass(frozen=True)
class RoomSettings:
    """Whether being there counts for the gradebook, for how many points, and who sends them.

    `send_by_itself`: grades go out after each session without a person pressing Send. `zeros_for_never_came`:
    learners of the course who never opened the room get 0 points, else no grade.

    Raises:
        AppError: `bad_points`, they are not above 0 and at most 1000.
    """

    graded: bool = False
    points: float = 10.0
    send_by_itself: bool = False
    zeros_for_never_came: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.points <= MOST_POINTS:
            raise AppError("bad_points", f"Points are a number above 0, at most {MOST_POINTS:g}.")


class RoomSettingsStore:
    """The settings of rooms in Redis; a room nobody set anything for has the defaults."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def of(self, room: RoomId) -> RoomSettings:
        """Return a room's settings."""
        stored = self._redis.get(_key(room))
        return RoomSettings(**json.loads(stored)) if stored else RoomSettings()

    def save(self, room: RoomId, settings: RoomSettings) -> None:
        """Keep a room's settings; the last one to save wins."""
        self._redis.set(_key(room), json.dumps(asdict(settings)))


def _key(room: RoomId) -> str:
    return f"room:{room}:settings"
