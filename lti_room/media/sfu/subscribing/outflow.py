"""How much goes to one subscriber, and padding to see whether more would come through."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.forwarding.meter import WIRE_OVERHEAD
from lti_room.media.sfu.subscribing.flow import Flow
from lti_room.media.sfu.subscribing.resend import Resender

WINDOW_SECONDS: Final = 1.0
STEP_SECONDS: Final = 0.09


class Outflow:
    """Everything that goes out to one subscriber. `flows` are those of the moment, by their media SSRC."""

    def __init__(self, flows: Mapping[int, Flow], resender: Resender, around: Surroundings) -> None:
        self._flows = flows
        self._resender = resender
        self._around = around
        self._sent: deque[tuple[float, int]] = deque()
        self._gone = 0

    def bits_per_second(self, now: float) -> int:
        """Return the rate on the wire over the last second, or longer when it is asked for less often."""
        total = self._gone + self._resender.octets + sum(map(_octets, self._flows.values()))
        while len(self._sent) > 1 and self._sent[1][0] <= now - WINDOW_SECONDS:
            self._sent.popleft()
        since, before = self._sent[0] if self._sent else (now, total)
        if not self._sent or now - self._sent[-1][0] >= STEP_SECONDS:
            self._sent.append((now, total))
        return int(8 * (total - before) / (now - since)) if now > since else 0

    def forget(self, flow: Flow) -> None:
        """Keep what a flow sent that is about to go."""
        self._gone += _octets(flow)

    def pad(self, octets: int) -> None:
        """Send a cluster of counted padding, best beside pictures that are being sent."""
        pictures = [flow for flow in self._flows.values() if flow.agreed and flow.track.kind == "video"]
        flow = next((flow for flow in pictures if flow.layer is not None), next(iter(pictures), None))
        if flow is not None:
            self._resender.pad(flow.down, octets, self._around.now(), self._around.wall())


def _octets(flow: Flow) -> int:
    packets, octets = flow.down.counted
    return octets + packets * WIRE_OVERHEAD
