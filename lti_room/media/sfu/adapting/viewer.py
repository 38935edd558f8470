"""One subscriber's pictures: what he shows and what his line carries decide which layers he gets.

Asked ten times a second, which has to be cheap for hundreds: looked at closely when something changed and
while he gets less than he could use, otherwise once a second and only if prices moved.
"""

from collections.abc import Callable, Collection
from typing import Final, Protocol

from lti_room.base.ids import ParticipantId
from lti_room.media.backend import Endpoint, MediaEvent, PicturesPaused, View
from lti_room.media.sfu.adapting.allocator import Key, Stream, allocate, next_step
from lti_room.media.sfu.adapting.prices import Prices
from lti_room.media.sfu.adapting.wishes import Wishes
from lti_room.media.sfu.congestion.estimate import Estimate
from lti_room.media.sfu.congestion.silence import DOUBT_SECONDS, Unanswered
from lti_room.media.sfu.publishing.track import Track

LOOK_SECONDS: Final = 1.0
CLOSE_LOOK_SECONDS: Final = 0.4
NOTABLE: Final = 0.03
"""An estimate that changed by less changes nothing else."""
KEYFRAME_SECONDS: Final = 0.4
"""What a keyframe takes, in seconds of its layer's rate."""
BURST_SECONDS: Final = 0.3
"""Keyframes begun at once may keep the line busy for so long: all tiles together would be a queue."""
PAUSED_AFTER_SECONDS: Final = 1.5
"""A picture that is held back for less is no news."""
WEAK_FOR_SECONDS: Final = 4.0
"""What is said of the line stays so long, that it can be read."""
LOWEST: Final = 1
"""The height assumed before a page has said what it shows."""
_NOTHING: Final[tuple[frozenset[Key], bool]] = (frozenset(), False)
"""What a page is told that gets everything."""


class Line(Protocol):
    """A subscribing peer connection, as far as this file knows it."""

    who: Endpoint
    estimator: Estimate

    def choose(self, track: Track, rank: int | None) -> None: ...
    def send_padding(self, octets: int) -> None: ...
    def sent_bits_per_second(self, now: float) -> int: ...
    def unanswered(self) -> Unanswered: ...
    def unanswered_since(self) -> float: ...


