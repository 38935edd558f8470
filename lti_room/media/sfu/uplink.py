"""What one client publishes: tracks made of layers, found by SSRC or learnt by mid."""

from collections.abc import Mapping
from typing import Final, Protocol

from lti_room.base.entropy import random_bits
from lti_room.base.ids import ParticipantId
from lti_room.media.backend import Endpoint, GrantRow, MediaSource
from lti_room.media.sfu import rtcp, rtp
from lti_room.media.sfu.layer import Layer, Surroundings
from lti_room.media.sfu.peer import Ground, Peer
from lti_room.media.sfu.reception import Reception
from lti_room.media.sfu.sdp.common import AUDIO_LEVEL, MID
from lti_room.media.sfu.sdp.publish import PublishedMedia, PublishOffer

MOST_LAYERS: Final = 3
VIDEO_BITS_PER_SECOND: Final = 3_000_000
"""What a publisher may send. Without any limit stated Chromium stays at its start rate of 0.3 to 0.6 Mb/s."""


class Track:
    """One published source: `live` once its first packet came, `open` while its packets go on."""

    def __init__(self, uplink: "Uplink", source: MediaSource, media: PublishedMedia) -> None:
        self.participant: ParticipantId = uplink.who.participant
        self.source = source
        self.media = media
        self.kind = media.kind
        self.layers: list[Layer] = []
        self.live = False
        self._uplink = uplink
        self._granted = False
        self._off = False

    @property
    def open(self) -> bool:
        """Whether packets go on: granted, and not switched off."""
        return self._granted and not self._off

    @property
    def shown(self) -> bool:
        """Whether subscribers are offered it. A screen that is off is not; a camera keeps its place."""
        return self.live and self._granted and not (self._off and self.source is MediaSource.SCREEN)

    def apply(self, row: GrantRow) -> None:
        """Take a participant's grants."""
        self._granted, self._off = self.source in row.send, self.source in row.off
        for layer in self.layers:
            layer.set_open(self.open)

    def add_layer(self, ssrc: int, around: Surroundings) -> Layer:
        """Make the layer of an SSRC."""
        layer = Layer(
            ssrc,
            video=self.kind == "video",
            rid="",
            rank=len(self.layers),
            ask_for_keyframe=lambda: self._uplink.ask_for_keyframe(ssrc),
            around=around,
        )
        layer.set_open(self.open)
        self.layers.append(layer)
        return layer

    def stop(self) -> None:
        """Ask for nothing any more."""
        for layer in self.layers:
            layer.set_open(False)
            layer.keyframes.stop()


class UplinkOwner(Protocol):
    """What a room wants to know of an uplink."""

    def track_live(self, track: Track) -> None:
        """The first packet of a track came."""

    def heard(self, participant: ParticipantId, level: int) -> None:
        """Sound of an open microphone, `level` dB below full scale (127: silence)."""

    def uplink_closed(self, uplink: "Uplink", reason: str) -> None:
        """Its peer connection ended."""


class Uplink:
    """A publishing peer connection."""

    def __init__(
        self,
        who: Endpoint,
        offer: PublishOffer,
        sources: Mapping[str, MediaSource],
        ground: Ground,
        around: Surroundings,
        owner: UplinkOwner,
    ) -> None:
        self.who = who
        self.peer = Peer(ground, self)
        self.clock = rtcp.SenderClock()
        self.tracks: dict[str, Track] = {}
        self._around = around
        self._owner = owner
        self._ssrc = random_bits(31) | 1
        self._layers: dict[int, tuple[Track, Layer]] = {}
        self._receptions: dict[int, Reception] = {}
        self._mid_id = 0
        self._level_id = 0
        for media in offer.media:
            if media.payload_type is not None and media.mid in sources:
                self._add(media, sources[media.mid])
        self.peer.expect(list(offer.fingerprints))

    def _add(self, media: PublishedMedia, source: MediaSource) -> None:
        track = self.tracks[media.mid] = Track(self, source, media)
        self._mid_id = media.extensions.get(MID, self._mid_id)
        self._level_id = media.extensions.get(AUDIO_LEVEL, self._level_id)
        for ssrc in media.ssrcs[:MOST_LAYERS]:
            self._layers[ssrc] = (track, track.add_layer(ssrc, self._around))

    def apply(self, row: GrantRow) -> None:
        """Take the participant's grants."""
        for track in self.tracks.values():
            track.apply(row)

    def ask_for_keyframe(self, ssrc: int) -> None:
        """Send a PLI for one layer."""
        self.peer.send_rtcp(rtcp.keyframe_request(self._ssrc, ssrc))

    def report(self) -> None:
        """Send a receiver report, and how much video may be sent; ask again for keyframes still missing."""
        now = self._around.now()
        found = [reception.report(ssrc, now) for ssrc, reception in self._receptions.items()]
        reports = [report for report in found if report is not None]
        if not reports:
            return
        video = [layer.ssrc for track, layer in self._layers.values() if track.kind == "video"]
        limit = rtcp.bandwidth_limit(self._ssrc, VIDEO_BITS_PER_SECOND, video) if video else b""
        self.peer.send_rtcp(rtcp.receiver_report(self._ssrc, reports) + limit)
        for _, layer in self._layers.values():
            layer.want_keyframe_for_waiting()

    def receive_rtp(self, data: bytes) -> None:
        """Route a packet to its layer."""
        try:
            packet = rtp.parse(data)
            found = self._layers.get(packet.ssrc) or self._learn(packet)
            if found is None or packet.payload_type != found[0].media.payload_type:
                return
            track, layer = found
            level = self._level(packet) if track.kind == "audio" else None
        except rtp.MalformedPacket:
            return
        if not track.live:
            track.live = True
            self._owner.track_live(track)
        if level is not None and track.open:
            self._owner.heard(track.participant, level & 0x7F)
        now = self._around.now()
        self._receptions.setdefault(packet.ssrc, Reception(layer.rate)).add(
            packet.sequence, packet.timestamp, now
        )
        layer.receive(packet, now, level)

    def receive_rtcp(self, data: bytes) -> None:
        """Take sender reports."""
        for packet in rtcp.parse(data):
            if isinstance(packet, rtcp.RtcpSrPacket) and packet.ssrc in self._layers:
                layer = self._layers[packet.ssrc][1]
                info = packet.sender_info
                self.clock.observe(info.ntp_timestamp, self._around.wall())
                layer.clock.ntp, layer.clock.rtp = info.ntp_timestamp, info.rtp_timestamp
                if packet.ssrc in self._receptions:
                    self._receptions[packet.ssrc].sender_reported(info.ntp_timestamp, self._around.now())

    def peer_connected(self) -> None:
        """Nothing to send before packets come."""

    def peer_rerouted(self) -> None:
        """Reports go to the new address by themselves."""

    def peer_closed(self, reason: str) -> None:
        """Hold all tracks and tell the room."""
        for track in self.tracks.values():
            track.stop()
        self._owner.uplink_closed(self, reason)

    def _learn(self, packet: rtp.Packet) -> tuple[Track, Layer] | None:
        mid = packet.extensions().get(self._mid_id) if self._mid_id else None
        track = self.tracks.get(mid.decode("ascii", "replace")) if mid else None
        if (
            track is None
            or len(track.layers) >= MOST_LAYERS
            or track.media.payload_type != packet.payload_type
        ):
            return None
        found = self._layers[packet.ssrc] = (track, track.add_layer(packet.ssrc, self._around))
        return found

    def _level(self, packet: rtp.Packet) -> int | None:
        if not self._level_id:
            return None
        value = packet.extensions().get(self._level_id)
        return value[0] if value else None
