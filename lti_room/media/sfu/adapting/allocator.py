"""Which layer of which picture a subscriber gets, out of what its line carries. Pure and repeatable.

Sound is taken off beforehand: it is sent whatever happens. Every visible tile gets its lowest layer before
any gets its next; shared screens come first, then who speaks, then the larger tiles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lti_room.base.ids import ParticipantId
from lti_room.media.backend import MediaSource

LOW_DATA_TILES: Final = 4
RISE_MARGIN: Final = 0.9
"""What is new has to fit into this part of the budget, what is there already into all of it: no flapping."""
CAMERA_HEIGHTS: Final = (180, 360, 720)
SCREEN_HEIGHTS: Final = (540, 1080)
SHARP_ENOUGH: Final = 0.75
"""A layer with this part of a tile's pixels is as good as one with all of them."""
CAMERA_RATES: Final = (150_000, 500_000, 1_700_000)
SCREEN_RATES: Final = (300_000, 2_500_000)
SINGLE_RATE: Final = 1_200_000

Key = tuple[ParticipantId, MediaSource]


@dataclass(frozen=True, slots=True)
class Stream:
    """A picture a subscriber may get.

    `size` is its height on screen in device pixels, 0 when it is not visible. `costs` are the bits per second
    of its layers, the lowest first. `rank` is the layer it has now. `loud`: its participant speaks.
    """

    key: Key
    size: int
    costs: Sequence[int]
    rank: int | None = None
    loud: bool = False

    @property
    def is_screen(self) -> bool:
        """Whether it is a shared screen."""
        return self.key[1] is MediaSource.SCREEN

    @property
    def most(self) -> int:
        """The highest layer that its size on screen is worth."""
        heights = expected_heights(self.key[1], len(self.costs))
        needed = self.size * SHARP_ENOUGH
        return next((rank for rank, height in enumerate(heights) if height >= needed), len(heights) - 1)


def expected_heights(source: MediaSource, layers: int) -> tuple[int, ...]:
    """Return how high the pictures of a source's layers are, the lowest first."""
    heights = SCREEN_HEIGHTS if source is MediaSource.SCREEN else CAMERA_HEIGHTS
    return heights[-layers:] if layers == 1 else heights[:layers]


def expected_rates(source: MediaSource, layers: int) -> tuple[int, ...]:
    """Return what a source's layers take when nothing is measured, bits per second, the lowest first."""
    if layers == 1:
        return (SINGLE_RATE,)
    return (SCREEN_RATES if source is MediaSource.SCREEN else CAMERA_RATES)[:layers]


def allocate(budget: int, streams: Iterable[Stream], *, low_data: bool = False) -> dict[Key, int | None]:
    """Return the layer of every stream, None: paused. `budget` is bits per second for pictures."""
    streams = list(streams)
    chosen: dict[Key, int | None] = dict.fromkeys((stream.key for stream in streams), None)
    spent = 0
    for stream, rank in _steps(streams, low_data):
        if rank > 0 and chosen[stream.key] != rank - 1:
            continue
        cost = _step_cost(stream, rank)
        if spent + cost <= (budget if _has(stream, rank) else budget * RISE_MARGIN):
            chosen[stream.key] = rank
            spent += cost
    return chosen


def next_step(
    streams: Iterable[Stream], chosen: Mapping[Key, int | None], *, low_data: bool = False
) -> int | None:
    """Return the budget from which on somebody gets more, or None when everybody has what he can use."""
    streams = list(streams)
    spent = sum(stream.costs[rank] for stream in streams if (rank := chosen[stream.key]) is not None)
    for stream, rank in _steps(streams, low_data):
        has = chosen[stream.key]
        if (-1 if has is None else has) < rank:
            return int((spent + _step_cost(stream, rank)) / RISE_MARGIN) + 1
    return None


def _steps(streams: Iterable[Stream], low_data: bool) -> list[tuple[Stream, int]]:
    """Return all steps upward, the most urgent first; everybody's lowest before anybody's next."""
    order = sorted((stream for stream in streams if stream.size > 0 and stream.costs), key=_urgency)
    if low_data:
        return [(stream, 0) for stream in order[:LOW_DATA_TILES]]
    lowest = [(stream, 0) for stream in order]
    return lowest + [(stream, rank) for stream in order for rank in range(1, stream.most + 1)]


def _step_cost(stream: Stream, rank: int) -> int:
    """Return what a step to `rank` adds. A higher layer that takes less, for now, is no gift to others."""
    return max(0, stream.costs[rank] - stream.costs[rank - 1]) if rank else stream.costs[0]


def _has(stream: Stream, rank: int) -> bool:
    return stream.rank is not None and stream.rank >= rank


def _urgency(stream: Stream) -> tuple[bool, bool, int, bool, Key]:
    """Sort key: screens, speakers, large tiles, then who has a picture already.

    Sizes count in classes, so that a few pixels change nothing.
    """
    return not stream.is_screen, not stream.loud, -stream.size.bit_length(), stream.rank is None, stream.key
