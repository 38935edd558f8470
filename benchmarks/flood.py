"""What a datagram from an unknown address costs a media worker: how many of each kind one core can take.

    python -m benchmarks flood [--datagrams 40000]

The worker's receive loop runs in a process of its own, with 500 peers expected; its CPU time includes the
kernel's share of receiving. Nothing is answered.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import socket
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from struct import pack
from typing import Final

import uvloop
from aioice import stun

from lti_room.base.settings import Address
from lti_room.media.sfu.transport.claims import Route
from lti_room.media.sfu.transport.mux import Mux

DATAGRAMS: Final = 40_000
PEERS: Final = 500
BURST: Final = 40
PAUSE_SECONDS: Final = 0.0005
ON_THE_WIRE: Final = 14 + 4 + 20 + 8 + 12 + 8
"""Octets of Ethernet (with its gap and preamble), IPv4 and UDP around a payload."""


@dataclass
class _Peer:
    """A peer that is expected and never comes."""

    username: str
    password: str = "a-password-as-long-as-they-are-"

    def verified(self, route: Route, nominated: bool) -> None: ...

    def receive_dtls(self, data: bytes, route: Route) -> None: ...

    def receive_srtp(self, data: bytes) -> None: ...


def _check(username: str) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{username}:browser"
    message.attributes["PRIORITY"] = 1845501695
    message.attributes["ICE-CONTROLLING"] = 7
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(b"not the password, but as long")
    return bytes(message)


def _full_check() -> bytes:
    """Return a check as dear to parse as fits: 21 IPv6 addresses."""
    body = pack("!HHBB18s", 0x20, 20, 0, 2, os.urandom(18)) * 21
    return pack("!HHI12s", 1, len(body), stun.COOKIE, os.urandom(12)) + body


KINDS: Final = {
    "media, 1000 bytes": b"\x80\x60" + os.urandom(998),
    "DTLS handshake, 200 bytes": b"\x16\xfe\xfd" + os.urandom(197),
    "STUN, malformed": b"\x00\x01" + os.urandom(98),
    "STUN, 21 addresses": _full_check(),
    "STUN for an unknown name": _check("nobodyAtAll1"),
    "STUN, wrong signature": _check("peer00000007"),
}


def _serve(pipe: Connection) -> None:
    """Run the receive loop; each message in the pipe is answered by (datagrams, CPU seconds) so far."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        mux = Mux(Address("127.0.0.1", 0))
        for n in range(PEERS):
            mux.add(_Peer(f"peer{n:08}"))
        mux.start(loop)
        ended = asyncio.Event()

        def answer() -> None:
            if pipe.recv():
                pipe.send((mux.dropped, time.process_time()))
            else:
                ended.set()

        loop.add_reader(pipe.fileno(), answer)
        pipe.send(mux.local_addresses[0].port)
        await ended.wait()

    uvloop.run(run())


def _ask(pipe: Connection) -> tuple[int, float]:
    pipe.send(True)
    handled, seconds = pipe.recv()
    return int(handled), float(seconds)


def _flood(pipe: Connection, port: int, data: bytes, datagrams: int) -> tuple[int, float]:
    """Send datagrams from twenty sockets; return how many were handled and their CPU seconds."""
    handled, seconds = _ask(pipe)
    with contextlib.ExitStack() as stack:
        senders = []
        for _ in range(20):
            sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sender.connect(("127.0.0.1", port))
            senders.append(sender)
        for n in range(datagrams):
            senders[n % len(senders)].send(data)
            if n % BURST == 0:
                time.sleep(PAUSE_SECONDS)
        time.sleep(0.1)
    after, seconds_after = _ask(pipe)
    return after - handled, seconds_after - seconds


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks flood")
    parser.add_argument("--datagrams", type=int, default=DATAGRAMS)
    datagrams = parser.parse_args(arguments or []).datagrams
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=_serve, args=(theirs,), daemon=True)
    worker.start()
    port = int(ours.recv())
    print(f"A flood from unknown addresses, {datagrams} datagrams of each kind, {PEERS} peers expected\n")
    print(f"{'kind':28} {'us each':>8} {'per CPU second':>15} {'of a core at 100 Mb/s':>22} {'handled':>8}")
    for kind, data in KINDS.items():
        handled, seconds = _flood(ours, port, data, datagrams)
        each = seconds / max(1, handled)
        share = each * 1e8 / 8 / (len(data) + ON_THE_WIRE)
        print(f"{kind:28} {each * 1e6:8.2f} {1 / each:15,.0f} {share:22.0%} {handled / datagrams:8.1%}")
    ours.send(False)
    worker.join(5)
    print(f"\nload average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
