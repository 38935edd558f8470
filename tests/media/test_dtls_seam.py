"""The private names of aiortc and pylibsrtp that `dtls.py` touches still mean what it believes."""

import asyncio
import inspect
import re
from pathlib import Path

import pytest
from aiortc import RTCDtlsFingerprint, RTCDtlsTransport
from pylibsrtp import Session

from lti_room.media.sfu.transport import dtls

HEADER = bytes.fromhex("806f03e8000003e8000004d2")


def _pair() -> tuple[
    dtls.SecureTransport, dtls.SecureTransport, list[RTCDtlsFingerprint], list[RTCDtlsFingerprint]
]:
    one, two = dtls.new_certificate(), dtls.new_certificate()
    ends: list[dtls.SecureTransport] = []
    server = dtls.SecureTransport(one, lambda data: ends[1].receive(data), lambda: None)
    client = dtls.SecureTransport(two, lambda data: ends[0].receive(data), lambda: None, server=False)
    ends += [server, client]
    return server, client, one.getFingerprints(), two.getFingerprints()


async def _connected() -> tuple[dtls.SecureTransport, dtls.SecureTransport, dtls.Cipher, dtls.Cipher]:
    server, client, of_server, of_client = _pair()
    up, down = await asyncio.gather(server.handshake(of_client), client.handshake(of_server))
    assert up is not None
    assert down is not None
    return server, client, up, down


def test_a_handshake_gives_ciphers_that_fit_both_ways() -> None:
    async def scenario() -> None:
        server, client, up, down = await _connected()
        assert client._dtls._rx_srtp is not client._dtls._tx_srtp
        for sender, receiver in ((up, down), (down, up)):
            assert receiver.unprotect(sender.protect(HEADER + b"payload")) == HEADER + b"payload"
            report = bytes.fromhex("80c9000100000001")
            assert receiver.unprotect_rtcp(sender.protect_rtcp(report)) == report
        await client.stop()
        await server.stop()

    asyncio.run(scenario())


def test_encrypting_in_place_is_what_the_library_does_itself() -> None:
    async def scenario() -> None:
        server, client, up, down = await _connected()
        memory, view = dtls.new_buffer(1500)
        length = dtls.new_length()
        packet = HEADER + bytes(1000)
        view[: len(packet)] = packet
        length[0] = len(packet)
        assert dtls.srtp_protect(up.context, memory, length) == 0
        assert length[0] > len(packet)
        assert down.unprotect(bytes(view[: length[0]])) == packet
        await client.stop()
        await server.stop()

    asyncio.run(scenario())


def test_forged_and_repeated_packets_are_none() -> None:
    async def scenario() -> None:
        server, client, up, down = await _connected()
        good = up.protect(HEADER + b"payload")
        assert down.unprotect(good[:-1] + bytes([good[-1] ^ 1])) is None
        assert down.unprotect(good) is not None
        assert down.unprotect(good) is None
        assert down.unprotect(bytes(3000)) is None
        assert down.unprotect_rtcp(good) is None
        await client.stop()
        await server.stop()

    asyncio.run(scenario())


def test_a_certificate_that_was_not_announced_fails_the_handshake() -> None:
    async def scenario() -> None:
        server, client, of_server, _ = _pair()
        wrong = dtls.new_certificate().getFingerprints()
        up, _ = await asyncio.gather(server.handshake(wrong), client.handshake(of_server))
        assert up is None
        await client.stop()
        await server.stop()

    asyncio.run(scenario())


def test_closing_is_noticed_at_the_other_end() -> None:
    async def scenario() -> None:
        closed = asyncio.Event()
        one, two = dtls.new_certificate(), dtls.new_certificate()
        ends: list[dtls.SecureTransport] = []
        server = dtls.SecureTransport(one, lambda data: ends[1].receive(data), closed.set)
        client = dtls.SecureTransport(two, lambda data: ends[0].receive(data), lambda: None, server=False)
        ends += [server, client]
        await asyncio.gather(server.handshake(two.getFingerprints()), client.handshake(one.getFingerprints()))
        await client.stop()
        await asyncio.wait_for(closed.wait(), 2)
        await server.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["_rx_srtp", "_tx_srtp"])
def test_the_names_are_still_there(name: str) -> None:
    assert f"self.{name}" in inspect.getsource(RTCDtlsTransport.__init__)


def test_the_transport_is_still_asked_for_three_things_only() -> None:
    asked = set(re.findall(r"self\.(?:_)?transport\.(\w+)", inspect.getsource(RTCDtlsTransport)))
    assert asked == {"_recv", "_send", "role"}


def test_a_session_still_holds_its_context_where_we_look() -> None:
    assert "self._srtp = ffi.gc(" in inspect.getsource(Session.__init__)


def test_no_other_file_touches_private_names_or_the_binding() -> None:
    folder = Path(dtls.__file__).parent
    for path in folder.glob("*.py"):
        text = path.read_text()
        if path.name == "dtls.py":
            continue
        assert "pylibsrtp" not in text, path.name
        assert not re.search(r"\b(_rx_srtp|_tx_srtp|_set_role|_handle_rt)", text), path.name
