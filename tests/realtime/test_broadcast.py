"""The fast path: the same bytes in the same order as the stock one, whatever the client's socket does."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from engineio.packet import MESSAGE, Packet
from gevent.queue import JoinableQueue
from gevent.socket import socketpair

from lti_room.realtime import broadcast
from lti_room.realtime.broadcast import FastBroadcast, Line, Outbox, StockBroadcast
from lti_room.realtime.transport import RoomSocket, frame, is_packet, unmask


class Client:
    """One end of a socket pair behind a RoomSocket, with engineio's writer loop."""

    def __init__(self, sndbuf: int | None = None) -> None:
        near, self.far = socketpair()
        if sndbuf:
            near.setsockopt(1, 7, sndbuf)  # SOL_SOCKET, SO_SNDBUF
        rfile = near.makefile("rb")
        handler = SimpleNamespace(socket=near)
        websocket = SimpleNamespace(handler=handler, stream=SimpleNamespace(read=rfile.read), closed=False)
        self.wire = RoomSocket({"wsgi.websocket": websocket}, 1000, 30)
        self.engine: Any = SimpleNamespace(queue=Outbox(), closed=False, closing=False, close=self._close)
        self.line = Line(self.engine, self.wire)
        self._near, self._rfile = near, rfile
        self._writer = gevent.spawn(self._write)
        gevent.sleep(0)

    def _close(self, **_: object) -> None:
        self.engine.closed = True
        self.engine.queue.put(None)

    def _write(self) -> None:
        while True:
            packets = [self.engine.queue.get()]
            self.engine.queue.task_done()
            for packet in packets:
                if packet is None:
                    return
                try:
                    self.wire.send(packet.encode())
                except OSError:
                    return

    def read(self, size: int) -> bytes:
        data = b""
        with gevent.Timeout(5):
            while len(data) < size:
                data += self.far.recv(65536)
        return data

    def end(self) -> None:
        self._writer.kill()
        self.wire.close()
        self._rfile.close()
        self._near.close()
        self.far.close()


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    made = [Client() for _ in range(3)]
    yield made
    for client in made:
        client.end()


def packet_frame(text: str) -> bytes:
    return frame(f"4{text}".encode())


@pytest.mark.parametrize("way", [FastBroadcast(), StockBroadcast()], ids=["fast", "stock"])
def test_both_ways_write_the_same_bytes(clients: list[Client], way: Any) -> None:
    texts = ["2/room,[1]", "x" * 200, "y" * 70_000, "ü"]
    expected = b"".join(map(packet_frame, texts))
    for text in texts:
        way.send([client.line for client in clients], text)
    for client in clients:
        assert client.read(len(expected)) == expected


def test_an_idle_client_has_its_bytes_before_anybody_else_runs(clients: list[Client]) -> None:
    client, others = clients[0], clients[1:]
    fast, expected = FastBroadcast(), packet_frame("hello")
    fast.send([client.line], "hello")
    assert client.far._sock.recv(65536) == expected
    client.engine.queue.put(Packet(MESSAGE, "queued"))
    fast.send([client.line], "hello")
    with pytest.raises(BlockingIOError):
        client.far._sock.recv(65536)
    assert client.read(len(packet_frame("queued") + expected)) == packet_frame("queued") + expected
    fast.send([client.line], "hello")
    assert client.far._sock.recv(65536) == expected
    assert all(other.line.free for other in others)


def test_a_client_that_connects_again_on_its_socket_has_one_free_line(clients: list[Client]) -> None:
    client, former = clients[0], clients[0].line
    client.line = Line(client.engine, client.wire)
    former.look()
    assert (former.free, client.line.free) == (None, client.wire.raw)
    client.engine.queue.put(Packet(MESSAGE, "queued"))
    assert client.line.free is None


