"""A lease in Redis: one holder at a time, gone by itself when the holder dies."""

from typing import Any

from lti_room.base.redis_client import Redis

_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Lease:
    """The lease `lease:{name}`; `holder` must be unique among all who ask for it."""

    def __init__(self, redis: Redis, name: str, holder: str, milliseconds: int) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._key = f"lease:{name}"
        self._holder = holder
        self._milliseconds = milliseconds
        self._renew = redis.register_script(_RENEW)
        self._release = redis.register_script(_RELEASE)

    def hold(self) -> bool:
        """Take the lease, or keep it for another term. False: somebody else has it."""
        if self._renew([self._key], [self._holder, self._milliseconds]):
            return True
        return bool(self._redis.set(self._key, self._holder, nx=True, px=self._milliseconds))

    def release(self) -> None:
        """Give the lease back at once."""
        self._release([self._key], [self._holder])
