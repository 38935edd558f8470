"""The network between a browser and the room, which a test can cut: one TCP and one UDP relay."""

import select
import socket
import threading
from contextlib import suppress


class Relay:
    """Passes TCP and UDP on to `lead_to` until `cut`; `heal` lets both through again."""

    def __init__(self) -> None:
        self._tcp_backend = self._udp_backend = ("127.0.0.1", 0)
        self._whole = threading.Event()
        self._whole.set()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind(("127.0.0.1", 0))
        self.tcp_port = int(self._listener.getsockname()[1])
        self.udp_port = int(self._datagrams.getsockname()[1])
        for work in (self._accept, self._pass_datagrams):
            threading.Thread(target=work, daemon=True).start()

    def lead_to(self, tcp_port: int, udp_port: int) -> None:
        """Set where the two kinds of traffic go."""
        self._tcp_backend, self._udp_backend = ("127.0.0.1", tcp_port), ("127.0.0.1", udp_port)

    def cut(self) -> None:
        """The cable is out: open connections break, new ones fail, datagrams vanish."""
        self._whole.clear()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        """The cable is in again."""
        self._whole.set()

    def close(self) -> None:
        """End for good."""
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._datagrams.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._whole.is_set():
                    threading.Thread(target=self._pass_stream, args=(client,), daemon=True).start()
                else:
                    client.close()

    def _pass_stream(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._tcp_backend) as server:
            ends = {client: server, server: client}
            self._open |= ends.keys()
            try:
                while True:
                    for source in select.select(list(ends), [], [])[0]:
                        data = source.recv(65536)
                        if not data:
                            return
                        ends[source].sendall(data)
            finally:
                self._open -= ends.keys()

    def _pass_datagrams(self) -> None:
        onward: dict[tuple[str, int], socket.socket] = {}
        back: dict[socket.socket, tuple[str, int]] = {}
        with suppress(OSError, ValueError):
            while True:
                for source in select.select([self._datagrams, *back], [], [])[0]:
                    data, sender = source.recvfrom(65536)
                    if not self._whole.is_set():
                        continue
                    if source is not self._datagrams:
                        self._datagrams.sendto(data, back[source])
                        continue
                    if sender not in onward:
                        onward[sender] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                        onward[sender].connect(self._udp_backend)
                        back[onward[sender]] = sender
                    onward[sender].send(data)
        for end in onward.values():
            end.close()
