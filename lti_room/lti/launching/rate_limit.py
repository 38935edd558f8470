"""Counters per minute, so that a flood from one place reaches neither the LMS nor fills Redis."""

import hashlib
import ipaddress
from typing import Final

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.lti.errors import LaunchError, LaunchErrorCode

_WINDOW_SECONDS: Final = 60
_IPV6_NETWORK_BITS: Final = 64


class RateLimit:
    """Counts one kind of event in windows of a minute, for whom it is asked: an address, a registration.

    Args:
        kind: part of the key's name.
        most: events allowed per minute.
    """

    def __init__(self, redis: Redis, clock: Clock, kind: str, most: int) -> None:
        self._redis = redis
        self._clock = clock
        self._kind = kind
        self._most = most

    def count(self, *who: str) -> None:
        """Count one event.

        Raises:
            LaunchError: `rate_limited`, it is one too many.
        """
        with self._redis.pipeline(transaction=False) as pipe:
            self.queue(pipe, *who)
            self.judge(pipe.execute()[0])

    def queue(self, pipe: Redis, *who: str) -> None:
        """Let a pipeline count one event; the first of its two answers is for `judge`."""
        key = self._key(who)
        pipe.incr(key)
        pipe.expire(key, 2 * _WINDOW_SECONDS)

    def judge(self, counted: int) -> None:
        """Say whether an event was one too many.

        Raises:
            LaunchError: `rate_limited`.
        """
        if counted > self._most:
            raise LaunchError(LaunchErrorCode.RATE_LIMITED)

    def forgive(self, *who: str) -> None:
        """Take one event of this minute back: it was none."""
        self._redis.decr(self._key(who))

    def _key(self, who: tuple[str, ...]) -> str:
        place = hashlib.sha256("\0".join(who).encode()).hexdigest()[:24]
        return f"rate:{self._kind}:{place}:{int(self._clock.now()) // _WINDOW_SECONDS}"


def place_of(address: str) -> str:
    """Return what is counted for an address: itself, of IPv6 its network, which is one customer's."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _IPV6_NETWORK_BITS), strict=False))
