"""Media signalling between pages and the media server. Only the live page may publish and subscribe."""

from collections.abc import Callable
from typing import Any

import gevent

from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId
from lti_room.base.log import logger
from lti_room.media.backend import (
    Endpoint,
    EndpointClosed,
    LayersWanted,
    MediaBackend,
    MediaErrorCode,
    MediaEvent,
    MediaLost,
    PicturesPaused,
    Speaking,
    SubscribeOffer,
    View,
)
from lti_room.realtime.connection import Connection
from lti_room.realtime.errors import known
from lti_room.realtime.hall import Hall
from lti_room.realtime.halls import Halls
from lti_room.realtime.inbound import Answer, CloseMedia, Publish, Signal, Subscribe
from lti_room.realtime.media_pages import MediaPages
from lti_room.realtime.names import ServerMessage
from lti_room.realtime.presence import Presence
from lti_room.usecases.follow import Follow

Find = Callable[[ConnectionId], Connection | None]
log = logger("realtime.signalling")


class Signalling:
    """Passes offers and answers on, and what the media server says back to the pages."""

    def __init__(
        self,
        media: MediaBackend,
        halls: Halls,
        presence: Presence,
        follow: Follow,
        find: Find,
        media_pages: MediaPages,
    ) -> None:
        self._media = media
        self._halls = halls
        self._presence = presence
        self._follow = follow
        self._find = find
        self._media_pages = media_pages

    def handle(self, page: Connection, signal: Signal) -> dict[str, Any]:
        """Answer one message of a page.

        Raises:
            AppError: `media_not_granted` for a page that is not the live one, or a MediaError of the backend.
        """
        match signal:
            case CloseMedia():
                self.close(page)
                return {}
            case Publish(sdp, sources):
                self._need_live(page)
                return {"sdp": self._media.publish(page.endpoint, sdp, sources)}
            case Subscribe():
                self._need_live(page)
                self._media.subscribe(page.endpoint)
                return {}
            case Answer(number, sdp):
                self._need_live(page)
                self._media.answer(page.endpoint, number, sdp)
                return {}
            case View():
                self._need_live(page)
                self._media.view(page.endpoint, signal)
                return {}

    def close(self, page: Connection) -> None:
        """Close a page's peer connections, if it ever asked for any."""
        if page.has_media:
            page.has_media = False
            self._close(page.endpoint)

    def close_abandoned(self, hall: Hall) -> None:
        """Close the peer connections of pages that lost their process and did not come back."""
        for page in self._media_pages.look(hall.id):
            self._close(page)

    def _close(self, page: Endpoint) -> None:
        self._media.close(page)
        self._media_pages.remove(page)

    def run(self) -> None:
        """Relay the media server's events, for ever."""
        while True:
            try:
                self._media.run(self._take)
            except Exception as error:
                known(error)
            gevent.sleep(1)

    def _need_live(self, page: Connection) -> None:
        if self._presence.live_page(page.room, page.participant)[0] != page.id:
            raise AppError(MediaErrorCode.NOT_GRANTED, "Another page of yours is the live one.")
        page.has_media = True
        self._media_pages.add(page.endpoint)

    def _take(self, event: MediaEvent) -> None:
        match event:
            case SubscribeOffer():
                self._offer(event)
            case Speaking():
                self._speaking(event)
            case EndpointClosed(connection=connection, which=which, reason=reason):
                self._tell(connection, {"do": "closed", "which": which, "reason": reason})
            case LayersWanted(connection=connection, active=active):
                wanted = {source.value: list(rids) for source, rids in active.items()}
                self._tell(connection, {"do": "layers", "active": wanted})
            case PicturesPaused(connection=connection, tiles=tiles, weak=weak):
                names = sorted(f"{participant}/{source}" for participant, source in tiles)
                self._tell(connection, {"do": "paused", "tiles": names, "weak": weak})
            case MediaLost(worker=worker):
                self._restart(worker)

    def _offer(self, offer: SubscribeOffer) -> None:
        tracks = {mid: {"participant": who, "source": source} for mid, (who, source) in offer.tracks.items()}
        self._tell(
            offer.connection, {"do": "offer", "number": offer.number, "sdp": offer.sdp, "tracks": tracks}
        )

    def _tell(self, connection: ConnectionId, payload: dict[str, Any]) -> None:
        page = self._find(connection)
        hall = page and self._halls.get(page.room)
        if page and hall:
            hall.tell([page], ServerMessage.MEDIA, payload)

    def _speaking(self, event: Speaking) -> None:
        hall = self._halls.get(event.room)
        if hall and hall.speaking != event.participants:
            hall.speaking = event.participants
            hall.tell_all(ServerMessage.SPEAKING, {"participants": event.participants})

    def _restart(self, worker: str) -> None:
        """The grants go first: a page that publishes at once must find them in force."""
        self._follow.give_again(worker)
        for room in self._media.lost_rooms(worker):
            hall = self._halls.get(room)
            if hall:
                pages = [page for page in hall.pages if page.has_media]
                hall.tell(pages, ServerMessage.MEDIA, {"do": "restart"})
