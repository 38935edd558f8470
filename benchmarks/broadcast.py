"""What one event to a whole room costs a web process: CPU per delivered message, beside stock Flask-SocketIO.

Two servers run side by side with the same clients: ours (the socket of the room with its fast broadcast) and
Flask-SocketIO as it comes. Rounds alternate; each sends one event to everybody and waits for the last one.
Target: at most a quarter of the stock CPU.

    python -m benchmarks.broadcast [clients] [rounds]
"""

import argparse
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final

CLIENTS: Final = 2000
ROUNDS: Final = 15
WARM_UP: Final = 3
TARGET: Final = 0.25
WAYS: Final = ("stock", "ours")
CONNECTING_AT_ONCE: Final = 50
EVENT: Final = {
    "v": 4242,
    "prev": 4241,
    "audience": "everyone",
    "type": "hand_raised",
    "at": 1763720000.123,
    "people": {"p_abcdefghijkmnpqr": "Amara Okafor"},
    "participant": "p_abcdefghijkmnpqr",
}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, and say whether the target is met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("clients", type=int, nargs="?", default=CLIENTS)
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    parser.add_argument("--serve", choices=WAYS)
    asked = parser.parse_args(arguments)
    if asked.serve:
        _serve(asked.serve)
        return
    with ExitStack() as stack:
        servers = [stack.enter_context(_server(way, asked.clients)) for way in WAYS]
        for n in range(asked.rounds + WARM_UP):
            for server in servers:
                server.round(keep=n >= WARM_UP)
    _print(asked.clients, servers)


@dataclass
class Server:
    """One server process, its clients, and what was measured."""

    way: str
    control: IO[str]
    answers: IO[str]
    clients: list[socket.socket]
    cpu: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    last_ms: list[float] = field(default_factory=list)

    def round(self, *, keep: bool) -> None:
        """Send one event to everybody, wait until everybody has it, and note the server's CPU."""
        with selectors.DefaultSelector() as waiting:
            for client in self.clients:
                waiting.register(client, selectors.EVENT_READ)
            before = self.ask("cpu")
            began = time.perf_counter()
            self.control.write("send\n")
            self.control.flush()
            arrivals = _receive(waiting, len(self.clients), began)
            cpu = self.ask("cpu") - before
        if keep:
            self.cpu.append(cpu / len(self.clients) * 1e6)
            self.first_ms.append(statistics.median(arrivals))
            self.last_ms.append(arrivals[int(len(arrivals) * 0.99)])

    def ask(self, what: str) -> float:
        """Ask the server for a number."""
        self.control.write(what + "\n")
        self.control.flush()
        return float(self.answers.readline())


def _receive(waiting: selectors.BaseSelector, count: int, began: float) -> list[float]:
    """Read one whole message from every client; return when each came, in milliseconds."""
    arrivals: list[float] = []
    while len(arrivals) < count:
        ready = waiting.select(timeout=20)
        if not ready:
            raise SystemExit(f"{count - len(arrivals)} messages never came")
        for key, _ in ready:
            client: Any = key.fileobj
            data = client.recv(65536)
            if b"hand_raised" not in data or not data.endswith(b"]"):
                raise SystemExit(f"something else came: {data!r}")
            arrivals.append((time.perf_counter() - began) * 1000)
            waiting.unregister(client)
    return arrivals


@contextmanager
def _server(way: str, count: int) -> Iterator[Server]:
    command = [sys.executable, "-m", "benchmarks.broadcast", "--serve", way]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        clients: list[socket.socket] = []
        try:
            port = int(process.stdout.readline())
            for start in range(0, count, CONNECTING_AT_ONCE):
                clients += _connect(port, min(CONNECTING_AT_ONCE, count - start))
            yield Server(way, process.stdin, process.stdout, clients)
        finally:
            for client in clients:
                client.close()
            process.kill()


