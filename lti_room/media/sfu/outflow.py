"""How much goes to one subscriber, and padding to see whether more would come through."""

from collections.abc import Mapping

from lti_room.media.sfu.flow import Flow
from lti_room.media.sfu.layer import Surroundings
from lti_room.media.sfu.meter import WIRE_OVERHEAD, Meter
from lti_room.media.sfu.resend import Resender


class Outflow:
    """Everything that goes out to one subscriber. `flows` are those of the moment, by their media SSRC."""

    def __init__(self, flows: Mapping[int, Flow], resender: Resender, around: Surroundings) -> None:
        self._flows = flows
        self._resender = resender
        self._around = around
        self._meter = Meter()
        self._before = 0
        self._gone = 0

    def bits_per_second(self, now: float) -> int:
        """Return the rate on the wire over the last second; it is measured when it is asked for."""
        sent = self._gone + self._resender.octets + sum(map(_octets, self._flows.values()))
        self._meter.add(sent - self._before, now)
        self._before = sent
        return self._meter.bits_per_second(now)

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
