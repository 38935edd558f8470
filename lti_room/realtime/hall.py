"""One room as this process knows it: its state, its pages, and what each of them is told.

Nothing between "the snapshot is taken" and "the page gets events" yields, so a page misses nothing and gets
nothing twice; whatever needs Redis (names, above all) is fetched before that.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lti_room.base.clock import Clock
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.settings import Settings
from lti_room.realtime import outbound
from lti_room.realtime.broadcast import Broadcast, Line
from lti_room.realtime.connection import Connection
from lti_room.realtime.goodbyes import Goodbye
from lti_room.realtime.inbound import Seen
from lti_room.realtime.nameplates import Nameplates
from lti_room.realtime.names import PROTOCOL_VERSION, ServerMessage
from lti_room.realtime.reactions import Tally
from lti_room.realtime.ring import Heard, Ring, audiences_of
from lti_room.realtime.roster import Roster
from lti_room.realtime.talk import Talk
from lti_room.rooms.apply import apply
from lti_room.rooms.audience import audiences
from lti_room.rooms.events import Event, Recorded, RemovedFromRoom, RoleGiven, SessionEnded, SessionStarted
from lti_room.rooms.model import Audience, Hearers, Room
from lti_room.rooms.policy import role_of
from lti_room.rooms.roles import Role
from lti_room.rooms.view import view
from lti_room.usecases.chat import ChatEntry, ChatMessage


@dataclass(frozen=True)
class House:
    """What all halls of a process share. `dismiss` says goodbye to a page and ends its socket."""

    settings: Settings
    clock: Clock
    broadcast: Broadcast
    process: str
    dismiss: Callable[[Connection, Goodbye], None]


class Hall:
    """One room with pages in this process."""

    def __init__(self, house: House, room: Room, names: Nameplates, talk: Talk) -> None:
        self._house = house
        self.room = room
        self.names = names
        self.talk = talk
        self.roster = Roster(house.settings.roster_full_people, house.settings.roster_page)
        self.heard_reactions = Tally()
        self.own_reactions = Tally()
        self.speaking: tuple[ParticipantId, ...] = ()
        self.idle_since = house.clock.now()
        self._ring = Ring(room)
        self._pages: dict[str, Connection] = {}

    @property
    def id(self) -> RoomId:
        """The room's id."""
        return self.room.id

    @property
    def pages(self) -> list[Connection]:
        """The pages that are told what happens."""
        return list(self._pages.values())

    def pages_of(self, participant: ParticipantId) -> list[Connection]:
        """Return one participant's pages in this process."""
        return [page for page in self._pages.values() if page.participant == participant]

    def welcome(self, page: Connection, seen: Seen | None) -> None:
        """Tell a page all it has to know, and everything from now on."""
        self._need_names_for(page)
        page.role = role_of(self.room, page.actor)
        body = self._missed(page, seen) or self._snapshot(page)
        self._pages[page.sid] = page
        self._send([page], outbound.packed(ServerMessage.WELCOME, body))

    def leave(self, page: Connection) -> None:
        """Tell a page nothing any more."""
        self._pages.pop(page.sid, None)
        self.idle_since = self._house.clock.now()

    def tell(self, pages: Iterable[Connection], message: ServerMessage, payload: object) -> None:
        """Send one message to some pages."""
        self._send(pages, outbound.packet(message, payload))

    def tell_all(self, message: ServerMessage, payload: object) -> None:
        """Send one message to every page of the room."""
        self.tell(self.pages, message, payload)

    def happen(self, recorded: Recorded) -> None:
        """Apply an event and tell its audiences; a repeated one is passed over.

        Raises:
            GapError: there are events between this one and the last.
            RedisError: names could not be fetched; nothing happened, the event may come again.
        """
        if recorded.version <= self.room.version:
            return
        if recorded.version != self.room.version + 1:
            raise GapError
        self.names.need(self._people_for_event(recorded.event))
        before = self.room
        heard = [Heard(recorded, one, before.heard(one)) for one in audiences(before, recorded.event)]
        self.room = apply(before, recorded)
        for one in heard:
            self._ring.add(one)
            hearers = self._hearers(one.audience)
            if hearers:
                self.tell(hearers, ServerMessage.EVENT, outbound.event(one, self.names))
        self._follow_up(recorded.event)

    def restart(self, room: Room) -> None:
        """Take the room as the store has it now, and give every page a new snapshot."""
        for page in self.pages:
            seen = view(room, page.participant, role_of(room, page.actor))
            self.names.need(outbound.people_in(seen))
        self.room = room
        self._ring = Ring(room)
        for page in self.pages:
            self._show_again(page)

    def _show_again(self, page: Connection) -> None:
        page.role = role_of(self.room, page.actor)
        self._send([page], outbound.packed(ServerMessage.SNAPSHOT, self._snapshot(page)))

    def say(self, entry: ChatEntry) -> None:
        """Pass a chat message on."""
        if isinstance(entry, ChatMessage):
            self.names.need([entry.sender])
        self.talk.add(entry)
        self.tell_all(ServerMessage.CHAT, outbound.chat(entry, self.names))

    def _hearers(self, audience: Audience) -> list[Connection]:
        match audience.kind:
            case Hearers.EVERYONE:
                return self.pages
            case Hearers.STAFF:
                return [page for page in self._pages.values() if page.role.is_staff]
            case Hearers.ME:
                return self.pages_of(audience.participant) if audience.participant else []

    def _follow_up(self, event: Event) -> None:
        self.roster.stale = True
        match event:
            case RoleGiven(participant=participant):
                for page in self.pages_of(participant):
                    if role_of(self.room, page.actor) is not page.role:
                        self._show_again(page)
            case RemovedFromRoom(participant=participant):
                self._dismiss(self.pages_of(participant), Goodbye.REMOVED)
            case SessionStarted():
                self.talk.clear()
            case SessionEnded(by=by):
                self.talk.clear()
                if by is not None:
                    self._dismiss([page for page in self.pages if page.row.entered], Goodbye.SESSION_ENDED)

    def _dismiss(self, pages: Iterable[Connection], why: Goodbye) -> None:
        for page in pages:
            self._house.dismiss(page, why)

    def _need_names_for(self, page: Connection) -> None:
        """Fetch names until none is missing: while they are fetched, more may happen."""
        while True:
            wanted = self._people_for(page)
            if not self.names.missing(wanted):
                return
            self.names.need(wanted)

    def _people_for_event(self, event: Event) -> Iterable[ParticipantId]:
        """Return whom an event names, and whom the snapshot shows that may follow it."""
        mentioned = outbound.mentioned(event)
        if isinstance(event, RoleGiven):
            return {*mentioned, *outbound.people_in(view(self.room, event.participant, Role.HOST))}
        return mentioned

    def _people_for(self, page: Connection) -> set[ParticipantId]:
        state = view(self.room, page.participant, role_of(self.room, page.actor))
        talkers = {one.sender for one in self.talk.messages()}
        recent = {who for one in self._ring for who in outbound.mentioned(one.recorded.event)}
        return outbound.people_in(state) | talkers | recent | {page.participant}

    def _missed(self, page: Connection, seen: Seen | None) -> outbound.Json | None:
        if seen is None:
            return None
        mine = audiences_of(page.participant, page.role)
        heard = self._ring.missed(mine, seen.versions, self.room)
        said = self.talk.after(seen.chat)
        if heard is None or said is None:
            return None
        changes = (RoleGiven, SessionStarted, SessionEnded)
        if any(isinstance(one.recorded.event, changes) for one in heard):
            return None
        return {
            "missed": [outbound.event(one, self.names) for one in heard],
            "chat": [outbound.chat(one, self.names) for one in said],
            "versions": {name: self.room.heard(audience) for name, audience in mine.items()},
            **self._now(page),
        }

    def _snapshot(self, page: Connection) -> outbound.Json:
        state = outbound.named(view(self.room, page.participant, page.role), self.names)
        state["me"]["entered"] = page.row.entered
        return {
            "protocol": PROTOCOL_VERSION,
            **state,
            "chat": [outbound.chat(one, self.names) for one in self.talk.messages()],
            **self._now(page),
        }

    def _now(self, page: Connection) -> outbound.Json:
        return {
            "now": self._house.clock.now(),
            "roster": self.roster.summary(),
            "live": {"connection": page.live.connection, "kind": page.live.kind},
            "connection": page.id,
            "speaking": self.speaking,
            "process": self._house.process,
        }

    def _send(self, pages: Iterable[Connection], text: str) -> None:
        lines: list[Line] = [page.line for page in pages]
        self._house.broadcast.send(lines, text)


class GapError(Exception):
    """An event does not follow the last one."""
