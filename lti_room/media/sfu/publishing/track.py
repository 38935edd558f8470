"""A published source and its layers."""

from collections.abc import Callable

from lti_room.base.ids import ParticipantId
from lti_room.media.backend import GrantRow, MediaSource
from lti_room.media.sfu.forwarding.layer import Layer, Surroundings
from lti_room.media.sfu.sdp.publish import PublishedMedia


class Track:
    """One published source: `live` once its first packet came, `open` while its packets go on.

    `layers` is sorted by rank, lowest first; with simulcast a layer joins when its first packet comes.
    """

    def __init__(
        self,
        participant: ParticipantId,
        source: MediaSource,
        media: PublishedMedia,
        ask_for_keyframe: Callable[[int], None],
    ) -> None:
        self.participant = participant
        self.source = source
        self.media = media
        self.kind = media.kind
        self.layers: list[Layer] = []
        self.live = False
        self._ask_for_keyframe = ask_for_keyframe
        self._granted = False
        self._off = False
        self._audible = True

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
        self._set_layers_open()

    def set_audible(self, audible: bool) -> None:
        """Forward a voice, or not while others are louder; its level is heard either way."""
        self._audible = audible
        self._set_layers_open()

    def layer(self, rid: str) -> Layer | None:
        """Return the layer of an encoding, if a packet of it came."""
        return next((layer for layer in self.layers if layer.rid == rid), None)

    def add_layer(self, ssrc: int, rid: str, around: Surroundings) -> Layer:
        """Make the layer of an encoding that is sent under this SSRC."""
        layer = Layer(
            ssrc,
            video=self.kind == "video",
            rid=rid,
            rank=self.media.rids.index(rid) if rid else 0,
            ask_for_keyframe=lambda: self._ask_for_keyframe(ssrc),
            around=around,
        )
        layer.set_open(self.open and self._audible)
        self.layers = sorted([*self.layers, layer], key=lambda each: each.rank)
        return layer

    def stop(self) -> None:
        """Ask for nothing any more."""
        for layer in self.layers:
            layer.set_open(False)
            layer.keyframes.stop()

    def _set_layers_open(self) -> None:
        for layer in self.layers:
            layer.set_open(self.open and self._audible)
