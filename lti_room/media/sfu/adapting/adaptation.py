"""The pictures of a room: what each subscriber gets, and what follows from that for the publishers."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from lti_room.base.ids import ConnectionId, ParticipantId
from lti_room.media.backend import MediaEvent, View
from lti_room.media.sfu.adapting.prices import Prices
from lti_room.media.sfu.adapting.viewer import Line, Viewer
from lti_room.media.sfu.adapting.wishes import Wishes
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.publishing.uplink import Uplink

ADAPT_SECONDS: Final = 0.1


class Adaptation:
    """The viewers of one room. `emit` takes what pages have to be told."""

    def __init__(self, emit: Callable[[MediaEvent], None]) -> None:
        self._emit = emit
        self._viewers: dict[ConnectionId, Viewer] = {}
        self._prices = Prices()
        self._wishes = Wishes()
        self._loudest: ParticipantId | None = None

    def join(self, line: Line) -> None:
        """Take a subscriber: every picture comes in its lowest layer until its page says what it shows."""
        self._viewers[line.who.connection] = Viewer(line, self._prices, self._wishes, self._emit)

    def leave(self, line: Line) -> None:
        """Forget a subscriber, unless its page has subscribed again meanwhile."""
        viewer = self._viewers.get(line.who.connection)
        if viewer is not None and viewer.line is line:
            del self._viewers[line.who.connection]
            viewer.leave()

    def show(self, connection: ConnectionId, view: View) -> None:
        """Take what a page shows."""
        viewer = self._viewers.get(connection)
        if viewer is not None:
            viewer.show(view)

    def offer(self, tracks: Collection[Track]) -> None:
        """Take the tracks there are now, and whether they are open."""
        self._prices.offer(tracks)
        for viewer in self._viewers.values():
            viewer.keep_only(tracks)

    def published(self, uplink: Uplink) -> None:
        """A page publishes, perhaps anew: it is told what is watched."""
        self._wishes.published(uplink.who.connection)

    def tick(self, uplinks: Iterable[Uplink], loudest: ParticipantId | None, now: float) -> None:
        """Every 100 ms."""
        self._prices.refresh(now)
        if loudest != self._loudest:
            self._loudest = loudest
            for viewer in self._viewers.values():
                viewer.changed = viewer.changed or viewer.limited
        for viewer in self._viewers.values():
            viewer.tick(now, loudest)
        for wanted in self._wishes.tick(uplinks, now):
            self._emit(wanted)
