"""A UDP relay that behaves like bad networks: between clients and the media worker, in a process of its own.

Each *link* is somebody's access network: a port to send to, and one `model.Path` per direction that all flows
of this link share. Behind it every client address gets a socket of its own, so that the worker sees as many
addresses as there are clients. Arrivals are taken from the kernel's timestamps: when this process is late to
read a packet, the packet is not late for it. How late packets left is counted and reported.

The process is told what to do by lines of JSON on its standard input, and ends with it.
"""

import argparse
import gc
import heapq
import json
import os
import select
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from struct import unpack_from
from typing import Any, Final

from benchmarks.network.model import Conditions, Path, Step

SO_TIMESTAMPNS: Final = 35
"""Python has no name for it. Linux's number on every architecture that we run on."""

_BUCKETS_PER_MS: Final = 10
_LARGEST: Final = 2048
_AT_ONCE: Final = 32

Address = tuple[str, int]


@dataclass
class Direction:
    """One direction of a link."""

    path: Path
    latest: float = 0.0
    passed_bytes: int = 0

    def offer(self, now: float, size: int) -> float | None:
        """Ask the model; sockets may be read in another order than packets came."""
        self.latest = max(self.latest, now)
        out = self.path.offer(self.latest, size)
        if out is not None:
            self.passed_bytes += size
        return out

    def report(self) -> dict[str, int]:
        """Return what happened so far."""
        path = self.path
        return {
            "offered": path.offered,
            "lost": path.lost,
            "overflowed": path.overflowed,
            "bytes": self.passed_bytes,
        }


@dataclass
class Link:
    """One access network. `up` leads to the worker."""

    door: socket.socket
    up: Direction
    down: Direction
    flows: dict[Address, socket.socket] = field(default_factory=dict)


class Relay:
    """The sockets and the clock around the model."""

    def __init__(self, to: Address, host: str, names: Sequence[str], seed: int) -> None:
        self._to = to
        self._links = {name: self._link(host, seed * 1000 + n) for n, name in enumerate(names)}
        self._doors = {link.door: link for link in self._links.values()}
        self._behind: dict[socket.socket, tuple[Link, Address]] = {}
        self._due: list[tuple[float, int, socket.socket, bytes, Address | None]] = []
        self._order = 0
        self._late = [0] * (100 * _BUCKETS_PER_MS)
        self._latest = 0.0

    @staticmethod
    def _link(host: str, seed: int) -> Link:
        calm = [Step(0.0, Conditions())]
        return Link(_bound(host), Direction(Path(seed * 2, calm)), Direction(Path(seed * 2 + 1, calm)))

    @property
    def ports(self) -> dict[str, int]:
        """The port of each link."""
        return {name: int(link.door.getsockname()[1]) for name, link in self._links.items()}

    def run(self, control: int) -> None:
        """Pass packets on until `control` ends; obey the lines that come from it."""
        text = b""
        while True:
            wait = max(0.0, self._due[0][0] - _now()) if self._due else None
            sources: list[Any] = [*self._doors, *self._behind, control]
            for ready in select.select(sources, [], [], wait)[0]:
                if ready == control:
                    more = os.read(control, 65536)
                    if not more:
                        return
                    *lines, text = (text + more).split(b"\n")
                    self._obey(lines)
                else:
                    self._read(ready)
            self._send_due()

    def _read(self, source: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, extra, _, sender = source.recvmsg(_LARGEST, 64)
            except BlockingIOError:
                return
            except ConnectionError:
                continue
            arrived = _arrival(extra)
            if source in self._doors:
                link = self._doors[source]
                self._pass(link.up, arrived, self._onward(link, sender), data, None)
            else:
                link, client = self._behind[source]
                self._pass(link.down, arrived, link.door, data, client)

    def _onward(self, link: Link, client: Address) -> socket.socket:
        if client not in link.flows:
            onward = _bound(self._to[0] if self._to[0].startswith("127.") else "")
            onward.connect(self._to)
            link.flows[client] = onward
            self._behind[onward] = (link, client)
        return link.flows[client]

    def _pass(
        self, way: Direction, arrived: float, by: socket.socket, data: bytes, to: Address | None
    ) -> None:
        out = way.offer(arrived, len(data))
        if out is not None:
            self._order += 1
            heapq.heappush(self._due, (out, self._order, by, data, to))

    def _send_due(self) -> None:
        now = _now()
        while self._due and self._due[0][0] <= now:
            due, _, by, data, to = heapq.heappop(self._due)
            with suppress(BlockingIOError, ConnectionError):
                if to is None:
                    by.send(data)
                else:
                    by.sendto(data, to)
            late, now = now - due, _now()
            self._latest = max(self._latest, late)
            self._late[min(int(late * 1000 * _BUCKETS_PER_MS), len(self._late) - 1)] += 1

    def _obey(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            told = json.loads(line)
            if told["do"] == "follow":
                link, began = self._links[told["link"]], _now()
                for name, way in (("up", link.up), ("down", link.down)):
                    steps = [Step(began + at, Conditions(**like)) for at, like in told.get(name, ())]
                    if steps:
                        way.path.follow(steps)
            print(json.dumps(self._report()), flush=True)

    def _report(self) -> dict[str, Any]:
        links = {
            name: {"up": link.up.report(), "down": link.down.report(), "flows": len(link.flows)}
            for name, link in self._links.items()
        }
        cpu = time.process_time()
        late = {"late_p99_ms": self._late_at(0.99), "late_max_ms": self._latest * 1000}
        return {"links": links, "cpu": cpu, "passed": sum(self._late), **late}

    def _late_at(self, share: float) -> float:
        left = sum(self._late) * share
        for n, count in enumerate(self._late):
            left -= count
            if left <= 0:
                return (n + 1) / _BUCKETS_PER_MS
        return len(self._late) / _BUCKETS_PER_MS


def _bound(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    made.bind((host, 0))
    return made


def _now() -> float:
    """The clock of the kernel's timestamps."""
    return time.clock_gettime(time.CLOCK_REALTIME)


def _arrival(extra: Iterable[tuple[int, int, bytes]]) -> float:
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = unpack_from("qq", data)
            return float(seconds + nanoseconds / 1e9)
    return _now()


def main() -> None:
    """Be the relay process: print the ports, then pass packets on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("to", help="host:port of the media worker")
    parser.add_argument("links", nargs="+")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    host, _, port = asked.to.rpartition(":")
    relay = Relay((host, int(port)), asked.host, asked.links, asked.seed)
    with suppress(PermissionError):  # without the right to be in time it only says how late it was
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    gc.disable()
    print(json.dumps(relay.ports), flush=True)
    relay.run(sys.stdin.fileno())


if __name__ == "__main__":
    main()
