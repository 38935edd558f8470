"""Connections to Redis."""

import redis

Redis = redis.Redis
"""The type of a client; `decode_responses` is off everywhere, so values are bytes."""


def connect(url: str) -> Redis:
    """Return a client for commands: 2 s time limit, no silent retry (it would append a second time)."""
    return redis.Redis.from_url(
        url, decode_responses=False, socket_timeout=2.0, socket_connect_timeout=2.0, retry=None, protocol=2
    )


def connect_tail(url: str) -> Redis:
    """Return a client for blocking reads.

    No socket time limit: redis-py raises TimeoutError in `XREAD BLOCK` when the wait is the longer one.
    """
    return redis.Redis.from_url(
        url, decode_responses=False, socket_timeout=None, socket_connect_timeout=2.0, retry=None, protocol=2
    )
