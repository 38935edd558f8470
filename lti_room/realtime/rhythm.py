"""What happens without being asked for: heartbeats, batched lists and reactions, ticket renewals."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import gevent

from lti_room.base.ids import ParticipantId
from lti_room.base.settings import Settings
from lti_room.realtime import outbound
from lti_room.realtime.bus import Bus, Message, Topic
from lti_room.realtime.connection import Connection
from lti_room.realtime.errors import known
from lti_room.realtime.gateway import Gateway
from lti_room.realtime.hall import Hall
from lti_room.realtime.halls import Halls
from lti_room.realtime.names import ServerMessage
from lti_room.realtime.presence import Presence
from lti_room.realtime.renewal import TicketRenewal
from lti_room.realtime.signalling import Signalling

T = TypeVar("T")

OUT_SECONDS = 0.25
IN_SECONDS = 0.5
LOOK_SECONDS = 1.0
IDLE_SECONDS = 10.0


class Rhythm:
    """The loops of a process."""

    def __init__(
        self,
        settings: Settings,
        halls: Halls,
        bus: Bus,
        presence: Presence,
        signalling: Signalling,
        gateway: Gateway,
        renewal: TicketRenewal,
        pages: dict[str, Connection],
    ) -> None:
        self._settings = settings
        self._halls = halls
        self._bus = bus
        self._presence = presence
        self._signalling = signalling
        self._gateway = gateway
        self._renewal = renewal
        self._pages = pages
        bus.listen(Topic.REACTIONS, self._reacted)
        bus.listen(Topic.ROSTER, self._came_or_went)

    def loops(self) -> list[Callable[[], None]]:
        """Return what to run, each in a greenlet of its own."""
        beat = self._settings.process_beat_seconds
        each_page: Callable[[], Iterable[Connection]] = lambda: list(self._pages.values())  # noqa: E731
        return [
            lambda: _every(OUT_SECONDS, self._halls.__iter__, self._send_reactions),
            lambda: _every(IN_SECONDS, self._halls.__iter__, self._tell_batches),
            lambda: _every(LOOK_SECONDS, each_page, self._renewal.look_at),
            lambda: _every(IDLE_SECONDS, lambda: [self._halls], Halls.close_idle),
            lambda: _every(beat, lambda: [self._presence], self._beat),
            lambda: _every(beat, self._halls.__iter__, self._signalling.close_abandoned),
        ]

    def _beat(self, presence: Presence) -> None:
        if presence.beat():
            self._gateway.list_again()
        self._gateway.settle()
        for hall in self._halls:
            hall.roster.stale = True

    def _send_reactions(self, hall: Hall) -> None:
        taken = hall.own_reactions.take()
        if taken:
            self._bus.publish(Topic.REACTIONS, hall.id, items=taken)

    def _tell_batches(self, hall: Hall) -> None:
        taken = hall.heard_reactions.take()
        if taken:
            hall.names.need(ParticipantId(who) for one in taken for who in one["senders"])
            hall.tell_all(ServerMessage.REACTIONS, outbound.reactions(taken, hall.names))
        if hall.roster.stale:
            change = self._halls.refresh_roster(hall)
            if change is not None:
                hall.tell_all(ServerMessage.ROSTER, change)

    def _reacted(self, message: Message) -> None:
        hall = self._halls.get(message["room"])
        if hall:
            for one in message["items"]:
                hall.heard_reactions.add(one["emoji"], one["count"], one["senders"])

    def _came_or_went(self, message: Message) -> None:
        hall = self._halls.get(message["room"])
        if hall:
            hall.roster.stale = True


def _every(seconds: float, things: Callable[[], Iterable[T]], work: Callable[[T], None]) -> None:
    while True:
        gevent.sleep(seconds)
        for thing in things():
            try:
                work(thing)
            except Exception as error:  # one room's trouble must not stop the rhythm of the others
                known(error)
