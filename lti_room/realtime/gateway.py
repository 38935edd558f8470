"""The Socket.IO namespace `/room`: who may connect, which message goes to which handler, who is gone.

It answers python-socketio itself instead of going through Flask-SocketIO's handler wrapper, which would
call a connect handler again without credentials after a TypeError, push a Flask context per message and
drop unknown messages without a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import flask_socketio
import gevent
import socketio
from socketio.exceptions import ConnectionRefusedError as Refusal
from werkzeug.http import parse_cookie

from lti_room.base.clock import Clock
from lti_room.base.entropy import new_id
from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId
from lti_room.base.settings import Settings
from lti_room.realtime import inbound, outbound
from lti_room.realtime.broadcast import Broadcast, Line
from lti_room.realtime.bus import Bus, Message, Topic
from lti_room.realtime.comings import Comings
from lti_room.realtime.connection import Connection, Live
from lti_room.realtime.errors import Ack, acknowledged, known, refusal
from lti_room.realtime.goodbyes import SENTENCES, Goodbye
from lti_room.realtime.hall import Hall
from lti_room.realtime.halls import Halls
from lti_room.realtime.handlers import Handlers
from lti_room.realtime.limits import OTHERS_PER_10_SECONDS, Bucket
from lti_room.realtime.names import NAMESPACE, ClientMessage, ServerMessage
from lti_room.realtime.presence import Presence, Row
from lti_room.realtime.renewal import renewal_time
from lti_room.realtime.signalling import Signalling
from lti_room.realtime.transport import ENVIRON_KEY
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.usecases.ticket import Ticket, TicketKind, Tickets

GOODBYE_SECONDS = 0.3
"""Between a `bye` and the end of the socket, so that the page has read it."""
CLOSING_SECONDS = 5.0
MEDIA_KEPT_SECONDS = 10.0
"""A page that only lost its socket goes on sending and receiving media for this long."""


@dataclass(frozen=True)
class Desk:
    """What the gateway works with."""

    settings: Settings
    clock: Clock
    server: socketio.Server
    broadcast: Broadcast
    tickets: Tickets
    halls: Halls
    presence: Presence
    comings: Comings
    signalling: Signalling
    bus: Bus


class Gateway(flask_socketio.Namespace):  # type: ignore[misc]  # the library has no types
    """Every page of this process."""

    def __init__(self, pages: dict[str, Connection]) -> None:
        super().__init__(NAMESPACE)
        self._pages = pages
        self._by_connection: dict[ConnectionId, Connection] = {}
        self._owed: list[Connection] = []

    def work_with(self, desk: Desk, handlers: Handlers) -> None:
        """Take the collaborators, some of which need this gateway themselves."""
        self._desk = desk
        self._handlers = handlers
        desk.bus.listen(Topic.LIVE, self._live_changed)
        desk.bus.listen(Topic.GOODBYE, self._goodbye)

    def trigger_event(self, event: object, *args: Any) -> Any:
        """Take one event of python-socketio: `connect`, `disconnect`, or a message with its payload.

        A client may call a message `connect` too, with an environment it made up. The real two events
        come while the client does not count as connected; a message comes only while it does.
        """
        sid, rest = args[0], args[1:]
        if self._desk.server.manager.is_connected(sid, NAMESPACE):
            return self._message(event, sid, rest)
        if event == "connect":
            return self._connect(sid, rest[0], rest[1] if len(rest) > 1 else None)
        return self._disconnect(sid, rest[0] if rest else None)

    def find(self, connection: ConnectionId) -> Connection | None:
        """Return a page of this process."""
        return self._by_connection.get(connection)

    def welcome(self, page: Connection, seen: inbound.Seen | None) -> None:
        """Send a page what it has to know. Raises what Redis raises."""
        hall = self._desk.halls.open(page.room)
        page.live = Live(*self._desk.presence.live_page(page.room, page.participant))
        if page.sid in self._pages and not page.dismissed:
            hall.welcome(page, seen)

    def dismiss(self, page: Connection, why: Goodbye) -> None:
        """Say goodbye to a page and end its socket a moment later; it is told and may ask nothing more."""
        if page.dismissed:
            return
        page.dismissed = True
        bye = {"code": why, "message": SENTENCES[why]}
        self._desk.broadcast.send([page.line], outbound.packet(ServerMessage.BYE, bye))
        hall = self._desk.halls.get(page.room)
        if hall:
            hall.leave(page)
        gevent.spawn_later(GOODBYE_SECONDS, self._end, page)

    def list_again(self) -> None:
        """Write every row again: this process had been taken for dead."""
        for page in list(self._pages.values()):
            self._desk.presence.arrive(page.room, page.row)
            if page.row.entered:
                self._desk.comings.enter(page.room, page.row)

    def settle(self) -> None:
        """Take pages off the lists that went while Redis was away."""
        owed, self._owed = self._owed, []
        for page in owed:
            self._gone(page, at_once=True)

    def close(self) -> None:
        """End every socket: the pages connect to another process. Their media goes on meanwhile."""
        pages = list(self._pages.values())
        self._pages.clear()
        for page in pages:
            self._end(page)
        leaving = [gevent.spawn(acknowledged, partial(self._leave_lists, page)) for page in pages]
        gevent.joinall(leaving, timeout=CLOSING_SECONDS)

    def _connect(self, sid: str, environ: Mapping[str, Any], auth: object) -> bool:
        try:
            page, seen = self._admit(sid, environ, inbound.hello(auth))
        except Exception as error:
            refused = known(error)
            raise Refusal(refused.message, {"code": refused.code, "message": refused.message}) from None
        self._pages[sid] = self._by_connection[page.id] = page
        if page.row.kind == "window":
            # The frame it came from must not take a window still at "Set devices" for a blocked one.
            self._desk.bus.publish(Topic.LIVE, page.room, participant=page.participant, window=True)
        gevent.spawn(self._first_welcome, page, seen)
        return True

    def _admit(
        self, sid: str, environ: Mapping[str, Any], hello: inbound.Hello
    ) -> tuple[Connection, inbound.Seen | None]:
        desk = self._desk
        if environ.get("HTTP_ORIGIN", "").lower() != desk.settings.public_url:
            raise AppError("origin_refused", "This address is not the room's own.")
        cookies = dict(parse_cookie(environ.get("HTTP_COOKIE", "")))
        ticket = desk.tickets.open(hello.ticket, kind=TicketKind.WORKING, cookies=cookies)
        hall = desk.halls.open(ticket.room)
        if hall.room.person(ticket.participant).removed:
            raise Refused(RefusalCode.REMOVED)
        hall.names.renew(ticket.participant)
        row = self._row(ticket, hello.connection)
        arrival = desk.presence.arrive(ticket.room, row)
        if arrival.is_back:
            fields = {"connection": row.connection, "socket": row.socket, "code": Goodbye.REPLACED}
            desk.bus.publish(Topic.GOODBYE, ticket.room, **fields)
        page = Connection(
            sid=sid,
            line=self._line(sid, environ),
            room=ticket.room,
            row=replace(row, entered=arrival.still_in),
            ticket=ticket,
            cookies=cookies,
            acts=Bucket(desk.settings.acts_per_10_seconds, desk.clock.now()),
            others=Bucket(OTHERS_PER_10_SECONDS, desk.clock.now()),
            renew_at=renewal_time(ticket),
            has_media=hello.seen is not None,
        )
        return page, hello.seen

    def _row(self, ticket: Ticket, connection: ConnectionId) -> Row:
        return Row(
            connection=connection,
            participant=ticket.participant,
            process=self._desk.presence.process,
            socket=new_id("k"),
            role=ticket.role,
            launch=ticket.launch,
            kind=ticket.page,
            since=self._desk.clock.now(),
        )

    def _line(self, sid: str, environ: Mapping[str, Any]) -> Line:
        server = self._desk.server
        engine = server.eio.sockets[server.manager.eio_sid_from_sid(sid, NAMESPACE)]
        return Line(engine, environ.get(ENVIRON_KEY))

    def _first_welcome(self, page: Connection, seen: inbound.Seen | None) -> None:
        try:
            self.welcome(page, seen)
        except Exception as error:
            known(error, **page.where)
            self._end(page)

    def _message(self, event: object, sid: str, payloads: tuple[object, ...]) -> Ack:
        page = self._pages.get(sid)
        if page is None or page.dismissed:
            return refusal(Refused(RefusalCode.NOT_ALLOWED))

        def work() -> Mapping[str, Any]:
            if len(payloads) > 1 or event not in set(ClientMessage):
                raise inbound.BadMessage("message")
            hall: Hall = self._desk.halls.open(page.room)
            payload = payloads[0] if payloads else None
            return self._handlers.handle(ClientMessage(str(event)), page, hall, payload)

        return acknowledged(work, **page.where)

    def _disconnect(self, sid: str, reason: object) -> None:
        page = self._pages.pop(sid, None)
        if page is None:
            return
        page.line.look()
        if self._by_connection.get(page.id) is page:
            del self._by_connection[page.id]
        hall = self._desk.halls.get(page.room)
        if hall:
            hall.leave(page)
        by_choice = page.dismissed or reason == self._desk.server.reason.CLIENT_DISCONNECT
        gevent.spawn(self._gone, page, by_choice)

    def _gone(self, page: Connection, at_once: bool) -> None:
        try:
            if not self._desk.comings.gone(page):
                return
            if not at_once:
                gevent.sleep(MEDIA_KEPT_SECONDS)
            if at_once or not self._desk.presence.is_listed(page.room, page.id):
                self._desk.signalling.close(page)
        except Exception as error:
            if known(error, **page.where).code == "store_unavailable":
                self._owed.append(page)

    def _leave_lists(self, page: Connection) -> Mapping[str, Any]:
        self._desk.comings.gone(page)
        return {}

    def _end(self, page: Connection) -> None:
        server = self._desk.server
        server.disconnect(page.sid, namespace=NAMESPACE)
        page.line.engine.close(wait=False)

    def _live_changed(self, message: Message) -> None:
        hall = self._desk.halls.get(message["room"])
        whose = (message["room"], message["participant"])
        pages = [page for page in self._pages.values() if (page.room, page.participant) == whose]
        if not hall or not pages:
            return
        live = Live(*self._desk.presence.live_page(hall.id, pages[0].participant))
        for page in pages:
            was_live, page.live = page.is_live, live
            if was_live and not page.is_live:
                gevent.spawn(self._close_media, page)
        told = hall.pages_of(pages[0].participant)
        opened = {"window": True} if message.get("window") else {}
        hall.tell(told, ServerMessage.LIVE, {"connection": live.connection, "kind": live.kind, **opened})

    def _close_media(self, page: Connection) -> None:
        try:
            self._desk.signalling.close(page)
        except Exception as error:
            known(error, **page.where)

    def _goodbye(self, message: Message) -> None:
        for page in list(self._pages.values()):
            if page.room == message["room"] and _is_meant(message, page):
                self.dismiss(page, Goodbye(message["code"]))


def _is_meant(message: Message, page: Connection) -> bool:
    if "connection" in message:
        return bool(page.id == message["connection"] and page.row.socket != message["socket"])
    return bool((page.participant, page.row.launch) == (message["participant"], message["launch"]))
