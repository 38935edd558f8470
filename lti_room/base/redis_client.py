"""Connections to Redis."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

Redis = redis.Redis
"""The type of a client; `decode_responses` is off everywhere, so values are bytes."""


def no_retry() -> Retry:
    """Return a policy that never sends a command twice: a repeated append would be a second one."""
    return Retry(NoBackoff(), 0)


MOST_CONNECTIONS = 64
"""Of one client for commands. While all are busy others wait, so that a whole class may arrive at once."""

WAIT_SECONDS = 5.0
"""How long somebody waits for a connection before Redis counts as away."""


def connect(url: str) -> Redis:
    """Return a client for commands; each may take 2 s."""
    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=MOST_CONNECTIONS,
        timeout=WAIT_SECONDS,
        socket_timeout=2.0,
        socket_connect_timeout=2.0,
        retry=no_retry(),
        protocol=2,
    )
    return redis.Redis.from_pool(pool)


def connect_tail(url: str) -> Redis:
    """Return a client for blocking reads.

    No socket time limit: redis-py raises TimeoutError in `XREAD BLOCK` when the wait is the longer one.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=None,
        socket_connect_timeout=2.0,
        retry=no_retry(),
        protocol=2,
    )


def text(reply: bytes | str) -> str:
    """Return a reply as text; the client's types allow both, ours are bytes."""
    return reply.decode() if isinstance(reply, bytes) else reply
