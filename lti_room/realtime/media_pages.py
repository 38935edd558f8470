"""Which pages have peer connections, kept in Redis: a page's process may die before it closes them.

A client that never comes back to its socket would otherwise go on receiving for ever, in no list.
"""

from collections import defaultdict
from typing import Any, Final

from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.media.backend import Endpoint
from lti_room.realtime.presence import Presence

KEPT_SECONDS: Final = 86_400
LOOKS: Final = 3
"""A page that was in no list this many times in a row has had the time to come back."""


class MediaPages:
    """`look` is called once every heartbeat for every room this process has."""

    def __init__(self, redis: Redis, presence: Presence) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._presence = presence
        self._missed: dict[RoomId, dict[ConnectionId, int]] = {}

    def add(self, page: Endpoint) -> None:
        """A page asks for a peer connection."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(_key(page.room), page.connection, page.participant)
            pipe.expire(_key(page.room), KEPT_SECONDS)
            pipe.execute()

    def remove(self, page: Endpoint) -> None:
        """A page's peer connections are closed."""
        self._redis.hdel(_key(page.room), page.connection)

    def look(self, room: RoomId) -> list[Endpoint]:
        """Return the pages that are gone for good, but whose peer connections nobody closed."""
        known = self._redis.hgetall(_key(room))
        listed = self._presence.connections(room) if known else set()
        missed: defaultdict[ConnectionId, int] = defaultdict(int, self._missed.pop(room, {}))
        gone: list[Endpoint] = []
        for name, participant in known.items():
            page = Endpoint(room, ParticipantId(participant.decode()), ConnectionId(name.decode()))
            if page.connection in listed:
                continue
            if missed[page.connection] + 1 >= LOOKS:
                gone.append(page)
            self._missed.setdefault(room, {})[page.connection] = missed[page.connection] + 1
        return gone


def _key(room: RoomId) -> str:
    return f"room:{room}:media"
