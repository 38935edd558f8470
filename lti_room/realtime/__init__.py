"""The live side of a room: Socket.IO in and out. `PROTOCOL.md` says what travels."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event

import flask
import flask_socketio
import gevent
import socketio as socketio_library

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis, connect_tail
from lti_room.base.settings import Settings
from lti_room.media.backend import MediaBackend
from lti_room.realtime import broadcast, door
from lti_room.realtime.bus import Bus
from lti_room.realtime.comings import Comings
from lti_room.realtime.connection import Connection
from lti_room.realtime.gateway import Desk, Gateway
from lti_room.realtime.hall import House
from lti_room.realtime.halls import Halls
from lti_room.realtime.handlers import Handlers
from lti_room.realtime.limits import ParticipantLimit
from lti_room.realtime.media_pages import MediaPages
from lti_room.realtime.presence import Presence
from lti_room.realtime.renewal import TicketRenewal
from lti_room.realtime.rhythm import Rhythm
from lti_room.realtime.signalling import Signalling
from lti_room.realtime.tail import Tail
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.act import Act
from lti_room.usecases.chat import Chat
from lti_room.usecases.follow import Follow, Stop
from lti_room.usecases.grading.attendance import Attendance
from lti_room.usecases.handoff import Handoff
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.sweep import Sweep
from lti_room.usecases.ticket import Tickets


@dataclass(frozen=True, kw_only=True)
class RealtimeDeps:
    """What the live side works with."""

    settings: Settings
    redis_url: str
    redis: Redis
    clock: Clock
    process: str
    store: RoomStore
    act: Act
    attendance: Attendance
    chat: Chat
    people: People
    launches: Launches
    tickets: Tickets
    handoff: Handoff
    media: MediaBackend
    beside: tuple[Callable[[Stop], None], ...] = ()
    """What else runs in each web process until it stops."""


class Realtime:
    """The live side of one web process."""

    def __init__(
        self,
        socketio: flask_socketio.SocketIO,
        process: str,
        begin: Callable[[], None],
        loops: list[Callable[[], None]],
        end: Callable[[], None],
    ) -> None:
        self.socketio = socketio
        self.process = process
        self._begin = begin
        self._loops = loops
        self._end = end
        self._greenlets: list[gevent.Greenlet[[], None]] = []

    def start(self) -> None:
        """Begin to follow rooms, beat, sweep and relay media events, each in a greenlet."""
        self._begin()
        self._greenlets = [gevent.spawn(loop) for loop in self._loops]

    def stop(self) -> None:
        """Send the pages to other processes and stop."""
        self._end()
        gevent.killall(self._greenlets, timeout=1)


def attach(app: flask.Flask, deps: RealtimeDeps) -> Realtime:
    """Put the socket on an app. Nothing runs before `Realtime.start`."""
    pages = dict[str, Connection]()
    socketio = door.open_door(app, deps.settings)
    gateway = Gateway(pages)
    tail = Tail(connect_tail(deps.redis_url), deps.redis, deps.process)
    follow = Follow(deps.redis, deps.redis_url, deps.store, deps.media, deps.process)
    desk = _desk(deps, socketio.server, gateway, tail, follow)
    gateway.work_with(desk, _handlers(deps, desk, gateway))
    socketio.on_namespace(gateway)
    sweep = Sweep(deps.redis, deps.store, deps.act, desk.comings, deps.clock, deps.settings, deps.process)
    renewal = TicketRenewal(socketio.server, deps.handoff, deps.tickets, deps.clock, gateway.dismiss)
    rhythm = Rhythm(
        deps.settings, desk.halls, desk.bus, desk.presence, desk.signalling, gateway, renewal, pages
    )
    stop = Event()

    def begin() -> None:
        desk.presence.beat()
        desk.bus.start()

    def end() -> None:
        stop.set()
        gateway.close()
        desk.presence.farewell()
        tail.stop()

    endless: list[Callable[[Stop], None]] = [follow.run, sweep.run, *deps.beside]
    loops: list[Callable[[], None]] = [tail.run, desk.signalling.run]
    loops += [partial(run, stop) for run in endless]
    return Realtime(socketio, deps.process, begin, [*loops, *rhythm.loops()], end)


def _desk(
    deps: RealtimeDeps, server: socketio_library.Server, gateway: Gateway, tail: Tail, follow: Follow
) -> Desk:
    sender = broadcast.choose()
    presence = Presence(deps.redis, deps.clock, deps.settings, deps.process)
    bus = Bus(deps.redis, tail)
    house = House(deps.settings, deps.clock, sender, deps.process, gateway.dismiss)
    halls = Halls(house, tail, deps.store, deps.chat, deps.people, deps.launches, presence)
    return Desk(
        settings=deps.settings,
        clock=deps.clock,
        server=server,
        broadcast=sender,
        tickets=deps.tickets,
        halls=halls,
        presence=presence,
        comings=_comings(deps, presence, bus),
        signalling=Signalling(
            deps.media, halls, presence, follow, gateway.find, MediaPages(deps.redis, presence)
        ),
        bus=bus,
    )


def _comings(deps: RealtimeDeps, presence: Presence, bus: Bus) -> Comings:
    return Comings(
        deps.redis, deps.clock, deps.store, deps.launches, presence, bus, deps.act, deps.attendance
    )


def _handlers(deps: RealtimeDeps, desk: Desk, gateway: Gateway) -> Handlers:
    settings = deps.settings

    def limit(kind: str, most: int) -> ParticipantLimit:
        return ParticipantLimit(deps.redis, deps.clock, kind, most)

    return Handlers(
        settings=settings,
        clock=deps.clock,
        act_in=deps.act,
        chat_of=deps.chat,
        handoff=deps.handoff,
        presence=desk.presence,
        comings=desk.comings,
        signalling=desk.signalling,
        bus=desk.bus,
        chat_limit=limit("chat", settings.chats_per_10_seconds),
        reaction_limit=limit("react", settings.reactions_per_10_seconds),
        welcome=gateway.welcome,
    )
