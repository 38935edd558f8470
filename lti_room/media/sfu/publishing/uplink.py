"""What one client publishes: tracks made of layers, found by SSRC or learnt by mid and rid."""

from collections.abc import Mapping
from typing import Final, Protocol

from lti_room.base.entropy import random_bits
from lti_room.base.ids import ParticipantId
from lti_room.media.backend import Endpoint, GrantRow, MediaSource
from lti_room.media.sfu.formats import rtcp, rtp
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.publishing.incoming import Incoming, Repairs
from lti_room.media.sfu.publishing.responses import Responses
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.sdp.common import AUDIO_LEVEL, MID, REPAIRED_RID, RID, TRANSPORT_SEQUENCE
from lti_room.media.sfu.sdp.publish import PublishedMedia, PublishOffer
from lti_room.media.sfu.transport.peer import Ground, Peer

__all__ = ["Track", "Uplink", "UplinkOwner"]

VIDEO_BITS_PER_SECOND: Final = 3_000_000
"""What a publisher may send for each picture, said in a REMB. One that knows no transport-wide feedback stays
at its start rate of 0.3 to 0.6 Mb/s without. One that does fills a line that loses packets by chance with
padding, once its estimate has fallen, until that is back: many times what all sizes take."""


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
        self._mux = ground.mux
        self._around = around
        self._owner = owner
        self._ssrc = random_bits(31) | 1
        self._media: dict[int, tuple[Track, Incoming]] = {}
        self._repairs: dict[int, tuple[Track, Repairs]] = {}
        self._ids = {uri: number for media in offer.media for uri, number in media.extensions.items()}
        self._responses = Responses(self._ssrc, self.peer.send_rtcp, self._incoming, around)
        for media in offer.media:
            if media.payload_type is not None and media.mid in sources:
                self._add(media, sources[media.mid])
        self.peer.expect(list(offer.fingerprints))

    def _add(self, media: PublishedMedia, source: MediaSource) -> None:
        track = self.tracks[media.mid] = Track(self.who.participant, source, media, self.ask_for_keyframe)
        if media.ssrc is not None:
            self._add_media(track, media.ssrc, "")
        if media.repair_ssrc is not None:
            self._add_repairs(track, media.repair_ssrc, "")

    def apply(self, row: GrantRow) -> None:
        """Take the participant's grants; one who begins to send another picture may send more at once."""
        before = self._limit()
        for track in self.tracks.values():
            track.apply(row)
        if self._limit() != before:
            self.report()

    def ask_for_keyframe(self, ssrc: int) -> None:
        """Send a PLI for one layer."""
        self.peer.send_rtcp(rtcp.keyframe_request(self._ssrc, ssrc))

    def report(self) -> None:
        """Send a receiver report and what pictures may take; ask again for keyframes still missing."""
        now = self._around.now()
        found = [each.reception.report(each.layer.ssrc, now) for each in self._incoming()]
        reports = [report for report in found if report is not None]
        if not reports:
            return
        self.peer.send_rtcp(rtcp.receiver_report(self._ssrc, reports) + self._limit())
        for each in self._incoming():
            each.layer.want_keyframe_for_waiting()

    def receive_rtp(self, data: bytes) -> None:
        """Route a packet to its layer."""
        now = self._around.now()
        try:
            packet = rtp.parse(data)
            extensions = packet.extensions()
        except rtp.MalformedPacket:
            return
        number = extensions.get(self._ids.get(TRANSPORT_SEQUENCE, 0))
        if number is not None and len(number) == 2:
            self._responses.arrived(int.from_bytes(number), self._mux.arrived)
        ssrc = packet.ssrc
        found = self._media.get(ssrc) or self._repairs.get(ssrc) or self._learn(packet, extensions)
        if found is None or packet.payload_type != found[1].payload_type:
            return
        track, stream = found
        level = self._level(extensions) if track.kind == "audio" else None
        if level is not None and track.open:
            self._owner.heard(track.participant, level & 0x7F)
        if stream.receive(packet, now, level) and not track.live:
            track.live = True
            self._owner.track_live(track)
            if track.kind == "video":
                self.report()

    def receive_rtcp(self, data: bytes) -> None:
        """Take sender reports."""
        for packet in rtcp.parse(data):
            if isinstance(packet, rtcp.RtcpSrPacket) and packet.ssrc in self._media:
                incoming, info = self._media[packet.ssrc][1], packet.sender_info
                self.clock.observe(info.ntp_timestamp, self._around.wall())
                incoming.layer.clock.ntp, incoming.layer.clock.rtp = info.ntp_timestamp, info.rtp_timestamp
                incoming.reception.sender_reported(info.ntp_timestamp, self._around.now())

    def peer_connected(self) -> None:
        """Nothing to send before packets come."""

    def peer_rerouted(self) -> None:
        """Reports go to the new address by themselves."""

    def peer_closed(self, reason: str) -> None:
        """Hold all tracks and tell the room."""
        self._responses.stop()
        for track in self.tracks.values():
            track.stop()
        self._owner.uplink_closed(self, reason)

    def _incoming(self) -> list[Incoming]:
        return [incoming for _, incoming in self._media.values()]

    def _level(self, extensions: Mapping[int, bytes]) -> int | None:
        value = extensions.get(self._ids.get(AUDIO_LEVEL, 0))
        return value[0] if value else None

    def _limit(self) -> bytes:
        """Return a REMB with what all pictures that are sent may take, or nothing when there is none."""
        sent = [
            track
            for track in self.tracks.values()
            if "goog-remb" in track.media.feedback and track.live and track.open
        ]
        ssrcs = [layer.ssrc for track in sent for layer in track.layers]
        return rtcp.bandwidth_limit(self._ssrc, VIDEO_BITS_PER_SECOND * len(sent), ssrcs) if sent else b""

    def _learn(
        self, packet: rtp.Packet, extensions: Mapping[int, bytes]
    ) -> tuple[Track, Incoming | Repairs] | None:
        """Find out what a new SSRC carries. One that is known keeps its place whatever it says later."""

        def said(uri: str) -> str:
            return extensions.get(self._ids.get(uri, 0), b"").decode("ascii", "replace")

        track = self.tracks.get(said(MID))
        if track is None:
            return None
        if packet.payload_type == track.media.payload_type:
            self._add_media(track, packet.ssrc, said(RID) if track.media.rids else "")
        elif packet.payload_type == track.media.repair_type:
            self._add_repairs(track, packet.ssrc, said(REPAIRED_RID) if track.media.rids else "")
        return self._media.get(packet.ssrc) or self._repairs.get(packet.ssrc)

    def _add_media(self, track: Track, ssrc: int, rid: str) -> None:
        """Take an SSRC for an encoding that was agreed and has none yet."""
        media = track.media
        if media.payload_type is None or ssrc in self._media or ssrc in self._repairs:
            return
        if rid in (media.rids or ("",)) and track.layer(rid) is None:
            layer = track.add_layer(ssrc, rid, self._around)
            ask = self._responses.ask if "nack" in media.feedback else None
            incoming = Incoming(layer, media.payload_type, video=track.kind == "video", ask=ask)
            self._media[ssrc] = (track, incoming)

    def _add_repairs(self, track: Track, ssrc: int, rid: str) -> None:
        """Take an SSRC for the retransmissions of an encoding that is known and has none yet."""
        layer, payload_type = track.layer(rid), track.media.repair_type
        if layer is None or payload_type is None or ssrc in self._media or ssrc in self._repairs:
            return
        incoming = self._media[layer.ssrc][1]
        if all(repairs.incoming is not incoming for _, repairs in self._repairs.values()):
            self._repairs[ssrc] = (track, Repairs(incoming, payload_type))