def _connect(port: int, count: int) -> list[socket.socket]:
    """Open Socket.IO connections over plain websockets."""
    clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(count)]
    upgrade = (
        "GET /socket/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    text = b"40/room,"
    enter = bytes([0x81, 0x80 | len(text)]) + bytes(4) + text
    for message, mark in ((upgrade.encode(), b'"sid"'), (enter, b'40/room,{"sid"')):
        for client in clients:
            client.sendall(message)
        for client in clients:
            _read_until(client, mark)
    return clients


def _read_until(client: socket.socket, mark: bytes) -> None:
    data = b""
    while mark not in data or not data.endswith(b"}"):
        more = client.recv(65536)
        if not more:
            raise SystemExit(f"the server closed a connection: {data!r}")
        data += more


def _print(clients: int, servers: list[Server]) -> None:
    print(f"One event of {len(json.dumps(EVENT))} bytes to {clients} clients of one process")
    print(f"{'':10} {'CPU us/message':>16} {'(lowest-highest)':>20} {'p50 ms':>8} {'p99 ms':>8}")
    for server in servers:
        span = f"({min(server.cpu):.1f}-{max(server.cpu):.1f})"
        row = f"{statistics.median(server.cpu):16.1f} {span:>20}"
        times = f"{statistics.median(server.first_ms):8.1f} {statistics.median(server.last_ms):8.1f}"
        print(f"{server.way:10} {row} {times}")
    stock, ours = (statistics.median(server.cpu) for server in servers)
    verdict = "met" if ours <= TARGET * stock else "MISSED"
    print(f"ours / stock = {ours / stock:.2f} (target {TARGET}: {verdict})")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _serve(way: str) -> None:
    """Be one server: say the port, then answer `cpu` and `send` on standard input."""
    from gevent import monkey

    monkey.patch_all()
    from gevent.fileobject import FileObject
    from gevent.pywsgi import WSGIServer
    from geventwebsocket.handler import WebSocketHandler

    app, send = _ours() if way == "ours" else _stock()
    server = WSGIServer(("127.0.0.1", 0), app, handler_class=WebSocketHandler, log=None, backlog=512)
    server.start()
    print(server.server_port, flush=True)
    for line in FileObject(sys.stdin.fileno(), "r", close=False):
        if line == "send\n":
            send()
        else:
            print(time.process_time(), flush=True)


def _stock() -> tuple[Any, Callable[[], None]]:
    """Return Flask-SocketIO as it comes, and a broadcast as its documentation shows it."""
    import flask
    import flask_socketio

    app = flask.Flask("stock")
    socketio = flask_socketio.SocketIO(
        app,
        path="/socket",
        async_mode="gevent",
        transports=["websocket"],
        cors_allowed_origins="*",
        ping_interval=600,
        ping_timeout=600,
    )

    def connect(auth: object) -> None:
        flask_socketio.join_room("everyone")

    socketio.on("connect", namespace="/room")(connect)
    return app, lambda: socketio.emit("event", EVENT, to="everyone", namespace="/room")


def _ours() -> tuple[Any, Callable[[], None]]:
    """Return the room's own socket, and a broadcast as a hall does it."""
    import flask
    import flask_socketio

    from lti_room.base.settings import load
    from lti_room.realtime import broadcast, door, outbound
    from lti_room.realtime.names import NAMESPACE, ServerMessage
    from lti_room.realtime.transport import ENVIRON_KEY

    lines: list[broadcast.Line] = []
    app = flask.Flask("ours")
    settings = load({"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_SOCKET_PING_SECONDS": "600"})
    socketio = door.open_door(app, settings)

    class Gateway(flask_socketio.Namespace):  # type: ignore[misc]  # the library has no types
        def trigger_event(self, event: object, sid: str, *rest: Any) -> Any:
            if event == "connect":
                server = socketio.server
                engine = server.eio.sockets[server.manager.eio_sid_from_sid(sid, NAMESPACE)]
                lines.append(broadcast.Line(engine, rest[0][ENVIRON_KEY]))

    socketio.on_namespace(Gateway(NAMESPACE))
    way = broadcast.choose()
    return app, lambda: way.send(list(lines), outbound.packet(ServerMessage.EVENT, EVENT))


if __name__ == "__main__":
    main()
