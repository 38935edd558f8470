"""Comings and goings: what presence, the other processes and the room's rules are told about them."""

from collections.abc import Collection, Iterator

from lti_room.base.clock import Clock
from lti_room.base.entropy import new_id
from lti_room.base.ids import ParticipantId, RoomId, SessionId
from lti_room.base.redis_client import Redis
from lti_room.realtime.bus import Bus, Topic
from lti_room.realtime.connection import Connection
from lti_room.realtime.presence import Entered, Gone, Presence, Row
from lti_room.rooms.attendance import Kind
from lti_room.rooms.commands import Lose, Return, StartSession
from lti_room.rooms.model import Room
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.act import Act
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.launches import Launches
from lti_room.usecases.sweep import watch


class Comings:
    """Implements `usecases.sweep.Comings` beside what the gateway needs."""

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        store: RoomStore,
        launches: Launches,
        presence: Presence,
        bus: Bus,
        act: Act,
        attendance: Attendance,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._store = store
        self._launches = launches
        self._presence = presence
        self._bus = bus
        self._act = act
        self._attendance = attendance

    def enter(self, room: RoomId, row: Row) -> Entered:
        """A page is in: the first one starts the session, one that was away takes its seat again.

        Raises:
            StoreUnavailable, RedisError: the page may ask again.
        """
        entered = self._presence.enter(room, row, take_over=row.kind == "window")
        watch(self._redis, room)
        self._act.do(room, None, StartSession(SessionId(new_id("s"))))
        self._act.do(room, None, Return(row.participant))
        self._write_down(self._store.load(room), row)
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
            self._attendance.went(gone.room, gone.participant, gone.at)
            self._act.do(gone.room, None, Lose(gone.participant))
        return True

    def lost(self) -> Iterator[tuple[RoomId, ParticipantId]]:
        """See `usecases.sweep.Comings`."""
        for gone in self._presence.reap():
            self._announce(gone)
            if gone.last:
                self._attendance.went(gone.room, gone.participant, gone.at)
                yield gone.room, gone.participant

    def present(self, room: RoomId) -> Collection[ParticipantId]:
        """See `usecases.sweep.Comings`."""
        return frozenset(row.participant for row in self._presence.rows(room) if row.entered)

    def empty_since(self, room: RoomId) -> float | None:
        """See `usecases.sweep.Comings`."""
        return self._presence.empty_since(room)

    def session_is(self, room: Room) -> None:
        """See `usecases.sweep.Comings`."""
        self._attendance.running_is(room.id, room.session.id if room.session else None, self._clock.now())

    def call_the_roll(self, room: Room) -> None:
        """See `usecases.sweep.Comings`."""
        if room.session is None:
            return
        [record] = self._attendance.records(room.id, [room.session.id]).values()
        noted = {who for who, attendee in record.people.items() if attendee.is_in}
        rows = {row.participant: row for row in self._presence.rows(room.id) if row.entered}
        for who, row in rows.items():
            if who not in noted:
                self._write_down(room, row)
        for who in noted - rows.keys():
            self._attendance.went(room.id, who, self._clock.now())

    def _write_down(self, room: Room, row: Row) -> None:
        session, now = room.session, self._clock.now()
        if session is None:
            return
        self._attendance.came(room.id, session.id, session.started_at, row.participant, self._kind(row), now)

    def _kind(self, row: Row) -> Kind:
        """Return what somebody is to the gradebook: by the launch, not by a role given in the room."""
        if row.role.is_staff:
            return Kind.STAFF
        launch = self._launches.load(row.launch)
        return Kind.TEST if launch and launch.is_test else Kind.LEARNER

    def _announce(self, gone: Gone) -> None:
        self._bus.publish(Topic.ROSTER, gone.room)
        if gone.was_live:
            self._bus.publish(Topic.LIVE, gone.room, participant=gone.participant)
