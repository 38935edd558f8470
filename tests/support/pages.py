"""Room pages without a browser: real Socket.IO clients with minted tickets, in rooms opened in the store."""

import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Event
from types import TracebackType
from typing import Any

import engineio
import socketio

from lti_room.base.clock import SystemClock
from lti_room.base.entropy import new_id
from lti_room.base.ids import LaunchId, ParticipantId, RoomId
from lti_room.rooms.events import Event as RoomEvent
from lti_room.rooms.events import RoomOpened
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.launches import CourseInfo, Launches, LaunchRecord, Origin
from lti_room.usecases.people import People, Person
from lti_room.usecases.ticket import PageKind, Ticket, TicketKind, Tickets
from tests.support.stack import Stack

WAIT_SECONDS = 8.0
REGISTRATION = "g_pages"

Json = dict[str, Any]


class _InOrder(engineio.Client):  # type: ignore[misc]  # the library has no types
    """Handles one message after the other, as browsers do; the library starts a thread for each."""

    def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:
        return super()._trigger_event(event, *args, **{**options, "run_async": False})


class _Socket(socketio.Client):  # type: ignore[misc]  # the library has no types
    """A client that may keep its acknowledgements to itself."""

    acknowledges = True

    def _engineio_client_class(self) -> type:
        return _InOrder

    def _send_packet(self, pkt: Any) -> None:
        if self.acknowledges or pkt.packet_type != socketio.packet.ACK:
            super()._send_packet(pkt)


@dataclass
class Member:
    """Somebody who launched into a room."""

    id: ParticipantId
    name: str
    role: Role
    launch: LaunchId


class TestRoom:
    """A room of its own for one test, and the people launched into it."""

    __test__ = False

    def __init__(
        self, stack: Stack, *events: RoomEvent, access: StageAccess = StageAccess.REQUEST, seats: int = 25
    ):
        self.stack = stack
        self.id = RoomId(new_id("r"))
        self.clock = SystemClock()
        self.redis = stack.redis()
        self.store = RedisRoomStore(self.redis, snapshot_events=stack.settings.snapshot_events)
        self.tickets = Tickets(self.redis, self.clock, stack.settings)
        self.people = People(self.redis)
        self.launches = Launches(self.redis, stack.settings)
        opened = RoomOpened("Seminar room", "Biology 101", access, seats)
        self.store.append(self.id, 0, [opened, *events], self.clock.now())
        self.launches.set_origin(self.id, Origin(REGISTRATION, "d", "c"))
        self._pages: list[Page] = []

    def launch(self, name: str, role: Role = Role.ATTENDEE, like: Member | None = None) -> Member:
        """Do what a verified launch leaves behind."""
        participant = like.id if like else ParticipantId(new_id("p"))
        member = Member(participant, name, role, LaunchId(new_id("l")))
        self.people.remember(REGISTRATION, participant, Person(name))
        self.launches.save(
            LaunchRecord(
                id=member.launch,
                registration=REGISTRATION,
                deployment="d",
                participant=participant,
                room=self.id,
                role=role,
                course=CourseInfo("c", "Biology 101", "BIO"),
                locale=None,
                return_url=None,
                at=self.clock.now(),
            )
        )
        return member

    def ticket(self, member: Member, **changes: Any) -> str:
        """Return a working ticket."""
        now = self.clock.now()
        fields: Json = {
            "kind": TicketKind.WORKING,
            "id": new_id("t"),
            "room": self.id,
            "participant": member.id,
            "launch": member.launch,
            "role": member.role,
            "cookie": None,
            "cookie_hash": None,
            "issued_at": now,
            "expires_at": now + self.stack.settings.ticket_seconds,
            "page": PageKind.TAB,
        }
        return self.tickets.seal(Ticket(**{**fields, **changes}))

    def page(self, member: Member, web: int = 0, **changes: Any) -> "Page":
        """Return a page of somebody, not connected yet."""
        page = Page(self, member, web, changes)
        self._pages.append(page)
        return page

    def join(self, name: str, role: Role = Role.ATTENDEE, web: int = 0) -> "Page":
        """Launch, connect and enter."""
        page = self.page(self.launch(name, role), web)
        page.connect()
        page.enter()
        return page

    def __enter__(self) -> "TestRoom":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for page in self._pages:
            page.close()


