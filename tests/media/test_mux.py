"""The one UDP port: only who knows the password gets in, and hostile datagrams change nothing."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from aioice import stun

from lti_room.base.settings import Address
from lti_room.media.sfu.transport.binding import local_hosts
from lti_room.media.sfu.transport.claims import MOST_ADDRESSES
from lti_room.media.sfu.transport.mux import Mux, Route


@dataclass
class Peer:
    """Notes what the mux tells it."""

    username: str = "user1"
    password: str = "password-of-user1-is-long"
    routes: list[tuple[Route, bool]] = field(default_factory=list)
    dtls: list[bytes] = field(default_factory=list)
    srtp: list[bytes] = field(default_factory=list)

    def verified(self, route: Route, nominated: bool) -> None:
        self.routes.append((route, nominated))

    def receive_dtls(self, data: bytes, route: Route) -> None:
        self.dtls.append(data)

    def receive_srtp(self, data: bytes) -> None:
        self.srtp.append(data)


def request(username: str, password: str, *, nominate: bool = True) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{username}:browser"
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


class Client:
    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect((host, port))
        self.socket.setblocking(False)

    async def ask(self, data: bytes) -> bytes | None:
        """Send, and return the answer or None after a moment."""
        self.socket.send(data)
        for _ in range(10):
            await asyncio.sleep(0.005)
            try:
                return self.socket.recv(2048)
            except BlockingIOError:
                continue
        return None


def with_mux(
    scenario: Callable[[Mux, Peer, Client], Coroutine[Any, Any, None]], host: str = "127.0.0.1"
) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        mux, peer = Mux(Address(host, 0)), Peer()
        mux.add(peer)
        mux.start(loop)
        client = Client("127.0.0.1", mux.local_addresses[-1].port)
        try:
            await scenario(mux, peer, client)
        finally:
            client.socket.close()
            mux.close(loop)

    asyncio.run(run())


def test_a_verified_check_is_answered_and_lets_media_in() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        answer = await client.ask(request(peer.username, peer.password))
        assert answer is not None
        message = stun.parse_message(answer)
        assert message.message_class == stun.Class.RESPONSE
        assert message.check_message_integrity(peer.password.encode())
        assert message.attributes["XOR-MAPPED-ADDRESS"] == client.socket.getsockname()
        assert [nominated for _, nominated in peer.routes] == [True]
        await client.ask(b"\x16dtls")
        await client.ask(b"\x80srtp")
        assert (peer.dtls, peer.srtp) == ([b"\x16dtls"], [b"\x80srtp"])

    with_mux(scenario)


@pytest.mark.parametrize("first", [0x16, 0x80, 0x40, 0xFF], ids=["dtls", "srtp", "turn", "nonsense"])
def test_an_unknown_address_gets_nothing_in(first: int) -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        assert await client.ask(bytes([first]) * 100) is None
        assert (peer.dtls, peer.srtp) == ([], [])
        assert mux.dropped == 1

    with_mux(scenario)


@pytest.mark.parametrize(
    ("username", "password"),
    [("user1", "another-password-altogether"), ("user2", "password-of-user1-is-long"), ("", "x")],
    ids=["wrong-password", "unknown-user", "empty"],
)
def test_a_check_that_does_not_verify_is_not_answered(username: str, password: str) -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        assert await client.ask(request(username, password)) is None
        assert peer.routes == []
        assert await client.ask(b"\x80srtp") is None
        assert peer.srtp == []

    with_mux(scenario)


def test_a_check_without_integrity_is_not_answered() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{peer.username}:browser"
        assert await client.ask(bytes(message)) is None
        message.add_fingerprint()
        assert await client.ask(bytes(message)) is None

    with_mux(scenario)


def test_a_changed_bit_spoils_a_check() -> None:
    good = request("user1", "password-of-user1-is-long")

    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        for at in (21, 25, 60, len(good) - 12):
            bad = bytearray(good)
            bad[at] ^= 1
            assert await client.ask(bytes(bad)) is None
        assert peer.routes == []

    with_mux(scenario)


def test_a_datagram_arrived_when_the_kernel_had_it_not_when_it_was_read() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        assert await client.ask(request(peer.username, peer.password))
        arrived: list[float] = []
        peer.receive_srtp = lambda data: arrived.append(mux.arrived)  # type: ignore[method-assign]
        sent = []
        for _ in range(3):
            before = time.monotonic()
            client.socket.send(b"\x80srtp")
            sent.append((before - 0.001, time.monotonic() + 0.001))
            time.sleep(0.02)
        await asyncio.sleep(0.02)
        assert len(arrived) == len(sent)
        assert all(since <= at <= until for at, (since, until) in zip(arrived, sent, strict=True))

    with_mux(scenario)


def test_several_addresses_of_a_peer_are_known_but_not_without_end() -> None:
    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        port = mux.local_addresses[0].port
        others = [Client("127.0.0.1", port) for _ in range(MOST_ADDRESSES + 3)]
        for other in others:
            assert await other.ask(request(peer.username, peer.password, nominate=False))
        for other in others:
            other.socket.send(b"\x80" + bytes(str(other.socket.getsockname()[1]), "ascii"))
        await asyncio.sleep(0.05)
        assert len(peer.srtp) == MOST_ADDRESSES
        mux.remove(peer)
        before = len(peer.srtp)
        others[-1].socket.send(b"\x80srtp")
        assert await others[-1].ask(request(peer.username, peer.password)) is None
        assert len(peer.srtp) == before, "a removed peer's addresses are forgotten"
        for other in others:
            other.socket.close()

    with_mux(scenario)


def test_bound_to_every_address_it_answers_from_the_one_that_was_asked() -> None:
    outside = [host for host in local_hosts(4) if not host.startswith("127.")]

    async def scenario(mux: Mux, peer: Peer, client: Client) -> None:
        assert {address.host for address in mux.local_addresses} == {*outside, "127.0.0.1"}
        assert len({address.port for address in mux.local_addresses}) == 1
        for host in [*outside, "127.0.0.1"]:
            # A connected socket takes answers from the asked address only.
            asker = (
                Client(host, mux.local_addresses[0].port) if host == "127.0.0.1" else _from_outside(host, mux)
            )
            assert await asker.ask(request(peer.username, peer.password)), host
            asker.socket.close()

    with_mux(scenario, "0.0.0.0")


def _from_outside(host: str, mux: Mux) -> Client:
    client = Client("127.0.0.1", mux.local_addresses[0].port)
    client.socket.close()
    client.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.socket.bind((host, 0))
    client.socket.connect((host, mux.local_addresses[0].port))
    client.socket.setblocking(False)
    return client