def test_a_closed_or_broken_client_does_not_hurt_the_others(clients: list[Client]) -> None:
    closed, broken, fine = clients
    closed.wire.close()
    assert closed.line.free is None
    broken.far.close()
    fast = FastBroadcast()
    for _ in range(3):
        fast.send([client.line for client in clients], "hello")
    expected = packet_frame("hello") * 3
    assert fine.read(len(expected)) == expected


def test_another_queue_takes_the_stock_path() -> None:
    engine = SimpleNamespace(queue=JoinableQueue(), closed=False, closing=False)
    client = Client()
    line = Line(engine, client.wire)
    FastBroadcast().send([line], "hello")
    assert engine.queue.get(block=False).data == "hello"
    client.end()


def test_the_choice_is_the_fast_one_here() -> None:
    assert isinstance(broadcast.choose(), FastBroadcast)


def test_another_version_takes_the_stock_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(broadcast.PINNED, "gevent", "0.1")
    assert isinstance(broadcast.choose(), StockBroadcast)


def test_a_slow_reader_gets_everything_in_order() -> None:
    """Frames are cut in two by a full buffer, and queued packets and broadcasts come in turns."""
    client = Client(sndbuf=4096)
    fast = FastBroadcast()
    texts = [f"{n:04}" + "z" * (n * 37 % 9000) for n in range(300)]
    for n, text in enumerate(texts):
        if n % 5:
            fast.send([client.line], text)
        else:
            client.engine.queue.put(Packet(MESSAGE, text))
        if n % 7 == 0:
            gevent.sleep(0)
    expected = b"".join(map(packet_frame, texts))
    reader = gevent.spawn(client.read, len(expected))
    assert reader.get(timeout=10) == expected
    client.end()


def test_nobody_writes_into_the_middle_of_a_frame() -> None:
    """The writer waits inside a frame, the buffer has just become free, and a broadcast comes first."""
    client = Client(sndbuf=4096)
    long, short = "z" * 100_000, "hello"
    client.engine.queue.put(Packet(MESSAGE, long))
    gevent.sleep(0.01)
    assert client.wire.busy
    first = client.far._sock.recv(65536)
    FastBroadcast().send([client.line], short)
    expected = packet_frame(long) + packet_frame(short)
    assert first + client.read(len(expected) - len(first)) == expected
    client.end()


def test_a_client_that_does_not_read_is_cut_off_and_the_others_are_not() -> None:
    stuck, fine = Client(sndbuf=4096), Client()
    fast = FastBroadcast()
    sizes = 0
    for n in range(broadcast.QUEUED_PACKETS + 40):
        text = f"{n}" + "z" * 500
        fast.send([stuck.line, fine.line], text)
        sizes += len(packet_frame(text))
        if n % 50 == 0:
            fine.read(sizes)
            sizes = 0
    gevent.sleep(0.05)
    assert stuck.engine.closed
    assert not fine.engine.closed
    for client in (stuck, fine):
        client.end()


def test_nothing_is_written_to_a_client_that_is_closing(clients: list[Client]) -> None:
    clients[0].engine.closing = True
    clients[0].line.look()
    for way in (FastBroadcast(), StockBroadcast()):
        way.send([client.line for client in clients], "hello")
    assert clients[1].read(1)
    clients[0].far.setblocking(False)
    with pytest.raises(BlockingIOError):
        clients[0].far.recv(1)


def test_masking() -> None:
    payload, mask = bytes(range(256)) * 3 + b"x", b"\x01\xf0\x33\x7f"
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    assert unmask(masked, mask) == payload
    assert unmask(b"", mask) == b""


@pytest.mark.parametrize(
    ("text", "good"),
    [("3", True), ("1", True), ("40", True), ("42/room,[]", True), ("4", False), ("", False), ("2", False),
     ("0{}", False), ("4²", False), ("b4AA", False), ("x", False)],
)  # fmt: skip
def test_what_engineio_is_given(text: str, good: bool) -> None:
    assert is_packet(text) is good
