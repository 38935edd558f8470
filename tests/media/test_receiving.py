"""The two ways to read a socket say the same: what came, from whom, and when the kernel got it."""

import socket
import time
from collections.abc import Callable, Iterator
from struct import unpack

import pytest

from lti_room.base.settings import Address
from lti_room.media.sfu.forwarding import fast
from lti_room.media.sfu.transport.binding import bind_all
from lti_room.media.sfu.transport.receiving import BATCH, LARGEST_DATAGRAM, Receive, receive


@pytest.fixture(params=["python", "c"])
def read(request: pytest.FixtureRequest) -> Receive:
    """Both ways."""
    if request.param == "c" and fast._fan is None:
        pytest.skip("the fast path was not built: a C compiler and Python's headers are needed")
    return fast.choose_receive("off" if request.param == "python" else "auto")


@pytest.fixture(params=["127.0.0.1", "::1"])
def bound(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A worker's socket."""
    try:
        [(found, aside)] = bind_all(Address(request.param, 0))
    except OSError:
        pytest.skip(f"this machine has no {request.param}")
    yield found
    found.close()
    if aside is not None:
        aside.close()


@pytest.fixture
def send(bound: socket.socket) -> Iterator[Callable[[bytes], tuple[str, int]]]:
    """Send to it; return the address it was sent from."""
    with socket.socket(bound.family, socket.SOCK_DGRAM) as sender:
        sender.connect(bound.getsockname()[:2])

        def one(data: bytes) -> tuple[str, int]:
            sender.send(data)
            host, port = sender.getsockname()[:2]
            return host, port

        yield one


def test_switched_off_it_is_python_that_reads() -> None:
    assert fast.choose_receive("off") is receive


def test_what_came_and_from_whom_in_its_order(
    read: Receive, bound: socket.socket, send: Callable[[bytes], tuple[str, int]]
) -> None:
    data = [b"one", b"", b"three" * 200]
    address = [send(each) for each in data][-1]
    got = read(bound)
    assert [each[0] for each in got] == data
    assert {each[1] for each in got} == {address}
    assert list(read(bound)) == []


def test_the_kernel_says_when_it_came(
    read: Receive, bound: socket.socket, send: Callable[[bytes], tuple[str, int]]
) -> None:
    before = time.time()  # noqa: TID251 - the kernel's clock, not ours
    send(b"now")
    after = time.time()  # noqa: TID251
    ((_, _, stamp),) = read(bound)
    seconds, nanoseconds = unpack("qq", stamp)
    assert before - 0.01 <= seconds + nanoseconds / 1e9 <= after + 0.01


def test_many_are_taken_in_turns_and_each_once(
    read: Receive, bound: socket.socket, send: Callable[[bytes], tuple[str, int]]
) -> None:
    sent = [n.to_bytes(2) for n in range(2 * BATCH + 5)]
    for each in sent:
        send(each)
    turns: list[list[bytes]] = []
    while got := read(bound):
        turns.append([data for data, _, _ in got])
    assert [len(turn) for turn in turns] == [BATCH, BATCH, 5]
    assert [data for turn in turns for data in turn] == sent


def test_what_is_too_long_is_cut_and_spoils_nothing(
    read: Receive, bound: socket.socket, send: Callable[[bytes], tuple[str, int]]
) -> None:
    send(b"x" * (LARGEST_DATAGRAM + 500))
    send(b"next")
    assert [data for data, _, _ in read(bound)] == [b"x" * LARGEST_DATAGRAM, b"next"]


def test_a_socket_that_does_not_stamp_says_nothing_of_the_time(read: Receive) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.setblocking(False)
        plain.bind(("127.0.0.1", 0))
        plain.sendto(b"plain", plain.getsockname())
        assert list(read(plain)) == [(b"plain", plain.getsockname(), b"")]


def test_a_closed_socket_gives_nothing(read: Receive) -> None:
    closed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    closed.close()
    assert list(read(closed)) == []
