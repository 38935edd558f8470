"""The relay with real sockets: who it seems to come from, what it loses, how exactly it delays."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from benchmarks.network.model import Conditions
from benchmarks.network.relay import RelayProcess
from tests.support.stack import wait_until


class Worker:
    """What stands behind the relay: sees every datagram and can send back."""

    def __init__(self, home: ExitStack) -> None:
        self.socket = home.enter_context(_socket())
        self.address: tuple[str, int] = self.socket.getsockname()

    def take(self) -> tuple[bytes, tuple[str, int]]:
        return self.socket.recvfrom(2048)


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(5)
    return made


@pytest.fixture
def home() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def worker(home: ExitStack) -> Worker:
    return Worker(home)


@pytest.fixture
def relay(home: ExitStack, worker: Worker) -> RelayProcess:
    return home.enter_context(RelayProcess(worker.address, ("near", "far"), seed=5))


def client(home: ExitStack, relay: RelayProcess, link: str) -> socket.socket:
    made = home.enter_context(_socket())
    made.connect(("127.0.0.1", relay.ports[link]))
    return made


def test_the_worker_sees_every_client_at_an_address_of_its_own_and_can_answer(
    home: ExitStack, worker: Worker, relay: RelayProcess
) -> None:
    clients = [client(home, relay, link) for link in ("near", "near", "far")]
    seen = []
    for n, each in enumerate(clients):
        each.send(b"hello %d" % n)
        data, address = worker.take()
        assert data == b"hello %d" % n
        seen.append(address)
    assert len(set(seen)) == 3
    for n, address in enumerate(seen):
        worker.socket.sendto(b"answer %d" % n, address)
    assert [each.recv(2048) for each in clients] == [b"answer 0", b"answer 1", b"answer 2"]


def lost_one(relay: RelayProcess, way: str) -> None:
    wait_until(lambda: relay.report()["links"]["far"][way]["lost"] == 1, 5, f"the packet {way} is lost")


def test_only_the_link_and_the_direction_that_is_bad_loses(
    home: ExitStack, worker: Worker, relay: RelayProcess
) -> None:
    relay.follow("far", up=[(0.0, Conditions(loss=1.0))])
    near, far = client(home, relay, "near"), client(home, relay, "far")
    far.send(b"lost")
    near.send(b"here")
    assert worker.take()[0] == b"here"
    lost_one(relay, "up")
    relay.follow("far", up=[(0.0, Conditions())], down=[(0.0, Conditions(loss=1.0))])
    far.send(b"here too")
    data, address = worker.take()
    assert data == b"here too"
    worker.socket.sendto(b"lost", address)
    lost_one(relay, "down")
    relay.follow("far", down=[(0.0, Conditions())])
    worker.socket.sendto(b"answer", address)
    assert far.recv(2048) == b"answer"
    assert relay.report()["links"]["near"]["up"]["lost"] == 0


def test_a_change_comes_by_itself_when_its_time_has_come(
    home: ExitStack, worker: Worker, relay: RelayProcess
) -> None:
    near = client(home, relay, "near")
    relay.follow("near", up=[(0.0, Conditions(loss=1.0)), (1.0, Conditions())])
    near.send(b"lost")
    time.sleep(1.05)
    near.send(b"here")
    assert worker.take()[0] == b"here"


def test_what_one_direction_loses_says_nothing_of_the_other(
    home: ExitStack, worker: Worker, relay: RelayProcess
) -> None:
    lossy = [(0.0, Conditions(loss=0.5)), (1.0, Conditions())]
    near = client(home, relay, "near")
    near.send(b"hello")
    _, address = worker.take()
    relay.follow("near", up=lossy, down=lossy)
    for n in range(64):
        near.send(bytes([n]))
        worker.socket.sendto(bytes([n]), address)
    time.sleep(1.05)
    near.send(b"end")
    worker.socket.sendto(b"end", address)
    up = set(iter(lambda: worker.take()[0], b"end"))
    down = set(iter(lambda: near.recv(2048), b"end"))
    assert 10 < len(up) < 54
    assert up != down


def test_a_relay_that_was_held_up_still_sends_in_time(
    home: ExitStack, worker: Worker, relay: RelayProcess
) -> None:
    relay.follow("near", up=[(0.0, Conditions(delay=1.0))])
    near = client(home, relay, "near")
    os.kill(relay.pid, signal.SIGSTOP)
    began = time.monotonic()
    near.send(b"hello")
    time.sleep(0.7)
    os.kill(relay.pid, signal.SIGCONT)
    worker.take()
    assert 0.99 < time.monotonic() - began < 1.6, (
        "the delay counts from when it came, not from when it was read"
    )


def test_packets_come_as_late_as_told_and_in_their_order(
    home: ExitStack, worker: Worker, relay: RelayProcess
) -> None:
    near = client(home, relay, "near")
    relay.follow("near", up=[(0.0, Conditions(delay=0.05, rate=1_000_000.0))])
    began = time.monotonic()
    for n in range(20):
        near.send(bytes([n]) * 972)
    came = [(worker.take()[0][0], time.monotonic() - began) for _ in range(20)]
    assert [n for n, _ in came] == list(range(20))
    first, last = came[0][1], came[-1][1]
    assert first >= 0.058
    assert last >= 0.210
    # The relay's own account of its lateness is what benchmarks print: it must not be blind.
    report = relay.report()
    assert report["passed"] == 20
    assert last - 0.210 < report["late_max_ms"] / 1000 + 0.5
