"""Connections to Redis."""

import select
import sys
from typing import Any

import redis
from redis._parsers import _HiredisParser
from redis.backoff import NoBackoff
from redis.retry import Retry

Redis = redis.Redis
"""The type of a client; `decode_responses` is off everywhere, so values are bytes."""


class _Parser(_HiredisParser):
    """Looks at a connection before each command, as the library does, without a turn of gevent's hub.

    The pool asks whether a connection that lay idle was closed meanwhile. The question never waits, yet
    gevent's `poll` lets others run before it answers, which costs more than the command itself.
    """

    def can_read(self, timeout: float = 0) -> bool:
        """Whether something came, or the other end closed the connection."""
        if timeout == 0 and self._sock is not None and not hasattr(self._sock, "pending"):
            look = _kernel_poll()
            look.register(self._sock.fileno(), select.POLLIN)
            if not look.poll(0):
                return False
        return bool(super().can_read(timeout))


def _kernel_poll() -> Any:
    patched = sys.modules.get("gevent.monkey")
    return patched.get_original("select", "poll")() if patched else select.poll()


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
        parser_class=_Parser,
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
