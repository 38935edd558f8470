"""Which layers of each track somebody watches, so that publishers can leave the others out.

A layer that is wanted is asked for at once; one that no longer is only after a while, for a tile that was
covered for a moment. The lowest is always wanted: whoever comes next sees something at once.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from lti_room.base.ids import ConnectionId
from lti_room.media.backend import LayersWanted, MediaSource
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.publishing.uplink import Uplink

OFF_AFTER_SECONDS: Final = 4.0
REPEAT_SECONDS: Final = 10.0
"""A page may have missed the last word: it had no socket just then."""


class Wishes:
    """What the subscribers of one room want of its tracks."""

    def __init__(self) -> None:
        self._wanted: dict[Track, Counter[int]] = {}
        self._until: dict[Track, dict[int, float]] = {}
        self._told: dict[ConnectionId, tuple[dict[MediaSource, tuple[str, ...]], float]] = {}

    def change(self, track: Track, before: int | None, after: int | None) -> None:
        """Somebody wants another layer of a track; None: nothing of it."""
        wanted = self._wanted.setdefault(track, Counter())
        if before is not None:
            wanted[before] -= 1
        if after is not None:
            wanted[after] += 1

    def tick(self, uplinks: Iterable[Uplink], now: float) -> list[LayersWanted]:
        """Return what publishers have to be told."""
        found = []
        uplinks = list(uplinks)
        for uplink in uplinks:
            connection = uplink.who.connection
            active = {
                track.source: self._active(track, now)
                for track in uplink.tracks.values()
                if track.kind == "video" and track.media.rids
            }
            told, at = self._told.get(connection, ({}, now))
            if active and (active != told or now - at >= REPEAT_SECONDS):
                self._told[connection] = (active, now)
                found.append(LayersWanted(connection, active))
        self._forget(uplinks)
        return found

    def published(self, connection: ConnectionId) -> None:
        """A page publishes anew: it is told again."""
        self._told.pop(connection, None)

    def _active(self, track: Track, now: float) -> tuple[str, ...]:
        wanted = self._wanted.get(track, Counter())
        until = self._until.setdefault(track, {})
        for rank, count in wanted.items():
            if count > 0:
                for needed in range(_standing_in(track, rank, now), rank + 1):
                    until[needed] = now + OFF_AFTER_SECONDS
        return tuple(
            rid for rank, rid in enumerate(track.media.rids) if rank == 0 or until.get(rank, 0.0) > now
        )

    def _forget(self, uplinks: list[Uplink]) -> None:
        """Drop what belongs to tracks and pages that are gone."""
        if len(self._until) + len(self._told) <= 3 * len(uplinks):
            return
        tracks = {track for uplink in uplinks for track in uplink.tracks.values()}
        pages = {uplink.who.connection for uplink in uplinks}
        self._wanted = {track: counts for track, counts in self._wanted.items() if track in tracks}
        self._until = {track: until for track, until in self._until.items() if track in tracks}
        self._told = {page: told for page, told in self._told.items() if page in pages}


def _standing_in(track: Track, rank: int, now: float) -> int:
    """Return the rank that is sent instead of one that does not flow: its publisher's line is too narrow."""
    flowing = [layer.rank for layer in track.layers if layer.live(now)]
    return max((each for each in flowing if each <= rank), default=rank)
