"""Counters per registration and address: a flood from one place must not reach the LMS, nor fill Redis."""

import hashlib
from typing import Final

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.lti.errors import LaunchError, LaunchErrorCode

_WINDOW_SECONDS: Final = 60


class RateLimit:
    """Counts one kind of event in windows of a minute.

    Args:
        kind: part of the key's name.
        most: events allowed per registration, address and minute.
    """

    def __init__(self, redis: Redis, clock: Clock, kind: str, most: int) -> None:
        self._redis = redis
        self._clock = clock
        self._kind = kind
        self._most = most

    def check(self, registration: str, address: str) -> None:
        """Let nobody pass who has used up the minute.

        Raises:
            LaunchError: `rate_limited`.
        """
        if int(self._redis.get(self._key(registration, address)) or 0) >= self._most:
            raise LaunchError(LaunchErrorCode.RATE_LIMITED)

    def count(self, registration: str, address: str) -> None:
        """Count one event."""
        key = self._key(registration, address)
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, _WINDOW_SECONDS)
            pipe.execute()

    def _key(self, registration: str, address: str) -> str:
        place = hashlib.sha256(address.encode()).hexdigest()[:16]
        return f"rate:{self._kind}:{registration}:{place}:{int(self._clock.now()) // _WINDOW_SECONDS}"
