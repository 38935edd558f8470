"""From what a page noted to what its viewer got. Pure; times are seconds of the page's clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

FREEZE_SECONDS: Final = 0.2
WINDOW_SECONDS: Final = 0.25
_SAMPLES_PER_SECOND: Final = 48_000


@dataclass(frozen=True)
class Frame:
    """A frame as it was presented. `number` counts those that the page was not told of, too."""

    at: float
    number: int
    width: int
    height: int


@dataclass(frozen=True)
class Gap:
    """Time without a new picture."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.end - self.begin


@dataclass(frozen=True)
class Sound:
    """What was played in a span.

    Attributes:
        played: seconds in all.
        concealed: seconds of it that were made up, because nothing had come.
        events: how often that began.
        worst_window: the most that was made up within `WINDOW_SECONDS`.
        worst_at: when that was.
    """

    played: float
    concealed: float
    events: int
    worst_window: float
    worst_at: float


def frames(noted: Iterable[Sequence[float]]) -> list[Frame]:
    """Read the page's notes."""
    read = [Frame(at / 1000, int(number), int(width), int(height)) for at, number, width, height, *_ in noted]
    return sorted(read, key=lambda frame: frame.at)


def gaps(seen: Sequence[Frame], begin: float, end: float) -> list[Gap]:
    """Return the times between pictures that touch the span, its edges included.

    A page that is busy is not told of every frame. What it was not told of counts as not shown: a gap may
    look longer than it was, never shorter.
    """
    before = max((frame.at for frame in seen if frame.at < begin), default=begin)
    shown = [frame.at for frame in seen if begin <= frame.at <= end]
    edges = [max(before, begin - FREEZE_SECONDS), *shown, end]
    return [Gap(was, now) for was, now in pairwise(edges)]


def untold(seen: Sequence[Frame], begin: float, end: float) -> int:
    """Return how many frames were presented in a span without the page being told."""
    numbers = [frame.number for frame in seen if begin <= frame.at <= end]
    return sum(max(0, now - was - 1) for was, now in pairwise(numbers))


def freezes(seen: Sequence[Frame], begin: float, end: float) -> list[Gap]:
    """Return the gaps that a viewer takes for a freeze."""
    return [gap for gap in gaps(seen, begin, end) if gap.seconds > FREEZE_SECONDS]


def moving_since(seen: Sequence[Frame], change: float, end: float) -> float:
    """Return how long after a change of the network the last freeze ended; 0 when there was none."""
    return max((gap.end - change for gap in freezes(seen, change, end)), default=0.0)


def height_again(seen: Sequence[Frame], height: int, change: float, end: float) -> float | None:
    """Return how long after a change the picture was as high as `height` and stayed so; None: it did not."""
    since: float | None = None
    for frame in seen:
        if change <= frame.at <= end:
            since = (frame.at if since is None else since) if frame.height >= height else None
    return None if since is None else since - change


def typical_height(seen: Sequence[Frame], begin: float, end: float) -> int:
    """Return the height that most frames of a span have; 0 without frames."""
    heights = [frame.height for frame in seen if begin <= frame.at < end]
    return max(set(heights), key=heights.count, default=0)


def entries(
    samples: Iterable[dict[str, Any]], type_: str, **like: object
) -> list[tuple[float, dict[str, Any]]]:
    """Return (time, entry) of all statistics of a type whose fields are like this."""
    return [
        (sample["at"] / 1000, entry)
        for sample in samples
        for entry in sample["entries"]
        if entry["type"] == type_ and all(entry.get(name) == value for name, value in like.items())
    ]


def sound(samples: Iterable[dict[str, Any]], begin: float, end: float) -> Sound:
    """Return how whole the sound was. All concealment counts: a long hole is concealed by silence."""
    heard = [(at, entry) for at, entry in entries(samples, "inbound-rtp", kind="audio") if begin <= at <= end]
    played = concealed = worst = worst_at = 0.0
    events = 0
    for (was, before), (at, after) in pairwise(heard):
        if before["id"] != after["id"]:
            continue
        made_up = (after["concealedSamples"] - before["concealedSamples"]) / _SAMPLES_PER_SECOND
        played += (after["totalSamplesReceived"] - before["totalSamplesReceived"]) / _SAMPLES_PER_SECOND
        concealed += made_up
        events += after["concealmentEvents"] - before["concealmentEvents"]
        in_window = made_up * min(1.0, WINDOW_SECONDS / (at - was))
        if in_window > worst:
            worst, worst_at = in_window, at
    return Sound(played, concealed, events, worst, worst_at)


def limited_by(samples: Iterable[dict[str, Any]], begin: float, end: float) -> dict[str, float]:
    """Return the share of samples in which an encoder said that this is what limits it."""
    said = [
        str(entry.get("qualityLimitationReason", "none"))
        for at, entry in entries(samples, "outbound-rtp", kind="video")
        if begin <= at <= end and entry.get("framesEncoded")
    ]
    return {reason: said.count(reason) / len(said) for reason in sorted(set(said))}


def encoded(samples: Iterable[dict[str, Any]], begin: float, end: float) -> str:
    """Return what the encoders made: for each layer, pictures per second and milliseconds per picture."""
    said: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for at, entry in entries(samples, "outbound-rtp", kind="video"):
        if begin <= at <= end and entry.get("frameHeight"):
            said.setdefault(entry["id"], []).append((at, entry))
    parts = []
    for each in said.values():
        (was, first), (now, last) = each[0], each[-1]
        pictures = last["framesEncoded"] - first["framesEncoded"]
        if pictures and now > was:
            cost = (last["totalEncodeTime"] - first["totalEncodeTime"]) / pictures * 1000
            name = f"{last.get('rid', '')} {last['frameHeight']}p".strip()
            parts.append(f"{name} {pictures / (now - was):.0f}/s, {cost:.1f} ms each")
    return "; ".join(parts) or "nothing"
