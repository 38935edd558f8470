"""Rate limits: per connection in memory, per participant (on any process) in Redis."""

from typing import Any

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.redis_client import Redis

WINDOW_SECONDS = 10
OTHERS_PER_10_SECONDS = 150
"""Messages of a connection that are no commands; chat and reactions have limits besides."""


class TooFast(AppError):
    """Over a rate limit. The connection stays open."""

    def __init__(self) -> None:
        super().__init__("too_fast", "That was too fast. Wait a moment.")


class Bucket:
    """A token bucket: `limit` at once, refilled over ten seconds."""

    def __init__(self, limit: int, now: float) -> None:
        self._limit = limit
        self._left = float(limit)
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token; False when there is none."""
        self._left = min(self._limit, self._left + (now - self._at) * self._limit / WINDOW_SECONDS)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class ParticipantLimit:
    """Counts what one participant of one room sends in a ten-second window, on all their pages."""

    def __init__(self, redis: Redis, clock: Clock, kind: str, limit: int) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._kind = kind
        self._limit = limit

    def check(self, room: str, participant: str) -> None:
        """Count one.

        Raises:
            TooFast: the window is used up.
        """
        window = int(self._clock.now() // WINDOW_SECONDS)
        key = f"rate:{self._kind}:{room}:{participant}:{window}"
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW_SECONDS)
            count = int(pipe.execute()[0])
        if count > self._limit:
            raise TooFast
