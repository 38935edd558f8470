"""The bad networks, and what a viewer should see of them. Judging is pure: `Seen` holds what a run noted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.network import quality
from benchmarks.network.meeting import PUBLISHER, VIEWER
from benchmarks.network.model import Conditions
from benchmarks.network.quality import Frame

LONGEST_FREEZE: Final = quality.FREEZE_SECONDS
DOWN_SECONDS: Final = 3.0
UP_SECONDS: Final = 10.0
LONGEST_CONCEALED: Final = 0.06
"""Of 250 ms: two packets. Concealment that short is not heard as a break."""

_ONE_WAY: Final = 0.02
_WIDE, _NARROW = 3_000_000.0, 300_000.0
_QUEUE_SECONDS: Final = 0.3
_SETTLED_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Seen:
    """What the viewer's page noted. `began` and `ended` are the measured span on its clock."""

    frames: Sequence[Frame]
    samples: Sequence[dict[str, Any]]
    began: float
    ended: float


@dataclass(frozen=True)
class Figure:
    """One line of the table. `goal` empty: for information."""

    name: str
    value: str
    goal: str = ""
    ok: bool = True


Steps = Sequence[tuple[float, Conditions]]
Judge = Callable[[Seen], list[Figure]]


@dataclass(frozen=True)
class Scenario:
    """A bad network: per link and direction what it is like, given the run's length.

    `has_peer`: two browsers without a server can be measured in the same way.
    """

    title: str
    steps: Callable[[float], dict[str, Steps]]
    judge: Judge
    has_peer: bool = False
    elsewhere: Conditions = field(default=Conditions(delay=_ONE_WAY / 2))

    def links(self, seconds: float) -> dict[str, Steps]:
        """Return the schedule of each link, the same in both directions."""
        calm: Steps = [(0.0, self.elsewhere)]
        return {PUBLISHER: calm, VIEWER: calm, **self.steps(seconds)}


def _lossy(seconds: float) -> dict[str, Steps]:
    """Both people behind lossy access: half of the round trip lies on each."""
    steps = [(0.0, Conditions(loss=0.05, delay=_ONE_WAY / 2))]
    return {PUBLISHER: steps, VIEWER: steps}


def _narrowing(link: str) -> Callable[[float], dict[str, Steps]]:
    def steps(seconds: float) -> dict[str, Steps]:
        wide = Conditions(delay=_ONE_WAY, rate=_WIDE, queue_seconds=_QUEUE_SECONDS)
        narrow = Conditions(delay=_ONE_WAY, rate=_NARROW, queue_seconds=_QUEUE_SECONDS)
        return {link: [(0.0, wide), (seconds / 3, narrow), (seconds * 2 / 3, wide)]}

    return steps


def _picture_all_along(seen: Seen) -> list[Figure]:
    frozen = quality.freezes(seen.frames, seen.began, seen.ended)
    longest = max(gap.seconds for gap in quality.gaps(seen.frames, seen.began, seen.ended))
    total = sum(gap.seconds for gap in frozen)
    return [
        Figure("longest time without a new picture", _ms(longest), "<= 200 ms", longest <= LONGEST_FREEZE),
        Figure("frozen in all (each over 200 ms)", f"{total:.2f} s in {len(frozen)}", "0", not frozen),
        *_pace(seen),
    ]


def _pace(seen: Seen) -> list[Figure]:
    inside = [frame for frame in seen.frames if seen.began <= frame.at <= seen.ended]
    rate = len(inside) / (seen.ended - seen.began)
    heights = sorted({frame.height for frame in inside})
    spans = ", ".join(
        f"{height}p {sum(f.height == height for f in inside) / len(inside):.0%}" for height in heights
    )
    return [Figure("pictures", f"{rate:.1f}/s; {spans or 'none'}")]


def _sound(seen: Seen, *, goal: bool) -> list[Figure]:
    heard = quality.sound(seen.samples, seen.began, seen.ended)
    ok = heard.worst_window <= LONGEST_CONCEALED and heard.played > 0
    share = heard.concealed / heard.played if heard.played else 1.0
    return [
        Figure("sound made up, worst 250 ms", _ms(heard.worst_window), "<= 60 ms" if goal else "", ok),
        Figure("that was after", f"{max(0.0, heard.worst_at - seen.began):.1f} s"),
        Figure("sound made up in all", f"{share:.2%} in {heard.events}"),
    ]


def judge_loss(seen: Seen) -> list[Figure]:
    """No freeze; the sound for information."""
    return [*_picture_all_along(seen), *_sound(seen, goal=False)]


def judge_narrowing(seen: Seen) -> list[Figure]:
    """The picture follows down and up, and the sound stays whole."""
    third = (seen.ended - seen.began) / 3
    drop, rise = seen.began + third, seen.began + 2 * third
    before = quality.typical_height(seen.frames, drop - _SETTLED_SECONDS, drop)
    within = quality.typical_height(seen.frames, rise - _SETTLED_SECONDS, rise)
    down = quality.moving_since(seen.frames, drop, rise)
    up = quality.height_again(seen.frames, before, rise, seen.ended)
    frozen = sum(gap.seconds for gap in quality.freezes(seen.frames, drop + DOWN_SECONDS, seen.ended))
    return [
        Figure("height at 3 Mb/s, at 300 kb/s", f"{before}, {within}"),
        Figure("down: moves without freezes after", f"{down:.1f} s", "<= 3 s", down <= DOWN_SECONDS),
        Figure("frozen after these 3 s", f"{frozen:.2f} s", "0", frozen == 0),
        Figure(
            "up: as high as before after",
            f"not within {third:.0f} s" if up is None else f"{up:.1f} s",
            "<= 10 s" if up is not None or third >= UP_SECONDS else "",
            up is not None and up <= UP_SECONDS and before > 0,
        ),
        *_sound(seen, goal=True),
        *_pace(seen),
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


SCENARIOS: Final = {
    "loss": Scenario("5 % random loss each way on both legs, 40 ms round trip", _lossy, judge_loss),
    "viewer": Scenario(
        "viewer's link 3 Mb/s, 300 kb/s, 3 Mb/s; 60 ms round trip",
        _narrowing(VIEWER),
        judge_narrowing,
        has_peer=True,
    ),
    "publisher": Scenario(
        "publisher's link 3 Mb/s, 300 kb/s, 3 Mb/s; 60 ms round trip",
        _narrowing(PUBLISHER),
        judge_narrowing,
        has_peer=True,
    ),
}
