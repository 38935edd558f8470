"""Hostile connectivity checks: nothing is answered, learnt or remembered that was not rightly signed."""

import socket
from collections.abc import Iterator

import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_room.media.sfu.transport import stun as ours
from lti_room.media.sfu.transport.claims import HELD_SECONDS, MOST_ADDRESSES, MuxPeer, Register, Route
from lti_room.media.sfu.transport.stun import LARGEST_REQUEST, read_request
from tests.media.fuzz.chance import Dice, damaged, rounds
from tests.media.fuzz.checks import attributes_of, check, message, rearranged

NAME, PASSWORD = "aNameOfOurs1", "a-password-that-is-long-enough-1"
HERE = ("192.0.2.7", 40_000)


class Peer:
    def __init__(self, username: str = NAME, password: str = PASSWORD) -> None:
        self.username = username
        self.password = password

    def verified(self, route: Route, nominated: bool) -> None: ...

    def receive_dtls(self, data: bytes, route: Route) -> None: ...

    def receive_srtp(self, data: bytes) -> None: ...


@pytest.fixture
def via() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        yield made


class Desk:
    """A register, one socket, and a clock."""

    def __init__(self, via: socket.socket, *peers: Peer) -> None:
        self.register = Register()
        self.via = via
        self.now = 100.0
        for peer in peers:
            self.register.add(peer)

    def ask(self, data: bytes, address: tuple[str, int] = HERE) -> MuxPeer | None:
        request = read_request(data)
        found = self.register.claim(self.via, address, request, self.now) if request else None
        return found[0] if found else None

    @property
    def known(self) -> set[tuple[str, int]]:
        return set(self.register.known(self.via))


def test_what_a_browser_sends_is_read_and_answered_as_another_implementation_does() -> None:
    for nominate in (True, False):
        request = read_request(check(NAME, PASSWORD, nominate=nominate))
        assert request is not None
        assert (request.username, request.nominates) == (NAME, nominate)
        assert request.is_signed(PASSWORD.encode())
        assert not request.is_signed(b"another")
        for address in (HERE, ("2001:db8::7", 65_535)):
            answer = stun.parse_message(ours.success(request, address, PASSWORD.encode()))
            assert answer.attributes["XOR-MAPPED-ADDRESS"] == address
            assert answer.transaction_id == request.transaction
            assert answer.check_message_integrity(PASSWORD.encode())


def test_every_single_changed_bit_spoils_a_check() -> None:
    """All but the head of FINGERPRINT: behind the signature unknown attributes are allowed."""
    good = check(NAME, PASSWORD)
    fingerprint = range(8 * (len(good) - 8), 8 * (len(good) - 4))
    for at in set(range(len(good) * 8)) - set(fingerprint):
        bad = bytearray(good)
        bad[at // 8] ^= 1 << at % 8
        request = read_request(bytes(bad))
        assert request is None or not request.is_signed(PASSWORD.encode()), at


def test_every_cut_spoils_a_check() -> None:
    good = check(NAME, PASSWORD)
    for length in set(range(len(good))) - {len(good) - 8}:
        request = read_request(good[:length])
        assert request is None or not request.is_signed(PASSWORD.encode()), length


def test_damaged_and_rearranged_checks_claim_nothing(via: socket.socket, dice: Dice) -> None:
    desk = Desk(via, Peer())
    good = check(NAME, PASSWORD, transaction=dice.randbytes(12))
    signed = slice(4, -8)
    for _ in range(rounds(20_000)):
        dice.note = damaged(dice, good) if dice.random() < 0.5 else rearranged(dice, good)
        if desk.ask(dice.note) is not None:
            assert dice.note[:2] == good[:2]
            assert dice.note[4:].startswith(good[signed]), "what was signed is as it was"
    assert desk.known <= {HERE}


@given(st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_are_no_check(data: bytes) -> None:
    assert read_request(data) is None


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=64)), max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_is_signed_with_another_password_is_refused(attributes: list[tuple[int, bytes]]) -> None:
    body = [(6, NAME.encode() + b":x"), *attributes, (8, bytes(20))]
    request = read_request(message(1, body))
    assert request is None or not request.is_signed(PASSWORD.encode())


