"""The fast path's own AES-GCM: libsrtp reads it, and no number is encrypted twice."""

import itertools
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from struct import unpack_from

import pytest
from pylibsrtp import Policy

from lti_room.media.sfu.forwarding.fanout import Outgoing
from lti_room.media.sfu.forwarding.fast import FastCipher, FastFanout
from lti_room.media.sfu.transport import gcm
from lti_room.media.sfu.transport.dtls import Cipher, MasterKey
from lti_room.media.sfu.transport.gcm import GcmContext, session_keys
from tests.support.fanned import WALL, Offsets, Subscriber, fanned, picture, sending_socket, session

GCM = ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM"]


@pytest.fixture
def by() -> Iterator[socket.socket]:
    """The socket that sends."""
    with sending_socket() as bound:
        yield bound


@pytest.fixture(params=GCM)
def there(request: pytest.FixtureRequest, by: socket.socket) -> Iterator[Subscriber]:
    """A subscriber with a key of his own."""
    made = Subscriber(by, Offsets(7), request.param, os.urandom(46))
    yield made
    made.socket.close()


def _numbers(there: Subscriber, datagrams: list[bytes]) -> list[int]:
    return [unpack_from("!H", there.decrypt(each), 2)[0] for each in datagrams]


def test_session_keys_are_those_of_rfc_3711_appendix_b3() -> None:
    master = MasterKey(
        bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139"), bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
    )
    found = session_keys(master)
    assert found.key.hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert found.salt.hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"[:24]


def test_openssl_is_what_encrypts_where_the_profile_is_gcm(there: Subscriber) -> None:
    cipher = there.row.cipher
    assert isinstance(cipher, FastCipher)
    assert cipher.gcm.address
    fanned(FastFanout(), [there], [picture(1, 100)])
    assert cipher.streams[7][0] == 2, "the state of the stream tells the number behind the newest"


def test_libsrtp_reads_it_over_many_roll_overs(there: Subscriber) -> None:
    fanout, number = FastFanout(), 65_000
    for _ in range(40):
        sent = [picture(n, 30) for n in (number, number + 1, number + 3, number + 2)]
        (got,) = fanned(fanout, [there], sent)
        assert _numbers(there, got) == [each.sequence & 0xFFFF for each in sent]
        number += 9_000
    assert fanout.lost == 0


@pytest.mark.parametrize("again", [3000, 2999, 2990, 3000 - 1023])
def test_a_number_goes_out_once_whatever_rows_it_is_sent_by(there: Subscriber, again: int) -> None:
    fanout = FastFanout()
    sent = sorted({again, 3000})
    (got,) = fanned(fanout, [there], [picture(n, 40) for n in sent])
    assert _numbers(there, got) == sent
    assert fanned(FastFanout(), [there], [picture(again, 40)]) == [[]], "other rows, the same stream"
    assert fanned(fanout, [there], [picture(again, 40)]) == [[]]
    assert fanout.lost == 1


def test_what_is_older_than_the_window_is_refused_and_what_is_in_it_is_not(there: Subscriber) -> None:
    fanout = FastFanout()
    fanned(fanout, [there], [picture(2000, 40), picture(5000, 40)])
    (got,) = fanned(fanout, [there], [picture(n, 40) for n in (3000, 5000 - 1024, 5000 - 1023, 4999)])
    assert _numbers(there, got) == [5000 - 1023, 4999]
    assert fanout.lost == 2


def test_before_the_first_number_there_is_no_roll_over(there: Subscriber) -> None:
    (got,) = fanned(FastFanout(), [there], [picture((5 << 16) + 3, 40), picture((5 << 16) - 3, 40)])
    assert _numbers(there, got) == [3], "its counter would be -1"


def test_streams_of_one_subscriber_do_not_touch_one_another(by: socket.socket) -> None:
    one = Subscriber(by, Offsets(1), GCM[0])
    other = Subscriber(by, Offsets(2), GCM[0])
    fanout = FastFanout()
    try:
        rows = fanout.prepare([one.row, replace(one.row, ssrc=2), other.row])
        fanout.forward(rows, [picture(10, 40)], WALL)
        assert sorted(unpack_from("!I", each, 8)[0] for each in one.datagrams(2)) == [1, 2]
        assert len(other.datagrams(1)) == 1
        assert fanout.lost == 0
    finally:
        one.socket.close()
        other.socket.close()


def test_without_openssls_symbols_libsrtp_goes_on(monkeypatch: pytest.MonkeyPatch, by: socket.socket) -> None:
    monkeypatch.setattr(gcm, "_library", None)
    assert gcm.addresses() == (0, 0, 0, 0)
    there = Subscriber(by, Offsets(3), GCM[1])
    try:
        cipher = there.row.cipher
        assert isinstance(cipher, FastCipher)
        assert cipher.gcm.address == 0
        (got,) = fanned(FastFanout(), [there], [picture(n, 40) for n in (1, 2)])
        assert _numbers(there, got) == [1, 2]
    finally:
        there.socket.close()


def test_another_profile_has_no_context_of_openssls() -> None:
    assert GcmContext(None).address == 0
    assert GcmContext(MasterKey(bytes(24), bytes(12))).address == 0


@pytest.mark.parametrize("kind", [Cipher, FastCipher])
def test_both_ciphers_open_the_same_and_refuse_the_same(kind: type[Cipher]) -> None:
    key = os.urandom(46)
    sending = session(GCM[0], key, Policy.SSRC_ANY_OUTBOUND)
    cipher = kind(session(GCM[0], key, Policy.SSRC_ANY_INBOUND), sending)
    packet = bytes.fromhex("806f03e8000003e8000004d2") + b"payload"
    report = bytes.fromhex("80c9000100000001")
    good = cipher.protect(packet)
    assert cipher.unprotect(good[:-1] + bytes([good[-1] ^ 1])) is None
    assert cipher.unprotect(good) == packet
    assert cipher.unprotect(good) is None, "repeated"
    for wrong in (b"", b"\x80", good[:11], bytes(1500), bytes(1501), bytes(3000)):
        assert cipher.unprotect(wrong) is None
        assert cipher.unprotect_rtcp(wrong) is None
    protected = cipher.protect_rtcp(report)
    assert cipher.unprotect_rtcp(protected) == report
    assert cipher.unprotect_rtcp(protected) is None


def test_sound_and_pictures_take_turns_without_a_hole(there: Subscriber) -> None:
    fanout, numbers = FastFanout(trains=True), itertools.count(65_530)
    for _ in range(8):
        frame = [picture(next(numbers), 700, marker=n == 2) for n in range(3)]
        sound = Outgoing(111, next(numbers), 0, b"opus", 20)
        (got,) = fanned(fanout, [there], [*frame, sound])
        assert _numbers(there, got) == [each.sequence & 0xFFFF for each in (*frame, sound)]