class Viewer:
    """A subscriber. `chosen` is what it is sent, or about to be, of each picture."""

    def __init__(
        self, line: Line, prices: Prices, wishes: Wishes, emit: Callable[[MediaEvent], None]
    ) -> None:
        self.line = line
        self.chosen: dict[Track, int | None] = {}
        self.changed = True
        self._prices = prices
        self._wishes = wishes
        self._emit = emit
        self._view: View | None = None
        self._target: int | None = None
        self._looked = self._measured = self._credited = self._calm_until = float("-inf")
        self._priced = -1
        self._known = (0, False)
        self._credit = 0.0
        self._paused_since: dict[Key, float] = {}
        self._weak_until = float("-inf")
        self._told = _NOTHING
        self._loudest: ParticipantId | None = None
        line.estimator.alarm = self._hold

    @property
    def limited(self) -> bool:
        """Whether it gets less than it could use."""
        return self._target is not None

    @property
    def _short(self) -> bool:
        """Whether a picture it shows is held back, or its page was told so."""
        return bool(self._paused_since) or self._told != _NOTHING

    def show(self, view: View) -> None:
        """Take what the page shows."""
        self._view, self.changed = view, True

    def keep_only(self, tracks: Collection[Track]) -> None:
        """Forget the pictures that are gone."""
        for track in [each for each in self.chosen if each not in tracks]:
            self._wishes.change(track, self.chosen.pop(track), None)
        self.changed = True

    def tick(self, now: float, loudest: ParticipantId | None) -> None:
        """Look at the line, and choose again where there is a reason."""
        estimate = self.line.estimator
        self._loudest = loudest
        if estimate.answers and self.line.unanswered_since() < now - DOUBT_SECONDS:
            estimate.unanswered(self.line.unanswered(), now)
        if now < self._calm_until and not self.changed and not estimate.moved:
            return
        estimate.moved = False
        if self.limited or self._known[1] or now - self._measured >= CLOSE_LOOK_SECONDS:
            self._measured = now
            estimate.sending(self.line.sent_bits_per_second(now), now)
        draining, available = estimate.draining(now), estimate.available(now)
        if self.changed or self._is_due(available, draining, now):
            self._looked, self._known, self.changed = now, (available, draining), False
            self._choose(0 if draining else available, loudest, now)
        if draining:
            self._pad(estimate.beacon(now))
        elif self._target is not None and estimate.may_probe(now):
            self._pad(estimate.next_probe(self._target, now))
        calm = not (self.limited or draining or self._short)
        self._calm_until = self._measured + CLOSE_LOOK_SECONDS if calm else now

    def leave(self) -> None:
        """Forget everything; what comes of the line no longer matters."""
        self.line.estimator.alarm = None
        self.keep_only(())

    def _hold(self, now: float) -> None:
        """Let all pictures wait from this moment on: in a tenth of a second much gets lost."""
        self._choose(0, self._loudest, now)
        self._known = (self._known[0], True)

    def _is_due(self, available: int, draining: bool, now: float) -> bool:
        before, drained_before = self._known
        if draining != drained_before or abs(available - before) > NOTABLE * before:
            return True
        if self.limited:
            return now - self._looked >= CLOSE_LOOK_SECONDS
        moved = self._short or self._prices.version != self._priced
        return moved and now - self._looked >= LOOK_SECONDS

    def _choose(self, available: int, loudest: ParticipantId | None, now: float) -> None:
        self._priced = self._prices.version
        sound = self._prices.sound_for(self.line.who.participant)
        streams = self._streams(loudest)
        low_data = self._view is not None and self._view.low_data
        chosen = allocate(max(0, available - sound), streams.values(), low_data=low_data)
        step = next_step(streams.values(), chosen, low_data=low_data)
        self._target = None if step is None else step + sound
        self._earn(self.line.estimator.available(now), now)
        for track, stream in streams.items():
            self._turn(track, stream, chosen[stream.key], now)
        self._note_paused(streams, step is not None, now)

    def _streams(self, loudest: ParticipantId | None) -> dict[Track, Stream]:
        me = self.line.who.participant
        tiles = None if self._view is None else self._view.tiles
        found = {}
        for track, price in self._prices.pictures.items():
            if track.participant == me:
                continue
            size = LOWEST if tiles is None else tiles.get(price.key, 0)
            rank = self.chosen.get(track)
            found[track] = Stream(
                price.key, size, price.for_one_with(rank), rank, loud=track.participant == loudest
            )
        return found

    def _earn(self, available: int, now: float) -> None:
        """Let time pass for the keyframes that are on their way."""
        passed = min(1.0, now - self._credited)
        self._credit = min(self._credit + available * passed, available * BURST_SECONDS)
        self._credited = now

    def _turn(self, track: Track, stream: Stream, rank: int | None, now: float) -> None:
        """Go over to another layer; what needs a keyframe waits until those before it are through."""
        before = self.chosen.get(track)
        if rank is not None and rank != before:
            keyframe = stream.costs[rank] * KEYFRAME_SECONDS
            if self._credit < min(keyframe, self._known[0] * BURST_SECONDS):
                self.changed, rank = True, before
            else:
                self._credit -= keyframe
                self.line.estimator.begins(now)
        if rank != before or track not in self.chosen:
            self.chosen[track] = rank
            self._wishes.change(track, before, rank)
            self.line.choose(track, rank)

    def _note_paused(self, streams: dict[Track, Stream], short: bool, now: float) -> None:
        """Tell the page which pictures it will not get for a while; `short`: the line carries no more."""
        self._paused_since = {
            stream.key: self._paused_since.get(stream.key, now)
            for track, stream in streams.items()
            if stream.size > 0 and self.chosen[track] is None
        }
        paused = frozenset(
            key for key, since in self._paused_since.items() if now - since >= PAUSED_AFTER_SECONDS
        )
        if short and paused:
            self._weak_until = now + WEAK_FOR_SECONDS
        said = (paused, now < self._weak_until)
        if said != self._told:
            self._told = said
            self._emit(PicturesPaused(self.line.who.connection, *said))

    def _pad(self, octets: int) -> None:
        if octets:
            self.line.send_padding(octets)
