"""The web side's part for many clients in one asyncio process: commands in threads, offers as they come."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

from lti_room.base.ids import ConnectionId
from lti_room.base.redis_client import connect
from lti_room.media.backend import EndpointClosed, MediaEvent, SubscribeOffer
from lti_room.media.sfu.backend import SfuBackend

Heard = Callable[[SubscribeOffer | EndpointClosed], None]


class Post:
    """A backend whose events go to the page they are for, in the loop's thread."""

    def __init__(self, redis_url: str, name: str) -> None:
        self.backend = SfuBackend(connect(redis_url), redis_url, name)
        self._loop = asyncio.get_running_loop()
        self._pages: dict[ConnectionId, Heard] = {}
        threading.Thread(target=self._run, daemon=True).start()

    def listen(self, page: ConnectionId, heard: Heard) -> None:
        """Hand a page's events to `heard`."""
        self._pages[page] = heard

    def forget(self, page: ConnectionId) -> None:
        """A page is gone."""
        self._pages.pop(page, None)

    def _run(self) -> None:
        self.backend.run(self._take)

    def _take(self, event: MediaEvent) -> None:
        if isinstance(event, SubscribeOffer | EndpointClosed) and event.connection in self._pages:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._hand_over, event)

    def _hand_over(self, event: SubscribeOffer | EndpointClosed) -> None:
        heard = self._pages.get(event.connection)
        if heard is not None:
            heard(event)
