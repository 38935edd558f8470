"""Comings and goings: what presence, the other processes and the room's rules are told about them."""

from collections.abc import Collection, Iterator

from lti_room.base.entropy import new_id
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.realtime.bus import Bus, Topic
from lti_room.realtime.connection import Connection
from lti_room.realtime.presence import Entered, Gone, Presence, Row
from lti_room.rooms.commands import Lose, Return, StartSession
from lti_room.usecases.act import Act
from lti_room.usecases.sweep import watch


class Comings:
    """Implements `usecases.sweep.Comings` beside what the gateway needs."""

    def __init__(self, redis: Redis, presence: Presence, bus: Bus, act: Act) -> None:
        self._redis = redis
        self._presence = presence
        self._bus = bus
        self._act = act

    def enter(self, room: RoomId, row: Row) -> Entered:
        """A page is in: the first one starts the session, one that was away takes its seat again.

        Raises:
            StoreUnavailable, RedisError: the page may ask again.
        """
        entered = self._presence.enter(room, row, take_over=row.kind == "window")
        watch(self._redis, room)
        self._act.do(room, None, StartSession(SessionId(new_id("s"))))
        self._act.do(room, None, Return(row.participant))
        self._bus.publish(Topic.ROSTER, room)
        if entered.moved:
            self._bus.publish(Topic.LIVE, room, participant=row.participant)
        return entered

    def use(self, page: Connection) -> None:
        """Make this page its participant's live one."""
        self._presence.use(page.room, page.row)
        self._bus.publish(Topic.LIVE, page.room, participant=page.participant)

    def gone(self, page: Connection) -> bool:
        """A page's socket is gone; if it was its participant's last one, the seat is kept for a while.

        False: the page is back already, by another socket.
        """
        gone = self._presence.gone(page.room, page.row)
        if gone is None:
            return False
        self._announce(gone)
        if gone.last:
            self._act.do(gone.room, None, Lose(gone.participant))
        return True

    def lost(self) -> Iterator[tuple[RoomId, ParticipantId]]:
        """See `usecases.sweep.Comings`."""
        for gone in self._presence.reap():
            self._announce(gone)
            if gone.last:
                yield gone.room, gone.participant

    def present(self, room: RoomId) -> Collection[ParticipantId]:
        """See `usecases.sweep.Comings`."""
        return frozenset(row.participant for row in self._presence.rows(room) if row.entered)

    def empty_since(self, room: RoomId) -> float | None:
        """See `usecases.sweep.Comings`."""
        return self._presence.empty_since(room)

    def _announce(self, gone: Gone) -> None:
        self._bus.publish(Topic.ROSTER, gone.room)
        if gone.was_live:
            self._bus.publish(Topic.LIVE, gone.room, participant=gone.participant)
