"""Torments the C fan-out for some seconds: `python torment.py <the built module> <seed> <seconds>`.

Run under AddressSanitizer by `test_sanitized.py`. Everything comes from the seed: sensible and senseless rows
and packets, closed sockets, full buffers, subscribers that go away while other threads forward to them.
"""

import contextlib
import importlib.util
import os
import random  # noqa: TID251 - from a seed, to be repeatable
import socket
import sys
import threading
import time
from array import array
from collections.abc import Callable
from typing import Any

from lti_room.media.sfu import forwarding


def load(path: str) -> Any:
    """Put the module built with sanitizers where the product looks for it."""
    name = "lti_room.media.sfu.forwarding._fan"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module
    forwarding._fan = module
    return module


fan = load(sys.argv[1])

from lti_room.media.sfu.forwarding.fanout import Outgoing  # noqa: E402
from lti_room.media.sfu.forwarding.fast import FUNCTIONS, STREAM_WORDS, FastFanout  # noqa: E402
from lti_room.media.sfu.forwarding.fast import _fan as in_use  # noqa: E402
from lti_room.media.sfu.transport.dtls import (  # noqa: E402 - after the module it would load
    UNPROTECT_ADDRESS,
    UNPROTECT_RTCP_ADDRESS,
)
from tests.support.fanned import PROFILES, WALL, Offsets, Subscriber, picture, sending_socket  # noqa: E402

assert in_use is fan

REFUSALS = (ValueError, TypeError, OverflowError, RuntimeError, SystemError, BufferError)


