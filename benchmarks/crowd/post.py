"""The web side's part for many clients in one process: commands as the room sends them, events by page."""

import threading
from collections.abc import Callable

from lti_room.base.ids import ConnectionId
from lti_room.base.redis_client import connect
from lti_room.media.backend import EndpointClosed, LayersWanted, MediaEvent, SubscribeOffer
from lti_room.media.sfu.backend import SfuBackend

ForPage = SubscribeOffer | EndpointClosed | LayersWanted


class Post:
    """A backend whose events go to the page they are for, in a thread of its own."""

    def __init__(self, redis_url: str, name: str) -> None:
        self.backend = SfuBackend(connect(redis_url), redis_url, name)
        self._pages: dict[ConnectionId, Callable[[ForPage], None]] = {}
        threading.Thread(target=self.backend.run, args=(self._take,), daemon=True).start()

    def listen(self, page: ConnectionId, heard: Callable[[ForPage], None]) -> None:
        """Hand a page's events to `heard`, in this post's thread."""
        self._pages[page] = heard

    def forget(self, page: ConnectionId) -> None:
        """A page is gone."""
        self._pages.pop(page, None)

    def _take(self, event: MediaEvent) -> None:
        heard = self._pages.get(event.connection) if isinstance(event, ForPage) else None
        if heard is not None and isinstance(event, ForPage):
            heard(event)