@dataclass
class Page:
    """One page load: a socket that keeps everything it is sent."""

    room: TestRoom
    member: Member
    web: int
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = new_id("c")
        self.received: list[tuple[str, Any]] = []
        self.error: Any = None
        self.cookies: str | None = None
        self._client: Any = None
        self._mark = 0
        self._may_read = Event()
        self._may_read.set()
        self._numbers = 0
        self._news: Queue[None] = Queue()

    @property
    def id(self) -> ParticipantId:
        """The participant."""
        return self.member.id

    def connect(self, *, seen: Json | None = None, origin: str | None = None, auth: Any = ...) -> Json:
        """Connect and return the welcome; raises `socketio.exceptions.ConnectionError` when refused."""
        self.open(seen=seen, origin=origin, auth=auth)
        welcome: Json = json.loads(self.wait("welcome", since=self._mark))
        return welcome

    def open(self, *, seen: Json | None = None, origin: str | None = None, auth: Any = ...) -> None:
        """Connect without waiting for the welcome."""
        client = self._client = _Socket(
            reconnection=False,
            websocket_extra_options={
                "origin": origin or self.room.stack.settings.public_url,
                "cookie": self.cookies,
            },
        )
        self._mark = len(self.received)
        client.on("*", self._take, namespace="/room")
        client.on("connect_error", self._refused, namespace="/room")
        if auth is ...:
            auth = {
                "protocol": 1,
                "ticket": self.room.ticket(self.member, **self.changes),
                "connection": self.connection,
            } | ({"seen": seen} if seen else {})
        client.connect(
            self.room.stack.urls[self.web],
            auth=auth,
            transports=["websocket"],
            namespaces=["/room"],
            socketio_path="/socket",
            wait_timeout=WAIT_SECONDS,
        )

    def _take(self, message: str, *payload: Any) -> None:
        self._may_read.wait(60)
        self.received.append((message, payload[0] if payload else None))
        self._news.put(None)

    def _refused(self, data: Any) -> None:
        self.error = data

    @property
    def connected(self) -> bool:
        """Whether the socket is up."""
        return bool(self._client and self._client.connected)

    def call(self, message: str, payload: Any = None) -> Json:
        """Send a message and return its acknowledgement."""
        answer: Json = self._client.call(message, payload, namespace="/room", timeout=WAIT_SECONDS)
        return answer

    def send(self, message: str, payload: Any = None) -> None:
        """Send a message and do not wait."""
        self._client.emit(message, payload, namespace="/room")

    def enter(self) -> Json:
        """Press "Join as viewer"."""
        answer = self.call("enter", {"phone": False})
        assert answer["ok"], answer
        return answer

    def act(self, do: str, **fields: Any) -> Json:
        """Give a command and return its acknowledgement."""
        self._numbers += 1
        return self.call("act", {"id": f"{self.connection}-{self._numbers}", "do": do, **fields})

    def done(self, do: str, **fields: Any) -> int:
        """Give a command that must succeed; return the room's version."""
        answer = self.act(do, **fields)
        assert answer["ok"], answer
        return int(answer["v"])

    def refused(self, do: str, **fields: Any) -> Json:
        """Give a command that must be refused; return the error."""
        answer = self.act(do, **fields)
        assert not answer["ok"], answer
        return dict(answer["error"])

    def messages(self, name: str, since: int = 0) -> list[Any]:
        """Return the payloads of a message so far."""
        return [payload for message, payload in list(self.received)[since:] if message == name]

    def events(self, type_: str | None = None) -> list[Json]:
        """Return the events so far, of one type or of all."""
        return [one for one in self.messages("event") if type_ is None or one["type"] == type_]

    def wait(
        self,
        name: str,
        matches: Callable[[Any], bool] = lambda payload: True,
        since: int = 0,
        seconds: float = WAIT_SECONDS,
    ) -> Any:
        """Wait for a message and return its payload."""
        deadline = time.monotonic() + seconds
        while True:
            for payload in self.messages(name, since):
                if matches(payload):
                    return payload
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{self.member.name} never got {name}: {self.received[since:]}")
            with suppress(Empty):
                self._news.get(timeout=left)

    def wait_event(self, type_: str, **fields: Any) -> Json:
        """Wait for an event with these fields."""

        def is_it(event: Json) -> bool:
            return event["type"] == type_ and all(event.get(name) == value for name, value in fields.items())

        found: Json = self.wait("event", is_it)
        return found

    def reach(self, version: int) -> None:
        """Wait until an event of this version, or a later one, has come."""
        self.wait("event", lambda event: event["v"] >= version)

    def close(self) -> None:
        """Go away as a closed tab does."""
        if self._client is not None:
            with suppress(Exception):
                self._client.disconnect()
            with suppress(Exception):
                self._client.eio.ws.shutdown()

    def keep_acknowledgements(self) -> None:
        """Answer nothing the server asks."""
        self._client.acknowledges = False

    def stall(self) -> None:
        """Read nothing more until `go_on`."""
        self._may_read.clear()

    def go_on(self) -> None:
        """Read what has come meanwhile."""
        self._may_read.set()

    def cut(self) -> None:
        """Lose the connection as a broken network does: no goodbye."""
        self._client.eio.ws.sock.close()

    def drop(self) -> None:
        """End the connection so that the server sees it at once, as a dying proxy does: no goodbye."""
        self._client.eio.ws.sock.shutdown(socket.SHUT_RDWR)
