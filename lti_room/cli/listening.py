"""Listening sockets, opened before any part starts, so that a taken port is one clear sentence."""

import socket

from lti_room.base.errors import AppError
from lti_room.base.settings import Address


class PortTaken(AppError):
    """Somebody else listens there already."""

    def __init__(self, what: str, address: Address, setting: str) -> None:
        super().__init__(
            "port_taken",
            f"The {what} cannot listen on {address}: the address is taken or not this machine's. "
            f"Stop what runs there, or set {setting} to another one.",
        )


def _resolve(address: Address, kind: socket.SocketKind) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    found = socket.getaddrinfo(address.host, address.port, type=kind, flags=socket.AI_PASSIVE)
    family, _, _, _, target = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return socket.AddressFamily(family), target


def listen_tcp(what: str, address: Address, setting: str) -> socket.socket:
    """Return a listening socket.

    Raises:
        PortTaken: the address cannot be had.
    """
    try:
        family, target = _resolve(address, socket.SOCK_STREAM)
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(target)
        listener.listen(2048)
    except OSError as error:
        raise PortTaken(what, address, setting) from error
    return listener


def check_udp(what: str, address: Address, setting: str) -> None:
    """Check that a UDP address is free.

    Raises:
        PortTaken: it is not.
    """
    try:
        family, target = _resolve(address, socket.SOCK_DGRAM)
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(target)
    except OSError as error:
        raise PortTaken(what, address, setting) from error