class Tormentor:
    """All randomness of one run."""

    def __init__(self, seed: int, by: list[socket.socket]) -> None:
        self.random = random.Random(seed)
        self._by = by
        self._fanouts = [FastFanout(trains=True), FastFanout()]
        self._subscribers: list[Subscriber] = []
        self._rows: list[Any] = []
        self.calls = 0

    def run(self, until: float) -> None:
        """Do one thing after another until the time is over."""
        deeds: list[Callable[[], None]] = [
            *[self._forward] * 12,
            *[self._prepare] * 3,
            *[self._come_and_go] * 3,
            *[self._receive] * 3,
            *[self._unprotect] * 3,
            self._nonsense_rows,
            self._nonsense_packets,
        ]
        while time.monotonic() < until:
            self.random.choice(deeds)()
            self.calls += 1

    def _come_and_go(self) -> None:
        if len(self._subscribers) > 30 or (self._subscribers and self.random.random() < 0.3):
            gone = self._subscribers.pop(self.random.randrange(len(self._subscribers)))
            gone.socket.close()
            return
        number = self.random.getrandbits
        offsets = Offsets(
            number(32) | 1, number(40) - (1 << 39), number(33), number(16), number(9), number(64)
        )
        profile = self.random.choice(list(PROFILES))
        with contextlib.suppress(OSError):  # one of the sockets is closed in the middle
            self._subscribers.append(Subscriber(self.random.choice(self._by), offsets, profile))

    def _prepare(self) -> None:
        self._rows = self._rows[-4:]
        count = self.random.randint(0, len(self._subscribers))
        rows = [each.row for each in self.random.sample(self._subscribers, count)]
        with contextlib.suppress(ValueError):
            self._rows.append(self.random.choice(self._fanouts).prepare(rows))

    def _forward(self) -> None:
        if self._rows:
            count = self.random.choice((0, 1, 1, 5, 9, 50, 130))
            sensible = self.random.random() < 0.7
            packets = [self._picture(n) if sensible else self._packet() for n in range(count)]
            with contextlib.suppress(*REFUSALS):
                self.random.choice(self._fanouts).forward(self.random.choice(self._rows), packets, WALL)

    def _receive(self) -> None:
        """Read one of the sockets, into which anything was sent."""
        bound = self.random.choice(self._by)
        with contextlib.suppress(OSError), socket.socket(bound.family, socket.SOCK_DGRAM) as sender:
            for _ in range(self.random.choice((0, 1, 5, 70))):
                size = self.random.choice((0, 1, 100, 2047, 2048, 2049, 9000))
                sender.sendto(self.random.randbytes(size), bound.getsockname()[:2])
        with contextlib.suppress(*REFUSALS):
            fan.receive(self._thing() if self.random.random() < 0.1 else bound.fileno())

    def _picture(self, n: int) -> Outgoing:
        size = self.random.choice((60, 1100, 1101, 1336))
        return picture(n, size, marker=self.random.random() < 0.5, counted=self.random.random() < 0.3)

    def _packet(self) -> Outgoing:
        draw = self.random
        size = draw.choice((0, 1, 2, 3, 30, 1100, 1101, 1101, 1101, 1336, draw.randint(0, 1500)))
        return Outgoing(
            draw.getrandbits(8),
            draw.getrandbits(34),
            draw.getrandbits(32),
            draw.randbytes(size),
            draw.choice((None, draw.getrandbits(7))),
            draw.random() < 0.3,
            draw.choice((0, 1, 2, 3, size, size + 1, 1400, -1, -30)) if draw.random() < 0.5 else 0,
            draw.getrandbits(15),
            draw.random() < 0.5,
            draw.choice((0, 1, 4, size - 1, size, 2000)) if draw.random() < 0.5 else 0,
            draw.getrandbits(8),
        )

    def _thing(self) -> Any:
        draw = self.random
        return draw.choice(
            (
                None,
                -1,
                0,
                1,
                draw.getrandbits(16),
                1 << 70,
                "",
                "127.0.0.1",
                "::1",
                "\0",
                "x" * 300,
                b"",
                draw.randbytes(draw.randint(0, 1400)),
                bytearray(draw.randbytes(100)),
                array("Q", [1]),
                array("Q"),
                (),
                [],
                2.5,
                self._rows,
                True,
            )
        )

    def _nonsense_rows(self) -> None:
        """A context is 0 or a real one: what it points to cannot be checked, so Python never makes it up."""
        rows = []
        for _ in range(self.random.randint(1, 4)):
            state = array("Q", [self.random.getrandbits(64) for _ in range(STREAM_WORDS)])
            row = [-1, "127.0.0.1", 9, 0, 0, bytes(12), 1, 0, 0, 0, 0, array("Q", [0]), state]
            for _ in range(self.random.randint(0, 3)):
                at = self.random.choice([n for n in range(13) if n not in {3, 4}])
                row[at] = self._thing()
            if self._subscribers and self.random.random() < 0.8:
                cipher = self.random.choice(self._subscribers).row.cipher
                row[3], row[4] = cipher.context_address, cipher.gcm.address
            rows.append(tuple(row[: self.random.choice((13, 13, 13, 12, 0))]))
        with contextlib.suppress(*REFUSALS):
            made = fan.prepare(FUNCTIONS, tuple(rows), list(self._subscribers))
            fan.forward(made, ((bytes(200), 1, 2, 0, 0, False, 0, 0, False),), True)
        with contextlib.suppress(*REFUSALS):
            fan.prepare(FUNCTIONS, self._thing(), None)

    def _unprotect(self) -> None:
        """Open anything with somebody's context, or with none."""
        context = 0
        if self._subscribers and self.random.random() < 0.9:
            context = self.random.choice(self._subscribers).row.cipher.receiving_address
        function = self.random.choice((UNPROTECT_ADDRESS, UNPROTECT_RTCP_ADDRESS))
        size = self.random.choice((0, 1, 7, 11, 12, 30, 100, 1499, 1500, 1501, 9000))
        data = bytes((0x80, self.random.choice((96, 201)))) + self.random.randbytes(size)
        with contextlib.suppress(*REFUSALS):
            fan.unprotect(function, context, data if self.random.random() < 0.9 else self._thing())

    def _nonsense_packets(self) -> None:
        packets = []
        for _ in range(self.random.randint(1, 4)):
            packet: list[Any] = [self.random.randbytes(100), 1, 2, 20, 3, True, 30, 4, True]
            for _ in range(self.random.randint(0, 3)):
                packet[self.random.randrange(9)] = self._thing()
            packets.append(tuple(packet))
        rows = (
            self.random.choice(self._rows).ready
            if self._rows and self.random.random() < 0.9
            else self._thing()
        )
        with contextlib.suppress(*REFUSALS):
            fan.forward(rows, tuple(packets), self._thing())


def _give_up(failed: threading.ExceptHookArgs) -> None:
    sys.__excepthook__(failed.exc_type, failed.exc_value or failed.exc_type(), failed.exc_traceback)
    os._exit(1)


def main() -> None:
    """Two threads with the same sockets; the second finds the first forwarding, and is refused."""
    threading.excepthook = _give_up
    seed, until = int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
    with sending_socket() as one, sending_socket("::1") as two, sending_socket() as small:
        small.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        gone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        gone.bind(("127.0.0.1", 0))
        tormentors = [Tormentor(seed + n, [one, two, small, gone]) for n in range(2)]
        threads = [threading.Thread(target=each.run, args=(until,)) for each in tormentors]
        for thread in threads:
            thread.start()
        time.sleep((until - time.monotonic()) / 3)
        gone.close()
        for thread in threads:
            thread.join()
    print("calls:", *(each.calls for each in tormentors))


main()
