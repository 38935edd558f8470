"""`MediaBackend` for installations without a media server: rooms work, nobody is seen or heard."""

from collections.abc import Callable, Mapping
from threading import Event

from lti_room.base.ids import RoomId
from lti_room.media.backend import (
    Endpoint,
    GrantTable,
    MediaError,
    MediaErrorCode,
    MediaEvent,
    MediaSource,
    View,
)


class SilentBackend:
    """Keeps the newest grants of each room, refuses to publish, and never has anything to tell."""

    def __init__(self) -> None:
        self.tables: dict[RoomId, GrantTable] = {}

    def grant(self, table: GrantTable) -> None:
        """Keep a table unless a newer one is kept."""
        kept = self.tables.get(table.room)
        if kept is None or kept.version <= table.version:
            self.tables[table.room] = table

    def publish(self, who: Endpoint, sdp: str, sources: Mapping[str, MediaSource]) -> str:
        """Refuse.

        Raises:
            MediaError: always, `media_unreachable`.
        """
        raise MediaError(MediaErrorCode.UNREACHABLE, "This installation has no sound and video.")

    def subscribe(self, who: Endpoint) -> None:
        """Do nothing: no offer follows."""

    def answer(self, who: Endpoint, number: int, sdp: str) -> None:
        """Do nothing: there was no offer."""

    def view(self, who: Endpoint, view: View) -> None:
        """Do nothing: nothing is sent."""

    def close(self, who: Endpoint) -> None:
        """Do nothing: nothing is open."""

    def lost_rooms(self, worker: str) -> tuple[RoomId, ...]:
        """Return nothing: there are no workers."""
        return ()

    def run(self, sink: Callable[[MediaEvent], None]) -> None:
        """Wait for ever."""
        Event().wait()
