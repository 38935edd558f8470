"""One room as its worker knows it: who publishes, who receives, and what the newest grant table allows."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.log import logger
from lti_room.media.backend import (
    Endpoint,
    EndpointClosed,
    GrantRow,
    GrantTable,
    MediaEvent,
    MediaSource,
    Speaking,
    SubscribeOffer,
    View,
)
from lti_room.media.sfu.adapting.adaptation import Adaptation
from lti_room.media.sfu.adapting.speaker import Speakers
from lti_room.media.sfu.adapting.voices import Voices
from lti_room.media.sfu.forwarding.layer import Layer, Surroundings
from lti_room.media.sfu.publishing.uplink import Track, Uplink
from lti_room.media.sfu.sdp.common import Transport
from lti_room.media.sfu.sdp.publish import check_sources, read_publish_offer, write_publish_answer
from lti_room.media.sfu.subscribing.downlink import Downlink
from lti_room.media.sfu.subscribing.flow import flowing
from lti_room.media.sfu.transport.peer import Ground, Peer

UNGRANTED_SECONDS: Final = 30.0
"""How long a publisher may wait for its grant, or stay after losing it, before its connection is closed."""

_NOTHING: Final = GrantRow()
_SILENT_REASONS: Final = frozenset({"closed", "replaced", "left"})
"""Closings the page knows of or caused itself: it is not told."""

_log = logger("media.room")


class RoomGround(Protocol):
    """What a room stands on: shared by all rooms of the worker."""

    ground: Ground
    around: Surroundings

    def announce(self, peer: Peer) -> Transport: ...


class MediaRoom:
    """A room's endpoints. All methods run on the worker's loop."""

    def __init__(self, room: RoomId, stands_on: RoomGround, emit: Callable[[MediaEvent], None]) -> None:
        self.id = room
        self._on = stands_on
        self._emit = emit
        self._grants = GrantTable(room, -1)
        self._uplinks: dict[ConnectionId, Uplink] = {}
        self._downlinks: dict[ConnectionId, Downlink] = {}
        self._shown: dict[Track, Uplink] = {}
        self._flowing: dict[Track, list[Layer]] = {}
        self._speakers = Speakers()
        self._voices = Voices()
        self._adaptation = Adaptation(emit)
        self._ungranted_since: dict[Uplink, float] = {}

    @property
    def empty(self) -> bool:
        """Whether nobody is connected."""
        return not self._uplinks and not self._downlinks

    @property
    def peers(self) -> int:
        """How many peer connections there are."""
        return len(self._uplinks) + len(self._downlinks)

    @property
    def grants_version(self) -> int:
        """The version of the grants in force; -1 before the first table."""
        return self._grants.version

    def grant(self, table: GrantTable) -> None:
        """Put a table in force, unless a newer one is."""
        if table.version < self._grants.version:
            return
        self._grants = table
        for uplink in list(self._uplinks.values()):
            uplink.apply(self._row(uplink.who.participant))
            self._silence_closed(uplink)
        self._show_tracks()
        for end in self._ends():
            if not self._row(end.who.participant).receive:
                end.peer.close("removed")

    def publish(self, who: Endpoint, sdp: str, sources: Mapping[str, MediaSource]) -> str:
        """Answer a publish offer. The participant's earlier uplink, on this page or another, is replaced.

        Raises:
            MediaError: `media_bad_sdp`.
        """
        offer = read_publish_offer(sdp)
        check_sources(offer, sources)
        for uplink in [each for each in self._uplinks.values() if each.who.participant == who.participant]:
            uplink.peer.close("replaced" if uplink.who.connection == who.connection else "taken_over")
        uplink = Uplink(who, offer, sources, self._on.ground, self._on.around, self)
        self._uplinks[who.connection] = uplink
        uplink.apply(self._row(who.participant))
        self._adaptation.published(uplink)
        return write_publish_answer(offer, self._on.announce(uplink.peer))

    def subscribe(self, who: Endpoint) -> None:
        """Start to offer the room to a page; an earlier downlink of the page is replaced."""
        if who.connection in self._downlinks:
            self._downlinks[who.connection].peer.close("replaced")
        if not self._row(who.participant).receive:
            self._emit(EndpointClosed(who.connection, "subscribe", "removed"))
            return
        downlink = Downlink(who, self._on.ground, self._on.announce, self._on.around, self)
        self._downlinks[who.connection] = downlink
        self._adaptation.join(downlink)
        for track, uplink in self._shown.items():
            if track.participant != who.participant:
                downlink.show(track, uplink.clock)

    def answer(self, connection: ConnectionId, number: int, sdp: str) -> None:
        """Take a page's answer to an offer."""
        downlink = self._downlinks.get(connection)
        if downlink is not None:
            downlink.answer(number, sdp)

    def show(self, connection: ConnectionId, view: View) -> None:
        """Take what a page shows."""
        self._adaptation.show(connection, view)

    def close(self, connection: ConnectionId) -> None:
        """Close both peer connections of a page that is gone."""
        for end in self._ends():
            if end.who.connection == connection:
                end.peer.close("closed")

    def close_all(self) -> None:
        """Close everything: the worker stops."""
        for end in self._ends():
            end.peer.close("closed")

    def report(self, now: float, wall: float) -> None:
        """Once a second: RTCP reports, and the peers that are overdue."""
        for uplink in self._uplinks.values():
            uplink.report()
        for downlink in self._downlinks.values():
            downlink.report(wall)
        for end in self._ends():
            if end.peer.overdue():
                end.peer.close("timeout")
        self._close_ungranted(now)

    def tick(self) -> None:
        """Every 300 ms: who speaks, and which layers still flow?"""
        self._steer()
        changed = self._speakers.tick()
        if changed is not None:
            self._emit(Speaking(self.id, changed))

    def adapt(self, now: float) -> None:
        """Every 100 ms: which layers does everybody get?"""
        self._adaptation.tick(self._uplinks.values(), self._speakers.loudest, now)

    def track_live(self, track: Track) -> None:
        """The first packet of a track came: it can be shown now."""
        self._show_tracks()

    def heard(self, participant: ParticipantId, level: int) -> None:
        """Take the level of one packet of an open microphone."""
        self._speakers.heard(participant, level)
        if self._voices.heard(participant, level, self._on.around.now()):
            self._send_voices()

    def uplink_closed(self, uplink: Uplink, reason: str) -> None:
        """Take the tracks of a closed uplink away."""
        if self._uplinks.get(uplink.who.connection) is uplink:
            del self._uplinks[uplink.who.connection]
        self._ungranted_since.pop(uplink, None)
        self._speakers.forget(uplink.who.participant)
        self._show_tracks()
        self._tell_closed(uplink.who, "publish", reason)

    def offer(self, offer: SubscribeOffer) -> None:
        """Hand on a downlink's offer."""
        self._emit(offer)

    def downlink_closed(self, downlink: Downlink, reason: str) -> None:
        """Forget a closed downlink."""
        if self._downlinks.get(downlink.who.connection) is downlink:
            del self._downlinks[downlink.who.connection]
        self._adaptation.leave(downlink)
        self._tell_closed(downlink.who, "subscribe", reason)

    def _tell_closed(self, who: Endpoint, which: str, reason: str) -> None:
        if reason not in _SILENT_REASONS:
            self._emit(EndpointClosed(who.connection, which, reason))

    def _row(self, participant: ParticipantId) -> GrantRow:
        return self._grants.rows.get(participant, _NOTHING)

    def _ends(self) -> list[Uplink | Downlink]:
        return [*self._uplinks.values(), *self._downlinks.values()]

    def _silence_closed(self, uplink: Uplink) -> None:
        if not any(track.open for track in uplink.tracks.values() if track.kind == "audio"):
            self._speakers.forget(uplink.who.participant)

    def _show_tracks(self) -> None:
        """Bring what subscribers are offered in line with the tracks that are live and granted."""
        shown = {
            track: uplink
            for uplink in self._uplinks.values()
            for track in uplink.tracks.values()
            if track.shown
        }
        gone = [track for track in self._shown if track not in shown]
        added = [track for track in shown if track not in self._shown]
        self._shown = shown
        for downlink in self._downlinks.values():
            for track in gone:
                downlink.hide(track)
            for track in added:
                if track.participant != downlink.who.participant:
                    downlink.show(track, shown[track].clock)
        self._adaptation.offer(shown)
        self._note_voices()

    def _note_voices(self) -> None:
        """Count the microphones that are open, and no others."""
        now = self._on.around.now()
        open_now = {track.participant for track in self._microphones() if track.open}
        for who in self._voices.open - open_now:
            self._voices.closed(who)
        for who in sorted(open_now):
            self._voices.opened(who, now)
        self._send_voices()

    def _send_voices(self) -> None:
        for track in self._microphones():
            track.set_audible(track.participant in self._voices.audible)

    def _microphones(self) -> list[Track]:
        return [track for track in self._shown if track.source is MediaSource.MICROPHONE]

    def _steer(self) -> None:
        """Tell subscribers of a track when some of its layers stopped or came back."""
        before, self._flowing = self._flowing, {track: flowing(track.layers) for track in self._shown}
        for track, layers in self._flowing.items():
            if layers != before.get(track):
                for downlink in self._downlinks.values():
                    downlink.steer(track)

    def _close_ungranted(self, now: float) -> None:
        for uplink in list(self._uplinks.values()):
            if self._row(uplink.who.participant).send:
                self._ungranted_since.pop(uplink, None)
            elif now - self._ungranted_since.setdefault(uplink, now) > UNGRANTED_SECONDS:
                uplink.peer.close("not_granted")
