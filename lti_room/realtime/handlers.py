"""What each client message does: a handler returns the fields of its acknowledgement or raises AppError."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId
from lti_room.base.settings import Settings
from lti_room.realtime import inbound
from lti_room.realtime.bus import Bus, Topic
from lti_room.realtime.comings import Comings
from lti_room.realtime.connection import Connection
from lti_room.realtime.goodbyes import Goodbye
from lti_room.realtime.hall import Hall
from lti_room.realtime.limits import ParticipantLimit, TooFast
from lti_room.realtime.names import ClientMessage
from lti_room.realtime.presence import Presence
from lti_room.realtime.signalling import Signalling
from lti_room.rooms.commands import Depart
from lti_room.rooms.model import Room
from lti_room.rooms.policy import role_of
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.schedule import may_enter
from lti_room.usecases.act import Act
from lti_room.usecases.chat import Chat
from lti_room.usecases.handoff import Handoff

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Handlers:
    """One method per client message, all with the page, its hall and the payload as it came."""

    settings: Settings
    clock: Clock
    act_in: Act
    chat_of: Chat
    handoff: Handoff
    presence: Presence
    comings: Comings
    signalling: Signalling
    bus: Bus
    chat_limit: ParticipantLimit
    reaction_limit: ParticipantLimit
    welcome: Callable[[Connection, inbound.Seen | None], None]

    def handle(self, message: ClientMessage, page: Connection, hall: Hall, payload: object) -> Answer:
        """Do what a message asks.

        Raises:
            AppError: refused; the code says why.
        """
        bucket = page.acts if message is ClientMessage.ACT else page.others
        if not bucket.take(self.clock.now()):
            raise TooFast
        return _HANDLERS[message](self, page, hall, payload)

    def _enter(self, page: Connection, hall: Hall, payload: object) -> Answer:
        phone = inbound.enter(payload)
        if hall.room.person(page.participant).removed:
            raise Refused(RefusalCode.REMOVED)
        self._need_open(page, hall.room)
        row = replace(page.row, entered=True, phone=phone)
        entered = self.comings.enter(page.room, row)
        page.row = row
        return {"live": entered.live}

    def _need_open(self, page: Connection, room: Room) -> None:
        """Who is in stays in, also when a host moves the start while the room is being used."""
        role = role_of(room, page.actor)
        if not page.row.entered and not may_enter(room.schedule, role, self.clock.now()):
            raise Refused(RefusalCode.NOT_OPEN_YET, opens_at=room.schedule.opens_at)

    def _act(self, page: Connection, hall: Hall, payload: object) -> Answer:
        asked = inbound.act(payload)
        _need_entered(page)
        target = getattr(asked.command, "target", None)
        role = self.presence.role_of(page.room, target) if target else None
        try:
            done = self.act_in.do(
                page.room, page.actor, asked.command, f"{page.participant}:{asked.id}", role
            )
        except Refused as refused:
            raise _with_name(refused, hall) from None
        return {"v": done.recorded[-1].version if done.recorded else hall.room.version}

    def _leave(self, page: Connection, hall: Hall, payload: object) -> Answer:
        inbound.nothing(payload)
        if page.row.entered and hall.room.session is not None:
            self.act_in.do(page.room, page.actor, Depart(page.participant))
        self.handoff.leave(page.row.launch)
        fields = {"participant": page.participant, "launch": page.row.launch, "code": Goodbye.LEFT}
        self.bus.publish(Topic.GOODBYE, page.room, **fields)
        return {}

    def _sync(self, page: Connection, hall: Hall, payload: object) -> Answer:
        self.welcome(page, inbound.seen(payload))
        return {}

    def _chat(self, page: Connection, hall: Hall, payload: object) -> Answer:
        said = inbound.chat(payload, self.settings.chat_characters)
        _need_entered(page)
        _need_not_removed(page, hall)
        self.chat_limit.check(page.room, page.participant)
        return {"seq": self.chat_of.post(page.room, page.participant, said.text, said.id)}

    def _react(self, page: Connection, hall: Hall, payload: object) -> Answer:
        emoji = inbound.reaction(payload)
        _need_entered(page)
        _need_not_removed(page, hall)
        self.reaction_limit.check(page.room, page.participant)
        hall.own_reactions.add(emoji, 1, [page.participant])
        return {}

    def _roster(self, page: Connection, hall: Hall, payload: object) -> Answer:
        asked = inbound.roster(payload)
        return hall.roster.page(asked.page) if asked.search is None else hall.roster.search(asked.search)

    def _media(self, page: Connection, hall: Hall, payload: object) -> Answer:
        signal = inbound.media(payload)
        _need_entered(page)
        _need_not_removed(page, hall)
        return self.signalling.handle(page, signal)

    def _use_this(self, page: Connection, hall: Hall, payload: object) -> Answer:
        inbound.nothing(payload)
        _need_entered(page)
        self.comings.use(page)
        return {}

    def _window(self, page: Connection, hall: Hall, payload: object) -> Answer:
        self.handoff.announce_window(page.ticket, inbound.window(payload))
        return {}


def _need_entered(page: Connection) -> None:
    if not page.row.entered:
        raise AppError(RefusalCode.NOT_ALLOWED, "Enter the room first.")


def _need_not_removed(page: Connection, hall: Hall) -> None:
    if hall.room.person(page.participant).removed:
        raise Refused(RefusalCode.REMOVED)


def _with_name(refused: Refused, hall: Hall) -> AppError:
    """Return a refusal that says who was first by name, not by id."""
    by = refused.details.get("by")
    if not isinstance(by, str):
        return refused
    first = ParticipantId(by)
    hall.names.need([first])
    return AppError(refused.code, refused.message, {**refused.details, "by": hall.names.of(first)})


_HANDLERS: Mapping[ClientMessage, Callable[[Handlers, Connection, Hall, object], Answer]] = {
    ClientMessage.ACT: Handlers._act,
    ClientMessage.ENTER: Handlers._enter,
    ClientMessage.LEAVE: Handlers._leave,
    ClientMessage.SYNC: Handlers._sync,
    ClientMessage.CHAT: Handlers._chat,
    ClientMessage.REACT: Handlers._react,
    ClientMessage.ROSTER: Handlers._roster,
    ClientMessage.MEDIA: Handlers._media,
    ClientMessage.USE_THIS: Handlers._use_this,
    ClientMessage.WINDOW: Handlers._window,
}
