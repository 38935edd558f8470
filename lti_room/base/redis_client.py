"""Connections to Redis."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

Redis = redis.Redis
"""The type of a client; `decode_responses` is off everywhere, so values are bytes."""


def no_retry() -> Retry:
    """Return a policy that never sends a command twice: a repeated append would be a second one."""
    return Retry(NoBackoff(), 0)


def connect(url: str) -> Redis:
    """Return a client for commands; each may take 2 s."""
    return redis.Redis.from_url(
        url, socket_timeout=2.0, socket_connect_timeout=2.0, retry=no_retry(), protocol=2
    )


def connect_tail(url: str) -> Redis:
    """Return a client for blocking reads.

    No socket time limit: redis-py raises TimeoutError in `XREAD BLOCK` when the wait is the longer one.
    """
    return redis.Redis.from_url(
        url, socket_timeout=None, socket_connect_timeout=2.0, retry=no_retry(), protocol=2
    )


def text(reply: bytes | str) -> str:
    """Return a reply as text; the client's types allow both, ours are bytes."""
    return reply.decode() if isinstance(reply, bytes) else reply
