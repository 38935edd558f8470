"""What each layer of a room's tracks takes: measured where it flows, expected where it does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lti_room.base.ids import ParticipantId
from lti_room.media.backend import MediaSource
from lti_room.media.sfu.adapting.allocator import Key, expected_rates
from lti_room.media.sfu.publishing.track import Track

REFRESH_SECONDS: Final = 0.3
SMOOTHING: Final = 0.3
NOTABLE: Final = 0.05
"""A change of all that a room sends, by less than this, is no reason to look at every line again."""
LEAST_SHARE: Final = 0.5
"""A layer that takes little just now (a still screen) is begun only where half of its usual rate fits."""


@dataclass(frozen=True, slots=True)
class Price:
    """Bits per second of a track's layers, the lowest first: `kept` where sent already, `new` elsewhere."""

    key: Key
    kept: tuple[int, ...]
    new: tuple[int, ...]

    def for_one_with(self, rank: int | None) -> tuple[int, ...]:
        """Return what the layers cost a subscriber who has `rank`."""
        if rank is None:
            return self.new
        return self.kept[: rank + 1] + self.new[rank + 1 :]


class Prices:
    """The prices of one room, for pictures by track and for sound by participant.

    `version` counts up when they have moved so far that it may matter to somebody.
    """

    def __init__(self) -> None:
        self.version = 0
        self.pictures: dict[Track, Price] = {}
        self.voices: dict[ParticipantId, int] = {}
        self.all_voices = 0
        self._tracks: tuple[Track, ...] = ()
        self._smooth: dict[tuple[Track, int], float] = {}
        self._refreshed = float("-inf")
        self._total = 0

    def offer(self, tracks: Iterable[Track]) -> None:
        """Take the tracks there are now."""
        self._tracks = tuple(tracks)
        self._refreshed = float("-inf")
        known = set(self._tracks)
        self._smooth = {key: rate for key, rate in self._smooth.items() if key[0] in known}

    def refresh(self, now: float) -> None:
        """Measure again, if it is time."""
        if now - self._refreshed < REFRESH_SECONDS:
            return
        self._refreshed = now
        self.pictures = {
            track: self._price(track, now) for track in self._tracks if track.kind == "video" and track.open
        }
        self.voices = {
            track.participant: sum(layer.bits_per_second(now) for layer in track.layers if layer.open)
            for track in self._tracks
            if track.kind == "audio"
        }
        self.all_voices = sum(self.voices.values())
        total = self.all_voices + sum(sum(price.kept) for price in self.pictures.values())
        if abs(total - self._total) > NOTABLE * self._total:
            self.version, self._total = self.version + 1, total

    def sound_for(self, participant: ParticipantId) -> int:
        """Return what the voices of the others take, bits per second."""
        return self.all_voices - self.voices.get(participant, 0)

    def _price(self, track: Track, now: float) -> Price:
        expected = expected_rates(track.source, len(track.media.rids) or 1)
        kept, new = list(expected), list(expected)
        for layer in track.layers:
            if layer.live(now) and layer.rank < len(expected):
                rate = self._smoothed((track, layer.rank), layer.bits_per_second(now))
                kept[layer.rank] = int(rate)
                new[layer.rank] = int(max(rate, expected[layer.rank] * LEAST_SHARE))
            else:
                self._smooth.pop((track, layer.rank), None)
        return Price((track.participant, MediaSource(track.source)), tuple(kept), tuple(new))

    def _smoothed(self, key: tuple[Track, int], rate: int) -> float:
        before = self._smooth.get(key, float(rate))
        self._smooth[key] = before + SMOOTHING * (rate - before)
        return self._smooth[key]
