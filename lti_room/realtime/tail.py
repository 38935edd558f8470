"""One blocking read per process over every stream it follows: rooms with local members, their chats, the bus.

A stream is followed from the id after which it was loaded, so nothing is missed between loading and
following. A private wake stream ends the running read at once when the set changes. Losing Redis loses
nothing: positions stay, and the read goes on where it stopped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gevent
import redis.exceptions

from lti_room.base.errors import StoreUnavailable
from lti_room.base.log import logger
from lti_room.base.redis_client import Redis
from lti_room.realtime.errors import known

BLOCK_MS = 5000
DEAF_SECONDS = 8.0
"""A read that is silent for longer than it asked for hangs on a dead machine; it is begun again."""
RETRY_SECONDS = 0.05
BATCH = 500
_WAKE_SECONDS = 3600

Entry = Mapping[bytes, bytes]
log = logger("realtime.tail")


@dataclass
class _Followed:
    position: str
    deliver: Callable[[str, Entry], None]
    lost: Callable[[], None]


class Tail:
    """Follows streams and hands their entries, in order, to whoever asked for them."""

    def __init__(self, blocking: Redis, redis: Redis, process: str) -> None:
        self._blocking: Any = blocking
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._wake = f"wake:{process}"
        self._streams: dict[str, _Followed] = {}
        self._in_doubt = False
        self._stopped = False

    def follow(
        self, stream: str, after: str, deliver: Callable[[str, Entry], None], lost: Callable[[], None]
    ) -> None:
        """Deliver every entry after id `after`. `lost` is told if Redis came back with less than it had.

        `deliver` may raise that Redis is away: the entry is delivered again when Redis is back.
        """
        self._streams[stream] = _Followed(after, deliver, lost)
        self._nudge()

    def forget(self, stream: str) -> None:
        """Stop following a stream."""
        self._streams.pop(stream, None)

    def stop(self) -> None:
        """End `run`."""
        self._stopped = True
        self._nudge()

    def run(self) -> None:
        """Read for ever."""
        woken = "0"
        while not self._stopped:
            try:
                if self._in_doubt:
                    self._check_positions()
                woken = self._round(woken)
            except (redis.exceptions.RedisError, StoreUnavailable) as error:
                if not self._in_doubt:
                    log.warning("lost Redis: %s", type(error).__name__, extra={"code": "store_unavailable"})
                self._in_doubt = True
                gevent.sleep(RETRY_SECONDS)

    def _round(self, woken: str) -> str:
        positions = {name: followed.position for name, followed in self._streams.items()} | {
            self._wake: woken
        }
        answer = gevent.with_timeout(
            DEAF_SECONDS, self._blocking.xread, positions, count=BATCH, block=BLOCK_MS, timeout_value=None
        )
        for name, entries in answer or []:
            stream = name.decode()
            if stream == self._wake:
                woken = entries[-1][0].decode()
            elif stream in self._streams:
                self._deliver(stream, self._streams[stream], entries)
        return woken

    def _deliver(self, stream: str, followed: _Followed, entries: list[tuple[bytes, Entry]]) -> None:
        for entry_id, fields in entries:
            if self._streams.get(stream) is not followed:
                return
            position = entry_id.decode()
            try:
                followed.deliver(position, fields)
            except (redis.exceptions.RedisError, StoreUnavailable):
                raise
            except Exception as error:  # one bad entry must not silence every room of this process
                known(error, code=stream)
            followed.position = position

    def _check_positions(self) -> None:
        for name, followed in list(self._streams.items()):
            newest = self._redis.xrevrange(name, count=1)
            if order(newest[0][0].decode() if newest else "0-0") < order(followed.position):
                log.error("stream %s came back shorter than it was", name, extra={"code": "store_lost"})
                followed.lost()
        self._in_doubt = False

    def _nudge(self) -> None:
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.xadd(self._wake, {"w": "1"}, maxlen=4)
                pipe.expire(self._wake, _WAKE_SECONDS)
                pipe.execute()
        except redis.exceptions.RedisError:
            return  # the read has failed too, and begins again with the new set


def order(entry_id: str) -> tuple[int, int]:
    """Return an entry id as numbers that compare."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
