"""The rooms with pages in this process, each followed through its two streams."""

from collections.abc import Iterator
from threading import Lock

from lti_room.base.ids import RoomId
from lti_room.base.log import logger
from lti_room.realtime.hall import GapError, Hall, House
from lti_room.realtime.nameplates import Nameplates
from lti_room.realtime.presence import Presence
from lti_room.realtime.roster import listed
from lti_room.realtime.tail import Entry, Tail
from lti_room.realtime.talk import Talk
from lti_room.rooms.codec import decode
from lti_room.rooms.ports import RoomStore
from lti_room.rooms.redis_store import events_key
from lti_room.usecases.chat import Chat
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.ticket import invalid

IDLE_SECONDS = 60.0
"""A room without local pages stays in memory for this long, so that a page that comes back finds its ring."""

log = logger("realtime.halls")


class Halls:
    """Opens, finds and closes halls."""

    def __init__(
        self,
        house: House,
        tail: Tail,
        store: RoomStore,
        chat: Chat,
        people: People,
        launches: Launches,
        presence: Presence,
    ) -> None:
        self._house = house
        self._tail = tail
        self._store = store
        self._chat = chat
        self._people = people
        self._launches = launches
        self._presence = presence
        self._opening = Lock()
        self._halls: dict[RoomId, Hall] = {}

    def __iter__(self) -> Iterator[Hall]:
        return iter(list(self._halls.values()))

    def get(self, room: str) -> Hall | None:
        """Return a room this process knows."""
        return self._halls.get(RoomId(room))

    def open(self, room_id: RoomId) -> Hall:
        """Return a room, loading and following it first if it is new here.

        Raises:
            TicketError: there is no such room.
            StoreUnavailable, RedisError: nothing happened.
        """
        hall = self._halls.get(room_id) or self._opened(room_id)
        hall.idle_since = self._house.clock.now()
        return hall

    def close_idle(self) -> None:
        """Stop following the rooms without local pages."""
        limit = self._house.clock.now() - IDLE_SECONDS
        for hall in self:
            if not hall.pages and hall.idle_since < limit:
                del self._halls[hall.id]
                self._tail.forget(events_key(hall.id))
                self._tail.forget(self._chat.stream(hall.id))

    def refresh_roster(self, hall: Hall) -> dict[str, object] | None:
        """Read who is in a room; return what its pages have to be told, None if nothing changed."""
        rows = self._presence.rows(hall.id)
        hall.names.need({row.participant for row in rows if row.entered})
        return hall.roster.change(listed(rows, hall.room, hall.names))

    def _opened(self, room_id: RoomId) -> Hall:
        with self._opening:
            hall = self._halls.get(room_id)
            if hall is None:
                hall = self._halls[room_id] = self._load(room_id)
                self._follow_events(hall)
                self._follow_chat(hall)
            return hall

    def _load(self, room_id: RoomId) -> Hall:
        room = self._store.load(room_id)
        if room.version == 0:
            raise invalid()
        names = Nameplates(self._people, self._launches.registration_of(room_id), self._house.clock)
        limit = self._house.settings.chat_history
        since = self._house.clock.now() if room.session is None else room.session.started_at
        last, messages = self._chat.history(room_id, since, limit)
        hall = Hall(self._house, room, names, Talk(last, messages, limit))
        self.refresh_roster(hall)
        return hall

    def _follow_events(self, hall: Hall) -> None:
        def deliver(_: str, entry: Entry) -> None:
            try:
                hall.happen(decode(entry[b"e"]))
            except GapError:
                log.warning("events were trimmed before they were read", extra={"room": hall.id})
                again()

        def again() -> None:
            hall.restart(self._store.load(hall.id))
            self._follow_events(hall)

        self._tail.follow(events_key(hall.id), f"{hall.room.version}-0", deliver, again)

    def _follow_chat(self, hall: Hall) -> None:
        stream = self._chat.stream(hall.id)

        def deliver(entry_id: str, entry: Entry) -> None:
            for one in self._chat.read(hall.id, [(entry_id.encode(), dict(entry))]):
                hall.say(one)

        def again() -> None:
            hall.talk.clear()
            hall.talk.last = "0-0"
            self._follow_chat(hall)

        self._tail.follow(stream, hall.talk.last, deliver, again)
