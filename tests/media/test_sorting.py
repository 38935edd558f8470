"""Reports lie aside: what the kernel sorts where, when the worker looks, and whose the port is."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from lti_room.base.settings import Address
from lti_room.media.sfu.transport.binding import Bound, bind_all
from lti_room.media.sfu.transport.mux import DENSE_SECONDS, DENSE_WAKES, Mux
from tests.media.test_mux import Client, Peer, request, with_mux

PACKET, REPORT = b"\x90\x60 a packet", b"\x81\xc9 a report"
Scenario = Callable[[Mux, Peer, Client], Coroutine[Any, Any, None]]


@pytest.fixture(params=["127.0.0.1", "::1"])
def bound(request: pytest.FixtureRequest) -> Iterator[Bound]:
    """A bound address, with what lies aside."""
    [(first, aside)] = bind_all(Address(request.param, 0))
    yield first, aside
    first.close()
    if aside is not None:
        aside.close()


def _waits(bound: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(bound.recv(2048))
        except BlockingIOError:
            return found


@pytest.mark.parametrize(
    ("datagram", "aside"),
    [
        pytest.param(b"\x80\xc8 SR", True, id="sender report"),
        pytest.param(b"\x81\xc9 RR", True, id="receiver report"),
        pytest.param(b"\x80\xcf XR", True, id="extended report"),
        pytest.param(b"\x8f\xcd arrivals", True, id="transport-wide feedback"),
        pytest.param(b"\x81\xcd lost", False, id="NACK"),
        pytest.param(b"\x81\xce PLI", False, id="PLI"),
        pytest.param(b"\x90\x60 VP8", False, id="RTP"),
        pytest.param(b"\x90\xe0 VP8, marker", False, id="RTP with a marker"),
        pytest.param(b"\x00\x01 check", False, id="STUN"),
        pytest.param(b"\x16\xfe\xfd hello", False, id="DTLS"),
        pytest.param(b"\x81", False, id="one byte"),
    ],
)
def test_the_kernel_lets_lie_aside_what_has_time(bound: Bound, datagram: bytes, aside: bool) -> None:
    first, other = bound
    assert other is not None
    with socket.socket(first.family, socket.SOCK_DGRAM) as sender:
        sender.sendto(datagram, first.getsockname()[:2])
    assert (_waits(first), _waits(other)) == (([], [datagram]) if aside else ([datagram], []))


def test_the_port_is_nobody_elses(bound: Bound) -> None:
    host, port = bound[0].getsockname()[:2]
    with pytest.raises(OSError, match="in use"):
        Mux(Address(host, port))


def _known(scenario: Scenario) -> Scenario:
    """Let the client be known first."""

    async def checked(mux: Mux, peer: Peer, client: Client) -> None:
        assert await client.ask(request(peer.username, peer.password))
        await scenario(mux, peer, client)

    return checked


async def _send_densely(client: Client) -> None:
    for _ in range(DENSE_WAKES + 2):
        client.socket.send(PACKET)
        await asyncio.sleep(DENSE_SECONDS / 10)


def test_a_report_is_read_at_once_where_packets_are_rare() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        for _ in range(2):
            client.socket.send(PACKET)
            await asyncio.sleep(DENSE_SECONDS / 10)
            client.socket.send(REPORT)
            await asyncio.sleep(DENSE_SECONDS / 2)
        assert peer.srtp == [PACKET, REPORT, PACKET, REPORT]

    with_mux(_known(scenario))


def test_a_report_beside_dense_packets_is_read_with_the_next_of_them() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        await _send_densely(client)
        client.socket.send(REPORT)
        await asyncio.sleep(DENSE_SECONDS / 10)
        assert REPORT not in peer.srtp, "it woke nobody"
        client.socket.send(PACKET)
        await asyncio.sleep(DENSE_SECONDS / 10)
        assert peer.srtp[-2:] == [PACKET, REPORT], "the packet goes first"

    with_mux(_known(scenario))


def test_a_report_waits_no_longer_than_the_next_look_when_packets_stop() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        await _send_densely(client)
        client.socket.send(REPORT)
        mux.look()
        await asyncio.sleep(0)
        assert REPORT not in peer.srtp, "a packet may still come"
        await asyncio.sleep(2 * DENSE_SECONDS)
        mux.look()
        await asyncio.sleep(0.01)
        assert peer.srtp[-1] == REPORT
        client.socket.send(REPORT)
        await asyncio.sleep(0.01)
        assert peer.srtp[-2:] == [REPORT, REPORT], "from then on each wakes the worker"

    with_mux(_known(scenario))


def test_many_reports_are_all_read() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        await _send_densely(client)
        for _ in range(300):
            client.socket.send(REPORT)
        client.socket.send(PACKET)
        await asyncio.sleep(DENSE_SECONDS / 2)
        assert peer.srtp.count(REPORT) == 300, "not only those that fit into one reading"

    with_mux(_known(scenario))


def test_how_long_a_report_has_waited_is_known() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        waited: list[float] = []
        await _send_densely(client)
        peer.receive_srtp = lambda data: waited.append(mux.waited)  # type: ignore[method-assign]
        client.socket.send(REPORT)
        await asyncio.sleep(DENSE_SECONDS / 2)
        client.socket.send(PACKET)
        await asyncio.sleep(0.01)
        of_packet, of_report = waited
        assert of_packet < DENSE_SECONDS / 2 <= of_report < 0.5

    with_mux(_known(scenario))
