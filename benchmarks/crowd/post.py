"""The web side's part for many clients in one process: commands as the room sends them, events by page."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lti_room.base.ids import ConnectionId, RoomId
from lti_room.base.redis_client import connect
from lti_room.media.backend import EndpointClosed, LayersWanted, MediaEvent, Speaking, SubscribeOffer
from lti_room.media.sfu import messages
from lti_room.media.sfu.backend import SfuBackend

ForPage = SubscribeOffer | EndpointClosed | LayersWanted


class Post:
    """A backend whose events go to the page they are for, in a thread of its own."""

    def __init__(self, redis_url: str, name: str) -> None:
        self._redis = connect(redis_url)
        self.backend = SfuBackend(self._redis, redis_url, name)
        self._pages: dict[ConnectionId, Callable[[ForPage], None]] = {}
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def listen(self, page: ConnectionId, heard: Callable[[ForPage], None]) -> None:
        """Hand a page's events to `heard`, in this post's thread."""
        self._pages[page] = heard

    def forget(self, page: ConnectionId) -> None:
        """A page is gone."""
        self._pages.pop(page, None)

    def close(self) -> None:
        """End the thread: the next event finds a sink that gives up."""
        self._ended = True
        bait = messages.encode_event(Speaking(RoomId("r_end"), ()))
        workers: Any = self._redis.hkeys(messages.WORKERS_KEY)
        for worker in workers:
            self._redis.xadd(messages.outbox(bytes(worker).decode()), {messages.FIELD: bait})
        self._thread.join(2.0)
        self._redis.close()

    def _run(self) -> None:
        with suppress(SystemExit):
            self.backend.run(self._take)

    def _take(self, event: MediaEvent) -> None:
        if self._ended:
            raise SystemExit
        heard = self._pages.get(event.connection) if isinstance(event, ForPage) else None
        if heard is not None and isinstance(event, ForPage):
            heard(event)