def test_responses_errors_and_indications_are_not_looked_at() -> None:
    request = read_request(check(NAME, PASSWORD))
    assert request is not None
    assert read_request(ours.success(request, HERE, PASSWORD.encode())) is None
    for kind in (0x0011, 0x0101, 0x0111, 0x0003, 0x0002):
        assert read_request(message(kind, attributes_of(check(NAME, PASSWORD)))) is None


def test_a_giant_check_is_not_read() -> None:
    padding = [(0x7001, bytes(400)), (0x7001, bytes(400))]
    giant = message(1, [(6, NAME.encode()), *padding, (8, bytes(20))])
    assert len(giant) > LARGEST_REQUEST
    assert read_request(giant) is None
    many = message(1, [*[(0x7001, b"")] * 100, (6, NAME.encode()), (8, bytes(20))])
    assert len(many) < LARGEST_REQUEST
    assert read_request(many) is None


def test_a_check_for_one_peer_does_not_open_the_way_to_another(via: socket.socket) -> None:
    desk = Desk(via, Peer(), Peer("someoneElse1", "their-password-is-another-one-99"))
    assert desk.ask(check("someoneElse1", PASSWORD)) is None
    assert desk.ask(check(NAME, "their-password-is-another-one-99")) is None
    assert desk.known == set()


def test_an_overheard_check_claims_no_second_address(via: socket.socket) -> None:
    desk = Desk(via, Peer())
    overheard = check(NAME, PASSWORD)
    assert desk.ask(overheard)
    assert desk.ask(overheard), "repeated from where it came from it is a retransmission"
    for port in range(1, 200):
        assert desk.ask(overheard, ("198.51.100.9", port)) is None
    assert desk.known == {HERE}


def test_thousands_of_addresses_for_one_name_leave_the_newest_and_the_used_one(via: socket.socket) -> None:
    desk = Desk(via, Peer())
    for port in range(1, 3000):
        desk.now += 0.01
        assert desk.ask(check(NAME, PASSWORD), ("198.51.100.9", port))
        assert desk.ask(check(NAME, PASSWORD))
    assert len(desk.known) == MOST_ADDRESSES
    assert {HERE, ("198.51.100.9", 2999)} <= desk.known


def test_an_address_in_use_is_not_given_to_another_peer(via: socket.socket) -> None:
    innocent, thief = Peer(), Peer("theThief0001", "the-thief-has-a-password-as-well")
    desk = Desk(via, innocent, thief)
    assert desk.ask(check(NAME, PASSWORD)) is innocent
    for _ in range(50):
        desk.now += 1.0
        assert desk.ask(check(thief.username, thief.password)) is None
        assert desk.ask(check(NAME, PASSWORD)) is innocent
    desk.now += HELD_SECONDS + 1
    assert desk.ask(check(thief.username, thief.password)) is thief, "a port may be used again some day"
    desk.register.remove(thief)
    assert desk.ask(check(NAME, PASSWORD)) is innocent


def test_a_removed_peer_leaves_nothing(via: socket.socket, dice: Dice) -> None:
    desk = Desk(via)
    for n in range(rounds(300)):
        peer = Peer(f"name{n:08}")
        desk.register.add(peer)
        for _ in range(dice.randint(0, 20)):
            desk.ask(check(peer.username, PASSWORD), ("198.51.100.9", dice.randint(1, 99)))
        desk.register.remove(peer)
        assert desk.ask(check(peer.username, PASSWORD)) is None
    assert desk.known == set()


def test_port_zero_is_nowhere(via: socket.socket) -> None:
    """Nothing can be sent there; the fast path would refuse the rows of a whole layer for it."""
    desk = Desk(via, Peer())
    assert desk.ask(check(NAME, PASSWORD), ("198.51.100.9", 0)) is None


def test_work_is_bounded_by_what_is_known(via: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check for an unknown name costs no signature, one with a wrong signature costs one."""
    signed: list[bytes] = []

    def count(data: bytes, password: bytes) -> bytes:
        signed.append(data)
        return bytes(20)

    monkeypatch.setattr(ours, "_sign", count)
    desk = Desk(via, Peer())
    assert desk.ask(check("nobodyAtAll1", PASSWORD)) is None
    assert len(signed) == 0
    assert desk.ask(check(NAME, "wrong")) is None
    assert len(signed) == 1
