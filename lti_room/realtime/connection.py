"""One connected page, as its own process knows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.media.backend import Endpoint
from lti_room.realtime.broadcast import Line
from lti_room.realtime.limits import Bucket
from lti_room.realtime.presence import Row
from lti_room.rooms.commands import Actor
from lti_room.rooms.roles import Role
from lti_room.usecases.ticket import Ticket


@dataclass(frozen=True)
class Live:
    """Which of a participant's pages plays and may publish, if any. `kind`: `tab` or `window`."""

    connection: ConnectionId | None = None
    kind: str = "tab"


@dataclass(eq=False, kw_only=True)
class Connection:
    """A page's socket and what was decided about it. `role` is the one whose audiences it is in just now."""

    sid: str
    line: Line
    room: RoomId
    row: Row
    ticket: Ticket
    cookies: Mapping[str, str]
    acts: Bucket
    others: Bucket
    renew_at: float
    role: Role = Role.ATTENDEE
    live: Live = field(default_factory=Live)
    has_media: bool = False
    dismissed: bool = False

    @property
    def id(self) -> ConnectionId:
        """The page load this socket belongs to."""
        return self.row.connection

    @property
    def participant(self) -> ParticipantId:
        """Whose page it is."""
        return self.row.participant

    @property
    def actor(self) -> Actor:
        """Who gives this page's commands."""
        return Actor(self.row.participant, self.row.role)

    @property
    def is_live(self) -> bool:
        """Whether this page is its participant's live one, as far as this process has heard."""
        return self.live.connection == self.row.connection

    @property
    def endpoint(self) -> Endpoint:
        """The page as media sees it."""
        return Endpoint(self.room, self.row.participant, self.row.connection)

    @property
    def where(self) -> dict[str, str]:
        """The ids of a log line."""
        return {"room": self.room, "participant": self.row.participant, "connection": self.row.connection}
