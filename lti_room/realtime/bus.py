"""What is in no room stream, between the processes: a Redis stream; pub/sub would lose messages silently."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import orjson
import redis.exceptions

from lti_room.base.redis_client import Redis
from lti_room.realtime.tail import Entry, Tail

STREAM = "bus"
KEPT_MESSAGES = 20_000


class Topic(StrEnum):
    """What a bus message is about. Each carries `room`."""

    REACTIONS = "reactions"
    ROSTER = "roster"
    LIVE = "live"
    GOODBYE = "goodbye"


Message = Mapping[str, Any]


class Bus:
    """Publishes to every process, this one too, and hands what arrives to one listener per topic."""

    def __init__(self, redis: Redis, tail: Tail) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._tail = tail
        self._listeners: dict[str, Callable[[Message], None]] = {}

    def listen(self, topic: Topic, listener: Callable[[Message], None]) -> None:
        """Call `listener` with every message of a topic."""
        self._listeners[topic] = listener

    def publish(self, topic: Topic, room: str, **fields: object) -> None:
        """Tell every process. Losing one of these loses no state, so a Redis that is away is passed over."""
        message = orjson.dumps({"topic": topic, "room": room, **fields})
        try:
            self._redis.xadd(STREAM, {"e": message}, maxlen=KEPT_MESSAGES, approximate=True)
        except redis.exceptions.RedisError:
            return

    def start(self) -> None:
        """Follow the bus from now on."""
        newest = self._redis.xrevrange(STREAM, count=1)
        self._follow(newest[0][0].decode() if newest else "0-0")

    def _follow(self, after: str) -> None:
        self._tail.follow(STREAM, after, self._deliver, lambda: self._follow("0-0"))

    def _deliver(self, _: str, entry: Entry) -> None:
        message = orjson.loads(entry[b"e"])
        listener = self._listeners.get(message["topic"])
        if listener is not None:
            listener(message)
